/** The router of V5 paths. A handler answers with a result or a refusal; nothing here throws on bad input. */
import type { Json, JsonObject } from '../../../domain/json.ts'
import { checkKey, checkRights } from '../account/keys.ts'
import { schedule } from '../events/agenda.ts'
import type { SimExchange } from '../exchange-state.ts'
import { type ApiRefusal, isApiRefusal, refusalOf } from '../kit/params.ts'
import type { CoreReply, CoreRequest } from '../simulated.ts'
import { accountRequests } from './account.ts'
import { extraRoutes } from './extras.ts'
import { loanRoutes } from './loans.ts'
import { marginRoutes } from './margin.ts'
import { marketRoutes } from './market.ts'
import { orderRoutes } from './orders.ts'
import type { RequestRoute, RouteAnswer } from './routes.ts'
import { klineRoutes, seriesRoutes } from './series.ts'
import { spreadRoutes } from './spread.ts'
import { newsRoutes, statusRoutes } from './status.ts'

const ROUTES: ReadonlyMap<string, RequestRoute> = new Map([
  ...Object.entries(marketRoutes),
  ...Object.entries(klineRoutes),
  ...Object.entries(orderRoutes),
  ...Object.entries(accountRequests),
  ...Object.entries(extraRoutes),
  ...Object.entries(newsRoutes),
  ...Object.entries(marginRoutes),
  ...Object.entries(loanRoutes),
  ...Object.entries(statusRoutes),
  ...Object.entries(seriesRoutes),
  ...Object.entries(spreadRoutes),
])

/** What Bybit says with a reply that worked, where it is not "OK": documented path by path, and no two pages agree. */
const WORDS: ReadonlyMap<string, readonly string[]> = new Map([
  ['', ['asset/coin/query-info', 'market/price-limit', 'system/status', 'user/query-api']],
  [
    'success',
    [
      'account/borrow',
      'account/no-convert-repay',
      'account/query-dcp-info',
      'account/repay',
      'account/set-delta-mode',
      'account/set-limit-px-action',
      'account/smp-group',
      'spot-margin-trade/data',
      'spot-margin-trade/set-auto-repay-mode',
    ],
  ],
  [
    'Success',
    [
      'account/pay-info',
      'account/trade-info-for-analysis',
      'spot-margin-trade/coinstate',
      'spot-margin-trade/flexible-available-inventory',
      'spot-margin-trade/get-auto-repay-mode',
      'spot-margin-trade/liability',
      'spot-margin-trade/max-borrowable',
      'spot-margin-trade/repayment-available-amount',
    ],
  ],
  [
    'SUCCESS',
    ['account/set-collateral-switch', 'account/set-collateral-switch-batch', 'account/set-hedging-mode'],
  ],
])

const BY_PATH: ReadonlyMap<string, string> = new Map(
  [...WORDS].flatMap(([word, paths]) => paths.map(path => [`/v5/${path}`, word] as const)),
)

/** The `retMsg` of a reply with retCode 0. */
const wordOf = (path: string): string => BY_PATH.get(path) ?? 'OK'

/** Trade-socket operations are the order paths by another name. */
const TRADE_PATHS: ReadonlyMap<string, string> = new Map(
  ['create', 'amend', 'cancel', 'create-batch', 'amend-batch', 'cancel-batch'].map(
    verb => [`order.${verb}`, `/v5/order/${verb}`] as const,
  ),
)

function run(exchange: SimExchange, route: RequestRoute, request: CoreRequest): RouteAnswer {
  const { params } = request
  if (!route.signed) return route.answer({ exchange, params })
  const account = exchange.state.accounts[request.uid]
  if (!account) return refusalOf(10003, 'API key is invalid.')
  const refused = checkKey(exchange, request) ?? checkRights(exchange, request)
  return refused ?? route.answer({ exchange, params, account, caller: request })
}

/** The route of a request, or Bybit's word for there being none. */
function routeOf({ via, path, method }: CoreRequest): RequestRoute | ApiRefusal {
  const route = ROUTES.get(via === 'trade' ? (TRADE_PATHS.get(path) ?? '') : path)
  if (via === 'trade') return route ?? refusalOf(10404, `op type is not found: ${path}`)
  if (!route) return refusalOf(10017, `Route not found: ${path}`)
  return route.method === method
    ? route
    : refusalOf(10017, `Route not found: expected ${route.method}, found ${method} ${path}`)
}

/** Not V5, and no client reaches it: the shells' control ports pass it on, so that it is recorded like any other input. */
const SCHEDULE = '/simulator/schedule'

/** Times may be said from now on (`inMs`), and from then on (`forMs`). */
function fromNow({ state }: SimExchange, { inMs, forMs, ...happening }: JsonObject): JsonObject {
  const atMs = inMs === undefined ? happening.atMs : state.nowMs + Number(inMs)
  return {
    ...happening,
    ...(atMs !== undefined && { atMs }),
    ...(forMs !== undefined && { untilMs: Number(atMs) + Number(forMs) }),
  }
}

function scheduled(exchange: SimExchange, { method, params }: CoreRequest): CoreReply {
  const refused = method === 'POST' ? schedule(exchange, fromNow(exchange, params)) : undefined
  const time = exchange.state.nowMs
  const result = { nowMs: time, agenda: structuredClone(exchange.state.agenda) as unknown as Json }
  return { ...(refused ?? { retCode: 0, retMsg: 'OK' }), result, retExtInfo: {}, time }
}

/** Whether a key opens a socket; not V5 either, and asked by the shells alone. */
const KEY = '/simulator/key'

/** Answers one request at the exchange's present time. */
export function answerRequest(exchange: SimExchange, request: CoreRequest): CoreReply {
  if (request.path === SCHEDULE && request.uid === '') return scheduled(exchange, request)
  if (request.path === KEY) {
    const time = exchange.state.nowMs
    return { retCode: 0, retMsg: 'OK', ...checkKey(exchange, request), result: {}, retExtInfo: {}, time }
  }
  const route = routeOf(request)
  const answered = isApiRefusal(route) ? route : run(exchange, route, request)
  const time = exchange.state.nowMs
  if (isApiRefusal(answered)) {
    const { retCode, retMsg, result = {} } = answered
    return { retCode, retMsg, result, retExtInfo: {}, time }
  }
  const { result, retExtInfo = {} } = answered
  return { retCode: 0, retMsg: wordOf(request.path), result, retExtInfo, time }
}
