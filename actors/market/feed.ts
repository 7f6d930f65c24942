/** Hears books and tickers of every tracked pair and writes them on the board. */

import type { Ports } from '../ports.ts'
import type { PlainKind } from '../runtime/running.ts'
import { service, untilAborted } from '../service.ts'

/** Listens to the public streams of all pairs and puts what they say on the board. */
export const marketFeed = (ports: Ports<'exchange' | 'board' | 'telemetry'>): PlainKind =>
  service(async signal => {
    const { board, exchange, telemetry } = ports
    const pairs = board.pairs().map(({ symbol, spot, perp }) => {
      const spread = board.spreadOf(symbol)
      return { spot: spot.symbol, perp: perp.symbol, ...(spread && { spread }) }
    })
    const subscription = exchange.watchMarket(pairs, fact => {
      board.hear(fact)
      if (fact.kind === 'stale')
        telemetry.inputRefused('market-gap', fact.cause, { symbols: fact.symbols.join(',') })
      if (fact.kind === 'spread-stale')
        telemetry.inputRefused('spread-gap', fact.cause, { symbols: fact.symbols.join(',') })
      if (fact.kind === 'down') telemetry.log.warn('feed.down', { feed: fact.market, cause: fact.cause })
      if (fact.kind === 'up') telemetry.log.info('feed.up', { feed: fact.market })
    })
    await untilAborted(signal)
    subscription.close()
  })
