/**
 * Spread orders against both books at once. A fill is always both legs in the same quantity, at half the fees; where one leg
 * cannot be had, neither is. The legs' fills carry the combination's execution id and no client id.
 */
import { Decimal } from 'decimal.js'
import type { Market } from '../../../domain/instrument.ts'
import { checkMaintenance } from '../events/maintenance.ts'
import {
  dec,
  instrumentOf,
  nextNumber,
  type OrderState,
  plus,
  type SimExchange,
  syntheticBookOf,
} from '../exchange-state.ts'
import { ceilOn, floorOn } from '../kit/grid.ts'
import type { ApiRefusal } from '../kit/params.ts'
import { uuid } from '../kit/random.ts'
import type { BookLevel } from '../market/order-book.ts'
import { checkLinear, checkSpot } from '../orders/checks.ts'
import { applyFill, type Terms } from '../orders/matching.ts'
import { fileOrder, newOrderId } from '../orders/orders.ts'
import { pushExecutions, pushPosition, pushWallet } from '../pushes/private.ts'
import { pushSpreadExecution, pushSpreadOrder, spreadExecutionJson } from '../pushes/spread.ts'
import { findSpread, isTrading, type SpreadPlace } from './instruments.ts'
import { legSide, type Part, partsOf } from './order-books.ts'
import type { SpreadOrder } from './state.ts'

const LEVELS = 200
const SPREAD_PURPOSE = 5
const FEE_SHARE = new Decimal('0.5')

/** What is left to fill. */
export const leftOf = (order: SpreadOrder): Decimal => dec(order.qty).minus(order.cumQty)

const isBeyond = (order: SpreadOrder, price: Decimal): boolean =>
  order.orderType === 'Limit' && (order.side === 'Buy' ? price.gt(order.price) : price.lt(order.price))

/** What both books would give now, at the limit or better, best first. */
const planOf = ({ exchange, order, spread }: SpreadPlace): Part[] =>
  partsOf(exchange, spread, {
    side: order.side,
    levels: LEVELS,
    wanted: leftOf(order),
    isBeyond: price => isBeyond(order, price),
  })

/** The order that one leg of a spread is: filled so far in what the spread filled, and no more. */
function fillingLeg(place: SpreadPlace, market: Market, qty: Decimal, price: Decimal): OrderState {
  const fresh = legOrder(place, market, qty, price)
  const before = place.account.closed.findLast(({ orderId }) => orderId === fresh.orderId)
  if (!before) {
    fileOrder(place.account, fresh)
    return fresh
  }
  return Object.assign(before, { qty: plus(before.qty, qty), price: fresh.price })
}

/** The order that one leg is, for a quantity; it exists only as filled. */
function legOrder(place: SpreadPlace, market: Market, qty: Decimal, price: Decimal): OrderState {
  const { exchange, account, order, spread } = place
  return {
    number: nextNumber(exchange),
    orderId: market === 'linear' ? order.leg1OrderId : order.leg2OrderId,
    orderLinkId: '',
    market,
    symbol: instrumentOf(spread.listing, market).symbol,
    side: legSide(order.side, market),
    orderType: 'Limit',
    timeInForce: 'GTC',
    price: price.toFixed(),
    qty: qty.toFixed(),
    marketUnit: '',
    reduceOnly: false,
    isLeverage: market === 'spot' && account.spotMargin,
    status: 'Filled',
    cancelType: 'UNKNOWN',
    rejectReason: 'EC_NoError',
    cumQty: '0',
    cumValue: '0',
    fees: {},
    createType: 'CreateByFutureSpread',
    closedPnl: '0',
    lastPriceOnCreated: '',
    createdAtMs: exchange.state.nowMs,
    updatedAtMs: exchange.state.nowMs,
  }
}

/** A leg's best price, also where less than one lot of the spread is left at it. */
function touchPrice({ exchange, order, spread }: SpreadPlace, market: Market): Decimal {
  const best = syntheticBookOf(exchange, market, spread.listing).best(
    legSide(order.side, market) === 'Buy' ? 'asks' : 'bids',
  )
  return instrumentOf(spread.listing, market).price.step.times(best?.[0] ?? 0)
}

/** Whether both legs could be traded at the touch in this quantity. Nothing is left behind. */
export function checkLegs(place: SpreadPlace, qty: Decimal): ApiRefusal | undefined {
  const { exchange, account, spread } = place
  const { counter } = exchange.state
  const perp = legOrder(place, 'linear', qty, touchPrice(place, 'linear'))
  const spot = legOrder(place, 'spot', qty, touchPrice(place, 'spot'))
  exchange.state.counter = counter
  return (
    checkLinear(exchange, account, spread.listing, perp) ?? checkSpot(exchange, account, spread.listing, spot)
  )
}

function eat({ exchange, order, spread }: SpreadPlace, part: Part): void {
  for (const market of ['linear', 'spot'] as const) {
    const instrument = instrumentOf(spread.listing, market)
    const price = market === 'linear' ? part.perp : part.spot
    const level: BookLevel = [
      price.div(instrument.price.step).round().toNumber(),
      part.qty.div(instrument.qty.step).round().toNumber(),
    ]
    syntheticBookOf(exchange, market, spread.listing).eat(
      legSide(order.side, market) === 'Buy' ? 'asks' : 'bids',
      [level],
    )
  }
}

