/**
 * Rows that hold a piece of work against its floor: both run in turn, round by round, so that a noisy moment of the machine hits
 * both, and the processor time of the process is what counts. Only ratios of one run mean anything.
 */
import { readFileSync } from 'node:fs'

/** What is held against a floor. `ratio` is ours to the floor's. */
export type RatioRow = {
  what: string
  floor: string
  /** Per unit of work: µs of processor time, or whatever `unit` says. */
  floorValue: number
  ours: number
  unit: string
  ratio: number
  better: 'lower' | 'higher'
  /** What the ratio should reach. */
  reach?: number
}

/** One side of a row. `prepare` is not measured; `run` says how many units of work it did. */
export type Contender = { prepare?(): void; run(): number | Promise<number> }

type Rounds = {
  what: string
  floor: string
  reach?: number
  rounds?: number
  /** A round lasts at least so long. */
  roundMs?: number
}

const ROUNDS = 7
const ROUND_MS = 150

export async function ratioRow(
  { what, floor, reach, rounds = ROUNDS, roundMs = ROUND_MS }: Rounds,
  contenders: { floor: Contender; ours: Contender },
): Promise<RatioRow> {
  const found: { floor: number; ours: number }[] = []
  // The first round warms code.
  for (let round = 0; round <= rounds; round++) {
    const one = {
      floor: await cpuUsEach(contenders.floor, roundMs),
      ours: await cpuUsEach(contenders.ours, roundMs),
    }
    if (round > 0) found.push(one)
  }
  const of = (value: (one: { floor: number; ours: number }) => number) => median(found.map(value))
  return {
    what,
    floor,
    floorValue: rounded(of(one => one.floor)),
    ours: rounded(of(one => one.ours)),
    unit: 'µs',
    ratio: rounded(of(one => one.ours / one.floor)),
    better: 'lower',
    ...(reach !== undefined && { reach }),
  }
}

/** Processor time of the whole process, collector and compiler included, per unit of work. */
async function cpuUsEach({ prepare, run }: Contender, roundMs: number): Promise<number> {
  const untilMs = performance.now() + roundMs
  let [usedUs, done] = [0, 0]
  while (performance.now() < untilMs) {
    prepare?.()
    const before = process.cpuUsage()
    done += await run()
    const { user, system } = process.cpuUsage(before)
    usedUs += user + system
  }
  return usedUs / done
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0
}

/** What work of this size costs. */
export type Point = { size: number; cost: number }

/** The exponent p of the least squares of log cost = p·log size + c. */
export function exponentOf(points: readonly Point[]): number {
  const logs = points.map(({ size, cost }) => ({ x: Math.log(size), y: Math.log(cost) }))
  const mean = (of: (log: { x: number; y: number }) => number) =>
    logs.reduce((sum, log) => sum + of(log), 0) / logs.length
  const [x, y] = [mean(log => log.x), mean(log => log.y)]
  const covariance = logs.reduce((sum, log) => sum + (log.x - x) * (log.y - y), 0)
  return covariance / logs.reduce((sum, log) => sum + (log.x - x) ** 2, 0)
}

/** Three digits are more than a shared machine tells. */
export const rounded = (value: number): number => Number(value.toPrecision(3))

/** As it is printed. */
export const shown = ({ what, floor, floorValue, ours, unit, ratio, reach }: RatioRow) => ({
  what,
  floor: `${floor}: ${floorValue} ${unit}`,
  ours: `${ours} ${unit}`,
  ratio,
  reach: reach ?? '–',
})

export type BenchResult = {
  node: string
  machine: string
  atMs: number
  /** Of the machine when it began: over 1, 5 and 15 minutes. */
  load: number[]
  rows: RatioRow[]
  tables: Record<string, object[]>
}

/** Worse than before by more than this is a regression. */
const WORSE = 1.15

/** One sentence for each row that is worse than in an earlier result, read from `file`. @throws when that cannot be read */
export function regressions(rows: readonly RatioRow[], file: string): string[] {
  const before = JSON.parse(readFileSync(file, 'utf8')) as BenchResult
  return rows.flatMap(({ what, ratio, better }) => {
    const was = before.rows.find(row => row.what === what)?.ratio
    if (was === undefined) return []
    const worse = better === 'lower' ? ratio / was : was / ratio
    return worse > WORSE ? [`${what}: ratio ${was} before, ${ratio} now`] : []
  })
}
