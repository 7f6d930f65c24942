/** Series on a grid of time, newest first, page after page: open interest, and how many are long and short. */
import type { Json, JsonObject } from '../../../domain/json.ts'
import { badRequest, instant, refuse, text, whole } from '../kit/params.ts'
import { hashFraction } from '../kit/random.ts'
import { HOUR_MS, MINUTE_MS } from '../market/funding.ts'
import { linearTicker } from '../market/tickers.ts'
import { type Answer, type PublicCall, publicGet, type Route } from './routes.ts'

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
  const newest = Math.floor(Math.min(instant(params, 'endTime') ?? nowMs, nowMs, beforeMs) / periodMs)
  const oldest = Math.ceil(Math.max(instant(params, 'startTime') ?? 0, nowMs - KEPT_MS) / periodMs)
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
  (call: PublicCall): Answer => {
    const { exchange, params } = call
    const found = exchange.universe.find('linear', text(params, 'symbol'))
    if (!found) return refuse(10001, 'Not supported symbols')
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

export const seriesRoutes: Readonly<Record<string, Route>> = {
  '/v5/market/open-interest': publicGet(openInterest),
  '/v5/market/account-ratio': publicGet(accountRatio),
}
