/** Carries out `backtest`: gathers what it was asked for, runs it with its progress on the error output, prints or writes. */
import { basename } from 'node:path'
import { backtestPage } from '../../backtest/report/backtest-page.ts'
import { hashesOf } from '../../backtest/report/page.ts'
import { studyFunding } from '../../backtest/study/study.ts'
import type { NamedFees } from '../../backtest/variant.ts'
import { backtestVariants } from '../../backtest/variants.ts'
import { systemClock } from '../../clock/clock.ts'
import type { Config } from '../../config/config.ts'
import { ROUTES, type Route } from '../../domain/instrument.ts'
import { usdt } from '../../domain/units.ts'
import { coverageOf, type HistoryRecords, historyOf } from '../../exchange/simulator/history/files.ts'
import { lengthText } from '../../wording/figures.ts'
import { CliFailure } from '../kit/failure.ts'
import { didYouMean } from '../kit/known-actors.ts'
import {
  asFailure,
  configOf,
  feesOf,
  putOut,
  type RecordedOptions,
  recordsOf,
  reportFile,
  writePage,
} from '../kit/recorded.ts'
import { startProgress } from '../kit/screen.ts'
import { backtestText, studyText } from '../text/backtest.ts'

export type BacktestOptions = RecordedOptions & {
  spread: 'on' | 'off'
  routes?: string[]
  seed: number
  patient?: boolean
  compare?: boolean
  study?: boolean
  shadow?: boolean
  account?: string
}

/** @returns the exit code: 1 when the books of a run do not tie out. @throws CliFailure for what cannot be asked for */
export async function backtest(options: BacktestOptions): Promise<number> {
  if (options.shadow) return (await import('./shadow.ts')).shadow(options)
  if (options.study && options.report !== undefined)
    throw new CliFailure(
      '--report: expected without --study, which has no equity; `hedgerow sweep --report` has',
      2,
    )
  const fees = feesOf(options.fees)
  const routes = routesOf(options)
  const config = configOf(options)
  const records = recordsOf(config, options)
  for (const fault of records.faults) process.stderr.write(`${fault}\n`)
  assertSymbols(options, records)
  const clock = systemClock()
  const startedAtMs = clock.nowMs()
  const { text, json, code } = options.study
    ? studied(options, config, fees, records)
    : await run({ options, config, fees, routes, records })
  putOut(options, text, json)
  if (!options.json) process.stderr.write(`took ${lengthText(clock.nowMs() - startedAtMs)}\n`)
  return code
}

type Made = { text: string; json: unknown; code: 0 | 1 }
type Asked = {
  options: BacktestOptions
  config: Config
  fees: NamedFees
  routes: readonly Route[] | null
  records: HistoryRecords
}

async function run({ options, config, fees, routes, records }: Asked): Promise<Made> {
  const { from, to, symbols, patient = false, compare = false, spread, capital, seed, json } = options
  const wanted = {
    ...(from !== undefined && { fromMs: from }),
    ...(to !== undefined && { toMs: to }),
    ...(symbols && { symbols }),
  }
  const history = asFailure(() => historyOf(records, wanted))
  for (const { symbol, why } of history.unusable) process.stderr.write(`${symbol}: left out, ${why}\n`)
  const progress = startProgress({ total: 1, name: 'backtest', json })
  const report = await backtestVariants(
    {
      history,
      coverage: coverageOf(records),
      rules: config.rules,
      file: config.file ? basename(config.file) : null,
      patient,
      compare,
      fees,
      routes,
      spread: spread === 'on',
      capitalUsdt: capital === undefined ? null : usdt(capital),
      seed,
    },
    ({ run: at, runs, name, share }) => progress.at((at + share) / runs, name),
  )
  progress.end()
  if (options.report !== undefined) {
    const set = { patient, compare, spread, capital, seed, fees, routes, ...wanted }
    const hashes = hashesOf(records, { rules: config.rules, ...set })
    writePage(reportFile(options.report, 'backtest', config.dataDir), backtestPage(report, hashes), json)
  }
  return { text: backtestText(report), json: report, code: report.tiesOut ? 0 : 1 }
}

function studied(
  { symbols, from, to, halfSpreadBps, json }: BacktestOptions,
  { rules }: Config,
  fees: NamedFees,
  { funding, files }: HistoryRecords,
): Made {
  const progress = startProgress({ total: symbols?.length ?? funding.size, name: 'study', json })
  const report = studyFunding(
    { funding, files, rules, fees, halfSpreadBps, symbols, fromMs: from, toMs: to },
    done => progress.at(done),
  )
  progress.end()
  if (report.symbols === 0) throw new CliFailure('no settlement of these symbols is recorded in that span')
  return { text: studyText(report), json: report, code: 0 }
}

function assertSymbols(
  { symbols, study: fundingOnly }: BacktestOptions,
  { funding, prices }: HistoryRecords,
): void {
  const known = [...funding.keys()].filter(symbol => fundingOnly || prices.has(symbol))
  const unknown = symbols?.find(symbol => !known.includes(symbol))
  if (unknown === undefined) return
  const why = funding.has(unknown) ? 'has recorded funding but no prices' : 'is not recorded'
  throw new CliFailure(`--symbols: ${unknown} ${why}${didYouMean(unknown, known) || `: ${known.join(', ')}`}`)
}

function routesOf({ routes }: BacktestOptions): readonly Route[] | null {
  if (!routes) return null
  const isRoute = (word: string): word is Route => (ROUTES as readonly string[]).includes(word)
  const wrong = routes.find(word => !isRoute(word))
  if (wrong !== undefined)
    throw new CliFailure(`--routes: expected some of ${ROUTES.join(', ')}, found ${wrong}`, 2)
  return routes.filter(isRoute)
}
