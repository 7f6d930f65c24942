/**
 * Reads recorded history from files: Bybit's settled funding and hourly spot and perpetual prices. Nothing is filled in:
 * what is missing is told as a list, and stays missing.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { HOUR_MS } from './funding.ts'

/** Prices at the start of an hour, in USDT per coin and per contract. */
export type PricePoint = { atMs: number; spotPrice: number; perpPrice: number }
export type FundingPoint = { atMs: number; rate: string; intervalMs: number }
/** What one perpetual did. Both lists oldest first. */
export type SymbolHistory = { symbol: string; prices: PricePoint[]; settlements: FundingPoint[] }

export type HistoryFault = {
  symbol: string
  kind: 'missing price hours' | 'missing settlements'
  /** The hole: nothing is known for `fromMs <= t < toMs`. */
  fromMs: number
  toMs: number
}
export type History = { symbols: SymbolHistory[]; faults: HistoryFault[]; fromMs: number; toMs: number }

/** Both price files and the funding file cover this span. */
const HISTORY_FROM_MS = Date.UTC(2025, 7, 21)
const HISTORY_TO_MS = Date.UTC(2026, 2, 5)

const FUNDING_FILE = 'funding/bybit_usdt_perp_funding_2025-08_2026-08.csv.gz'
const PRICE_FILES: Readonly<Record<string, string>> = {
  SOLUSDT: 'prices/SOL_okx_1h_spot_perp.csv.gz',
  BNBUSDT: 'prices/BNB_okx_1h_spot_perp.csv.gz',
}

/** Rows of a gzipped table as objects by column name. */
function* rowsOf(file: string): Generator<Record<string, string>> {
  const lines = gunzipSync(readFileSync(file)).toString('utf8').split('\n')
  const names = lines[0]?.trim().split(',') ?? []
  for (const line of lines.slice(1)) {
    if (line.trim() === '') continue
    const cells = line.trim().split(',')
    yield Object.fromEntries(names.map((name, at) => [name, cells[at] ?? '']))
  }
}

type Span = { fromMs: number; toMs: number }

function readSettlements(folder: string, { fromMs, toMs }: Span): Map<string, FundingPoint[]> {
  const bySymbol = new Map<string, FundingPoint[]>()
  for (const row of rowsOf(join(folder, FUNDING_FILE))) {
    const symbol = row.symbol ?? ''
    const atMs = Number(row.fundingRateTimestamp)
    if (!(symbol in PRICE_FILES) || atMs < fromMs || atMs >= toMs) continue
    const point = {
      atMs,
      rate: row.fundingRate ?? '',
      intervalMs: Number(row.observedIntervalHours) * HOUR_MS,
    }
    if (!/^-?\d+(\.\d+)?(e-\d+)?$/i.test(point.rate) || !(point.intervalMs > 0))
      throw new Error(
        `${FUNDING_FILE}: expected a rate and an interval for ${symbol} at ${atMs}, found ${JSON.stringify(row)}`,
      )
    const list = bySymbol.get(symbol) ?? []
    list.push({ ...point, rate: plainRate(point.rate) })
    bySymbol.set(symbol, list)
  }
  for (const list of bySymbol.values()) list.sort((a, b) => a.atMs - b.atMs)
  return bySymbol
}

/** Rates are written plainly on Bybit's wire; files may say 1e-05. */
const plainRate = (rate: string): string =>
  /e/i.test(rate)
    ? Number(rate)
        .toFixed(12)
        .replace(/\.?0+$/, '')
    : rate

function readPrices(file: string, { fromMs, toMs }: Span): PricePoint[] {
  const points: PricePoint[] = []
  for (const row of rowsOf(file)) {
    const atMs = Number(row.openTime)
    const [spotPrice, perpPrice] = [Number(row.open_spot || 'NaN'), Number(row.open_perp || 'NaN')]
    if (atMs >= fromMs && atMs < toMs && spotPrice > 0 && perpPrice > 0)
      points.push({ atMs, spotPrice, perpPrice })
  }
  return points.sort((a, b) => a.atMs - b.atMs)
}

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

/**
 * Reads what the folder holds for the coins that have both prices and funding.
 *
 * @param folder - holds `funding/` and `prices/`
 * @throws when a file is missing or a row cannot be read; the text names the file and the row
 */
export function readHistory(
  folder: string,
  span: Span = { fromMs: HISTORY_FROM_MS, toMs: HISTORY_TO_MS },
): History {
  const settlements = readSettlements(folder, span)
  const symbols = Object.entries(PRICE_FILES).map(
    ([symbol, file]): SymbolHistory => ({
      symbol,
      prices: readPrices(join(folder, file), span),
      settlements: settlements.get(symbol) ?? [],
    }),
  )
  const faults = symbols.flatMap(({ symbol, prices, settlements }) => [
    ...priceHoles(symbol, prices, span),
    ...settlementHoles(symbol, settlements),
  ])
  return { symbols, faults, ...span }
}
