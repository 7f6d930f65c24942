/**
 * Tables of recorded history as files: comma-separated, gzipped or plain, known by the names of their columns and not by
 * their own name. What a table is, and each row of it as a value; a row that cannot be read is an error that names it.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { HOUR_MS } from '../market/funding.ts'

/** Prices at the start of an hour, in USDT per coin and per contract. */
export type PricePoint = { atMs: number; spotPrice: number; perpPrice: number }
export type FundingPoint = { atMs: number; rate: string; intervalMs: number }

type Kind = 'funding' | 'prices'
type Row = Readonly<Record<string, string>>
type Table = { name: string; kind: Kind | undefined; lines: readonly string[]; names: readonly string[] }

const COLUMNS: Readonly<Record<Kind, readonly string[]>> = {
  funding: ['symbol', 'fundingRate'],
  prices: ['openTime', 'open_spot', 'open_perp'],
}
/** What a table must have to be read, for people. */
export const KNOWN_TABLES = Object.entries(COLUMNS)
  .map(([kind, names]) => `${kind} (${names.join(', ')})`)
  .join(' or ')

const TABLE_FILE = /\.csv(\.gz)?$/

/** Opens a table of any name. @throws when the file cannot be read */
export function openTable(file: string): Table {
  const bytes = readFileSync(file)
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
  const lines = text.split('\n')
  const names = (lines[0] ?? '').trim().split(',')
  const kinds = Object.entries(COLUMNS) as [Kind, readonly string[]][]
  const kind = kinds.find(([, needed]) => needed.every(name => names.includes(name)))?.[0]
  return { name: basename(file), kind, lines, names }
}

/** Every table of the folder and of the folders `funding` and `prices` in it, by name; a folder that is not there has none. */
export const tableFiles = (folder: string): string[] =>
  [folder, join(folder, 'funding'), join(folder, 'prices')].flatMap(place =>
    filesOf(place)
      .filter(name => TABLE_FILE.test(name))
      .sort()
      .map(name => join(place, name)),
  )

function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return []
    throw error
  }
}

function* rowsOf({ lines, names }: Table): Generator<{ row: Row; line: number }> {
  for (const [at, text] of lines.entries()) {
    if (at === 0 || text.trim() === '') continue
    const cells = text.trim().split(',')
    yield { row: Object.fromEntries(names.map((name, column) => [name, cells[column] ?? ''])), line: at + 1 }
  }
}

/** Settled funding of every symbol of the table, oldest first. @throws naming the file and the line */
export function fundingOf(table: Table): Map<string, FundingPoint[]> {
  const bySymbol = new Map<string, FundingPoint[]>()
  for (const { row, line } of rowsOf(table)) {
    const { symbol = '', fundingRate: rate = '' } = row
    const atMs = Number(row.fundingRateTimestamp ?? row.fundingTime)
    const hours = row.observedIntervalHours ? Number(row.observedIntervalHours) : UNKNOWN
    const isRate = /^-?\d+(\.\d+)?(e-\d+)?$/i.test(rate)
    if (symbol === '' || !Number.isSafeInteger(atMs) || !isRate || !(hours >= UNKNOWN))
      throw new Error(
        `${table.name} line ${line}: expected a symbol, an instant, a rate and an interval, found ${JSON.stringify(row)}`,
      )
    const intervalMs = hours * HOUR_MS
    const list = bySymbol.get(symbol) ?? []
    list.push({ atMs, rate: plainRate(rate), intervalMs })
    bySymbol.set(symbol, list)
  }
  return new Map([...bySymbol].map(([symbol, points]) => [symbol, withIntervals(points)]))
}

const UNKNOWN = 0

/** An interval that was not written is the time since the settlement before; of the first, to the one after. */
function withIntervals(points: readonly FundingPoint[]): FundingPoint[] {
  const sorted = points.toSorted((a, b) => a.atMs - b.atMs)
  return sorted.map((point, at) => {
    if (point.intervalMs > 0) return point
    const [one, other] = at > 0 ? [sorted[at - 1], point] : [point, sorted[1]]
    return { ...point, intervalMs: (other?.atMs ?? 0) - (one?.atMs ?? 0) || 8 * HOUR_MS }
  })
}

/** Rates are written plainly on Bybit's wire; files may say 1e-05. */
const plainRate = (rate: string): string =>
  /e/i.test(rate)
    ? Number(rate)
        .toFixed(12)
        .replace(/\.?0+$/, '')
    : rate

/** The perpetual that a table of prices is about: its name begins with the coin, as in `SOL_1h.csv`. */
export const symbolOfPrices = ({ name }: Table): string => `${name.split(/[_.-]/)[0]?.toUpperCase()}USDT`

/** The hours of which both prices are known, oldest first. @throws naming the file and the line */
export function pricesOf(table: Table): PricePoint[] {
  const points: PricePoint[] = []
  for (const { row, line } of rowsOf(table)) {
    const atMs = Number(row.openTime)
    if (!Number.isSafeInteger(atMs))
      throw new Error(`${table.name} line ${line}: expected an instant as openTime, found ${row.openTime}`)
    const [spotPrice, perpPrice] = [Number(row.open_spot || 'NaN'), Number(row.open_perp || 'NaN')]
    if (spotPrice > 0 && perpPrice > 0) points.push({ atMs, spotPrice, perpPrice })
  }
  return points.sort((a, b) => a.atMs - b.atMs)
}
