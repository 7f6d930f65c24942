/**
 * Books of native spreads told once an hour: recorded prices move on the hours only, and asking every few seconds, as is done
 * live, would ask millions of times for the same book.
 */
import type { Clock, TimerHandle } from '../../clock/clock.ts'
import { HOUR_MS } from '../../domain/market/funding.ts'
import { orderBookBuilder } from '../../exchange/bybit/streams/order-books.ts'
import type { Exchange, MarketFact } from '../../exchange/exchange.ts'
import type { SimulatedBybit } from '../../exchange/simulator/simulated.ts'

/** After the hour, when both legs' books have moved. */
const AFTER_MS = 5
const DEPTH = '25'

export function withHourlySpreads(exchange: Exchange, core: SimulatedBybit, clock: Clock): Exchange {
  return {
    ...exchange,
    watchMarket(pairs, hear) {
      const legs = exchange.watchMarket(
        pairs.map(({ spot, perp }) => ({ spot, perp })),
        hear,
      )
      const symbols = pairs.flatMap(({ spread }) => spread ?? [])
      let handle: TimerHandle
      const tell = () => {
        for (const symbol of symbols) hear(read(core, symbol))
        const nextMs = (Math.floor(clock.nowMs() / HOUR_MS) + 1) * HOUR_MS + AFTER_MS
        handle = clock.setTimeout(tell, nextMs - clock.nowMs())
      }
      handle = clock.setTimeout(tell, AFTER_MS)
      return {
        close() {
          clock.clearTimeout(handle)
          legs.close()
        },
      }
    },
  }
}

function read(core: SimulatedBybit, symbol: string): MarketFact {
  const params = { symbol, limit: DEPTH }
  const { result } = core.request({
    via: 'rest',
    method: 'GET',
    path: '/v5/spread/orderbook',
    params,
    uid: '',
  })
  const row = result as Record<string, unknown>
  const answer = orderBookBuilder('spread', symbol).apply({ type: 'snapshot', ts: row.ts, data: row })
  if (answer.kind !== 'book')
    return { kind: 'spread-stale', symbols: [symbol], cause: 'no book in this hour' }
  const { bids, asks, atMs } = answer.book
  return { kind: 'spread-book', symbol, bids, asks, atMs }
}
