import { describe, expect, test } from 'vitest'
import {
  agoText,
  amountText,
  bpsText,
  countText,
  lengthText,
  paybackText,
  percentText,
  priceText,
  qtyText,
  signTone,
} from '../../src/wording/figures.ts'

describe('a figure', () => {
  test('is formatted from its text, not from a float that lost digits', () => {
    expect(amountText('9007199254740993.25')).toBe('9,007,199,254,740,993.25')
    expect(qtyText('0.123456789012345678')).toBe('0.123456789012345678')
  })

  test('says minus for a loss, plus for a gain when asked, neither for zero and for what rounds to it', () => {
    expect(amountText('-3.1')).toBe('−3.10')
    expect(amountText('3.1', { sign: true })).toBe('+3.10')
    expect(amountText('0', { sign: true })).toBe('0.00')
    expect(amountText('-0.001', { sign: true })).toBe('0.00')
    expect(amountText('-0.001')).toBe('0.00')
    expect(percentText(-0.0794, { places: 1 })).toBe('−7.9 %')
  })

  test('that is not known is a dash and never 0', () => {
    for (const unknown of [null, undefined, '', Number.NaN, Number.POSITIVE_INFINITY])
      expect([amountText, percentText, bpsText, qtyText, priceText].map(text => text(unknown))).toEqual(
        Array(5).fill('–'),
      )
  })

  test('names its unit', () => {
    expect(bpsText(12.84)).toBe('+12.8 bps')
    expect(bpsText(-1.6)).toBe('−1.6 bps')
    expect(priceText('0.00012345678')).toBe('0.0001234568')
    expect(priceText('64000')).toBe('64,000')
  })

  test('too small to show is neither loss nor gain', () => {
    expect([signTone('0.004'), signTone('-0.006'), signTone('1'), signTone(null)]).toEqual([
      undefined,
      'bad',
      'good',
      undefined,
    ])
  })
})

test('one of something is not many', () => {
  expect([countText(0, 'hedge'), countText(1, 'settlement'), countText(2000, 'fill')]).toEqual([
    '0 hedges',
    '1 settlement',
    '2,000 fills',
  ])
})

describe('a length', () => {
  test('names its two largest parts', () => {
    expect([850, 61_000, 6_600_000, 90_061_000].map(lengthText)).toEqual([
      '850 ms',
      '1 min 1 s',
      '1 h 50 min',
      '1 d 1 h',
    ])
    expect(lengthText(-61_000)).toBe('−1 min 1 s')
  })

  test('as an age is said as people say it', () => {
    expect([-3, 400, 152_854, 90_061_000].map(agoText)).toEqual([
      'just now',
      'just now',
      '2 min 32 s ago',
      '1 d 1 h ago',
    ])
  })
})

test('what a carry comes to is a sentence of how long it takes to pay back and what it earns then', () => {
  expect(paybackText({ breakEvenHours: 264, laterApr: 0.029 })).toBe(
    'pays back in 11 days, then +2.9 % a year',
  )
  expect(paybackText({ breakEvenHours: 5, laterApr: 1.4 })).toBe('pays back in 5 h, then +140.0 % a year')
  expect(paybackText({ breakEvenHours: 72, laterApr: -0.01 })).toBe('pays back in 3 days, then −1.0 % a year')
  expect(paybackText({ breakEvenHours: null, laterApr: 0.02 })).toBe('never pays back')
  expect(paybackText({ breakEvenHours: 0, laterApr: 0.02 })).toBe('+2.0 % a year from the start')
})
