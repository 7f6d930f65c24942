/** Series on a grid of time, page after page: klines, open interest, and how many are long and short. */
import type { Json, JsonObject } from '../../../domain/json.ts'
import { HOUR_MS } from '../../../domain/market/funding.ts'
import { trimmed } from '../kit/grid.ts'
import { badRequest, instantParam, refusalOf, text, whole } from '../kit/params.ts'
import { hash, hashFraction } from '../kit/random.ts'
import { type Candle, minuteTurnover, type Series } from '../market/candles.ts'
import { MINUTE_MS } from '../market/funding.ts'
import { linearTicker, tickedPrice, turnoverScale } from '../market/tickers.ts'
import type { Instrument, Listing } from '../universe/universe.ts'
import { named } from './market.ts'
import { type PublicCall, publicGet, type RequestRoute, type RouteAnswer } from './routes.ts'

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
  return price => trimmed(tickedPrice(instrument, price))
}

function klines(kind: string, call: PublicCall): RouteAnswer {
  const { exchange, params } = call
  const category = text(params, 'category') || 'linear'
  const found = named({ ...call, params: { ...params, category } })
  if ('retCode' in found) return found
  const { listing, instrument } = found
  const minutes = KLINE_MINUTES.get(text(params, 'interval'))
  if (!minutes) return badRequest(`interval invalid: ${text(params, 'interval')}`)
  const intervalMs = minutes * MINUTE_MS
  const limit = whole(params, 'limit', 200, 1000)
  const toMs = Math.min(instantParam(params, 'end') ?? exchange.state.nowMs, exchange.state.nowMs)
  const earliest = (Math.floor(toMs / intervalMs) - limit + 1) * intervalMs
  const asked = instantParam(params, 'start') ?? 0
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

export const klineRoutes: Readonly<Record<string, RequestRoute>> = Object.fromEntries(
  ['kline', 'mark-price-kline', 'index-price-kline', 'premium-index-price-kline'].map(kind => [
    `/v5/market/${kind}`,
    publicGet(call => klines(kind, call)),
  ]),
)

const PERIOD_MS: ReadonlyMap<string, number> = new Map([
  ['5min', 5 * MINUTE_MS],
  ['15min', 15 * MINUTE_MS],
  ['30min', 30 * MINUTE_MS],
  ['1h', HOUR_MS],
  ['4h', 4 * HOUR_MS],
  ['1d', 24 * HOUR_MS],
])
/** How far back a series goes. */
const KEPT_MS = 30 * 24 * HOUR_MS

/** The instants of one page, and the cursor of the next: it names the last instant given, in seconds. */
function instants({ exchange, params }: PublicCall, periodMs: number, limitMax: number) {
  const { nowMs } = exchange.state
  const cursor = /lasttime(?:=|%3D)(\d{1,12})/i.exec(text(params, 'cursor'))
  const beforeMs = cursor ? Number(cursor[1]) * 1000 - 1 : Number.POSITIVE_INFINITY
  const newest = Math.floor(Math.min(instantParam(params, 'endTime') ?? nowMs, nowMs, beforeMs) / periodMs)
  const oldest = Math.ceil(Math.max(instantParam(params, 'startTime') ?? 0, nowMs - KEPT_MS) / periodMs)
  const limit = whole(params, 'limit', 50, limitMax)
  const atMs = Array.from(
    { length: Math.max(0, Math.min(limit, newest - oldest + 1)) },
    (_, back) => (newest - back) * periodMs,
  )
  const last = atMs.at(-1)
  const more = last !== undefined && last > oldest * periodMs
  return { atMs, nextPageCursor: more ? encodeURIComponent(`lastid=0&lasttime=${last / 1000}`) : '' }
}

/** A series of a perpetual: one row per instant of the page. */
const series =
  (
    period: { name: string; fallback: string; limitMax: number },
    answer: (call: PublicCall, index: number, atMs: number) => JsonObject | undefined,
    around: (symbol: string) => JsonObject,
  ) =>
  (call: PublicCall): RouteAnswer => {
    const { exchange, params } = call
    const found = exchange.universe.find('linear', text(params, 'symbol'))
    if (!found) return refusalOf(10001, 'Not supported symbols')
    const periodMs = PERIOD_MS.get(text(params, period.name) || period.fallback)
    if (!periodMs) return badRequest(`${period.name} invalid: ${text(params, period.name)}`)
    const { atMs, nextPageCursor } = instants(call, periodMs, period.limitMax)
    const list = atMs.flatMap((at): Json[] => {
      const row = answer(call, found.listing.index, at)
      return row ? [{ ...row, timestamp: String(at) }] : []
    })
    return { result: { ...around(found.instrument.symbol), list, nextPageCursor } }
  }

const openInterest = series(
  { name: 'intervalTime', fallback: '1h', limitMax: 200 },
  ({ exchange }, index) => {
    const listing = exchange.universe.listings[index]
    const ticker = listing && linearTicker(exchange, listing)
    const open = String(ticker?.openInterest ?? '0')
    return ticker && { openInterest: open, singleOpenInterest: String(Number(open) / 2) }
  },
  symbol => ({ symbol, category: 'linear' }),
)

/** Nobody else trades here, so the shares of holders are chance around a half. */
const accountRatio = series(
  { name: 'period', fallback: '', limitMax: 500 },
  ({ exchange }, index, atMs) => {
    const longs = Math.round(45 + 10 * hashFraction(exchange.seed, index, Math.floor(atMs / MINUTE_MS)))
    const { symbol } = exchange.universe.listings[index]?.perp ?? { symbol: '' }
    return { symbol, buyRatio: (longs / 100).toFixed(2), sellRatio: ((100 - longs) / 100).toFixed(2) }
  },
  () => ({}),
)

export const seriesRoutes: Readonly<Record<string, RequestRoute>> = {
  '/v5/market/open-interest': publicGet(openInterest),
  '/v5/market/account-ratio': publicGet(accountRatio),
}
