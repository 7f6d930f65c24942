/**
 * One public topic: what a new listener hears first, and what it hears after each round of publishing. Order books and klines
 * stand here: the running candle, and once more with `confirm` when it has closed.
 */
import type { JsonObject } from '../../../domain/json.ts'
import type { SimExchange } from '../exchange-state.ts'
import { trimmed } from '../kit/grid.ts'
import { hash } from '../kit/random.ts'
import { type Candle, minuteTurnover } from '../market/candles.ts'
import { MINUTE_MS } from '../market/funding.ts'
import { type BookTopic, firstBook, nextBook } from '../market/public-order-books.ts'
import { tickedPrice, turnoverScale } from '../market/tickers.ts'
import { gather, KLINE_MINUTES } from '../requests/series.ts'
import type { Push } from '../simulated.ts'
import type { Instrument, Listing } from '../universe/universe.ts'

export type PublicChannel = Exclude<Push['channel'], 'private'>

export type Speaker = {
  channel: PublicChannel
  topic: string
  first(round: number): JsonObject[]
  next(round: number): JsonObject[]
}

/** The stream an instrument is spoken of on. */
export const channelOf = (instrument: Instrument): PublicChannel =>
  instrument.market === 'spot' ? 'public-spot' : 'public-linear'

/** The speaker of an order book. */
export function books(exchange: SimExchange, channel: PublicChannel, state: BookTopic): Speaker {
  return {
    channel,
    topic: state.topic,
    first: round => firstBook(exchange, state, round),
    next(round) {
      const message = nextBook(exchange, state, round)
      return message ? [message] : []
    },
  }
}

/** @param interval - as topics name it, one of `KLINE_MINUTES`; throws for another */
export function klineSpeaker(
  exchange: SimExchange,
  { listing, instrument }: { listing: Listing; instrument: Instrument },
  interval: string,
): Speaker {
  const minutes = KLINE_MINUTES.get(interval)
  if (!minutes) throw new Error(`kline: expected an interval, found ${interval}`)
  const intervalMs = minutes * MINUTE_MS
  const topic = `kline.${interval}.${instrument.symbol}`
  const spot = instrument.market === 'spot'
  const series = spot ? 'spot' : 'perp'
  const salt = hash(exchange.seed, listing.index, spot ? 91 : 92)
  const scale = turnoverScale(listing, instrument) * minutes
  let startedMs = -1

  const at = (startMs: number): Candle | undefined => {
    if (minutes === 1) return exchange.market.candles.at(listing.index, series, startMs)
    const toMs = Math.min(startMs + intervalMs, exchange.market.nowMs() + 1)
    return gather(exchange.market.candles.minutes(listing.index, series, startMs, toMs), intervalMs)[0]
  }
  const row = (candle: Candle, confirm: boolean): JsonObject => {
    const { nowMs } = exchange.state
    const part = confirm ? 1 : (nowMs - candle.atMs + 1) / intervalMs
    const turnover = minuteTurnover(salt, candle.atMs, scale, part)
    const price = (value: number) => trimmed(tickedPrice(instrument, value))
    return {
      start: candle.atMs,
      end: candle.atMs + intervalMs - 1,
      interval,
      open: price(candle.open),
      close: price(candle.close),
      high: price(candle.high),
      low: price(candle.low),
      volume: (turnover / candle.close).toFixed(instrument.qty.decimals),
      turnover: turnover.toFixed(4),
      confirm,
      timestamp: nowMs,
    }
  }
  const say = (): JsonObject[] => {
    const present = at(Math.floor(exchange.market.nowMs() / intervalMs) * intervalMs)
    if (!present) return []
    const data: JsonObject[] = []
    const closed = startedMs >= 0 && startedMs < present.atMs ? at(startedMs) : undefined
    if (closed) data.push(row(closed, true))
    data.push(row(present, false))
    startedMs = present.atMs
    const ts = exchange.state.nowMs
    return [spot ? { type: 'snapshot', topic, data, ts } : { topic, data, ts, type: 'snapshot' }]
  }
  const first = () => {
    // A candle heard long ago is no news to a new listener; one just running must still be confirmed to the others.
    if (exchange.state.nowMs - startedMs >= intervalMs) startedMs = -1
    return say()
  }
  return { channel: spot ? 'public-spot' : 'public-linear', topic, first, next: say }
}
