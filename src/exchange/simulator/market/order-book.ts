/**
 * The synthetic order book of one instrument: a touch around a middle price and levels beyond it, each a function of its
 * price and the time, so that nothing is stored but what takers have eaten. Eaten depth comes back over half a minute.
 * The book is never crossed, every price is on the tick grid and every size is a whole number of lots.
 */
import { hash, hashFraction } from '../kit/random.ts'
import type { Instrument } from '../universe/universe.ts'

/** Prices in ticks, sizes in lots. */
export type Level = readonly [ticks: number, lots: number]
export type BookSide = 'bids' | 'asks'
type Eaten = { lots: number; atMs: number }

const RETURN_MS = 30_000
/** How long a level stays as it is when nobody takes of it. */
const EPOCH_MS = 24_000
/** Untouched levels that are remembered, per side. A power of two, so that neighbours never take each other's place. */
const REMEMBERED = 256
const LEVELS_MAX = 3000
const ASKS_SALT = 7919

/** Levels beyond the touch while nobody takes of them, each in the place of its ticks, modulo. Undefined: empty. */
type Untouched = { ticks: Float64Array; untilMs: Float64Array; levels: (Level | undefined)[] }

const nothingKnown = (): Untouched => ({
  ticks: new Float64Array(REMEMBERED),
  untilMs: new Float64Array(REMEMBERED),
  levels: new Array<Level | undefined>(REMEMBERED).fill(undefined),
})

type Half = {
  readonly salt: number
  readonly outward: 1 | -1
  readonly eaten: Map<number, Eaten>
  /** The best price, in ticks, and its level while nobody takes of it. */
  touch: number
  best: Level
  bestUntilMs: number
  /** Made when somebody first looks beyond the touch: most books are never looked into. */
  known: Untouched | undefined
}

const newHalf = (salt: number, outward: 1 | -1): Half => ({
  salt,
  outward,
  eaten: new Map(),
  touch: 0,
  best: [0, 0],
  bestUntilMs: 0,
  known: undefined,
})

export type OrderBook = {
  readonly instrument: Instrument
  live(): boolean
  /** Best levels of a side, best first. */
  levels(side: BookSide, count: number): Level[]
  best(side: BookSide): Level | undefined
  /** A price in ticks that no level is better than; takers may have left nothing at it. */
  bound(side: BookSide): number | undefined
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
  /** The middle price; undefined takes the book away. Asked only when somebody looks at the book. */
  look: () => number | undefined
  /** The time of that price. */
  lookedAtMs: () => number
}

