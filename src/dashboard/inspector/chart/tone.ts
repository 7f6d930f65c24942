/** What a state means for somebody who looks for trouble. Colour follows the active state, not the kind of actor. */
import type { InspectionRow } from '../../../api/inspection-view.ts'
import { plainState } from '../../../wording/stories.ts'

export type Tone = 'bad' | 'warn' | 'good' | 'busy' | 'idle' | 'ended'

const BAD = /(^|[.| ])(failed|stranded|quarantined)\b/
const WARN =
  /(^|[.| ])(unknown|doubting|troubled|reducing|flattening|halted|reconciling|booting|stopping|stale|delisted)\b/
const BUSY = /^(entering|unwinding)\b|rebalancing/
const GOOD = /^(hedged|trading|open|watching|running)\b/
/** Not tradable for now is a state of affairs, not a fault. */
const SOFT = /^failed\.(stale|delisted)\b/

export function toneOf({ status, state }: Pick<InspectionRow, 'status' | 'state'>): Tone {
  if (status === 'ended') return 'ended'
  if (status === 'quarantined' || status === 'failed') return 'bad'
  if (status === 'restarting') return 'warn'
  return toneOfState(state)
}

export function toneOfState(state: string): Tone {
  if (SOFT.test(state)) return 'warn'
  if (BAD.test(state)) return 'bad'
  if (WARN.test(state)) return 'warn'
  if (BUSY.test(state)) return 'busy'
  return GOOD.test(state) ? 'good' : 'idle'
}

export const isTrouble = (row: InspectionRow): boolean => ['bad', 'warn'].includes(toneOf(row))

/** What a row says under its name. */
export function stateWords({ status, state, kind }: InspectionRow): string {
  if (status === 'restarting' || status === 'quarantined' || status === 'failed')
    return state ? `${status}, was in ${shortState(state)}` : status
  return kind === 'supervisor' ? shortState(state).replace('watching.', '') : shortState(state)
}

/** Regions that rest are left out: `entering.work.deciding | entering.spot.quiet` → `entering.work.deciding`. */
export function shortState(state: string): string {
  const parts = plainState(state).split(' | ')
  const lively = parts.filter(part => !/\.quiet$/.test(part))
  const [first = '', ...others] = lively.length > 0 ? lively : parts.slice(0, 1)
  const top = `${first.split('.')[0]}.`
  return [first, ...others.map(part => (part.startsWith(top) ? part.slice(top.length) : part))].join(' · ')
}
