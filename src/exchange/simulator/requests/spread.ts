/** `/v5/spread/*`: instruments, quotes, orders and executions of native spreads. REST only: the trade socket has no such op. */
import { Decimal } from 'decimal.js'
import type { Json, JsonObject } from '../../../domain/json.ts'
import { accountNumbers } from '../account/accounts.ts'
import { checkMaintenance } from '../events/maintenance.ts'
import { dec, type SimExchange } from '../exchange-state.ts'
import { onGrid, textOf } from '../kit/grid.ts'
import { type ApiRefusal, badRequest, isApiRefusal, refusalOf, text, whole } from '../kit/params.ts'
import { checkRefusals } from '../orders/checks.ts'
import { SPREAD_DEPTH } from '../pushes/spread.ts'
import { findSpread, isTrading, type Spread, spreadJson, spreads } from '../spread/instruments.ts'
import { spreadLevels } from '../spread/order-books.ts'
import { noSpreads, type SpreadOrder, type SpreadState } from '../spread/state.ts'
import { recentSpreadTrades, spreadTicker } from '../spread/trades.ts'
import { checkLegs, endSpread, fileSpread, leftOf, spreadIds, takeSpread } from '../spread/trading.ts'
import { windowOf } from './orders.ts'
import {
  type PublicCall,
  page,
  publicGet,
  type RequestRoute,
  type RouteAnswer,
  type SignedCall,
  signedGet,
  signedPost,
} from './routes.ts'

const WEEK_MS = 7 * 86_400_000
const DAY_MS = 86_400_000
const OPEN_MAX = 50
const LINK_ID = /^[A-Za-z0-9_-]{1,45}$/
const SIGNED = /^-?\d{1,15}(\.\d{1,15})?$/
const TIMES_IN_FORCE = ['GTC', 'IOC', 'FOK', 'PostOnly'] as const

const unknown = (symbol: string) => badRequest(`symbol invalid: ${symbol}`)

function named({ exchange, params }: PublicCall): Spread | ApiRefusal {
  const symbol = text(params, 'symbol')
  return findSpread(exchange, symbol) ?? unknown(symbol)
}

function instruments({ exchange, params }: PublicCall): RouteAnswer {
  const [symbol, base] = [text(params, 'symbol'), text(params, 'baseCoin')]
  const list = spreads(exchange)
    .filter(one => (!symbol || one.symbol === symbol) && (!base || one.listing.spot.baseCoin === base))
    .map(one => spreadJson(exchange, one))
  return { result: { list, nextPageCursor: '' } }
}

function tickers(call: PublicCall): RouteAnswer {
  const spread = named(call)
  return isApiRefusal(spread) ? spread : { result: { list: [spreadTicker(call.exchange, spread)] } }
}

function orderbook(call: PublicCall): RouteAnswer {
  const spread = named(call)
  if (isApiRefusal(spread)) return spread
  const { exchange, params } = call
  const depth = whole(params, 'limit', 1, SPREAD_DEPTH)
  const rows = (side: 'bids' | 'asks'): Json[] =>
    spreadLevels(exchange, spread, side, depth).map(([ticks, lots]) => [
      textOf(spread.price, ticks),
      textOf(spread.qty, lots),
    ])
  const { nowMs, seq } = exchange.state
  const frame = { u: Math.floor(nowMs / 100), ts: nowMs, seq, cts: exchange.market.nowMs() }
  return { result: { s: spread.symbol, b: rows('bids'), a: rows('asks'), ...frame } }
}

function recentTrades(call: PublicCall): RouteAnswer {
  const spread = named(call)
  if (isApiRefusal(spread)) return spread
  const list = recentSpreadTrades(call.exchange, spread, whole(call.params, 'limit', 500, 1000))
  return { result: { list } }
}

