/**
 * What a hedge sets out to do, as decided once: sizes, the pair's facts needed to trade it, and the carry expected of it.
 * Plain JSON, because the journal keeps it; a hedge restarted months later still trades on the facts it was planned with.
 */

import type { CarryEstimate } from '../carry/carry.ts'
import { perBaseCoin } from '../grid.ts'
import type { Direction, LegFacts, LegName, Route, SpreadFacts } from '../instrument.ts'
import type { PairFeeRates } from '../market/fees.ts'
import type { BaseQty, Price, Usdt } from '../units.ts'

/** What one closed hedge left over, at the price of its last spot fill. */
export type DustLot = { hedgeId: string; base: BaseQty; priceUsdt: Price }

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

/** The plan's mark price per base coin: what stands in for spot where no book is trusted. */
export const perBaseMark = ({ markPrice, perp }: Pick<HedgePlan, 'markPrice' | 'perp'>): Price =>
  perBaseCoin(markPrice, perp.multiplier)
