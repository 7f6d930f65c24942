/** The stored books of a run, on a real PostgreSQL: whose rows are whose, results of closed hedges, decisions. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newHedge } from '../../machines/hedge/context.ts'
import { ANSWERS } from '../../src/api/rows/answers.ts'
import { postingsOf } from '../../src/domain/books/ledger.ts'
import type { TransactionRow } from '../../src/domain/books/transaction.ts'
import { amount, price } from '../../src/domain/units.ts'
import { createBooks, type StoredBooks } from '../../src/run/books/books.ts'
import type { Database } from '../../src/store/database.ts'
import { createJournal } from '../../src/store/journal/journal.ts'
import type { Lease } from '../../src/store/lease.ts'
import type { Journal } from '../../src/store/schema/records.ts'
import { fillOf, playTrades, rowOf, type Trade } from '../support/domain/sample-trades.ts'
import { sampleHedge, samplePlan } from '../support/machines/sample-hedge.ts'
import { ACCOUNT, openTestDatabase, takeTestLease } from '../support/store/test-database.ts'
import { testRecord } from '../support/store/test-records.ts'

let database: Database
let lease: Lease
let journal: Journal
let books: StoredBooks
beforeAll(async () => {
  database = await openTestDatabase()
  lease = await takeTestLease(database)
  journal = createJournal(database.pool, { account: ACCOUNT, epoch: lease.epoch })
  books = createBooks({ database, lease, account: ACCOUNT })
})
afterAll(async () => {
  await journal.close()
  await lease.release()
  await database.close()
})

const CLOSED_AT_MS = 1_770_000_000_000
const VALUATION = { prices: {}, marks: {}, nowMs: CLOSED_AT_MS }

const trades = (route: Trade['route']): Trade[] => {
  const into = { spot: price('2.5'), perp: price('2.54') }
  return [
    { market: 'spot', side: 'Buy', qty: '100', price: '2.51', feeRate: '0.001', mids: into, route },
    { market: 'linear', side: 'Sell', qty: '99.9', price: '2.53', feeRate: '0.0005', mids: into, route },
    { market: 'spot', side: 'Sell', qty: '99.8', price: '2.6', feeRate: '0.001', mids: null, route },
    { market: 'linear', side: 'Buy', qty: '99.9', price: '2.605', feeRate: '0.0005', mids: null, route },
  ]
}

/** The same trades under a hedge's own name: ids of different hedges differ on the exchange too. */
function played(hedgeId: string, route: Trade['route'] = 'own') {
  const { fills, rows, mids } = playTrades(trades(route))
  const named = (id: string) => id.replace('HEDGE00001', hedgeId)
  return {
    fills: fills.map(fill => ({
      ...fill,
      execId: `${hedgeId}-${fill.execId}`,
      orderLinkId: named(fill.orderLinkId),
    })),
    rows: rows.map(row => ({
      ...row,
      id: `${hedgeId}-${row.id}`,
      tradeId: `${hedgeId}-${row.tradeId}`,
      orderLinkId: named(row.orderLinkId),
    })),
    mids: Object.fromEntries(Object.entries(mids).map(([id, each]) => [named(id), each])),
  }
}

/** A closed hedge as its journal holds it, with the middles of its orders. */
async function storeHedge(
  hedgeId: string,
  mids: ReturnType<typeof played>['mids'],
  unwindBecause = 'flatten',
) {
  const context = { ...newHedge(sampleHedge()), plan: samplePlan(hedgeId), enteredAtMs: 1, unwindBecause }
  const effects = Object.entries(mids).map(([orderLinkId, decidedMids], index) => ({
    id: `hedge:${hedgeId}#0.${index}`,
    type: 'placeOrder',
    params: { leg: 'spot', order: { orderLinkId, decidedMids } },
  }))
  await journal.append(
    testRecord(`hedge:${hedgeId}`, 0, {
      to: 'closed',
      status: 'done',
      snapshot: JSON.stringify({ value: 'closed', context }),
      atMs: CLOSED_AT_MS,
      effects,
    }),
  )
}

const book = (rows: readonly TransactionRow[], hedgeId: string | undefined) =>
  books.book(rows.map(row => ({ row, postings: postingsOf(row, () => hedgeId) })))

const profitOf = async (hedgeId: string) =>
  ((await books.hedge(hedgeId, VALUATION)) as { profit: Record<string, unknown> }).profit
