/**
 * The port's reads of the account: who it is, what it holds, owes, has in orders, and what was booked. Every list is read to its
 * last page; Bybit's windows (7 days) and page sizes end here. A failed read throws `ExchangeFailure` that names what was read.
 */
import type { TransactionRow } from '../../domain/books/transaction.ts'
import { ownerOfOrder } from '../../domain/legs/order.ts'
import type { CollateralTerms } from '../../domain/risk/risk-facts.ts'
import { feeRate } from '../../domain/units.ts'
import { type AccountIdentity, type Exchange, ExchangeFailure } from '../exchange.ts'
import { askWire, each, leavingOut, listAt, needs, pages, type Report, readPages, readWith } from './pages.ts'
import { accountIdentity, position, transaction, wallet } from './translate/account.ts'
import { NO_SPREADS } from './translate/errors.ts'
import { decimalAt, garbled, type Row, rowOf, rowsAt, textAt } from './translate/fields.ts'
import { borrowTerms, collateralTiers, isCollateral } from './translate/instruments.ts'
import { marketOf, orderReport, spreadReport } from './translate/orders.ts'
import type { Params, Wire } from './wire/wire.ts'

/** Bybit's windows are at most 7 days long; a little less keeps both ends inside. */
const WINDOW_MS = 7 * 86_400_000 - 1_000

type AccountReads = Pick<
  Exchange,
  | 'account'
  | 'feeRates'
  | 'wallet'
  | 'positions'
  | 'openOrders'
  | 'transactions'
  | 'collateralTiers'
  | 'borrowTerms'
  | 'spotMarginReady'
>

/** The signed reads. `report` hears of rows that were left out. */
export function accountReads(wire: Wire, report: Report): AccountReads {
  return {
    account: () => readWith('account', () => readIdentity(wire)),
    feeRates: (market, symbol) =>
      readWith(`fee rates of ${symbol}`, async () => {
        const rows = await listAt(wire, '/v5/account/fee-rate', { category: market, symbol }, true)
        const row = rows.find(one => one.symbol === symbol)
        if (!row) throw garbled('list', `a row for ${symbol}`, undefined)
        return {
          taker: feeRate(decimalAt(row, 'takerFeeRate')),
          maker: feeRate(decimalAt(row, 'makerFeeRate')),
        }
      }),
    wallet: needed =>
      readWith('wallet', async () => {
        const reply = await askWire(wire, '/v5/account/wallet-balance', { accountType: 'UNIFIED' })
        const account = rowsAt(rowOf(reply.result, 'result'), 'list')[0]
        if (!account) throw garbled('list', 'one unified account', [])
        const leaveOut = leavingOut(report, 'unread-coin', needs(needed))
        return wallet(account, reply.time, leaveOut)
      }),
    positions: needed =>
      readWith('positions', async () => {
        const params = { category: 'linear', settleCoin: 'USDT', limit: 200 }
        const { rows, atMs } = await readPages(wire, '/v5/position/list', params, true)
        const leaveOut = leavingOut(report, 'unread-position', needs(needed))
        return rows
          .flatMap(row => leaveOut(row.symbol, () => position(row, atMs)) ?? [])
          .filter(held => held.side !== 'flat')
      }),
    openOrders: () => readWith('open orders', () => readOpenOrders(wire, report)),
    transactions: (fromMs, toMs) => readWith('transaction log', () => readLog(wire, report, fromMs, toMs)),
    collateralTiers: () => readWith('collateral', () => readCollateral(wire, report)),
    borrowTerms: coin => readWith(`borrow terms of ${coin}`, () => readTerms(wire, coin)),
    spotMarginReady: () =>
      readWith('spot margin state', async () => {
        const { result } = await askWire(wire, '/v5/spot-margin-trade/state', {})
        return textAt(rowOf(result, 'result'), 'spotMarginMode') === '1'
      }),
  }
}

/** Our own orders must be readable; what a person placed by hand may come in words that nobody knows here. */
async function readOpenOrders(wire: Wire, report: Report) {
  const leaveOut = leavingOut(
    report,
    'unread-order',
    name => typeof name !== 'string' || ownerOfOrder(name) !== undefined,
  )
  const list = (params: Params) => pages(wire, '/v5/order/realtime', { ...params, openOnly: 0, limit: 50 })
  const spot = await list({ category: 'spot' })
  const linear = await list({ category: 'linear', settleCoin: 'USDT' })
  const spreads = await openSpreads(wire, report)
  const translated = [
    ...spot.map(row => [row, () => orderReport(row, marketOf(row, 'spot') ?? 'spot')] as const),
    ...linear.map(row => [row, () => orderReport(row, marketOf(row, 'linear') ?? 'linear')] as const),
    ...spreads.map(row => [row, () => spreadReport(row)] as const),
  ]
  return translated
    .flatMap(([row, read]) => leaveOut(row.orderLinkId, read) ?? [])
    .filter(order => order.status === 'open')
}

