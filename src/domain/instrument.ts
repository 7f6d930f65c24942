/**
 * What is traded: spot and perpetual instruments, and the pair of both on one base coin.
 * Bybit lists multiplied perpetuals (1000PEPEUSDT is 1000 PEPE, SHIB1000USDT is 1000 SHIB); `multiplier` says so.
 */
import type { FundingRate, OrderQty, Price, Usdt } from './units.ts'

export type Market = 'spot' | 'linear'
export type Side = 'Buy' | 'Sell'
export type LegName = 'spot' | 'perp'
/** Long carry: spot bought, perpetual sold. Reverse carry: coin borrowed and sold, perpetual bought (named, not yet traded). */
export type Direction = 'long-carry' | 'reverse-carry'

type Instrument = {
  symbol: string
  baseCoin: string
  quoteCoin: string
  trading: boolean
  tickSize: Price
  /** Grid of order quantities, in the instrument's own unit (spot basePrecision, perpetual qtyStep). */
  qtyStep: OrderQty
  minOrderQty: OrderQty
  /** Smallest order value (spot minOrderAmt, perpetual minNotionalValue). */
  minNotionalUsdt: Usdt
  /** Largest market order. */
  maxMarketQty: OrderQty
}

export type SpotInstrument = Instrument & {
  market: 'spot'
  marginTrading: boolean
  /** Bybit's ST label: a coin in trouble, which may be delisted. Nothing new is begun in it. */
  specialTreatment?: true
}

export type PerpInstrument = Instrument & {
  market: 'linear'
  /** Base coins per contract: 1, or 1000 for 1000PEPEUSDT. */
  multiplier: number
  fundingIntervalMs: number
  fundingRateMax: FundingRate
  fundingRateMin: FundingRate
  /** 0 when no delisting is announced. */
  deliveryAtMs: number
  launchedAtMs: number
  /** Bybit's word: PreLaunch, Trading, Delivering or Closed. Only Trading is traded, whatever else is listed. */
  status: string
}

/**
 * Both legs as one instrument: a spread order is filled on both or on neither. Its price is the perpetual's less spot's and may
 * be negative; its quantity is base coins. Buying it buys the perpetual and sells spot, so a long carry is opened by selling it.
 * https://bybit-exchange.github.io/docs/v5/spread/market/instrument (FundingRateArb), spread/trade/order-history (leg sides)
 */
export type SpreadInstrument = {
  symbol: string
  baseCoin: string
  quoteCoin: string
  /** The legs' own symbols. */
  perp: string
  spot: string
  tickSize: Price
  priceMin: Price
  priceMax: Price
  qtyStep: OrderQty
  minOrderQty: OrderQty
  maxOrderQty: OrderQty
  /** 0 when no delisting is announced. */
  deliveryAtMs: number
}

/** The side of the spread order that opens a hedge of this direction; the other one closes it. */
export const spreadSide = (direction: Direction): Side => (direction === 'long-carry' ? 'Sell' : 'Buy')

/** One hedgeable base coin. `symbol` is the perpetual's, as people name the pair by it. */
export type HedgePair = {
  symbol: string
  baseCoin: string
  spot: SpotInstrument
  perp: PerpInstrument
  /** Tracked for the hedge that is open in it alone: nothing new is begun. */
  runOff?: true
}

/** What must be known of one instrument to place an order on it; quantities in the instrument's own unit. */
export type LegFacts = {
  market: Market
  symbol: string
  qtyStep: OrderQty
  minOrderQty: OrderQty
  minNotionalUsdt: Usdt
  maxMarketQty: OrderQty
  tickSize: Price
  /** Base coins per unit of quantity: 1 on spot and most perpetuals, 1000 for 1000PEPEUSDT. */
  multiplier: number
}

/** What a plan keeps of a pair's two instruments. The spot leg counts in base coins, the perpetual in contracts. */
export function legFacts({ spot, perp }: HedgePair): { spot: LegFacts; perp: LegFacts } {
  const of = (each: HedgePair['spot'] | HedgePair['perp'], multiplier: number): LegFacts => ({
    market: each.market,
    symbol: each.symbol,
    qtyStep: each.qtyStep,
    minOrderQty: each.minOrderQty,
    minNotionalUsdt: each.minNotionalUsdt,
    maxMarketQty: each.maxMarketQty,
    tickSize: each.tickSize,
    multiplier,
  })
  return { spot: of(spot, 1), perp: of(perp, perp.multiplier) }
}

/**
 * How a slice is worked (carry.md d.2). `spread`: one native order, both legs or none. `maker-…`: that leg rests in
 * the book and the other follows each fill. `parallel`: both legs cross at once. `…-first`: one leg crosses, then the other.
 */
export const ROUTES = ['spread', 'maker-spot', 'maker-perp', 'parallel', 'spot-first', 'perp-first'] as const
export type Route = (typeof ROUTES)[number]

/** Bybit's native instrument of both legs; its price is perpetual less spot, its quantity base coins. */
export type SpreadFacts = {
  symbol: string
  tickSize: Price
  qtyStep: OrderQty
  minOrderQty: OrderQty
  maxOrderQty: OrderQty
}
