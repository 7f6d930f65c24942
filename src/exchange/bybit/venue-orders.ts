/**
 * The money verbs of the port over a wire. None of them throws: an unclear outcome is a value (promise 3), and an order is never
 * sent twice under two names (promise 2). Spread orders go over REST: Bybit's trade socket does not know them.
 */
import type { Clock } from '../../clock/clock.ts'
import type { OrderRequest } from '../../domain/legs/order.ts'
import type { Exchange } from '../exchange.ts'
import { lookOnMarket, lookOnSpreads } from './order-look.ts'
import { cancelled, failureOf, placementOf, placementOfThrow } from './translate/errors.ts'
import { orderArgs } from './translate/orders.ts'
import type { Report } from './venue-reads.ts'
import { withDeadline } from './wire/deadline.ts'
import { type Envelope, type Wire, WireFailure } from './wire/wire.ts'

type Orders = Pick<Exchange, 'placeOrder' | 'cancelOrder' | 'findOrder' | 'orderEntryReady'>
type Settings = { clock: Clock; orderDeadlineMs: number; report: Report }

export function venueOrders(wire: Wire, { clock, orderDeadlineMs, report }: Settings): Orders {
  const byRest = (path: string, body: Parameters<Wire['post']>[1]) =>
    withDeadline(clock, orderDeadlineMs, wire.post(path, body))

  function send(order: OrderRequest): Promise<Envelope> {
    if (!wire.tradeReady()) throw new WireFailure('order entry is down', true, false)
    if (order.market !== 'spread') return wire.trade('order.create', orderArgs(order), orderDeadlineMs)
    if (wire.spreads === false) throw new WireFailure('this exchange has no spread orders', true, false)
    return byRest('/v5/spread/order/create', orderArgs(order))
  }

  return {
    orderEntryReady: () => wire.tradeReady(),
    async placeOrder(order) {
      try {
        return placementOf(await send(order))
      } catch (error) {
        return placementOfThrow(error)
      }
    },
    async cancelOrder(market, symbol, orderLinkId) {
      try {
        if (market === 'spread') return cancelled(await byRest('/v5/spread/order/cancel', { orderLinkId }))
        const name = { category: market, symbol, orderLinkId }
        // A cancel only reduces risk and can be said twice: it may take the other road.
        const reply = wire.tradeReady()
          ? await wire.trade('order.cancel', name, orderDeadlineMs)
          : await wire.post('/v5/order/cancel', name)
        return cancelled(reply)
      } catch (error) {
        report('cancel-unknown', `${orderLinkId}: ${failureOf(error, 'cancel').message}`)
        return false
      }
    },
    async findOrder(market, symbol, orderLinkId) {
      try {
        const name = { symbol, orderLinkId }
        return await (market === 'spread' ? lookOnSpreads(wire, name) : lookOnMarket(wire, market, name))
      } catch (error) {
        return { kind: 'unanswered', cause: failureOf(error, 'order look-up').message }
      }
    },
  }
}
