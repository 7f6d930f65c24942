/**
 * Tables of recorded history, whatever their shape: known by the names of their columns and not by their own name. Every row is
 * read strictly: one that cannot be meant is a fault with its line and its reason, and nothing of it is taken.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { HOUR_MS } from '../../../domain/market/funding.ts'
import {
  type About,
  type Columns,
  columnsOf,
  exchangeOf,
  type Field,
  KNOWN_TABLES,
  legOf,
  symbolByName,
  type TableShape,
} from './columns.ts'
import { TABLE_FILE, TableFault, type TableRows, tableRows, unpack } from './rows.ts'
import { instantOf, intervalOf, isWrong, priceOf, rateOf, symbolOf, type Wrong, type Zone } from './values.ts'

/** Prices at the start of an hour, in USDT per coin and per contract. */
export type PricePoint = { atMs: number; spotPrice: number; perpPrice: number }
export type FundingPoint = { atMs: number; rate: string; intervalMs: number }
/** Opening prices of an hour; null where a leg has none. */
export type LegPrices = { atMs: number; spot: number | null; perp: number | null }

export type RowFault = { line: number; reason: string }
/** What one table holds, by exchange ('' where nobody says which) and symbol. Lists oldest first, each instant once. */
export type Table = {
  name: string
  kind: TableShape
  funding: ByContract<FundingPoint>[]
  prices: ByContract<LegPrices>[]
  /** Rows that were not taken. */
  faults: RowFault[]
  /** What was done to the rows, for people. */
  notes: string[]
}
export type ByContract<Point> = { exchange: string; symbol: string; points: Point[] }

/** What a person says of a table that does not say it itself. */
export type Hints = {
  map?: Partial<Record<Field, string>>
  symbol?: string
  exchange?: string
  market?: 'spot' | 'perp'
  zone?: Zone
  /** Instants after it are refused. */
  nowMs: number
}

/** Bybit's answers to `instruments-info` are not tables of history. */
export const INSTRUMENT_FILE = /^instruments.*\.json(\.gz)?$/

/** Every table of the folder and of the folders `funding` and `prices` in it, by name; a folder that is not there has none. */
export const tableFiles = (folder: string): string[] =>
  [folder, join(folder, 'funding'), join(folder, 'prices')].flatMap(place =>
    filesOf(place)
      .filter(name => TABLE_FILE.test(name) && !INSTRUMENT_FILE.test(name))
      .sort()
      .map(name => join(place, name)),
  )

/** Names in a folder, none where there is no folder. Throws when it may not be read. */
export function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return []
    throw error
  }
}

/**
 * Reads every table of a file; of a zip there may be several. Those whose columns say nothing are left out when `known` is asked
 * for, else refused.
 * @throws TableFault for a file that cannot be read at all
 */
export function readTables(file: string, hints: Hints, known: 'all' | 'known-only' = 'all'): Table[] {
  return unpack(file).flatMap(unpacked => {
    if (/\.parquet$/i.test(unpacked.name))
      throw new TableFault(
        `${unpacked.name}: Parquet is read by \`hedgerow data import\`, which keeps it as CSV`,
      )
    const grid = tableRows(unpacked)
    return known === 'all' || columnsOf(grid.names, hints.map) ? [tableOf(grid, hints)] : []
  })
}

/** @throws TableFault when its columns are none that are known, or when it does not say which contract or which leg it is about */
export function tableOf(grid: TableRows, hints: Hints): Table {
  const columns = columnsOf(grid.names, hints.map)
  if (!columns)
    throw new TableFault(
      `${grid.name}: expected the columns of ${KNOWN_TABLES}; found ${grid.names.join(', ').slice(0, 300)}; --map names them`,
    )
  const table: Table = { name: grid.name, kind: columns.kind, funding: [], prices: [], faults: [], notes: [] }
  const rows = wellFormed(grid, columns, hints, table)
  if (columns.kind === 'funding') table.funding = fundingOf(rows, table)
  else if (columns.kind === 'tickers') table.funding = fundingOfTickers(rows, table)
  else table.prices = pricesOf(rows, table, columns)
  return table
}

/** A row whose instant, contract and exchange are known. */
type Known = {
  line: number
  atMs: number
  exchange: string
  symbol: string
  market: 'spot' | 'perp' | null
  cell(field: Field): string
}

