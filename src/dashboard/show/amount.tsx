/** Amounts in a table or a tile: signed ones coloured by gain and loss, what is not known as a dash. */
import { amountText, lengthText, signTone } from '../../wording/figures.ts'
import { innerState, stateTone, topState } from '../../wording/stories.ts'
import { useEngineNowMs, useIsStale } from '../data/use-live.ts'

const COLOURS = { good: 'text-good', bad: 'text-bad' }

export function Amount({
  value,
  digits = 2,
  plain = false,
}: {
  value: string | null
  digits?: number
  plain?: boolean
}) {
  if (value === null) return <span className="text-faint">–</span>
  const tone = plain ? undefined : signTone(value)
  return (
    <span className={`live ${tone ? COLOURS[tone] : ''}`}>
      {amountText(value, { places: digits, sign: !plain })}
    </span>
  )
}

// How long until an instant of the engine's time; it runs as fast as the engine's clock does.

export function Countdown({ atMs }: { atMs: number }) {
  const leftMs = atMs - useEngineNowMs()
  return <span className="live">{leftMs > 0 ? `in ${lengthText(leftMs)}` : 'due'}</span>
}

export function Age({ sinceMs }: { sinceMs: number }) {
  const ageMs = useEngineNowMs() - sinceMs
  return <span className="live">{sinceMs > 0 ? lengthText(Math.max(0, ageMs)) : '–'}</span>
}

// A state of a chart as a chip: its first part in words, what is nested in it small, colour only where it matters.

export function StateChip({ state, inner = false }: { state: string; inner?: boolean }) {
  const nested = inner ? innerState(state) : ''
  // What was last heard is no longer known to be so.
  const stale = useIsStale()
  return (
    <span
      className="inline-flex min-w-0 items-center gap-2"
      data-state={state}
      title={stale ? `${state}, when it was last heard` : state}
    >
      <span className="chip" data-tone={stale ? '' : stateTone(state)}>
        {topState(state)}
      </span>
      {nested && <span className="truncate text-[12px] text-soft">{nested}</span>}
    </span>
  )
}
