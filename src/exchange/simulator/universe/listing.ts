/**
 * What the simulated exchange trades: a `Listing` is one coin against one money with its two markets, an `Instrument` one of
 * the two, with the filters orders are checked against. A market that is not listed still has its prices (an index needs
 * them), but no order, topic or list ever finds it.
 */
import { Decimal } from 'decimal.js'
import type { Market } from '../../../domain/instrument.ts'
import type { Json, JsonObject } from '../../../domain/json.ts'
import { type Grid, gridOf } from '../kit/grid.ts'

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

/** Raised for a row that is no instrument. The message is for a person. */
export class InstrumentFault extends Error {
  override name = 'InstrumentFault'
}

const nameOf = (row: JsonObject): string =>
  typeof row.symbol === 'string' ? row.symbol : 'a row without symbol'

function inside(row: JsonObject, path: string): Json | undefined {
  let found: Json | undefined = row
  for (const key of path.split('.'))
    found = found && typeof found === 'object' && !Array.isArray(found) ? found[key] : undefined
  return found
}

/** Text at a dotted path. @throws InstrumentFault when there is none */
export function rowText(row: JsonObject, path: string): string {
  const found = inside(row, path)
  if (typeof found === 'string' && found !== '') return found
  throw new InstrumentFault(`${nameOf(row)}: expected text at ${path}, found ${JSON.stringify(found)}`)
}

/** A positive decimal at a dotted path, as text. */
function amountAt(row: JsonObject, path: string): string {
  const found = rowText(row, path)
  if (/^\d{1,30}(\.\d{1,30})?$/.test(found) && Number(found) > 0) return found
  throw new InstrumentFault(`${nameOf(row)}: expected a positive number at ${path}, found ${found}`)
}

const decimalAt = (row: JsonObject, path: string) => new Decimal(amountAt(row, path))
const ratios = (row: JsonObject) => ({
  ratioX: Number(amountAt(row, 'riskParameters.priceLimitRatioX')),
  ratioY: Number(amountAt(row, 'riskParameters.priceLimitRatioY')),
})

/** @param row - of category linear. Throws `InstrumentFault`. */
export const perpFilters = (row: JsonObject): Instrument => ({
  market: 'linear',
  symbol: rowText(row, 'symbol'),
  baseCoin: rowText(row, 'baseCoin'),
  quoteCoin: rowText(row, 'settleCoin'),
  price: gridOf(amountAt(row, 'priceFilter.tickSize'), false),
  qty: gridOf(amountAt(row, 'lotSizeFilter.qtyStep'), false),
  minQty: decimalAt(row, 'lotSizeFilter.minOrderQty'),
  maxQty: decimalAt(row, 'lotSizeFilter.maxOrderQty'),
  maxMarketQty: decimalAt(row, 'lotSizeFilter.maxMktOrderQty'),
  postOnlyMaxQty: decimalAt(row, 'lotSizeFilter.postOnlyMaxOrderQty'),
  minValue: decimalAt(row, 'lotSizeFilter.minNotionalValue'),
  maxValue: new Decimal('1e12'),
  quotePrecision: new Decimal('0.00000001'),
  ...ratios(row),
  json: row,
})

/** @param row - of category spot. Throws `InstrumentFault`. */
export const spotFilters = (row: JsonObject): Instrument => ({
  market: 'spot',
  symbol: rowText(row, 'symbol'),
  baseCoin: rowText(row, 'baseCoin'),
  quoteCoin: rowText(row, 'quoteCoin'),
  price: gridOf(amountAt(row, 'priceFilter.tickSize'), true),
  qty: gridOf(amountAt(row, 'lotSizeFilter.basePrecision'), true),
  minQty: decimalAt(row, 'lotSizeFilter.minOrderQty'),
  maxQty: decimalAt(row, 'lotSizeFilter.maxLimitOrderQty'),
  maxMarketQty: decimalAt(row, 'lotSizeFilter.maxMarketOrderQty'),
  postOnlyMaxQty: decimalAt(row, 'lotSizeFilter.postOnlyMaxLimitOrderSize'),
  minValue: decimalAt(row, 'lotSizeFilter.minOrderAmt'),
  maxValue: decimalAt(row, 'lotSizeFilter.maxOrderAmt'),
  quotePrecision: decimalAt(row, 'lotSizeFilter.quotePrecision'),
  ...ratios(row),
  json: row,
})

/** The market a coin is not listed on: it has a price and is never found. */
export const unlisted = (paired: Instrument): Instrument => ({
  ...paired,
  market: paired.market === 'spot' ? 'linear' : 'spot',
})
