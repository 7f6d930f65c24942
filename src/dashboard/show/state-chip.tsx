/** A state of a chart as a chip: its first part in words, what is nested in it small, colour only where it matters. */

const TONES: Readonly<Record<string, string>> = {
  trading: 'good',
  hedged: 'good',
  entering: 'accent',
  unwinding: 'warn',
  reconciling: 'warn',
  halted: 'warn',
  stopping: 'warn',
  booting: 'warn',
  failed: 'bad',
  quarantined: 'bad',
}

export const topState = (state: string): string => /^[\w-]*/.exec(state)?.[0] ?? ''

/** `entering.work.deciding | entering.spot.quiet` → `work deciding · spot quiet`. */
export function innerState(state: string): string {
  return state
    .split(' | ')
    .map(part => part.split('.').slice(1).join(' '))
    .filter(Boolean)
    .join(' · ')
}

export const stateTone = (state: string): string => TONES[topState(state)] ?? ''

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
