/**
 * What one decision may look at: both books, the perpetual's ticker, fee rates, and when each part was received.
 * Everything is plain JSON, so the view that led to a decision can be kept with it. A part never heard of is null.
 */
import type { Level } from './book.ts'
import type { PairFeeRates } from './fees.ts'
import type { FundingModel } from './funding.ts'
import type { HedgePair } from './instrument.ts'
import { type Refusal, refuse } from './refusal.ts'
import type { LimitRules } from './rules.ts'
import type { FundingRate, Price } from './units.ts'

/** Both sides best first; the exchange's own `Book` fits. */
export type BookView = { bids: readonly Level[]; asks: readonly Level[] }

/** The part of the perpetual's ticker that decisions use; the exchange's own `PerpTicker` fits. */
export type TickerView = {
  markPrice: Price
  indexPrice: Price
  fundingRate: FundingRate
  nextFundingAtMs: number
  fundingIntervalMs: number
}

export type MarketView = {
  pair: HedgePair
  spotBook: BookView | null
  perpBook: BookView | null
  ticker: TickerView | null
  /** When this process last heard each part; 0 for never. A part the feed calls stale is given as null. */
  receivedAtMs: { spotBook: number; perpBook: number; ticker: number }
  feeRates: PairFeeRates
  /** Fitted from settled funding; without it the present rate is taken to stay. */
  fundingModel?: FundingModel
}

/** A view in which every part is there, fresh, and has both sides. */
export type FreshMarket = MarketView & { spotBook: BookView; perpBook: BookView; ticker: TickerView }

export type BlindReason =
  | 'spot-book-missing'
  | 'perp-book-missing'
  | 'ticker-missing'
  | 'spot-book-stale'
  | 'perp-book-stale'
  | 'ticker-stale'

/** The view, proven whole and fresh by type; or which part is missing or too old. */
export function freshMarket(
  market: MarketView,
  limits: Pick<LimitRules, 'bookAgeMsMax' | 'tickerAgeMsMax'>,
  nowMs: number,
): FreshMarket | Refusal<BlindReason> {
  const { spotBook, perpBook, ticker, receivedAtMs } = market
  if (!hasBothSides(spotBook)) return refuse('spot-book-missing', describe(spotBook), 'bids and asks')
  if (!hasBothSides(perpBook)) return refuse('perp-book-missing', describe(perpBook), 'bids and asks')
  if (!ticker) return refuse('ticker-missing', 'none', 'one')
  const age = (receivedMs: number) => nowMs - receivedMs
  if (age(receivedAtMs.spotBook) > limits.bookAgeMsMax)
    return refuse('spot-book-stale', `${age(receivedAtMs.spotBook)} ms`, `${limits.bookAgeMsMax} ms`)
  if (age(receivedAtMs.perpBook) > limits.bookAgeMsMax)
    return refuse('perp-book-stale', `${age(receivedAtMs.perpBook)} ms`, `${limits.bookAgeMsMax} ms`)
  if (age(receivedAtMs.ticker) > limits.tickerAgeMsMax)
    return refuse('ticker-stale', `${age(receivedAtMs.ticker)} ms`, `${limits.tickerAgeMsMax} ms`)
  return { ...market, spotBook, perpBook, ticker }
}

const hasBothSides = (book: BookView | null): book is BookView =>
  book !== null && book.bids.length > 0 && book.asks.length > 0

const describe = (book: BookView | null): string =>
  book ? `${book.bids.length} bids, ${book.asks.length} asks` : 'none'