function* wellFormed(grid: TableRows, { at, kind }: Columns, hints: Hints, table: Table): Generator<Known> {
  const about = aboutOf(grid.name, at.symbol === undefined, hints, table)
  for (const { line, cells } of grid.rows()) {
    const cell = (field: Field) => cells[at[field] ?? -1] ?? ''
    const refuse = ({ wrong }: Wrong) => table.faults.push({ line, reason: wrong })
    if (cells.length < 2 || cell('time') === '') {
      refuse({ wrong: `expected an instant and more, found ${JSON.stringify(cells.join(',').slice(0, 80))}` })
      continue
    }
    const atMs = instantOf(cell('time'), hints.zone ?? null, hints.nowMs)
    if (isWrong(atMs)) {
      refuse(atMs)
      continue
    }
    const symbol = at.symbol === undefined ? about.symbol : symbolOf(cell('symbol'))
    if (isWrong(symbol)) {
      refuse(symbol)
      continue
    }
    const market = kind === 'candles' ? legOf(about, cell('market'), cell('symbol')) : null
    yield {
      line,
      atMs,
      exchange:
        cell('exchange')
          .toLowerCase()
          .replace(/[^a-z0-9]/g, '') || about.exchange,
      symbol: withQuote(symbol),
      market,
      cell,
    }
  }
}

/** A bare coin is its contract in USDT. */
const withQuote = (symbol: string) =>
  /(USDT|USDC|USD|PERP|EUR|BTC)$/.test(symbol.slice(1)) ? symbol : `${symbol}USDT`

function aboutOf(name: string, isNameless: boolean, hints: Hints, table: Table): About & { symbol: string } {
  const exchange = hints.exchange ?? exchangeOf(name)
  const market = hints.market ?? null
  if (!isNameless) return { name, exchange, market, symbol: '' }
  if (hints.symbol !== undefined) {
    const symbol = symbolOf(hints.symbol)
    if (isWrong(symbol)) throw new TableFault(`--symbol: ${symbol.wrong}`)
    return { name, exchange, market, symbol }
  }
  const symbol = symbolByName(name)
  if (symbol === null)
    throw new TableFault(
      `${name}: has no column that names its contract, and neither does its own name: say which with --symbol`,
    )
  table.notes.push(`taken for ${symbol} by its name`)
  return { name, exchange, market, symbol }
}

/** This far beside the hour is put on it. */
const BESIDE_MS = 60_000
const nearestHour = (atMs: number) => Math.round(atMs / HOUR_MS) * HOUR_MS

/** Instants on the hour, those a little beside it put there and counted. */
function hourly(table: Table): { hourOf(row: Known): number | null; noted(): void } {
  let [moved, furthestMs] = [0, 0]
  return {
    hourOf({ atMs }) {
      const hourMs = nearestHour(atMs)
      const besideMs = Math.abs(atMs - hourMs)
      if (besideMs > BESIDE_MS) return null
      if (besideMs > 0) moved++
      furthestMs = Math.max(furthestMs, besideMs)
      return hourMs
    },
    noted() {
      if (moved > 0)
        table.notes.push(`${moved} instants up to ${furthestMs} ms beside the hour were put on it`)
    },
  }
}

type Settled = { rate: string; intervalMs: number | null; line: number }

function fundingOf(rows: Iterable<Known>, table: Table): ByContract<FundingPoint>[] {
  const lists = byContract<Settled>()
  const hours = hourly(table)
  const once = duplicates(table)
  for (const row of rows) {
    const refuse = (reason: string) => table.faults.push({ line: row.line, reason })
    const [rate, intervalMs] = [rateOf(row.cell('rate')), intervalOf(row.cell('interval'))]
    const atMs = hours.hourOf(row)
    if (isWrong(rate)) refuse(rate.wrong)
    else if (isWrong(intervalMs)) refuse(intervalMs.wrong)
    else if (atMs === null)
      refuse(`expected a settlement on the hour, found ${new Date(row.atMs).toISOString()}`)
    else {
      const list = lists.of(row)
      const before = list.get(atMs)
      if (!before) list.set(atMs, { rate, intervalMs, line: row.line })
      else if (before.rate === rate) once.again()
      else
        refuse(
          `expected one rate at ${new Date(atMs).toISOString()}, found ${rate} and in line ${before.line} ${before.rate}`,
        )
    }
  }
  hours.noted()
  once.noted()
  return lists.all().map(({ points, ...of }) => ({ ...of, points: withIntervals(points) }))
}

/**
 * A stream of tickers shows the coming rate and when it is settled: the last seen before a settlement is the one settled. A
 * settlement that the stream does not reach is not known.
 */
function fundingOfTickers(rows: Iterable<Known>, table: Table): ByContract<FundingPoint>[] {
  const lists = byContract<Settled & { seenAtMs: number }>()
  const reached = new Map<string, number>()
  for (const row of rows) {
    const text = row.cell('settlesAt')
    if (text === '' || row.cell('rate') === '') continue
    const settlesAt = instantOf(text, null, Number.MAX_SAFE_INTEGER)
    const rate = rateOf(row.cell('rate'))
    if (isWrong(settlesAt) || isWrong(rate)) {
      table.faults.push({ line: row.line, reason: isWrong(rate) ? rate.wrong : (settlesAt as Wrong).wrong })
      continue
    }
    const key = `${row.exchange} ${row.symbol}`
    reached.set(key, Math.max(reached.get(key) ?? 0, row.atMs))
    const list = lists.of(row)
    const atMs = nearestHour(settlesAt)
    const before = list.get(atMs)
    if (row.atMs <= atMs && (!before || row.atMs >= before.seenAtMs))
      list.set(atMs, { rate, intervalMs: null, line: row.line, seenAtMs: row.atMs })
  }
  table.notes.push(
    'a stream of tickers: the last rate seen before each settlement is taken as the one settled',
  )
  return lists.all().map(({ points, exchange, symbol }) => ({
    exchange,
    symbol,
    points: withIntervals(points.filter(({ atMs }) => atMs <= (reached.get(`${exchange} ${symbol}`) ?? 0))),
  }))
}

