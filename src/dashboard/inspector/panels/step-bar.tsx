/** Walks along the persisted steps of an actor, and says plainly when what is shown is not now. */
import { useQueryClient } from '@tanstack/react-query'
import type { PastStep } from '../../../api/inspection-view.ts'
import { instantText } from '../../../wording/figures.ts'
import { eventWords } from '../chart/chart.ts'
import { useKeys } from '../chart/chart-view.tsx'
import { useSteps } from './use-journal.ts'

type Parts = {
  actorId: string
  /** The step shown; undefined: live. */
  seq: number | undefined
  lastSeq: number
  isRunning: boolean
  onSeq: (seq: number | undefined) => void
}

export function StepBar({ actorId, seq, lastSeq, isRunning, onSeq }: Parts) {
  const at = seq ?? lastSeq
  const queries = useQueryClient()
  const go = (to: number) => {
    const bounded = Math.max(0, Math.min(lastSeq, to))
    // Steps taken meanwhile are fetched when one walks to the end.
    if (bounded > at) void queries.invalidateQueries({ queryKey: ['steps', actorId] })
    onSeq(bounded)
  }
  const live = () => isRunning && onSeq(undefined)
  useKeys({ '[': () => go(at - 1), ']': () => go(at + 1), Escape: live })
  return (
    <fieldset className="flex min-w-0 items-center gap-2 border-t border-line px-3 py-2">
      <legend className="sr-only">Steps</legend>
      <button
        type="button"
        className="btn tool"
        aria-label="One step back"
        title="One step back ( [ )"
        disabled={at <= 0}
        onClick={() => go(at - 1)}
      >
        ◀
      </button>
      <input
        type="range"
        min={0}
        max={lastSeq}
        value={at}
        aria-label="Persisted step"
        aria-valuetext={`step ${at} of ${lastSeq}${seq === undefined ? ', live' : ''}`}
        className="h-5 w-40 shrink-0 accent-[var(--accent)]"
        onChange={event => go(Number(event.target.value))}
      />
      <button
        type="button"
        className="btn tool"
        aria-label="One step forward"
        title="One step forward ( ] )"
        disabled={at >= lastSeq}
        onClick={() => go(at + 1)}
      >
        ▶
      </button>
      <span className="w-[86px] shrink-0 text-[12px] text-faint tabular-nums">
        {at} of {lastSeq}
      </span>
      <Chips actorId={actorId} at={at} onSeq={go} />
    </fieldset>
  )
}

/** The steps around the one shown, newest at the right. */
function Chips({ actorId, at, onSeq }: { actorId: string; at: number; onSeq: (seq: number) => void }) {
  const { data } = useSteps(actorId, at)
  const rows = (data?.rows ?? []).filter(row => row.seq >= at - 6 && row.seq <= at + 2)
  return (
    <div className="flex min-w-0 flex-1 justify-end gap-1 overflow-hidden">
      {rows.map(row => (
        <button
          key={row.seq}
          type="button"
          tabIndex={-1}
          aria-current={row.seq === at ? 'step' : undefined}
          title={`${row.seq}: ${row.event.type as string} · ${instantText(row.atMs)} · ${row.to}`}
          onClick={() => onSeq(row.seq)}
          className={`max-w-[150px] shrink-0 truncate rounded-md border px-2 py-0.5 font-mono text-[11px] ${row.seq === at ? 'border-accent text-accent' : row.from === row.to ? 'border-line text-faint' : 'border-edge text-soft'}`}
        >
          {eventWords(row.event.type as string)}
        </button>
      ))}
    </div>
  )
}

type BannerParts = {
  step: PastStep
  lastSeq: number
  isRunning: boolean
  ended: boolean
  onLive: () => void
}

export function NotLive({ step, lastSeq, isRunning, ended, onLive }: BannerParts) {
  const { seq, atMs, note } = step
  return (
    <div
      role="status"
      data-testid="not-live"
      className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line bg-[color-mix(in_srgb,var(--warn)_12%,var(--panel))] px-3 py-1.5 text-[13px] text-warn"
    >
      <strong>Not live.</strong>
      <span>
        Step {seq} of {lastSeq}, {instantText(atMs)} UTC, from the journal.
        {!isRunning && (ended ? ' This actor has ended.' : ' This actor is not running.')} {note}
      </span>
      {isRunning && (
        <button type="button" className="btn tool ml-auto" onClick={onLive}>
          Back to live (Esc)
        </button>
      )}
    </div>
  )
}
