/**
 * The order that waits in the book: where it is put, and whether it may stay there. It joins the best price of its own side,
 * as post-only; whatever would make it a risk nobody wants (a halt, stale data, a deadline) takes it off. Source: carry.md
 * d.2 (maker, then hedge), d.8.
 */
import { Decimal } from 'decimal.js'
import type { LegName, Route, Side } from '../instrument.ts'
import type { HedgeOrder, LegOrder, RestingOrder } from '../legs/hedge-order.ts'
import { bookOf } from '../legs/sides.ts'
import { freshMarket, type MarketView } from '../market/market-view.ts'
import { levelsFor } from '../market/order-book.ts'
import { isRefusal } from '../refusal.ts'
import type { Rules } from '../rules.ts'
import type { Price } from '../units.ts'

/** The leg that waits on this route; null where both cross. */
export const makerLegOf = (route: Route | undefined): LegName | null =>
  route === 'maker-spot' ? 'spot' : route === 'maker-perp' ? 'perp' : null

const opposite = (side: Side): Side => (side === 'Buy' ? 'Sell' : 'Buy')

/** The best price of this side's own queue; null when nobody waits there. */
function queuePrice(market: MarketView, leg: LegName, side: Side): Price | null {
  const book = bookOf(market, leg)
  return (book && levelsFor(book, opposite(side))[0]?.[0]) ?? null
}

/** The same order as one that waits; null while its side of the book is empty. */
export function asResting(order: LegOrder, market: MarketView): HedgeOrder | null {
  const limitPrice = queuePrice(market, order.leg, order.side)
  return limitPrice && { ...order, limitPrice, rests: true, opens: true }
}

/**
 * Why the waiting order must go; null when it may stay.
 * @param refused - why no new risk may be taken, or null
 */
export function cancelReason(
  order: RestingOrder,
  market: MarketView,
  { limits, execution }: Rules,
  refused: string | null,
  nowMs: number,
): string | null {
  if (refused) return refused
  const fresh = freshMarket(market, limits, nowMs)
  if (isRefusal(fresh)) return `${fresh.refused}: ${fresh.found}`
  if (order.leg === 'spreadOrder') return 'an order of both legs does not wait'
  const best = queuePrice(market, order.leg, order.side)
  const ageMs = nowMs - order.restsSinceMs
  if (ageMs >= execution.makerRestMs * execution.makerTriesMax) return `it has waited for ${ageMs} ms`
  if (ageMs < execution.makerRestMs || best === null) return null
  const behind =
    order.side === 'Buy' ? new Decimal(best).gt(order.limitPrice) : new Decimal(best).lt(order.limitPrice)
  return behind ? `the queue moved to ${best}, the order waits at ${order.limitPrice}` : null
}