/** What an order of the spread itself must satisfy; its legs are checked like any others. */
function readForm(params: JsonObject, spread: Spread): Partial<SpreadOrder> | ApiRefusal {
  const [side, orderType] = [text(params, 'side'), text(params, 'orderType')]
  if (side !== 'Buy' && side !== 'Sell') return refusalOf(10001, 'Side invalid')
  if (orderType !== 'Limit' && orderType !== 'Market') return refusalOf(10001, 'orderType invalid')
  const timeInForce = TIMES_IN_FORCE.find(word => word === (text(params, 'timeInForce') || 'GTC'))
  if (!timeInForce) return refusalOf(10001, 'timeInForce invalid')
  const orderLinkId = text(params, 'orderLinkId')
  if (orderLinkId && !LINK_ID.test(orderLinkId)) return refusalOf(10001, 'orderLinkId invalid')
  const sized = readSize(params, spread, orderType === 'Limit')
  if (isApiRefusal(sized)) return sized
  return { side, orderType, timeInForce: orderType === 'Market' ? 'IOC' : timeInForce, orderLinkId, ...sized }
}

function readSize(
  params: JsonObject,
  spread: Spread,
  limit: boolean,
): { qty: string; price: string } | ApiRefusal {
  const qty = SIGNED.test(text(params, 'qty')) ? dec(text(params, 'qty')) : undefined
  if (!qty?.gt(0) || !onGrid(spread.qty, qty) || qty.gt(spread.maxQty)) return refusalOf(10001, 'Qty invalid')
  const price = SIGNED.test(text(params, 'price')) ? dec(text(params, 'price')) : undefined
  if (limit && (!price || !onGrid(spread.price, price) || price.abs().gt('1999.9998')))
    return refusalOf(10001, 'Price invalid')
  return { qty: qty.toFixed(), price: limit && price ? price.toFixed() : '0' }
}

const stateOf = ({ account }: SignedCall): SpreadState => {
  account.spread ??= noSpreads()
  return account.spread
}

function create(call: SignedCall): RouteAnswer {
  const { exchange, account, params } = call
  const spread = named(call)
  if (isApiRefusal(spread)) return spread
  const { perp, spot } = spread.listing
  const down =
    checkDown(exchange) ??
    checkRefusals(exchange, { market: 'linear', symbol: perp.symbol, reduceOnly: false }) ??
    checkRefusals(exchange, { market: 'spot', symbol: spot.symbol, reduceOnly: false })
  if (down) return down
  if (!isTrading(exchange, spread)) return refusalOf(110074, 'This contract is not live')
  const form = readForm(params, spread)
  if (isApiRefusal(form)) return form
  const state = stateOf(call)
  if (state.open.length >= OPEN_MAX)
    return refusalOf(110020, `You are not allowed to have more than ${OPEN_MAX} orders`)
  const taken = [...state.open, ...state.closed].some(one => one.orderLinkId === form.orderLinkId)
  if (form.orderLinkId && taken) return refusalOf(110072, 'OrderLinkedID is duplicate')
  const { nowMs } = exchange.state
  const draft = {
    ...blank,
    ...form,
    symbol: spread.symbol,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  } as SpreadOrder
  const refused = checkLegs({ exchange, account, order: draft, spread }, dec(draft.qty))
  if (refused) return refused
  const order = { ...draft, ...spreadIds(exchange) }
  takeSpread({ exchange, account, order, spread })
  return { result: { orderId: order.orderId, orderLinkId: order.orderLinkId } }
}

const blank = {
  number: 0,
  orderId: '',
  leg1OrderId: '',
  leg2OrderId: '',
  cumQty: '0',
  status: 'New',
  cancelType: 'UNKNOWN',
  rejectReason: 'EC_NoError',
} as const

/** A spread needs both of its legs' markets. */
const checkDown = (exchange: SimExchange): ApiRefusal | undefined =>
  checkMaintenance(exchange, 'linear') ?? checkMaintenance(exchange, 'spot')

