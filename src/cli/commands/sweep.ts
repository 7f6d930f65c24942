/** Carries out `sweep`: many parameter sets over recorded history on all cores, and how much of their best is luck. */
import { hashesOf } from '../../backtest/report/page.ts'
import { setText, sweepPage } from '../../backtest/report/sweep-page.ts'
import { axisOf, SweepFault, USUAL } from '../../backtest/sweep/grid.ts'
import { type RuleRow, type SweepOf, type SweepReport, sweepParameters } from '../../backtest/sweep/sweep.ts'
import { capitalFor } from '../../backtest/variant.ts'
import { systemClock } from '../../clock/clock.ts'
import { HOUR_MS } from '../../domain/market/funding.ts'
import type { FundingPoint, HistoryRecords, PricePoint } from '../../exchange/simulator/history/files.ts'
import { amountText, instantText, lengthText, percentText } from '../../wording/figures.ts'
import { CliFailure } from '../kit/failure.ts'
import { didYouMean } from '../kit/known-actors.ts'
import { bold, dim, signed, tableLines } from '../kit/output.ts'
import {
  configOf,
  feesOf,
  putOut,
  type RecordedOptions,
  recordsOf,
  reportFile,
  writePage,
} from '../kit/recorded.ts'
import { startProgress } from '../kit/screen.ts'

// A sweep as people read it in a terminal: the same figures as its page, without the long tables.

const day = (atMs: number) => instantText(atMs).slice(0, 10)
const yearly = (fraction: number) => signed(percentText(fraction, { sign: true }))

/** Colours where a person looks. */
export function sweepText(report: SweepReport): string {
  const {
    fromMs,
    toMs,
    symbols,
    files,
    fees,
    roundTripBps,
    capital,
    combinations,
    trials,
    walk,
    luck,
    priced,
  } = report
  return [
    bold(`Sweep of ${trials.length} of ${combinations} parameter sets, ${day(fromMs)} to ${day(toMs)}`),
    `${dim('records  ')}${files.join(', ')}: ${symbols.length} symbols; prices of ${priced.length === 0 ? 'none cover the stretch: funding alone' : priced.join(', ')}`,
    `${dim('cost     ')}fees ${fees.name}, ${amountText(roundTripBps, { places: 1 })} bps a round trip; ${amountText(capital)} USDT, seed ${report.seed}`,
    '',
    ...tableLines(report.rules.map(ruleRow), RULES),
    '',
    bold(
      `Walk-forward: chosen on ${walk.trainDays} days, judged on the next ${walk.testDays}; net bps per symbol and year`,
    ),
    ...walkLines(report),
    '',
    bold('Sensitivity: a year on capital over all sets that have the value'),
    ...tableLines(
      report.sensitivity.map(row => ({
        key: row.key,
        value: row.value,
        sets: row.sets,
        worst: yearly(row.worst),
        median: yearly(row.median),
        best: yearly(row.best),
        alone: row.alone === null ? '–' : yearly(row.alone),
      })),
      {
        key: 'PARAMETER',
        value: 'VALUE',
        sets: 'SETS',
        worst: 'WORST',
        median: 'MEDIAN',
        best: 'BEST',
        alone: 'ALONE',
      },
    ),
    '',
    `Best Sharpe ratio ${amountText(luck.bestSharpe)}; the luckiest of ${luck.tries} worthless tries would show ${amountText(luck.luckiestSharpe)}: above luck with ${percentText(luck.deflated, { places: 1 })}.`,
    `The configured rule, which was not chosen here, is above 0 with ${percentText(luck.configured, { places: 1 })}. ${percentText(luck.aboveTwoSpeeds, { places: 0 })} of the sets beat the two speeds by units${luck.ahead ? `; it is ${amountText(luck.ahead.low, { sign: true, places: 0 })} to ${amountText(luck.ahead.high, { sign: true, places: 0 })} bps per symbol and year ahead of them in nine of ten draws of the days` : ''}.`,
    `Highest return after the fact: ${percentText(report.best.aprOnCapital)} with ${setText(report.best.set)}.`,
    dim(
      'APR on capital, FALL, SHARPE and TRADES are of one account; NET and HELD of a unit in each symbol, net bps per symbol and year.',
    ),
  ].join('\n')
}

const RULES = {
  name: 'RULE',
  apr: 'APR ON CAPITAL',
  fall: 'FALL',
  sharpe: 'SHARPE',
  trades: 'TRADES',
  net: 'NET',
  held: 'HELD',
}
const ruleRow = (row: RuleRow) => ({
  name: row.name,
  apr: yearly(row.aprOnCapital),
  fall: percentText(row.drawDown),
  sharpe: amountText(row.sharpe),
  trades: row.accountTrades,
  net: amountText(row.netBps, { sign: true, places: 1 }),
  held: percentText(row.heldShare, { places: 1 }),
})

