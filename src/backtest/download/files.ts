/** Tables on disk: each is whole at every instant, whatever kills the process, and none hides another without a word. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fundingOf, openTable, symbolOfPrices, tableFiles } from '../../exchange/simulator/history/tables.ts'
import { NOTHING, parseTable, type Recorded, type TableKind, tableText } from './tables.ts'

export type SourceName = 'bybit' | 'simulator'
export type TableName = { kind: TableKind; symbol: string; source: SourceName }

/** Readers know prices by a name that begins with the coin, such as `SOL_bybit_1h.csv`. */
export const tableName = ({ kind, symbol, source }: TableName): string =>
  join(kind, `${symbol.replace(/USDT$/, '')}_${source}_${kind === 'funding' ? 'funding' : '1h'}.csv`)

/** @throws DownloadFault for a file of this name that no download wrote */
export function readTable(folder: string, table: TableName): Recorded {
  const file = join(folder, tableName(table))
  return existsSync(file) ? parseTable(table.kind, tableName(table), readFileSync(file, 'utf8')) : NOTHING
}

/** Replaces the table at once: readers see the old one or the new one. */
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

/** Which other tables of the folder tell of the same, and which of all a reader takes: the last in its order. */
export type Rivals = { others: string[]; read: string }

/** @returns rivals of each of `tables` that has some, by the table's name */
export function rivalsOf(folder: string, tables: readonly TableName[]): Map<string, Rivals> {
  const files = tableFiles(folder)
  const own = new Set(tables.map(table => join(folder, tableName(table))))
  const others = files.filter(file => !own.has(file)).map(file => ({ file, about: subjectsOf(file) }))
  return new Map(
    tables.flatMap(table => {
      const about = `${table.kind} ${table.symbol}`
      const rivals = others.filter(other => other.about.has(about)).map(({ file }) => file)
      if (rivals.length === 0) return []
      const mine = join(folder, tableName(table))
      // One that is not written yet will stand behind what lies in the folder itself.
      const order = [...new Set([...files, mine])].sort(
        (a, b) => placeOf(folder, a) - placeOf(folder, b) || (a < b ? -1 : 1),
      )
      const read = order.findLast(file => file === mine || rivals.includes(file)) ?? mine
      const named = (file: string) => relative(folder, file)
      return [[tableName(table), { others: rivals.map(named), read: named(read) }] as const]
    }),
  )
}

const placeOf = (folder: string, file: string) =>
  ['', 'funding', 'prices'].indexOf(relative(folder, file).split('/').slice(0, -1).join('/'))

/** What a table tells of, as `kind symbol`. Tables of downloads say it by their names: nothing is read for them. */
function subjectsOf(file: string): Set<string> {
  const [, kind, coin] =
    /(?:^|\/)(funding|prices)\/([A-Z0-9]+)_(?:bybit|simulator)_(?:funding|1h)\.csv$/.exec(file) ?? []
  if (kind && coin) return new Set([`${kind} ${coin}USDT`])
  const table = openTable(file)
  if (table.kind === 'prices') return new Set([`prices ${symbolOfPrices(table)}`])
  return new Set(
    table.kind === 'funding' ? [...fundingOf(table).keys()].map(symbol => `funding ${symbol}`) : [],
  )
}
