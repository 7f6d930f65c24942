/** Carries out `data import` and `data check`: says what came in as what, and what is wrong with what is there. */
import { resolve } from 'node:path'
import { checkRecords } from '../../backtest/data/check.ts'
import { importTables } from '../../backtest/data/import.ts'
import { systemClock } from '../../clock/clock.ts'
import { type Config, loadConfig } from '../../config/config.ts'
import { FIELDS, type Field } from '../../exchange/simulator/history/columns.ts'
import { coverageOf, NoHistory, readRecords } from '../../exchange/simulator/history/files.ts'
import { TableFault } from '../../exchange/simulator/history/rows.ts'
import type { Hints } from '../../exchange/simulator/history/tables.ts'
import { minutesOf } from '../../exchange/simulator/history/values.ts'
import { historyFolder, ownHistory, prepareDataDir } from '../../run/start/data-folder.ts'
import { amountText, instantText } from '../../wording/figures.ts'
import { CliFailure } from '../kit/failure.ts'
import { print, printJson, table } from '../kit/output.ts'

export type ImportOptions = {
  json?: boolean
  map?: string[]
  symbol?: string
  exchange?: string
  market?: 'spot' | 'perp'
  zone?: string
  skipBad?: boolean
}

/** @throws CliFailure with every row that stands against it; then nothing was written */
export async function importData(files: readonly string[], options: ImportOptions): Promise<void> {
  const hints = hintsOf(options)
  const config = configOf()
  const folder = ownHistory(config)
  const found = await asFailure(async () => {
    prepareDataDir(config.dataDir)
    return importTables(
      files.map(file => resolve(file)),
      folder,
      hints,
      options.skipBad === true,
    )
  })
  if (options.json) {
    printJson({ folder, files: found })
    return
  }
  print(
    table(
      found.map(({ kept, kind, exchanges, symbols, rows, fromMs, toMs }) => ({
        kept,
        kind,
        exchanges: exchanges.join(', '),
        symbols: symbols.length > 3 ? `${symbols.length} symbols` : symbols.join(', '),
        rows: amountText(rows, { places: 0 }),
        from: minute(fromMs),
        to: minute(toMs),
      })),
      {
        kept: 'FILE',
        kind: 'KIND',
        exchanges: 'EXCHANGE',
        symbols: 'SYMBOLS',
        rows: 'ROWS',
        from: 'FROM',
        to: 'TO',
      },
    ),
  )
  for (const { file, known, notes, skipped } of found) {
    for (const note of notes) print(`${file}: ${note}`)
    if (skipped.length > 0) print(`${file}: ${skipped.length} rows could not be read and were left out`)
    if (known) print(`${file}: already imported`)
  }
  print(`in ${folder}`)
}

export type CheckOptions = { data?: string; exchange?: string; json?: boolean }

/** @returns the exit code: 1 when something could not be used or cannot be true */
export function checkData({ data, exchange, json }: CheckOptions): number {
  const folder = data ? resolve(data) : historyFolder(configOf())
  const records = readOrFail(folder, exchange)
  const findings = checkRecords(records)
  const { faults, notes } = records
  if (json) printJson({ folder, coverage: coverageOf(records), faults, notes, findings })
  else {
    const counted = coverageOf(records).length
    print(`${records.files.length} tables of ${counted} symbols in ${folder}`)
    for (const line of [...faults, ...notes]) print(line)
    if (findings.length > 0)
      print(
        table(
          findings.map(({ symbol, kind, count, fromMs, toMs, detail }) => ({
            symbol,
            kind,
            count: String(count),
            from: minute(fromMs),
            to: minute(toMs),
            detail,
          })),
          { symbol: 'SYMBOL', kind: 'FOUND', count: 'COUNT', from: 'FROM', to: 'TO', detail: 'DETAIL' },
        ),
      )
    else print('no gap, nothing filled forward, no impossible basis')
  }
  return faults.length > 0 ||
    findings.some(({ kind }) => kind === 'filled forward' || kind === 'impossible basis')
    ? 1
    : 0
}

const minute = (atMs: number) => instantText(atMs).slice(0, 16)

function configOf(): Config {
  const { HEDGEROW_MODE: _, ...env } = process.env
  return loadConfig({ cwd: process.cwd(), env })
}

function readOrFail(folder: string, exchange: string | undefined) {
  try {
    return readRecords(folder, { ...(exchange !== undefined && { exchange }), nowMs: systemClock().nowMs() })
  } catch (error) {
    if (error instanceof NoHistory) throw new CliFailure(`recorded history: ${error.message}`)
    throw error
  }
}

function hintsOf({ map = [], symbol, exchange, market, zone }: ImportOptions): Hints {
  const east = zone === undefined ? null : minutesOf(zone)
  if (zone !== undefined && east === null)
    throw new CliFailure(`--zone: expected UTC or an offset such as +08:00, found ${zone}`, 2)
  return {
    nowMs: systemClock().nowMs(),
    zone: east,
    map: Object.fromEntries(map.map(fieldAndColumn)),
    ...(symbol !== undefined && { symbol }),
    ...(exchange !== undefined && { exchange: exchange.toLowerCase() }),
    ...(market !== undefined && { market }),
  }
}

function fieldAndColumn(text: string): [Field, string] {
  const [field = '', ...column] = text.split('=')
  const known = FIELDS.find(each => each === field)
  if (!known || column.length === 0)
    throw new CliFailure(
      `--map: expected FIELD=COLUMN with a field of ${FIELDS.join(', ')}, found ${text}`,
      2,
    )
  return [known, column.join('=')]
}

async function asFailure<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof TableFault) throw new CliFailure(`nothing was imported\n${error.message}`)
    throw error
  }
}
