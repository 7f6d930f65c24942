/** Tables on disk: each is whole at every instant, whatever kills the process, and none hides another without a word. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { TableFault } from '../../exchange/simulator/history/rows.ts'
import { readTables, tableFiles } from '../../exchange/simulator/history/tables.ts'
import { NOTHING_RECORDED, parseTable, type Recorded, type TableKind, tableText } from './tables.ts'

export type SourceName = 'bybit' | 'simulator'
export type TableName = { kind: TableKind; symbol: string; source: SourceName }

/** Readers know prices by a name that begins with the coin, such as `SOL_bybit_1h.csv`. */
export const tableName = ({ kind, symbol, source }: TableName): string =>
  join(kind, `${symbol.replace(/USDT$/, '')}_${source}_${kind === 'funding' ? 'funding' : '1h'}.csv`)

/** @throws DownloadFault for a file of this name that no download wrote */
export function readTable(folder: string, table: TableName): Recorded {
  const file = join(folder, tableName(table))
  return existsSync(file)
    ? parseTable(table.kind, tableName(table), readFileSync(file, 'utf8'))
    : NOTHING_RECORDED
}

/**
 * Replaces the table at once: readers see the old one or the new one. Throws what the file system refuses; the old table is
 * then still there.
 */
export function writeTable(folder: string, table: TableName, recorded: Recorded): void {
  const file = join(folder, tableName(table))
  const part = `${file}.${process.pid}.part`
  mkdirSync(join(folder, table.kind), { recursive: true })
  try {
    writeFileSync(part, tableText(table.kind, table.symbol, recorded), { flush: true })
    renameSync(part, file)
  } catch (error) {
    rmSync(part, { force: true })
    throw error
  }
}

/** Removes what downloads that were killed left half written. Those of running processes stay. */
export function clearLeftovers(folder: string): void {
  for (const kind of ['funding', 'prices'])
    for (const name of existsSync(join(folder, kind)) ? readdirSync(join(folder, kind)) : []) {
      const pid = /\.csv\.(\d+)\.part$/.exec(name)?.[1]
      if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(folder, kind, name), { force: true })
    }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Which other tables of the folder are of the same contract. @returns those of each of `tables` that has some, by the table's name */
export function rivalsOf(folder: string, tables: readonly TableName[]): Map<string, string[]> {
  const own = new Set(tables.map(table => join(folder, tableName(table))))
  const others = tableFiles(folder)
    .filter(file => !own.has(file))
    .map(file => ({ file, about: subjectsOf(file) }))
  return new Map(
    tables.flatMap(table => {
      const about = `${table.kind} ${table.symbol}`
      const rivals = others.filter(other => other.about.has(about)).map(({ file }) => relative(folder, file))
      return rivals.length > 0 ? [[tableName(table), rivals] as const] : []
    }),
  )
}

/** What a table is about, as `kind symbol`. Tables of downloads say it by their names: nothing is read for them. */
function subjectsOf(file: string): Set<string> {
  const [, kind, coin] =
    /(?:^|\/)(funding|prices)\/([A-Z0-9]+)_(?:bybit|simulator)_(?:funding|1h)\.csv$/.exec(file) ?? []
  if (kind && coin) return new Set([`${kind} ${coin}USDT`])
  try {
    return new Set(
      readTables(file, { nowMs: Number.MAX_SAFE_INTEGER }, 'known-only').flatMap(({ funding, prices }) => [
        ...funding.map(({ symbol }) => `funding ${symbol}`),
        ...prices.map(({ symbol }) => `prices ${symbol}`),
      ]),
    )
  } catch (error) {
    if (error instanceof TableFault) return new Set()
    throw error
  }
}
