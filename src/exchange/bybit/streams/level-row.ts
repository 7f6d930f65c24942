/**
 * One side of an order book, best first, as plain numbers in a row: a push touches little memory, and texts are made again only of
 * what somebody asks for. Of a level whose price or size is longer than a double holds exactly the texts are kept; its numbers are
 * the doubles nearest to them, and what is equal by those is told apart by the texts.
 */
import { Decimal } from 'decimal.js'
import type { OrderQty, Price } from '../../../domain/units.ts'
import type { PriceLevel } from '../../exchange.ts'

// Decimals of public frames, read from their text digit by digit, without making a string of them. Up to fifteen digits a double holds
// what was read exactly, and `toFixed` makes the same text of it again.

const [DOT, ZERO, NINE, MINUS] = [46, 48, 57, 45]
const DIGITS_EXACT = 15
/** More is no amount of anything. */
const DIGITS_MAX = 40
const POWERS = Array.from({ length: DIGITS_EXACT + 1 }, (_, power) => 10 ** power)

/** Reads one text from left to right. What was read last stands in its fields until the next is read. */
export class DecimalReader {
  /** Where the next character stands. */
  at = 0
  value = 0
  /** Digits behind the point. */
  decimals = 0
  /** `value` is what was read, and not only the double that is nearest to it. */
  isExact = true

  /** Reads an unsigned decimal that begins at `at`; false when none does. */
  read(text: string): boolean {
    const from = this.at
    let [digits, point, whole, at] = [0, -1, 0, from]
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at)
      if (code >= ZERO && code <= NINE) {
        whole = whole * 10 + code - ZERO
        digits++
      } else if (code === DOT && point < 0) point = digits
      else break
    }
    this.at = at
    const decimals = point < 0 ? 0 : digits - point
    // Digits on both sides of a point.
    if (digits === 0 || digits > DIGITS_MAX || point === 0 || (point > 0 && decimals === 0)) return false
    this.decimals = decimals
    this.isExact = digits <= DIGITS_EXACT
    if (!this.isExact) this.value = Number(text.slice(from, at))
    // Both are exact, so that this is rounded once, as the text itself would be.
    else this.value = decimals === 0 ? whole : whole / (POWERS[decimals] ?? 1)
    return true
  }

  /** The same for a number without a point, which does not begin with a 0. */
  readWhole(text: string): boolean {
    return text.charCodeAt(this.at) !== ZERO && this.read(text) && this.decimals === 0
  }

  /** The whole of `text` is one decimal. */
  readAll(text: string, isSigned = false): boolean {
    const isNegative = isSigned && text.charCodeAt(0) === MINUS
    this.at = isNegative ? 1 : 0
    const isRead = this.read(text) && this.at === text.length
    if (isNegative) this.value = -this.value
    return isRead
  }

  /** Steps over what must stand next; false when something else does. */
  skip(text: string, expected: string): boolean {
    if (!text.startsWith(expected, this.at)) return false
    this.at += expected.length
    return true
  }
}

/** Decimals of price and size in one number. */
const PRICE_UNIT = 64

const reader = new DecimalReader()

export class LevelRow {
  readonly prices: number[] = []
  readonly sizes: number[] = []
  readonly #decimals: number[] = []
  /** 1 where the lowest price is best. */
  readonly #sign: 1 | -1
  /** Of levels too long for doubles; undefined before the first of them. */
  #long: (PriceLevel | undefined)[] | undefined

  constructor(sign: 1 | -1) {
    this.#sign = sign
  }

