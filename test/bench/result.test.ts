/** The committed result of `npm run bench`: of the rows there are, and against floors of its own run. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type BenchResult, exponentOf } from './rounds.ts'
import { ROWS } from './rows.ts'

const result = JSON.parse(readFileSync(join(import.meta.dirname, 'RESULT.json'), 'utf8')) as BenchResult

test('the committed result has the rows that a run finds today, no others, and names machine and load', () => {
  expect(result.rows.map(({ what }) => what).sort()).toEqual([...ROWS].sort())
  expect(result.machine).toMatch(/^\d+ processors, ./)
  expect(result.load).toHaveLength(3)
  for (const { what, ratio } of result.rows) expect(ratio, what).toBeGreaterThan(0)
})

test('an exponent is that of the curve, whatever its unit', () => {
  const points = (power: number) => [10, 30, 100, 1_000].map(size => ({ size, cost: 7 * size ** power }))
  expect(exponentOf(points(1))).toBeCloseTo(1, 9)
  expect(exponentOf(points(2))).toBeCloseTo(2, 9)
  expect(exponentOf(points(0))).toBeCloseTo(0, 9)
})
