/** Every variant over one history, the engine first and the baselines after it, as one plain value. */
import type { Route } from '../domain/instrument.ts'
import type { Rules } from '../domain/rules.ts'
import type { Usdt } from '../domain/units.ts'
import type { Coverage, History, HistoryFault } from '../exchange/simulator/history/files.ts'
import { baselineRun } from './baseline/run.ts'
import { BASELINES } from './baseline/trader.ts'
import { engineRun } from './engine-run.ts'
import { PATIENT, replayRules } from './replay/rules.ts'
import { type BacktestRun, tiesOut } from './run.ts'
import { allTakerBps, CROSSING, capitalFor, feeLevel, type NamedFees, type Variant } from './variant.ts'

type BacktestWish = {
  history: History
  /** What the records hold of each symbol, those that cannot be run among them. */
  coverage: Coverage[]
  rules: Rules
  /** What the rules come from: a file's name, or null for the defaults. */
  file: string | null
  /** The patient strategy for large coins in place of the configured horizon and bars. */
  patient: boolean
  /** Vary fees and the spread route in place of `fees` and `routes`. */
  compare: boolean
  fees: NamedFees
  /** Null: those that cross the book, with or without the native spread. */
  routes: readonly Route[] | null
  spread: boolean
  /** Null: what the limits let the symbols bind. */
  capitalUsdt: Usdt | null
  seed: number
}

export type VariantReport = {
  name: string
  fees: NamedFees
  /** Four crossing fills by these fees, bps of notional, before any slippage. */
  allTakerBps: number
  routes: readonly Route[]
  /** The engine first. */
  runs: BacktestRun[]
}
export type BacktestReport = {
  fromMs: number
  toMs: number
  symbols: string[]
  files: string[]
  gaps: HistoryFault[]
  coverage: Coverage[]
  capitalUsdt: Usdt
  strategy: {
    file: string | null
    patient: boolean
    entryAprMin: number
    idleApr: number
    exitHorizonHours: number
    seed: number
  }
  /** What was set because the records are hourly, and what else is assumed. */
  assumptions: string[]
  variants: VariantReport[]
  /** Books, journals and funding of every run tie out and every hedge is closed. */
  tiesOut: boolean
}

type Progress = (at: { run: number; runs: number; name: string; share: number }) => void

/** Runs every variant and its baselines on the same records. Throws when there is no variant, and what a run threw. */
export async function backtestVariants(
  wish: BacktestWish,
  progress: Progress = () => {},
): Promise<BacktestReport> {
  const { history, file, patient, seed } = wish
  const variants = variantsOf(wish)
  const [first] = variants
  if (!first) throw new Error('backtest: expected at least one variant, found none')
  const runs = variants.length
  const reports: VariantReport[] = []
  for (const [run, variant] of variants.entries()) {
    const { name } = variant
    const engine = await engineRun(history, variant, nowMs =>
      progress({ run, runs, name, share: (nowMs - history.fromMs) / (history.toMs - history.fromMs) }),
    )
    // Baselines cross the books by four fills: with the same fees one run of each serves every route.
    const same = reports.find(({ fees }) => fees.name === variant.fees.name)
    const baselines = same?.runs.slice(1) ?? BASELINES.map(rule => baselineRun(history, variant, rule))
    reports.push({
      name,
      fees: variant.fees,
      allTakerBps: allTakerBps(variant.fees),
      routes: variant.routes,
      runs: [engine, ...baselines],
    })
  }
  const { entryAprMin, idleApr, exitHorizonHours } = first.rules.strategy
  return {
    fromMs: history.fromMs,
    toMs: history.toMs,
    symbols: history.symbols.map(({ symbol }) => symbol),
    files: history.files,
    gaps: history.faults,
    coverage: wish.coverage,
    capitalUsdt: first.capitalUsdt,
    strategy: { file, patient, entryAprMin, idleApr, exitHorizonHours, seed },
    assumptions: assumptionsOf(first.rules, patient),
    variants: reports,
    tiesOut: reports.every(({ runs: each }) => each.every(tiesOut)),
  }
}

function variantsOf(wish: BacktestWish): Variant[] {
  const symbols = wish.history.symbols.map(({ symbol }) => symbol)
  const rules = replayRules(wish.rules, !wish.patient, symbols)
  const capitalUsdt = wish.capitalUsdt ?? capitalFor(rules, symbols.length)
  const variant = (fees: NamedFees, routes: readonly Route[]): Variant => ({
    name: `${fees.name}, ${routes.includes('spread') ? 'with' : 'without'} the spread route`,
    fees,
    routes,
    rules: {
      ...rules,
      execution: { ...rules.execution, routes },
      strategy: { ...rules.strategy, symbols },
    },
    capitalUsdt,
    seed: wish.seed,
  })
  const crossing = (spread: boolean) => CROSSING.filter(route => spread || route !== 'spread')
  if (!wish.compare) return [variant(wish.fees, wish.routes ?? crossing(wish.spread))]
  return COMPARED.flatMap(level => [true, false].map(spread => variant(level, crossing(spread))))
}

/** The fees that a newcomer pays and those of the level that an account of some size reaches. */
const COMPARED = ['vip0', 'vip3'].flatMap(name => feeLevel(name) ?? [])

function assumptionsOf({ strategy, limits }: Rules, patient: boolean): string[] {
  const kept = Object.entries(PATIENT).map(([key, value]) => `${key} ${value}`)
  return [
    'Prices are the open of each hour, of the exchange that the files name, and stand still within the hour; the basis is that exchange’s too.',
    'Order books around them are modelled (width and depth of the simulator’s instrument table); a native spread’s book is both legs’ books walked together, at half the fees.',
    'The rate seen before a settlement is the last one settled: the running estimate of the next one was not recorded.',
    `Because records are hourly: judged every ${strategy.judgeEveryMs / 60_000} minutes, data of up to ${limits.bookAgeMsMax / 60_000} minutes counts as fresh, routes that rest in the book are left out unless named.`,
    ...(patient
      ? [`The patient strategy for large coins is set in place of the configuration’s: ${kept.join(', ')}.`]
      : []),
  ]
}
