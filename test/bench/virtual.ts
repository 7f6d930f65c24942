/**
 * Virtual time against what is allowed: a simulated day with faults, and a backtest by the engine itself with its baselines, in
 * processor time. `node test/bench/virtual.ts` prints the rows.
 */

import { feeLevel } from '../../src/backtest/variant.ts'
import { backtestVariants } from '../../src/backtest/variants.ts'
import { runDay } from '../../src/simulate/day/run-day.ts'
import { defaultRules, historyOfDays, invented } from '../support/backtest/invented.ts'
import { median, type RatioRow, rounded, shown } from './rounds.ts'

/** Days of usual length: one whose hedge is kept from closing all day takes several times as long. */
const SEEDS = [2, 4, 5, 6, 7, 8]
const DAY_S = 1.5
/** What a backtest is asked for, and what is run of it. */
const ASKED_DAYS = 196
const RUN_DAYS = 7
const BACKTEST_S = 3
const BACKTESTS = 5

async function cpuSeconds(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000_000
}

/** The first warms code. */
async function warmed(times: readonly number[], work: (at: number) => Promise<unknown>): Promise<number> {
  const found: number[] = []
  for (const at of times) found.push(await cpuSeconds(() => work(at)))
  return median(found.slice(1))
}

const allowed = (what: string, floorValue: number, ours: number): RatioRow => ({
  ...{ what, floor: 'what is allowed', floorValue, unit: 's', better: 'lower', reach: 1 },
  ours: rounded(ours),
  ratio: rounded(ours / floorValue),
})

function backtest(): Promise<unknown> {
  const fees = feeLevel('vip0')
  if (!fees) throw new Error('bench: expected the fees of the lowest level, found none')
  // Funding that pays most of the time, and prices that move.
  const rates = Array.from({ length: RUN_DAYS * 3 }, (_, at) => (at % 7 === 6 ? '-0.0001' : '0.0004'))
  const price = (hour: number) => 200 * (1 + 0.02 * Math.sin(hour / 30))
  const symbol = invented({
    days: RUN_DAYS,
    rates,
    spotPrice: price,
    perpPrice: hour => price(hour) * 1.0004,
  })
  return backtestVariants({
    history: historyOfDays([symbol], RUN_DAYS),
    coverage: [],
    rules: defaultRules(),
    file: null,
    patient: true,
    compare: false,
    fees,
    routes: null,
    spread: true,
    capitalUsdt: null,
    seed: 1,
  })
}

export async function benchVirtual(): Promise<RatioRow[]> {
  const rules = defaultRules()
  const day = await warmed(SEEDS, seed => runDay(seed, rules))
  const run = await warmed(
    Array.from({ length: BACKTESTS + 1 }, (_, at) => at),
    backtest,
  )
  return [
    allowed('a simulated day with faults', DAY_S, day),
    allowed(
      `an exact backtest of one symbol, ${ASKED_DAYS} days, by ${RUN_DAYS} of them`,
      BACKTEST_S,
      (run * ASKED_DAYS) / RUN_DAYS,
    ),
  ]
}

if (import.meta.main) console.table((await benchVirtual()).map(shown))
