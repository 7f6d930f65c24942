/**
 * Reads recorded history from a folder: Bybit's settled funding and hourly spot and perpetual prices. Nothing is filled in:
 * what is missing is told as a list, and stays missing.
 */
import { basename } from 'node:path'
import { HOUR_MS } from '../market/funding.ts'
import {
  type FundingPoint,
  fundingOf,
  KNOWN_TABLES,
  openTable,
  type PricePoint,
  pricesOf,
  symbolOfPrices,
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
  faults: HistoryFault[]
  /** Names of the files it was read from. */
  files: string[]
}

/** All that a folder holds, uncut. */
export type Records = {
  funding: ReadonlyMap<string, FundingPoint[]>
  prices: ReadonlyMap<string, PricePoint[]>
  files: string[]
}

const DAY_MS = 24 * HOUR_MS
/** Settlements from before a span are history at its start: rates of that time are known, as they would be live. */
const KNOWN_BEFORE_MS = 30 * DAY_MS

/** A folder that does not hold what is needed. The message names it, what was looked for, and what was found. */
export class NoHistory extends Error {
  override name = 'NoHistory'
}

/**
 * Reads every table of a folder that is known by its columns; others are left alone.
 * @param folder - tables in it, or in its folders `funding` and `prices`
 * @throws NoHistory without a table of funding; errors that name the file and the line of a row that cannot be read
 */
export function readRecords(folder: string): Records {
  const funding = new Map<string, FundingPoint[]>()
  const prices = new Map<string, PricePoint[]>()
  const files: string[] = []
  for (const file of tableFiles(folder)) {
    const table = openTable(file)
    if (!table.kind) continue
    files.push(basename(file))
    if (table.kind === 'prices') prices.set(symbolOfPrices(table), pricesOf(table))
    else for (const [symbol, points] of fundingOf(table)) funding.set(symbol, points)
  }
  if (funding.size === 0)
    throw new NoHistory(`expected a folder with funding and prices, found no funding in ${folder}`)
  return { funding, prices, files }
}

/** The days for which a symbol has both, whole and in UTC. */
function commonSpan(records: Records, symbol: string): Span | undefined {
  const [prices, settlements] = [records.prices.get(symbol) ?? [], records.funding.get(symbol) ?? []]
  const fromMs = Math.max(prices[0]?.atMs ?? Number.POSITIVE_INFINITY, settlements[0]?.atMs ?? 0)
  const toMs = Math.min((prices.at(-1)?.atMs ?? 0) + HOUR_MS, (settlements.at(-1)?.atMs ?? 0) + DAY_MS)
  const whole = { fromMs: Math.floor(fromMs / DAY_MS) * DAY_MS, toMs: Math.floor(toMs / DAY_MS) * DAY_MS }
  return whole.fromMs < whole.toMs ? whole : undefined
}

export type Coverage = { symbol: string; prices: Span | null; funding: Span | null }

/** From when to when each symbol of the records has prices and funding; null for what it has not. */
export function coverageOf({ prices, funding }: Records): Coverage[] {
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

type Wanted = Partial<Span> & {
  /** Those of the records that have both prices and funding, when left out. */
  symbols?: readonly string[]
}

/**
 * Cuts what was read to a span: for the symbols that have both prices and funding, from the first day that one of them has both
 * to the last. Settlements of the month before the span stay in, as known history.
 * @throws NoHistory when no symbol has both inside the span
 */
export function historyOf(records: Records, wanted: Wanted = {}): History {
  const known = [...records.prices.keys()].filter(symbol => records.funding.has(symbol))
  const symbols = known.filter(symbol => wanted.symbols?.includes(symbol) ?? true)
  const spans = symbols.flatMap(symbol => commonSpan(records, symbol) ?? [])
  if (spans.length === 0)
    throw new NoHistory(
      `expected recorded prices and funding for ${wanted.symbols?.join(', ') ?? 'at least one symbol'}, found both for ${known.join(', ') || 'none'} (tables are known by their columns: ${KNOWN_TABLES})`,
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
  return { symbols: cut, faults, files: records.files, ...span }
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
export const readHistory = (folder: string, wanted: Wanted = {}): History =>
  historyOf(readRecords(folder), wanted)