export function createBook(instrument: Instrument, shape: BookShape): OrderBook {
  const halves: Readonly<Record<BookSide, Half>> = {
    bids: newHalf(shape.salt, -1),
    asks: newHalf(shape.salt + ASKS_SALT, 1),
  }
  const tick = instrument.price.stepFloat
  const lot = instrument.qty.stepFloat
  let mid: number | undefined
  let nowMs = 0
  let lotsPerTick = 0
  let around = 0

  /** What a level's size is made of, from 0 to 1, and until when. */
  function chanceOf(salt: number, ticks: number) {
    const phase = (hash(salt, ticks, 0) >>> 0) % EPOCH_MS
    const epoch = Math.floor((nowMs + phase) / EPOCH_MS)
    return { chance: hashFraction(salt, ticks, epoch), untilMs: (epoch + 1) * EPOCH_MS - phase }
  }

  const lotsOf = (chance: number) => Math.floor(lotsPerTick * (0.15 + 1.7 * chance))

  /** Never empty of itself. */
  function atTouch(half: Half): Level {
    if (half.best[0] === half.touch && nowMs < half.bestUntilMs) return half.best
    const { chance, untilMs } = chanceOf(half.salt, half.touch)
    half.best = [half.touch, Math.max(1, lotsOf(chance))]
    half.bestUntilMs = untilMs
    return half.best
  }

  /** From one second to the next nearly all levels stay: to make them anew would be most of what a book costs. */
  function beyondTouch(half: Half, ticks: number): Level | undefined {
    half.known ??= nothingKnown()
    const { known } = half
    const place = ticks & (REMEMBERED - 1)
    if (known.ticks[place] === ticks && nowMs < (known.untilMs[place] ?? 0)) return known.levels[place]
    const { chance, untilMs } = chanceOf(half.salt, ticks)
    const lots = chance < 0.1 ? 0 : lotsOf(chance) || (chance < 0.4 ? 1 : 0)
    known.ticks[place] = ticks
    known.untilMs[place] = untilMs
    known.levels[place] = lots > 0 ? [ticks, lots] : undefined
    return known.levels[place]
  }

  /** What takers have left of a level. */
  function leftOf({ eaten }: Half, level: Level): Level | undefined {
    const [ticks, lots] = level
    const gone = eaten.get(ticks)
    if (!gone) return level
    const ageMs = shape.clock() - gone.atMs
    if (ageMs >= RETURN_MS) {
      eaten.delete(ticks)
      return level
    }
    const left = lots - Math.ceil(gone.lots * (1 - ageMs / RETURN_MS))
    return left > 0 ? [ticks, left] : undefined
  }

  /** Forgets what has wholly come back, so that who looked when does not show in a saved state. */
  function dropReturned() {
    for (const { eaten } of [halves.bids, halves.asks])
      for (const [ticks, { atMs }] of eaten) if (shape.clock() - atMs >= RETURN_MS) eaten.delete(ticks)
  }

  /** Brings touch and sizes to the market's present. */
  function refresh(): void {
    nowMs = shape.lookedAtMs()
    const price = shape.look()
    if (price === mid) return
    mid = price
    if (mid === undefined) return
    const away = (mid * shape.halfSpreadBps) / 10_000
    const bid = Math.max(1, Math.floor((mid - away) / tick))
    halves.bids.touch = bid
    halves.asks.touch = Math.max(bid + 1, Math.ceil((mid + away) / tick))
    if (mid >= around && mid < around * PRICE_STEP) return
    around = roundPrice(mid)
    lotsPerTick = (shape.depthUsdtPerBps * (tick / around) * 10_000) / around / lot
    for (const half of [halves.bids, halves.asks]) {
      half.known = undefined
      half.bestUntilMs = 0
    }
  }

  /** Visits levels from the touch outward until `visit` has had enough. */
  function walk(side: BookSide, visit: (level: Level) => boolean): void {
    refresh()
    if (mid === undefined) return
    const half = halves[side]
    const isEaten = half.eaten.size > 0
    for (let away = 0; away < LEVELS_MAX; away++) {
      const ticks = half.touch + half.outward * away
      if (ticks <= 0) return
      const full = away === 0 ? atTouch(half) : beyondTouch(half, ticks)
      const level = full && isEaten ? leftOf(half, full) : full
      if (level && !visit(level)) return
    }
  }

  function levels(side: BookSide, count: number): Level[] {
    const found: Level[] = []
    if (count > 0) walk(side, level => found.push(level) < count)
    return found
  }

  return {
    instrument,
    live() {
      refresh()
      return mid !== undefined
    },
    levels,
    best(side) {
      refresh()
      const half = halves[side]
      return mid === undefined || half.eaten.size > 0 ? levels(side, 1)[0] : atTouch(half)
    },
    bound(side) {
      refresh()
      return mid === undefined ? undefined : halves[side].touch
    },
    reach(side, limitTicks, lots) {
      const found: Level[] = []
      let left = lots
      walk(side, ([ticks, has]) => {
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
      const { eaten } = halves[side]
      dropReturned()
      for (const [ticks, lots] of taken) {
        const before = eaten.get(ticks)
        const kept = before ? Math.ceil(before.lots * (1 - (atMs - before.atMs) / RETURN_MS)) : 0
        eaten.set(ticks, { lots: kept + lots, atMs })
      }
    },
    save() {
      dropReturned()
      return (['bids', 'asks'] as const).flatMap(side =>
        [...halves[side].eaten].map(([ticks, { lots, atMs }]): [BookSide, number, number, number] => [
          side,
          ticks,
          lots,
          atMs,
        ]),
      )
    },
    restore(saved) {
      for (const [side, ticks, lots, atMs] of saved) halves[side].eaten.set(ticks, { lots, atMs })
    },
  }
}
