/**
 * The tables that a download writes, as text and as values: what `data import` takes and `replay` and `backtest` read, with two
 * columns more. `coveredFrom` begins and `coveredTo` ends a span that the exchange was asked about: they are in the table itself,
 * so that one rename makes rows and coverage true together. Every rate and price is decimal text from end to end.
 */

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { HOUR_MS } from '../../domain/market/funding.ts'
import type { Span } from '../../exchange/simulator/history/files.ts'
import { TableFault } from '../../exchange/simulator/history/rows.ts'
import { readTables, tableFiles } from '../../exchange/simulator/history/tables.ts'

/** The same instants as a sorted list of spans that neither overlap nor touch; empty spans are nothing. */
export function joined(spans: readonly Span[]): Span[] {
  const list: Span[] = []
  for (const { fromMs, toMs } of spans.filter(isSpan).toSorted((a, b) => a.fromMs - b.fromMs)) {
    const last = list.at(-1)
    if (last && fromMs <= last.toMs) last.toMs = Math.max(last.toMs, toMs)
    else list.push({ fromMs, toMs })
  }
  return list
}

/** What of `wanted` none of `covered` holds, oldest first. */
export function missingOf(wanted: Span, covered: readonly Span[]): Span[] {
  const missing: Span[] = []
  let fromMs = wanted.fromMs
  for (const known of joined(covered)) {
    if (known.toMs <= fromMs) continue
    missing.push({ fromMs, toMs: Math.min(known.fromMs, wanted.toMs) })
    fromMs = known.toMs
  }
  missing.push({ fromMs, toMs: wanted.toMs })
  return missing.filter(isSpan)
}

/** Cuts a span into pieces of `lengthMs`, oldest first; the last may be shorter. */
export function piecesOf({ fromMs, toMs }: Span, lengthMs: number): Span[] {
  const count = Math.max(0, Math.ceil((toMs - fromMs) / lengthMs))
  return Array.from({ length: count }, (_, at) => ({
    fromMs: fromMs + at * lengthMs,
    toMs: Math.min(fromMs + (at + 1) * lengthMs, toMs),
  }))
}

/** What both hold; empty (`toMs <= fromMs`) where that is nothing. */
export const common = (one: Span, other: Span): Span => ({
  fromMs: Math.max(one.fromMs, other.fromMs),
  toMs: Math.min(one.toMs, other.toMs),
})

/** Whether there is any time in it. */
export const isSpan = ({ fromMs, toMs }: Span): boolean => toMs > fromMs
/** Whether the instant lies in it; its end does not belong to it. */
export const within = ({ fromMs, toMs }: Span, atMs: number): boolean => atMs >= fromMs && atMs < toMs

/** Why a download cannot go on, in one message for people: what was found, what was expected, where. */
export class DownloadFault extends Error {
  override name = 'DownloadFault'
}

export type TableKind = 'funding' | 'prices'
/** `values`: of funding the rate; of prices the perpetual's and spot's opening price of the hour, '' where there is none. */
export type RecordedRow = { atMs: number; values: readonly string[] }
/** Rows oldest first, each instant once. */
export type Recorded = { rows: readonly RecordedRow[]; covered: readonly Span[] }

export const NOTHING_RECORDED: Recorded = { rows: [], covered: [] }

const COVERAGE = ['coveredFrom', 'coveredTo']
const COLUMNS: Readonly<Record<TableKind, readonly string[]>> = {
  funding: ['symbol', 'fundingRateTimestamp', 'fundingRate', 'observedIntervalHours', ...COVERAGE],
  prices: ['openTime', 'open_perp', 'open_spot', ...COVERAGE],
}
/** Bybit settles at least every eight hours. */
export const LONGEST_INTERVAL_MS = 8 * HOUR_MS

/** The whole table as text; a covered span without a row in it is not kept. */
export function tableText(kind: TableKind, symbol: string, { rows, covered }: Recorded): string {
  const [begins, ends] = coverageMarks(rows, covered)
  const lines = rows.map(({ atMs, values }, at) => {
    const facts =
      kind === 'funding'
        ? [symbol, atMs, ...values, (intervalMs(rows, at) ?? Number.NaN) / HOUR_MS || '']
        : [atMs, ...values]
    return [...facts, begins.get(atMs) ?? '', ends.get(atMs) ?? ''].join(',')
  })
  return [COLUMNS[kind].join(','), ...lines, ''].join('\n')
}

