/**
 * Requests as the limits let them through. A batch costs as many as it has orders, and those beyond what is left fail one by one
 * with 10006 in `retExtInfo` while the others go through (docs: v5/rate-limit, v5/order/batch-place).
 */
import type { Json, JsonObject } from '../../../domain/json.ts'
import { isObject, scalarText } from '../kit/wire-json.ts'
import type { Limit, RateLimits } from '../server/rate-limits.ts'
import type { CoreReply, CoreRequest } from '../simulated.ts'

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
