/**
 * A search over parameters that says how much of its best is luck: every set on the whole history, windows that choose on one
 * stretch and are judged on the next, the baselines beside them, and how the result changes with each parameter.
 */
import { HOUR_MS } from '../../domain/market/funding.ts'
import type { Rules } from '../../domain/rules.ts'
import type { FundingPoint, PricePoint } from '../../exchange/simulator/history/files.ts'
import { fundingMatrix } from '../screen/matrix.ts'
import { exactFunding, LEARN_MS } from '../study/score.ts'
import type { NamedFees } from '../variant.ts'
import { type Axis, drawn, grid, type ParameterSet, type SweptKey } from './grid.ts'
import { runTrials } from './pool.ts'
import {
  dailyChanges,
  dailyReturns,
  luckiestSharpe,
  momentsOf,
  sharpeOf,
  sharpeProbability,
  yearly,
  yearlyRange,
} from './statistics.ts'
import {
  baselineTrials,
  engineTrial,
  type Ground,
  netOf,
  type TradedSpan,
  type Trial,
  type TrialFigures,
  type WholeTrial,
} from './trial.ts'

// What is left of a sweep's best after the number of tries is taken into account.

const BPS = 10_000

type SweepLuck = {
  tries: number
  /** Of the best by this ratio, a year; and what the luckiest of so many worthless tries would show. */
  bestSharpe: number
  luckiestSharpe: number
  /** Deflated: how likely the best one's true ratio is above what luck alone shows, 0 to 1. */
  deflated: number
  /** How likely the configured rule's true ratio is above 0: it was not chosen here, so no try is counted against it. */
  configured: number
  /** Share of the trials whose units earn more than those of the two-speed rule. */
  aboveTwoSpeeds: number
  /** The configured rule less the two speeds, bps per symbol and year: the middle nine tenths of the days drawn anew in blocks. */
  ahead: { low: number; high: number } | null
}

type LuckOf = {
  trials: readonly Trial[]
  configured: WholeTrial
  against: WholeTrial
  symbols: number
  seed: number
}

/** @param of - at least one trial; `against` is the two-speed rule */
function luckOf({ trials, configured, against, symbols, seed }: LuckOf): SweepLuck {
  const moments = trials.map(({ equity }) => momentsOf(dailyReturns(equity)))
  const ratios = moments.map(sharpeOf)
  const at = ratios.reduce((most, ratio, index) => (ratio > (ratios[most] ?? 0) ? index : most), 0)
  const luckiest = luckiestSharpe(ratios)
  const best = moments[at]
  const inBps = ({ units }: WholeTrial) => dailyChanges(units.equity).map(value => (value / symbols) * BPS)
  const other = inBps(against)
  return {
    tries: trials.length,
    bestSharpe: yearly(ratios[at] ?? 0),
    luckiestSharpe: yearly(luckiest),
    deflated: best ? sharpeProbability(best, luckiest) : 0,
    configured: sharpeProbability(momentsOf(dailyReturns(configured.equity)), 0),
    aboveTwoSpeeds:
      trials.filter(({ netBps }) => netBps > against.netBps).length / Math.max(1, trials.length),
    ahead: yearlyRange(
      inBps(configured).map((value, day) => value - (other[day] ?? 0)),
      seed,
    ),
  }
}

const DAY_MS = 24 * HOUR_MS

type WalkWindow = { train: TradedSpan; test: TradedSpan }

/** Windows that follow each other; the last may be short, but not below half. @param span - what may be traded at all */
export function walkForward({ fromMs, toMs }: TradedSpan, trainDays: number, testDays: number): WalkWindow[] {
  const windows: WalkWindow[] = []
  for (let at = fromMs + trainDays * DAY_MS; toMs - at >= (testDays * DAY_MS) / 2; at += testDays * DAY_MS)
    windows.push({
      train: { fromMs: at - trainDays * DAY_MS, toMs: at },
      test: { fromMs: at, toMs: Math.min(at + testDays * DAY_MS, toMs) },
    })
  return windows
}

