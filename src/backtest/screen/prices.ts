/** What a screen asks of recorded prices: at any instant, at each settlement, and how far a basis came in a stretch of hours. */
import { HOUR_MS } from '../../domain/market/funding.ts'

export type PriceMatrix = {
  fromMs: number
  hours: number
  /** Symbol by symbol, of each its hours in their order: few are held, and those are followed for long. NaN where none was recorded. */
  spot: Float64Array
  perp: Float64Array
  /** The highest basis of each symbol in each stretch of hours: see `basisTops`. */
  tops: Float64Array
}

type Priced = { symbols: readonly string[]; prices: PriceMatrix | null }

/** Prices per coin at the hour of an instant, or the last before it; 1 and 1 for a symbol of which none was recorded. */
export type HourlyPrices = {
  spot(symbol: number, atMs: number): number
  perp(symbol: number, atMs: number): number
  /** Was any price of the symbol recorded? */
  isKnown(symbol: number): boolean
  /** Can it be traded in this hour: is there a price, or was none ever recorded? */
  isThere(symbol: number, atMs: number): boolean
}

/** To be asked at any instant. */
export function hourlyPrices({ symbols, prices }: Priced): HourlyPrices {
  const known = symbols.map(
    (_, symbol) => prices !== null && hasAny(prices.spot, symbol * prices.hours, prices.hours),
  )
  const hourOf = (atMs: number) => (prices ? Math.floor((atMs - prices.fromMs) / HOUR_MS) : 0)
  const at = (of: 'spot' | 'perp', symbol: number, atMs: number): number => {
    if (!prices || !known[symbol]) return 1
    for (let hour = Math.min(hourOf(atMs), prices.hours - 1); hour >= 0; hour--) {
      const found = prices[of][symbol * prices.hours + hour] ?? Number.NaN
      if (!Number.isNaN(found)) return found
    }
    return Number.NaN
  }
  return {
    isKnown: symbol => known[symbol] === true,
    isThere(symbol, atMs) {
      if (!prices || !known[symbol]) return true
      const hour = hourOf(atMs)
      return hour >= 0 && hour < prices.hours && !Number.isNaN(prices.spot[symbol * prices.hours + hour])
    },
    spot: (symbol, atMs) => at('spot', symbol, atMs),
    perp: (symbol, atMs) => at('perp', symbol, atMs),
  }
}

const hasAny = (values: Float64Array, from: number, count: number): boolean =>
  values.subarray(from, from + count).some(value => !Number.isNaN(value))

/** Hours of which the highest basis is kept together. */
export const TOP_HOURS = 32

/** Perpetual less spot at its highest, of each symbol in each stretch of `TOP_HOURS`; −Infinity where no hour has both prices. */
export function basisTops(
  { hours, spot, perp }: Omit<PriceMatrix, 'tops'>,
  into: Float64Array,
): Float64Array {
  const stretches = Math.ceil(hours / TOP_HOURS)
  into.fill(Number.NEGATIVE_INFINITY)
  for (let place = 0; place < spot.length; place++) {
    const basis = (perp[place] ?? 0) - (spot[place] ?? 0)
    const symbol = Math.floor(place / hours)
    const stretch = symbol * stretches + Math.floor((place - symbol * hours) / TOP_HOURS)
    if (basis > (into[stretch] ?? 0)) into[stretch] = basis
  }
  return into
}

/** Perpetual less spot per coin in an hour; NaN where one was not recorded. */
export const basisAt = ({ hours, spot, perp }: PriceMatrix, symbol: number, hour: number): number =>
  (perp[symbol * hours + hour] ?? 0) - (spot[symbol * hours + hour] ?? 0)

/** The first of these hours in which the basis is so high or higher; the one after `last` when it is in none. */
export function firstReaching(
  of: PriceMatrix,
  symbol: number,
  level: number,
  first: number,
  last: number,
): number {
  const stretches = symbol * Math.ceil(of.hours / TOP_HOURS)
  for (let hour = first; hour <= last; hour++) {
    const stretch = Math.floor(hour / TOP_HOURS)
    if ((of.tops[stretches + stretch] ?? 0) < level) hour = (stretch + 1) * TOP_HOURS - 1
    else if (basisAt(of, symbol, hour) >= level) return hour
  }
  return last + 1
}

type Settlements = Priced &
  Record<'instants' | 'perp', Float64Array> &
  Record<'starts' | 'symbol', Int32Array> & { there: Uint8Array }

/**
 * Fills in the perpetual's price at each settlement, or the last before it, 1 for a symbol of which none was recorded; and whether it
 * could be traded then.
 */
export function settledPrices(matrix: Settlements): void {
  const { instants, starts, symbol, perp, there } = matrix
  const prices = hourlyPrices(matrix)
  for (const [instant, atMs] of instants.entries())
    for (let event = starts[instant] ?? 0; event < (starts[instant + 1] ?? 0); event++) {
      const place = symbol[event] ?? 0
      perp[event] = prices.perp(place, atMs)
      there[event] = prices.isThere(place, atMs) ? 1 : 0
    }
}
