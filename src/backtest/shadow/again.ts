/** A recorded decision made again: the same functions on what it looked at, by the rules given. */
import { judgeEntry } from '../../domain/entry/opportunity.ts'
import { judgeExit } from '../../domain/exit/judge-exit.ts'
import type { Rules } from '../../domain/rules.ts'
import type { AskedOfEntry, AskedOfExit, Decision } from '../../store/books/decision-store.ts'

/** `verdict because: found …, limit …` says all that a decision is. */
export type DecidedAgain = Pick<Decision, 'verdict' | 'because' | 'direction' | 'found' | 'limit'>

/** The same decision, figures and all. */
export const isSame = (a: DecidedAgain, b: DecidedAgain): boolean =>
  a.verdict === b.verdict &&
  a.because === b.because &&
  a.direction === b.direction &&
  a.found === b.found &&
  a.limit === b.limit

/** Undefined where what it looked at was not kept: quiet entries, and what was written by an earlier version. */
export function decidedAgain(decision: Decision, rules: Rules): DecidedAgain | undefined {
  if (decision.detail.asked === undefined) return undefined
  if (decision.about === 'entry') {
    const { market } = decision.detail.asked as unknown as AskedOfEntry
    const { direction = '', ...said } = judgeEntry(market, rules, decision.atMs)
    return { ...said, direction }
  }
  const { hedge, market, before, inputs } = decision.detail.asked as unknown as AskedOfExit
  return { ...judgeExit(hedge, market, rules, before, decision.atMs, inputs), direction: '' }
}
