/**
 * The port's reads of markets: what is listed, its books and history, and what warns of danger. All are public. Bybit's page sizes
 * end here. A failed read throws `ExchangeFailure` that names what was read.
 */
import type { Market } from '../../domain/instrument.ts'
import { usdt } from '../../domain/units.ts'
import {
  type Exchange,
  ExchangeFailure,
  type Kline,
  type OrderBook,
  type SettledFunding,
} from '../exchange.ts'
import { askWire, each, listAt, pages, type Report, readWith } from './pages.ts'
import { orderBookBuilder } from './streams/order-books.ts'
import { decimalAt, garbled, integerAt, type Row, rowOf, rowsAt, textAt } from './translate/fields.ts'
import {
  isUsdtPerpetual,
  kline,
  klineInterval,
  perpInstrument,
  riskBand,
  settledFunding,
  spotInstrument,
} from './translate/instruments.ts'
import { adlAlert, delistingNotice, systemNotice } from './translate/notices.ts'
import { spreadInstrument } from './translate/orders.ts'
import type { Params, Wire } from './wire/wire.ts'

/** No history of ours is that long: past it a list is going in circles. */
const PAGES_MAX = 2_000
/** Levels of a book read over REST. */
const DEPTH = 50

type MarketReads = Pick<
  Exchange,
  | 'serverTimeMs'
  | 'instruments'
  | 'turnovers'
  | 'orderBook'
  | 'fundingHistory'
  | 'klines'
  | 'spreadInstruments'
  | 'riskTiers'
  | 'systemNotices'
  | 'adlAlerts'
  | 'delistings'
>

/** The public reads. `report` hears of rows that were left out. */
export function marketReads(wire: Wire, report: Report): MarketReads {
  return {
    serverTimeMs: () =>
      readWith('server time', async () => {
        const row = rowOf((await askWire(wire, '/v5/market/time', {}, false)).result, 'result')
        return Math.floor(integerAt({ nano: String(row.timeNano).slice(0, -6) }, 'nano'))
      }),
    instruments: () => readWith('instruments', () => readInstruments(wire, report)),
    turnovers: market =>
      readWith(`turnover of ${market}`, async () => {
        const rows = await listAt(wire, '/v5/market/tickers', { category: market }, false)
        const told = each(
          rows,
          row => [textAt(row, 'symbol'), usdt(decimalAt(row, 'turnover24h'))] as const,
          report,
        )
        return Object.fromEntries(told)
      }),
    orderBook: (market, symbol) => readWith(`order book of ${symbol}`, () => readBook(wire, market, symbol)),
    fundingHistory: (symbol, fromMs, toMs) =>
      readWith(`funding history of ${symbol}`, () => readFunding(wire, symbol, fromMs, toMs)),
    klines: (market, symbol, minutes, fromMs, toMs) =>
      readWith(`klines of ${symbol}`, () =>
        readKlines(wire, { category: market, symbol }, minutes, fromMs, toMs),
      ),
    spreadInstruments: () =>
      readWith('spread instruments', async () => {
        if (wire.spreads === false) return []
        const rows = await pages(wire, '/v5/spread/instrument', { limit: 500 }, false)
        return each(rows, row => spreadInstrument(row), report).flatMap(one => one ?? [])
      }),
    riskTiers: symbol =>
      readWith(`risk tiers of ${symbol}`, async () => {
        const rows = await listAt(wire, '/v5/market/risk-limit', { category: 'linear', symbol }, false)
        const own = rows.filter(row => row.symbol === symbol).map(riskBand)
        if (own.length === 0) throw garbled('list', `tiers of ${symbol}`, rows)
        return own.sort((a, b) => Number(a.upToUsdt) - Number(b.upToUsdt))
      }),
    systemNotices: () =>
      readWith('system status', async () => {
        const rows = await listAt(wire, '/v5/system/status', {}, false)
        return each(rows, systemNotice, report, 'unread-notice')
      }),
    adlAlerts: () =>
      readWith('deleveraging alerts', async () => {
        const rows = await listAt(wire, '/v5/market/adlAlert', {}, false)
        const own = rows.filter(row => row.coin === 'USDT')
        return each(own, adlAlert, report, 'unread-alert')
      }),
    delistings: () =>
      readWith('announcements', async () => {
        const params = { locale: 'en-US', type: 'delistings', page: 1, limit: 50 }
        const rows = await listAt(wire, '/v5/announcements/index', params, false)
        return each(rows, delistingNotice, report, 'unread-announcement')
      }),
  }
}

