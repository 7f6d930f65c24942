/**
 * Minute candles of five price series per coin, in hours of floats that are made when they are first needed and kept for two
 * days (one where there are very many coins). What lies before the first step is made on first request: a random walk
 * backwards from the first price, so that charts and 24-hour figures have a past.
 */

import { hash, hashFraction } from '../kit/random.ts'
import { MINUTE_MS } from './funding.ts'

export type Series = 'spot' | 'perp' | 'mark' | 'index' | 'premium'
type Range = { open: number; high: number; low: number }
export type Candle = { atMs: number; open: number; high: number; low: number; close: number }

const HOUR_MINUTES = 60
const DAYS_KEPT = 2
/** Beyond so many coins a day and an hour is kept, which is what 24-hour figures need. */
const MANY = 200
const PAST_MINUTES = DAYS_KEPT * 1440 - HOUR_MINUTES
/** Open, high, low, close of perp, mark, index and premium: the spot price is the index of one coin. */
const WIDTH = 4 * 4
const PLACE: Readonly<Record<Series, number>> = { perp: 0, mark: 4, index: 8, spot: 8, premium: 12 }

export type Candles = {
  /** Forgets everything: the past is made anew, backwards from the next price noted, so that it joins on. */
  clear(): void
  /** Notes the present prices of one coin. Spot and index must keep their ratio: they are the same price of other units. */
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
  range(listing: number, series: Exclude<Series, 'premium'>, fromMs: number, toMs: number): Range | undefined
  /** The minute a moment lies in; undefined where there is none. */
  at(listing: number, series: Series, atMs: number): Candle | undefined
}

/** Deterministic volume of one minute, in USDT; `part` of the minute has passed. */
export const minuteTurnover = (salt: number, atMs: number, scale: number, part = 1): number =>
  scale * (0.2 + 1.6 * shareOf(salt, Math.floor(atMs / MINUTE_MS))) * part

const DAY_MINUTES = 1440
/** A 32-bit count over 2^32, so that sums of a day are exact and can be carried on minute by minute. */
const shareOf = (salt: number, minute: number): number => hashFraction(salt, minute, 11)

/** Sum of the day's random parts that ends with `minute`. @param before - the same of the minute before, where it is known */
export function dayShares(salt: number, minute: number, before?: number): number {
  if (before !== undefined) return before + shareOf(salt, minute) - shareOf(salt, minute - DAY_MINUTES)
  let sum = 0
  for (let back = 0; back < DAY_MINUTES; back++) sum += shareOf(salt, minute - back)
  return sum
}

/** What those parts come to, in USDT. */
export const dayTurnover = (shares: number, scale: number): number =>
  scale * (0.2 * DAY_MINUTES + 1.6 * shares)

type Hour = { hour: number; values: Float64Array }
/** Invented minutes before the first: each one's factor to the first price, and how far beyond it reached. */
type Past = { factors: Float64Array; reaches: Float32Array }
type Ring = {
  hours: (Hour | undefined)[]
  /** The latest noted. */
  present: Hour | undefined
  firstMinute: number
  /** The first noted prices of perp, mark, index and premium. */
  start: readonly number[]
  /** Spot price over index. */
  share: number
  past: Past | undefined
}

const blankRing = (hoursKept: number): Ring => ({
  hours: Array.from({ length: hoursKept }, () => undefined),
  present: undefined,
  firstMinute: -1,
  start: [],
  share: 1,
  past: undefined,
})

/** The hour of a minute, made anew in the place of an old one when `minute` begins it. */
function hourFor(ring: Ring, minute: number): Hour {
  const hour = Math.floor(minute / HOUR_MINUTES)
  if (ring.present?.hour === hour) return ring.present
  const place = hour % ring.hours.length
  const known = ring.hours[place]
  ring.present =
    known?.hour === hour ? known : { hour, values: new Float64Array(HOUR_MINUTES * WIDTH).fill(Number.NaN) }
  ring.hours[place] = ring.present
  return ring.present
}

