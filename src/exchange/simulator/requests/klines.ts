/** Klines of five kinds over REST, newest first, gathered from minutes. */

import { trimmed } from '../kit/grid.ts'
import { badRequest, instant, text, whole } from '../kit/params.ts'
import { hash } from '../kit/random.ts'
import { type Candle, minuteTurnover, type Series } from '../market/candles.ts'
import { MINUTE_MS } from '../market/funding.ts'
import { priceText, turnoverScale } from '../market/tickers.ts'
import type { Instrument, Listing } from '../universe/universe.ts'
import { named } from './market.ts'
import { type Answer, type PublicCall, publicGet, type Route } from './routes.ts'

/** By the name that requests and topics give an interval. */
export const KLINE_MINUTES: ReadonlyMap<string, number> = new Map([
  ...[1, 3, 5, 15, 30, 60, 120, 240, 360, 720].map(minutes => [String(minutes), minutes] as const),
  ['D', 1440] as const,
])

/** Joins minutes into candles on the interval's grid, oldest first. */
export function gather(minutes: readonly Candle[], intervalMs: number): Candle[] {
  const candles: Candle[] = []
  for (const minute of minutes) {
    const atMs = Math.floor(minute.atMs / intervalMs) * intervalMs
    const last = candles.at(-1)
    if (last?.atMs === atMs) {
      last.high = Math.max(last.high, minute.high)
      last.low = Math.min(last.low, minute.low)
      last.close = minute.close
    } else candles.push({ ...minute, atMs })
  }
  return candles
}

const SERIES_OF: Readonly<Record<string, Series>> = {
  'mark-price-kline': 'mark',
  'index-price-kline': 'index',
  'premium-index-price-kline': 'premium',
}

/** Traded prices are on the tick grid; mark, index and premium have decimals of their own. */
function printer(listing: Listing, instrument: Instrument, series: Series): (price: number) => string {
  if (series === 'premium') return price => price.toFixed(6)
  if (series === 'mark' || series === 'index') return price => price.toFixed(listing.priceScale)
  return price => trimmed(priceText(instrument, price))
}

function klines(kind: string, call: PublicCall): Answer {
  const { exchange, params } = call
  const category = text(params, 'category') || 'linear'
  const found = named({ ...call, params: { ...params, category } })
  if ('retCode' in found) return found
  const { listing, instrument } = found
  const minutes = KLINE_MINUTES.get(text(params, 'interval'))
  if (!minutes) return badRequest(`interval invalid: ${text(params, 'interval')}`)
  const intervalMs = minutes * MINUTE_MS
  const limit = whole(params, 'limit', 200, 1000)
  const toMs = Math.min(instant(params, 'end') ?? exchange.state.nowMs, exchange.state.nowMs)
  const earliest = (Math.floor(toMs / intervalMs) - limit + 1) * intervalMs
  const asked = instant(params, 'start') ?? 0
  const fromMs = Math.max(earliest, Math.ceil(asked / intervalMs) * intervalMs)
  const series = SERIES_OF[kind] ?? (instrument.market === 'spot' ? 'spot' : 'perp')
  // `end` chooses candles by their start: the last one is whole all the same, or as far as time has come.
  const untilMs = Math.min((Math.floor(toMs / intervalMs) + 1) * intervalMs, exchange.state.nowMs + 1)
  const rows = gather(exchange.market.candles.minutes(listing.index, series, fromMs, untilMs), intervalMs)
  const print = printer(listing, instrument, series)
  const salt = hash(exchange.seed, listing.index, instrument.market === 'spot' ? 91 : 92)
  const list = rows.reverse().map(candle => {
    const prices = [candle.open, candle.high, candle.low, candle.close].map(print)
    const turnover = minuteTurnover(salt, candle.atMs, turnoverScale(listing, instrument) * minutes)
    const volume = (turnover / candle.close).toFixed(instrument.qty.decimals)
    return kind === 'kline'
      ? [String(candle.atMs), ...prices, volume, turnover.toFixed(4)]
      : [String(candle.atMs), ...prices]
  })
  return { result: { symbol: instrument.symbol, category, list } }
}

export const klineRoutes: Readonly<Record<string, Route>> = Object.fromEntries(
  ['kline', 'mark-price-kline', 'index-price-kline', 'premium-index-price-kline'].map(kind => [
    `/v5/market/${kind}`,
    publicGet(call => klines(kind, call)),
  ]),
)
