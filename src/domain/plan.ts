/**
 * What a hedge sets out to do, as decided once: sizes, the pair's facts needed to trade it, and the carry expected of it.
 * Plain JSON, because the journal keeps it; a hedge restarted months later still trades on the facts it was planned with.
 */
import type { CarryEstimate } from './carry.ts'
import type { PairFeeRates } from './fees.ts'
import type { Direction, HedgePair, LegName, Market, Side } from './instrument.ts'
import type { BaseQty, OrderQty, Price, Usdt } from './units.ts'

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

export type HedgePlan = {
  hedgeId: string
  /** The perpetual's symbol: people name the pair by it. */
  symbol: string
  baseCoin: string
  direction: Direction
  spot: LegFacts
  perp: LegFacts
  fees: PairFeeRates
  /** Base coins to hedge, on the perpetual's lot grid. */
  targetBaseQty: BaseQty
  /** Largest slice, on the same grid. */
  sliceBaseQty: BaseQty
  /** The perpetual's mark price at the decision, per contract. */
  markPrice: Price
  /** targetBaseQty at that mark price. */
  notionalUsdt: Usdt
  /** notional × (1 + capital buffer). */
  capitalUsdt: Usdt
  expected: CarryEstimate
  decidedAtMs: number
}

/** What the two legs hold, from executions only. Both count up as a long-carry hedge grows. */
export type Holdings = {
  /** Σ bought − Σ sold − Σ fees taken in the coin. */
  spotNetBase: BaseQty
  /** Base coins the perpetual is short (contracts × multiplier). */
  perpBase: BaseQty
}

/** An order a decision calls for; the leg adds its id and time in force. */
export type LegOrder = {
  leg: LegName
  side: Side
  qty: OrderQty
  limitPrice: Price
  reduceOnly: boolean
}

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
