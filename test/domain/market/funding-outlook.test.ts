import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HOUR_MS } from '../../../src/domain/market/funding.ts'
import {
  allowanceOver,
  expectedRate,
  type FundingMemory,
  fundingOutlook,
  hearSettlement,
  marketPerHour,
  NO_SETTLEMENTS,
} from '../../../src/domain/market/funding-outlook.ts'
import { fundingRate } from '../../../src/domain/units.ts'
import { NOW_MS, RULES } from '../../support/domain/sample-market.ts'

const rules = { ...RULES.strategy, fundingMarketHours: 168, fundingAllowance: 1 }
const WIDE = { min: fundingRate('-1'), max: fundingRate('1') }

/** So many settlements of these rates, the last of them at `NOW_MS`. */
const paid = (rates: readonly number[], hours = 8, from: FundingMemory = NO_SETTLEMENTS): FundingMemory =>
  rates.reduce(
    (memory, rate, i) =>
      hearSettlement(
        memory,
        { rate: rate.toFixed(18), settledAtMs: NOW_MS - (rates.length - 1 - i) * hours * HOUR_MS },
        rules,
      ),
    from,
  )
/** Just settled: nothing of the running interval is known yet. */
const outlookOf = (
  memory: FundingMemory,
  { market = 0, hours = 8, bounds = WIDE, own = rules, rate = '0' } = {},
) =>
  fundingOutlook(
    { memory, marketPerHour: market },
    {
      fundingRate: fundingRate(rate),
      nextFundingAtMs: NOW_MS + hours * HOUR_MS,
      fundingIntervalMs: hours * HOUR_MS,
    },
    bounds,
    own,
    NOW_MS,
  )

describe('what is remembered', () => {
  test('is per hour of real time: the same money paid each hour or each eight says the same', () => {
    const hourly = outlookOf(paid(Array(1600).fill(0.0001), 1), { hours: 1 })
    const eight = outlookOf(paid(Array(201).fill(0.0008), 8))
    // As many hours are known of both but for the rounding of their fading.
    expect(hourly.nowPerHour).toBeGreaterThan(0.000095)
    expect(eight.nowPerHour).toBeCloseTo(hourly.nowPerHour, 6)
    expect(eight.laterPerHour).toBeCloseTo(hourly.laterPerHour, 6)
  })

  test('an interval that changes in the middle of a series changes no mean of a steady rate', () => {
    const eight = Array.from({ length: 100 }, (_, i) => [i * 8, 0.0008] as const)
    const hourly = Array.from({ length: 200 }, (_, i) => [800 + i, 0.0001] as const)
    const memory = [...eight, ...hourly].reduce(
      (heard, [hour, rate]) =>
        hearSettlement(heard, { rate: String(rate), settledAtMs: NOW_MS + hour * HOUR_MS }, rules),
      NO_SETTLEMENTS,
    )
    // The last of the eight settles at hour 792, and the first of the single hours eight later: it counts for eight.
    expect(memory.slowRate / memory.slowHours).toBeGreaterThan(0.000099)
    expect(memory.slowRate / memory.slowHours).toBeLessThanOrEqual(0.0001)
  })

  test('takes no settlement twice and none that comes late', () => {
    const memory = paid([0.0001, 0.0002, 0.0003])
    expect(hearSettlement(memory, { rate: '0.5', settledAtMs: NOW_MS }, rules)).toBe(memory)
    expect(hearSettlement(memory, { rate: '0.5', settledAtMs: NOW_MS - 1 }, rules)).toBe(memory)
  })

  test('the first settlement only starts the clock: nobody knows how long it took', () => {
    expect(paid([0.5]).slowHours).toBe(0)
    expect(paid([0.5, 0.0008]).slowRate / paid([0.5, 0.0008]).slowHours).toBeCloseTo(0.0001, 12)
  })

  test('of all symbols together is a mean by the hours that are known, and 0 of none', () => {
    expect(marketPerHour([])).toBe(0)
    expect(marketPerHour([NO_SETTLEMENTS])).toBe(0)
    const [long, short] = [paid(Array(100).fill(0.0008)), paid([0, 0.008])]
    const mean = marketPerHour([long, short])
    expect(mean).toBeGreaterThan(0.0001)
    expect(mean).toBeLessThan(0.00012)
  })
})