/** What a trial made in a stretch of its whole run, a fraction of its capital. @param equity - of each day since `fromMs` */
export function madeIn(equity: Float64Array, fromMs: number, stretch: TradedSpan): number {
  const at = (atMs: number) => {
    const day = Math.round((atMs - fromMs) / DAY_MS)
    return equity[Math.min(Math.max(0, day), equity.length - 1)] ?? 0
  }
  return (at(stretch.toMs) - at(stretch.fromMs)) / (equity[0] ?? 1)
}

export type SweepOf = {
  funding: ReadonlyMap<string, readonly FundingPoint[]>
  /** Of symbols whose prices cover all that is looked at: in an hour without one nothing is traded. */
  prices: ReadonlyMap<string, readonly PricePoint[]>
  files: string[]
  rules: Rules
  fees: NamedFees
  halfSpreadBps: number
  /** USDT. */
  capital: number
  axes: readonly Axis[]
  /** At most so many sets, drawn by the seed. */
  trials: number
  trainDays: number
  testDays: number
  seed: number
  workers: number
  fromMs?: number | undefined
  toMs?: number | undefined
}

export type RuleRow = TrialFigures & { name: string; sharpe: number }
export type TrialRow = TrialFigures & { set: ParameterSet; sharpe: number }
/** What one value of a parameter came to, over every set that has it; and with all else as configured. */
type Sensitivity = {
  key: SweptKey
  value: number
  sets: number
  worst: number
  median: number
  best: number
  /** A year on capital, only this parameter changed; null where that set was not among the trials. */
  alone: number | null
}
type WindowRow = WalkWindow & {
  /** Chosen on the train stretch, and what it made there and after it, a year on capital. */
  chosen: ParameterSet
  trainApr: number
  /** In the days after it: the chosen set, the configured rule and each baseline. */
  rules: { name: string; aprOnCapital: number; netBps: number }[]
}

export type SweepReport = {
  fromMs: number
  toMs: number
  files: string[]
  symbols: string[]
  /** Those whose prices cover the stretch: basis and stops are theirs alone. */
  priced: string[]
  fees: NamedFees
  halfSpreadBps: number
  roundTripBps: number
  capital: number
  seed: number
  axes: readonly Axis[]
  /** Of the whole grid, and those that were run. */
  combinations: number
  trials: TrialRow[]
  /** The configured rule first, then the baselines. */
  rules: RuleRow[]
  /** The trial with the highest return on capital, seen after the fact. */
  best: TrialRow
  luck: SweepLuck
  sensitivity: Sensitivity[]
  walk: { trainDays: number; testDays: number; windows: WindowRow[] }
  bySymbol: {
    symbol: string
    fundingExact: string
    rules: { name: string; netBps: number; trades: number }[]
  }[]
  /** Of the configured rule and the baselines, each day, USDT. */
  equity: { name: string; values: number[] }[]
}

const YEAR_DAYS = 365

/** @param progress - share of all trials that is done. @throws SweepFault for parameters that cannot be tried */
export async function sweepParameters(
  of: SweepOf,
  progress: (share: number) => void = () => {},
): Promise<SweepReport> {
  const ground = groundOf(of)
  const all = grid(of.axes)
  const sets = drawn(all, of.trials, of.seed)
  const trials = await runTrials(ground, sets, of.workers, done => progress(done / sets.length))
  const configured = engineTrial(ground, {})
  const baselines = baselineTrials(ground)
  const rows = trials.map((trial, at): TrialRow => ({ set: sets[at] ?? {}, ...figuresOf(trial) }))
  const best = rows.reduce((most, each) => (each.aprOnCapital > most.aprOnCapital ? each : most))
  const two = baselines.find(({ name }) => name === 'two speeds')
  return {
    fromMs: ground.fromMs,
    toMs: ground.toMs,
    files: of.files,
    symbols: [...ground.matrix.symbols],
    priced: [...of.prices.keys()],
    fees: of.fees,
    halfSpreadBps: of.halfSpreadBps,
    roundTripBps: roundTripBpsOf(of),
    capital: of.capital,
    seed: of.seed,
    axes: of.axes,
    combinations: all.length,
    trials: rows,
    rules: [configured, ...baselines].map(trial => ({ name: trial.name, ...figuresOf(trial) })),
    best,
    luck: luckOf({ trials, configured, against: two ?? configured, symbols: of.funding.size, seed: of.seed }),
    sensitivity: sensitivityOf(of.axes, rows, of.rules),
    walk: walked({ ground, of, sets, trials }),
    bySymbol: bySymbolOf(of, configured, baselines),
    equity: [configured, ...baselines].map(({ name, equity }) => ({ name, values: [...equity] })),
  }
}

