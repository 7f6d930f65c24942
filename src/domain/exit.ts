/** When to leave a hedge. */
import type { BlindReason, MarketView } from './market-view.ts'
import type { Rules } from './rules.ts'
import type { BaseQty } from './units.ts'

export type HedgeFacts = {
  baseQty: BaseQty
  /** Executed entry basis (perp − spot) / spot, bps, from the fills' average prices per base coin. */
  entryBasisBps: number
  hedgedAtMs: number
  /** Account maintenance margin rate, a fraction. */
  maintenanceMarginRate: string
}
export type LeaveReason = 'carry-gone' | 'basis-stop' | 'delisting' | 'margin'
export type ExitJudgement = {
  symbol: string
  verdict: 'hold' | 'leave' | 'wait'
  because: 'carry-stays' | 'carry-fading' | 'hold-minimum' | LeaveReason | BlindReason
  found: string
  limit: string
  /** Judgements in a row for which the carry was gone, this one included: hand it to the next call. */
  judgementsInARow: number
  fundingApr: number | null
  exitBasisBps: number | null
  judgedAtMs: number
}

export function judgeExit(
  hedge: HedgeFacts,
  market: MarketView,
  rules: Rules,
  judgementsInARow: number,
  nowMs: number,
): ExitJudgement {
  throw new Error(`not yet: ${[hedge, market, rules, judgementsInARow, nowMs].length}`)
}
