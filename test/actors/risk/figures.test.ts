/** What an account lost and how far it fell, with money that came and went taken out. */
import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createFigures, DAY_MS } from '../../../actors/risk/figures.ts'
import { memoryRiskHistory } from '../../../src/backtest/memory-books.ts'
import type { Posting } from '../../../src/domain/books/ledger.ts'
import { amount, usdt } from '../../../src/domain/units.ts'

const HOUR_MS = 3_600_000
const NOW_MS = 40 * DAY_MS
const noPrices = () => undefined

/** Books in memory that are written by hand. */
function account() {
  const postings: Posting[] = []
  const books = memoryRiskHistory(postings)
  const post = (
    rowId: string,
    kind: Posting['kind'],
    coin: string,
    value: string,
    atMs: number,
    price = '0',
  ) =>
    postings.push({
      rowId,
      account: `${kind}:${coin}`,
      kind,
      coin,
      amount: amount(value),
      hedgeId: '',
      symbol: '',
      price: amount(price),
      atMs,
    })
  return {
    books,
    worth: (equity: string, atMs: number) => books.appendEquity({ atMs, equityUsdt: usdt(equity) }),
    paidIn: (id: string, coin: string, value: string, atMs: number) =>
      post(id, 'equity', coin, new Decimal(value).neg().toFixed(), atMs),
    fee: (coin: string, value: string, atMs: number, price = '0') =>
      post(`fee ${atMs}`, 'fees', coin, value, atMs, price),
    opened: (coin: string, value: string) => post(`opening-${coin}`, 'equity', coin, `-${value}`, 0),
  }
}

describe('the figures of an account', () => {
  test('lose what the equity lost since a day ago, not before', async () => {
    const { books, worth, opened } = account()
    opened('USDT', '5000')
    await worth('2000', NOW_MS - 2 * DAY_MS)
    await worth('1000', NOW_MS - 23 * HOUR_MS)
    const told = await createFigures(books).read(usdt('940'), NOW_MS, 0, noPrices)
    expect(told).toEqual({ pnlTodayUsdt: '-60', peakEquityUsdt: '2000', feesTodayUsdt: '0' })
  })

  test('know nothing of a loss while no earlier equity is kept', async () => {
    const told = await createFigures(account().books).read(usdt('940'), NOW_MS, 0, noPrices)
    expect(told).toMatchObject({ pnlTodayUsdt: '0', peakEquityUsdt: '940' })
  })

  test('count the fees of a day, those taken in a coin at the price of their trade', async () => {
    const { books, fee } = account()
    fee('USDT', '3', NOW_MS - HOUR_MS)
    fee('LINK', '0.1', NOW_MS - 2 * HOUR_MS, '20')
    fee('USDT', '100', NOW_MS - 25 * HOUR_MS)
    const told = await createFigures(books).read(usdt('1000'), NOW_MS, 0, noPrices)
    expect(told.feesTodayUsdt).toBe('5')
  })

  test('start again from a resume', async () => {
    const { books, worth } = account()
    await worth('2000', NOW_MS - 10 * HOUR_MS)
    const figures = createFigures(books)
    expect(await figures.read(usdt('900'), NOW_MS, 0, noPrices)).toMatchObject({ pnlTodayUsdt: '-1100' })
    const resumedAtMs = NOW_MS + 1
    await worth('900', resumedAtMs + 10)
    const told = await figures.read(usdt('890'), resumedAtMs + HOUR_MS, resumedAtMs, noPrices)
    expect(told).toMatchObject({ pnlTodayUsdt: '-10', peakEquityUsdt: '900' })
  })

  test('take a coin that was paid in at its present price', async () => {
    const { books, worth, paidIn } = account()
    await worth('1000', NOW_MS - HOUR_MS)
    paidIn('t1', 'BTC', '0.01', NOW_MS - 1_000)
    const told = await createFigures(books).read(usdt('1900'), NOW_MS, 0, coin =>
      coin === 'BTC' ? '90000' : undefined,
    )
    expect(told).toMatchObject({ pnlTodayUsdt: '0', peakEquityUsdt: '1900' })
  })

  test('are the same whether or not money came and went, and whether or not the process lived through it', async () => {
    const move = fc.record({
      minutes: fc.integer({ min: 2, max: 300 }),
      pnl: fc.integer({ min: -50, max: 50 }),
      paid: fc.integer({ min: -200, max: 200 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(move, { minLength: 1, maxLength: 12 }), async moves => {
        const [still, moved] = [account(), account()]
        const living = createFigures(moved.books)
        let [atMs, pnl, paid] = [NOW_MS, 10_000, 0]
        await still.worth('10000', atMs)
        await moved.worth('10000', atMs)
        for (const [index, step] of moves.entries()) {
          atMs += step.minutes * 60_000
          pnl += step.pnl
          paid += step.paid
          if (step.paid !== 0) moved.paidIn(`t${index}`, 'USDT', `${step.paid}`, atMs)
          await still.worth(`${pnl}`, atMs + 1)
          await moved.worth(`${pnl + paid}`, atMs + 1)
          await living.read(usdt(`${pnl + paid}`), atMs + 1, 0, noPrices)
        }
        const nowMs = atMs + 2
        const plain = await createFigures(still.books).read(usdt(`${pnl}`), nowMs, 0, noPrices)
        const after = { now: usdt(`${pnl + paid}`), at: nowMs }
        const told = await living.read(after.now, after.at, 0, noPrices)
        expect(told.pnlTodayUsdt).toBe(plain.pnlTodayUsdt)
        const above = (peak: string, equity: number) => new Decimal(peak).minus(equity).toFixed()
        expect(above(told.peakEquityUsdt, pnl + paid)).toBe(above(plain.peakEquityUsdt, pnl))
        expect(await createFigures(moved.books).read(after.now, after.at, 0, noPrices)).toEqual(told)
      }),
      { numRuns: 100 },
    )
  })
})
