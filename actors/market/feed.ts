/** Hears books and tickers of every tracked pair and writes them on the board. */
import type { PlainKind } from '../runtime/runtime.ts'
import { service, untilAborted } from '../service.ts'
import type { World } from '../world.ts'

export const marketFeed = (world: World): PlainKind =>
  service(async signal => {
    const { board, exchange, telemetry } = world
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
