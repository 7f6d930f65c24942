/**
 * One side of an order book, best first, as plain numbers in a row: a push touches little memory, and texts are made again only of
 * what somebody asks for. A price is at most as long as a double holds it exactly; of a size that is longer the text is kept.
 */
import type { OrderQty, Price } from '../../../domain/units.ts'
import type { PriceLevel } from '../../exchange.ts'

/**
 * Decimals of public frames, read from their text digit by digit, without making a string of them. Up to fifteen digits a double holds
 * what was read exactly, and `toFixed` makes the same text of it again.
 */

const [DOT, ZERO, NINE, MINUS] = [46, 48, 57, 45]
const DIGITS_EXACT = 15
/** More is no amount of anything. */
const DIGITS_MAX = 40
const POWERS = Array.from({ length: DIGITS_MAX + 1 }, (_, power) => 10 ** power)

/** Reads one text from left to right. What was read last stands in its fields until the next is read. */
export class DecimalReader {
  /** Where the next character stands. */
  at = 0
  value = 0
  /** Digits behind the point. */
  decimals = 0
  /** `value` is what was read, and not only near it. */
  isExact = true

  /** Reads an unsigned decimal that begins at `at`; false when none does. */
  read(text: string): boolean {
    let [digits, point, whole, at] = [0, -1, 0, this.at]
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
    // Both are exact, so that this is rounded once, as the text itself would be.
    this.value = decimals === 0 ? whole : whole / (POWERS[decimals] ?? 1)
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
  /** Sizes too long for a double, by price. */
  readonly #long = new Map<number, string>()

  constructor(sign: 1 | -1) {
    this.#sign = sign
  }

  /** Applies `[[price, size], …]`, a size of 0 taking a level away; answers what is wrong with it, or ''. */
  setAll(updates: unknown, name: string, isSigned: boolean): string {
    if (!Array.isArray(updates)) return `${name}: expected a list of levels`
    for (const update of updates) {
      const [price, size]: unknown[] = Array.isArray(update) ? update : []
      if (typeof price !== 'string' || !reader.readAll(price, isSigned) || !reader.isExact)
        return `${name}: price ${JSON.stringify(price)} is not a decimal`
      const { value, decimals } = reader
      if (typeof size !== 'string' || !reader.readAll(size))
        return `${name}: size ${JSON.stringify(size)} is not a decimal`
      this.#set(value, decimals, reader, size)
    }
    return ''
  }

  /**
   * The same from the bytes of a frame: `at` stands before the first level of a list of them, and is left behind the bracket
   * that ends it. False for anything that is not exactly such a list: then some of it may have been applied.
   */
  readAll(text: string, at: DecimalReader): boolean {
    if (at.skip(text, ']')) return true
    do {
      if (!at.skip(text, '["') || !at.read(text) || !at.isExact) return false
      const { value, decimals } = at
      if (!at.skip(text, '","')) return false
      const from = at.at
      if (!at.read(text)) return false
      this.#set(value, decimals, at, at.isExact ? '' : text.slice(from, at.at))
      if (!at.skip(text, '"]')) return false
    } while (at.skip(text, ','))
    return at.skip(text, ']')
  }

  /** A level as it was sent; undefined beyond the last. */
  level(at: number): PriceLevel | undefined {
    const [price, size, decimals] = [this.prices[at], this.sizes[at], this.#decimals[at]]
    if (price === undefined || size === undefined || decimals === undefined) return undefined
    const text = this.#long.get(price) ?? size.toFixed(decimals % PRICE_UNIT)
    return [price.toFixed(Math.floor(decimals / PRICE_UNIT)) as Price, text as OrderQty]
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
    if (!reader.readAll(price, true) || reader.value !== best || !reader.readAll(size)) return false
    return reader.isExact ? reader.value === this.sizes[0] : this.#long.get(best) === size
  }

  #set(price: number, decimals: number, size: DecimalReader, text: string): void {
    const at = this.#seek(price)
    const isKnown = this.prices[at] === price
    if (isKnown && this.#long.size > 0) this.#long.delete(price)
    if (size.value === 0) {
      // Deleting what is not there leaves the book right.
      if (isKnown) this.#remove(at)
      return
    }
    if (!isKnown) this.#makeRoom(at)
    this.prices[at] = price
    this.sizes[at] = size.value
    this.#decimals[at] = decimals * PRICE_UNIT + size.decimals
    if (!size.isExact) this.#long.set(price, text)
  }

  /** Where a price is, or would be inserted. */
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

  /** By hand: `splice` makes a list of what it took out. */
  #makeRoom(at: number): void {
    const [prices, sizes, decimals] = [this.prices, this.sizes, this.#decimals]
    for (let to = prices.length; to > at; to--) {
      prices[to] = prices[to - 1] ?? 0
      sizes[to] = sizes[to - 1] ?? 0
      decimals[to] = decimals[to - 1] ?? 0
    }
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
  }
}
