/** A state of a chart as a chip: its first part in words, what is nested in it small, colour only where it matters. */
import { innerState, stateTone, topState } from '../../wording/stories.ts'
import { useIsStale } from '../data/use-live.ts'

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