function putPrice(values: Float64Array, at: number, fresh: boolean, price: number): void {
  if (fresh) values[at] = price
  if (fresh || price > (values[at + 1] ?? 0)) values[at + 1] = price
  if (fresh || price < (values[at + 2] ?? 0)) values[at + 2] = price
  values[at + 3] = price
}

/** Called for every coin at every step: it makes nothing that has to be collected. */
function put(ring: Ring, minute: number, perp: number, mark: number, index: number, premium: number): void {
  const { values } = hourFor(ring, minute)
  const at = (minute % HOUR_MINUTES) * WIDTH
  const fresh = Number.isNaN(values[at] ?? Number.NaN)
  putPrice(values, at, fresh, perp)
  putPrice(values, at + 4, fresh, mark)
  putPrice(values, at + 8, fresh, index)
  putPrice(values, at + 12, fresh, premium)
}

/** Reads one minute into `into` as open, high, low, close; false where there is none. */
function read(ring: Ring, series: Series, minute: number, into: Float64Array): boolean {
  const scale = series === 'spot' ? ring.share : 1
  const hour = Math.floor(minute / HOUR_MINUTES)
  const known = ring.hours[hour % ring.hours.length]
  const at = (minute % HOUR_MINUTES) * WIDTH + PLACE[series]
  const open = known?.hour === hour ? known.values[at] : undefined
  if (known && open !== undefined && !Number.isNaN(open)) {
    for (let part = 0; part < 4; part++) into[part] = (known.values[at + part] ?? 0) * scale
    return true
  }
  const back = ring.firstMinute - minute
  if (!ring.past || back < 1 || back >= ring.past.factors.length) return false
  const start = (ring.start[PLACE[series] / 4] ?? 0) * scale
  // The premium is what it was at first: only prices walk.
  const walks = series !== 'premium'
  const [begin, close] = walks ? [ring.past.factors[back] ?? 1, ring.past.factors[back - 1] ?? 1] : [1, 1]
  const reach = walks ? (ring.past.reaches[back] ?? 1) : 1
  into[0] = start * begin
  into[1] = start * Math.max(begin, close) * reach
  into[2] = (start * Math.min(begin, close)) / reach
  into[3] = start * close
  return true
}

/** Walks backwards from the first noted price; each minute ends where the next one begins. */
function inventPast(firstMinute: number, salt: number, volatility: number): Past {
  const factors = new Float64Array(PAST_MINUTES)
  const reaches = new Float32Array(PAST_MINUTES)
  factors[0] = 1
  for (let back = 1; back < PAST_MINUTES; back++) {
    const minute = firstMinute - back
    const normal = (hashFraction(salt, minute, 1) + hashFraction(salt, minute, 2) - 1) * 2.4495
    factors[back] = (factors[back - 1] ?? 1) * (1 - volatility * normal)
    reaches[back] = 1 + volatility * hashFraction(salt, minute, 3)
  }
  return { factors, reaches }
}

const held = new Float64Array(4)
const candleOf = (minute: number): Candle => {
  const [open = 0, high = 0, low = 0, close = 0] = held
  return { atMs: minute * MINUTE_MS, open, high, low, close }
}

/** Open, high and low of a range under way. Numbers in a typed array: those of an object are made anew at every change. */
const extremes = new Float64Array(3)
const OPEN = 0
const HIGH = 1
const LOW = 2

function widen(open: number, high: number, low: number): void {
  if (Number.isNaN(extremes[OPEN])) extremes[OPEN] = open
  if (!(high <= (extremes[HIGH] ?? Number.NaN))) extremes[HIGH] = high
  if (!(low >= (extremes[LOW] ?? Number.NaN))) extremes[LOW] = low
}

