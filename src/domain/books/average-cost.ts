/** What a run of fills leaves open, at its average cost: how the exchange itself counts a position and its realised profit. */
import { Decimal } from 'decimal.js'
import type { Side } from '../instrument.ts'

type PricedFill = { side: Side; qty: string; price: string }
/** `qty`: + is long. `cost`: average price of what is open; 0 when nothing is. */
type OpenPosition = { qty: Decimal; cost: Decimal }

/** @param fills - of one instrument, oldest first */
export function openPosition(fills: readonly PricedFill[]): OpenPosition {
  let [qty, cost] = [new Decimal(0), new Decimal(0)]
  for (const fill of fills) {
    const moved = new Decimal(fill.qty).times(fill.side === 'Buy' ? 1 : -1)
    const after = qty.plus(moved)
    if (after.isZero()) cost = new Decimal(0)
    // It grows: the average moves. It turns round: what is open is all new. It shrinks: the average stays.
    else if (qty.isZero() || !after.times(qty).gt(0)) cost = new Decimal(fill.price)
    else if (moved.times(qty).gt(0)) cost = qty.times(cost).plus(moved.times(fill.price)).div(after)
    qty = after
  }
  return { qty, cost }
}
