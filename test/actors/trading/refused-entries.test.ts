import { expect, test } from 'vitest'
import { createRefusedEntries } from '../../../actors/hedge.ts'

const of = (hedgeId: string, leg: 'spot' | 'perp' = 'spot', symbol = 'XRPUSDT') => ({ symbol, leg, hedgeId })

test('one hedge’s refusals are chance, however many; those of three hedges in a row are not', () => {
  const entries = createRefusedEntries()
  for (let nth = 0; nth < 10; nth++) expect(entries.refused(of('hedge:1'), 'not-trading')).toBe(false)
  expect(entries.refused(of('hedge:2'), 'insufficient-balance')).toBe(false)
  expect(entries.refused(of('hedge:3'), 'other')).toBe(true)
})

test('an order of that leg that is taken begins the count anew; one of the other leg says nothing', () => {
  const entries = createRefusedEntries()
  const refuse = (hedgeId: string) => entries.refused(of(hedgeId), 'other')
  refuse('hedge:1')
  refuse('hedge:2')
  entries.taken(of('hedge:3', 'perp'))
  expect(refuse('hedge:3')).toBe(true)
  entries.taken(of('hedge:4'))
  expect(refuse('hedge:5')).toBe(false)
})

test('symbols are counted apart, and what passes by itself in a moment is not counted', () => {
  const entries = createRefusedEntries()
  for (const [nth, symbol] of ['A', 'B', 'C', 'D'].entries())
    expect(entries.refused(of(`hedge:${nth}`, 'spot', symbol), 'other')).toBe(false)
  for (let nth = 0; nth < 9; nth++)
    expect(entries.refused(of(`hedge:${nth}`, 'perp'), 'rate-limited')).toBe(false)
})
