/**
 * Recorded history as a market: the spot price is the index, the perpetual's price its mark, and a book of given width stands
 * around each. An hour without a price has no market at all. It moves on the hours and at settlements, nowhere between.
 */
import type { Json } from '../../../domain/json.ts'
import { HOUR_MS } from '../../../domain/market/funding.ts'
import { type Candles, createCandles } from '../market/candles.ts'
import { MINUTE_MS } from '../market/funding.ts'
import type { FundingState, MarketSource, Quote, Reference, Settlement } from '../market/market.ts'
import type { Universe } from '../universe/universe.ts'
import type { FundingPoint, PricePoint, SymbolHistory } from './files.ts'

type Track = {
  prices: ReadonlyMap<number, PricePoint>
  settlements: readonly FundingPoint[]
  multiplier: number
}

const hourOf = (atMs: number) => Math.floor(atMs / HOUR_MS) * HOUR_MS

/** Index of the first settlement after `nowMs`. */
function after(settlements: readonly FundingPoint[], nowMs: number): number {
  let [low, high] = [0, settlements.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((settlements[middle]?.atMs ?? 0) > nowMs) high = middle
    else low = middle + 1
  }
  return low
}

/** The rate shown is the last one settled: the recorded next one is not known yet at that time. */
function fundingAt(track: Track | undefined, nowMs: number, usualMs: number): FundingState {
  const at = track ? after(track.settlements, nowMs) : 0
  const [next, last] = [track?.settlements[at], track?.settlements[at - 1]]
  const intervalMs = next?.intervalMs ?? last?.intervalMs ?? usualMs
  return {
    rate: last?.rate ?? '0',
    nextAtMs: next?.atMs ?? (Math.floor(nowMs / intervalMs) + 1) * intervalMs,
    intervalMs,
  }
}

function tracksOf(universe: Universe, symbols: readonly SymbolHistory[]): (Track | undefined)[] {
  return universe.listings.map(listing => {
    const history = symbols.find(({ symbol }) => symbol === listing.perp.symbol)
    return (
      history && {
        prices: new Map(history.prices.map(point => [point.atMs, point])),
        settlements: history.settlements,
        multiplier: listing.multiplier,
      }
    )
  })
}

/** What settles at an instant, by the last mark price known. */
const dueAt = (
  tracks: readonly (Track | undefined)[],
  nowMs: number,
  last: readonly Reference[],
): Settlement[] =>
  tracks.flatMap((track, listing) => {
    const point = track?.settlements[after(track.settlements, nowMs) - 1]
    const mark = last[listing]?.mark
    return point?.atMs === nowMs && mark !== undefined
      ? [{ listing, rate: point.rate, atMs: nowMs, intervalMs: point.intervalMs, mark }]
      : []
  })

/** The next full hour or settlement. */
function nextInstant(tracks: readonly (Track | undefined)[], nowMs: number): number {
  let nextMs = hourOf(nowMs) + HOUR_MS
  for (const track of tracks) {
    const point = track?.settlements[after(track.settlements, nowMs)]
    if (point && point.atMs < nextMs) nextMs = point.atMs
  }
  return nextMs
}

type Options = {
  universe: Universe
  symbols: readonly SymbolHistory[]
  startAtMs: number
  /** Half of the spread on both markets, in bps; the listing's own when left out. */
  halfSpreadBps?: number
}

/** A market of recorded history from `startAtMs` on. After the last record there is no data, and time still passes. */
export function historyMarket(options: Options): MarketSource {
  const { universe } = options
  const tracks = tracksOf(universe, options.symbols)
  const candles: Candles = createCandles(universe.listings.length, 0, undefined)
  let nowMs = options.startAtMs
  let due: Settlement[] = []
  const last: Reference[] = []
  look()

  function quote(index: number): Quote | undefined {
    const track = tracks[index]
    const point = track?.prices.get(hourOf(nowMs))
    if (!track || !point) return undefined
    return {
      index: point.spotPrice * track.multiplier,
      mark: point.perpPrice,
      perpMid: point.perpPrice,
      spotMid: point.spotPrice,
    }
  }

  /** Takes note of the present prices. */
  function look() {
    for (const { index } of universe.listings) {
      const now = quote(index)
      if (!now) continue
      last[index] = { mark: now.mark, index: now.index }
      if (nowMs % HOUR_MS < MINUTE_MS)
        candles.note(index, nowMs, now.spotMid, now.perpMid, now.mark, now.index, now.mark / now.index - 1)
    }
  }

  return {
    candles,
    nowMs: () => nowMs,
    nextStepAtMs: () => nextInstant(tracks, nowMs),
    step() {
      nowMs = nextInstant(tracks, nowMs)
      look()
      due = dueAt(tracks, nowMs, last)
    },
    quote,
    reference: index => last[index] ?? { mark: 0, index: 0 },
    funding: index =>
      fundingAt(tracks[index], nowMs, universe.listings[index]?.fundingIntervalMs ?? 8 * HOUR_MS),
    dueSettlements: () => due,
    settledRates(index) {
      const track = tracks[index]
      return track ? track.settlements.slice(0, after(track.settlements, nowMs)) : []
    },
    halfSpreadBps: index => options.halfSpreadBps ?? universe.listings[index]?.halfSpreadBps ?? 1,
    save: () => ({ nowMs, last: structuredClone(last) }),
    restore(saved: Json) {
      const from = saved as { nowMs?: number; last?: Reference[] }
      if (typeof from?.nowMs !== 'number') throw new Error('saved market: expected nowMs, found none')
      nowMs = from.nowMs
      last.splice(0, last.length, ...(from.last ?? []))
      due = []
      look()
    },
  }
}
