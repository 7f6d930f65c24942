/**
 * The verbs of order entry: create, amend, cancel, cancel-all. Each answers as Bybit acknowledges, at once; what became of
 * the order is told by the private stream and by reading.
 */
import { Decimal } from 'decimal.js'
import type { Market, Side } from '../../../domain/instrument.ts'
import type { Json, JsonObject } from '../../../domain/json.ts'
import { closedBy, sizeOf } from '../account/positions.ts'
import { checkMaintenance } from '../events/maintenance.ts'
import {
  type AccountState,
  dec,
  instrumentOf,
  nextNumber,
  type OrderState,
  type SimExchange,
  syntheticBookOf,
} from '../exchange-state.ts'
import { ceilOn, floorOn, gridText, onGrid } from '../kit/grid.ts'
import {
  type ApiRefusal,
  badRequest,
  decimalParam,
  flag,
  isApiRefusal,
  marketParam,
  refusalOf,
  text,
} from '../kit/params.ts'
import { pushOrder } from '../pushes/private.ts'
import { priceBand } from '../universe/limits.ts'
import type { Listing } from '../universe/universe.ts'
import { checkDuplicate, checkLife, checkLinear, checkRefusals, checkSpot } from './checks.ts'
import { announce, takeFromBook } from './matching.ts'
import { endOrder, fileOrder, findOrder, newOrderId } from './orders.ts'

export type Ack = { result: JsonObject } | ApiRefusal
const LINK_ID = /^[A-Za-z0-9_-]{1,36}$/
const TIMES_IN_FORCE = ['GTC', 'IOC', 'FOK', 'PostOnly'] as const

const ackOf = (order: OrderState): Ack => ({
  result: { orderId: order.orderId, orderLinkId: order.orderLinkId },
})

const NOT_SIMULATED = ['triggerPrice', 'takeProfit', 'stopLoss', 'trailingStop', 'bboSideType']

type Draft = { order: OrderState; listing: Listing }

/** Words that must be one of a few, and numbers that must be numbers. */
function readWords(params: JsonObject) {
  const side = text(params, 'side')
  if (side !== 'Buy' && side !== 'Sell') return refusalOf(10001, 'Side invalid')
  const orderType = text(params, 'orderType')
  if (orderType !== 'Limit' && orderType !== 'Market') return refusalOf(10001, 'orderType invalid')
  const timeInForce = TIMES_IN_FORCE.find(word => word === (text(params, 'timeInForce') || 'GTC'))
  if (!timeInForce) return refusalOf(10001, 'timeInForce invalid')
  const qty = decimalParam(params, 'qty')
  if (!qty?.gt(0)) return refusalOf(10001, 'Qty invalid')
  const price = decimalParam(params, 'price')
  if (orderType === 'Limit' && !price?.gt(0)) return refusalOf(10001, 'Price invalid')
  const orderLinkId = text(params, 'orderLinkId')
  if (orderLinkId && !LINK_ID.test(orderLinkId)) return refusalOf(10001, 'orderLinkId invalid')
  return {
    side: side as Side,
    orderType: orderType as OrderState['orderType'],
    orderLinkId,
    timeInForce: orderType === 'Market' ? 'IOC' : timeInForce,
    qty: qty.toFixed(),
    price: price?.toFixed() ?? '0',
  }
}

/** Which unit the quantity of a spot market order is in: buys in quote, sells in base, unless it says otherwise. */
function readUnit(params: JsonObject, side: Side): OrderState['marketUnit'] | ApiRefusal {
  const unit = text(params, 'marketUnit') || (side === 'Buy' ? 'quoteCoin' : 'baseCoin')
  return unit === 'quoteCoin' || unit === 'baseCoin' ? unit : refusalOf(10001, 'marketUnit invalid')
}

