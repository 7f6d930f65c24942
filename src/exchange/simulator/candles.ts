/**
 * Minute candles of five price series per coin, kept for two days in rings of floats. What lies before the first step is
 * made on first request: a random walk backwards from the first price, so that charts and 24-hour figures have a past.
 */
import { MINUTE_MS } from './funding.ts'
import { hash, hashFraction } from './random.ts'

const SERIES = ['spot', 'perp', 'mark', 'index', 'premium'] as const
export type Series = (typeof SERIES)[number]
export type Range = { open: number; high: number; low: number }
export type Candle = { atMs: number; open: number; high: number; low: number; close: number }

const KEPT = 2 * 1440
const WIDTH = SERIES.length * 4

export type Candles = {
  /** Forgets everything: the past is made anew, backwards from the next price noted, so that it joins on. */
  clear(): void
  /** Notes the present prices of one coin, in the order of `SERIES`. */
  note(
    listing: number,
    nowMs: number,
    spot: number,
    perp: number,
    mark: number,
    index: number,
    premium: number,
  ): void
  /** Minutes that exist with `fromMs <= start < toMs`, oldest first. Holes stay holes. */
  minutes(listing: number, series: Series, fromMs: number, toMs: number): Candle[]
  /** Highest and lowest of the same minutes, and the first one's open; undefined where there are none. */
  range(listing: number, series: Series, fromMs: number, toMs: number): Range | undefined
  /** The minute a moment lies in; undefined where there is none. */
  at(listing: number, series: Series, atMs: number): Candle | undefined
}

/** Deterministic volume of one minute, in USDT; `part` of the minute has passed. */
export const minuteTurnover = (salt: number, atMs: number, scale: number, part = 1): number =>
  scale * (0.2 + 1.6 * hashFraction(salt, Math.floor(atMs / MINUTE_MS), 11)) * part

/** `minutes` holds each slot's minute plus one, so that fresh memory reads as empty. */
type Ring = { minutes: Float64Array; values: Float64Array; firstMs: number; filled: boolean }

const blankRing = (): Ring => ({
  minutes: new Float64Array(KEPT),
  values: new Float64Array(KEPT * WIDTH),
  firstMs: -1,
  filled: false,
})

function putPrice(values: Float64Array, at: number, fresh: boolean, price: number): void {
  if (fresh) values[at] = price
  if (fresh || price > (values[at + 1] ?? 0)) values[at + 1] = price
  if (fresh || price < (values[at + 2] ?? 0)) values[at + 2] = price
  values[at + 3] = price
}

/** Called for every coin at every step: it makes nothing that has to be collected. */
function put(
  { minutes, values }: Ring,
  minute: number,
  spot: number,
  perp: number,
  mark: number,
  index: number,
  premium: number,
): void {
  const slot = minute % KEPT
  const at = slot * WIDTH
  const fresh = minutes[slot] !== minute + 1
  if (fresh) minutes[slot] = minute + 1
  putPrice(values, at, fresh, spot)
  putPrice(values, at + 4, fresh, perp)
  putPrice(values, at + 8, fresh, mark)
  putPrice(values, at + 12, fresh, index)
  putPrice(values, at + 16, fresh, premium)
}

function candleAt(ring: Ring, series: number, minute: number): Candle | undefined {
  const slot = minute % KEPT
  if (ring.minutes[slot] !== minute + 1) return undefined
  const base = slot * WIDTH + series * 4
  const part = (offset: number) => ring.values[base + offset] ?? 0
  return { atMs: minute * MINUTE_MS, open: part(0), high: part(1), low: part(2), close: part(3) }
}

/** Without an object per minute: this is asked for every coin once a minute. */
function rangeOf(ring: Ring, series: number, from: number, to: number): Range | undefined {
  let found: Range | undefined
  for (let minute = from; minute < to; minute++) {
    const slot = minute % KEPT
    if (ring.minutes[slot] !== minute + 1) continue
    const base = slot * WIDTH + series * 4
    const [high, low] = [ring.values[base + 1] ?? 0, ring.values[base + 2] ?? 0]
    if (!found) found = { open: ring.values[base] ?? 0, high, low }
    if (high > found.high) found.high = high
    if (low < found.low) found.low = low
  }
  return found
}

/** Walks backwards from the first noted price; each minute ends where the next one begins. */
function fillPast(ring: Ring, salt: number, volatility: number): void {
  ring.filled = true
  if (ring.firstMs < 0) return
  const first = Math.floor(ring.firstMs / MINUTE_MS)
  const start = SERIES.map((_, series) => candleAt(ring, series, first)?.open ?? 0)
  const [spot = 0, perp = 0, mark = 0, index = 0, premium = 0] = start
  let factor = 1
  for (let minute = first - 1; minute > first - KEPT + 60; minute--) {
    const later = factor
    const normal = (hashFraction(salt, minute, 1) + hashFraction(salt, minute, 2) - 1) * 2.4495
    factor *= 1 - volatility * normal
    const reach = 1 + volatility * hashFraction(salt, minute, 3)
    // What was really noted since may lie in the same slot of the ring: it stays.
    if ((ring.minutes[minute % KEPT] ?? -1) > minute) continue
    for (const part of [factor, Math.max(later, factor) * reach, Math.min(later, factor) / reach, later])
      put(ring, minute, spot * part, perp * part, mark * part, index * part, premium)
  }
}

/** @param minuteVolatility - per listing, of the invented past; undefined where there must be none (recorded history) */
export function createCandles(
  listings: number,
  seed: number,
  minuteVolatility: readonly number[] | undefined,
): Candles {
  const rings = Array.from({ length: listings }, blankRing)
  const ringOf = (listing: number): Ring | undefined => {
    const ring = rings[listing]
    const volatility = minuteVolatility?.[listing]
    if (ring && !ring.filled && volatility !== undefined) fillPast(ring, hash(seed, listing, 5), volatility)
    return ring
  }
  return {
    clear() {
      for (let listing = 0; listing < listings; listing++) rings[listing] = blankRing()
    },
    note(listing, nowMs, spot, perp, mark, index, premium) {
      const ring = rings[listing]
      if (!ring) return
      if (ring.firstMs < 0) ring.firstMs = nowMs
      put(ring, Math.floor(nowMs / MINUTE_MS), spot, perp, mark, index, premium)
    },
    minutes(listing, series, fromMs, toMs) {
      const ring = ringOf(listing)
      if (!ring || ring.firstMs < 0) return []
      const found: Candle[] = []
      const oldest = Math.max(Math.ceil(fromMs / MINUTE_MS), Math.floor(ring.firstMs / MINUTE_MS) - KEPT)
      for (let minute = oldest; minute * MINUTE_MS < toMs; minute++) {
        const candle = candleAt(ring, SERIES.indexOf(series), minute)
        if (candle) found.push(candle)
      }
      return found
    },
    range(listing, series, fromMs, toMs) {
      const ring = ringOf(listing)
      if (!ring) return undefined
      const from = Math.ceil(Math.max(0, fromMs) / MINUTE_MS)
      return rangeOf(ring, SERIES.indexOf(series), from, Math.ceil(toMs / MINUTE_MS))
    },
    at(listing, series, atMs) {
      const ring = ringOf(listing)
      return ring && atMs >= 0
        ? candleAt(ring, SERIES.indexOf(series), Math.floor(atMs / MINUTE_MS))
        : undefined
    },
  }
}
