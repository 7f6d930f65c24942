/** Carries out `sweep`: many parameter sets over recorded history on all cores, and how much of their best is luck. */
import { hashesOf } from '../../backtest/report/hashes.ts'
import { sweepPage } from '../../backtest/report/sweep-page.ts'
import { axisOf, SweepFault, USUAL } from '../../backtest/sweep/grid.ts'
import { type SweepOf, sweepParameters } from '../../backtest/sweep/sweep.ts'
import { capitalFor } from '../../backtest/variant.ts'
import { systemClock } from '../../clock/clock.ts'
import { HOUR_MS } from '../../domain/market/funding.ts'
import type { FundingPoint, HistoryRecords, PricePoint } from '../../exchange/simulator/history/files.ts'
import { lengthText } from '../../wording/figures.ts'
import { CliFailure } from '../kit/failure.ts'
import { didYouMean } from '../kit/known-actors.ts'
import { configOf, feesOf, putOut, type RecordedOptions, recordsOf, writePage } from '../kit/recorded.ts'
import { startProgress } from '../kit/screen.ts'
import { sweepText } from '../text/sweep.ts'

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
      options.report,
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
