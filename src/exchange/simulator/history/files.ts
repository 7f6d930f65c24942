/**
 * Recorded history of a folder: settled funding and hourly spot and perpetual prices. Nothing is filled in: what is missing is
 * reported as a list, and stays missing.
 */
import { basename, join } from 'node:path'
import { HOUR_MS } from '../../../domain/market/funding.ts'
import { readUniverse } from '../universe/files.ts'
import { InstrumentFault } from '../universe/listing.ts'
import { builtInUniverse, partOf, type Universe } from '../universe/universe.ts'
import { KNOWN_TABLES } from './columns.ts'
import { TableFault } from './rows.ts'
import {
  type ByContract,
  type FundingPoint,
  filesOf,
  INSTRUMENT_FILE,
  type LegPrices,
  type PricePoint,
  readTables,
  type Table,
  tableFiles,
} from './tables.ts'

export type { FundingPoint, PricePoint } from './tables.ts'
/** What one perpetual did. Both lists oldest first. */
export type SymbolHistory = { symbol: string; prices: PricePoint[]; settlements: FundingPoint[] }

export type HistoryFault = {
  symbol: string
  kind: 'missing price hours' | 'missing settlements'
  /** The hole: nothing is known for `fromMs <= t < toMs`. */
  fromMs: number
  toMs: number
}
export type Span = { fromMs: number; toMs: number }
export type History = Span & {
  symbols: SymbolHistory[]
  /** The instruments of these symbols, in the same order. */
  universe: Universe
  /** Symbols that have records and cannot be traded, and why. */
  unusable: { symbol: string; why: string }[]
  faults: HistoryFault[]
  /** Names of the files it was read from. */
  files: string[]
}

/** All that a folder holds, uncut. */
export type HistoryRecords = {
  funding: ReadonlyMap<string, FundingPoint[]>
  /** Hours of which both legs have a price. */
  prices: ReadonlyMap<string, PricePoint[]>
  /** Of recorded instrument files; null where there are none, and the built-in ones serve. */
  instruments: Universe | null
  files: string[]
  /** What could not be used, by file and line. */
  faults: string[]
  /** What was done to the records on the way. */
  notes: string[]
}

const DAY_MS = 24 * HOUR_MS
/** Settlements from before a span are history at its start: rates of that time are known, as they would be live. */
const KNOWN_BEFORE_MS = 30 * DAY_MS

/** A folder that does not hold what is needed. The message names it, what was looked for, and what was found. */
export class NoHistory extends Error {
  override name = 'NoHistory'
}

/** Records of a folder are read with these: `exchange` names whose to take where several are there. */
type RecordsOf = { exchange?: string; nowMs?: number }

/**
 * Reads every table of a folder that is known by its columns; others are left alone. Tables of one contract are joined; rows that
 * cannot be read, files that cannot be opened and instants of which two tables say different things are reported, not used.
 * @param folder - tables in it, or in its folders `funding` and `prices`
 * @throws NoHistory without a table of funding
 */
export function readRecords(folder: string, { exchange, nowMs = FAR_MS }: RecordsOf = {}): HistoryRecords {
  const faults: string[] = []
  const tables: Table[] = []
  const files: string[] = []
  for (const file of tableFiles(folder))
    try {
      const found = readTables(file, { nowMs }, 'known-only')
      if (found.length > 0) files.push(basename(file))
      tables.push(...found)
    } catch (error) {
      if (!(error instanceof TableFault)) throw error
      faults.push(`${error.message}; left out`)
    }
  faults.push(...tables.flatMap(rowFaults))
  const instruments = instrumentsOf(folder, faults)
  const funding = joinedFunding(
    tables.flatMap(each => each.funding),
    exchange,
  )
  const legs = joinedPrices(
    tables.flatMap(each => each.prices),
    exchange,
  )
  if (funding.lists.size === 0)
    throw new NoHistory(
      [
        `expected a folder with funding and prices, found no funding in ${folder}`,
        ...faults.slice(0, 3),
      ].join('; '),
    )
  const prices = new Map(
    [...legs.lists].map(([symbol, points]) => [symbol, points.flatMap(bothLegs)] as const),
  )
  return {
    funding: funding.lists,
    prices: new Map([...prices].filter(([, points]) => points.length > 0)),
    instruments,
    files,
    faults: [...faults, ...funding.faults, ...legs.faults],
    notes: [
      ...tables.flatMap(({ name, notes }) => notes.map(note => `${name}: ${note}`)),
      ...funding.notes,
      ...legs.notes,
    ],
  }
}

/** Bybit's answers to `instruments-info`, in the folder or in its folder `instruments`. */
function instrumentsOf(folder: string, faults: string[]): Universe | null {
  const files = [folder, join(folder, 'instruments')].flatMap(place =>
    filesOf(place)
      .filter(name => INSTRUMENT_FILE.test(name))
      .sort()
      .map(name => join(place, name)),
  )
  if (files.length === 0) return null
  try {
    return readUniverse(files)
  } catch (error) {
    if (!(error instanceof InstrumentFault)) throw error
    faults.push(`${error.message}; left out`)
    return null
  }
}

