import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HOUR_MS } from '../../../src/domain/market/funding.ts'
import { fitFundingModel, SETTLED_MIN, type Settled } from '../../../src/domain/market/funding-model.ts'
import { fundingRate } from '../../../src/domain/units.ts'

/** A reverting series of known mean and persistence, driven by a linear congruential generator. */
function series(of: { mean: number; persistence: number; hours: number; length: number }): Settled[] {
  let state = 12345
  const noise = () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state / 2 ** 31 - 0.5
  }
  let gap = 0
  return Array.from({ length: of.length }, (_, i) => {
    gap = gap * of.persistence + noise() * 0.0001
    return {
      rate: fundingRate(((of.mean + gap) * of.hours).toFixed(18)),
      settledAtMs: i * of.hours * HOUR_MS,
    }
  })
}

describe('a fitted funding model', () => {
  test.each([
    [0.5, 8],
    [0.8, 8],
    [0.9, 1],
  ])('finds the half-life of a series that keeps %d of its gap every %d h', (persistence, hours) => {
    const model = fitFundingModel(series({ mean: 0.00001, persistence, hours, length: 5000 }))
    const halfLife = (hours * Math.LN2) / -Math.log(persistence)
    expect(model?.halfLifeHours).toBeGreaterThan(halfLife * 0.8)
    expect(model?.halfLifeHours).toBeLessThan(halfLife * 1.2)
  })

  test('gives the mean per hour, the same for hourly and eight-hourly payment of one yearly rate', () => {
    for (const hours of [1, 8]) {
      const model = fitFundingModel(series({ mean: 0.00002, persistence: 0.5, hours, length: 5000 }))
      expect(Math.abs(Number(model?.meanRatePerHour) - 0.00002)).toBeLessThan(0.000003)
    }
  })

  test('is not made from too few settlements, or from a rate that never moved', () => {
    const still = Array.from({ length: 100 }, (_, i) => ({
      rate: fundingRate('0.0001'),
      settledAtMs: i * 8 * HOUR_MS,
    }))
    expect(fitFundingModel(still)).toBeUndefined()
    const few = series({ mean: 0, persistence: 0.5, hours: 8, length: SETTLED_MIN })
    expect(fitFundingModel(few)).toBeUndefined()
  })

  test('always has a finite half-life above 0 that survives JSON', () => {
    const rates = fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 40, maxLength: 80 })
    fc.assert(
      fc.property(rates, fc.constantFrom(1, 4, 8), (units, hours) => {
        const settled = units.map((unit, i) => ({
          rate: fundingRate((unit / 10_000).toFixed(4)),
          settledAtMs: i * hours * HOUR_MS,
        }))
        const model = fitFundingModel(settled)
        if (!model) return
        expect(model.halfLifeHours).toBeGreaterThan(0)
        expect(JSON.parse(JSON.stringify(model))).toEqual(model)
      }),
    )
  })
})
