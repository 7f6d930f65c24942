/** What commands over recorded history share: where it lies, what it is charged, and where the answer goes. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { parse } from 'yaml'
import { reportsFolder } from '../../backtest/report/page.ts'
import { FEE_LEVELS, feeLevel, type NamedFees, readFees } from '../../backtest/variant.ts'
import { systemClock } from '../../clock/clock.ts'
import { type Config, loadConfig } from '../../config/config.ts'
import { type HistoryRecords, NoHistory, readRecords } from '../../exchange/simulator/history/files.ts'
import { historyFolder } from '../../run/start/data-folder.ts'
import { CliFailure } from './failure.ts'
import { print } from './output.ts'

/** Neither a running engine nor an account is needed: the mode of this shell says nothing here. */
export function configOf({ config: file }: { config?: string }): Config {
  return loadConfig({ cwd: process.cwd(), env: { ...process.env, HEDGEROW_MODE: 'replay' }, file })
}

/** What every command over recorded history may be told; from and to are instants. */
export type RecordedOptions = {
  config?: string
  data?: string
  from?: number
  to?: number
  symbols?: string[]
  exchange?: string
  fees: string
  halfSpreadBps: number
  capital?: string
  json?: boolean
  out?: string
  /** A file, or `true` for one where the pages look. */
  report?: string | true
}

/** Everything in the folder that is asked for, else in the configured one. @throws CliFailure without funding */
export function recordsOf(
  config: Config,
  { data, exchange }: { data?: string; exchange?: string },
): HistoryRecords {
  const folder = data ? resolve(data) : historyFolder(config)
  return asFailure(
    () => readRecords(folder, { ...(exchange !== undefined && { exchange }), nowMs: systemClock().nowMs() }),
    '; `hedgerow data import FILE…` or `hedgerow data download SYMBOL…` brings records in, --data names a folder',
  )
}

/** What a history lacks, as a person is told. @throws CliFailure */
export function asFailure<Value>(read: () => Value, more = ''): Value {
  try {
    return read()
  } catch (error) {
    if (error instanceof NoHistory) throw new CliFailure(`recorded history: ${error.message}${more}`)
    throw error
  }
}

/** A level by name, or a file. @throws CliFailure for anything else */
export function feesOf(text: string): NamedFees {
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

/** Prints it, or writes it to a file and says so. */
export function putOut({ json, out }: { json?: boolean; out?: string }, text: string, value: unknown): void {
  const whole = json ? JSON.stringify(value, null, 2) : text
  if (out === undefined) {
    print(whole)
    return
  }
  const file = resolve(out)
  writeFileSync(file, `${json ? whole : stripVTControlCharacters(whole)}\n`)
  if (!json) print(`wrote ${file}`)
}

/** Where a report goes: the file that was named, or one of its own where the pages look for reports. */
export function reportFile(named: string | true, kind: 'backtest' | 'sweep', dataDir: string): string {
  if (named !== true) return named
  const folder = reportsFolder(dataDir)
  mkdirSync(folder, { recursive: true })
  const stamp = new Date(systemClock().nowMs()).toISOString().slice(0, 19).replaceAll(':', '')
  return join(folder, `${kind}-${stamp}.html`)
}

/** The report as one file of HTML. @param json - then the error output is told */
export function writePage(file: string, page: string, json: boolean | undefined): void {
  writeFileSync(resolve(file), page)
  process.stderr.write(json ? '' : `wrote ${resolve(file)}\n`)
}