  /** Applies `[[price, size], …]`, a size of 0 taking a level away; answers what is wrong with it, or ''. */
  setAll(updates: unknown, name: string, isSigned: boolean): string {
    if (!Array.isArray(updates)) return `${name}: expected a list of levels`
    for (const update of updates) {
      const [price, size]: unknown[] = Array.isArray(update) ? update : []
      if (typeof price !== 'string' || !reader.readAll(price, isSigned))
        return `${name}: price ${JSON.stringify(price)} is not a decimal`
      const { value, decimals, isExact } = reader
      if (typeof size !== 'string' || !reader.readAll(size))
        return `${name}: size ${JSON.stringify(size)} is not a decimal`
      const isLong = !isExact || !reader.isExact
      if (isLong || this.#long) this.#setLong(value, decimals, price, size, isLong)
      else this.#set(this.#seek(value), value, decimals, reader)
    }
    return ''
  }

  /**
   * The same from the bytes of a frame: `at` stands before the first level of a list of them, and is left behind the bracket
   * that ends it. False for anything that is not exactly such a list, or too long for doubles: then some of it may have been applied.
   */
  readAll(text: string, at: DecimalReader): boolean {
    if (this.#long) return false
    if (at.skip(text, ']')) return true
    do {
      if (!at.skip(text, '["') || !at.read(text) || !at.isExact) return false
      const { value, decimals } = at
      if (!at.skip(text, '","') || !at.read(text) || !at.isExact) return false
      this.#set(this.#seek(value), value, decimals, at)
      if (!at.skip(text, '"]')) return false
    } while (at.skip(text, ','))
    return at.skip(text, ']')
  }

  /** A level as it was sent; undefined beyond the last. */
  level(at: number): PriceLevel | undefined {
    const [price, size, decimals] = [this.prices[at], this.sizes[at], this.#decimals[at]]
    if (price === undefined || size === undefined || decimals === undefined) return undefined
    return this.#long?.[at] ?? asLevel(price, size, decimals)
  }

  levels(count: number): PriceLevel[] {
    return Array.from({ length: Math.min(count, this.prices.length) }, (_, at) => this.level(at)).filter(
      level => level !== undefined,
    )
  }

  /** Is the best level this one? Undefined: there is none. */
  isBest(price: string | undefined, size: string | undefined): boolean {
    const [best] = this.prices
    if (best === undefined || price === undefined || size === undefined) return best === price
    if (!reader.readAll(price, true) || reader.value !== best) return false
    const { isExact } = reader
    if (!reader.readAll(size) || reader.value !== this.sizes[0]) return false
    return (isExact && reader.isExact && !this.#long) || this.#isExactly(0, price, size)
  }

  /** Is the best price of this side below the best of the other? True where a side has none. */
  isBelow(other: LevelRow): boolean {
    const [mine, theirs] = [this.prices[0], other.prices[0]]
    if (mine === undefined || theirs === undefined || mine < theirs) return true
    if (mine > theirs || !(this.#long || other.#long)) return false
    return new Decimal(this.#priceText(0)).lt(other.#priceText(0))
  }

  #isExactly(at: number, price: string, size: string): boolean {
    const level = this.level(at)
    return level !== undefined && new Decimal(level[0]).eq(price) && new Decimal(level[1]).eq(size)
  }

  #priceText(at: number): string {
    return this.level(at)?.[0] ?? ''
  }

  #set(at: number, price: number, decimals: number, size: DecimalReader): void {
    const isKnown = this.prices[at] === price
    if (size.value === 0) {
      // Deleting what is not there leaves the book right.
      if (isKnown) this.#remove(at)
      return
    }
    if (!isKnown) this.#makeRoom(at)
    this.#put(at, price, decimals, size)
  }

  /** The same where numbers alone do not tell prices apart; `reader` holds the size. */
  #setLong(price: number, decimals: number, priceText: string, sizeText: string, isLong: boolean): void {
    this.#long ??= this.prices.map(() => undefined)
    const at = this.#seekExactly(price, priceText)
    const isKnown = this.prices[at] === price && new Decimal(this.#priceText(at)).eq(priceText)
    if (reader.value === 0) {
      if (isKnown) this.#remove(at)
      return
    }
    if (!isKnown) this.#makeRoom(at)
    this.#put(at, price, decimals, reader)
    this.#long[at] = isLong ? [priceText as Price, sizeText as OrderQty] : undefined
  }

  #put(at: number, price: number, decimals: number, size: DecimalReader): void {
    this.prices[at] = price
    this.sizes[at] = size.value
    this.#decimals[at] = decimals * PRICE_UNIT + size.decimals
  }

  /** Where a price is, or would be inserted: before all that are equal by their numbers. */
  #seek(price: number): number {
    const [prices, sign] = [this.prices, this.#sign]
    let low = 0
    let high = prices.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (sign * (prices[middle] ?? 0) < sign * price) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Rounding to doubles never changes the order of two prices; it may make them equal. */
  #seekExactly(price: number, text: string): number {
    let at = this.#seek(price)
    while (this.prices[at] === price && this.#sign * new Decimal(this.#priceText(at)).cmp(text) < 0) at++
    return at
  }

  /** By hand: `splice` makes a list of what it took out. */
  #makeRoom(at: number): void {
    const [prices, sizes, decimals] = [this.prices, this.sizes, this.#decimals]
    for (let to = prices.length; to > at; to--) {
      prices[to] = prices[to - 1] ?? 0
      sizes[to] = sizes[to - 1] ?? 0
      decimals[to] = decimals[to - 1] ?? 0
    }
    this.#long?.splice(at, 0, undefined)
  }

  #remove(at: number): void {
    const [prices, sizes, decimals] = [this.prices, this.sizes, this.#decimals]
    const last = prices.length - 1
    for (let to = at; to < last; to++) {
      prices[to] = prices[to + 1] ?? 0
      sizes[to] = sizes[to + 1] ?? 0
      decimals[to] = decimals[to + 1] ?? 0
    }
    prices.length = last
    sizes.length = last
    decimals.length = last
    this.#long?.splice(at, 1)
  }
}

const asLevel = (price: number, size: number, decimals: number): PriceLevel => [
  price.toFixed(Math.floor(decimals / PRICE_UNIT)) as Price,
  size.toFixed(decimals % PRICE_UNIT) as OrderQty,
]
