/** Are both legs of a hedge level, and what is missing on the perpetual? One lot of the perpetual is the measure. */
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

/** Level: the legs differ by less than one lot, with the rest on the spot side as dust. */
export const isBalanced = (plan: Measured, holdings: Holdings): boolean =>
  new Decimal(perpMissing(plan, holdings)).isZero()
