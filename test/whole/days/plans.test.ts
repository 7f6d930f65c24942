/** What days are drawn like: rules that a configuration could say, and moments inside the day. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { loadConfig } from '../../../src/config/config.ts'
import { brokenRelations } from '../../../src/config/relations.ts'
import { dayPlan, QUIET_MS } from '../../../src/simulate/day-plan.ts'

const { rules } = loadConfig({ cwd: '/', env: { HEDGEROW_MODE: 'paper' } })
const seeds = fc.integer({ min: 0, max: 999_999_999 })

test('no day has rules that a configuration would be refused for', () => {
  fc.assert(
    fc.property(seeds, seed => {
      const { symbols, ...drawn } = dayPlan(seed, rules)
      expect(brokenRelations(drawn.rules as unknown as Parameters<typeof brokenRelations>[0])).toEqual([])
      expect(new Set(symbols).size).toBe(symbols.length)
    }),
    { numRuns: 300 },
  )
})

test('everything that befalls a day lies before its faults stop, in order', () => {
  fc.assert(
    fc.property(seeds, seed => {
      const { startAtMs, calmAtMs, endAtMs, happenings, touches, faults } = dayPlan(seed, rules)
      expect(endAtMs - calmAtMs).toBe(QUIET_MS)
      for (const list of [happenings, touches]) {
        const instants = list.map(({ atMs }) => atMs)
        expect(instants).toEqual([...instants].sort((a, b) => a - b))
        expect(instants.filter(atMs => atMs <= startAtMs || atMs >= calmAtMs)).toEqual([])
      }
      const until = happenings.flatMap(({ happening }) =>
        'untilMs' in happening && happening.kind === 'maintenance' ? [happening.untilMs] : [],
      )
      expect(until.filter(atMs => atMs >= calmAtMs)).toEqual([])
      expect(
        faults.faults.filter(({ untilMs = Number.POSITIVE_INFINITY }) => untilMs > calmAtMs - startAtMs),
      ).toEqual([])
    }),
    { numRuns: 300 },
  )
})

test('a seed is a day, and the next seed is another', () => {
  expect(dayPlan(7, rules)).toEqual(dayPlan(7, rules))
  expect(dayPlan(8, rules).startAtMs).not.toBe(dayPlan(7, rules).startAtMs)
})