/** Reads the parameters into an order that was not yet checked against anything. */
function draft(exchange: SimExchange, account: AccountState, params: JsonObject): Draft | ApiRefusal {
  const market = marketParam(params)
  if (!market) return badRequest(`category invalid: ${text(params, 'category')}`)
  const found = exchange.universe.find(market, text(params, 'symbol'))
  if (!found) return refusalOf(10001, 'Not supported symbols')
  const unsimulated = NOT_SIMULATED.find(name => text(params, name) !== '' && text(params, name) !== '0')
  if (unsimulated) return badRequest(`${unsimulated}: conditional and TP/SL orders are not simulated`)
  const words = readWords(params)
  if (isApiRefusal(words)) return words
  // What is held apart long and short is not simulated: such an account trades no perpetual.
  if (market === 'linear' && (account.hedgeMode || !['', '0'].includes(text(params, 'positionIdx'))))
    return refusalOf(10001, 'position idx not match position mode')
  const spotMarket = market === 'spot' && words.orderType === 'Market'
  const marketUnit = spotMarket ? readUnit(params, words.side) : ''
  if (typeof marketUnit !== 'string') return marketUnit
  const order = {
    ...blankOrder(exchange, market, text(params, 'symbol')),
    ...words,
    marketUnit,
    reduceOnly: market === 'linear' && flag(params, 'reduceOnly'),
    isLeverage: market === 'spot' && text(params, 'isLeverage') === '1',
  }
  return { listing: found.listing, order }
}

const blankOrder = (exchange: SimExchange, market: Market, symbol: string) => ({
  number: 0,
  orderId: '',
  market,
  symbol,
  status: 'New' as const,
  cancelType: 'UNKNOWN',
  rejectReason: 'EC_NoError',
  cumQty: '0',
  cumValue: '0',
  fees: {},
  closedPnl: '0',
  lastPriceOnCreated: '',
  createdAtMs: exchange.state.nowMs,
  updatedAtMs: exchange.state.nowMs,
})

/** Market orders are limits at the edge of the band; perpetual limits beyond the band are moved to it. */
function boundPrice(
  exchange: SimExchange,
  account: AccountState,
  { order, listing }: Draft,
  params: JsonObject,
): ApiRefusal | undefined {
  const band = priceBand(exchange, listing, order.market)
  const instrument = instrumentOf(listing, order.market)
  const edge = order.side === 'Buy' ? band.buyMax : band.sellMin
  if (order.orderType === 'Market') {
    const bound = slippageBound(exchange, { order, listing }, params) ?? edge
    if (isApiRefusal(bound)) return bound
    order.price = gridText(instrument.price, bound)
  } else if (onGrid(instrument.price, dec(order.price))) {
    const price = dec(order.price)
    const beyond = order.side === 'Buy' ? price.gt(edge) : price.lt(edge)
    if (order.market === 'spot' && !account.lpaSpot) return undefined
    if (order.market === 'linear' && beyond && account.lpaPerp)
      return order.side === 'Buy'
        ? refusalOf(110120, `Order price is above the upper limit of ${edge.toFixed()}`)
        : refusalOf(110121, `Order price is below the lower limit of ${edge.toFixed()}`)
    order.price = gridText(instrument.price, beyond ? edge : price)
  }
  return undefined
}

/** From 1 to 10000 whole ticks, or from 0.01 to 10 percent in hundredths. */
const isTolerance = (kind: string, tolerance: Decimal): boolean =>
  kind === 'TickSize'
    ? tolerance.isInteger() && tolerance.gte(1) && tolerance.lte(10_000)
    : tolerance.gte('0.01') && tolerance.lte(10) && tolerance.decimalPlaces() <= 2

/** The price a market order with a slippage tolerance may go to, from the best price on the other side. */
function slippageBound(
  exchange: SimExchange,
  place: Draft,
  params: JsonObject,
): Decimal | ApiRefusal | undefined {
  const kind = text(params, 'slippageToleranceType')
  if (!kind || kind === 'UNKNOWN') return undefined
  const tolerance = decimalParam(params, 'slippageTolerance')
  const { order, listing } = place
  const instrument = instrumentOf(listing, order.market)
  const best = syntheticBookOf(exchange, order.market, listing).best(order.side === 'Buy' ? 'asks' : 'bids')
  if (kind !== 'TickSize' && kind !== 'Percent')
    return refusalOf(110108, 'Slippage tolerance type is invalid')
  if (!tolerance || !best || !isTolerance(kind, tolerance))
    return refusalOf(110109, 'Slippage tolerance is invalid')
  const touch = instrument.price.step.times(best[0])
  const away = kind === 'TickSize' ? instrument.price.step.times(tolerance) : touch.times(tolerance).div(100)
  return order.side === 'Buy'
    ? floorOn(instrument.price, touch.plus(away))
    : ceilOn(instrument.price, Decimal.max(instrument.price.step, touch.minus(away)))
}

