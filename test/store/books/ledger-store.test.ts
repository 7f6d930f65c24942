import { Decimal } from 'decimal.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { balances, postingsOf } from '../../../src/domain/books/ledger.ts'
import type { TransactionRow } from '../../../src/domain/books/transaction.ts'
import { amount, usdt } from '../../../src/domain/units.ts'
import { BadCursor } from '../../../src/store/books/account-scope.ts'
import { type Booking, createLedgerStore, type LedgerStore } from '../../../src/store/books/ledger-store.ts'
import { createOperatorStore } from '../../../src/store/books/operator-store.ts'
import type { Database } from '../../../src/store/database.ts'
import type { Lease } from '../../../src/store/lease.ts'
import { DoesNotFit } from '../../../src/store/schema/columns.ts'
import { FencedError } from '../../../src/store/schema/records.ts'
import { ACCOUNT, openTestDatabase, takeTestLease } from '../../support/store/test-database.ts'

const HEDGE = 'A1B2000001'

function row(id: string, over: Partial<TransactionRow> = {}): TransactionRow {
  return {
    id,
    kind: 'trade',
    venueKind: 'TRADE',
    coin: 'USDT',
    market: 'linear',
    symbol: 'BTCUSDT',
    side: 'Sell',
    orderLinkId: `${HEDGE}-PE0000`,
    tradeId: `trade ${id}`,
    qty: amount('0.010'),
    price: amount('97123.4'),
    funding: amount('0'),
    fee: amount('0.534178700000000001'),
    cashFlow: amount('12.3'),
    change: amount('11.765821299999999999'),
    balanceAfter: amount('10011.765821299999999999'),
    atMs: 1_700_000_000_000,
    ...over,
  }
}

const booking = (transaction: TransactionRow): Booking => ({
  row: transaction,
  postings: postingsOf(transaction, () => HEDGE),
})

describe('the ledger store', () => {
  let database: Database
  let lease: Lease
  let ledger: LedgerStore
  const scope = () => ({ account: ACCOUNT, epoch: lease.epoch })
  beforeAll(async () => {
    database = await openTestDatabase()
    lease = await takeTestLease(database)
    ledger = createLedgerStore(database, scope())
  })
  afterAll(async () => {
    await lease.release()
    await database.close()
  })

  test('opens with the wallet, once', async () => {
    expect(await ledger.span()).toBeUndefined()
    await ledger.open([{ coin: 'USDT', wallet: amount('10000') }], 1_600_000_000_000)
    await ledger.open([{ coin: 'USDT', wallet: amount('99999') }], 1_600_000_000_001)
    expect(await ledger.span()).toEqual({ openedAtMs: 1_600_000_000_000, newestAtMs: 1_600_000_000_000 })
    expect(await ledger.walletBalances()).toEqual({ 'wallet:USDT': '10000' })
  })

  test('books each row once, however often and in whatever company it comes, and says which were new', async () => {
    const [one, two, three] = [
      booking(row('1')),
      booking(row('2', { atMs: 1_700_000_000_001 })),
      booking(row('3')),
    ]
    expect((await ledger.book([one, two])).map(({ id }) => id)).toEqual(['1', '2'])
    expect(await ledger.book([two, one])).toEqual([])
    expect((await ledger.book([one, three, three])).map(({ id }) => id)).toEqual(['3'])
    const stored = await ledger.postingsOfHedge(HEDGE)
    expect(stored.filter(({ rowId }) => rowId === '2')).toEqual(two.postings)
    expect(stored).toHaveLength(one.postings.length + two.postings.length + three.postings.length)
  })

  test('books one row once when two readers race', async () => {
    const bookings = [booking(row('race'))]
    const answers = await Promise.all(Array.from({ length: 4 }, () => ledger.book(bookings)))
    expect(answers.flat()).toHaveLength(1)
    const stored = (await ledger.postingsOfHedge(HEDGE)).filter(({ rowId }) => rowId === 'race')
    expect(stored).toEqual(bookings[0]?.postings)
  })

  test('sums what it stores exactly as the domain sums postings', async () => {
    const pages = await ledger.postings({ cursor: null, limit: 1000 })
    const expected = balances(pages.rows)
    expect(await ledger.balances()).toEqual(expected)
    expect(await ledger.walletBalances()).toEqual({ 'wallet:USDT': expected['wallet:USDT'] })
    const total = Object.values(expected).reduce((sum, value) => sum.plus(value), new Decimal(0))
    expect(total.toFixed()).toBe('0')
  })

  test('knows what a hedge left of a coin, and passes it to the next one once', async () => {
    const coins = (id: string, change: string, price: string, atMs: number) =>
      booking(
        row(id, {
          ...{ coin: 'SOL', market: 'spot', symbol: 'SOLUSDT', fee: amount('0'), atMs },
          ...{ cashFlow: amount(change), change: amount(change), price: amount(price) },
        }),
      )
    await ledger.book([
      coins('in', '20.5', '80', 1_700_000_000_100),
      coins('out', '-20.46', '81', 1_700_000_000_200),
    ])
    const lots = await ledger.dust('SOL')
    expect(lots).toEqual([{ hedgeId: HEDGE, base: '0.04', priceUsdt: '81' }])
    const [before, span] = [await ledger.walletBalances(), await ledger.span()]
    const next = { hedgeId: 'A1B2000002', baseCoin: 'SOL' }
    await ledger.passDust(lots, next, 1_700_000_000_200)
    await ledger.passDust(lots, next, 1_700_000_000_200)
    expect(await ledger.walletBalances()).toEqual(before)
    expect(await ledger.span()).toEqual(span)
    expect(balances(await ledger.postingsOfHedge('A1B2000002'))).toEqual({
      'wallet:SOL': '0.04',
      'wallet:USDT': '-3.24',
    })
    // One that never traded passes on what it began with.
    expect(await ledger.dust('SOL')).toEqual([{ hedgeId: 'A1B2000002', base: '0.04', priceUsdt: '81' }])
  })

  test('pages from the newest on, missing and repeating nothing', async () => {
    const { rows: all } = await ledger.postings({ cursor: null, limit: 1000 })
    const seen = []
    let cursor: string | null = null
    do {
      const page: Awaited<ReturnType<LedgerStore['postings']>> = await ledger.postings({ cursor, limit: 2 })
      seen.push(...page.rows)
      cursor = page.next
    } while (cursor)
    expect(seen).toEqual(all)
    expect(seen.map(({ atMs }) => atMs)).toEqual(seen.map(({ atMs }) => atMs).sort((a, b) => b - a))
    await expect(ledger.postings({ cursor: 'made up', limit: 2 })).rejects.toBeInstanceOf(BadCursor)
  })

  test('keeps a settlement as a funding payment of its hedge', async () => {
    const settlement = row('settled', {
      kind: 'settlement',
      venueKind: 'SETTLEMENT',
      funding: amount('0.97'),
      fee: amount('0'),
      cashFlow: amount('0'),
      change: amount('0.97'),
      atMs: 1_700_000_100_000,
    })
    await ledger.book([booking(settlement)])
    const [payment] = await ledger.fundingOfHedge(HEDGE)
    expect(payment).toEqual({
      transactionId: 'settled',
      hedgeId: HEDGE,
      symbol: 'BTCUSDT',
      side: 'Sell',
      coin: 'USDT',
      amount: '0.97',
      qty: '0.01',
      markPrice: '97123.4',
      settledAtMs: settlement.atMs,
    })
    expect((await ledger.fundingPayments({ cursor: null, limit: 1 })).rows).toEqual([payment])
  })

  test('books nothing of a batch that holds an amount its column would round', async () => {
    const fine = booking(row('fine'))
    const tooFine = booking(row('too fine', { change: amount('0.1234567890123456789') }))
    await expect(ledger.book([fine, tooFine])).rejects.toBeInstanceOf(DoesNotFit)
    expect((await ledger.book([fine])).map(({ id }) => id)).toEqual(['fine'])
  })

  test('refuses writers without the lease, and those that lost it', async () => {
    await expect(async () =>
      createLedgerStore(database, { account: ACCOUNT }).book([booking(row('x'))]),
    ).rejects.toThrow('epoch')
    const stale = createLedgerStore(database, { account: ACCOUNT, epoch: lease.epoch - 1n })
    await expect(stale.book([booking(row('x'))])).rejects.toBeInstanceOf(FencedError)
  })
})

