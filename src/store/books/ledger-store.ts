/**
 * The books: the exchange's transaction log with its postings, each row booked exactly once however often it is read.
 * Order, fills and what people did are kept beside it (trade-store, operator-store).
 */
import type { EntityManager } from '@mikro-orm/postgresql'
import { Decimal } from 'decimal.js'
import { dustPostings, largestLots } from '../../domain/books/dust.ts'
import { openingPostings, type Posting } from '../../domain/books/ledger.ts'
import type { TransactionRow } from '../../domain/books/transaction.ts'
import type { DustLot } from '../../domain/entry/plan.ts'
import { type Amount, amount, type BaseQty, type Price } from '../../domain/units.ts'
import type { Database } from '../database.ts'
import { FundingPaymentTable, PostingTable, TransactionTable } from '../schema/trade.ts'
import {
  type AccountScope,
  type CursorKey,
  cursorKey,
  cursorOf,
  reading,
  withoutAccount,
  writing,
} from './account-scope.ts'
import { matchOwners } from './trade-store.ts'

export type Booking = { row: TransactionRow; postings: readonly Posting[] }

/** A settlement of one position, from the transaction log. `amount`: positive is received. */
export type FundingPayment = {
  transactionId: string
  hedgeId: string
  symbol: string
  side: TransactionRow['side']
  coin: string
  amount: Amount
  qty: Amount
  markPrice: Amount
  settledAtMs: number
}

type PageRequest = { cursor: string | null; limit: number }
type StoredPage<Row> = { rows: Row[]; next: string | null }

export type LedgerStore = ReturnType<typeof createLedgerStore>

/** Writes need `scope.epoch`; they throw `FencedError` when the account has a new owner, `DoesNotFit` before rounding. */
export const createLedgerStore = (database: Database, scope: AccountScope) => ({
  ...ledgerWrites(database, scope),
  ...ledgerSums(database, scope),
  ...ledgerPages(database, scope),
})

function ledgerWrites(database: Database, scope: AccountScope) {
  const { account } = scope
  return {
    /** The wallet as it was before the first row. Opening twice changes nothing. */
    open(coins: readonly { coin: string; wallet: Amount }[], atMs: number): Promise<void> {
      return writing(database, scope, async em => {
        await insertPostings(em, account, openingPostings(coins, atMs))
      })
    },
    /** Books rows with their postings in one transaction, each row once; gives those that were new, in the order given. */
    book(bookings: readonly Booking[]): Promise<TransactionRow[]> {
      if (bookings.length === 0) return Promise.resolve([])
      return writing(database, scope, async em => {
        const fresh = await insertRows(em, account, bookings)
        await insertPostings(
          em,
          account,
          fresh.flatMap(({ postings }) => postings),
        )
        await insertFunding(em, account, fresh)
        const trades = fresh.flatMap(({ row }) => (row.tradeId === '' ? [] : [row.tradeId]))
        const hedgeIds = fresh.map(({ postings }) => postings[0]?.hedgeId ?? '')
        await matchOwners(em, account, trades, hedgeIds)
        return fresh.map(({ row }) => row)
      })
    },
    /** Passes what hedges left to the one that began with it; again changes nothing. */
    passDust(
      lots: readonly DustLot[],
      to: { hedgeId: string; baseCoin: string },
      atMs: number,
    ): Promise<void> {
      return writing(database, scope, async em => {
        await insertPostings(em, account, dustPostings(lots, to, atMs))
      })
    },
  }
}

/** What the books come to. Sums of decimals stay decimal in PostgreSQL alone, so they are SQL of ours. */
function ledgerSums(database: Database, { account }: AccountScope) {
  return {
    /** Where the books begin, and the newest row in them; undefined before the opening. */
    async span(): Promise<{ openedAtMs: number; newestAtMs: number } | undefined> {
      const [row] = await reading(database).execute<{ opened: string | null; newest: string | null }[]>(
        `select min(at_ms)::text as opened, max(at_ms)::text as newest from posting where account = ?`,
        [account],
      )
      return row?.opened ? { openedAtMs: Number(row.opened), newestAtMs: Number(row.newest) } : undefined
    },
    /** What hedges hold of a coin, the largest first. */
    dust: (coin: string): Promise<DustLot[]> => dustOf(database, account, coin),
    /** Sum of the postings per account of the books that is a wallet: `wallet:USDT` and so on. */
    walletBalances: (): Promise<Record<string, Amount>> => sums(database, account, true),
    /** Sum of the postings per account of the books. */
    balances: (): Promise<Record<string, Amount>> => sums(database, account, false),
  }
}

/** Rows of the books, of one hedge or page by page. */
function ledgerPages(database: Database, { account }: AccountScope) {
  return {
    /** All postings of one hedge, oldest first. */
    async postingsOfHedge(hedgeId: string): Promise<Posting[]> {
      const order = { atMs: 'asc', transactionId: 'asc', line: 'asc' } as const
      return (await reading(database).find(PostingTable, { account, hedgeId }, { orderBy: order })).map(
        posting,
      )
    },
    /** Postings from the newest on. Throws `BadCursor`. */
    async postings({ cursor, limit }: PageRequest): Promise<StoredPage<Posting>> {
      const found = await reading(database).find(
        PostingTable,
        { account, ...before(cursor) },
        { orderBy: { atMs: 'desc', transactionId: 'desc', line: 'desc' }, limit: limit + 1 },
      )
      return page(found, limit, posting, row => [row.atMs, row.transactionId, row.line])
    },
    /** Funding received and paid, from the newest on. Throws `BadCursor`. */
    async fundingPayments({ cursor, limit }: PageRequest): Promise<StoredPage<FundingPayment>> {
      const found = await reading(database).find(
        FundingPaymentTable,
        { account, ...settledBefore(cursor) },
        { orderBy: { settledAtMs: 'desc', transactionId: 'desc' }, limit: limit + 1 },
      )
      return page(found, limit, payment, row => [row.settledAtMs, row.transactionId, 0])
    },
    /** One hedge's funding, oldest first. */
    async fundingOfHedge(hedgeId: string): Promise<FundingPayment[]> {
      const order = { settledAtMs: 'asc', transactionId: 'asc' } as const
      return (
        await reading(database).find(FundingPaymentTable, { account, hedgeId }, { orderBy: order })
      ).map(payment)
    },
  }
}

