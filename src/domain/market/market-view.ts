/**
 * What one decision may look at: both books, the perpetual's ticker, fee rates, and when each part was received.
 * Everything is plain JSON, so the view that led to a decision can be kept with it. A part never heard of is null.
 */

import type { HedgePair } from '../instrument.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { BaseQty, FundingRate, OrderQty, Price, Usdt } from '../units.ts'
import type { CollateralView, RiskTier } from './collateral.ts'
import type { PairFeeRates } from './fees.ts'
import type { KnownFunding } from './funding-outlook.ts'
import type { Level } from './order-book.ts'

/** Both sides best first; the exchange's own `Book` fits. */
export type OrderBookView = { bids: readonly Level[]; asks: readonly Level[] }

/** The part of the perpetual's ticker that decisions use; the exchange's own `PerpTicker` fits. */
export type TickerView = {
  markPrice: Price
  indexPrice: Price
  fundingRate: FundingRate
  nextFundingAtMs: number
  fundingIntervalMs: number
}

/** What borrowing the coin costs and whether it can be had. Source: bybit-exchange/docs spot-margin-uta, instrument.mdx. */
type BorrowView = {
  /** Interest on the borrowed coin per hour, a decimal fraction: '0.00001' is 0.1 bps. */
  hourlyRate: string
  /** Coins the lending pool still has for this account. */
  availableBase: BaseQty
  /** False when the exchange switched margin trading of the spot market off: the pool is empty. */
  marginTrading: boolean
}

/** Bybit's native instrument of both legs (FundingRateArb): its price is perpetual less spot, its quantity base coins. */
export type SpreadView = {
  symbol: string
  book: OrderBookView | null
  tickSize: Price
  qtyStep: OrderQty
  minQty: OrderQty
  maxQty: OrderQty
  trading: boolean
  /** What each leg of a native order is charged; left out, a part of the legs' own rates is taken (`spreadFeeFactor`). */
  feeRates?: PairFeeRates
}

/** How near auto-deleveraging is. Source: bybit-exchange/docs position.mdx, adl-alert.mdx. */
export type AdlView = {
  /** Of the own position: 0 to 5, 5 is next. */
  rank: number
  /** Loss of the insurance pool as a fraction, negative, and where the exchange starts to deleverage. */
  pnlRatio?: string
  triggerRatio?: string
}

/** The basis returns to its mean: E[b_T] = mean + (b_0 − mean)·2^(−T / half-life). Source: carry.md e.4. */
export type BasisModel = { meanBps: number; halfLifeHours: number }

type HeardParts = 'spotBook' | 'perpBook' | 'ticker'

export type MarketView = {
  pair: HedgePair
  spotBook: OrderBookView | null
  perpBook: OrderBookView | null
  ticker: TickerView | null
  /** When this process last heard each part; 0 for never. A part the feed calls stale is given as null. */
  receivedAtMs: Record<HeardParts, number> & { borrow?: number; spread?: number }
  feeRates: PairFeeRates
  /** How this perpetual and the market as a whole have paid; left out while that was not read: then nothing is entered. */
  funding?: KnownFunding

  /** Left out below means not known; each judgement says what it then assumes. */
  borrow?: BorrowView
  collateral?: CollateralView
  spread?: SpreadView
  /** Worth of the near levels of each side, for people; judgements walk the books themselves. */
  depthUsdt?: { spotBids: Usdt; spotAsks: Usdt; perpBids: Usdt; perpAsks: Usdt }
  /** Since when the younger of both instruments is listed; else the perpetual's launch counts. */
  listedAtMs?: number
  /** Interest on borrowed USDT per hour, a decimal fraction, and what the exchange lends free for unrealised loss. */
  usdtHourlyRate?: string
  usdtFreeBorrow?: Usdt
  /** Standard deviation of the price over one hour, a fraction. */
  volatilityPerHour?: number
  /** Maintenance margin of the perpetual by position value, smallest first. */
  riskTiers?: readonly RiskTier[]
  /** When the funding interval or a cap of the rate was last seen to change. */
  intervalChangedAtMs?: number
  /** Announced maintenance: from when, and until when if it is told. */
  maintenanceAtMs?: number
  maintenanceUntilMs?: number
  /** Announced to the public: an end of one of both markets, in the exchange's words. `endsSpot`: it names the spot market. */
  delisting?: { title: string; endsSpot: boolean }
  adl?: AdlView
  basisModel?: BasisModel
}

/** A view in which every part is there, fresh, and has both sides. */
export type FreshMarket = MarketView & {
  spotBook: OrderBookView
  perpBook: OrderBookView
  ticker: TickerView
}

export type BlindReason =
  | 'spot-book-missing'
  | 'perp-book-missing'
  | 'ticker-missing'
  | 'spot-book-stale'
  | 'perp-book-stale'
  | 'ticker-stale'

/** How old books and tickers may be, in ms, to decide anything new. */
export type AgeLimits = { bookAgeMsMax: number; tickerAgeMsMax: number }

/** The view, proven whole and fresh by type; or which part is missing or too old. */
export function freshMarket(
  market: MarketView,
  limits: AgeLimits,
  nowMs: number,
): FreshMarket | Refusal<BlindReason> {
  const { spotBook, perpBook, ticker, receivedAtMs } = market
  if (!hasBothSides(spotBook)) return refuse('spot-book-missing', describe(spotBook), 'bids and asks')
  if (!hasBothSides(perpBook)) return refuse('perp-book-missing', describe(perpBook), 'bids and asks')
  if (!ticker) return refuse('ticker-missing', 'none', 'one')
  return staleness(receivedAtMs, limits, nowMs) ?? { ...market, spotBook, perpBook, ticker }
}

/** The first part that is too old to decide anything new; undefined when none is. */
export function staleness(
  receivedAtMs: Readonly<Record<HeardParts, number>>,
  { bookAgeMsMax, tickerAgeMsMax }: AgeLimits,
  nowMs: number,
): Refusal<BlindReason> | undefined {
  const age = (receivedMs: number) => nowMs - receivedMs
  if (age(receivedAtMs.spotBook) > bookAgeMsMax)
    return refuse('spot-book-stale', `${age(receivedAtMs.spotBook)} ms`, `${bookAgeMsMax} ms`)
  if (age(receivedAtMs.perpBook) > bookAgeMsMax)
    return refuse('perp-book-stale', `${age(receivedAtMs.perpBook)} ms`, `${bookAgeMsMax} ms`)
  if (age(receivedAtMs.ticker) > tickerAgeMsMax)
    return refuse('ticker-stale', `${age(receivedAtMs.ticker)} ms`, `${tickerAgeMsMax} ms`)
  return undefined
}

const hasBothSides = (book: OrderBookView | null): book is OrderBookView =>
  book !== null && book.bids.length > 0 && book.asks.length > 0

const describe = (book: OrderBookView | null): string =>
  book ? `${book.bids.length} bids, ${book.asks.length} asks` : 'none'
