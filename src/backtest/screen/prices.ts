/** Prices per coin at the hour of an instant, or the last before it; 1 and 1 for a symbol of which none was recorded. */
import { HOUR_MS } from '../../domain/market/funding.ts'
import type { FundingMatrix } from './matrix.ts'

export type HourlyPrices = {
  spot(symbol: number, atMs: number): number
  perp(symbol: number, atMs: number): number
  /** Was any price of the symbol recorded? */
  isKnown(symbol: number): boolean
  /** Can it be traded in this hour: is there a price, or was none ever recorded? */
  isThere(symbol: number, atMs: number): boolean
}

/** To be asked at any instant. */
export function hourlyPrices({ symbols, prices }: FundingMatrix): HourlyPrices {
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