async function dustOf(database: Database, account: string, coin: string): Promise<DustLot[]> {
  // The newest price that counts beside the sum: two aggregates with their own rows.
  const rows = await reading(database).execute<{ hedge_id: string; base: BaseQty; price: Price }[]>(
    `select hedge_id, trim_scale(sum(amount))::text as base,
        trim_scale((array_agg(price order by at_ms desc, transaction_id desc)
          filter (where symbol in (?, '') and price > 0))[1])::text as price
      from posting where account = ? and book = ? and hedge_id <> ''
      group by hedge_id having sum(amount) > 0 and max(price) filter (where symbol in (?, '')) > 0`,
    [`${coin}USDT`, account, `wallet:${coin}`, `${coin}USDT`],
  )
  return largestLots(rows.map(({ hedge_id, base, price }) => ({ hedgeId: hedge_id, base, priceUsdt: price })))
}

async function insertRows(
  em: EntityManager,
  account: string,
  bookings: readonly Booking[],
): Promise<Booking[]> {
  const inserted = await em
    .createQueryBuilder(TransactionTable)
    .insert(bookings.map(({ row: { id, ...row } }) => ({ account, transactionId: id, ...row })))
    .onConflict()
    .ignore()
    .returning('transactionId')
    .execute<{ transactionId: string }[]>('all')
  const fresh = new Set(inserted.map(({ transactionId }) => transactionId))
  // A row listed twice in one reading is new once.
  return bookings.filter(({ row }) => fresh.delete(row.id))
}

async function insertPostings(
  em: EntityManager,
  account: string,
  postings: readonly Posting[],
): Promise<void> {
  if (postings.length === 0) return
  const lines = new Map<string, number>()
  const rows = postings.map(({ rowId, account: book, ...rest }) => {
    const line = lines.get(rowId) ?? 0
    lines.set(rowId, line + 1)
    return { account, transactionId: rowId, line, book, ...rest }
  })
  await em.createQueryBuilder(PostingTable).insert(rows).onConflict().ignore().execute()
}

async function insertFunding(em: EntityManager, account: string, fresh: readonly Booking[]): Promise<void> {
  const settlements = fresh.filter(({ row }) => row.kind === 'settlement')
  if (settlements.length === 0) return
  const rows = settlements.map(({ row, postings }) => ({
    account,
    transactionId: row.id,
    hedgeId: postings[0]?.hedgeId ?? '',
    symbol: row.symbol,
    side: row.side,
    coin: row.coin,
    amount: row.funding,
    qty: row.qty,
    markPrice: row.price,
    settledAtMs: row.atMs,
  }))
  await em.createQueryBuilder(FundingPaymentTable).insert(rows).onConflict().ignore().execute()
}

async function sums(
  database: Database,
  account: string,
  walletOnly: boolean,
): Promise<Record<string, Amount>> {
  const rows = await reading(database).execute<{ book: string; total: string }[]>(
    `select book, sum(amount)::text as total from posting
      where account = ? ${walletOnly ? `and kind = 'wallet'` : ''} group by book order by book`,
    [account],
  )
  return Object.fromEntries(rows.map(({ book, total }) => [book, amount(new Decimal(total))]))
}

function before(cursor: string | null) {
  if (!cursor) return {}
  const [atMs, transactionId, line] = cursorKey(cursor)
  return {
    $or: [
      { atMs: { $lt: atMs } },
      { atMs, transactionId: { $lt: transactionId } },
      { atMs, transactionId, line: { $lt: line } },
    ],
  }
}

function settledBefore(cursor: string | null) {
  if (!cursor) return {}
  const [settledAtMs, transactionId] = cursorKey(cursor)
  return {
    $or: [{ settledAtMs: { $lt: settledAtMs } }, { settledAtMs, transactionId: { $lt: transactionId } }],
  }
}

function page<Stored, Row>(
  found: readonly Stored[],
  limit: number,
  shape: (stored: Stored) => Row,
  key: (stored: Stored) => CursorKey,
): StoredPage<Row> {
  const shown = found.slice(0, limit)
  const last = shown.at(-1)
  return { rows: shown.map(shape), next: found.length > limit && last ? cursorOf(key(last)) : null }
}

type StoredPosting = Omit<Posting, 'rowId' | 'account'> & {
  account: string
  transactionId: string
  line: number
  book: string
}

const posting = ({
  transactionId,
  book,
  kind,
  coin,
  amount,
  hedgeId,
  symbol,
  price,
  atMs,
}: StoredPosting): Posting => ({
  rowId: transactionId,
  account: book,
  kind,
  coin,
  amount,
  hedgeId,
  symbol,
  price,
  atMs,
})

const payment = (stored: FundingPayment & { account: string }): FundingPayment =>
  withoutAccount({ ...stored })
