/** The stored books answer the limits of the account exactly as the books in memory do. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { memoryRiskHistory } from '../../../src/backtest/memory-books.ts'
import { openingPostings, type Posting, postingsOf } from '../../../src/domain/books/ledger.ts'
import type { TransactionRow } from '../../../src/domain/books/transaction.ts'
import { amount, usdt } from '../../../src/domain/units.ts'
import { createLedgerStore } from '../../../src/store/books/ledger-store.ts'
import { createRiskReads } from '../../../src/store/books/operator-reads.ts'
import { createOperatorStore } from '../../../src/store/books/operator-store.ts'
import type { Database } from '../../../src/store/database.ts'
import type { Lease } from '../../../src/store/lease.ts'
import { ACCOUNT, openTestDatabase, takeTestLease } from '../../support/store/test-database.ts'

const START_MS = 1_700_000_000_000

function row(id: string, atMs: number, over: Partial<TransactionRow> = {}): TransactionRow {
  return {
    id,
    kind: 'trade',
    venueKind: 'TRADE',
    coin: 'USDT',
    market: 'linear',
    symbol: 'BTCUSDT',
    side: 'Sell',
    orderLinkId: '',
    tradeId: id,
    qty: amount('0.01'),
    price: amount('90000'),
    funding: amount('0'),
    fee: amount('0.5'),
    cashFlow: amount('0'),
    change: amount('-0.5'),
    balanceAfter: amount('0'),
    atMs,
    ...over,
  }
}

const transfer = (id: string, atMs: number, coin: string, change: string): TransactionRow =>
  row(id, atMs, {
    kind: change.startsWith('-') ? 'transfer-out' : 'transfer-in',
    venueKind: 'TRANSFER_IN',
    coin,
    symbol: '',
    price: amount('0'),
    fee: amount('0'),
    cashFlow: amount(change),
    change: amount(change),
  })

const ROWS = [
  row('r1', START_MS + 10),
  transfer('t1', START_MS + 20, 'USDT', '100'),
  row('r2', START_MS + 30, {
    coin: 'BTC',
    market: 'spot',
    fee: amount('0.00001'),
    change: amount('-0.00001'),
  }),
  transfer('t2', START_MS + 40, 'BTC', '-0.25'),
]
const EQUITY = [
  { atMs: START_MS + 5, equityUsdt: usdt('1000') },
  { atMs: START_MS + 15, equityUsdt: usdt('999.5') },
  { atMs: START_MS + 25, equityUsdt: usdt('1099.5') },
  { atMs: START_MS + 26, equityUsdt: usdt('1098') },
]

let database: Database
let lease: Lease
beforeAll(async () => {
  database = await openTestDatabase()
  lease = await takeTestLease(database)
})
afterAll(async () => {
  await lease.release()
  await database.close()
})

test('equity, peaks, transfers and fees are those of the books in memory, from any instant on', async () => {
  const scope = { account: ACCOUNT, epoch: lease.epoch }
  const postings: Posting[] = openingPostings([{ coin: 'USDT', wallet: amount('1000') }], START_MS)
  const memory = memoryRiskHistory(postings)
  const ledger = createLedgerStore(database, scope)
  const operator = createOperatorStore(database, scope)
  await ledger.open([{ coin: 'USDT', wallet: amount('1000') }], START_MS)
  const booked = ROWS.map(each => ({ row: each, postings: postingsOf(each, () => undefined) }))
  await ledger.book(booked)
  postings.push(...booked.flatMap(each => each.postings))
  for (const point of EQUITY) {
    await operator.appendEquity({ ...point, availableUsdt: point.equityUsdt })
    await memory.appendEquity(point)
  }
  const stored = createRiskReads(database, ACCOUNT)
  const cuts = [[], [START_MS + 20], [START_MS + 20, START_MS + 40]]
  for (const sinceMs of [0, START_MS, START_MS + 15, START_MS + 21, START_MS + 27]) {
    expect(await stored.equityFrom(sinceMs)).toEqual(await memory.equityFrom(sinceMs))
    expect(await stored.transfers(sinceMs)).toEqual(await memory.transfers(sinceMs))
    expect(await stored.feesSince(sinceMs)).toBe(await memory.feesSince(sinceMs))
    for (const cutsMs of cuts)
      expect(await stored.peaks(sinceMs, cutsMs), `${sinceMs} ${cutsMs}`).toEqual(
        await memory.peaks(sinceMs, cutsMs),
      )
  }
  expect(await stored.feesSince(0)).toBe('1.4')
  expect(await stored.transfers(0)).toMatchObject([
    { coin: 'USDT', amount: '100' },
    { coin: 'BTC', amount: '-0.25' },
  ])
  expect(await stored.peaks(0, [START_MS + 20])).toEqual(['1000', '1099.5'])
})
