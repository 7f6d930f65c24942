/**
 * The two ways out of legs that are apart, each as one order: complete the smaller leg, or reduce the larger; and what either
 * costs on today's books. Source: carry.md d.7.
 */
import { Decimal } from 'decimal.js'
import type { HedgePlan } from '../entry/plan.ts'
import { ceilTo, floorTo } from '../grid.ts'
import type { LegName } from '../instrument.ts'
import { type Holdings, lotBase } from '../legs/balance.ts'
import type { LegOrder } from '../legs/hedge-order.ts'
import { smallestOrder } from '../legs/minimums.ts'
import {
  bookOf,
  isOpenFor,
  legOrder,
  limitPriceOf,
  mostQty,
  spotQtyFor,
  spotQtyWithin,
  type Way,
} from '../legs/sides.ts'
import type { MarketView } from '../market/market-view.ts'
import { levelsFor, midPrice, walkBook } from '../market/order-book.ts'
import { type BaseQty, baseQty, type FeeRate, type OrderQty, orderQty, type Price } from '../units.ts'

/** Spot leg − perpetual leg, in base coins. Coins kept beyond a debt that is paid are nobody's to hedge. */
export const unhedgedBase = ({ spotNetBase, perpBase }: Holdings): BaseQty =>
  baseQty(Decimal.max(0, spotNetBase).minus(perpBase))

/** An order without its price yet. */
type WayOut = { leg: LegName; way: Way; qty: OrderQty }

/** The order that would complete the smaller leg and the one that would reduce the larger; each undefined when too small. */
export function waysOut(
  plan: HedgePlan,
  held: Holdings,
  prices: Record<LegName, Price>,
): { repair: WayOut | undefined; unwind: WayOut | undefined } {
  const unhedged = new Decimal(unhedgedBase(held))
  // Spot above the perpetual by less than a lot is how every hedge stands; below it, one lot is given back.
  if (unhedged.gte(0) && unhedged.lt(lotBase(plan))) return { repair: undefined, unwind: undefined }
  const { perp } = plan
  const missing = baseQty(unhedged.abs())
  const contracts = new Decimal(missing).div(perp.multiplier)
  const large = (leg: LegName, way: Way, qty: OrderQty): WayOut | undefined =>
    new Decimal(qty).gte(smallestOrder(plan[leg], prices[leg])) ? { leg, way, qty } : undefined
  if (unhedged.gt(0))
    return {
      repair: large('perp', 'in', orderQty(floorTo(contracts, perp.qtyStep))),
      unwind: large('spot', 'out', spotQtyWithin(plan, 'out', missing)),
    }
  const position = new Decimal(held.perpBase).div(perp.multiplier)
  const closed = Decimal.min(ceilTo(contracts, perp.qtyStep), position)
  return {
    repair: large('spot', 'in', spotQtyFor(plan, 'in', missing)),
    // Reduce-only orders need no minimum value.
    unwind: closed.gte(perp.minOrderQty) ? { leg: 'perp', way: 'out', qty: orderQty(closed) } : undefined,
  }
}

/** `cost` is fee and slippage, `notional` what changes hands, both in USDT. */
export type Priced = { order: LegOrder; cost: Decimal; notional: Decimal }

/** The way with its limit price, and its fee and slippage on today's book; undefined when its book or market is closed. */
export function priced(
  wayOut: WayOut | undefined,
  plan: HedgePlan,
  market: MarketView,
  tolerance: number,
): Priced | undefined {
  if (!wayOut) return undefined
  const { leg, way } = wayOut
  const book = bookOf(market, leg)
  const limitPrice = limitPriceOf(plan, leg, way, market, tolerance)
  if (!book || !limitPrice || !isOpenFor(plan, leg, way, market)) return undefined
  const qty = orderQty(Decimal.min(wayOut.qty, mostQty(plan, leg, market)))
  const order = legOrder(plan, leg, way, { qty, limitPrice })
  const walk = walkBook(levelsFor(book, order.side), qty)
  // What the visible book lacks is taken at the limit: the worst this order may pay.
  const value = new Decimal(walk.vwap ?? 0)
    .times(walk.filledQty)
    .plus(new Decimal(walk.missingQty).times(limitPrice))
  const fair = new Decimal(midPrice(book) ?? limitPrice).times(qty)
  const cost = value
    .minus(fair)
    .abs()
    .plus(value.times(takerFee(plan, leg)))
  return { order, cost, notional: value }
}

/** The plan's taker rate of a leg, as a fraction of the value traded. */
export const takerFee = (plan: HedgePlan, leg: LegName): FeeRate => plan.fees[leg].taker
