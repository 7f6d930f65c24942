import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  fundingApr,
  fundingToShort,
  HOUR_MS,
  isSettlementKnown,
  nextSettlementAtMs,
  rememberSettlement,
  settlementsWithin,
} from '../../../src/domain/market/funding.ts'
import { fundingRate, orderQty, price } from '../../../src/domain/units.ts'

test('the settlement row of the Bybit documentation is met to the last digit: a short of it would have received 0.003676', () => {
  expect(fundingToShort(orderQty('100'), price('0.3676'), fundingRate('0.0001'))).toBe('0.003676')
  expect(fundingToShort(orderQty('100'), price('0.3676'), fundingRate('-0.0001'))).toBe('-0.003676')
})

describe('counting settlements', () => {
  test('equals looking at every instant in (now, now + horizon]', () => {
    const scene = fc.record({
      nowMs: fc.integer({ min: 0, max: 500 }),
      nextFundingAtMs: fc.integer({ min: -300, max: 900 }),
      fundingIntervalMs: fc.integer({ min: 1, max: 120 }),
      horizonMs: fc.integer({ min: 0, max: 700 }),
    })
    fc.assert(
      fc.property(scene, ({ nowMs, horizonMs, ...schedule }) => {
        let counted = 0
        for (let atMs = nowMs + 1; atMs <= nowMs + horizonMs; atMs++) {
          const offset = atMs - schedule.nextFundingAtMs
          const reached = schedule.nextFundingAtMs <= nowMs || offset >= 0
          if (reached && offset % schedule.fundingIntervalMs === 0) counted++
        }
        expect(settlementsWithin(schedule, nowMs, horizonMs)).toBe(counted)
      }),
    )
  })

  test('counts the instant at the end of the horizon and not the one at its start', () => {
    const schedule = { nextFundingAtMs: 8 * HOUR_MS, fundingIntervalMs: 8 * HOUR_MS }
    expect(settlementsWithin(schedule, 0, 8 * HOUR_MS)).toBe(1)
    expect(settlementsWithin(schedule, 8 * HOUR_MS, 8 * HOUR_MS)).toBe(1)
    expect(settlementsWithin(schedule, 0, 8 * HOUR_MS - 1)).toBe(0)
    expect(nextSettlementAtMs(schedule, 8 * HOUR_MS)).toBe(16 * HOUR_MS)
  })

  test('refuses an interval of 0 instead of counting for ever', () => {
    expect(() => settlementsWithin({ nextFundingAtMs: 0, fundingIntervalMs: 0 }, 0, 1)).toThrow(
      'expected more than 0 ms',
    )
  })
})

test('one basis point every eight hours is 10.95 % a year, and the same rate hourly is eight times that', () => {
  expect(fundingApr(fundingRate('0.0001'), 8 * HOUR_MS)).toBeCloseTo(0.1095, 12)
  expect(fundingApr(fundingRate('0.0001'), HOUR_MS)).toBeCloseTo(0.876, 12)
})

test('a settlement counts once in whatever order the rows are listed, within the last day of hourly ones', () => {
  const hours = fc.uniqueArray(fc.integer({ min: 1, max: 24 }), { minLength: 1 })
  fc.assert(
    fc.property(hours, told => {
      let known: number[] = []
      for (const hour of [...told, ...told]) {
        if (isSettlementKnown(known, hour)) continue
        known = rememberSettlement(known, hour)
      }
      expect(known).toEqual([...told].sort((a, b) => a - b))
    }),
  )
  const full = Array.from({ length: 30 }, (_, hour) => hour).reduce(rememberSettlement, [] as number[])
  expect([isSettlementKnown(full, 3), isSettlementKnown(full, 31)]).toEqual([true, false])
})
