/**
 * One side of an order book, best first, as plain numbers in a row: a push touches little memory, and texts are made again only of
 * what somebody asks for. A price is at most as long as a double holds it exactly; of a size that is longer the text is kept.
 */
import type { OrderQty, Price } from '../../../domain/units.ts'
import type { PriceLevel } from '../../exchange.ts'
import { DecimalReader } from './decimal-text.ts'

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