function groundOf({ funding, prices, rules, fees, halfSpreadBps, capital, fromMs, toMs }: SweepOf): Ground {
  const matrix = fundingMatrix({ funding, prices })
  const { instants } = matrix
  const [first = 0, last = 0] = [instants[0], instants.at(-1)]
  return {
    matrix,
    rules,
    fees,
    halfSpreadBps,
    capital,
    fromMs: Math.max(fromMs ?? first, first),
    toMs: Math.min(toMs ?? last + 1, last + 1),
  }
}

function figuresOf({ equity, ...trial }: Trial): TrialFigures & { sharpe: number } {
  const { aprOnCapital, drawDown, accountTrades, netBps, heldShare, trades } = trial
  const sharpe = yearly(sharpeOf(momentsOf(dailyReturns(equity))))
  return { aprOnCapital, drawDown, accountTrades, netBps, heldShare, trades, sharpe }
}

const roundTripBpsOf = ({ fees: { table }, halfSpreadBps }: SweepOf): number =>
  2 * (Number(table.spot.taker) + Number(table.linear.taker)) * 10_000 + 4 * halfSpreadBps

function sensitivityOf(axes: readonly Axis[], rows: readonly TrialRow[], { strategy }: Rules): Sensitivity[] {
  return axes.flatMap(({ key, values }) =>
    values.map(value => {
      const having = rows.filter(({ set }) => set[key] === value)
      const sorted = having.map(({ aprOnCapital }) => aprOnCapital).sort((a, b) => a - b)
      const alone = having.find(({ set }) =>
        axes.every(axis => axis.key === key || set[axis.key] === strategy[axis.key]),
      )
      return {
        key,
        value,
        sets: having.length,
        worst: sorted[0] ?? Number.NaN,
        median: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN,
        best: sorted.at(-1) ?? Number.NaN,
        alone: alone?.aprOnCapital ?? null,
      }
    }),
  )
}

type Walked = { ground: Ground; of: SweepOf; sets: readonly ParameterSet[]; trials: readonly Trial[] }

/** The first month of the history only teaches, so no window begins in it. */
function walked({ ground, of: { trainDays, testDays }, sets, trials }: Walked): SweepReport['walk'] {
  const { fromMs, toMs } = ground
  const windows = walkForward({ fromMs: fromMs + LEARN_MS, toMs }, trainDays, testDays)
  const rows = windows.map((window): WindowRow => {
    const { train, test } = window
    const made = trials.map(({ equity }) => madeIn(equity, fromMs, train))
    const at = made.reduce((most, value, index) => (value > (made[most] ?? value) ? index : most), 0)
    const chosen = sets[at] ?? {}
    return {
      ...window,
      chosen,
      trainApr: ((made[at] ?? 0) * YEAR_DAYS) / trainDays,
      rules: [
        { ...engineTrial(ground, chosen, test), name: 'chosen' },
        { ...engineTrial(ground, {}, test), name: 'as configured' },
        ...baselineTrials(ground, test),
      ].map(({ name, aprOnCapital, netBps }) => ({ name, aprOnCapital, netBps })),
    }
  })
  return { trainDays, testDays, windows: rows }
}

function bySymbolOf(
  { funding }: SweepOf,
  configured: WholeTrial,
  baselines: readonly WholeTrial[],
): SweepReport['bySymbol'] {
  return [...funding].map(([symbol, points]) => {
    const own = ({ units }: WholeTrial) => units.trades.filter(trade => trade.symbol === symbol)
    return {
      symbol,
      fundingExact: exactFunding(own(configured), points),
      rules: [configured, ...baselines].map(trial => ({
        name: trial.name,
        netBps: netOf(own(trial)) * 10_000,
        trades: own(trial).length,
      })),
    }
  })
}
