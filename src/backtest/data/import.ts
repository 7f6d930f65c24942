/**
 * Brings tables of any shape into a folder of history, each as one plain CSV that says by itself what it is about. All files are
 * read before the first is written, and nothing that is there is replaced.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { HOUR_MS } from '../../domain/market/funding.ts'
import { TableFault, tableRows, unpack } from '../../exchange/simulator/history/rows.ts'
import { type Hints, type RowFault, type Table, tableOf } from '../../exchange/simulator/history/tables.ts'
import { parquetGrid } from './parquet.ts'

type ImportedTable = {
  /** As it was given, and as it is kept. */
  file: string
  kept: string
  /** Already there, the same to the last byte. */
  known: boolean
  kind: 'funding' | 'prices'
  exchanges: string[]
  symbols: string[]
  rows: number
  fromMs: number
  toMs: number
  notes: string[]
  /** Rows left out because a person said so. */
  skipped: RowFault[]
}

const FAULTS_NAMED = 10

/**
 * Reads every file, then writes all of them or none.
 * @param skipBad - leave out rows that cannot be read instead of refusing
 * @throws TableFault naming every file, line and reason that stands against it
 */
export async function importTables(
  files: readonly string[],
  folder: string,
  hints: Hints,
  skipBad: boolean,
): Promise<ImportedTable[]> {
  const tables: Table[] = []
  const faults: string[] = []
  for (const file of files)
    try {
      tables.push(...(await tablesOf(file, hints)))
    } catch (error) {
      if (!(error instanceof TableFault)) throw error
      faults.push(error.message)
    }
  for (const table of tables) faults.push(...against(table, skipBad))
  if (faults.length > 0) throw new TableFault(faults.join('\n'))
  return keep(folder, tables)
}

async function tablesOf(file: string, hints: Hints): Promise<Table[]> {
  const tables: Table[] = []
  for (const unpacked of unpack(file)) {
    const isParquet = /\.parquet$/i.test(unpacked.name)
    const grid = isParquet ? await parquetGrid(unpacked.name, unpacked.bytes) : tableRows(unpacked)
    tables.push(tableOf(grid, hints))
  }
  return tables
}

function against({ name, faults, funding, prices }: Table, skipBad: boolean): string[] {
  if ([...funding, ...prices].every(({ points }) => points.length === 0) && (skipBad || faults.length === 0))
    return [`${name}: expected at least one row, found none that can be read`]
  if (skipBad) return []
  const named = faults.slice(0, FAULTS_NAMED).map(({ line, reason }) => `${name} line ${line}: ${reason}`)
  const more = faults.length - named.length
  return more > 0 ? [...named, `${name}: and ${more} more rows; --skip-bad leaves such rows out`] : named
}

function keep(folder: string, tables: readonly Table[]): ImportedTable[] {
  mkdirSync(folder, { recursive: true })
  const taken = new Map<string, string>()
  const kept = tables.map(table => ({ table, ...placeOf(folder, table, taken) }))
  const parts: [part: string, file: string][] = []
  try {
    for (const { file, text, known } of kept) {
      if (known) continue
      const part = `${file}.${process.pid}.part`
      parts.push([part, file])
      writeFileSync(part, text, { flush: true })
    }
  } catch (error) {
    for (const [part] of parts) rmSync(part, { force: true })
    throw error
  }
  for (const [part, file] of parts) renameSync(part, file)
  return kept.map(({ table, file, known }) => importedOf(table, basename(file), known))
}

/** The table's own name, or one with a mark of its contents where that name is taken by something else. */
function placeOf(folder: string, table: Table, taken: Map<string, string>) {
  const text = tableText(table)
  const stem = table.name
    .replace(/^.*\//, '')
    .replace(/\.[A-Za-z0-9]+$/, '')
    .replace(/[^A-Za-z0-9._-]/g, '_')
    .slice(0, 100)
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 8)
  for (const name of [`${stem}.csv`, `${stem}-${hash}.csv`]) {
    const file = join(folder, name)
    const there = taken.get(file) ?? (existsSync(file) ? readFileSync(file, 'utf8') : undefined)
    if (there !== undefined && there !== text) continue
    taken.set(file, text)
    return { file, text, known: there === text }
  }
  throw new TableFault(`${table.name}: expected a free name in ${folder}, found ${stem} taken twice`)
}

/** As `data import` keeps tables: every row says its exchange, its contract and its hour. */
function tableText({ funding, prices }: Table): string {
  if (funding.length > 0)
    return [
      'exchange,symbol,fundingRateTimestamp,fundingRate,observedIntervalHours',
      ...funding.flatMap(({ exchange, symbol, points }) =>
        points.map(({ atMs, rate, intervalMs }) =>
          [exchange, symbol, atMs, rate, intervalMs / HOUR_MS].join(','),
        ),
      ),
      '',
    ].join('\n')
  return [
    'exchange,symbol,openTime,open_perp,open_spot',
    ...prices.flatMap(({ exchange, symbol, points }) =>
      points.map(({ atMs, perp, spot }) => [exchange, symbol, atMs, perp ?? '', spot ?? ''].join(',')),
    ),
    '',
  ].join('\n')
}

function importedOf(
  { name, funding, prices, notes, faults }: Table,
  kept: string,
  known: boolean,
): ImportedTable {
  const lists = [...funding, ...prices]
  return {
    file: name,
    kept,
    known,
    kind: funding.length > 0 ? 'funding' : 'prices',
    exchanges: [...new Set(lists.map(({ exchange }) => exchange))].filter(exchange => exchange !== ''),
    symbols: [...new Set(lists.map(({ symbol }) => symbol))],
    rows: lists.reduce((sum, { points }) => sum + points.length, 0),
    fromMs: Math.min(...lists.flatMap(({ points }) => points[0]?.atMs ?? [])),
    toMs: Math.max(...lists.flatMap(({ points }) => points.at(-1)?.atMs ?? [])),
    notes,
    skipped: faults,
  }
}
