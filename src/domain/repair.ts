/** The orphan leg: how much is unhedged, whether that breaks promise 4, and whether to repair or unwind. */
import type { MarketView } from './market-view.ts'
import type { HedgePlan, Holdings, LegOrder } from './plan.ts'
import type { Rules } from './rules.ts'
import type { BaseQty, Price, Usdt } from './units.ts'

/** Spot held − perpetual short: positive when the spot leg is the larger. */
export type Balance =
  | { kind: 'balanced'; dustBase: BaseQty }
  | {
      kind: 'unhedged'
      baseQty: BaseQty
      notionalUsdt: Usdt
      breached: 'none' | 'notional' | 'time'
      found: string
      limit: string
    }

/** @param unhedgedSinceMs - when the balance was last known to be whole */
export function judgeBalance(
  plan: HedgePlan,
  held: Holdings,
  markPrice: Price,
  limits: Pick<Rules['limits'], 'unhedgedNotionalUsdtMax' | 'unhedgedMsMax'>,
  unhedgedSinceMs: number,
  nowMs: number,
): Balance {
  throw new Error(`not yet: ${[plan, held, markPrice, limits, unhedgedSinceMs, nowMs].length}`)
}

export type RepairDecision =
  | { kind: 'balanced'; dustBase: BaseQty }
  /** Complete the smaller leg, or reduce the larger; costs in USDT, positive is paid. */
  | {
      kind: 'repair' | 'unwind'
      order: LegOrder
      repairCostUsdt: Usdt
      unwindCostUsdt: Usdt
      because: string
    }
  | { kind: 'wait'; because: 'book-missing' }

/** @param attempt - from 0; each is wider than the last, and from `repairsMax` on only unwinding is left */
export function decideRepair(
  plan: HedgePlan,
  held: Holdings,
  market: MarketView,
  rules: Rules,
  attempt: number,
): RepairDecision {
  throw new Error(`not yet: ${[plan, held, market, rules, attempt].length}`)
}

/** How far through the best price the n-th attempt (from 0) may go, in bps. */
export function toleranceBps(attempt: number, slippageBpsMax: number): number {
  return Math.min(1000, slippageBpsMax * 2 ** Math.min(attempt, 10))
}
