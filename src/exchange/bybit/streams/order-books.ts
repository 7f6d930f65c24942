/**
 * One order book, built from Bybit's snapshot and delta frames, in place: levels are copied out only for whoever asks. What must
 * stay true: every accepted delta is the last update id + 1, both sides are sorted and the best bid is below the best ask.
 * Whatever breaks that makes the book untrusted until the next snapshot.
 * https://bybit-exchange.github.io/docs/v5/websocket/public/orderbook
 */
import type { Market } from '../../../domain/instrument.ts'
import type { LiveBook, OrderBook, PriceLevel } from '../../exchange.ts'
import { DecimalReader } from './decimal-text.ts'
import { type BestLevels, bookFrameOf } from './frames.ts'
import { LevelRow } from './level-row.ts'

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
    const [bid, ask] = [bids[0], asks[0]]
    if (bid !== undefined && ask !== undefined && bid >= ask)
      return this.#broken(`crossed: bid ${bid}, ask ${ask}`)
    return TAKEN
  }

  #broken(cause: string): Broken {
    this.#trusted = false
    return { kind: 'broken', cause: `${this.symbol}: ${cause}` }
  }
}
