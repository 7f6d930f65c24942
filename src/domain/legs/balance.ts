/**
 * What the legs of a hedge hold, what is missing on the perpetual in either direction of carry, and whether they are level:
 * they are when what is apart is less than a lot, or too little for either leg to order. That is dust, which the next slice
 * takes up, and no orphan. Judged at the plan's price, so that chart and decision agree. One lot of the perpetual, in base
 * coins, is the measure.
 */
import { Decimal } from 'decimal.js'
import { type HedgePlan, perBaseMark } from '../entry/plan.ts'
import { ceilTo, floorTo } from '../grid.ts'
import type { LegFacts } from '../instrument.ts'
import { type BaseQty, baseQty, type OrderQty, orderQty, type Price } from '../units.ts'

/** What the two legs hold, from executions and interest only. Both count up as the hedge grows, whichever way it faces. */
export type Holdings = {
  /**
   * Long carry: coins held, Σ bought − Σ sold − Σ fees taken in the coin. Reverse carry: coins owed, Σ sold − Σ bought
   * + Σ fees taken in the coin + Σ interest; below 0 nothing is owed and the wallet keeps the difference as dust.
   */
  spotNetBase: BaseQty
  /** Base coins (contracts × multiplier) the perpetual is short in long carry, long in reverse carry. */
  perpBase: BaseQty
}

type Measured = { perp: LegFacts }

/** One lot of the perpetual in base coins. */
export const lotBase = ({ perp }: Measured): Decimal => new Decimal(perp.qtyStep).mul(perp.multiplier)

/**
 * Base coins the perpetual lacks (+) or has beyond (−) the spot leg, in whole lots, rounded toward less perpetual. A debt
 * that was bought back with a step to spare calls for no perpetual, not for a negative one.
 */
export function perpMissing(plan: Measured, { spotNetBase, perpBase }: Holdings): BaseQty {
  const lot = lotBase(plan)
  const level = floorTo(Decimal.max(0, spotNetBase), lot)
  return baseQty(level.minus(perpBase))
}

/** Entry minimums are taken this much larger (a fraction), so that the exit is above them after a fall. */
export const EXIT_MARGIN = '0.1'

type Minimums = Pick<LegFacts, 'qtyStep' | 'minOrderQty' | 'minNotionalUsdt'>

/** Smallest quantity on the grid that has both the least quantity and the least value (plus `margin`) at this price. */
export function smallestOrder(leg: Minimums, price: Price, margin = '0'): OrderQty {
  const byValue = new Decimal(leg.minNotionalUsdt).times(new Decimal(margin).plus(1)).div(price)
  // A step of its own, should both minimums be 0.
  return orderQty(ceilTo(Decimal.max(leg.minOrderQty, byValue, leg.qtyStep), leg.qtyStep))
}

/** Smallest hedge in base coins, on the lot grid, for which both legs can be ordered at these prices. */
export function smallestHedge(
  { spot, perp }: { spot: LegFacts; perp: LegFacts },
  prices: { spot: Price; perp: Price },
  margin = '0',
): Decimal {
  const spotBase = smallestOrder(spot, prices.spot, margin)
  const perpBase = new Decimal(smallestOrder(perp, prices.perp, margin)).times(perp.multiplier)
  return ceilTo(Decimal.max(spotBase, perpBase), lotBase({ perp }))
}

/**
 * Are the legs of a hedge level? They are when what is apart is less than a lot, or too little for either leg to order:
 * that is dust, which the next slice takes up, and no orphan. Judged at the plan's price, so that chart and decision agree.
 */
type LegsMeasured = Pick<HedgePlan, 'spot' | 'perp' | 'markPrice'>

/**
 * True when neither leg can or need be ordered to follow the other; a perpetual ahead of its spot by a lot is never level.
 */
export function isLevel(plan: LegsMeasured, held: Holdings): boolean {
  const missing = new Decimal(perpMissing(plan, held))
  if (missing.isZero()) return true
  // A perpetual beyond its spot can always be given back: reduce-only needs no minimum value.
  if (missing.lt(0)) return false
  const contracts = missing.div(plan.perp.multiplier)
  if (contracts.gte(smallestOrder(plan.perp, plan.markPrice))) return false
  const uncovered = new Decimal(held.spotNetBase).minus(held.perpBase)
  return uncovered.lt(smallestOrder(plan.spot, perBaseMark(plan)))
}
