/** Net carry of a hedge over a horizon, each part by name. */
import type { Direction } from './instrument.ts'
import type { FreshMarket } from './market-view.ts'
import type { Refusal } from './refusal.ts'
import type { StrategyRules } from './rules.ts'
import type { BaseQty, FundingRate, Usdt } from './units.ts'

/** All USDT signed: + is received. Plain JSON. */
export type CarryEstimate = {
  direction: Direction
  baseQty: BaseQty
  notionalUsdt: Usdt
  capitalUsdt: Usdt
  horizonHours: number
  /** Settlements inside the horizon. */
  settlements: number
  /** Sum of the rates expected at them. */
  expectedRate: FundingRate
  fundingUsdt: Usdt
  /** notional × (entry basis − expected exit basis), both executable: spreads and slippage are inside. */
  basisUsdt: Usdt
  /** Four fills; negative is paid. */
  feesUsdt: Usdt
  /** Interest on a borrowed coin; '0' for long carry. */
  borrowUsdt: Usdt
  netUsdt: Usdt
  entryBasisBps: number
  exitBasisBps: number
  /** Net on capital over the horizon, and that a year (not compounded). */
  returnOnCapital: number
  aprOnCapital: number
  /** Gross, on notional, of the present rate. */
  fundingApr: number
  /** Hours until expected funding has paid fees and basis; null when it never does. */
  breakEvenHours: number | null
}

export function estimateCarry(
  market: FreshMarket,
  sizes: { baseQty: BaseQty; sliceBaseQty: BaseQty },
  rules: Pick<StrategyRules, 'horizonHours' | 'capitalBuffer' | 'exitSlippageFactor'>,
  nowMs: number,
): CarryEstimate | Refusal<'spot-depth' | 'perp-depth'> {
  throw new Error(`not yet: ${[market, sizes, rules, nowMs].length}`)
}