function walkLines({ walk: { windows, trainDays, testDays } }: SweepReport): string[] {
  if (windows.length === 0) return [dim(`the history is shorter than ${trainDays} and ${testDays} days`)]
  const names = windows[0]?.rules.map(({ name }) => name) ?? []
  const rows = windows.map(window => ({
    judged: `${day(window.test.fromMs)} to ${day(window.test.toMs)}`,
    train: yearly(window.trainApr),
    ...Object.fromEntries(
      window.rules.map(({ name, netBps }) => [name, amountText(netBps, { sign: true, places: 0 })]),
    ),
  }))
  return tableLines(rows, {
    judged: 'JUDGED',
    train: 'WHERE CHOSEN',
    ...Object.fromEntries(names.map(name => [name, name.toUpperCase()])),
  })
}

export type SweepOptions = RecordedOptions & {
  set?: string[]
  trials: number
  train: number
  test: number
  seed: number
  workers: number
}

/** Runs it, prints or writes it. @throws CliFailure for what cannot be tried, or for a history without settlements */
export async function sweep(options: SweepOptions): Promise<void> {
  const clock = systemClock()
  const startedAtMs = clock.nowMs()
  const fees = feesOf(options.fees)
  const axes = asUsage(() => (options.set ?? USUAL).map(axisOf))
  const config = configOf(options)
  const records = recordsOf(config, options)
  for (const fault of records.faults) process.stderr.write(`${fault}\n`)
  const of = {
    ...historyFor(options, records),
    files: records.files,
    rules: config.rules,
    fees,
    halfSpreadBps: options.halfSpreadBps,
    axes,
    trials: options.trials,
    trainDays: options.train,
    testDays: options.test,
    seed: options.seed,
    workers: options.workers,
    fromMs: options.from,
    toMs: options.to,
  }
  const capital = Number(options.capital ?? capitalFor(config.rules, of.funding.size))
  const progress = startProgress({ total: 1, name: 'sweep', json: options.json })
  const report = await swept({ ...of, capital }, share => progress.at(share))
  progress.end()
  if (options.report !== undefined) {
    const { workers: _, funding, prices, rules, files: __, ...set } = { ...of, capital }
    writePage(
      reportFile(options.report, 'sweep', config.dataDir),
      sweepPage(report, hashesOf({ funding, prices }, { rules, ...set })),
      options.json,
    )
  }
  putOut(options, sweepText(report), report)
  if (!options.json) process.stderr.write(`took ${lengthText(clock.nowMs() - startedAtMs)}\n`)
}

async function swept(of: SweepOf, progress: (share: number) => void) {
  try {
    return await sweepParameters(of, progress)
  } catch (error) {
    throw error instanceof SweepFault ? new CliFailure(`--set: ${error.message}`, 2) : error
  }
}

function asUsage<Value>(read: () => Value): Value {
  try {
    return read()
  } catch (error) {
    throw error instanceof SweepFault ? new CliFailure(`--set: ${error.message}`, 2) : error
  }
}

/** Settlements up to the end asked for, and the prices that cover them. */
function historyFor({ symbols, from, to }: SweepOptions, { funding, prices }: HistoryRecords) {
  const unknown = symbols?.find(symbol => !funding.has(symbol))
  if (unknown !== undefined)
    throw new CliFailure(`--symbols: ${unknown} is not recorded${didYouMean(unknown, [...funding.keys()])}`)
  const [fromMs, toMs] = [from ?? Number.NEGATIVE_INFINITY, to ?? Number.POSITIVE_INFINITY]
  const kept = new Map<string, FundingPoint[]>()
  for (const [symbol, points] of funding) {
    const until = points.filter(({ atMs }) => atMs < toMs)
    if ((symbols?.includes(symbol) ?? true) && until.some(({ atMs }) => atMs >= fromMs))
      kept.set(symbol, until)
  }
  if (kept.size === 0) throw new CliFailure('no settlement of these symbols is recorded in that span')
  const covered = new Map<string, readonly PricePoint[]>()
  for (const [symbol, points] of kept)
    if (covers(prices.get(symbol) ?? [], points, fromMs)) covered.set(symbol, prices.get(symbol) ?? [])
  return { funding: kept, prices: covered }
}

/** Hours that may be missing, of a hundred. */
const HOLES_MAX = 0.01

function covers(prices: readonly PricePoint[], points: readonly FundingPoint[], fromMs: number): boolean {
  const [first, last] = [Math.max(points[0]?.atMs ?? 0, fromMs), points.at(-1)?.atMs ?? 0]
  const hours = (last - first) / HOUR_MS + 1
  const there = prices.filter(({ atMs }) => atMs >= first && atMs <= last).length
  return there >= hours * (1 - HOLES_MAX)
}
