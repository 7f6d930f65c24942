/**
 * A book that rests is not an old one: Bybit sends a deep book's changes only, and nothing while there are none, but sends the best
 * level (orderbook.1) again every 3 seconds. So a best level that equals the deep book's proves the whole of it: every change of
 * before has come over the same line. A silent or half-open line sends neither, and the book ages.
 * https://bybit-exchange.github.io/docs/v5/websocket/public/orderbook
 */
import type { BestLevels } from './frames.ts'
import type { Broken, OrderBookBuilder } from './order-books.ts'

/** A book told less than this ago needs no telling. Engine time, as is the other. */
const FRESH_MS = 1_000
/** So long may a deep book say nothing while the best level says that it has changed. */
const CONTRADICTED_MS_MAX = 10_000

type Frame = Readonly<Record<string, unknown>>

export type BestAnswer =
  /** The book stands as it is, proven at `atMs`. */
  | { kind: 'proven'; atMs: number }
  /** The deep book has stood still for too long: take it anew. */
  | Broken
  /** Nothing to tell. */
  | { kind: 'quiet' }
  | { kind: 'unread' }

const QUIET = { kind: 'quiet' } as const

const isLevel = (level: unknown): level is readonly [string, string] =>
  Array.isArray(level) && typeof level[0] === 'string' && typeof level[1] === 'string'

/** The best levels of an orderbook.1 frame; a side that is empty has none. Undefined for what is no such frame. */
function bestOf({ data, ts }: Frame): BestLevels | undefined {
  const { b, a } = (data ?? {}) as Frame
  if (!Array.isArray(b) || !Array.isArray(a) || typeof ts !== 'number') return undefined
  if (![...b.slice(0, 1), ...a.slice(0, 1)].every(isLevel)) return undefined
  return { atMs: ts, bid: b[0]?.[0], bidQty: b[0]?.[1], ask: a[0]?.[0], askQty: a[0]?.[1] }
}

export class QuietOrderBook {
  readonly #book: OrderBookBuilder
  /** The deep book is trusted. */
  #isHeld = false
  #toldAtMs = 0
  #contradictedAtMs: number | undefined

  /** @param book - the deep book of the same symbol, patched in place */
  constructor(book: OrderBookBuilder) {
    this.#book = book
  }

  /** The deep book has just been told. */
  told(nowMs: number): void {
    this.#isHeld = true
    this.#toldAtMs = nowMs
    this.#contradictedAtMs = undefined
  }

  forget(): void {
    this.#isHeld = false
    this.#contradictedAtMs = undefined
  }

  /** Takes one frame of the best level. */
  read(message: Frame, nowMs: number): BestAnswer {
    const best = bestOf(message)
    return best ? this.heard(best, nowMs) : { kind: 'unread' }
  }

  heard(best: BestLevels, nowMs: number): BestAnswer {
    if (!this.#isHeld) return QUIET
    if (this.#book.standsAt(best)) {
      this.#contradictedAtMs = undefined
      if (nowMs - this.#toldAtMs < FRESH_MS) return QUIET
      this.told(nowMs)
      return { kind: 'proven', atMs: best.atMs }
    }
    // In a busy market the two topics are never of one instant: only a deep book that says nothing at all is suspected.
    this.#contradictedAtMs ??= nowMs
    if (nowMs - this.#contradictedAtMs < CONTRADICTED_MS_MAX) return QUIET
    this.forget()
    return {
      kind: 'broken',
      cause: `${this.#book.live.symbol}: the best level has changed, the book has not for ${CONTRADICTED_MS_MAX} ms`,
    }
  }
}
