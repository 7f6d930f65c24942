/**
 * A book that rests is not an old one: Bybit sends a deep book's changes only, and nothing while there are none, but sends the best
 * level (orderbook.1) again every 3 seconds. So a best level that equals the deep book's proves the whole of it: every change of
 * before has come over the same line. A silent or half-open line sends neither, and the book ages.
 * https://bybit-exchange.github.io/docs/v5/websocket/public/orderbook
 */
import type { OrderBook, PriceLevel } from '../../exchange.ts'

/** A book told less than this ago needs no telling. Engine time, as is the other. */
const FRESH_MS = 1_000
/** So long may a deep book say nothing while the best level says that it has changed. */
const CONTRADICTED_MS_MAX = 10_000

type Frame = Readonly<Record<string, unknown>>
type Touch = { bid: readonly [string, string] | undefined; ask: readonly [string, string] | undefined }

type TouchAnswer =
  /** The book as it is, proven at `atMs`. */
  | { kind: 'book'; book: OrderBook }
  /** The deep book has stood still for too long: take it anew. */
  | { kind: 'broken'; cause: string }
  /** Nothing to tell. */
  | { kind: 'quiet' }
  | { kind: 'unread' }

const QUIET: TouchAnswer = { kind: 'quiet' }

const isLevel = (level: unknown): level is readonly [string, string] =>
  Array.isArray(level) && typeof level[0] === 'string' && typeof level[1] === 'string'

/** The best levels of an orderbook.1 frame; undefined for a side that is empty. */
function touchOf({ data }: Frame): Touch | undefined {
  const { b, a } = (data ?? {}) as Frame
  if (!Array.isArray(b) || !Array.isArray(a)) return undefined
  if (![...b.slice(0, 1), ...a.slice(0, 1)].every(isLevel)) return undefined
  return { bid: b[0], ask: a[0] }
}

const isSame = (level: PriceLevel | undefined, touch: Touch['bid']): boolean =>
  level?.[0] === touch?.[0] && level?.[1] === touch?.[1]

export class QuietOrderBook {
  readonly #symbol: string
  #book: OrderBook | undefined
  #toldAtMs = 0
  #contradictedAtMs: number | undefined

  constructor(symbol: string) {
    this.#symbol = symbol
  }

  /** The deep book has just been told. */
  told(book: OrderBook, nowMs: number): void {
    this.#book = book
    this.#toldAtMs = nowMs
    this.#contradictedAtMs = undefined
  }

  forget(): void {
    this.#book = undefined
    this.#contradictedAtMs = undefined
  }

  /** Takes one frame of the best level. */
  touch(message: Frame, nowMs: number): TouchAnswer {
    const touch = touchOf(message)
    if (!touch || typeof message.ts !== 'number') return { kind: 'unread' }
    const book = this.#book
    if (!book) return QUIET
    if (isSame(book.bids[0], touch.bid) && isSame(book.asks[0], touch.ask)) {
      this.#contradictedAtMs = undefined
      if (nowMs - this.#toldAtMs < FRESH_MS) return QUIET
      const proven = { ...book, atMs: Math.max(book.atMs, message.ts) }
      this.told(proven, nowMs)
      return { kind: 'book', book: proven }
    }
    // In a busy market the two topics are never of one instant: only a deep book that says nothing at all is suspected.
    this.#contradictedAtMs ??= nowMs
    if (nowMs - this.#contradictedAtMs < CONTRADICTED_MS_MAX) return QUIET
    this.forget()
    return {
      kind: 'broken',
      cause: `${this.#symbol}: the best level has changed, the book has not for ${CONTRADICTED_MS_MAX} ms`,
    }
  }
}
