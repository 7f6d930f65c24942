/** What is missing on the perpetual, in either direction of carry. One lot of it, in base coins, is the measure. */
import { Decimal } from 'decimal.js'
import { floorTo } from '../grid.ts'
import type { LegFacts } from '../instrument.ts'
import { type BaseQty, baseQty } from '../units.ts'

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
