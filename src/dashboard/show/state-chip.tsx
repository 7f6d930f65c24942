/** A state of a chart as a chip: its first part in words, what is nested in it small, colour only where it matters. */
import { innerState, stateTone, topState } from '../../wording/states.ts'

export function StateChip({ state, inner = false }: { state: string; inner?: boolean }) {
  const nested = inner ? innerState(state) : ''
  return (
    <span className="inline-flex min-w-0 items-center gap-2" data-state={state} title={state}>
      <span className="chip" data-tone={stateTone(state)}>
        {topState(state)}
      </span>
      {nested && <span className="truncate text-[12px] text-soft">{nested}</span>}
    </span>
  )
}