function openOne(call: SignedCall): SpreadOrder | ApiRefusal {
  const down = checkDown(call.exchange)
  if (down) return down
  const [id, link] = [text(call.params, 'orderId'), text(call.params, 'orderLinkId')]
  if (!id && !link) return badRequest('orderId or orderLinkId is required')
  const found = stateOf(call).open.find(order => (id ? order.orderId === id : order.orderLinkId === link))
  return found ?? refusalOf(110001, 'order not exists or too late to cancel/replace')
}

function placeOf({ exchange, account }: SignedCall, order: SpreadOrder) {
  const spread = findSpread(exchange, order.symbol)
  return spread && { exchange, account, order, spread }
}

function amend(call: SignedCall): RouteAnswer {
  const order = openOne(call)
  if (isApiRefusal(order)) return order
  const place = placeOf(call, order)
  if (!place) return unknown(order.symbol)
  const { qty = order.qty, price = order.price } = call.params
  const sized = readSize({ qty, price }, place.spread, true)
  if (isApiRefusal(sized)) return sized
  if (dec(sized.qty).lte(order.cumQty))
    return refusalOf(10001, 'Qty must be greater than the filled quantity')
  const refused = checkLegs(place, dec(sized.qty).minus(order.cumQty))
  if (refused) return refused
  Object.assign(order, sized, { updatedAtMs: call.exchange.state.nowMs })
  takeSpread(place)
  return { result: { orderId: order.orderId, orderLinkId: order.orderLinkId } }
}

function end(call: SignedCall, order: SpreadOrder): void {
  const place = placeOf(call, order)
  if (!place) return
  endSpread(place, 'CancelByUser', 'EC_PerCancelRequest')
  fileSpread(place)
}

function cancel(call: SignedCall): RouteAnswer {
  const order = openOne(call)
  if (isApiRefusal(order)) return order
  end(call, order)
  return { result: { orderId: order.orderId, orderLinkId: order.orderLinkId } }
}

function cancelAll(call: SignedCall): RouteAnswer {
  const down = checkDown(call.exchange)
  if (down) return down
  const symbol = text(call.params, 'symbol')
  const list: Json[] = []
  for (const order of [...stateOf(call).open]) {
    if (symbol && order.symbol !== symbol) continue
    end(call, order)
    list.push({ orderId: order.orderId, orderLinkId: order.orderLinkId })
  }
  return { result: { list, success: '1' } }
}

function matches(exchange: SimExchange, order: SpreadOrder, params: JsonObject): boolean {
  const [id, link] = [text(params, 'orderId'), text(params, 'orderLinkId')]
  if (id) return order.orderId === id
  if (link) return order.orderLinkId === link
  const [symbol, base] = [text(params, 'symbol'), text(params, 'baseCoin')]
  return (!symbol || order.symbol === symbol) && (!base || baseOf(exchange, order) === base)
}

const baseOf = (exchange: SimExchange, order: SpreadOrder) =>
  findSpread(exchange, order.symbol)?.listing.spot.baseCoin ?? ''

function realtime(call: SignedCall): RouteAnswer {
  const { exchange, params } = call
  const found = stateOf(call).open.filter(order => matches(exchange, order, params))
  const { rows, nextPageCursor } = page(found, text(params, 'cursor'), whole(params, 'limit', 20, 50))
  const list = rows.map(order => ({
    symbol: order.symbol,
    orderType: order.orderType,
    updatedTime: String(order.updatedAtMs),
    orderLinkId: order.orderLinkId,
    side: order.side,
    orderId: order.orderId,
    leavesQty: leftOf(order).toFixed(),
    orderStatus: order.status,
    cumExecQty: order.cumQty,
    price: order.price,
    qty: order.qty,
    createdTime: String(order.createdAtMs),
    timeInForce: order.timeInForce,
    baseCoin: baseOf(exchange, order),
  }))
  return { result: { nextPageCursor, list } }
}

