/**
 * The synthetic order book of one instrument: a touch around a middle price and levels beyond it, each a function of its
 * price and the time, so that nothing is stored but what takers have eaten. Eaten depth comes back over half a minute.
 * The book is never crossed, every price is on the tick grid and every size is a whole number of lots.
 */
import { hash, hashFraction } from '../kit/random.ts'
import type { Instrument } from '../universe/universe.ts'

/** Prices in ticks, sizes in lots. */
export type BookLevel = readonly [ticks: number, lots: number]
export type BookSide = 'bids' | 'asks'
type Eaten = { lots: number; atMs: number }

const RETURN_MS = 30_000
/** How long a level stays as it is when nobody takes of it. */
const EPOCH_MS = 24_000
/** Untouched levels that are remembered, per side. A power of two, so that neighbours never take each other's place. */
const REMEMBERED = 256
const LEVELS_MAX = 3000
const ASKS_SALT = 7919

export type SimulatedBook = {
  readonly instrument: Instrument
  live(): boolean
  /** Best levels of a side, best first. */
  levels(side: BookSide, count: number): BookLevel[]
  best(side: BookSide): BookLevel | undefined
  /** A price in ticks that no level is better than; takers may have left nothing at it. */
  bound(side: BookSide): number | undefined
  /** What a taker gets from `side` up to a price in ticks and a number of lots, without taking it. */
  reach(side: BookSide, limitTicks: number, lots: number): BookLevel[]
  /** Removes what was taken. */
  eat(side: BookSide, taken: readonly BookLevel[]): void
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

type BookShape = {
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

/** Levels beyond the touch while nobody takes of them, each in the place of its ticks, modulo. Undefined: empty. */
type Untouched = { ticks: Float64Array; untilMs: Float64Array; levels: (BookLevel | undefined)[] }

const nothingKnown = (): Untouched => ({
  ticks: new Float64Array(REMEMBERED),
  untilMs: new Float64Array(REMEMBERED),
  levels: new Array<BookLevel | undefined>(REMEMBERED).fill(undefined),
})

/** What both sides of a book share: its time, and how large a level is on average. */
type Present = { nowMs: number; lotsPerTick: number }

const lotsOf = ({ lotsPerTick }: Present, chance: number) => Math.floor(lotsPerTick * (0.15 + 1.7 * chance))

/** What a level's size is made of, from 0 to 1, and until when. */
function chanceOf(salt: number, ticks: number, nowMs: number) {
  const phase = (hash(salt, ticks, 0) >>> 0) % EPOCH_MS
  const epoch = Math.floor((nowMs + phase) / EPOCH_MS)
  return { chance: hashFraction(salt, ticks, epoch), untilMs: (epoch + 1) * EPOCH_MS - phase }
}

/** One side of a book: its touch, the levels beyond it, and what takers have eaten of them. */
class HalfBook {
  readonly eaten = new Map<number, Eaten>()
  /** The best price, in ticks; takers may have left nothing at it. */
  touch = 0
  readonly #salt: number
  readonly #outward: 1 | -1
  readonly #present: Readonly<Present>
  /** The level at the touch while nobody takes of it. */
  #best: BookLevel = [0, 0]
  #bestUntilMs = 0
  /** Made when somebody first looks beyond the touch: most books are never looked into. */
  #known: Untouched | undefined

  constructor(salt: number, outward: 1 | -1, present: Readonly<Present>) {
    this.#salt = salt
    this.#outward = outward
    this.#present = present
  }

  /** Sizes are made anew: the price has gone a long way. */
  resize(): void {
    this.#known = undefined
    this.#bestUntilMs = 0
  }

  /** Never empty of itself. */
  atTouch(): BookLevel {
    if (this.#best[0] === this.touch && this.#present.nowMs < this.#bestUntilMs) return this.#best
    const { chance, untilMs } = chanceOf(this.#salt, this.touch, this.#present.nowMs)
    this.#best = [this.touch, Math.max(1, lotsOf(this.#present, chance))]
    this.#bestUntilMs = untilMs
    return this.#best
  }

  /** Visits levels from the touch outward until `visit` has had enough. @param presentMs - by which eaten depth comes back */
  walk(presentMs: number, visit: (level: BookLevel) => boolean): void {
    const isEaten = this.eaten.size > 0
    for (let away = 0; away < LEVELS_MAX; away++) {
      const ticks = this.touch + this.#outward * away
      if (ticks <= 0) return
      const full = away === 0 ? this.atTouch() : this.#beyondTouch(ticks)
      const level = full && isEaten ? this.#leftOf(full, presentMs) : full
      if (level && !visit(level)) return
    }
  }

  eat(taken: readonly BookLevel[], atMs: number): void {
    for (const [ticks, lots] of taken) {
      const before = this.eaten.get(ticks)
      const kept = before ? Math.ceil(before.lots * (1 - (atMs - before.atMs) / RETURN_MS)) : 0
      this.eaten.set(ticks, { lots: kept + lots, atMs })
    }
  }

  /** Forgets what has wholly come back, so that who looked when does not show in a saved state. */
  dropReturned(nowMs: number): void {
    for (const [ticks, { atMs }] of this.eaten) if (nowMs - atMs >= RETURN_MS) this.eaten.delete(ticks)
  }

  /** From one second to the next nearly all levels stay: to make them anew would be most of what a book costs. */
  #beyondTouch(ticks: number): BookLevel | undefined {
    this.#known ??= nothingKnown()
    const known = this.#known
    const place = ticks & (REMEMBERED - 1)
    if (known.ticks[place] === ticks && this.#present.nowMs < (known.untilMs[place] ?? 0))
      return known.levels[place]
    const { chance, untilMs } = chanceOf(this.#salt, ticks, this.#present.nowMs)
    const lots = chance < 0.1 ? 0 : lotsOf(this.#present, chance) || (chance < 0.4 ? 1 : 0)
    known.ticks[place] = ticks
    known.untilMs[place] = untilMs
    known.levels[place] = lots > 0 ? [ticks, lots] : undefined
    return known.levels[place]
  }

  /** What takers have left of a level. */
  #leftOf(level: BookLevel, presentMs: number): BookLevel | undefined {
    const [ticks, lots] = level
    const gone = this.eaten.get(ticks)
    if (!gone) return level
    const ageMs = presentMs - gone.atMs
    if (ageMs >= RETURN_MS) {
      this.eaten.delete(ticks)
      return level
    }
    const left = lots - Math.ceil(gone.lots * (1 - ageMs / RETURN_MS))
    return left > 0 ? [ticks, left] : undefined
  }
}

const SIDES = ['bids', 'asks'] as const

class SyntheticBook implements SimulatedBook {
  readonly instrument: Instrument
  readonly #shape: BookShape
  readonly #present: Present = { nowMs: 0, lotsPerTick: 0 }
  readonly #halves: Readonly<Record<BookSide, HalfBook>>
  #mid: number | undefined
  /** The power of the price step at or below the middle price, by which sizes go. */
  #around = 0

  constructor(instrument: Instrument, shape: BookShape) {
    this.instrument = instrument
    this.#shape = shape
    this.#halves = {
      bids: new HalfBook(shape.salt, -1, this.#present),
      asks: new HalfBook(shape.salt + ASKS_SALT, 1, this.#present),
    }
  }

  live(): boolean {
    this.#refresh()
    return this.#mid !== undefined
  }

  levels(side: BookSide, count: number): BookLevel[] {
    const found: BookLevel[] = []
    if (count > 0) this.#walk(side, level => found.push(level) < count)
    return found
  }

  best(side: BookSide): BookLevel | undefined {
    this.#refresh()
    const half = this.#halves[side]
    return this.#mid === undefined || half.eaten.size > 0 ? this.levels(side, 1)[0] : half.atTouch()
  }

  bound(side: BookSide): number | undefined {
    this.#refresh()
    return this.#mid === undefined ? undefined : this.#halves[side].touch
  }

  reach(side: BookSide, limitTicks: number, lots: number): BookLevel[] {
    const found: BookLevel[] = []
    let left = lots
    this.#walk(side, ([ticks, has]) => {
      const beyond = side === 'asks' ? ticks > limitTicks : ticks < limitTicks
      if (beyond || left <= 0) return false
      found.push([ticks, Math.min(left, has)])
      left -= has
      return left > 0
    })
    return found
  }

  eat(side: BookSide, taken: readonly BookLevel[]): void {
    this.#dropReturned()
    this.#halves[side].eat(taken, this.#shape.clock())
  }

  save(): [BookSide, number, number, number][] {
    this.#dropReturned()
    return SIDES.flatMap(side =>
      [...this.#halves[side].eaten].map(([ticks, { lots, atMs }]): [BookSide, number, number, number] => [
        side,
        ticks,
        lots,
        atMs,
      ]),
    )
  }

  restore(saved: readonly [BookSide, number, number, number][]): void {
    for (const [side, ticks, lots, atMs] of saved) this.#halves[side].eaten.set(ticks, { lots, atMs })
  }

  #dropReturned(): void {
    for (const side of SIDES) this.#halves[side].dropReturned(this.#shape.clock())
  }

  #walk(side: BookSide, visit: (level: BookLevel) => boolean): void {
    this.#refresh()
    if (this.#mid !== undefined) this.#halves[side].walk(this.#shape.clock(), visit)
  }

  /** Brings touch and sizes to the market's present. */
  #refresh(): void {
    const { instrument } = this
    const { halfSpreadBps, depthUsdtPerBps } = this.#shape
    this.#present.nowMs = this.#shape.lookedAtMs()
    const mid = this.#shape.look()
    if (mid === this.#mid) return
    this.#mid = mid
    if (mid === undefined) return
    const tick = instrument.price.stepFloat
    const away = (mid * halfSpreadBps) / 10_000
    const bid = Math.max(1, Math.floor((mid - away) / tick))
    this.#halves.bids.touch = bid
    this.#halves.asks.touch = Math.max(bid + 1, Math.ceil((mid + away) / tick))
    if (mid >= this.#around && mid < this.#around * PRICE_STEP) return
    this.#around = roundPrice(mid)
    const lot = instrument.qty.stepFloat
    this.#present.lotsPerTick = (depthUsdtPerBps * (tick / this.#around) * 10_000) / this.#around / lot
    for (const side of SIDES) this.#halves[side].resize()
  }
}

/** The book of one instrument. Equal shapes give equal books at every instant. */
export const createBook = (instrument: Instrument, shape: BookShape): SimulatedBook =>
  new SyntheticBook(instrument, shape)
