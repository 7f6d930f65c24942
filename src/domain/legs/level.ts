/**
 * Are the legs of a hedge level? They are when what is apart is less than a lot, or too little for either leg to order:
 * that is dust, which the next slice takes up, and no orphan. Judged at the plan's price, so that chart and decision agree.
 */
import { Decimal } from 'decimal.js'
import { type HedgePlan, perBaseMark } from '../entry/plan.ts'
import { type Holdings, perpMissing } from './balance.ts'
import { smallestOrder } from './minimums.ts'

type Measured = Pick<HedgePlan, 'spot' | 'perp' | 'markPrice'>

/**
 * True when neither leg can or need be ordered to follow the other; a perpetual ahead of its spot by a lot is never level.
 */
export function isLevel(plan: Measured, held: Holdings): boolean {
  const missing = new Decimal(perpMissing(plan, held))
  if (missing.isZero()) return true
  // A perpetual beyond its spot can always be given back: reduce-only needs no minimum value.
  if (missing.lt(0)) return false
  const contracts = missing.div(plan.perp.multiplier)
  if (contracts.gte(smallestOrder(plan.perp, plan.markPrice))) return false
  const uncovered = new Decimal(held.spotNetBase).minus(held.perpBase)
  return uncovered.lt(smallestOrder(plan.spot, perBaseMark(plan)))
}