const listed = async (hedgeId: string) => (await books.hedges()).find(({ id }) => id === hedgeId)

describe('the books of a run', () => {
  test('give a spread’s rows to their hedge, whether the execution or the row is stored first', async () => {
    const first = played('SPREAD0001', 'spread')
    const second = played('SPREAD0002', 'spread')
    await storeHedge('SPREAD0001', first.mids)
    await storeHedge('SPREAD0002', second.mids)
    await books.keepFills(first.fills)
    const owners = await books.ownersOfExecs?.(first.rows.map(({ tradeId }) => tradeId))
    expect(new Set(owners?.values())).toEqual(new Set(['SPREAD0001']))
    await book(first.rows, 'SPREAD0001')
    await book(second.rows, undefined)
    expect(await profitOf('SPREAD0002')).toMatchObject({ netUsdt: '0', measuredShare: 1 })
    await books.keepFills(second.fills)
    expect(await profitOf('SPREAD0002')).toEqual(await profitOf('SPREAD0001'))
  })

  test('give a forced execution, which names no order, to the hedge that its row belongs to', async () => {
    const { fills, rows, mids } = played('FORCED0001', 'forced')
    await storeHedge('FORCED0001', mids)
    await book(rows, 'FORCED0001')
    await books.keepFills(fills)
    const paid = { kind: 'settlement' as const, market: 'linear' as const, tradeId: 'settled' }
    await book([rowOf({ ...paid, id: 'settled', funding: amount('0') })], 'FORCED0001')
    await books.keepFills([
      fillOf({ execId: 'settled', market: 'linear', cause: 'funding', orderLinkId: '' }),
    ])
    const detail = (await books.hedge('FORCED0001', VALUATION)) as { fills: { cause: string }[] }
    expect(detail.fills.map(({ cause }) => cause)).toEqual(['trade', 'adl', 'trade', 'adl'])
  })

  test('write the result of a closed hedge once, and anew when a late row changes it', async () => {
    const { fills, rows, mids } = played('CLOSED0001')
    await storeHedge('CLOSED0001', mids)
    await books.keepFills(fills)
    await book(rows, 'CLOSED0001')
    await books.settleResults?.()
    const before = await listed('CLOSED0001')
    // 100 and 99.9 coins a cent worse than their middles; the orders of the way out kept none.
    expect(before).toMatchObject({
      slippageUsdt: '-1.999',
      closedAtMs: CLOSED_AT_MS,
      costBps: expect.any(Number),
    })
    const { profit } = (await books.hedge('CLOSED0001', VALUATION)) as { profit: { netUsdt: string } }
    expect(before?.netUsdt).toBe(profit.netUsdt)
    const late = rowOf({ id: 'late', kind: 'settlement', funding: amount('0.25'), atMs: 5 })
    await book([late], 'CLOSED0001')
    await books.settleResults?.()
    expect(await listed('CLOSED0001')).toMatchObject({ fundingUsdt: '0.25' })
    // The same row again is no news.
    await book([late], 'CLOSED0001')
    expect(await listed('CLOSED0001')).toMatchObject({ fundingUsdt: '0.25', slippageUsdt: '-1.999' })
  })

  test('sum closed hedges by symbol, by day and altogether, and their execution with them', async () => {
    await books.settleResults?.()
    const [[all], days, symbols, quality] = await Promise.all([
      books.profit('all'),
      books.profit('day'),
      books.profit('symbol'),
      books.quality(),
    ])
    expect(all).toMatchObject({ key: '', hedges: 4, fundingUsdt: '0.25' })
    expect(days).toEqual([{ ...all, key: String(CLOSED_AT_MS - (CLOSED_AT_MS % 86_400_000)) }])
    expect(symbols).toEqual([{ ...all, key: 'XRPUSDT' }])
    expect(quality.totals.hedges).toBe(4)
    expect(quality.hedges.map(({ fills }) => fills)).toEqual([4, 4, 4, 4])
  })

  test('by period give the same net as the results do, also of results that were written without their days', async () => {
    await books.settleResults?.()
    const [all] = await books.profit('all')
    const account = async () =>
      (await books.returns('all', CLOSED_AT_MS)).rows.find(({ symbol }) => symbol === '')
    const kept = await account()
    expect(kept).toMatchObject({ hedges: 4, netUsdt: all?.netUsdt, fundingUsdt: '0.25', apr: null })
    await database.pool.query(`update hedge set detail = (detail::jsonb - 'days')::json`)
    expect(await account()).toEqual(kept)
  })

  test('answer as the API documents it', async () => {
    const told = async (value: unknown) => JSON.parse(JSON.stringify(await value))
    const answers = {
      '/api/hedges': await told(books.hedges()),
      '/api/hedges/{id}': await told(books.hedge('CLOSED0001', VALUATION)),
      '/api/quality': await told(books.quality()),
      '/api/returns': await told(books.returns('week', CLOSED_AT_MS)),
    }
    for (const [path, answer] of Object.entries(answers))
      expect(ANSWERS[path as keyof typeof answers].safeParse(answer).error?.issues ?? [], path).toEqual([])
  })

  test('remember hedges that ended, for rows that come after them', async () => {
    expect(await books.endedClaims?.()).toContainEqual({
      hedgeId: 'CLOSED0001',
      perpSymbol: 'XRPUSDT',
      spotSymbol: 'XRPUSDT',
      baseCoin: 'XRP',
      direction: 'long-carry',
      fromMs: samplePlan().decidedAtMs,
      untilMs: CLOSED_AT_MS,
    })
  })

  test('page through the decisions on a symbol, newest first, and point a hedge to the ones it came from', async () => {
    const decidedAtMs = samplePlan().decidedAtMs
    const decided = (atMs: number, about: 'entry' | 'exit', verdict: string, because: string) => ({
      ...{ symbol: 'XRPUSDT', about, verdict, because, direction: '', atMs },
      ...{ found: '12 bps', limit: '10 bps', detail: { atMs } },
    })
    const opening = decided(decidedAtMs - 5, 'entry', 'tempting', 'carry-above-entry')
    const closing = decided(decidedAtMs + 9, 'exit', 'leave', 'basis-stop')
    await books.keepDecisions([
      decided(decidedAtMs - 9, 'entry', 'quiet', 'carry-below-entry'),
      opening,
      decided(decidedAtMs + 3, 'entry', 'tempting', 'carry-above-entry'),
      closing,
    ])
    await books.keepDecisions([opening])
    const first = await books.decisions('XRPUSDT', { cursor: null, limit: 3 })
    expect(first.rows[0]).toEqual(closing)
    const rest = await books.decisions('XRPUSDT', { cursor: first.next, limit: 3 })
    expect([...first.rows, ...rest.rows].map(({ atMs }) => atMs - decidedAtMs)).toEqual([9, 3, -5, -9])
    expect(rest.next).toBeNull()
    await storeHedge('DECIDED001', {}, 'basis-stop: found 12 bps, limit 10 bps')
    expect(await books.hedge('DECIDED001', VALUATION)).toMatchObject({
      decisions: { opened: opening, closed: closing },
    })
    expect(await books.hedge('CLOSED0001', VALUATION)).toMatchObject({
      decisions: { opened: opening, closed: null },
    })
  })

  test('forget decisions after a month', async () => {
    const decision = (atMs: number) => ({
      ...{ symbol: 'OLDUSDT', about: 'entry' as const, verdict: 'quiet', because: 'x', direction: '', atMs },
      ...{ found: '', limit: '', detail: {} },
    })
    await books.keepDecisions([decision(1), decision(CLOSED_AT_MS + 40 * 86_400_000)])
    expect((await books.decisions('OLDUSDT', { cursor: null, limit: 9 })).rows).toHaveLength(1)
  })
})

test('a command that the journal has and the audit has not is found by its key', async () => {
  const event = { type: 'hedge.unwind', by: 'ann', commandKey: 'key-1', atMs: 77 }
  await journal.append(testRecord('symbol:X', 0, { kind: 'symbol' }))
  await journal.append(
    testRecord('symbol:X', 1, { kind: 'symbol', event, from: 'hedged', to: 'unwinding', atMs: 77 }),
  )
  expect(await books.commands.journaled('symbol:X', 'key-1')).toEqual({
    ...{ event, from: 'hedged', to: 'unwinding', version: 1, atMs: 77 },
  })
  expect(await books.commands.journaled('symbol:X', 'key-2')).toBeUndefined()
  expect(await books.commands.journaled('symbol:Y', 'key-1')).toBeUndefined()
})
