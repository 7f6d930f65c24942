/**
 * What closing a hedge, or a part of it, would cost if both legs crossed their books now: fees at today's taker rates, and how
 * much worse than the middle each order fills. A book that cannot take all of it is a refusal: nobody knows the rest's price.
 */
import { Decimal } from 'decimal.js'
import type { DepthReason } from '../carry/pair-quote.ts'
import type { HedgePlan } from '../entry/plan.ts'
import { floorTo } from '../grid.ts'
import type { LegName, Side } from '../instrument.ts'
import { sideOf, signOf, spotQtyFor } from '../legs/sides.ts'
import type { FreshMarket } from '../market/market-view.ts'
import { levelsFor, midPrice, walkBook } from '../market/order-book.ts'
import { isRefusal, type Refusal, refuse } from '../refusal.ts'
import {
  type BaseQty,
  baseQty,
  type OrderQty,
  orderQty,
  type Price,
  price,
  type Usdt,
  usdt,
} from '../units.ts'

/** One leg's crossing order. Costs are positive when paid; a leg that holds nothing trades nothing, at no price. */
type LegClosing = {
  side: Side
  /** In the instrument's own unit, on its grid. */
  qty: OrderQty
  base: BaseQty
  /** USDT per base coin: the average fill; null when nothing trades. */
  fillPrice: Price | null
  feesUsdt: Usdt
  slippageUsdt: Usdt
}

export type ClosingCost = {
  legs: Record<LegName, LegClosing>
  /** Positive is paid; the spread is part of the slippage. */
  feesUsdt: Usdt
  slippageUsdt: Usdt
  /**
   * Hedges are valued at the perpetual's mark, and close around the middle of its book: what that difference brings, + is
   * received.
   */
  markGapUsdt: Usdt
}

type Held = Record<LegName, { base: BaseQty }>

/**
 * The cost of closing `share` of what both legs hold.
 * @param share - above 0, at most 1; a part is cut down to whole lots
 */
export function closingCost(
  plan: Pick<HedgePlan, 'direction' | 'fees' | LegName>,
  held: Held,
  market: FreshMarket,
  share: Decimal.Value = 1,
): ClosingCost | Refusal<DepthReason> {
  const facts = { ...plan, fees: market.feeRates }
  const spot = legClosing(facts, 'spot', spotQty(facts, held.spot.base, share), market)
  if (isRefusal(spot)) return spot
  const perp = legClosing(facts, 'perp', perpQty(facts, held.perp.base, share), market)
  if (isRefusal(perp)) return perp
  const middle = midPrice(market.perpBook) ?? market.ticker.markPrice
  const gap = new Decimal(market.ticker.markPrice).minus(middle).times(perp.qty).times(signOf(plan.direction))
  return {
    legs: { spot, perp },
    feesUsdt: money(Decimal.add(spot.feesUsdt, perp.feesUsdt)),
    slippageUsdt: money(Decimal.add(spot.slippageUsdt, perp.slippageUsdt)),
    markGapUsdt: money(gap),
  }
}

type Facts = Pick<HedgePlan, 'direction' | 'fees' | LegName>

/** Coins are sold down to the grid; a debt is bought back with the buyer's fee on top. */
function spotQty(facts: Facts, base: BaseQty, share: Decimal.Value): OrderQty {
  const part = Decimal.max(0, new Decimal(base).times(share))
  return facts.direction === 'reverse-carry'
    ? spotQtyFor(facts, 'out', baseQty(part))
    : orderQty(floorTo(part, facts.spot.qtyStep))
}

const perpQty = ({ perp }: Facts, base: BaseQty, share: Decimal.Value): OrderQty =>
  orderQty(floorTo(Decimal.max(0, new Decimal(base).times(share)).div(perp.multiplier), perp.qtyStep))

function legClosing(
  facts: Facts,
  leg: LegName,
  qty: OrderQty,
  market: FreshMarket,
): LegClosing | Refusal<DepthReason> {
  const side = sideOf(facts, leg, 'out')
  const { multiplier } = facts[leg]
  const base = baseQty(new Decimal(qty).times(multiplier))
  if (new Decimal(qty).isZero())
    return { side, qty, base, fillPrice: null, feesUsdt: money(ZERO), slippageUsdt: money(ZERO) }
  const book = leg === 'spot' ? market.spotBook : market.perpBook
  const { vwap, filledQty, missingQty } = walkBook(levelsFor(book, side), qty)
  const middle = midPrice(book)
  if (vwap === null || middle === null || !new Decimal(missingQty).isZero())
    return refuse(`${leg}-depth`, filledQty, qty)
  return {
    side,
    qty,
    base,
    fillPrice: price(new Decimal(vwap).div(multiplier).toDecimalPlaces(18)),
    feesUsdt: money(new Decimal(vwap).times(qty).times(facts.fees[leg].taker)),
    slippageUsdt: money(new Decimal(vwap).minus(middle).abs().times(qty)),
  }
}

const ZERO = new Decimal(0)
const money = (value: Decimal): Usdt => usdt(value.toDecimalPlaces(8))