/** Without a clock nothing is too late, but a year of five digits still is none. */
const FAR_MS = Date.UTC(2100, 0, 1)
const ROWS_NAMED = 3

function rowFaults({ name, faults }: Table): string[] {
  const named = faults
    .slice(0, ROWS_NAMED)
    .map(({ line, reason }) => `${name} line ${line}: ${reason}; left out`)
  const more = faults.length - named.length
  return more > 0 ? [...named, `${name}: ${more} more rows could not be read; left out`] : named
}

const bothLegs = ({ atMs, spot, perp }: LegPrices): PricePoint[] =>
  spot === null || perp === null ? [] : [{ atMs, spotPrice: spot, perpPrice: perp }]

/** The days for which a symbol has both, whole and in UTC. */
function commonSpan(records: HistoryRecords, symbol: string): Span | undefined {
  const [prices, settlements] = [records.prices.get(symbol) ?? [], records.funding.get(symbol) ?? []]
  const fromMs = Math.max(prices[0]?.atMs ?? Number.POSITIVE_INFINITY, settlements[0]?.atMs ?? 0)
  const toMs = Math.min((prices.at(-1)?.atMs ?? 0) + HOUR_MS, (settlements.at(-1)?.atMs ?? 0) + DAY_MS)
  const whole = { fromMs: Math.floor(fromMs / DAY_MS) * DAY_MS, toMs: Math.floor(toMs / DAY_MS) * DAY_MS }
  return whole.fromMs < whole.toMs ? whole : undefined
}

export type Coverage = { symbol: string; prices: Span | null; funding: Span | null }

/** From when to when each symbol of the records has prices and funding; null for what it has not. */
export function coverageOf({ prices, funding }: HistoryRecords): Coverage[] {
  const span = (points: readonly { atMs: number }[] | undefined): Span | null => {
    const [first, last] = [points?.[0], points?.at(-1)]
    return first && last ? { fromMs: first.atMs, toMs: last.atMs } : null
  }
  return [...new Set([...prices.keys(), ...funding.keys()])].sort().map(symbol => ({
    symbol,
    prices: span(prices.get(symbol)),
    funding: span(funding.get(symbol)),
  }))
}

type WantedHistory = Partial<Span> & {
  /** Those of the records that have both prices and funding, when left out. */
  symbols?: readonly string[]
}

/**
 * Cuts what was read to a span: for the symbols that have both prices and funding, from the first day that one of them has both
 * to the last. Settlements of the month before the span stay in, as known history.
 * @throws NoHistory when no symbol has both inside the span
 */
export function historyOf(records: HistoryRecords, wanted: WantedHistory = {}): History {
  const known = [...records.prices.keys()].filter(symbol => records.funding.has(symbol))
  const listed = records.instruments ?? builtInUniverse()
  const asked = known.filter(symbol => wanted.symbols?.includes(symbol) ?? true)
  const universe = partOf(listed, asked)
  const symbols = asked.filter(symbol => universe.find('linear', symbol))
  const unusable = asked
    .filter(symbol => !symbols.includes(symbol))
    .map(symbol => ({ symbol, why: whyNot(listed, symbol, records.instruments !== null) }))
  const spans = symbols.flatMap(symbol => commonSpan(records, symbol) ?? [])
  if (spans.length === 0)
    throw new NoHistory(
      `expected recorded prices and funding for ${wanted.symbols?.join(', ') ?? 'at least one symbol'}, found both for ${known.join(', ') || 'none'} (tables are known by their columns: ${KNOWN_TABLES})${unusable.map(({ symbol, why }) => `; ${symbol}: ${why}`).join('')}`,
    )
  const whole = {
    fromMs: Math.min(...spans.map(({ fromMs }) => fromMs)),
    toMs: Math.max(...spans.map(({ toMs }) => toMs)),
  }
  const span = { fromMs: wanted.fromMs ?? whole.fromMs, toMs: wanted.toMs ?? whole.toMs }
  if (span.fromMs >= span.toMs || span.fromMs >= whole.toMs || span.toMs <= whole.fromMs)
    throw new NoHistory(
      `expected a span inside ${spanText(whole)}, where both prices and funding are recorded, found ${spanText(span)}`,
    )
  const cut = symbols.map(
    (symbol): SymbolHistory => ({
      symbol,
      prices: within(records.prices.get(symbol) ?? [], span),
      settlements: within(records.funding.get(symbol) ?? [], {
        ...span,
        fromMs: span.fromMs - KNOWN_BEFORE_MS,
      }),
    }),
  )
  const faults = cut.flatMap(({ symbol, prices, settlements }) => [
    ...priceHoles(symbol, prices, span),
    ...settlementHoles(symbol, settlements),
  ])
  return { symbols: cut, universe, unusable, faults, files: records.files, ...span }
}

function whyNot(listed: Universe, symbol: string, recorded: boolean): string {
  const known = recorded ? 'the recorded instrument files' : 'the instruments that are built in'
  if (!listed.find('linear', symbol))
    return `not among ${known}: Bybit’s answers to instruments-info, named instruments….json in the folder, bring the rest`
  return `has no spot market among ${known}`
}

