/**
 * A bare hand on the simulated exchange for the baselines: four crossing orders per slice, no engine, no clock but the
 * exchange's own. It stands on the same books, fees, settlements and interest as the engine does.
 */
import { Decimal } from 'decimal.js'
import { type Posting, postingsOf, residuals } from '../domain/books/ledger.ts'
import type { JsonObject } from '../domain/json.ts'
import { orderLinkId, ownerOfOrder } from '../domain/legs/order.ts'
import { type Amount, amount } from '../domain/units.ts'
import { transaction } from '../exchange/bybit/translate/account.ts'
import type { SimulatedBybit } from '../exchange/simulator/simulated.ts'
import type { BookedRow } from './memory-books.ts'
import type { EquitySample } from './replay/window.ts'

export const ACCOUNT = 'baseline'
/** Between two orders, as the engine's own follow each other on a line of this latency. */
const ORDER_GAP_MS = 10
const WEEK_MS = 7 * 24 * 3_600_000
const PAGE = '50'

type Order = {
  hedgeId: string
  leg: 'spot' | 'perp'
  purpose: 'enter' | 'exit'
  step: number
  symbol: string
  side: 'Buy' | 'Sell'
  qty: Decimal
}

export type TradingDesk = {
  /** Crosses the book. @returns what was filled, in the instrument's own quantity; less than asked is an event of the run */
  cross(order: Order): Decimal
  /** Orders that were refused or filled in part, oldest first. */
  events: RunEvent[]
  equity(atMs: number): EquitySample
  /** Every row of the account's log since `fromMs`, with its hedge and its postings. @param hedgeOf - of a settlement */
  book(fromMs: number, hedgeOf: (symbol: string, atMs: number) => string | undefined): Booked
}
/** Something that a run met and went on from. */
export type RunEvent = { atMs: number; symbol: string; what: string }
type Booked = { rows: BookedRow[]; postings: Posting[]; residuals: Record<string, string> }

/**
 * Orders of a baseline on the simulated exchange, as fills. Throws when the exchange refuses what a baseline must be able to
 * do.
 */
export function tradingDesk(core: SimulatedBybit): TradingDesk {
  const events: RunEvent[] = []
  const { post, list, log } = asking(core)

  return {
    events,
    cross({ hedgeId, leg, purpose, step, symbol, side, qty }) {
      core.advance(core.nowMs() + ORDER_GAP_MS)
      const category = leg === 'spot' ? 'spot' : 'linear'
      const short = (filled: Decimal, why: string) => {
        const what = `${side} ${qty.toFixed()} (${category}): ${filled.toFixed()} filled, ${why}`
        events.push({ atMs: core.nowMs(), symbol, what })
        return filled
      }
      const reply = post('/v5/order/create', {
        category,
        symbol,
        side,
        orderType: 'Market',
        qty: qty.toFixed(),
        orderLinkId: orderLinkId(hedgeId, leg, purpose, step),
        ...(leg === 'spot' ? { marketUnit: 'baseCoin' } : { reduceOnly: purpose === 'exit' }),
      })
      if (reply.retCode !== 0) return short(new Decimal(0), `${reply.retCode} ${reply.retMsg}`)
      const { orderId } = reply.result as { orderId?: string }
      const order = list('/v5/order/realtime', { category, orderId: String(orderId) }).list?.[0]
      const filled = new Decimal(String(order?.cumExecQty ?? '0'))
      return order?.orderStatus === 'Filled' ? filled : short(filled, String(order?.orderStatus))
    },
    equity(atMs) {
      const account = list('/v5/account/wallet-balance', { accountType: 'UNIFIED' }).list?.[0]
      return { atMs, equityUsdt: String(account?.totalEquity ?? '0') }
    },
    book(fromMs, hedgeOf) {
      const rows: BookedRow[] = []
      const postings: Posting[] = []
      for (const json of log(fromMs, core.nowMs() + 1)) {
        const row = transaction(json)
        const hedgeId =
          ownerOfOrder(row.orderLinkId)?.hedgeId ??
          (row.kind === 'settlement' ? hedgeOf(row.symbol, row.atMs) : undefined)
        rows.push({ row, hedgeId: hedgeId ?? '' })
        postings.push(...postingsOf(row, () => hedgeId))
      }
      return { rows, postings, residuals: residuals(walletsOf(list), walletSums(postings)) }
    },
  }
}

/** The account's requests; what is refused throws. */
function asking(core: SimulatedBybit) {
  const post = (path: string, params: JsonObject) =>
    core.request({ via: 'rest', method: 'POST', path, params, uid: ACCOUNT })
  const ask = (method: 'GET', path: string, params: JsonObject): JsonObject => {
    const reply = core.request({ via: 'rest', method, path, params, uid: ACCOUNT })
    if (reply.retCode !== 0)
      throw new Error(
        `baseline: ${path} answered ${reply.retCode} ${reply.retMsg} to ${JSON.stringify(params)}`,
      )
    return reply.result as JsonObject
  }
  const list = (path: string, params: JsonObject) => ask('GET', path, params) as { list?: JsonObject[] }

  /** The transaction log of a stretch, oldest first. */
  const log = (fromMs: number, toMs: number): JsonObject[] => {
    const rows: JsonObject[] = []
    for (let startMs = fromMs; startMs < toMs; startMs += WEEK_MS) {
      const endMs = Math.min(startMs + WEEK_MS, toMs) - 1
      const week: JsonObject[] = []
      for (let cursor = '', more = true; more; ) {
        const window = { startTime: String(startMs), endTime: String(endMs), limit: PAGE, cursor }
        const page = ask('GET', '/v5/account/transaction-log', window)
        week.push(...((page.list as JsonObject[] | undefined) ?? []))
        cursor = String(page.nextPageCursor ?? '')
        more = cursor !== ''
      }
      // Bybit lists the newest first.
      rows.push(...week.reverse())
    }
    return rows
  }

  return { post, list, log }
}

function walletsOf(list: ReturnType<typeof asking>['list']): { coin: string; wallet: Amount }[] {
  const account = list('/v5/account/wallet-balance', { accountType: 'UNIFIED' }).list?.[0]
  const coins = (account?.coin as JsonObject[] | undefined) ?? []
  return coins.map(({ coin, walletBalance }) => ({
    coin: String(coin),
    wallet: amount(String(walletBalance)),
  }))
}

function walletSums(postings: readonly Posting[]): Record<string, Amount> {
  const sums = new Map<string, Decimal>()
  for (const { account, kind, amount: value } of postings)
    if (kind === 'wallet') sums.set(account, (sums.get(account) ?? new Decimal(0)).plus(value))
  return Object.fromEntries([...sums].map(([account, sum]) => [account, amount(sum)]))
}
