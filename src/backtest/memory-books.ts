/**
 * The books of a backtest: postings, rows and equity in memory, by the same rules as the stored ledger; and what the account's
 * limits are held against, from them.
 */
import { Decimal } from 'decimal.js'
import type { Records } from '../../actors/account/recorder.ts'
import type { Books } from '../../actors/bookkeeper.ts'
import type { RiskHistory } from '../../actors/risk/figures.ts'
import { dustLots, dustPostings } from '../domain/books/dust.ts'
import { openingPostings, type Posting } from '../domain/books/ledger.ts'
import { execKey, ownersOfFills } from '../domain/books/row-owner.ts'
import type { TransactionRow } from '../domain/books/transaction.ts'
import { type Amount, amount, type Usdt, usdt } from '../domain/units.ts'
import { memoryTerms, type TermsStore } from '../store/books/operator-store.ts'

/** What the limits of the account are held against, from postings and equity in memory: as `operator-reads.ts` reads it from the tables. */
type EquityAt = { atMs: number; equityUsdt: Usdt }

/** @param postings - read anew at each question */
export function memoryRiskHistory(postings: readonly Posting[]) {
  const points: EquityAt[] = []
  return {
    async appendEquity({ atMs, equityUsdt }: EquityAt): Promise<void> {
      points.push({ atMs, equityUsdt })
    },
    async equityFrom(sinceMs: number): Promise<EquityAt | undefined> {
      return points.find(({ atMs }) => atMs >= sinceMs)
    },
    async peaks(sinceMs: number, cutsMs: readonly number[]): Promise<(Usdt | null)[]> {
      const peaks: (Usdt | null)[] = Array.from({ length: cutsMs.length + 1 }, () => null)
      for (const { atMs, equityUsdt } of points) {
        if (atMs < sinceMs) continue
        const span = cutsMs.filter(cutMs => cutMs <= atMs).length
        const before = peaks[span]
        if (!before || new Decimal(equityUsdt).gt(before)) peaks[span] = equityUsdt
      }
      return peaks
    },
    async transfers(sinceMs: number): Promise<{ id: string; coin: string; amount: Amount; atMs: number }[]> {
      return postings
        .filter(each => each.kind === 'equity' && each.atMs >= sinceMs && !each.rowId.startsWith('opening-'))
        .map(each => ({
          id: each.rowId,
          coin: each.coin,
          amount: amount(new Decimal(each.amount).neg()),
          atMs: each.atMs,
        }))
    },
    async feesSince(sinceMs: number): Promise<Usdt> {
      const fees = postings.filter(({ kind, atMs }) => kind === 'fees' && atMs >= sinceMs)
      const worth = ({ coin, amount: paid, price }: Posting) =>
        new Decimal(paid).times(coin === 'USDT' ? 1 : price)
      return usdt(fees.reduce((sum, fee) => sum.plus(worth(fee)), new Decimal(0)))
    },
  }
}

export type BookedRow = { row: TransactionRow; hedgeId: string }
export type MemoryBooks = Books &
  Records &
  RiskHistory &
  TermsStore & { postings: Posting[]; rows: BookedRow[] }

/** Empty books. */
export function memoryBooks(): MemoryBooks {
  const postings: Posting[] = []
  const rows: BookedRow[] = []
  const seen = new Set<string>()
  const passed = new Set<string>()
  const ownersOfExecs = new Map<string, string>()
  const trades = new Map<string, BookedRow[]>()
  const sums = new Map<string, Decimal>()
  const keep = (added: readonly Posting[]) => {
    postings.push(...added)
    for (const { account, amount: value } of added)
      sums.set(account, new Decimal(value).plus(sums.get(account) ?? 0))
  }
  const own = (booked: BookedRow, hedgeId: string) => {
    booked.hedgeId = hedgeId
    postings.forEach((posting, at) => {
      if (posting.rowId === booked.row.id) postings[at] = { ...posting, hedgeId }
    })
  }
  let span: { openedAtMs: number; newestAtMs: number } | undefined
  return {
    postings,
    rows,
    span: async () => span,
    async open(coins, atMs) {
      keep(openingPostings(coins, atMs))
      span = { openedAtMs: atMs, newestAtMs: atMs }
    },
    async book(entries) {
      const fresh = entries.filter(({ row }) => !seen.has(row.id))
      for (const { row, postings: added } of fresh) {
        seen.add(row.id)
        const hedgeId = added[0]?.hedgeId || (ownersOfExecs.get(execKey(row.market, row.tradeId)) ?? '')
        keep(added.map(posting => ({ ...posting, hedgeId })))
        const booked = { row, hedgeId }
        rows.push(booked)
        const key = execKey(row.market, row.tradeId)
        if (row.tradeId !== '') trades.set(key, [...(trades.get(key) ?? []), booked])
        if (span) span.newestAtMs = Math.max(span.newestAtMs, row.atMs)
      }
      return fresh.map(({ row }) => row)
    },
    dust: async coin => dustLots(postings, coin),
    async passDust(lots, to, atMs) {
      for (const posting of dustPostings(lots, to, atMs)) if (!passed.has(posting.rowId)) keep([posting])
      for (const { hedgeId } of lots) passed.add(`dust/${hedgeId}/${to.hedgeId}`)
    },
    accountBalances: async () =>
      Object.fromEntries([...sums].map(([account, sum]) => [account, amount(sum)])),
    ownersOfExecs: async execIds => {
      const asked = new Set(execIds)
      return new Map([...ownersOfExecs].filter(([key]) => asked.has(key.slice(key.indexOf('/') + 1))))
    },
    // Equity and orders are read elsewhere: from the account itself and from the rows.
    ...memoryRiskHistory(postings),
    ...memoryTerms(),
    /** A spread's leg row names no order, but its execution does: whichever comes second gives it to the hedge. */
    async keepFills(fills) {
      for (const [key, hedgeId] of ownersOfFills(fills)) {
        ownersOfExecs.set(key, hedgeId)
        for (const booked of trades.get(key) ?? []) if (booked.hedgeId === '') own(booked, hedgeId)
      }
    },
    async keepOrders() {},
  }
}
