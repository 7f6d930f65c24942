/** Is a symbol worth a hedge now? */
import type { CarryEstimate } from './carry.ts'
import type { BlindReason, MarketView } from './market-view.ts'
import type { Rules } from './rules.ts'
import type { SizeReason } from './sizing.ts'

export type QuietReason =
  | 'spot-not-trading'
  | 'perp-not-trading'
  | 'delisting-announced'
  | 'settlement-near'
  | 'carry-below-entry'
  | SizeReason

/** Plain JSON. `found` and `limit` say why in numbers for every verdict. */
export type EntryJudgement = {
  symbol: string
  verdict: 'tempting' | 'quiet' | 'blind'
  because: 'carry-above-entry' | QuietReason | BlindReason
  found: string
  limit: string
  /** Present whenever the view allowed the sum. */
  carry: CarryEstimate | null
  judgedAtMs: number
}

export function judgeEntry(market: MarketView, rules: Rules, nowMs: number): EntryJudgement {
  throw new Error(`not yet: ${[market, rules, nowMs].length}`)
}
