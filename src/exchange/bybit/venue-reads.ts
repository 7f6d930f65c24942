/**
 * The reading verbs of the port over a wire. Every list is read to its last page; Bybit's windows (7 days) and page sizes
 * end here. A failed read throws `ExchangeFailure` that names what was read.
 */

import type { TransactionRow } from '../../domain/books/transaction.ts'
import { feeRate } from '../../domain/units.ts'
import type { Exchange, Kline, SettledFunding } from '../exchange.ts'
import { ExchangeFailure } from '../exchange.ts'
import { accountFacts, position, transaction, wallet } from './translate/account.ts'
import { failureOf, NO_SPREADS, said } from './translate/errors.ts'
import { decimalAt, garbled, integerAt, type Row, rowOf, rowsAt } from './translate/fields.ts'
import {
  isUsdtPerpetual,
  kline,
  klineInterval,
  perpInstrument,
  settledFunding,
  spotInstrument,
} from './translate/instruments.ts'
import { marketOf, orderReport } from './translate/orders.ts'
import { spreadReport } from './translate/spreads.ts'
import type { Envelope, Params, Wire } from './wire/wire.ts'

/** Counts and shows what was left out; the holder decides how loudly. */
export type Report = (kind: string, detail: string) => void

/** Bybit's windows are at most 7 days long; a little less keeps both ends inside. */
const WINDOW_MS = 7 * 86_400_000 - 1_000
/** No list of ours is that long: past it a cursor is going in circles. */
const PAGES_MAX = 2_000

type Reads = Pick<
  Exchange,
  | 'serverTimeMs'
  | 'instruments'
  | 'accountFacts'
  | 'feeRates'
  | 'wallet'
  | 'positions'
  | 'openOrders'
  | 'transactions'
  | 'fundingHistory'
  | 'klines'
>

/** One reply, refused unless its code is 0. */
export async function ask(wire: Wire, path: string, params: Params, signed = true): Promise<Envelope> {
  const reply = await wire.get(path, params, signed)
  if (reply.retCode !== 0) throw new ExchangeFailure('refused', said(reply), reply.retCode)
  return reply
}

/** Every row of a cursor-paged list, in Bybit's order, and the exchange's time of the first page. */
async function readPages(
  wire: Wire,
  path: string,
  params: Params,
  signed: boolean,
): Promise<{ rows: Row[]; atMs: number }> {
  const rows: Row[] = []
  let cursor = ''
  let atMs = 0
  for (let page = 0; page < PAGES_MAX; page++) {
    const { result, time } = await ask(wire, path, cursor ? { ...params, cursor } : params, signed)
    const body = rowOf(result, 'result')
    rows.push(...rowsAt(body, 'list'))
    atMs ||= time
    const next = body.nextPageCursor
    if (typeof next !== 'string' || next === '' || next === cursor) return { rows, atMs }
    cursor = next
  }
  throw garbled('nextPageCursor', `an end within ${PAGES_MAX} pages`, cursor)
}

/** Every row of a cursor-paged list, in Bybit's order. */
export const pages = async (wire: Wire, path: string, params: Params, signed = true): Promise<Row[]> =>
  (await readPages(wire, path, params, signed)).rows

/** Runs a read so that whatever goes wrong in it is an `ExchangeFailure` with the read's name. */
export async function reading<T>(what: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    throw failureOf(error, what)
  }
}