/** Both legs of one part, and the combination's own execution. */
function fillPart(place: SpreadPlace, part: Part, maker: boolean): void {
  const { exchange, account, order, spread } = place
  const execId = uuid(exchange.seed, nextNumber(exchange), SPREAD_PURPOSE)
  const terms: Terms = { execType: 'FutureSpread', feeShare: FEE_SHARE, parentExecId: execId }
  order.cumQty = plus(order.cumQty, part.qty)
  order.updatedAtMs = exchange.state.nowMs
  const legs = (['linear', 'spot'] as const).map(market => {
    const price = market === 'linear' ? part.perp : part.spot
    const leg = fillingLeg(place, market, part.qty, price)
    return applyFill(
      { exchange, account, order: leg, listing: spread.listing },
      { qty: part.qty, price, maker, terms },
    )
  })
  if (!maker) eat(place, part)
  const price = part.perp.minus(part.spot)
  const json = spreadExecutionJson(place, { execId, price, qty: part.qty, legs })
  account.spread?.executions.push({ number: nextNumber(exchange), atMs: exchange.state.nowMs, json })
  pushExecutions(exchange, account, legs)
  pushPosition(exchange, account, spread.listing.perp.symbol)
  pushSpreadExecution(place, { execId, price, qty: part.qty, maker, legs })
}

/** Ends a spread order that did not fill whole, with Bybit’s words for why. */
export function endSpread({ exchange, order }: SpreadPlace, cancelType: string, rejectReason: string): void {
  Object.assign(order, { status: 'Cancelled', cancelType, rejectReason, updatedAtMs: exchange.state.nowMs })
}

/** Puts an order where it belongs and tells of it. */
export function fileSpread(place: SpreadPlace): void {
  const { account, order } = place
  const state = account.spread
  if (!state) return
  const open = order.status === 'New' || order.status === 'PartiallyFilled'
  const at = state.open.indexOf(order)
  if (open && at < 0) state.open.push(order)
  if (!open && at >= 0) state.open.splice(at, 1)
  if (!open) state.closed.push(order)
  pushSpreadOrder(place)
}

const tellWallet = ({ exchange, account, spread }: SpreadPlace) =>
  pushWallet(exchange, account, [spread.listing.spot.baseCoin, spread.listing.spot.quoteCoin])

/** First contact with the books. */
export function takeSpread(place: SpreadPlace): void {
  const { order } = place
  const parts = planOf(place)
  const reached = parts.reduce((sum, { qty }) => sum.plus(qty), new Decimal(0))
  if (order.timeInForce === 'PostOnly' && reached.gt(0))
    endSpread(place, 'UNKNOWN', 'EC_PostOnlyWillTakeLiquidity')
  else if (order.timeInForce === 'FOK' && reached.lt(leftOf(order)))
    endSpread(place, 'UNKNOWN', 'EC_CancelForNoFullFill')
  else {
    for (const part of parts) fillPart(place, part, false)
    const passing = order.orderType === 'Market' || order.timeInForce === 'IOC' || order.timeInForce === 'FOK'
    if (leftOf(order).lte(0)) order.status = 'Filled'
    else if (passing)
      endSpread(place, 'UNKNOWN', reached.isZero() ? 'EC_NoImmediateQtyToFill' : 'EC_NoEnoughQtyToFill')
    else order.status = reached.isZero() ? 'New' : 'PartiallyFilled'
    if (reached.gt(0)) tellWallet(place)
  }
  fileSpread(place)
}

/** A resting order fills at its own price: the spot leg at its touch, the perpetual so that the difference is the limit. */
function fillResting(place: SpreadPlace, part: Part): void {
  const { order, spread } = place
  const grid = spread.listing.perp.price
  const wanted = part.spot.plus(order.price)
  const perp = order.side === 'Buy' ? floorOn(grid, wanted) : ceilOn(grid, wanted)
  fillPart(place, { ...part, perp }, true)
  order.status = leftOf(order).lte(0) ? 'Filled' : 'PartiallyFilled'
  tellWallet(place)
  fileSpread(place)
}

const isDown = (exchange: SimExchange): boolean =>
  (checkMaintenance(exchange, 'linear') ?? checkMaintenance(exchange, 'spot')) !== undefined

/** After a price step: resting spread orders that both markets have come to. */
export function matchSpreads(exchange: SimExchange): void {
  if (isDown(exchange)) return
  for (const account of Object.values(exchange.state.accounts)) {
    if (!account.spread?.open.length) continue
    for (const order of [...account.spread.open]) {
      const spread = findSpread(exchange, order.symbol)
      if (!spread) continue
      const place = { exchange, account, order, spread }
      if (!isTrading(exchange, spread)) {
        endSpread(place, 'CancelBySettle', 'EC_NoError')
        fileSpread(place)
        continue
      }
      const [part] = planOf(place)
      if (!part) continue
      if (checkLegs(place, part.qty)) {
        endSpread(place, 'CancelByRebalance', 'EC_NoError')
        fileSpread(place)
      } else fillResting(place, part)
    }
  }
}

/** A new order with an id of its own and of each leg. */
export const spreadIds = (
  exchange: SimExchange,
): Pick<SpreadOrder, 'number' | 'orderId' | 'leg1OrderId' | 'leg2OrderId'> => ({
  number: nextNumber(exchange),
  orderId: newOrderId(exchange, false),
  leg1OrderId: newOrderId(exchange, false),
  leg2OrderId: newOrderId(exchange, true),
})
