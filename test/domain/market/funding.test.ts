import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  expectedRatePlain,
  expectedRateReverting,
  fundingApr,
  fundingToShort,
  HOUR_MS,
  nextSettlementAtMs,
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

describe('the reverting expectation', () => {
  const bounds = { min: fundingRate('-0.005'), max: fundingRate('0.005') }
  const now = { fundingRate: fundingRate('0.0009'), fundingIntervalMs: 8 * HOUR_MS }

  test('is the geometric series of the formula where nothing is clipped', () => {
    const model = { meanRatePerHour: fundingRate('0.0000125'), halfLifeHours: 24 }
    const rho = new Decimal(2).pow(new Decimal(-1).div(3))
    const series = new Decimal('0.0008')
      .times(new Decimal(1).minus(rho.pow(9)))
      .div(new Decimal(1).minus(rho))
      .plus('0.0009')
    const sum = new Decimal(expectedRateReverting(now, model, bounds, 9))
    expect(sum.minus(series).abs().lt('1e-15')).toBe(true)
  })

  test('is the sum over every settlement of a path that decays toward the mean', () => {
    const wide = { min: fundingRate('-1'), max: fundingRate('1') }
    fc.assert(
      fc.property(
        fc.integer({ min: -500, max: 500 }),
        fc.integer({ min: -500, max: 500 }),
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 0, max: 120 }),
        (rate, mean, halfLifeHours, settlements) => {
          const present = { fundingRate: fundingRate(new Decimal(rate).div(1e5)), fundingIntervalMs: HOUR_MS }
          const model = { meanRatePerHour: fundingRate(new Decimal(mean).div(1e5)), halfLifeHours }
          const sum = new Decimal(expectedRateReverting(present, model, wide, settlements))
          let one = new Decimal(0)
          for (let j = 0; j < settlements; j++)
            one = one.plus(mean / 1e5).plus(((rate - mean) / 1e5) * 2 ** (-j / halfLifeHours))
          expect(sum.minus(one).abs().lt('1e-12')).toBe(true)
        },
      ),
    )
  })

  test('never expects a rate outside the bounds', () => {
    const model = { meanRatePerHour: fundingRate('0.01'), halfLifeHours: 1 }
    const sum = new Decimal(expectedRateReverting(now, model, bounds, 10))
    expect(sum.lte(new Decimal('0.0009').plus(new Decimal('0.005').times(9)))).toBe(true)
    expect(sum.gt('0.04')).toBe(true)
  })

  test('is the plain expectation when the rate is at its mean', () => {
    const steady = { fundingRate: fundingRate('0.0001'), fundingIntervalMs: 8 * HOUR_MS }
    const model = { meanRatePerHour: fundingRate('0.0000125'), halfLifeHours: 24 }
    expect(expectedRateReverting(steady, model, bounds, 21)).toBe(expectedRatePlain(steady.fundingRate, 21))
  })
})

test('one basis point every eight hours is 10.95 % a year, and the same rate hourly is eight times that', () => {
  expect(fundingApr(fundingRate('0.0001'), 8 * HOUR_MS)).toBeCloseTo(0.1095, 12)
  expect(fundingApr(fundingRate('0.0001'), HOUR_MS)).toBeCloseTo(0.876, 12)
})
