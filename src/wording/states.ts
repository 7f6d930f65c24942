/** States of a chart in words and tones. */

const TONES: Readonly<Record<string, string>> = {
  trading: 'good',
  hedged: 'good',
  entering: 'accent',
  unwinding: 'warn',
  reducing: 'warn',
  reconciling: 'warn',
  halted: 'warn',
  stopping: 'warn',
  booting: 'warn',
  failed: 'bad',
  quarantined: 'bad',
}

export const topState = (state: string): string => /^[\w-]*/.exec(state)?.[0] ?? ''

/** `entering.work.ordering | entering.spot.sending | entering.perp.quiet` → `work ordering · spot sending`. */
export function innerState(state: string): string {
  return (
    state
      .split(' | ')
      .map(part =>
        part
          .split('.')
          .slice(1)
          .join(' ')
          .replace(/^spreadOrder\b/, 'both legs'),
      )
      // A region that rests says nothing of where the hedge is.
      .filter(part => part !== '' && !part.endsWith(' quiet'))
      .join(' · ')
  )
}

export const stateTone = (state: string): string => TONES[topState(state)] ?? ''