describe('what is expected', () => {
  test('runs from what is paid now to what is paid in the long run', () => {
    const spiked = outlookOf(paid([...Array(400).fill(0.0001), ...Array(6).fill(0.005)]))
    expect(spiked.nowPerHour).toBeGreaterThan(5 * spiked.laterPerHour)
    const perDay = (settlements: number) => expectedRate(spiked, settlements) / settlements
    expect(perDay(1)).toBeGreaterThan(perDay(30))
    expect(perDay(30)).toBeGreaterThan(perDay(270))
    expect(perDay(27_000)).toBeCloseTo(spiked.laterPerHour * 8, 5)
  })

  test('of a steady rate is that rate at each settlement, however many', () => {
    fc.assert(
      fc.property(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 0, max: 300 }), (bps, settlements) => {
        const rate = bps / 10_000
        const steady = outlookOf(paid(Array(300).fill(rate)), { own: { ...rules, fundingMarketHours: 0 } })
        expect(expectedRate(steady, settlements)).toBeCloseTo(rate * settlements, 9)
      }),
    )
  })

  test('never leaves the bounds of the rate', () => {
    const bounds = { min: fundingRate('-0.0003'), max: fundingRate('0.0003') }
    const capped = outlookOf(paid(Array(300).fill(0.002)), { bounds })
    expect(capped.nowPerHour * 8).toBeCloseTo(0.0003, 12)
    expect(expectedRate(capped, 10)).toBeLessThanOrEqual(0.003 + 1e-12)
  })

  test('leans on the market where the history is short, and on its own past where it is long', () => {
    const market = 0.00001
    const [few, many] = [paid([0.004, 0.004, 0.004]), paid(Array(900).fill(0.004))]
    const [young, old] = [outlookOf(few, { market }), outlookOf(many, { market })]
    // Two settlements are 16 hours beside a week of the market.
    expect(young.laterPerHour).toBeCloseTo((0.008 + market * 168) / (16 + 168), 5)
    expect(old.laterPerHour).toBeGreaterThan(0.8 * 0.0005)
    expect(outlookOf(NO_SETTLEMENTS, { market }).nowPerHour).toBe(market)
  })

  test('takes the running interval as heard for as long as it has run, and its next payment with it', () => {
    const memory = paid(Array(300).fill(0.0001))
    const at = (leftHours: number) =>
      fundingOutlook(
        { memory, marketPerHour: 0 },
        {
          fundingRate: fundingRate('0.005'),
          nextFundingAtMs: NOW_MS + leftHours * HOUR_MS,
          fundingIntervalMs: 8 * HOUR_MS,
        },
        WIDE,
        rules,
        NOW_MS,
      )
    expect(at(8).nextRate).toBeLessThan(0.0002)
    expect(at(0.001).nextRate).toBeCloseTo(0.005, 4)
    expect(at(4).nowPerHour).toBeGreaterThan(at(8).nowPerHour)
    expect(at(1).nowPerHour).toBeGreaterThan(at(4).nowPerHour)
  })
})

describe('the allowance', () => {
  const alternating = Array.from({ length: 600 }, (_, i) => (Math.floor(i / 21) % 2 ? 0.0015 : -0.0005))

  test('is none of a rate that never moved, and grows with what it did', () => {
    expect(outlookOf(paid(Array(300).fill(0.0005))).allowancePerHour).toBeCloseTo(0, 12)
    const wild = outlookOf(paid(alternating))
    const tame = outlookOf(paid(alternating.map(rate => rate / 10)))
    expect(wild.allowancePerHour).toBeGreaterThan(9 * tame.allowancePerHour)
  })

  test('falls as more of the past is known', () => {
    const [short, long] = [outlookOf(paid(alternating.slice(0, 60))), outlookOf(paid(alternating))]
    expect(short.allowancePerHour).toBeGreaterThan(long.allowancePerHour)
  })

  test('is as many standard errors as the rules say, over the hours that are counted', () => {
    const one = outlookOf(paid(alternating))
    const half = outlookOf(paid(alternating), { own: { ...rules, fundingAllowance: 0.5 } })
    expect(half.allowancePerHour).toBeCloseTo(one.allowancePerHour / 2, 15)
    expect(allowanceOver(one, 3)).toBeCloseTo(one.allowancePerHour * 24, 15)
    expect(allowanceOver(one, 0)).toBe(0)
  })
})
