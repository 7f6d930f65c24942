/**
 * How cost grows: with symbols, with hedges, with rows. The whole cost at several sizes, and the power of the size that fits it best:
 * 1 is as much again for each one more. `node test/bench/curves.ts` prints the rows.
 */

import { framesOf, pushesCpuUs } from './pushes.ts'
import { benchResume } from './resume.ts'
import { exponentOf, median, type Point, type RatioRow, rounded, shown } from './rounds.ts'
import { inventedMatrix, screenCpuMs } from './screen.ts'

const ROUNDS = 5
const SYMBOLS = [10, 30, 100, 300, 1_000]
const HEDGES = [1, 10, 100, 1_000, 3_000]
/** Symbols of 1,000 hours each. */
const SCREENED = [100, 300, 1_000, 3_000, 10_000]
const SCREENED_HOURS = 1_000
/** Pushes to each symbol. */
const PUSHES = 20

/** Sizes in turn, round by round, so that a noisy moment hits all of them. @param prepare - what is made of a size beforehand */
async function curve<Made>(
  sizes: readonly number[],
  prepare: (size: number) => Made,
  costOf: (made: Made) => number | Promise<number>,
): Promise<Point[]> {
  const tried = sizes.map(size => ({ size, made: prepare(size), costs: [] as number[] }))
  for (let round = 0; round < ROUNDS; round++)
    for (const { made, costs } of tried) costs.push(await costOf(made))
  return tried.map(({ size, costs }) => ({ size, cost: median(costs) }))
}

const EXPONENT_MAX = 1.05

function rowOf(what: string, unit: string, points: readonly Point[]): RatioRow {
  const exponent = rounded(exponentOf(points))
  return {
    what: `${what}: the exponent of the cost`,
    floor: points.map(({ size, cost }) => `${size}: ${rounded(cost)} ${unit}`).join(', '),
    floorValue: 1,
    ours: exponent,
    unit: '',
    ratio: exponent,
    better: 'lower',
    reach: EXPONENT_MAX,
  }
}

export async function benchCurves(): Promise<RatioRow[]> {
  const pushed = await curve(SYMBOLS, size => framesOf(size, PUSHES), pushesCpuUs)
  const resumed = await benchResume({ counts: HEDGES, times: ROUNDS })
  const screened = await curve(SCREENED, size => inventedMatrix(size, SCREENED_HOURS), screenCpuMs)
  return [
    rowOf(`${PUSHES} pushes to each of 10 to 1,000 symbols`, 'µs', pushed),
    rowOf(
      '1 to 3,000 hedges from rows to running actors',
      'ms',
      resumed.map(({ hedges, medianMs }) => ({ size: hedges, cost: Math.max(medianMs, 1) })),
    ),
    rowOf(
      'screening of 1e5 to 1e7 rows',
      'ms',
      screened.map(({ size, cost }) => ({ size: size * SCREENED_HOURS, cost })),
    ),
  ]
}

if (import.meta.main) console.table((await benchCurves()).map(shown))
