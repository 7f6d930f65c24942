/** Public trades: a few each second at the touch, a function of the second, so that stream and REST tell the same. */
import type { JsonObject } from '../../../domain/json.ts'
import { type SimExchange, syntheticBookOf } from '../exchange-state.ts'
import { textOf } from '../kit/grid.ts'
import { hash, hashFraction, uuid } from '../kit/random.ts'
import type { Instrument, Listing } from '../universe/universe.ts'
import { lastTicks, turnoverScale } from './tickers.ts'

const TRADE_PURPOSE = 4

type PublicTrade = {
  atMs: number
  side: 'Buy' | 'Sell'
  ticks: number
  lots: number
  id: string
  seq: number
}

/** The trade of one second, if any, priced at the present touch. */
export function tradeAt(
  exchange: SimExchange,
  listing: Listing,
  instrument: Instrument,
  atMs: number,
): PublicTrade | undefined {
  const second = Math.floor(atMs / 1000)
  const salt = hash(exchange.seed, listing.index, instrument.market === 'spot' ? 91 : 92)
  if (hashFraction(salt, second, 1) < 0.4) return undefined
  const ticks = lastTicks(exchange, listing, instrument, second * 1000)
  if (ticks === undefined) return undefined
  const book = syntheticBookOf(exchange, instrument.market, listing)
  const bid = book.best('bids')?.[0]
  const price = ticks * instrument.price.stepFloat
  const usdt = (turnoverScale(listing, instrument) / 30) * hashFraction(salt, second, 2) ** 3
  return {
    atMs: second * 1000,
    side: ticks === bid ? 'Sell' : 'Buy',
    ticks,
    lots: Math.max(1, Math.floor(usdt / price / instrument.qty.stepFloat)),
    id:
      instrument.market === 'spot'
        ? String(2_290_000_000_000_000_000n + BigInt(second) * 64n + BigInt(listing.index))
        : uuid(salt, second, TRADE_PURPOSE),
    seq: second * 4 + listing.index,
  }
}

/** Newest first, as REST lists them. */
export function recentTrades(
  exchange: SimExchange,
  listing: Listing,
  instrument: Instrument,
  limit: number,
): JsonObject[] {
  const list: JsonObject[] = []
  const nowMs = exchange.market.nowMs()
  for (let back = 0; back < limit * 3 && list.length < limit; back++) {
    const trade = tradeAt(exchange, listing, instrument, nowMs - back * 1000)
    if (!trade) continue
    list.push({
      execId: trade.id,
      symbol: instrument.symbol,
      price: textOf(instrument.price, trade.ticks),
      size: textOf(instrument.qty, trade.lots),
      side: trade.side,
      time: String(trade.atMs),
      isBlockTrade: false,
      isRPITrade: false,
      seq: String(trade.seq),
    })
  }
  return list
}
