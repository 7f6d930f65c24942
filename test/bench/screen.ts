/** Screening: years of many symbols beside the sum of the same columns, and a sweep of parameter sets. */
import type { BookLimits } from '../../src/backtest/screen/book.ts'
import { screenCosts } from '../../src/backtest/screen/costs.ts'
import { engineJudge } from '../../src/backtest/screen/judge.ts'
import {
  type FundingMatrix,
  sharedBytes,
  sharedFloats,
  sharedInts,
} from '../../src/backtest/screen/matrix.ts'
import { basisTops, settledPrices, TOP_HOURS } from '../../src/backtest/screen/prices.ts'
import { screen } from '../../src/backtest/screen/screen.ts'
import { runTrials } from '../../src/backtest/sweep/pool.ts'
import { feeLevel, type NamedFees } from '../../src/backtest/variant.ts'
import { loadConfig } from '../../src/config/config.ts'
import { HOUR_MS } from '../../src/domain/market/funding.ts'
import type { Rules } from '../../src/domain/rules.ts'
import { median, type RatioRow, rounded } from './rounds.ts'

const SYMBOLS = 300
const HOURS = 3 * 365 * 24
const INTERVAL_HOURS = 8
const FROM_MS = Date.UTC(2023, 0, 1)
const ROUNDS = 7
const SETS = 10

const LIMITS: BookLimits = {
  capital: 100_000,
  hedgeMax: 2_000,
  hedgeMin: 50,
  totalMax: 100_000,
  hedgesMax: 40,
  freeMin: 100,
  reserveShare: 0,
  coinShareMax: 1,
  totalShareMax: 1,
  groups: [],
  groupShareMax: 0,
}

/** The same every time: prices walk, rates lean on where they were. */
export function inventedMatrix(symbols = SYMBOLS, hours = HOURS): FundingMatrix {
  const settled = Math.floor((hours - 1) / INTERVAL_HOURS)
  const events = settled * symbols
  let state = 7
  const noise = () => {
    state = (state * 48271) % 2147483647
    return state / 2147483647 - 0.5
  }
  const matrix: FundingMatrix = {
    symbols: Array.from({ length: symbols }, (_, at) => `C${at}USDT`),
    instants: sharedFloats(settled),
    starts: sharedInts(settled + 1),
    symbol: sharedInts(events),
    rate: sharedFloats(events),
    perp: sharedFloats(events),
    there: sharedBytes(events),
    span: sharedInts(events),
    spans: sharedFloats(2),
    interval: sharedInts(events),
    intervals: sharedFloats(1),
    switchedAtMs: sharedFloats(events).fill(Number.NEGATIVE_INFINITY),
    firstAtMs: sharedFloats(symbols).fill(FROM_MS + INTERVAL_HOURS * HOUR_MS),
    lastAtMs: sharedFloats(symbols).fill(FROM_MS + settled * INTERVAL_HOURS * HOUR_MS),
    prices: {
      fromMs: FROM_MS,
      hours,
      spot: sharedFloats(hours * symbols),
      perp: sharedFloats(hours * symbols),
      tops: sharedFloats(symbols * Math.ceil(hours / TOP_HOURS)),
    },
  }
  matrix.spans[1] = INTERVAL_HOURS
  matrix.intervals[0] = INTERVAL_HOURS
  const levels = new Float64Array(symbols)
  for (let instant = 0; instant < settled; instant++) {
    matrix.instants[instant] = FROM_MS + (instant + 1) * INTERVAL_HOURS * HOUR_MS
    matrix.starts[instant + 1] = (instant + 1) * symbols
    for (let at = 0; at < symbols; at++) {
      const event = instant * symbols + at
      levels[at] = 0.98 * (levels[at] ?? 0) + 0.000001 + 0.0001 * noise()
      matrix.symbol[event] = at
      matrix.rate[event] = levels[at] ?? 0
      matrix.span[event] = instant === 0 ? 0 : 1
    }
  }
  const { spot, perp } = matrix.prices ?? { spot: levels, perp: levels }
  for (let place = 0; place < spot.length; place++) {
    const before = place % hours === 0 ? 10 + place / hours : (spot[place - 1] ?? 1)
    spot[place] = before * (1 + 0.01 * noise())
    perp[place] = (spot[place] ?? 1) * (1 + 0.0005 * noise())
  }
  if (matrix.prices) basisTops(matrix.prices, matrix.prices.tops)
  settledPrices(matrix)
  return matrix
}

