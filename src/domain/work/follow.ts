/**
 * The leg that is behind on the way in, and the order that brings it level with the other: the perpetual for what spot really
 * moved, in whole lots; or spot for what the perpetual holds, where the plan lets the perpetual go first.
 */
import { Decimal } from 'decimal.js'
import { type HedgePlan, perBaseMark } from '../entry/plan.ts'
import type { LegName } from '../instrument.ts'
import { type Holdings, perpMissing, smallestOrder } from '../legs/balance.ts'
import type { LegOrder } from '../legs/hedge-order.ts'
import {
  bestPriceOf,
  firstLegOf,
  isOpenFor,
  legOrder,
  limitPriceOf,
  mostQty,
  spotQtyFor,
  type Way,
} from '../legs/sides.ts'
import type { MarketView } from '../market/market-view.ts'
import { baseQty, type OrderQty, orderQty, type Price, price } from '../units.ts'

type FollowOrder =
  | { kind: 'order'; order: LegOrder }
  | { kind: 'none'; because: 'balanced' | 'below-minimum' | 'book-missing' | 'closed' }

/**
 * The order that follows the leg that went first; what is too small for one stays for the next slice, or for a repair.
 * @param toleranceBps - how far through the best price
 */
export function followOrder(
  plan: HedgePlan,
  held: Holdings,
  market: MarketView,
  toleranceBps: number,
): FollowOrder {
  const behind = legBehind(plan, held)
  if (!behind) return { kind: 'none', because: 'balanced' }
  const { leg, qty } = behind
  const least = smallestOrder(plan[leg], priceForMinimum(plan, leg, 'in', market, toleranceBps))
  if (new Decimal(qty).lt(least)) return { kind: 'none', because: 'below-minimum' }
  if (!isOpenFor(plan, leg, 'in', market)) return { kind: 'none', because: 'closed' }
  const limitPrice = limitPriceOf(plan, leg, 'in', market, toleranceBps)
  if (!limitPrice) return { kind: 'none', because: 'book-missing' }
  const most = orderQty(Decimal.min(qty, mostQty(plan, leg, market)))
  return { kind: 'order', order: legOrder(plan, leg, 'in', { qty: most, limitPrice }) }
}

/** Spot behind a perpetual that did not go first is no follower's business: whether to complete or to give back is weighed. */
function legBehind(plan: HedgePlan, held: Holdings): { leg: LegName; qty: OrderQty } | undefined {
  const missing = new Decimal(perpMissing(plan, held))
  if (missing.gt(0)) return { leg: 'perp', qty: orderQty(missing.div(plan.perp.multiplier)) }
  if (missing.isZero() || firstLegOf(plan) === 'spot') return undefined
  const net = baseQty(new Decimal(held.perpBase).minus(held.spotNetBase))
  return { leg: 'spot', qty: spotQtyFor(plan, 'in', net) }
}

/**
 * The price at which an order's least value is judged: for spot the lower of the best price and the limit, for the perpetual
 * the mark. The plan's own stands in where the market is silent: a minimum must be judged without one too.
 */
export function priceForMinimum(
  plan: HedgePlan,
  leg: LegName,
  way: Way,
  market: MarketView,
  toleranceBps: number,
): Price {
  if (leg === 'perp') return market.ticker?.markPrice ?? plan.markPrice
  const best = bestPriceOf(plan, 'spot', way, market)
  const limit = limitPriceOf(plan, 'spot', way, market, toleranceBps)
  return best && limit ? price(Decimal.min(best, limit)) : perBaseMark(plan)
}
