/** Halt, resume and flatten: always on screen, each naming what it does before it is done. */
import { useState } from 'react'
import { instantText } from '../../wording/figures.ts'
import { command } from '../data/client.ts'
import { askedFor } from '../data/signal.ts'
import { useLive } from '../data/use-live.ts'
import { EveryClosing } from '../money/closing-lines.tsx'
import { ConfirmDialog } from '../show/confirm-dialog.tsx'
import { haltText } from './banner-words.ts'

export function KillSwitch() {
  const asked = askedFor.use()
  const engine = useLive(live => live.engine)
  const halted = engine?.halt ?? null
  const close = () => askedFor.set(undefined)
  return (
    <div className="flex items-center gap-2">
      {halted ? (
        <button type="button" className="btn" data-tone="accent" onClick={() => askedFor.set('resume')}>
          Resume
        </button>
      ) : (
        <button
          type="button"
          className="btn"
          data-tone="bad"
          title="Open no new hedge; those that are open stay"
          onClick={() => askedFor.set('halt')}
          disabled={!engine}
        >
          Halt
        </button>
      )}
      <button
        type="button"
        className="btn"
        data-tone="bad"
        title="Halt, and close every hedge now"
        onClick={() => askedFor.set('flatten')}
        disabled={!engine}
      >
        Flatten…
      </button>
      <HaltDialog open={asked === 'halt'} onClose={close} />
      <ConfirmDialog
        open={asked === 'resume'}
        title="Resume trading?"
        act="Resume"
        keep="Stay halted"
        onClose={close}
        onAct={() => command('/api/engine/resume')}
      >
        <p>
          Halted {halted && `by ${halted.by} at ${instantText(halted.atMs)} UTC: ${haltText(halted)}`}. The
          engine reads the exchange again first, and takes new hedges only when everything agrees.
        </p>
      </ConfirmDialog>
      <FlattenDialog open={asked === 'flatten'} onClose={close} />
    </div>
  )
}

type Dialog = { open: boolean; onClose: () => void }

function HaltDialog({ open, onClose }: Dialog) {
  const [because, setBecause] = useState('')
  const count = useOpenHedges()
  const act = () => command('/api/engine/halt', because.trim() ? { because: because.trim() } : {})
  return (
    <ConfirmDialog open={open} title="Halt the engine?" act="Halt" dangerous onClose={onClose} onAct={act}>
      <p>
        No new hedge is opened from now on, also after a restart, until somebody resumes.{' '}
        {capital(hedgesText(count))} stay open and keep earning; reducing risk and repairs go on.
      </p>
      <label className="block">
        Reason, for the audit
        <input
          className="field mt-1 w-full"
          value={because}
          maxLength={500}
          onChange={event => setBecause(event.target.value)}
        />
      </label>
    </ConfirmDialog>
  )
}

function FlattenDialog({ open, onClose }: Dialog) {
  const count = useOpenHedges()
  const mode = useLive(live => live.engine?.mode ?? '')
  const act = () => command('/api/engine/flatten')
  return (
    <ConfirmDialog
      open={open}
      title="Flatten everything?"
      act="Flatten"
      dangerous
      onClose={onClose}
      onAct={act}
    >
      <p>
        The engine halts and unwinds <strong className="text-ink">{hedgesText(count)}</strong> in mode{' '}
        <strong className="text-ink">{mode}</strong>: both legs are closed with market-taking orders, fees and
        spread are paid now, and the result is checked against the exchange. This cannot be taken back.
      </p>
      <EveryClosing />
    </ConfirmDialog>
  )
}

function useOpenHedges(): number {
  return useLive(live => Object.values(live.engine?.hedges ?? {}).reduce((sum, count) => sum + count, 0))
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
const hedgesText = (count: number) => (count === 1 ? 'the 1 open hedge' : `the ${count} open hedges`)