const within = <Point extends { atMs: number }>(points: readonly Point[], { fromMs, toMs }: Span): Point[] =>
  points.filter(({ atMs }) => atMs >= fromMs && atMs < toMs)

const day = (atMs: number) => new Date(atMs).toISOString().slice(0, 10)
const spanText = ({ fromMs, toMs }: Span) => `${day(fromMs)} to ${day(toMs)}`

function priceHoles(symbol: string, prices: readonly PricePoint[], { fromMs, toMs }: Span): HistoryFault[] {
  const faults: HistoryFault[] = []
  let expectedMs = fromMs
  for (const atMs of [...prices.map(point => point.atMs), toMs]) {
    if (atMs > expectedMs)
      faults.push({ symbol, kind: 'missing price hours', fromMs: expectedMs, toMs: atMs })
    expectedMs = atMs + HOUR_MS
  }
  return faults
}

function settlementHoles(symbol: string, settlements: readonly FundingPoint[]): HistoryFault[] {
  return settlements.flatMap((point, at): HistoryFault[] => {
    const before = settlements[at - 1]
    return before && point.atMs - before.atMs > Math.max(point.intervalMs, before.intervalMs)
      ? [{ symbol, kind: 'missing settlements', fromMs: before.atMs + before.intervalMs, toMs: point.atMs }]
      : []
  })
}

/** Reads a folder and cuts it: see `readRecords` and `historyOf`. */
export const readHistory = (folder: string, wanted: WantedHistory = {}): History =>
  historyOf(readRecords(folder), wanted)

/**
 * Tables of one contract as one list. Exchanges are kept apart: of several one is taken, the one that is asked for, else Bybit,
 * else those that name none, and the others are reported. Where two tables differ, the first by name counts and it is reported.
 */
type Joined<Point> = { lists: Map<string, Point[]>; faults: string[]; notes: string[] }
type Merge<Point> = (before: Point, next: Point) => Point | null

const joinedFunding = (
  recorded: readonly ByContract<FundingPoint>[],
  exchange?: string,
): Joined<FundingPoint> =>
  joined('funding', recorded, exchange, (before, next) => (before.rate === next.rate ? before : null))

/** A table may have one leg of an hour and another table the other. */
const joinedPrices = (recorded: readonly ByContract<LegPrices>[], exchange?: string): Joined<LegPrices> =>
  joined('prices', recorded, exchange, (before, next) =>
    (before.spot ?? next.spot) === (next.spot ?? before.spot) &&
    (before.perp ?? next.perp) === (next.perp ?? before.perp)
      ? { atMs: before.atMs, spot: before.spot ?? next.spot, perp: before.perp ?? next.perp }
      : null,
  )

function joined<Point extends { atMs: number }>(
  kind: string,
  recorded: readonly ByContract<Point>[],
  wanted: string | undefined,
  merge: Merge<Point>,
): Joined<Point> {
  const result: Joined<Point> = { lists: new Map(), faults: [], notes: [] }
  for (const [symbol, tables] of Map.groupBy(recorded, each => each.symbol)) {
    const byExchange = Map.groupBy(tables, each => each.exchange)
    const [taken, ...others] = [...byExchange.keys()].sort(
      (a, b) => rank(a, wanted) - rank(b, wanted) || (a < b ? -1 : 1),
    )
    if (taken === undefined || (wanted !== undefined && taken !== wanted && taken !== '')) continue
    if (others.length > 0)
      result.notes.push(
        `${symbol}: ${kind} of ${nameOf(taken)} are taken; ${others.map(nameOf).join(', ')} ${others.length > 1 ? 'are' : 'is'} there too (--exchange)`,
      )
    result.lists.set(
      symbol,
      merged(`${kind} of ${symbol}`, byExchange.get(taken) ?? [], merge, result.faults),
    )
  }
  return result
}

function merged<Point extends { atMs: number }>(
  what: string,
  tables: readonly ByContract<Point>[],
  merge: Merge<Point>,
  faults: string[],
): Point[] {
  const [first] = tables
  if (tables.length === 1 && first) return first.points
  const points = new Map<number, Point>()
  let [clashes, firstAtMs] = [0, 0]
  for (const next of tables.flatMap(each => each.points)) {
    const before = points.get(next.atMs)
    const both = before ? merge(before, next) : next
    if (both) points.set(next.atMs, both)
    else if (clashes++ === 0) firstAtMs = next.atMs
  }
  if (clashes > 0)
    faults.push(
      `${what}: ${clashes} instants differ between its tables, the first at ${new Date(firstAtMs).toISOString()}; the first table by name counts`,
    )
  return [...points.values()].sort((a, b) => a.atMs - b.atMs)
}

const rank = (exchange: string, wanted: string | undefined): number =>
  exchange === wanted ? 0 : exchange === 'bybit' ? 1 : exchange === '' ? 2 : 3
const nameOf = (exchange: string) => exchange || 'no named exchange'
