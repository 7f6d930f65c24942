/** Whole seeded days of faults, crashes and people: what must hold after each, and that a seed is a day. */
import { expect, test } from 'vitest'
import { loadConfig } from '../../src/config.ts'
import type { DayReport } from '../../src/simulate/judge.ts'
import { runDays } from '../../src/simulate/pool.ts'
import { runDay } from '../../src/simulate/run-day.ts'
import { summarise } from '../../src/simulate/summary.ts'

const { rules } = loadConfig({ cwd: '/', env: {} })

test('after each of ten seeded days every hedge is hedged or flat, the books tie out and the journal folds to its rows', async () => {
  const reports: DayReport[] = []
  const seeds = Array.from({ length: 10 }, (_, at) => at + 1)
  await runDays({ seeds, jobs: 2, done: report => reports.push(report) > 0 })
  expect(reports.flatMap(({ seed, broken }) => broken.map(line => `seed ${seed}: ${line}`))).toEqual([])
  // They were days of trade and harm, not quiet ones.
  const { hedges, crashes, orders, struck, unexplained } = summarise(reports)
  expect(reports).toHaveLength(10)
  expect(new Set(hedges.map(({ direction }) => direction)).size).toBe(2)
  expect(hedges.reduce((sum, { closed }) => sum + closed, 0)).toBeGreaterThan(20)
  expect(crashes).toBeGreaterThan(10)
  expect(orders).toBeGreaterThan(200)
  expect(Object.values(struck).reduce((sum, times) => sum + times, 0)).toBeGreaterThan(500)
  expect(unexplained).toBe(0)
}, 240_000)

test('the same seed gives the same journal byte for byte, and another seed another', async () => {
  const [first, again, other] = [await runDay(3, rules), await runDay(3, rules), await runDay(4, rules)]
  expect(first.steps).toBeGreaterThan(50)
  expect(again.journalHash).toBe(first.journalHash)
  expect(again).toEqual(first)
  expect(other.journalHash).not.toBe(first.journalHash)
}, 240_000)