describe('the operator store', () => {
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

  test('gives equity back in order, from an instant on, exactly', async () => {
    const store = createOperatorStore(database, { account: ACCOUNT, epoch: lease.epoch })
    const points = [3, 1, 2].map(atMs => ({
      atMs,
      equityUsdt: usdt(`1000000.00000000000000000${atMs}`),
      availableUsdt: usdt('-0.5'),
    }))
    for (const point of points) await store.appendEquity(point)
    expect(await store.equity(2)).toEqual([points[2], points[0]])
  })

  test('audits a command once per key, and finds it again', async () => {
    const store = createOperatorStore(database, { account: ACCOUNT, epoch: lease.epoch })
    const command = {
      idempotencyKey: 'k-1',
      operator: 'ann',
      source: 'api' as const,
      target: 'engine',
      request: { type: 'halt', because: "it's time" },
      outcome: { kind: 'accepted', version: 3 },
      atMs: 5,
    }
    const answers = await Promise.all([
      store.recordCommand(command),
      store.recordCommand({ ...command, operator: 'bob' }),
    ])
    expect(answers.toSorted()).toEqual([false, true])
    expect(await store.command('k-1')).toEqual({ ...command, operator: answers[0] ? 'ann' : 'bob' })
    expect(await store.command('k-2')).toBeUndefined()
  })

  test('keeps an alert from its beginning to its end, the newest first', async () => {
    const store = createOperatorStore(database, { account: ACCOUNT, epoch: lease.epoch })
    const alert = (raisedAtMs: number) => ({
      alertId: `a-${raisedAtMs}`,
      name: 'hedge.failed',
      subject: `hedge:${HEDGE}`,
      severity: 'page' as const,
      message: 'a person is needed',
      detail: { hedge: HEDGE },
      raisedAtMs,
      clearedAtMs: null,
      acknowledgedAtMs: null,
      acknowledgedBy: null,
    })
    const over = { ...alert(1), clearedAtMs: 9, acknowledgedAtMs: 8, acknowledgedBy: 'ann' }
    await store.keepAlert(alert(1))
    await store.keepAlert(alert(2))
    expect(await store.standingAlerts()).toEqual([alert(1), alert(2)])
    await store.keepAlert(over)
    expect(await store.alerts(5)).toEqual([alert(2), over])
    expect(await store.standingAlerts()).toEqual([alert(2)])
  })
})
