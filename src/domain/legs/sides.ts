/**
 * Which side each leg trades on the way in and on the way out, and how much of the leg a spot order moves.
 *
 *   long carry     in: spot bought, perpetual sold             out: spot sold, perpetual bought back
 *   reverse carry  in: coin borrowed and sold, perpetual bought  out: coin bought back, perpetual sold
 *
 * A buyer's spot fee is taken in the coin, a seller's in USDT: so a hedge is bought with its fee on top and sold exactly, and
 * a debt is bought back with the fee on top. Source: carry.md d.1 (2, 7); bybit-exchange/docs enum.mdx (fee currency).
 */
import { Decimal } from 'decimal.js'
import { floorTo } from '../grid.ts'
import type { Direction, LegFacts, LegName, Route, Side } from '../instrument.ts'
import { grossForNet, netBaseReceived, type PairFeeRates } from '../market/fees.ts'
import type { MarketView, OrderBookView } from '../market/market-view.ts'
import { levelsFor, limitThrough } from '../market/order-book.ts'
import { type BaseQty, type FeeRate, feeRate, type OrderQty, orderQty, type Price } from '../units.ts'
import type { LegOrder } from './hedge-order.ts'

/** Grows the hedge, or shrinks it. */
export type Way = 'in' | 'out'
type Facing = { direction: Direction }
type LegsFacts = Record<LegName, LegFacts>
type SpotFacts = Facing & { fees: PairFeeRates; spot: LegFacts }

/** The side a leg trades on its way in or out. */
export const sideOf = ({ direction }: Facing, leg: LegName, way: Way): Side =>
  ((direction === 'long-carry') === (leg === 'spot')) === (way === 'in') ? 'Buy' : 'Sell'

/** +1 for long carry, −1 for reverse carry: turns coins held and contracts short into the hedge's own upward count. */
export const signOf = (direction: Direction): 1 | -1 => (direction === 'long-carry' ? 1 : -1)

/** An order of what is not owned: it must be sent as a margin order, and is refused when there is nothing to borrow. */
const borrows = ({ direction }: Facing, leg: LegName, way: Way): boolean =>
  direction === 'reverse-carry' && leg === 'spot' && way === 'in'

/** The leg that opens each slice: spot unless the plan says otherwise, because what spot receives sizes the perpetual. */
export const firstLegOf = ({ firstLeg, route }: { firstLeg?: LegName; route?: Route }): LegName =>
  firstLeg ?? (route === 'maker-perp' || route === 'perp-first' ? 'perp' : 'spot')

/** A whole order, its side, borrowing and reduce-only told by the way it goes. */
export const legOrder = (
  plan: Facing,
  leg: LegName,
  way: Way,
  of: { qty: OrderQty; limitPrice: Price },
): LegOrder => ({
  leg,
  side: sideOf(plan, leg, way),
  ...of,
  reduceOnly: leg === 'perp' && way === 'out',
  borrow: borrows(plan, leg, way),
})

/** The book of a leg, null while it is not trusted. */
export const bookOf = ({ spotBook, perpBook }: MarketView, leg: LegName): OrderBookView | null =>
  leg === 'spot' ? spotBook : perpBook

/** The best price an order of this leg and way would take; null when that side of its book is empty. */
export function bestPriceOf(plan: Facing, leg: LegName, way: Way, market: MarketView): Price | null {
  const book = bookOf(market, leg)
  return (book && levelsFor(book, sideOf(plan, leg, way))[0]?.[0]) ?? null
}

/** The limit price `toleranceBps` through the best price, on the tick grid; null when that side of its book is empty. */
export function limitPriceOf(
  plan: Facing & LegsFacts,
  leg: LegName,
  way: Way,
  market: MarketView,
  toleranceBps: number,
): Price | null {
  const book = bookOf(market, leg)
  return book && limitThrough(book, sideOf(plan, leg, way), toleranceBps, plan[leg].tickSize)
}

/** May an order of this leg and way be sent at all? Borrowing stops when the exchange's lending pool is empty. */
export const isOpenFor = (plan: Facing, leg: LegName, way: Way, { pair }: MarketView): boolean =>
  pair[leg].trading && (!borrows(plan, leg, way) || pair.spot.marginTrading)

/** The largest order both the plan's facts and today's allow, on the leg's grid. */
export const mostQty = (plan: LegsFacts, leg: LegName, { pair }: MarketView): Decimal =>
  floorTo(Decimal.min(plan[leg].maxMarketQty, pair[leg].maxMarketQty), plan[leg].qtyStep)

const NO_FEE = feeRate('0')

/** The fraction of a taker's spot order that its fee takes in the coin: a buyer's rate, or 0. */
export const coinFeeRate = (plan: SpotFacts, way: Way): FeeRate =>
  sideOf(plan, 'spot', way) === 'Buy' ? plan.fees.spot.taker : NO_FEE

/** The smallest spot order that moves the leg by at least `net`, on the spot grid: ceil(net / (1 − φ)). */
export const spotQtyFor = (plan: SpotFacts, way: Way, net: BaseQty): OrderQty =>
  grossForNet(net, coinFeeRate(plan, way), plan.spot.qtyStep)

/** The largest spot order that moves the leg by no more than `net`: floor(net / (1 − φ)), 0 when a step is too much. */
export function spotQtyWithin(plan: SpotFacts, way: Way, net: BaseQty): OrderQty {
  const atLeast = spotQtyFor(plan, way, net)
  const tooMuch = new Decimal(spotMoved(plan, way, atLeast)).gt(net)
  return orderQty(tooMuch ? new Decimal(atLeast).minus(plan.spot.qtyStep) : atLeast)
}

/** What a filled spot order moves the leg by, its fee in the coin taken off; never negative. */
export const spotMoved = (plan: SpotFacts, way: Way, qty: OrderQty): BaseQty =>
  netBaseReceived(qty, coinFeeRate(plan, way))
