/** What days are drawn like: rules that a configuration could say, and moments inside the day. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { loadConfig } from '../../../src/config/config.ts'
import { brokenRelations } from '../../../src/config/relations.ts'
import { HAZARD_NAMES } from '../../../src/simulate/plan/hazards.ts'
import { dayPlan, QUIET_MS } from '../../../src/simulate/plan/plan.ts'

const { rules } = loadConfig({ cwd: '/', env: { HEDGEROW_MODE: 'replay' } })
const EVERYTHING = { hazards: HAZARD_NAMES }
const seeds = fc.integer({ min: 0, max: 999_999_999 })

test('no day has rules that a configuration would be refused for', () => {
  fc.assert(
    fc.property(seeds, seed => {
      const { symbols, ...drawn } = dayPlan(seed, rules, EVERYTHING)
      expect(brokenRelations(drawn.rules as unknown as Parameters<typeof brokenRelations>[0])).toEqual([])
      expect(new Set(symbols).size).toBe(symbols.length)
    }),
    { numRuns: 300 },
  )
})

test('everything that befalls a day lies before its faults stop, in order', () => {
  fc.assert(
    fc.property(seeds, seed => {
      const { startAtMs, calmAtMs, endAtMs, happenings, touches, faults } = dayPlan(seed, rules, EVERYTHING)
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

test('every hazard is drawn on some day, by the exchange and the faults it names, and none unasked', () => {
  const days = Array.from({ length: 300 }, (_, seed) => dayPlan(seed, rules, EVERYTHING))
  expect(new Set(days.flatMap(({ hazards }) => hazards))).toEqual(new Set(HAZARD_NAMES))
  for (const { hazards, happenings, faults, balanceUsdt } of days) {
    const kinds = new Set(happenings.map(({ happening }) => happening.kind))
    if (hazards.includes('hand closes both legs')) expect(kinds).toContain('hand')
    if (hazards.includes('late rows')) expect(faults.faults.map(({ name }) => name)).toContain('late-row')
    if (hazards.includes('small deposit')) expect(Number(balanceUsdt)).toBeLessThanOrEqual(6_000)
  }
  expect(dayPlan(7, rules, { hazards: [] })).toMatchObject({ hazards: [] })
})

test('a hazard more leaves the rest of the day as it was', () => {
  const plain = dayPlan(7, rules, { hazards: [] })
  const late = dayPlan(7, rules, { hazards: ['late rows', 'airdrop'] })
  expect(late.touches).toEqual(plain.touches)
  expect(late.rules).toEqual(plain.rules)
  expect(late.happenings).toEqual(expect.arrayContaining([...plain.happenings]))
})