/** No exchange of ours settles more seldom: a longer way between two settlements is a hole. */
const LONGEST_MS = 8 * HOUR_MS

/** An interval that was not written is the time since the settlement before or, where that is missing, to the one after. */
function withIntervals(points: readonly (Settled & { atMs: number })[]): FundingPoint[] {
  const between = (later: number) =>
    (points[later]?.atMs ?? Number.NaN) - (points[later - 1]?.atMs ?? Number.NaN)
  return points.map(({ atMs, rate, intervalMs }, at) => ({
    atMs,
    rate,
    intervalMs: intervalMs ?? [between(at), between(at + 1)].find(ms => ms <= LONGEST_MS) ?? LONGEST_MS,
  }))
}

function pricesOf(rows: Iterable<Known>, table: Table, { kind }: Columns): ByContract<LegPrices>[] {
  const lists = byContract<Omit<LegPrices, 'atMs'>>()
  const hours = hourly(table)
  const once = duplicates(table)
  const beside: Known[] = []
  for (const row of rows) {
    const refuse = (reason: string) => table.faults.push({ line: row.line, reason })
    const atMs = hours.hourOf(row)
    if (atMs === null) {
      beside.push(row)
      continue
    }
    const legs = legsOf(row, kind)
    if (isWrong(legs)) {
      refuse(legs.wrong)
      continue
    }
    const list = lists.of(row)
    const before = list.get(atMs)
    const clash =
      before &&
      (['spot', 'perp'] as const).find(
        leg => before[leg] !== null && legs[leg] !== null && before[leg] !== legs[leg],
      )
    if (clash)
      refuse(
        `expected one price of ${clash} at ${new Date(atMs).toISOString()}, found ${legs[clash]} and ${before[clash]}`,
      )
    else {
      if (
        before &&
        (legs.spot === null || before.spot !== null) &&
        (legs.perp === null || before.perp !== null)
      )
        once.again()
      list.set(atMs, { spot: legs.spot ?? before?.spot ?? null, perp: legs.perp ?? before?.perp ?? null })
    }
  }
  hours.noted()
  once.noted()
  const found = lists.all()
  besideTheHour(
    beside,
    found.reduce((sum, { points }) => sum + points.length, 0),
    table,
  )
  return found
}

/** Finer candles have one at each hour, and the rest is not needed. Hours that begin beside the hour cannot be used. */
function besideTheHour(rows: readonly Known[], onTheHour: number, table: Table): void {
  if (rows.length > onTheHour && onTheHour > 0) {
    table.notes.push(`finer than an hour: ${rows.length} rows between the hours are not needed`)
    return
  }
  for (const { line, atMs } of rows)
    table.faults.push({ line, reason: `expected a price on the hour, found ${new Date(atMs).toISOString()}` })
}

function legsOf({ cell, market }: Known, kind: TableShape): Omit<LegPrices, 'atMs'> | Wrong {
  const [spot, perp] =
    kind === 'prices'
      ? [priceOf(cell('openSpot')), priceOf(cell('openPerp'))]
      : [market === 'spot' ? priceOf(cell('open')) : null, market === 'perp' ? priceOf(cell('open')) : null]
  if (kind === 'candles' && market === null)
    return {
      wrong: 'neither the table nor its name says whether this is spot or the perpetual: say --market',
    }
  if (isWrong(spot)) return spot
  return isWrong(perp) ? perp : { spot, perp }
}

function duplicates(table: Table) {
  let count = 0
  return {
    again() {
      count++
    },
    noted() {
      if (count > 0) table.notes.push(`${count} rows were there twice, the same both times`)
    },
  }
}

/** Lists by exchange and symbol, each of one value per instant. */
function byContract<Value>() {
  const found = new Map<string, { exchange: string; symbol: string; points: Map<number, Value> }>()
  return {
    of({ exchange, symbol }: Pick<Known, 'exchange' | 'symbol'>): Map<number, Value> {
      const key = `${exchange} ${symbol}`
      const known = found.get(key) ?? { exchange, symbol, points: new Map<number, Value>() }
      found.set(key, known)
      return known.points
    },
    all: () =>
      [...found.values()].map(({ exchange, symbol, points }) => ({
        exchange,
        symbol,
        points: [...points].map(([atMs, value]) => ({ atMs, ...value })).sort((a, b) => a.atMs - b.atMs),
      })),
  }
}