/** Translates what can be translated; a row that cannot is left out and reported, and harms no other. */
export function each<T>(
  rows: readonly Row[],
  translate: (row: Row) => T,
  report: Report,
  kind = 'instrument',
): T[] {
  return rows.flatMap(row => {
    try {
      return [translate(row)]
    } catch (error) {
      report(kind, `${String(row.symbol ?? row.currency ?? row.id)}: ${failureOf(error, 'left out').message}`)
      return []
    }
  })
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

/** The reads of the port. `report` hears of rows that were left out. */
export function venueReads(wire: Wire, report: Report): Reads {
  return {
    serverTimeMs: () =>
      reading('server time', async () => {
        const row = rowOf((await ask(wire, '/v5/market/time', {}, false)).result, 'result')
        return Math.floor(integerAt({ nano: String(row.timeNano).slice(0, -6) }, 'nano'))
      }),
    instruments: () =>
      reading('instruments', async () => {
        const [spot, linear] = await Promise.all([listings(wire, { category: 'spot' }), listedPerps(wire)])
        const spots = each(
          spot.filter(row => row.quoteCoin === 'USDT'),
          spotInstrument,
          report,
        )
        const coins = new Set(spots.map(one => one.baseCoin))
        const perps = linear.filter(isUsdtPerpetual)
        return { spot: spots, perps: each(perps, row => perpInstrument(row, coins), report) }
      }),
    accountFacts: () => reading('account facts', () => readFacts(wire)),
    feeRates: (market, symbol) =>
      reading(`fee rates of ${symbol}`, async () => {
        const { result } = await ask(wire, '/v5/account/fee-rate', { category: market, symbol })
        const row = rowsAt(rowOf(result, 'result'), 'list').find(one => one.symbol === symbol)
        if (!row) throw garbled('list', `a row for ${symbol}`, undefined)
        return {
          taker: feeRate(decimalAt(row, 'takerFeeRate')),
          maker: feeRate(decimalAt(row, 'makerFeeRate')),
        }
      }),
    wallet: () =>
      reading('wallet', async () => {
        const reply = await ask(wire, '/v5/account/wallet-balance', { accountType: 'UNIFIED' })
        const account = rowsAt(rowOf(reply.result, 'result'), 'list')[0]
        if (!account) throw garbled('list', 'one unified account', [])
        return wallet(account, reply.time)
      }),
    positions: () =>
      reading('positions', async () => {
        const params = { category: 'linear', settleCoin: 'USDT', limit: 200 }
        const { rows, atMs } = await readPages(wire, '/v5/position/list', params, true)
        return rows.map(row => position(row, atMs)).filter(held => held.side !== 'flat')
      }),
    openOrders: () =>
      reading('open orders', async () => {
        const list = (params: Params) =>
          pages(wire, '/v5/order/realtime', { ...params, openOnly: 0, limit: 50 })
        const spot = await list({ category: 'spot' })
        const linear = await list({ category: 'linear', settleCoin: 'USDT' })
        const spreads = await openSpreads(wire, report)
        return [
          ...spot.map(row => orderReport(row, marketOf(row, 'spot') ?? 'spot')),
          ...linear.map(row => orderReport(row, marketOf(row, 'linear') ?? 'linear')),
          ...spreads.map(spreadReport),
        ].filter(order => order.status === 'open')
      }),
    transactions: (fromMs, toMs) => reading('transaction log', () => readLog(wire, fromMs, toMs)),
    fundingHistory: (symbol, fromMs, toMs) =>
      reading(`funding history of ${symbol}`, () => readFunding(wire, symbol, fromMs, toMs)),
    klines: (market, symbol, minutes, fromMs, toMs) =>
      reading(`klines of ${symbol}`, () =>
        readKlines(wire, { category: market, symbol }, minutes, fromMs, toMs),
      ),
  }
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

/** An account that cannot trade spreads has none open: it must not be kept from reading its other orders. */
async function openSpreads(wire: Wire, report: Report): Promise<Row[]> {
  if (wire.spreads === false) return []
  try {
    return await pages(wire, '/v5/spread/order/realtime', { limit: 50 })
  } catch (error) {
    if (!(error instanceof ExchangeFailure) || !NO_SPREADS.has(error.code ?? 0)) throw error
    report('no-spreads', error.message)
    return []
  }
}

/** Position mode is kept per symbol by Bybit: BTCUSDT and every open position are looked at. */
async function readFacts(wire: Wire) {
  const { result } = await ask(wire, '/v5/account/info', {})
  const one = await ask(wire, '/v5/position/list', { category: 'linear', symbol: 'BTCUSDT' })
  const open = await pages(wire, '/v5/position/list', { category: 'linear', settleCoin: 'USDT', limit: 200 })
  return accountFacts(rowOf(result, 'result'), [...rowsAt(rowOf(one.result, 'result'), 'list'), ...open])
}

/** Bybit answers newest first in windows of at most 7 days; rows of one millisecond keep their (reversed) order. */
async function readLog(wire: Wire, fromMs: number, toMs: number): Promise<TransactionRow[]> {
  const found = new Map<string, TransactionRow>()
  for (let startTime = fromMs; startTime < toMs; startTime += WINDOW_MS) {
    const endTime = Math.min(startTime + WINDOW_MS, toMs) - 1
    const params = { accountType: 'UNIFIED', startTime, endTime, limit: 50 }
    for (const row of (await pages(wire, '/v5/account/transaction-log', params)).reverse()) {
      const one = transaction(row)
      if (one.atMs >= fromMs && one.atMs < toMs) found.set(one.id, one)
    }
  }
  return [...found.values()].sort((a, b) => a.atMs - b.atMs)
}

function readFunding(wire: Wire, symbol: string, fromMs: number, toMs: number): Promise<SettledFunding[]> {
  const limit = 200
  const read = async (endTime: number) => {
    const params = { category: 'linear', symbol, startTime: fromMs, endTime, limit }
    const { result } = await ask(wire, '/v5/market/funding/history', params, false)
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
    const { result } = await ask(
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
