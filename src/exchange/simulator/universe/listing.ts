/**
 * What the simulated exchange trades: a `Listing` is one coin against one money with its two markets, an `Instrument` one of the
 * two. A market that is not listed still has its prices (an index needs them), but no order, topic or list ever finds it.
 */
import type { Decimal } from 'decimal.js'
import type { Market } from '../../../domain/instrument.ts'
import type { JsonObject } from '../../../domain/json.ts'
import type { Grid } from '../kit/grid.ts'

export type Instrument = {
  readonly market: Market
  readonly symbol: string
  readonly baseCoin: string
  /** What prices are in; of a perpetual also what it settles in. */
  readonly quoteCoin: string
  readonly price: Grid
  readonly qty: Grid
  readonly minQty: Decimal
  readonly maxQty: Decimal
  readonly maxMarketQty: Decimal
  readonly postOnlyMaxQty: Decimal
  /** Smallest order value: spot minOrderAmt, perpetual minNotionalValue. */
  readonly minValue: Decimal
  /** Spot only: largest order value. */
  readonly maxValue: Decimal
  /** Spot only: decimals of a market order's amount in quote. */
  readonly quotePrecision: Decimal
  readonly ratioX: number
  readonly ratioY: number
  /** The row of `instruments-info` as published. */
  readonly json: JsonObject
}

/** A price that follows others: the base's over the money's, each either a listing before this one or a fixed number of USDT. */
export type Cross = {
  base: number | undefined
  baseUsdt: number
  quote: number | undefined
  quoteUsdt: number
}

export type Listing = {
  readonly index: number
  readonly spot: Instrument
  readonly perp: Instrument
  readonly lists: Readonly<Record<Market, boolean>>
  readonly multiplier: number
  /** Decimals of mark and index prices. */
  readonly priceScale: number
  readonly fundingIntervalMs: number
  readonly fundingCap: number
  readonly maxLeverage: Decimal
  /** Of one base coin, in the quote coin. */
  readonly firstPrice: number
  readonly cross?: Cross
  readonly dailyVolatility: number
  /** In the quote coin. */
  readonly depthUsdtPerBps: number
  readonly halfSpreadBps: number
  /** What a coin counts for as collateral, as a fraction of its value. */
  readonly collateralRatio: Decimal
}

export type Found = { listing: Listing; instrument: Instrument }

export type Universe = {
  readonly listings: readonly Listing[]
  find(market: Market, symbol: string): Found | undefined
  /** All that is listed on a market, in order. */
  listed(market: Market): readonly Found[]
  /** The listing whose spot base coin this is, by preference against USDT; undefined for USDT and for coins not listed. */
  byCoin(coin: string): Listing | undefined
  /** Every coin that can be held, USDT first. */
  readonly coins: readonly string[]
}
