/** An entry is worth it now, not some day: the rule that leaves a hedge also keeps one from being begun. */
import { expect, test } from 'vitest'
import { judgeEntry } from '../../../src/domain/entry/opportunity.ts'
import { marketOn, NOW_MS, RULES, XRP } from '../../support/domain/sample-market.ts'

/** Long paid well; what was paid of late, per hour. */
const lately = (perHour: number) => ({
  ...marketOn(XRP, (perHour * 8).toFixed(6)),
  funding: {
    memory: {
      settledAtMs: NOW_MS - 3 * 3_600_000,
      slowHours: 2000,
      slowRate: 2000 * 0.0001,
      fastHours: 48,
      fastRate: 48 * perHour,
      scatter: 0,
    },
    marketPerHour: 0,
  },
})

test('carry that is expected to cost for weeks before it pays is not entered yet', () => {
  const judged = judgeEntry(lately(-0.0004), RULES, NOW_MS)
  expect(judged.carry?.cautiousApr).toBeGreaterThan(RULES.strategy.entryAprMin)
  expect(judged).toMatchObject({ verdict: 'quiet', because: 'carry-later' })
  expect(judgeEntry(lately(0.0001), RULES, NOW_MS).verdict).toBe('tempting')
})

test('who asks for less than idle money of a hedge as a whole asks for no more of its first weeks', () => {
  const asking = (entryAprMin: number) => ({ ...RULES, strategy: { ...RULES.strategy, entryAprMin } })
  expect(judgeEntry(lately(-0.0004), asking(0), NOW_MS).because).toBe('carry-later')
  expect(judgeEntry(lately(-0.0004), asking(-1_000), NOW_MS).verdict).toBe('tempting')
})
