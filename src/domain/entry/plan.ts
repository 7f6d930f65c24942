/**
 * What a hedge sets out to do, as decided once: sizes, the pair's facts needed to trade it, and the carry expected of it.
 * Plain JSON, because the journal keeps it; a hedge restarted months later still trades on the facts it was planned with.
 */

import type { DustLot } from '../books/dust.ts'
import type { CarryEstimate } from '../carry/carry.ts'
import { perBaseCoin } from '../grid.ts'
import type { Direction, HedgePair, LegName, Market, Side } from '../instrument.ts'
import type { Route, SpreadFacts } from '../legs/hedge-order.ts'
import type { PairFeeRates } from '../market/fees.ts'
import type { BaseQty, OrderQty, Price, Usdt } from '../units.ts'

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
  /** The leg that opens each slice on the way in; spot when not told. The way out always begins with spot. */
  firstLeg?: LegName
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
  /** How the entry is worked; spot first when left out. */
  route?: Route
  /** Coins of hedges before that this one begins with; a long carry's alone. */
  dust?: readonly DustLot[]
  /** Where both legs are also traded as one. */
  spread?: SpreadFacts
}

/** What the two legs hold, from executions and interest only. Both count up as the hedge grows, whichever way it faces. */
export type Holdings = {
  /**
   * Long carry: coins held, Σ bought − Σ sold − Σ fees taken in the coin. Reverse carry: coins owed, Σ sold − Σ bought
   * + Σ fees taken in the coin + Σ interest; below 0 nothing is owed and the wallet keeps the difference as dust.
   */
  spotNetBase: BaseQty
  /** Base coins (contracts × multiplier) the perpetual is short in long carry, long in reverse carry. */
  perpBase: BaseQty
}

/** An order a decision calls for; the leg adds its id and time in force. */
export type LegOrder = {
  leg: LegName
  side: Side
  qty: OrderQty
  limitPrice: Price
  reduceOnly: boolean
  /** A sale of coins that are not owned yet: to be sent as a margin order. Only reverse carry's spot leg on the way in. */
  borrow: boolean
}

/** The plan's mark price per base coin: what stands in for spot where no book is trusted. */
export const perBaseMark = ({ markPrice, perp }: Pick<HedgePlan, 'markPrice' | 'perp'>): Price =>
  perBaseCoin(markPrice, perp.multiplier)

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
