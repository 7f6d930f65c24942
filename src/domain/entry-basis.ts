/** The basis a hedge really got in at, from its executions. A judgement in bps, never an amount. */
import { Decimal } from 'decimal.js'
import type { LegOutcome } from './leg-outcome.ts'

/** (perp − spot) / spot in bps, per base coin, of what the legs still hold; 0 while a leg is empty. + is contango. */
export function entryBasisBps(spot: LegOutcome, perp: LegOutcome): number {
  const [spotBase, perpBase] = [new Decimal(spot.base), new Decimal(perp.base)]
  if (!spotBase.gt(0) || !perpBase.gt(0)) return 0
  const spotPrice = new Decimal(spot.cashUsdt).neg().div(spotBase)
  const perpPrice = new Decimal(perp.cashUsdt).div(perpBase)
  return spotPrice.gt(0) ? perpPrice.minus(spotPrice).div(spotPrice).times(10_000).toNumber() : 0
}