/** Takes an order in and matches it at once. What is refused later is an order too, as on Bybit. */
export function createOrder(exchange: SimExchange, account: AccountState, params: JsonObject): Ack {
  const drafted = draft(exchange, account, params)
  if (isApiRefusal(drafted)) return drafted
  const { order, listing } = drafted
  const duplicate = checkDuplicate(account, order)
  if (duplicate) return duplicate
  const early =
    checkMaintenance(exchange, order.market) ?? checkLife(exchange, order) ?? checkRefusals(exchange, order)
  if (early) return early
  const book = syntheticBookOf(exchange, order.market, listing)
  if (!book.live()) return refusalOf(110118, 'There is no market price at present')
  const bounded = boundPrice(exchange, account, drafted, params)
  if (bounded) return bounded
  const refused =
    order.market === 'spot'
      ? checkSpot(exchange, account, listing, order)
      : checkLinear(exchange, account, listing, order)
  if (refused) return refused
  if (order.reduceOnly)
    order.qty = closedBy(sizeOf(account, order.symbol), order.side, dec(order.qty)).toFixed()
  const best = book.best('bids')
  if (best) order.lastPriceOnCreated = instrumentOf(listing, order.market).price.step.times(best[0]).toFixed()
  order.number = nextNumber(exchange)
  order.orderId = newOrderId(exchange, order.market === 'spot')
  // Defined, not assigned: a client may call its order __proto__.
  if (order.orderLinkId)
    Object.defineProperty(account.links, order.orderLinkId, {
      value: 1,
      enumerable: true,
      writable: true,
      configurable: true,
    })
  if (isRejected(exchange, order)) reject({ exchange, account, order, listing })
  else takeFromBook({ exchange, account, order, listing })
  return ackOf(order)
}

/** Whether the engine is going to reject an acknowledged order; each one asked for is used up. */
function isRejected(exchange: SimExchange, { market, symbol }: OrderState): boolean {
  const key = `${market} ${symbol}`
  const left = exchange.state.rejects[key] ?? 0
  if (left > 0) exchange.state.rejects[key] = left - 1
  return left > 0
}

function reject(place: Parameters<typeof announce>[0]): void {
  endOrder(place.exchange, place.order, 'UNKNOWN', 'EC_InvalidSymbolStatus')
  place.order.status = 'Rejected'
  fileOrder(place.account, place.order)
  announce(place, [])
}

/** Bybit's word for an id that is not open: the same whether it never was, was filled or was cancelled. */
const notOpen = (market: Market): ApiRefusal =>
  market === 'spot'
    ? refusalOf(170213, 'Order does not exist.')
    : refusalOf(110001, 'order not exists or too late to cancel/replace')

function openOrder(
  exchange: SimExchange,
  account: AccountState,
  params: JsonObject,
): OrderState | ApiRefusal {
  const market = marketParam(params)
  if (!market) return badRequest(`category invalid: ${text(params, 'category')}`)
  const down = checkMaintenance(exchange, market)
  if (down) return down
  const [orderId, linkId] = [text(params, 'orderId'), text(params, 'orderLinkId')]
  if (!orderId && !linkId) return badRequest('orderId or orderLinkId is required')
  const inMarket = account.open.filter(
    order => order.market === market && order.symbol === text(params, 'symbol'),
  )
  return findOrder(inMarket, orderId, linkId) ?? notOpen(market)
}

