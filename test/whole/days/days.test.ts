/** Whole seeded days of faults, crashes and people: what must hold after each, and that a seed is a day. */
import { expect, test } from 'vitest'
import type { DayReport } from '../../../src/simulate/judge/judge.ts'
import { summarise } from '../../../src/simulate/judge/judge.ts'
import { runDays } from '../../../src/simulate/pool.ts'

/** Days that once ended badly: an old reading adopted, a raised least value, interest unheard, a speck of debt. */
const ONCE_BAD = [101, 107, 133, 162, 170]

test('after each of fifteen seeded days every hedge is hedged or flat, the books tie out and the journal folds to its rows', async () => {
  const reports: DayReport[] = []
  const seeds = [...Array.from({ length: 10 }, (_, at) => at + 1), ...ONCE_BAD]
  await runDays({ seeds, jobs: 2, done: report => reports.push(report) > 0 })
  expect(reports.flatMap(({ seed, broken }) => broken.map(line => `seed ${seed}: ${line}`))).toEqual([])
  // They were days of trade and harm, not quiet ones.
  const { hedges, crashes, orders, struck, unexplained } = summarise(reports)
  expect(reports).toHaveLength(seeds.length)
  expect(new Set(hedges.map(({ direction }) => direction)).size).toBe(2)
  expect(hedges.reduce((sum, { closed }) => sum + closed, 0)).toBeGreaterThan(20)
  expect(crashes).toBeGreaterThan(10)
  expect(orders).toBeGreaterThan(200)
  expect(Object.values(struck).reduce((sum, times) => sum + times, 0)).toBeGreaterThan(500)
  expect(unexplained).toBe(0)
})

test('the same seed gives the same day byte for byte, whatever its thread did before', async () => {
  const reports: DayReport[] = []
  await runDays({ seeds: [12, 11, 11], jobs: 2, done: report => reports.push(report) > 0 })
  const [other] = reports.filter(({ seed }) => seed === 12)
  const [first, again] = reports.filter(({ seed }) => seed === 11)
  expect(first?.steps).toBeGreaterThan(50)
  expect(again).toEqual(first)
  expect(other?.journalHash).not.toBe(first?.journalHash)
})