/** Invented minutes, by their factors alone. */
function widenByPast({ past, firstMinute }: Ring, start: number, from: number, to: number): void {
  if (!past) return
  const { factors, reaches } = past
  const oldest = Math.min(firstMinute - from, factors.length - 1)
  for (let back = oldest; back >= 1 && firstMinute - back < to; back--) {
    const begin = factors[back] ?? 1
    const close = factors[back - 1] ?? 1
    const reach = reaches[back] ?? 1
    widen(start * begin, start * Math.max(begin, close) * reach, (start * Math.min(begin, close)) / reach)
  }
}

function widenByHours({ hours }: Ring, series: Series, scale: number, from: number, to: number): void {
  for (let minute = from; minute < to; ) {
    const hour = Math.floor(minute / HOUR_MINUTES)
    const end = Math.min(to, (hour + 1) * HOUR_MINUTES)
    const known = hours[hour % hours.length]
    if (known?.hour === hour)
      for (; minute < end; minute++) {
        const at = (minute % HOUR_MINUTES) * WIDTH + PLACE[series]
        const open = known.values[at] ?? Number.NaN
        if (!Number.isNaN(open))
          widen(open * scale, (known.values[at + 1] ?? 0) * scale, (known.values[at + 2] ?? 0) * scale)
      }
    minute = end
  }
}

/** Of prices. Makes nothing on the way: this is asked for every coin once a minute. */
function rangeOf(ring: Ring, series: Series, from: number, to: number): Range | undefined {
  const scale = series === 'spot' ? ring.share : 1
  const start = (ring.start[PLACE[series] / 4] ?? 0) * scale
  extremes.fill(Number.NaN)
  widenByPast(ring, start, from, Math.min(to, ring.firstMinute))
  widenByHours(ring, series, scale, Math.max(from, ring.firstMinute), to)
  const [open = Number.NaN, high = 0, low = 0] = extremes
  return Number.isNaN(open) ? undefined : { open, high, low }
}

/** @param minuteVolatility - per listing, of the invented past; undefined where there must be none (recorded history) */
export function createCandles(
  listings: number,
  seed: number,
  minuteVolatility: readonly number[] | undefined,
): Candles {
  const hoursKept = listings > MANY ? 25 : DAYS_KEPT * 24
  const rings = Array.from({ length: listings }, () => blankRing(hoursKept))
  const ringOf = (listing: number): Ring | undefined => {
    const ring = rings[listing]
    const volatility = minuteVolatility?.[listing]
    if (!ring || ring.firstMinute < 0) return undefined
    if (volatility !== undefined)
      ring.past ??= inventPast(ring.firstMinute, hash(seed, listing, 5), volatility)
    return ring
  }
  return {
    clear() {
      for (let listing = 0; listing < listings; listing++) rings[listing] = blankRing(hoursKept)
    },
    note(listing, nowMs, spot, perp, mark, index, premium) {
      const ring = rings[listing]
      if (!ring) return
      const minute = Math.floor(nowMs / MINUTE_MS)
      if (ring.firstMinute < 0) {
        ring.firstMinute = minute
        ring.start = [perp, mark, index, premium]
        ring.share = index === 0 ? 1 : spot / index
      }
      put(ring, minute, perp, mark, index, premium)
    },
    minutes(listing, series, fromMs, toMs) {
      const ring = ringOf(listing)
      if (!ring) return []
      const found: Candle[] = []
      const oldest = Math.max(Math.ceil(fromMs / MINUTE_MS), ring.firstMinute - PAST_MINUTES)
      for (let minute = oldest; minute * MINUTE_MS < toMs; minute++)
        if (read(ring, series, minute, held)) found.push(candleOf(minute))
      return found
    },
    range(listing, series, fromMs, toMs) {
      const ring = ringOf(listing)
      if (!ring) return undefined
      const from = Math.ceil(Math.max(0, fromMs) / MINUTE_MS)
      return rangeOf(ring, series, from, Math.ceil(toMs / MINUTE_MS))
    },
    at(listing, series, atMs) {
      const ring = ringOf(listing)
      const minute = Math.floor(atMs / MINUTE_MS)
      return ring && atMs >= 0 && read(ring, series, minute, held) ? candleOf(minute) : undefined
    },
  }
}