/** Takes an order off the book; refuses one that is not there. */
export function cancelOrder(exchange: SimExchange, account: AccountState, params: JsonObject): Ack {
  const order = openOrder(exchange, account, params)
  if (isApiRefusal(order)) return lateCancel(exchange, account, params) ?? order
  end(exchange, account, order)
  return ackOf(order)
}

/** A cancel this soon after the fill was still on its way when it happened. */
const RACE_MS = 50

/**
 * A cancel that lost the race against a fill is acknowledged, and the stream says Filled a second time: once as it was, once as
 * the cancel's own outcome.
 */
function lateCancel(exchange: SimExchange, account: AccountState, params: JsonObject): Ack | undefined {
  const market = marketParam(params)
  const recent = account.closed
    .slice(-20)
    .filter(
      order =>
        order.market === market &&
        order.symbol === text(params, 'symbol') &&
        order.status === 'Filled' &&
        order.timeInForce !== 'IOC' &&
        exchange.state.nowMs - order.updatedAtMs <= RACE_MS,
    )
  const order = findOrder(recent, text(params, 'orderId'), text(params, 'orderLinkId'))
  if (!order) return undefined
  pushOrder(exchange, account, {
    ...order,
    cancelType: 'CancelByUser',
    rejectReason: 'EC_OrigClOrdIDDoesNotExist',
  })
  return ackOf(order)
}

function end(exchange: SimExchange, account: AccountState, order: OrderState): void {
  endOrder(exchange, order, 'CancelByUser', 'EC_PerCancelRequest')
  fileOrder(account, order)
  const found = exchange.universe.find(order.market, order.symbol)
  if (found) announce({ exchange, account, order, listing: found.listing }, [])
}

/** Changes price and quantity of a resting order; quantity is the whole, filled part included. */
export function amendOrder(exchange: SimExchange, account: AccountState, params: JsonObject): Ack {
  const order = openOrder(exchange, account, params)
  if (isApiRefusal(order)) return order
  const found = exchange.universe.find(order.market, order.symbol)
  if (!found) return refusalOf(10001, 'Not supported symbols')
  const { listing, instrument } = found
  const qty = decimalParam(params, 'qty') ?? dec(order.qty)
  const price = decimalParam(params, 'price') ?? dec(order.price)
  if (qty.eq(order.qty) && price.eq(order.price))
    return refusalOf(10001, 'The order remains unchanged as the parameters entered match the existing ones.')
  if (!qty.gt(order.cumQty)) return refusalOf(10001, 'Qty must be greater than the filled quantity')
  const before = { qty: order.qty, price: order.price }
  Object.assign(order, { qty: qty.toFixed(), price: price.toFixed() })
  // The order's own margin or lock must not count against it.
  account.open.splice(account.open.indexOf(order), 1)
  if (onGrid(instrument.price, price)) boundPrice(exchange, account, { order, listing }, params)
  const refused =
    order.market === 'spot'
      ? checkSpot(exchange, account, listing, order)
      : checkLinear(exchange, account, listing, order)
  account.open.push(order)
  if (refused) {
    Object.assign(order, before)
    return refused
  }
  order.updatedAtMs = exchange.state.nowMs
  takeFromBook({ exchange, account, order, listing })
  return ackOf(order)
}

/** Takes all orders of a category, symbol or coin off the book. */
export function cancelAll(exchange: SimExchange, account: AccountState, params: JsonObject): Ack {
  const market = marketParam(params)
  if (!market) return badRequest(`category invalid: ${text(params, 'category')}`)
  const down = checkMaintenance(exchange, market)
  if (down) return down
  const symbol = text(params, 'symbol')
  const base = text(params, 'baseCoin')
  if (market === 'linear' && !symbol && !base && !text(params, 'settleCoin'))
    return badRequest('symbol, baseCoin or settleCoin is required')
  const list: Json[] = []
  for (const order of [...account.open]) {
    const coin = exchange.universe.find(order.market, order.symbol)?.instrument.baseCoin
    if (order.market !== market || (symbol && order.symbol !== symbol) || (base && coin !== base)) continue
    end(exchange, account, order)
    list.push({ orderId: order.orderId, orderLinkId: order.orderLinkId })
  }
  return { result: { list, success: '1' } }
}
