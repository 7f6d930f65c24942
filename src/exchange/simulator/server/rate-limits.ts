import type { Json, JsonObject } from '../../../domain/json.ts'
import { isObject, scalarText } from '../kit/params.ts'
import type { CoreReply, CoreRequest } from '../simulated.ts'

/**
 * Bybit's request limits (docs: v5/rate-limit, VIP 0): a rolling second per account and endpoint, 600 requests in 5 s per IP.
 * Seconds are the simulator's: an engine at 60 x keeps its own limits in the same time, so it is throttled exactly as often as
 * it would be on Bybit, never 60 times harder.
 */
export type Limit = {
  /** How many of those asked for are let through: of a batch perhaps a part. */
  granted: number
  /** For the headers X-Bapi-Limit, -Status (what is left) and -Reset-Timestamp (simulator milliseconds). */
  max: number
  left: number
  resetAtMs: number
}

const SECOND_MS = 1000
const ORDER_PATHS = /^\/v5\/order\/(create|amend|cancel|cancel-all|create-batch|amend-batch|cancel-batch)$/

const PER_SECOND: Readonly<Record<string, number>> = {
  '/v5/position/set-leverage': 10,
  '/v5/position/switch-mode': 10,
  '/v5/position/trading-stop': 10,
  '/v5/position/set-auto-add-margin': 10,
  '/v5/position/add-margin': 10,
  '/v5/account/transaction-log': 25,
  '/v5/account/fee-rate': 5,
  '/v5/account/instruments-info': 10,
  '/v5/account/query-dcp-info': 5,
  '/v5/account/set-collateral-switch-batch': 5,
  '/v5/account/set-margin-mode': 5,
  '/v5/account/set-limit-px-action': 10,
  '/v5/account/borrow': 1,
  '/v5/account/repay': 1,
  '/v5/account/no-convert-repay': 1,
  '/v5/account/quick-repayment': 1,
  '/v5/order/disconnected-cancel-all': 5,
  '/v5/asset/transfer/inter-transfer': 1,
  '/v5/user/query-api': 10,
}

/** Requests a second that Bybit allows one account on `path`. */
function limitOf(method: 'GET' | 'POST', path: string, category: string): number {
  if (ORDER_PATHS.test(path)) return category === 'spot' && path !== '/v5/order/amend' ? 20 : 10
  if (method === 'POST' && path.startsWith('/v5/spot-margin-trade/')) return 5
  return PER_SECOND[path] ?? 50
}

/** Counts events in a window that rolls; times must not go backwards. */
class RollingWindow {
  #times: number[] = []
  #head = 0

  take(nowMs: number, windowMs: number, max: number, cost: number): Limit {
    while (this.#head < this.#times.length && (this.#times[this.#head] ?? 0) <= nowMs - windowMs) this.#head++
    if (this.#head > 256) {
      this.#times = this.#times.slice(this.#head)
      this.#head = 0
    }
    const used = this.#times.length - this.#head
    const granted = Math.max(0, Math.min(cost, max - used))
    for (let i = 0; i < granted; i++) this.#times.push(nowMs)
    const oldest = this.#times[this.#head] ?? nowMs
    return {
      granted,
      max,
      left: Math.max(0, max - used - granted),
      resetAtMs: oldest + windowMs,
    }
  }
}

export type RateLimits = {
  /** Counts one request of an account. A batch costs as many as it has orders, and as many as are left are granted. */
  account(uid: string, method: 'GET' | 'POST', path: string, category: string, cost: number): Limit
  /** False when this address has had its share: HTTP 403. */
  address(address: string): boolean
}

/** @param requestsPer5s - per address; Bybit's is 600, a loopback of many tests wants more */
export function rateLimits(nowMs: () => number, requestsPer5s: number): RateLimits {
  const windows = new Map<string, RollingWindow>()
  const window = (key: string) => {
    const found = windows.get(key) ?? new RollingWindow()
    windows.set(key, found)
    return found
  }
  return {
    account(uid, method, path, category, cost) {
      const max = limitOf(method, path, category)
      // Whatever a client calls its category, there are two windows.
      const market = ORDER_PATHS.test(path) ? (category === 'spot' ? 'spot' : 'linear') : ''
      return window(`${uid} ${path} ${market}`).take(nowMs(), SECOND_MS, max, cost)
    },
    address: from => window(`from ${from}`).take(nowMs(), 5 * SECOND_MS, requestsPer5s, 1).granted > 0,
  }
}

const BATCH = /(create|amend|cancel)-batch$/
const TOO_MANY = { code: 10006, msg: 'Too many visits!' }

/** How many orders one batch may hold; a longer one is no batch and is refused whole. */
const batchMax = (category: string): number => (category === 'spot' ? 10 : 20)

type Ask = (request: CoreRequest) => CoreReply

/** What a request answers under the limits; `reply` is undefined when none of it was let through. */
export function askWithin(
  limits: RateLimits,
  request: CoreRequest,
  ask: Ask,
): { limit: Limit; reply: CoreReply | undefined } {
  const { method, path, params, uid, via } = request
  const category = scalarText(params.category)
  const orders = BATCH.test(path) && Array.isArray(params.request) ? params.request : undefined
  const cost = Math.max(1, orders?.length ?? 1)
  const restPath = via === 'trade' ? `/v5/order/${path.slice('order.'.length)}` : path
  const limit = limits.account(uid, method, restPath, category, cost)
  if (limit.granted === 0) return { limit, reply: undefined }
  if (!orders || limit.granted >= cost || orders.length > batchMax(category))
    return { limit, reply: ask(request) }
  const reply = ask({ ...request, params: { ...params, request: orders.slice(0, limit.granted) } })
  return {
    limit,
    reply: withRefused(reply, category, orders.slice(limit.granted), path.includes('create-batch')),
  }
}

/** A batch's reply with the orders beyond the limit at its end. */
function withRefused(reply: CoreReply, category: string, refused: Json[], created: boolean): CoreReply {
  const { result, retExtInfo } = reply
  if (!isObject(result) || !isObject(retExtInfo)) return reply
  if (!Array.isArray(result.list) || !Array.isArray(retExtInfo.list)) return reply
  const rows = refused.map((one): JsonObject => {
    const order = isObject(one) ? one : {}
    const [symbol, orderLinkId] = [scalarText(order.symbol), scalarText(order.orderLinkId)]
    return { category, symbol, orderId: '', orderLinkId, ...(created && { createAt: '' }) }
  })
  return {
    ...reply,
    result: { ...result, list: [...result.list, ...rows] },
    retExtInfo: { ...retExtInfo, list: [...retExtInfo.list, ...refused.map(() => TOO_MANY)] },
  }
}
