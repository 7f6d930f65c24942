/**
 * Recorded history as flat columns: every settlement of all symbols in the order of time, and hourly prices beside them. Columns
 * lie in shared memory, so that workers read them without a copy.
 */
import { HOUR_MS } from '../../domain/market/funding.ts'
import { NO_SETTLEMENTS, spanHours } from '../../domain/market/funding-outlook.ts'
import type { FundingPoint, PricePoint } from '../../exchange/simulator/history/files.ts'
import { basisTops, type PriceMatrix, settledPrices, TOP_HOURS } from './prices.ts'

/** Columns of equal length, one settlement after the other: by instant, then by symbol. */
export type FundingMatrix = {
  symbols: readonly string[]
  /** Every instant at which anything settled; `starts` has where its settlements begin, and one entry more. */
  instants: Float64Array
  starts: Int32Array
  symbol: Int32Array
  rate: Float64Array
  /** The perpetual's price then: see `settledPrices`. */
  perp: Float64Array
  /** 1 where it could be traded then. */
  there: Uint8Array
  /** Index in `spans` of the hours since the settlement before; 0, which is no time, for a symbol's first. */
  span: Int32Array
  spans: Float64Array
  /** Index in `intervals` of the hours until the next settlement, as they were stated. */
  interval: Int32Array
  intervals: Float64Array
  /** When the interval was last seen to switch; −Infinity while it never was. */
  switchedAtMs: Float64Array
  /** First and last instant of each symbol. */
  firstAtMs: Float64Array
  lastAtMs: Float64Array
  prices: PriceMatrix | null
}

type MatrixOf = {
  funding: ReadonlyMap<string, readonly FundingPoint[]>
  prices?: ReadonlyMap<string, readonly PricePoint[]>
}

/** Zeros that workers may share. */
export const sharedFloats = (length: number) => new Float64Array(new SharedArrayBuffer(8 * length))
/** The same of whole numbers. */
export const sharedInts = (length: number) => new Int32Array(new SharedArrayBuffer(4 * length))

/** And of small ones. */
export const sharedBytes = (length: number) => new Uint8Array(new SharedArrayBuffer(length))

type Heard = { atMs: number; symbol: number; rate: number; hours: number; interval: number; switched: number }

/** @param of - settlements oldest first, of each symbol at least one */
export function fundingMatrix({ funding, prices }: MatrixOf): FundingMatrix {
  const symbols = [...funding.keys()]
  const heard = symbols.flatMap((symbol, at) => heardOf(funding.get(symbol) ?? [], at))
  heard.sort((a, b) => a.atMs - b.atMs || a.symbol - b.symbol)
  const instants = [...new Set(heard.map(({ atMs }) => atMs))]
  const spans = [...new Set([0, ...heard.map(({ hours }) => hours)])]
  const intervals = [...new Set(heard.map(({ interval }) => interval))]
  const places = (values: readonly number[]) => new Map(values.map((value, at) => [value, at]))
  const [spanAt, intervalAt] = [places(spans), places(intervals)]
  const matrix: FundingMatrix = {
    symbols,
    instants: floatsOf(instants),
    starts: sharedInts(instants.length + 1),
    symbol: sharedInts(heard.length),
    rate: sharedFloats(heard.length),
    perp: sharedFloats(heard.length),
    there: sharedBytes(heard.length),
    span: sharedInts(heard.length),
    spans: floatsOf(spans),
    interval: sharedInts(heard.length),
    intervals: floatsOf(intervals),
    switchedAtMs: sharedFloats(heard.length),
    firstAtMs: floatsOf(symbols.map(symbol => funding.get(symbol)?.[0]?.atMs ?? Number.NaN)),
    lastAtMs: floatsOf(symbols.map(symbol => funding.get(symbol)?.at(-1)?.atMs ?? Number.NaN)),
    prices: prices ? priceMatrix(symbols, prices) : null,
  }
  let instant = 0
  for (const [at, { atMs, symbol, rate, hours, interval, switched }] of heard.entries()) {
    if (atMs !== instants[instant]) matrix.starts[++instant] = at
    matrix.symbol[at] = symbol
    matrix.rate[at] = rate
    matrix.span[at] = spanAt.get(hours) ?? 0
    matrix.interval[at] = intervalAt.get(interval) ?? 0
    matrix.switchedAtMs[at] = switched
  }
  matrix.starts[instants.length] = heard.length
  settledPrices(matrix)
  return matrix
}

function floatsOf(values: readonly number[]): Float64Array {
  const floats = sharedFloats(values.length)
  floats.set(values)
  return floats
}

function heardOf(points: readonly FundingPoint[], symbol: number): Heard[] {
  let before: FundingPoint | undefined
  let settledAtMs = NO_SETTLEMENTS.settledAtMs
  let switched = Number.NEGATIVE_INFINITY
  return points.map(point => {
    if (before && before.intervalMs !== point.intervalMs) switched = point.atMs
    before = point
    const hours = spanHours(settledAtMs, point.atMs)
    settledAtMs = point.atMs
    const rate = Number(point.rate)
    return { atMs: point.atMs, symbol, rate, hours, interval: point.intervalMs / HOUR_MS, switched }
  })
}

/** Hours from the first recorded one to the last; null where none of these symbols has any. */
function priceMatrix(
  symbols: readonly string[],
  prices: ReadonlyMap<string, readonly PricePoint[]>,
): PriceMatrix | null {
  let [fromMs, toMs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const symbol of symbols) {
    const points = prices.get(symbol)
    fromMs = Math.min(fromMs, points?.[0]?.atMs ?? fromMs)
    toMs = Math.max(toMs, points?.at(-1)?.atMs ?? toMs)
  }
  if (fromMs > toMs) return null
  const hours = (toMs - fromMs) / HOUR_MS + 1
  const [spot, perp] = [sharedFloats(hours * symbols.length), sharedFloats(hours * symbols.length)]
  spot.fill(Number.NaN)
  perp.fill(Number.NaN)
  for (const [at, symbol] of symbols.entries())
    for (const { atMs, spotPrice, perpPrice } of prices.get(symbol) ?? []) {
      const place = at * hours + (atMs - fromMs) / HOUR_MS
      spot[place] = spotPrice
      perp[place] = perpPrice
    }
  const all = { fromMs, hours, spot, perp }
  return { ...all, tops: basisTops(all, sharedFloats(symbols.length * Math.ceil(hours / TOP_HOURS))) }
}