/** An empty list, or one of which nothing can be read, is no answer: no market ends because a list came short. */
async function readInstruments(wire: Wire, report: Report): ReturnType<Exchange['instruments']> {
  const [listedSpot, listedLinear] = await Promise.all([
    listings(wire, { category: 'spot' }),
    listedPerps(wire),
  ])
  const spotRows = listedSpot.filter(row => row.quoteCoin === 'USDT')
  const spot = each(spotRows, spotInstrument, report)
  const coins = new Set(spot.map(one => one.baseCoin))
  const perps = each(listedLinear.filter(isUsdtPerpetual), row => perpInstrument(row, coins), report)
  if (spot.length === 0) throw garbled('list', 'spot markets against USDT', listedSpot.slice(0, 1))
  if (perps.length === 0) throw garbled('list', 'USDT perpetuals', listedLinear.slice(0, 1))
  return { spot, perps }
}

async function readBook(wire: Wire, market: Market, symbol: string): Promise<OrderBook> {
  const { result } = await askWire(
    wire,
    '/v5/market/orderbook',
    { category: market, symbol, limit: DEPTH },
    false,
  )
  const row = rowOf(result, 'result')
  const answer = orderBookBuilder(market, symbol).apply({ type: 'snapshot', ts: row.ts, data: row })
  if (answer.kind === 'book') return answer.book
  throw garbled('order book', 'a whole one', answer.kind === 'broken' ? answer.cause : row)
}

/** Oldest first, each instant once, within `[fromMs, toMs)`. */
function inOrder<T>(rows: T[], atMs: (row: T) => number, fromMs: number, toMs: number): T[] {
  const byTime = new Map(rows.map(row => [atMs(row), row]))
  return [...byTime.entries()]
    .filter(([at]) => at >= fromMs && at < toMs)
    .sort(([a], [b]) => a - b)
    .map(([, row]) => row)
}

/** Pages back in time over a list that comes newest first and is cut at `limit` rows. */
async function backwards<T>(
  read: (endMs: number) => Promise<T[]>,
  atMs: (row: T) => number,
  { fromMs, toMs, limit }: { fromMs: number; toMs: number; limit: number },
): Promise<T[]> {
  const rows: T[] = []
  let endMs = toMs - 1
  for (let page = 0; page < PAGES_MAX && endMs >= fromMs; page++) {
    const part = await read(endMs)
    rows.push(...part)
    if (part.length < limit) break
    const oldest = Math.min(...part.map(atMs))
    endMs = Math.min(oldest - 1, endMs - 1)
  }
  return inOrder(rows, atMs, fromMs, toMs)
}

const listings = (wire: Wire, params: Params): Promise<Row[]> =>
  pages(wire, '/v5/market/instruments-info', { ...params, limit: 1000 }, false)

/**
 * Bybit lists only what trades unless it is asked for the rest: a perpetual that is about to start, or about to end, would look as
 * if it did not exist. Where it refuses the question, what trades is all there is.
 */
async function listedPerps(wire: Wire): Promise<Row[]> {
  const category = 'linear'
  const others = ['PreLaunch', 'Delivering'].map(status =>
    listings(wire, { category, status }).catch((error: unknown): Row[] => {
      if (error instanceof ExchangeFailure && error.kind === 'refused') return []
      throw error
    }),
  )
  const [trading, ...rest] = await Promise.all([listings(wire, { category }), ...others])
  const bySymbol = new Map([...rest.flat(), ...(trading ?? [])].map(row => [row.symbol, row]))
  return [...bySymbol.values()]
}

function readFunding(wire: Wire, symbol: string, fromMs: number, toMs: number): Promise<SettledFunding[]> {
  const limit = 200
  const read = async (endTime: number) => {
    const params = { category: 'linear', symbol, startTime: fromMs, endTime, limit }
    const { result } = await askWire(wire, '/v5/market/funding/history', params, false)
    return rowsAt(rowOf(result, 'result'), 'list').map(settledFunding)
  }
  return backwards(read, row => row.settledAtMs, { fromMs, toMs, limit })
}

function readKlines(
  wire: Wire,
  of: { category: string; symbol: string },
  minutes: number,
  fromMs: number,
  toMs: number,
): Promise<Kline[]> {
  const limit = 1000
  const interval = klineInterval(minutes)
  const read = async (end: number) => {
    const { result } = await askWire(
      wire,
      '/v5/market/kline',
      { ...of, interval, start: fromMs, end, limit },
      false,
    )
    const list = rowOf(result, 'result').list
    if (!Array.isArray(list)) throw garbled('list', 'a list of klines', list)
    return list.map(kline)
  }
  return backwards(read, row => row.atMs, { fromMs, toMs, limit })
}
