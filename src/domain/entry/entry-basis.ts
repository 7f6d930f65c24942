/** The basis a hedge really got in at, from its executions. A judgement in bps, never an amount. */
import { Decimal } from 'decimal.js'
import { type BaseQty, NO_BASE } from '../units.ts'
import type { LegOutcome } from '../work/leg-outcome.ts'

/**
 * (perp − spot) / spot in bps, per base coin, of what the legs still hold; null while a leg is empty. + is contango, in either
 * direction of carry: which leg was bought shows in the sign of its cash.
 * @param interestOwed - base coins of `spot.base` that interest made and no order sold: they have no price
 */
export function entryBasisBps(
  spot: LegOutcome,
  perp: LegOutcome,
  interestOwed: BaseQty = NO_BASE,
): number | null {
  const spotBase = new Decimal(spot.base).minus(interestOwed)
  const perpBase = new Decimal(perp.base)
  if (!spotBase.gt(0) || !perpBase.gt(0)) return null
  const [spotCash, perpCash] = [new Decimal(spot.cashUsdt), new Decimal(perp.cashUsdt)]
  // Of a hedge one leg was bought and the other sold: anything else is a mix of both ways, which has no one price.
  if (!spotCash.times(perpCash).lt(0)) return null
  const spotPrice = spotCash.abs().div(spotBase)
  return perpCash.abs().div(perpBase).minus(spotPrice).div(spotPrice).times(10_000).toNumber()
}
