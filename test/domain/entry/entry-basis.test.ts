import { expect, test } from 'vitest'
import { entryBasisBps } from '../../../src/domain/entry/entry-basis.ts'
import { baseQty, usdt } from '../../../src/domain/units.ts'

const leg = (base: string, cashUsdt: string) => ({
  base: baseQty(base),
  cashUsdt: usdt(cashUsdt),
  feesUsdt: usdt('0'),
})

test('the entry basis is above 0 when the perpetual was the dearer, whichever leg was bought', () => {
  expect(entryBasisBps(leg('100', '-250'), leg('100', '252.5'))).toBe(100)
  expect(entryBasisBps(leg('100', '250'), leg('100', '-252.5'))).toBe(100)
  expect(entryBasisBps(leg('100', '250'), leg('100', '-247.5'))).toBe(-100)
})

test('interest owed has no price and does not move the basis it was entered at', () => {
  expect(entryBasisBps(leg('101', '250'), leg('100', '-252.5'), baseQty('1'))).toBe(100)
})

test('there is no entry basis while a leg is empty or both were bought', () => {
  expect(entryBasisBps(leg('0', '0'), leg('100', '250'))).toBeNull()
  expect(entryBasisBps(leg('100', '-250'), leg('100', '-250'))).toBeNull()
})
