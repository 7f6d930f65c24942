/** The router of V5 paths. A handler answers with a result or a refusal; nothing here throws on bad input. */
import type { Json } from '../../../domain/json.ts'
import { schedule } from '../events/agenda.ts'
import { isRefusal, type Refusal, refuse } from '../kit/params.ts'
import { wordOf } from '../kit/reply-words.ts'
import type { CoreReply, CoreRequest } from '../simulated.ts'
import type { World } from '../world.ts'
import { accountRoutes } from './account.ts'
import { extraRoutes } from './extras.ts'
import { klineRoutes } from './klines.ts'
import { loanRoutes } from './loans.ts'
import { marginRoutes } from './margin.ts'
import { marketRoutes } from './market.ts'
import { newsRoutes } from './news.ts'
import { orderRoutes } from './orders.ts'
import type { Answer, Route } from './routes.ts'
import { seriesRoutes } from './series.ts'
import { spreadRoutes } from './spread.ts'
import { statusRoutes } from './status.ts'

const ROUTES: ReadonlyMap<string, Route> = new Map([
  ...Object.entries(marketRoutes),
  ...Object.entries(klineRoutes),
  ...Object.entries(orderRoutes),
  ...Object.entries(accountRoutes),
  ...Object.entries(extraRoutes),
  ...Object.entries(newsRoutes),
  ...Object.entries(marginRoutes),
  ...Object.entries(loanRoutes),
  ...Object.entries(statusRoutes),
  ...Object.entries(seriesRoutes),
  ...Object.entries(spreadRoutes),
])

/** Trade-socket operations are the order paths by another name. */
const TRADE_PATHS: ReadonlyMap<string, string> = new Map(
  ['create', 'amend', 'cancel', 'create-batch', 'amend-batch', 'cancel-batch'].map(
    verb => [`order.${verb}`, `/v5/order/${verb}`] as const,
  ),
)

function run(world: World, route: Route, request: CoreRequest): Answer {
  const { params } = request
  if (!route.signed) return route.answer({ world, params })
  const account = world.state.accounts[request.uid]
  return account ? route.answer({ world, params, account }) : refuse(10003, 'API key is invalid.')
}

/** The route of a request, or Bybit's word for there being none. */
function routeOf({ via, path, method }: CoreRequest): Route | Refusal {
  const route = ROUTES.get(via === 'trade' ? (TRADE_PATHS.get(path) ?? '') : path)
  if (via === 'trade') return route ?? refuse(10404, `op type is not found: ${path}`)
  if (!route) return refuse(10017, `Route not found: ${path}`)
  return route.method === method
    ? route
    : refuse(10017, `Route not found: expected ${route.method}, found ${method} ${path}`)
}

/** Not V5, and no client reaches it: the shells' control ports pass it on, so that it is recorded like any other input. */
const SCHEDULE = '/simulator/schedule'

function scheduled(world: World, { method, params }: CoreRequest): CoreReply {
  const refused = method === 'POST' ? schedule(world, params) : undefined
  const time = world.state.nowMs
  const result = { nowMs: time, agenda: structuredClone(world.state.agenda) as unknown as Json }
  return { ...(refused ?? { retCode: 0, retMsg: 'OK' }), result, retExtInfo: {}, time }
}

/** Answers one request at the world's present time. */
export function answer(world: World, request: CoreRequest): CoreReply {
  if (request.path === SCHEDULE && request.uid === '') return scheduled(world, request)
  const route = routeOf(request)
  const answered = isRefusal(route) ? route : run(world, route, request)
  const time = world.state.nowMs
  if (isRefusal(answered)) {
    const { retCode, retMsg, result = {} } = answered
    return { retCode, retMsg, result, retExtInfo: {}, time }
  }
  const { result, retExtInfo = {} } = answered
  return { retCode: 0, retMsg: wordOf(request.path), result, retExtInfo, time }
}
