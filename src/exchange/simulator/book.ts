/**
 * The synthetic order book of one instrument: a touch around a middle price and levels beyond it, each a function of its
 * price and the time, so that nothing is stored but what takers have eaten. Eaten depth comes back over half a minute.
 * The book is never crossed, every price is on the tick grid and every size is a whole number of lots.
 */
import { hash, hashFraction } from './random.ts'
import type { Instrument } from './universe.ts'

/** Prices in ticks, sizes in lots. */
export type Level = readonly [ticks: number, lots: number]
export type BookSide = 'bids' | 'asks'
type Eaten = { lots: number; atMs: number }

const RETURN_MS = 30_000
const LEVELS_MAX = 3000
const ASKS_SALT = 7919

export type Book = {
  readonly instrument: Instrument
  live(): boolean
  /** Best levels of a side, best first. */
  levels(side: BookSide, count: number): Level[]
  best(side: BookSide): Level | undefined
  /** What a taker gets from `side` up to a price in ticks and a number of lots, without taking it. */
  reach(side: BookSide, limitTicks: number, lots: number): Level[]
  /** Removes what was taken. */
  eat(side: BookSide, taken: readonly Level[]): void
  save(): [BookSide, number, number, number][]
  restore(saved: readonly [BookSide, number, number, number][]): void
}

const PRICE_STEP = 1.1
/** The power of 1.1 at or below a price: sizes follow it and so do not all change with every tick. */
function roundPrice(price: number): number {
  let power = 1
  while (power > price) power /= PRICE_STEP
  while (power * PRICE_STEP <= price) power *= PRICE_STEP
  return power
}

export type BookShape = {
  salt: number
  depthUsdtPerBps: number
  halfSpreadBps: number
  /** The present, by which eaten depth comes back. */
  clock: () => number
  /** The middle price and its time; undefined takes the book away. Asked only when somebody looks at the book. */
  look: () => { mid: number | undefined; nowMs: number }
}

export function createBook(instrument: Instrument, shape: BookShape): Book {
  const eaten = { bids: new Map<number, Eaten>(), asks: new Map<number, Eaten>() }
  const tick = instrument.price.stepFloat
  const lot = instrument.qty.stepFloat
  let mid: number | undefined
  let nowMs = 0
  let touch = { bids: 0, asks: 0 }
  let lotsPerTick = 0
  let around = 0

  /** Size of a level before anything was eaten; 0 where the level is empty for now. */
  function fullLots(side: BookSide, ticks: number, away: number): number {
    const salt = shape.salt + (side === 'asks' ? ASKS_SALT : 0)
    const phase = (hash(salt, ticks, 0) >>> 0) % 24_000
    const epoch = Math.floor((nowMs + phase) / 24_000)
    const chance = hashFraction(salt, ticks, epoch)
    if (away > 0 && chance < 0.1) return 0
    const lots = Math.floor(lotsPerTick * (0.15 + 1.7 * chance))
    return away === 0 ? Math.max(1, lots) : lots > 0 ? lots : chance < 0.4 ? 1 : 0
  }

  function lotsAt(side: BookSide, ticks: number, away: number): number {
    const full = fullLots(side, ticks, away)
    const gone = eaten[side].get(ticks)
    if (!gone) return full
    const ageMs = shape.clock() - gone.atMs
    if (ageMs >= RETURN_MS) eaten[side].delete(ticks)
    else return Math.max(0, full - Math.ceil(gone.lots * (1 - ageMs / RETURN_MS)))
    return full
  }

  /** Forgets what has wholly come back, so that who looked when does not show in a saved state. */
  function dropReturned() {
    for (const side of ['bids', 'asks'] as const)
      for (const [ticks, { atMs }] of eaten[side])
        if (shape.clock() - atMs >= RETURN_MS) eaten[side].delete(ticks)
  }

  /** Brings touch and sizes to the market's present. */
  function refresh(): void {
    const market = shape.look()
    nowMs = market.nowMs
    if (mid === market.mid) return
    mid = market.mid
    if (mid === undefined) return
    const half = (mid * shape.halfSpreadBps) / 10_000
    const bids = Math.max(1, Math.floor((mid - half) / tick))
    touch = { bids, asks: Math.max(bids + 1, Math.ceil((mid + half) / tick)) }
    if (mid >= around && mid < around * PRICE_STEP) return
    around = roundPrice(mid)
    lotsPerTick = (shape.depthUsdtPerBps * (tick / around) * 10_000) / around / lot
  }

  /** Visits levels from the touch outward until `visit` has had enough. */
  function walk(side: BookSide, visit: (ticks: number, lots: number) => boolean): void {
    refresh()
    if (mid === undefined) return
    const outward = side === 'asks' ? 1 : -1
    for (let away = 0; away < LEVELS_MAX; away++) {
      const ticks = touch[side] + outward * away
      if (ticks <= 0) return
      const lots = lotsAt(side, ticks, away)
      if (lots > 0 && !visit(ticks, lots)) return
    }
  }

  function levels(side: BookSide, count: number): Level[] {
    const found: Level[] = []
    if (count > 0) walk(side, (ticks, lots) => found.push([ticks, lots]) < count)
    return found
  }

  return {
    instrument,
    live() {
      refresh()
      return mid !== undefined
    },
    levels,
    best: side => levels(side, 1)[0],
    reach(side, limitTicks, lots) {
      const found: Level[] = []
      let left = lots
      walk(side, (ticks, has) => {
        const beyond = side === 'asks' ? ticks > limitTicks : ticks < limitTicks
        if (beyond || left <= 0) return false
        found.push([ticks, Math.min(left, has)])
        left -= has
        return left > 0
      })
      return found
    },
    eat(side, taken) {
      const atMs = shape.clock()
      dropReturned()
      for (const [ticks, lots] of taken) {
        const before = eaten[side].get(ticks)
        const kept = before ? Math.ceil(before.lots * (1 - (atMs - before.atMs) / RETURN_MS)) : 0
        eaten[side].set(ticks, { lots: kept + lots, atMs })
      }
    },
    save() {
      dropReturned()
      return (['bids', 'asks'] as const).flatMap(side =>
        [...eaten[side]].map(([ticks, { lots, atMs }]): [BookSide, number, number, number] => [
          side,
          ticks,
          lots,
          atMs,
        ]),
      )
    },
    restore(saved) {
      for (const [side, ticks, lots, atMs] of saved) eaten[side].set(ticks, { lots, atMs })
    },
  }
}