/** Cancelled orders without a fill are kept for a day. */
function history(call: SignedCall): RouteAnswer {
  const { exchange, params } = call
  const { nowMs } = exchange.state
  const window = windowOf(params, nowMs, WEEK_MS)
  if (!window) return badRequest('the time window is longer than 7 days')
  const found = stateOf(call).closed.filter(
    order =>
      matches(exchange, order, params) &&
      order.createdAtMs >= window.fromMs &&
      order.createdAtMs <= window.toMs &&
      (order.cumQty !== '0' || nowMs - order.updatedAtMs <= DAY_MS),
  )
  const { rows, nextPageCursor } = page(found, text(params, 'cursor'), whole(params, 'limit', 20, 50))
  return { result: { nextPageCursor, list: rows.map(order => historyJson(exchange, order)) } }
}

function historyJson(exchange: SimExchange, order: SpreadOrder): JsonObject {
  const { perp, spot } = findSpread(exchange, order.symbol)?.listing ?? {}
  const buys = order.side === 'Buy'
  return {
    symbol: order.symbol,
    orderType: order.orderType,
    orderLinkId: order.orderLinkId,
    orderId: order.orderId,
    contractType: 'FundingRateArb',
    cxlRejReason: order.rejectReason,
    orderStatus: order.status,
    createdAt: String(order.createdAtMs),
    price: order.price,
    leg2Symbol: spot?.symbol ?? '',
    orderQty: order.qty,
    timeInForce: order.timeInForce,
    baseCoin: spot?.baseCoin ?? '',
    updatedAt: String(order.updatedAtMs),
    side: order.side,
    leg2Side: buys ? 'Sell' : 'Buy',
    leavesQty: '0',
    leg1Side: buys ? 'Buy' : 'Sell',
    settleCoin: perp?.quoteCoin ?? '',
    cumExecQty: order.cumQty,
    qty: order.qty,
    leg1OrderId: order.leg1OrderId,
    leg2OrderId: order.leg2OrderId,
    leg2ProdType: 'Spot',
    leg1ProdType: 'Futures',
    leg1Symbol: perp?.symbol ?? '',
  }
}

function executions(call: SignedCall): RouteAnswer {
  const { exchange, params } = call
  const window = windowOf(params, exchange.state.nowMs, WEEK_MS)
  if (!window) return badRequest('the time window is longer than 7 days')
  const wanted = ['symbol', 'orderId', 'orderLinkId'].filter(name => text(params, name))
  const found = stateOf(call).executions.filter(
    ({ atMs, json }) =>
      atMs >= window.fromMs && atMs <= window.toMs && wanted.every(name => json[name] === text(params, name)),
  )
  const { rows, nextPageCursor } = page(found, text(params, 'cursor'), whole(params, 'limit', 20, 50))
  return { result: { nextPageCursor, list: rows.map(({ json }) => json) } }
}

function maxQty(call: SignedCall): RouteAnswer {
  const spread = named(call)
  if (isApiRefusal(spread)) return spread
  const { available } = accountNumbers(call.exchange, call.account)
  return { result: { ab: available.toDecimalPlaces(8, Decimal.ROUND_DOWN).toFixed(8) } }
}

export const spreadRoutes: Readonly<Record<string, RequestRoute>> = {
  '/v5/spread/instrument': publicGet(instruments),
  '/v5/spread/tickers': publicGet(tickers),
  '/v5/spread/orderbook': publicGet(orderbook),
  '/v5/spread/recent-trade': publicGet(recentTrades),
  '/v5/spread/order/create': signedPost(create),
  '/v5/spread/order/amend': signedPost(amend),
  '/v5/spread/order/cancel': signedPost(cancel),
  '/v5/spread/order/cancel-all': signedPost(cancelAll),
  '/v5/spread/order/realtime': signedGet(realtime),
  '/v5/spread/order/history': signedGet(history),
  '/v5/spread/execution/list': signedGet(executions),
  '/v5/spread/max-qty': signedGet(maxQty),
}
