/**
 * The smallest order an exchange takes. A hedge is only opened when it could still be closed at a lower price, which is
 * what the margin is for; a quantity below the minimum is dust, not an orphan.
 */
import { Decimal } from 'decimal.js'
import { ceilTo } from '../grid.ts'
import type { LegFacts } from '../instrument.ts'
import { type OrderQty, orderQty, type Price } from '../units.ts'
import { lotBase } from './balance.ts'

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
