/** Order entry and order reading over REST and the trade socket. */
import type { Json, JsonObject } from '../../../domain/json.ts'
import { type AccountState, dec, type OrderState, type SimExchange } from '../exchange-state.ts'
import { badRequest, instantParam, isApiRefusal, marketParam, text, whole } from '../kit/params.ts'
import { type Ack, amendOrder, cancelAll, cancelOrder, createOrder } from '../orders/entry.ts'
import { executionRestJson, isOpen, orderRestJson } from '../orders/orders.ts'
import {
  page,
  type RequestRoute,
  type RouteAnswer,
  type SignedCall,
  signedGet,
  signedPost,
} from './routes.ts'

const DAY_MS = 86_400_000
const WEEK_MS = 7 * DAY_MS
/** Closed orders that `realtime` still shows. */
const REALTIME_CLOSED = 500

type Verb = (exchange: SimExchange, account: AccountState, params: JsonObject) => Ack

const single = (verb: Verb): RequestRoute =>
  signedPost(({ exchange, account, params }) => verb(exchange, account, params))

/** One order of a batch: its row and its code. */
function batchRow(
  verb: Verb,
  created: boolean,
  { exchange, account }: SignedCall,
  one: Json,
  category: string,
) {
  const body: JsonObject = one && typeof one === 'object' && !Array.isArray(one) ? one : {}
  const ack = verb(exchange, account, { ...body, category })
  const failed = isApiRefusal(ack)
  const ids = failed ? { orderId: '', orderLinkId: text(body, 'orderLinkId') } : ack.result
  const createAt = failed ? '' : String(exchange.state.nowMs)
  const row = { category, symbol: text(body, 'symbol'), ...ids, ...(created && { createAt }) }
  return { row, code: failed ? { code: ack.retCode, msg: ack.retMsg } : { code: 0, msg: 'OK' } }
}

/** Runs a verb over `request[]`; the reply is retCode 0 even when all fail, and each one's code is in retExtInfo. */
const batch = (verb: Verb, created: boolean): RequestRoute =>
  signedPost(call => {
    const category = text(call.params, 'category')
    const { request } = call.params
    if (!Array.isArray(request)) return badRequest('request must be a list')
    const most = category === 'spot' ? 10 : 20
    if (request.length > most) return badRequest(`at most ${most} orders in one request`)
    const rows = request.map(one => batchRow(verb, created, call, one, category))
    return {
      result: { list: rows.map(({ row }) => row) },
      retExtInfo: { list: rows.map(({ code }) => code) },
    }
  })

/** By orderId, else by orderLinkId, else by symbol, else by base coin: Bybit's priority. */
function matches(exchange: SimExchange, order: OrderState, params: JsonObject): boolean {
  const [id, link, symbol] = [text(params, 'orderId'), text(params, 'orderLinkId'), text(params, 'symbol')]
  if (id) return order.orderId === id
  if (link) return order.orderLinkId === link
  if (symbol) return order.symbol === symbol
  const base = text(params, 'baseCoin')
  return !base || exchange.universe.find(order.market, order.symbol)?.instrument.baseCoin === base
}

function realtime({ exchange, account, params }: SignedCall): RouteAnswer {
  const category = marketParam(params)
  if (!category) return badRequest(`category invalid: ${text(params, 'category')}`)
  const named = ['symbol', 'baseCoin', 'settleCoin', 'orderId', 'orderLinkId']
  if (category === 'linear' && !named.some(name => text(params, name)))
    return badRequest('symbol, settleCoin or baseCoin is required')
  // Conditional and TP/SL orders are refused at the door, so a list of them is empty.
  if (!['', 'Order'].includes(text(params, 'orderFilter')))
    return { result: { list: [], nextPageCursor: '', category } }
  const one = text(params, 'orderId') !== '' || text(params, 'orderLinkId') !== ''
  const { restartedAtMs } = exchange.state
  const closed = account.closed
    .filter(order => order.market === category && order.updatedAtMs > restartedAtMs)
    .slice(-REALTIME_CLOSED)
  const open = account.open.filter(order => order.market === category)
  const pool = text(params, 'openOnly') === '1' ? closed : one ? [...closed, ...open] : open
  const rows = pool.filter(order => matches(exchange, order, params)).sort((a, b) => a.number - b.number)
  const { rows: list, nextPageCursor } = page(rows, text(params, 'cursor'), whole(params, 'limit', 20, 50))
  return { result: { list: list.map(order => orderRestJson(exchange, order)), nextPageCursor, category } }
}

