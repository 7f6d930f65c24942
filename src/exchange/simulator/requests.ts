/** The router of V5 paths. A handler answers with a result or a refusal; nothing here throws on bad input. */
import type { Json, JsonObject } from '../../domain/json.ts'
import { isRefusal, refuse } from './params.ts'
import { accountRoutes } from './requests-account.ts'
import { extraRoutes } from './requests-extras.ts'
import { klineRoutes } from './requests-klines.ts'
import { marketRoutes } from './requests-market.ts'
import { orderRoutes } from './requests-orders.ts'
import type { Route } from './routes.ts'
import type { CoreReply, CoreRequest } from './simulated.ts'
import type { World } from './world.ts'

const ROUTES: ReadonlyMap<string, Route> = new Map([
  ...Object.entries(marketRoutes),
  ...Object.entries(klineRoutes),
  ...Object.entries(orderRoutes),
  ...Object.entries(accountRoutes),
  ...Object.entries(extraRoutes),
])

/** Trade-socket operations are the order paths by another name. */
const TRADE_PATHS: Readonly<Record<string, string>> = {
  'order.create': '/v5/order/create',
  'order.amend': '/v5/order/amend',
  'order.cancel': '/v5/order/cancel',
  'order.create-batch': '/v5/order/create-batch',
  'order.amend-batch': '/v5/order/amend-batch',
  'order.cancel-batch': '/v5/order/cancel-batch',
}

/** Answers one request at the world's present time. */
export function answer(world: World, request: CoreRequest): CoreReply {
  const reply = (retCode: number, retMsg: string, result: Json = {}, retExtInfo: Json = {}): CoreReply => ({
    retCode,
    retMsg,
    result,
    retExtInfo,
    time: world.state.nowMs,
  })
  const path = request.via === 'trade' ? TRADE_PATHS[request.path] : request.path
  const route = path === undefined ? undefined : ROUTES.get(path)
  if (!route)
    return request.via === 'trade'
      ? reply(10404, `op type is not found: ${request.path}`)
      : reply(10017, `Route not found: ${request.path}`)
  if (request.via === 'rest' && route.method !== request.method)
    return reply(10017, `Route not found: expected ${route.method}, found ${request.method} ${request.path}`)
  const account = world.state.accounts[request.uid]
  if (route.signed && !account) return reply(10003, 'API key is invalid.')
  const answered = route.signed
    ? account && route.answer({ world, params: request.params, account })
    : route.answer({ world, params: request.params, ...(account && { account }) })
  if (!answered) return reply(...noAccount)
  if (isRefusal(answered)) return reply(answered.retCode, answered.retMsg)
  return reply(0, 'OK', answered.result as JsonObject, answered.retExtInfo ?? {})
}

const noAccount = Object.values(refuse(10003, 'API key is invalid.')) as [number, string]
