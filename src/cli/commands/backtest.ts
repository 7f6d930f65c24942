/** Carries out `backtest`: gathers what it was asked for, runs it with its progress on the error output, prints or writes. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { parse } from 'yaml'
import { FEE_LEVELS, feeLevel, type NamedFees, readFees } from '../../backtest/fees.ts'
import { studyFunding } from '../../backtest/study/study.ts'
import { backtestVariants } from '../../backtest/variants.ts'
import { systemClock } from '../../clock/clock.ts'
import { type Config, loadConfig } from '../../config/config.ts'
import { ROUTES, type Route } from '../../domain/instrument.ts'
import { usdt } from '../../domain/units.ts'
import {
  coverageOf,
  historyOf,
  NoHistory,
  type Records,
  readRecords,
} from '../../exchange/simulator/history/files.ts'
import { historyFolder } from '../../run/start/data-folder.ts'
import { lengthText } from '../../wording/figures.ts'
import { CliFailure } from '../kit/failure.ts'
import { didYouMean } from '../kit/known-actors.ts'
import { print } from '../kit/output.ts'
import { startProgress } from '../kit/screen.ts'
import { backtestText, studyText } from '../text/backtest.ts'

export type BacktestOptions = {
  config?: string
  data?: string
  from?: number
  to?: number
  symbols?: string[]
  exchange?: string
  fees: string
  spread: 'on' | 'off'
  routes?: string[]
  capital?: string
  seed: number
  patient?: boolean
  compare?: boolean
  study?: boolean
  halfSpreadBps: number
  json?: boolean
  out?: string
}

/** @returns the exit code: 1 when the books of a run do not tie out */
export async function backtest(options: BacktestOptions): Promise<number> {
  const fees = feesOf(options.fees)
  const routes = routesOf(options)
  const config = configOf(options)
  const folder = options.data ? resolve(options.data) : historyFolder(config)
  const records = recordsOf(folder, options.exchange)
  for (const fault of records.faults) process.stderr.write(`${fault}\n`)
  assertSymbols(options, records)
  const clock = systemClock()
  const startedAtMs = clock.nowMs()
  const { text, json, code } = options.study
    ? studied(options, config, fees, records)
    : await run({ options, config, fees, routes, records })
  deliver(options, text, json)
  if (!options.json) process.stderr.write(`took ${lengthText(clock.nowMs() - startedAtMs)}\n`)
  return code
}

type Made = { text: string; json: unknown; code: 0 | 1 }
type Asked = {
  options: BacktestOptions
  config: Config
  fees: NamedFees
  routes: readonly Route[] | null
  records: Records
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
  return { text: backtestText(report), json: report, code: report.tiesOut ? 0 : 1 }
}

function studied(
  { symbols, from, to, halfSpreadBps, json }: BacktestOptions,
  { rules }: Config,
  fees: NamedFees,
  { funding, files }: Records,
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

/** Neither a running engine nor an account is needed: the mode of this shell says nothing here. */
function configOf({ config: file }: BacktestOptions): Config {
  return loadConfig({ cwd: process.cwd(), env: { ...process.env, HEDGEROW_MODE: 'replay' }, file })
}

function recordsOf(folder: string, exchange: string | undefined): Records {
  return asFailure(
    () => readRecords(folder, { ...(exchange !== undefined && { exchange }), nowMs: systemClock().nowMs() }),
    '; `hedgerow data import FILE…` or `hedgerow data download SYMBOL…` brings records in, --data names a folder',
  )
}

function asFailure<Value>(read: () => Value, more = ''): Value {
  try {
    return read()
  } catch (error) {
    if (error instanceof NoHistory) throw new CliFailure(`recorded history: ${error.message}${more}`)
    throw error
  }
}

function assertSymbols({ symbols, study: fundingOnly }: BacktestOptions, { funding, prices }: Records): void {
  const known = [...funding.keys()].filter(symbol => fundingOnly || prices.has(symbol))
  const unknown = symbols?.find(symbol => !known.includes(symbol))
  if (unknown === undefined) return
  const why = funding.has(unknown) ? 'has recorded funding but no prices' : 'is not recorded'
  throw new CliFailure(`--symbols: ${unknown} ${why}${didYouMean(unknown, known) || `: ${known.join(', ')}`}`)
}

function feesOf(text: string): NamedFees {
  const level = feeLevel(text)
  if (level) return level
  if (!existsSync(text))
    throw new CliFailure(`--fees: expected ${FEE_LEVELS.join(', ')} or a file, found ${text}`, 2)
  try {
    // The failsafe schema gives every scalar as its text: no fee passes through a float.
    return readFees(basename(text), parse(readFileSync(text, 'utf8'), { schema: 'failsafe' }))
  } catch (error) {
    throw new CliFailure(`--fees: ${error instanceof Error ? error.message : String(error)}`, 2)
  }
}

function routesOf({ routes }: BacktestOptions): readonly Route[] | null {
  if (!routes) return null
  const isRoute = (word: string): word is Route => (ROUTES as readonly string[]).includes(word)
  const wrong = routes.find(word => !isRoute(word))
  if (wrong !== undefined)
    throw new CliFailure(`--routes: expected some of ${ROUTES.join(', ')}, found ${wrong}`, 2)
  return routes.filter(isRoute)
}

function deliver({ json, out }: BacktestOptions, text: string, value: unknown): void {
  const whole = json ? JSON.stringify(value, null, 2) : text
  if (out === undefined) {
    print(whole)
    return
  }
  const file = resolve(out)
  writeFileSync(file, `${json ? whole : withoutColours(whole)}\n`)
  if (!json) print(`wrote ${file}`)
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
const withoutColours = (text: string) => text.replace(/\u001b\[\d+m/g, '')
