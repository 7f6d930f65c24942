/** What is missing on the perpetual, in either direction of carry. One lot of it, in base coins, is the measure. */
import { Decimal } from 'decimal.js'
import type { HedgePlan, Holdings } from '../entry/plan.ts'
import { floorTo } from '../grid.ts'
import { type BaseQty, baseQty } from '../units.ts'

type Measured = Pick<HedgePlan, 'perp'>

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
