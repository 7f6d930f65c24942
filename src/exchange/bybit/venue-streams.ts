/** The market side of the port's watching verbs: one stream for each market, and one for spreads where their books are wanted. */
import type { MarketFact, Subscription, WatchedPair } from '../exchange.ts'
import { ALERT_TOPIC } from './streams/adl-alerts.ts'
import { MarketWatch, type Tools } from './streams/market-watch.ts'
import { watchNotices } from './streams/notice-watch.ts'
import { SpreadWatch } from './streams/spread-watch.ts'
import type { Wire } from './wire/wire.ts'

/** Books of both legs, of their native spreads where named, the perpetuals' tickers, and the exchange's own notices. */
export function watchMarket(
  wire: Wire,
  pairs: readonly WatchedPair[],
  hear: (fact: MarketFact) => void,
  tools: Tools,
): Subscription {
  if (pairs.length === 0) return { close: () => {} }
  const perps = pairs.map(pair => pair.perp)
  const spots = pairs.map(pair => pair.spot)
  const spreads = wire.spreads === false ? [] : pairs.flatMap(pair => pair.spread ?? [])
  const streams: Subscription[] = [
    new MarketWatch(wire, { market: 'linear', symbols: perps, news: [ALERT_TOPIC] }, hear, tools),
    new MarketWatch(wire, { market: 'spot', symbols: spots, news: [] }, hear, tools),
    ...(spreads.length > 0 ? [new SpreadWatch(wire, spreads, hear, tools)] : []),
    ...(wire.notices === false ? [] : [watchNotices(wire, hear, tools)]),
  ]
  return {
    close() {
      for (const stream of streams) stream.close()
    },
  }
}
