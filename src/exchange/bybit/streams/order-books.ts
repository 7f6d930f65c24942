/**
 * One order book, built from Bybit's snapshot and delta frames, in place: levels are copied out only for whoever asks. What must
 * stay true: every accepted delta is the last update id + 1, both sides are sorted and the best bid is below the best ask.
 * Whatever breaks that makes the book untrusted until the next snapshot.
 * https://bybit-exchange.github.io/docs/v5/websocket/public/orderbook
 */
import type { Market } from '../../../domain/instrument.ts'
import type { LiveBook, OrderBook, PriceLevel } from '../../exchange.ts'
import { type BestLevels, bookFrameOf } from './frames.ts'
import { DecimalReader, LevelRow } from './level-row.ts'

type BookOf<M> = Omit<OrderBook, 'market'> & { market: M }
/** Not a book (any more), for this cause: take the topic anew. */
export type Broken = { kind: 'broken'; cause: string }
/** A delta before the first snapshot, or after a break. */
export type NotYet = { kind: 'waiting' }
type BookAnswer<M = Market> = { kind: 'book'; book: BookOf<M> } | Broken | NotYet
export type BookTaken = { kind: 'taken' } | Broken | NotYet

/** How many levels of each side are handed out. */
const LEVELS_SHOWN = 50
/** More levels than any topic holds means that deletes are being lost. */
const LEVELS_MAX = 2_000

const TAKEN: BookTaken = { kind: 'taken' }
const WAITING: NotYet = { kind: 'waiting' }

const reader = new DecimalReader()

type Message = Readonly<Record<string, unknown>>

export type OrderBookBuilder<M = Market> = {
  /** Patches the book; what it is then, `live` tells. */
  take(message: Message): BookTaken
  /** The same from the bytes of a delta; undefined for any other frame, which must then be parsed. */
  takeFrame(text: string): BookTaken | undefined
  /** As `take`, with a copy of the whole book. */
  apply(message: Message): BookAnswer<M>
  /** Is this the best level of each side? Undefined: that side is empty. */
  standsAt(best: BestLevels): boolean
  /** It was seen to stand unchanged at this exchange time. */
  proven(atMs: number): void
  /** Distrusts what is held; the next snapshot starts anew. */
  forget(): void
  /** Levels held on each side. */
  depth(): { bids: number; asks: number }
  /** The book itself, always the same object: to be believed only while it is trusted. */
  readonly live: LiveBook<M>
}

/** Books of spreads have signed prices, and that their update ids have no gaps is written nowhere: they must only grow. */
export function orderBookBuilder<M extends Market | 'spread'>(
  market: M,
  symbol: string,
): OrderBookBuilder<M> {
  return new BookInPlace(market, symbol)
}

class BookInPlace<M extends Market | 'spread'> implements OrderBookBuilder<M>, LiveBook<M> {
  readonly market: M
  readonly symbol: string
  readonly #isSpread: boolean
  #bids = new LevelRow(-1)
  #asks = new LevelRow(1)
  #atMs = 0
  #update = 0
  #trusted = false
  /** The copy last handed out, as long as nothing changed. */
  #copied: BookOf<M> | undefined

  constructor(market: M, symbol: string) {
    this.market = market
    this.symbol = symbol
    this.#isSpread = market === 'spread'
  }

  get live(): LiveBook<M> {
    return this
  }

  get atMs(): number {
    return this.#atMs
  }

  get bid(): PriceLevel | undefined {
    return this.#bids.level(0)
  }

  get ask(): PriceLevel | undefined {
    return this.#asks.level(0)
  }

  get bestBid(): number {
    return this.#bids.prices[0] ?? Number.NaN
  }

  get bestAsk(): number {
    return this.#asks.prices[0] ?? Number.NaN
  }

  copy(): BookOf<M> {
    const { market, symbol } = this
    this.#copied ??= {
      market,
      symbol,
      bids: this.#bids.levels(LEVELS_SHOWN),
      asks: this.#asks.levels(LEVELS_SHOWN),
      atMs: this.#atMs,
    }
    return this.#copied
  }

  take({ type, ts, data }: Message): BookTaken {
    const { u, b, a } = (data ?? {}) as Record<string, unknown>
    if (typeof u !== 'number' || typeof ts !== 'number') return this.#broken('frame without u or ts')
    // Bybit: u = 1 is a restart of its service and carries a whole book, whatever `type` says.
    if (type === 'snapshot' || u === 1) this.#start()
    else if (!this.#trusted) return WAITING
    else if (this.#isSpread ? u <= this.#update : u !== this.#update + 1)
      return this.#broken(`gap: update ${u} after ${this.#update}`)
    const wrong = this.#bids.setAll(b, 'b', this.#isSpread) || this.#asks.setAll(a, 'a', this.#isSpread)
    return wrong ? this.#broken(wrong) : this.#changed(u, ts)
  }

  takeFrame(text: string): BookTaken | undefined {
    const frame = bookFrameOf(text)
    // What is not the next change is judged as it is parsed; and so is u = 1.
    if (!frame || !this.#trusted || frame.update !== this.#update + 1 || frame.update === 1) return undefined
    reader.at = frame.bidsAt
    // What was read before a surprise is set once more, the same, when the frame is parsed.
    if (!this.#bids.readAll(text, reader) || !reader.skip(text, ',"a":[')) return undefined
    if (!this.#asks.readAll(text, reader) || reader.at !== frame.endAt) return undefined
    return this.#changed(frame.update, frame.atMs)
  }

  apply(message: Message): BookAnswer<M> {
    const answer = this.take(message)
    return answer.kind === 'taken' ? { kind: 'book', book: this.copy() } : answer
  }

  standsAt({ bid, bidQty, ask, askQty }: BestLevels): boolean {
    return this.#bids.isBest(bid, bidQty) && this.#asks.isBest(ask, askQty)
  }

  proven(atMs: number): void {
    if (atMs <= this.#atMs) return
    this.#atMs = atMs
    if (this.#copied) this.#copied = { ...this.#copied, atMs }
  }

  forget(): void {
    this.#trusted = false
  }

  depth() {
    return { bids: this.#bids.prices.length, asks: this.#asks.prices.length }
  }

  #start(): void {
    this.#bids = new LevelRow(-1)
    this.#asks = new LevelRow(1)
    this.#trusted = true
  }

  #changed(update: number, atMs: number): BookTaken {
    this.#update = update
    this.#atMs = atMs
    this.#copied = undefined
    const [bids, asks] = [this.#bids.prices, this.#asks.prices]
    if (bids.length > LEVELS_MAX || asks.length > LEVELS_MAX)
      return this.#broken(`more than ${LEVELS_MAX} levels`)
    if (!this.#bids.isBelow(this.#asks))
      return this.#broken(`crossed: bid ${this.bid?.[0]}, ask ${this.ask?.[0]}`)
    return TAKEN
  }

  #broken(cause: string): Broken {
    this.#trusted = false
    return { kind: 'broken', cause: `${this.symbol}: ${cause}` }
  }
}

// A book that rests is not an old one: Bybit sends a deep book's changes only, and nothing while there are none, but sends the best
// level (orderbook.1) again every 3 seconds. So a best level that equals the deep book's proves the whole of it: every change of
// before has come over the same line. A silent or half-open line sends neither, and the book ages.
// https://bybit-exchange.github.io/docs/v5/websocket/public/orderbook

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
