import fc from 'fast-check'
import { expect, test } from 'vitest'
import { missedSettlementAtMs } from '../../../src/domain/market/funding.ts'

const HOUR_MS = 3_600_000
const GRACE_MS = 60_000
const schedule = { nextFundingAtMs: 16 * HOUR_MS, fundingIntervalMs: 8 * HOUR_MS }
const hedge = { hedgedAtMs: HOUR_MS, lastSettlementAtMs: 0, schedule }

test('a settlement that passed without a row is named once its grace is over', () => {
  expect(missedSettlementAtMs(hedge, 8 * HOUR_MS + GRACE_MS, GRACE_MS)).toBeUndefined()
  expect(missedSettlementAtMs(hedge, 8 * HOUR_MS + GRACE_MS + 1, GRACE_MS)).toBe(8 * HOUR_MS)
})

test('a booked one is not missed, however late its row is dated', () => {
  for (const lastSettlementAtMs of [8 * HOUR_MS, 8 * HOUR_MS + 5_000])
    expect(missedSettlementAtMs({ ...hedge, lastSettlementAtMs }, 12 * HOUR_MS, GRACE_MS)).toBeUndefined()
})

test('a hedge owes nothing of a settlement before it held its perpetual, or at that very instant', () => {
  for (const hedgedAtMs of [0, 8 * HOUR_MS, 9 * HOUR_MS])
    expect(missedSettlementAtMs({ ...hedge, hedgedAtMs }, 12 * HOUR_MS, GRACE_MS)).toBeUndefined()
})

test('a ticker that lags behind the instant changes nothing', () => {
  const lagging = { nextFundingAtMs: 8 * HOUR_MS, fundingIntervalMs: 8 * HOUR_MS }
  expect(missedSettlementAtMs({ ...hedge, schedule: lagging }, 12 * HOUR_MS, GRACE_MS)).toBe(8 * HOUR_MS)
})

test('what is named lies between the hedge and now, on the schedule, and unbooked', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 100 * HOUR_MS }),
      fc.integer({ min: 0, max: 100 * HOUR_MS }),
      fc.integer({ min: 1, max: 100 * HOUR_MS }),
      (hours, hedgedAtMs, lastSettlementAtMs, nowMs) => {
        const fundingIntervalMs = hours * HOUR_MS
        const when = { nextFundingAtMs: 48 * fundingIntervalMs, fundingIntervalMs }
        const missed = missedSettlementAtMs(
          { hedgedAtMs, lastSettlementAtMs, schedule: when },
          nowMs,
          GRACE_MS,
        )
        if (missed === undefined) return
        expect(missed % fundingIntervalMs).toBe(0)
        expect(missed).toBeGreaterThan(Math.max(hedgedAtMs, lastSettlementAtMs))
        expect(missed).toBeLessThan(nowMs - GRACE_MS)
      },
    ),
  )
})
