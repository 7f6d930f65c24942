/** What is missing on the perpetual. One lot of it, in base coins, is the measure. */
import { Decimal } from 'decimal.js'
import type { HedgePlan, Holdings } from './plan.ts'
import { type BaseQty, baseQty } from './units.ts'

type Measured = Pick<HedgePlan, 'perp'>

/** One lot of the perpetual in base coins. */
export const lotBase = ({ perp }: Measured): Decimal => new Decimal(perp.qtyStep).mul(perp.multiplier)

/** Base coins the perpetual is short of (+) or beyond (−) the spot leg, in whole lots, rounded toward less perpetual. */
export function perpMissing(plan: Measured, { spotNetBase, perpBase }: Holdings): BaseQty {
  const lot = lotBase(plan)
  const level = new Decimal(spotNetBase).div(lot).floor().mul(lot)
  return baseQty(level.minus(perpBase))
}