function coverageMarks(rows: readonly RecordedRow[], covered: readonly Span[]) {
  const [begins, ends] = [new Map<number, number>(), new Map<number, number>()]
  for (const span of joined(covered)) {
    const inside = rows.filter(({ atMs }) => within(span, atMs))
    const [first, last] = [inside[0], inside.at(-1)]
    if (!first || !last) continue
    begins.set(first.atMs, span.fromMs)
    ends.set(last.atMs, span.toMs)
  }
  return [begins, ends] as const
}

/**
 * The time a settlement paid for, as far as its neighbours tell: since the one before, or, where that one is missing, until the
 * one after. Never longer than Bybit's longest interval, so that a reader sees a hole as one.
 */
function intervalMs(rows: readonly RecordedRow[], at: number): number | undefined {
  const between = (later: number) => (rows[later]?.atMs ?? Number.NaN) - (rows[later - 1]?.atMs ?? Number.NaN)
  const found = [between(at), between(at + 1)].find(ms => ms <= LONGEST_INTERVAL_MS && ms % HOUR_MS === 0)
  return found ?? (at > 0 ? LONGEST_INTERVAL_MS : undefined)
}

/**
 * Reads back what `tableText` wrote.
 * @param name - of the file, for faults
 * @throws DownloadFault naming the line of whatever this program did not write so
 */
export function parseTable(kind: TableKind, name: string, text: string): Recorded {
  const lines = text.trimEnd().split('\n')
  if (lines[0] !== COLUMNS[kind].join(','))
    throw new DownloadFault(
      `${name}: expected a table that \`data download\` wrote (${COLUMNS[kind].join(', ')}), found ${lines[0]?.slice(0, 200)}; move it away`,
    )
  const rows: RecordedRow[] = []
  const covered: Span[] = []
  let fromMs: number | undefined
  for (const [at, line] of lines.entries()) {
    if (at === 0) continue
    const { row, begins, ends } = parseLine(kind, line.split(','), () => `${name} line ${at + 1}`)
    const before = rows.at(-1)
    if (before && before.atMs >= row.atMs)
      throw new DownloadFault(
        `${name} line ${at + 1}: expected an instant after ${before.atMs}, found ${row.atMs}`,
      )
    rows.push(row)
    if (begins !== undefined) fromMs = begins
    if (ends !== undefined && fromMs !== undefined) covered.push({ fromMs, toMs: ends })
    if (ends !== undefined) fromMs = undefined
  }
  return { rows, covered: joined(covered) }
}

const DECIMAL = /^-?\d{1,30}(\.\d{1,30})?$/

function parseLine(kind: TableKind, cells: readonly string[], where: () => string) {
  const [atText, ...rest] = kind === 'funding' ? cells.slice(1) : cells
  const values = rest.slice(0, kind === 'funding' ? 1 : 2)
  const [begins, ends] = cells.slice(-2).map(text => (text === '' ? undefined : Number(text)))
  const isGood =
    cells.length === COLUMNS[kind].length &&
    values.every(text => DECIMAL.test(text) || (kind === 'prices' && text === '')) &&
    [Number(atText || Number.NaN), begins, ends].every(ms => ms === undefined || Number.isSafeInteger(ms))
  if (!isGood)
    throw new DownloadFault(
      `${where()}: expected ${COLUMNS[kind].join(', ')}, found ${cells.join(',').slice(0, 200)}`,
    )
  return { row: { atMs: Number(atText), values }, begins, ends }
}

/** Puts what came into what there was: at one instant what came counts. `covered` is what is known from now on. */
export function merged(known: Recorded, fresh: readonly RecordedRow[], covered: Span | undefined): Recorded {
  const rows = new Map([...known.rows, ...fresh].map(row => [row.atMs, row]))
  return {
    rows: [...rows.values()].sort((a, b) => a.atMs - b.atMs),
    covered: joined(covered ? [...known.covered, covered] : known.covered),
  }
}

/** Hours of which one market or both have a price, each market's own instants first made one list. */
export function priceRows(
  perp: readonly { atMs: number; open: string }[],
  spot: readonly { atMs: number; open: string }[],
): RecordedRow[] {
  const [perps, spots] = [perp, spot].map(list => new Map(list.map(({ atMs, open }) => [atMs, open])))
  const instants = new Set([...(perps?.keys() ?? []), ...(spots?.keys() ?? [])])
  return [...instants]
    .sort((a, b) => a - b)
    .map(atMs => ({ atMs, values: [perps?.get(atMs) ?? '', spots?.get(atMs) ?? ''] }))
}

// Tables on disk: each is whole at every instant, whatever kills the process, and none hides another without a word.

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