/** An account that cannot trade spreads has none open: it must not be kept from reading its other orders. */
async function openSpreads(wire: Wire, report: Report): Promise<Row[]> {
  if (wire.spreads === false) return []
  try {
    return await pages(wire, '/v5/spread/order/realtime', { limit: 50 })
  } catch (error) {
    if (!(error instanceof ExchangeFailure) || !NO_SPREADS.has(error.refusal?.code ?? 0)) throw error
    report('no-spreads', error.message)
    return []
  }
}

/** With these every signed request is refused: the key opens nothing. */
const OPENS_NOTHING: ReadonlySet<number> = new Set([10002, 10003, 10004, 10007, 10010, 33004, -2015])

/** A part that the exchange refuses to show is unknown; what went wrong on the way is not forgiven. */
async function shown<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read
  } catch (error) {
    if (!(error instanceof ExchangeFailure) || error.kind !== 'refused') throw error
    if (OPENS_NOTHING.has(error.refusal?.code ?? 0) || error.refusal?.reason === 'rate-limited') throw error
    return undefined
  }
}

/**
 * The key's own page (the demo has none), the account's, and the position mode: Bybit keeps it per symbol, so BTCUSDT and every
 * open position are looked at.
 */
async function readIdentity(wire: Wire): Promise<AccountIdentity> {
  const row = async (path: string) => rowOf((await askWire(wire, path, {})).result, 'result')
  const key = await shown(row('/v5/user/query-api'))
  const info = await shown(row('/v5/account/info'))
  const category = 'linear'
  const positions = await shown(
    (async () => [
      ...(await listAt(wire, '/v5/position/list', { category, symbol: 'BTCUSDT' }, true)),
      ...(await pages(wire, '/v5/position/list', { category, settleCoin: 'USDT', limit: 200 })),
    ])(),
  )
  return accountIdentity(key, info, positions)
}

/** Bybit answers newest first in windows of at most 7 days; rows of one millisecond keep their (reversed) order. */
async function readLog(wire: Wire, report: Report, fromMs: number, toMs: number): Promise<TransactionRow[]> {
  const found = new Map<string, TransactionRow>()
  for (let startTime = fromMs; startTime < toMs; startTime += WINDOW_MS) {
    const endTime = Math.min(startTime + WINDOW_MS, toMs) - 1
    const params = { accountType: 'UNIFIED', startTime, endTime, limit: 50 }
    const rows = (await pages(wire, '/v5/account/transaction-log', params)).reverse()
    // What is left out here stands in the residual of its coin, and is said there again.
    for (const one of each(rows, transaction, report, 'unread-transaction')) {
      if (one.atMs >= fromMs && one.atMs < toMs) found.set(one.id, one)
    }
  }
  return [...found.values()].sort((a, b) => a.atMs - b.atMs)
}

/** Ratios are public; whether a coin counts is the account's; how near the platform's limit is, only the wallet says. */
async function readCollateral(wire: Wire, report: Report): Promise<Record<string, CollateralTerms>> {
  const [ratios, info, accounts] = await Promise.all([
    listAt(wire, '/v5/spot-margin-trade/collateral', {}, false),
    listAt(wire, '/v5/account/collateral-info', {}, true),
    listAt(wire, '/v5/account/wallet-balance', { accountType: 'UNIFIED' }, true),
  ])
  const counting = new Set(info.filter(isCollateral).map(row => textAt(row, 'currency')))
  const held = accounts.flatMap(account => rowsAt(account, 'coin'))
  const restricted = new Set(held.filter(({ colRes }) => colRes === '2').map(row => textAt(row, 'coin')))
  const entryOf = (row: Row): [string, CollateralTerms] => {
    const coin = textAt(row, 'currency')
    const terms = { enabled: counting.has(coin), restricted: restricted.has(coin) }
    return [coin, { ...terms, tiers: collateralTiers(row) }]
  }
  return Object.fromEntries(each(ratios, entryOf, report, 'unread-collateral'))
}

async function readTerms(wire: Wire, coin: string) {
  const rows = await listAt(wire, '/v5/account/collateral-info', { currency: coin }, true)
  const own = rows.find(row => row.currency === coin)
  if (!own) throw garbled('list', `a row for ${coin}`, rows)
  // Newer than the rest of the interface: where it is refused, the account's own limit is all that is known.
  const lent = await wire.get('/v5/spot-margin-trade/flexible-available-inventory', { currency: coin }, true)
  const inventory = lent.retCode === 0 ? rowOf(lent.result, 'result').availableInventory : undefined
  if (inventory !== undefined && typeof inventory !== 'string')
    throw garbled('availableInventory', 'a decimal string', inventory)
  return borrowTerms(own, inventory || undefined)
}
