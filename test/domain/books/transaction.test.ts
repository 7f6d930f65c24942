import { expect, test } from 'vitest'
import { afterInterest, interestBase, type TransactionKind } from '../../../src/domain/books/transaction.ts'
import { amount, baseQty } from '../../../src/domain/units.ts'

const REVERSE = { direction: 'reverse-carry', baseCoin: 'XRP' } as const
const row = (id: string, change: string, coin = 'XRP', kind: TransactionKind = 'interest') => ({
  id,
  kind,
  coin,
  change: amount(change),
})
const held = { spotNetBase: baseQty('100'), perpBase: baseQty('100') }

test('interest in the coin raises what is owed and leaves the perpetual as it was', () => {
  const rows = [row('1', '-0.01'), row('2', '-0.02')]
  expect(interestBase(REVERSE, rows)).toBe('0.03')
  expect(afterInterest(REVERSE, held, rows)).toEqual({ spotNetBase: '100.03', perpBase: '100' })
})

test('a row told twice raises the debt once, and interest on another coin or a trade not at all', () => {
  const rows = [row('1', '-0.01'), row('1', '-0.01'), row('2', '-5', 'USDT'), row('3', '-7', 'XRP', 'trade')]
  expect(interestBase(REVERSE, rows)).toBe('0.01')
})

test('long carry owes no coin: interest on it is none of its business', () => {
  const long = { ...REVERSE, direction: 'long-carry' } as const
  expect(afterInterest(long, held, [row('1', '-0.01')])).toEqual(held)
})
