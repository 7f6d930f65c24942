/**
 * One tracked market as the feed keeps it: one record, changed in place by every push. Whoever decides gets a view of it, made when
 * it is asked for, which then stays as it is.
 */
import { floatsOf, type Glimpse, type MarketFloats } from '../../src/domain/entry/pre-check.ts'
import type { HedgePair } from '../../src/domain/instrument.ts'
import type { PairFeeRates } from '../../src/domain/market/fees.ts'
import {
  type AgeLimits,
  type MarketView,
  type OrderBookView,
  type SpreadView,
  staleness,
  type TickerView,
} from '../../src/domain/market/market-view.ts'
import type { LiveBook } from '../../src/exchange/exchange.ts'

type Books = 'spotBook' | 'perpBook'
type Received = MarketView['receivedAtMs']
/** All of a view but the books, which stand in the feed. */
type MarketParts = Omit<MarketView, Books | 'receivedAtMs'>

export class TrackedMarket {
  #parts: MarketParts
  readonly #books: Record<Books, LiveBook | null> = { spotBook: null, perpBook: null }
  readonly #receivedAtMs: Received = { spotBook: 0, perpBook: 0, ticker: 0 }
  /** From when on a ticker is worth a look beside itself: at its volatility, at the basis. */
  slowLookAtMs = 0
  #changes = 0
  /** The numbers of ticker and parts, as long as neither changed. */
  #floats: MarketFloats | undefined
  /** The view last handed out, as long as nothing was heard since. */
  #view: MarketView | undefined

  constructor(pair: HedgePair, feeRates: PairFeeRates, spread?: SpreadView) {
    this.#parts = { pair, ticker: null, feeRates, ...(spread && { spread }) }
  }

  get parts(): Readonly<MarketParts> {
    return this.#parts
  }

  get spotBook(): LiveBook | null {
    return this.#books.spotBook
  }

  get perpBook(): LiveBook | null {
    return this.#books.perpBook
  }

  /** The book of one leg, or that it cannot be trusted. @param atMs - when it was heard; left out: it was not */
  setBook(leg: Books, book: LiveBook | null, atMs?: number): void {
    this.#books[leg] = book
    if (atMs !== undefined) this.#receivedAtMs[leg] = atMs
    this.#view = undefined
  }

  /** The perpetual's ticker, or that it cannot be trusted. @param atMs - when it was heard; left out: it was not */
  setTicker(ticker: MarketView['ticker'], atMs?: number): void {
    if (ticker === null || !isSame(ticker, this.#parts.ticker)) this.#floats = undefined
    this.#parts.ticker = ticker
    if (atMs !== undefined) this.#receivedAtMs.ticker = atMs
    this.#view = undefined
  }

  /** The book of the native instrument, or that it cannot be trusted. */
  setSpreadBook(book: OrderBookView | null, atMs: number): void {
    const { spread } = this.#parts
    if (!spread) return
    this.#parts.spread = { ...spread, book }
    this.#receivedAtMs.spread = atMs
    this.#floats = undefined
    this.#view = undefined
  }

  /** Anything else. @param received - when parts that age were heard */
  change(parts: Partial<MarketParts>, received?: Partial<Received>): void {
    Object.assign(this.#parts, parts)
    this.#floats = undefined
    this.#changes++
    if (received) Object.assign(this.#receivedAtMs, received)
    this.#view = undefined
  }

  /** Takes parts away: they are not known any more. */
  drop(...names: ('maintenanceAtMs' | 'maintenanceUntilMs' | 'delisting')[]): void {
    for (const name of names) delete this.#parts[name]
    this.#changes++
    this.#view = undefined
  }

  /** Counts what changed beside books and tickers. */
  get changes(): number {
    return this.#changes
  }

  /** What can be seen without a view, while books and ticker are there and none of them is too old; undefined otherwise. */
  glimpse(limits: AgeLimits, nowMs: number): Glimpse | undefined {
    const { spotBook, perpBook } = this.#books
    const { ticker } = this.#parts
    if (!spotBook || !perpBook || !ticker || staleness(this.#receivedAtMs, limits, nowMs)) return undefined
    const { funding, basisModel } = this.#parts
    this.#floats ??= floatsOf(this.#parts, ticker)
    return {
      floats: this.#floats,
      schedule: ticker,
      funding,
      basisModel,
      spotBook,
      perpBook,
    }
  }

  view(): MarketView {
    const { spotBook, perpBook } = this.#books
    this.#view ??= {
      ...this.#parts,
      spotBook: spotBook?.copy() ?? null,
      perpBook: perpBook?.copy() ?? null,
      receivedAtMs: { ...this.#receivedAtMs },
    }
    return this.#view
  }
}

/** Of what is read as numbers: most tickers say the same again. */
const isSame = (now: TickerView, before: TickerView | null): boolean =>
  now.markPrice === before?.markPrice && now.fundingRate === before.fundingRate