/** What screens a matrix once with the engine's own rules. */
function screening(matrix: FundingMatrix) {
  const { rules } = loadConfig({ cwd: '/', env: { HEDGEROW_MODE: 'replay' } })
  const fees = feeLevel('vip0')
  if (!fees) throw new Error('bench: expected the fees of the lowest level, found none')
  const costs = screenCosts(rules, fees, 1)
  const of = () => screen({ matrix, judge: engineJudge(matrix, rules, costs), costs, limits: LIMITS, rules })
  return { rules, fees, of }
}

/** Processor time, ms, of screening a matrix once. */
export function screenCpuMs(matrix: FundingMatrix): number {
  const { of } = screening(matrix)
  return took(of)
}

/** The portfolio beside the sum of the same columns. */
export async function benchScreen(): Promise<RatioRow[]> {
  const matrix = inventedMatrix()
  const { spot, perp } = matrix.prices ?? { spot: matrix.rate, perp: matrix.rate }
  const funding = sharedFloats(spot.length)
  const { of } = screening(matrix)
  const found = Array.from({ length: ROUNDS + 1 }, () => ({
    floor: took(() => columnSum(spot, perp, funding)),
    ours: took(of),
  })).slice(1)
  return [
    {
      what: `screening, ${SYMBOLS} symbols, 3 years hourly, ${(spot.length / 1e6).toFixed(1)} M rows`,
      floor: 'the sum of 3 columns',
      floorValue: rounded(median(found.map(each => each.floor))),
      ours: rounded(median(found.map(each => each.ours))),
      unit: 'ms',
      ratio: rounded(median(found.map(each => each.ours / each.floor))),
      better: 'lower',
      reach: 8,
    },
  ]
}

export function benchSweep(): Promise<object[]> {
  const matrix = inventedMatrix()
  const { rules, fees } = screening(matrix)
  return Promise.all([sweepRow(matrix, rules, fees)])
}

/** Wall milliseconds of so many parameter sets over the same history on two threads, their start with it. */
async function sweepRow(matrix: FundingMatrix, rules: Rules, fees: NamedFees): Promise<object> {
  const sets = Array.from({ length: SETS }, (_, at) => ({ entryAprMin: at / 5000 }))
  const span = { fromMs: matrix.instants[0] ?? 0, toMs: (matrix.instants.at(-1) ?? 0) + 1 }
  const ground = { matrix, rules, fees, halfSpreadBps: 1, capital: LIMITS.capital ?? 0, ...span }
  const startMs = performance.now()
  const trials = await runTrials(ground, sets, 2, () => {})
  const wallMs = performance.now() - startMs
  return {
    what: `${SETS} parameter sets on two threads, each a unit in every symbol and one account`,
    'screen, ms': wallMs.toFixed(0),
    'ns a row': ((wallMs * 1e6) / (SETS * (matrix.prices?.spot.length ?? 1))).toFixed(2),
    target: 'a fiftieth of a second for one of the two',
    trades: trials.reduce((sum, each) => sum + each.trades, 0),
  }
}

/** CPU milliseconds of this process. */
function took(work: () => unknown): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

function columnSum(...columns: Float64Array[]): number {
  let total = 0
  for (const column of columns) for (let at = 0; at < column.length; at++) total += column[at] ?? 0
  return total
}
