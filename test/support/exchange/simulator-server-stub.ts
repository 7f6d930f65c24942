/**
 * The least that answers like the simulated exchange: time, an order that rests, its event, one topic with a snapshot.
 * Tests of the wire use it, so that they fail for the wire's faults only.
 */
import type { JsonObject } from '../../../src/domain/json.ts'
import type { CoreStart } from '../../../src/exchange/simulator/server/options.ts'
import type {
  CoreReply,
  CoreRequest,
  Push,
  SimulatedBybit,
} from '../../../src/exchange/simulator/simulated.ts'

export type Stub = SimulatedBybit & { asked: CoreRequest[]; orders: JsonObject[]; money: JsonObject }

export function stubCore({ startAtMs, saved }: CoreStart): Stub {
  let nowMs = startAtMs
  let wanted: (topic: string) => boolean = () => false
  const pushes: Push[] = []
  const orders = (saved?.orders ?? []) as JsonObject[]
  const money = (saved?.money ?? {}) as JsonObject
  const asked: CoreRequest[] = []
  const reply = (result: JsonObject, retCode = 0, retMsg = 'OK'): CoreReply => ({
    retCode,
    retMsg,
    result,
    retExtInfo: {},
    time: nowMs,
  })
  const create = ({ params, uid }: CoreRequest) => {
    if (orders.some(order => order.orderLinkId === params.orderLinkId))
      return reply({}, 110072, 'OrderLinkedID is duplicate')
    const order = { ...params, orderId: `order-${orders.length}`, createdTime: String(nowMs), uid }
    orders.push(order)
    const message = { id: `push-${orders.length}`, topic: 'order', creationTime: nowMs, data: [order] }
    pushes.push({ channel: 'private', topic: 'order', uid, message })
    return reply({ orderId: order.orderId, orderLinkId: params.orderLinkId ?? '' })
  }
  return {
    asked,
    orders,
    money,
    nowMs: () => nowMs,
    advance(toMs) {
      nowMs = Math.max(nowMs, toMs)
      const topic = 'orderbook.1.BTCUSDT'
      if (wanted(topic))
        pushes.push({
          channel: 'public-linear',
          topic,
          uid: '',
          message: { topic, type: 'delta', ts: nowMs },
        })
    },
    nextDueAtMs: () => nowMs + 1000,
    request(request) {
      asked.push(request)
      const { path } = request
      if (path === '/simulator/key') return reply({})
      if (path === '/v5/market/time') return reply({ timeSecond: String(Math.floor(nowMs / 1000)) })
      if (path === '/v5/order/create' || path === 'order.create') return create(request)
      if (path === '/v5/order/realtime')
        return reply({ category: 'linear', nextPageCursor: '', list: orders.map(order => ({ ...order })) })
      return reply({}, 10017, 'Route not found')
    },
    subscribe: (_channel, topic) =>
      topic.endsWith('.BTCUSDT') ? [{ topic, type: 'snapshot', ts: nowMs, data: { u: 1 } }] : undefined,
    takePushes: () => pushes.splice(0),
    schedule: () => {},
    want(isWanted) {
      wanted = isWanted
    },
    deposit(uid, coin, amount) {
      money[`${uid} ${coin}`] = amount
    },
    save: () => ({ orders: structuredClone(orders), money: structuredClone(money) }),
  }
}