/** The window a request asks for; Bybit gives a week at most and refuses more. */
export function windowOf(
  params: JsonObject,
  nowMs: number,
  defaultMs: number,
): { fromMs: number; toMs: number } | undefined {
  const [start, end] = [instantParam(params, 'startTime'), instantParam(params, 'endTime')]
  const fromMs = start ?? (end ?? nowMs) - defaultMs
  const toMs = end ?? (start === undefined ? nowMs : Math.min(nowMs, start + defaultMs))
  return toMs - fromMs > WEEK_MS || toMs < fromMs ? undefined : { fromMs, toMs }
}

/** Cancelled and rejected orders without a fill are kept for a day, other closed ones for a week, beyond that what has fills. */
function remembered(order: OrderState, nowMs: number): boolean {
  return dec(order.cumQty).gt(0) || nowMs - order.updatedAtMs <= DAY_MS
}

function history({ exchange, account, params }: SignedCall): RouteAnswer {
  const category = marketParam(params)
  if (!category) return badRequest(`category invalid: ${text(params, 'category')}`)
  const window = windowOf(params, exchange.state.nowMs, WEEK_MS)
  if (!window) return badRequest('the time window is longer than 7 days')
  const status = text(params, 'orderStatus')
  const rows = account.closed
    .filter(
      order =>
        order.market === category &&
        !isOpen(order) &&
        (status === '' || order.status === status) &&
        order.createdAtMs >= window.fromMs &&
        order.createdAtMs <= window.toMs &&
        remembered(order, exchange.state.nowMs) &&
        matches(exchange, order, params),
    )
    .sort((a, b) => a.number - b.number)
  const { rows: list, nextPageCursor } = page(rows, text(params, 'cursor'), whole(params, 'limit', 20, 50))
  return { result: { list: list.map(order => orderRestJson(exchange, order)), nextPageCursor, category } }
}

function executions({ exchange, account, params }: SignedCall): RouteAnswer {
  const category = marketParam(params)
  if (!category) return badRequest(`category invalid: ${text(params, 'category')}`)
  const window = windowOf(params, exchange.state.nowMs, WEEK_MS)
  if (!window) return badRequest('the time window is longer than 7 days')
  const wanted = ['symbol', 'orderId', 'orderLinkId', 'execType'].filter(name => text(params, name))
  const rows = account.executions.filter(
    ({ market, atMs, json }) =>
      market === category &&
      atMs >= window.fromMs &&
      atMs <= window.toMs &&
      wanted.every(name => json[name] === text(params, name)),
  )
  const { rows: list, nextPageCursor } = page(rows, text(params, 'cursor'), whole(params, 'limit', 50, 100))
  return { result: { nextPageCursor, category, list: list.map(executionRestJson) } }
}

export const orderRoutes: Readonly<Record<string, RequestRoute>> = {
  '/v5/order/create': single(createOrder),
  '/v5/order/amend': single(amendOrder),
  '/v5/order/cancel': single(cancelOrder),
  '/v5/order/cancel-all': single(cancelAll),
  '/v5/order/create-batch': batch(createOrder, true),
  '/v5/order/amend-batch': batch(amendOrder, false),
  '/v5/order/cancel-batch': batch(cancelOrder, false),
  '/v5/order/realtime': signedGet(realtime),
  '/v5/order/history': signedGet(history),
  '/v5/execution/list': signedGet(executions),
}
