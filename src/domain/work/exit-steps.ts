/**
 * Unwinding, slice by slice, until both legs are flat. Each slice closes as much spot as perpetual; the last one closes
 * everything. Coins held below the exchange's minimum stay as dust; coins owed never stay: where less is owed than the smallest
 * order, as much is bought beside it as can be sold again. The perpetual always ends at exactly 0. Source: carry.md d.1 (7), d.10.
 */
import { Decimal } from 'decimal.js'
import type { HedgePlan } from '../entry/plan.ts'
import { legCap } from '../entry/sizing.ts'
import { baseToContracts, ceilTo, floorTo } from '../grid.ts'
import { type LegFacts, type LegName, legFacts } from '../instrument.ts'
import { EXIT_MARGIN, type Holdings, lotBase, perpMissing, smallestOrder } from '../legs/balance.ts'
import type { LegOrder } from '../legs/hedge-order.ts'
import {
  bookOf,
  coinFeeRate,
  legOrder,
  limitPriceOf,
  mostQty,
  sideOf,
  signOf,
  spotQtyFor,
  spotQtyWithin,
} from '../legs/sides.ts'
import type { MarketView } from '../market/market-view.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { Rules } from '../rules.ts'
import { type BaseQty, baseQty, orderQty, type Price } from '../units.ts'
import { priceForMinimum } from './follow.ts'

type NextUnwind =
  /** The spot order goes first: freeing its value frees the most margin. Either may be null; `last` closes everything. */
  | { kind: 'slice'; spot: LegOrder | null; perp: LegOrder | null; last: boolean }
  /** `dustBase`: coins of this hedge that stay in the wallet. */
  | { kind: 'flat'; dustBase: BaseQty }
  | ({ kind: 'wait' } & Refusal<'book-missing' | 'not-enough-depth'>)

/** What is left to close and how much of it one slice may take, in base coins. `net` moves the leg, `gross` is ordered. */
type Work = {
  plan: HedgePlan
  /** The spot order that would close the leg; 0 when there is nothing that can or must be closed. */
  closing: Decimal
  perp: Decimal
  spotNet: Decimal
  spotCap: Decimal
  perpCap: Decimal
  spotLeast: Decimal
  least: Decimal
}
/** Spot as ordered, perpetual in base coins. */
type Cut = { spot: Decimal; perp: Decimal; last: boolean }

/**
 * The next slice of the way out. Reduce-only orders need no minimum value, only the lot, so the perpetual can always close.
 * @param toleranceBps - how far through the best price; the caller widens it by `toleranceBps` of repair.ts
 * @param keeps - a rest of the hedge stays: what is too small to order stays with it, and no debt is bought back to its last coin
 */
export function nextUnwind(
  plan: HedgePlan,
  held: Holdings,
  market: MarketView,
  rules: Rules,
  toleranceBps: number,
  keeps = false,
): NextUnwind {
  const limits = {
    spot: limitPriceOf(plan, 'spot', 'out', market, toleranceBps),
    perp: limitPriceOf(plan, 'perp', 'out', market, toleranceBps),
  }
  const spotLeast = new Decimal(
    smallestOrder(plan.spot, priceForMinimum(plan, 'spot', 'out', market, toleranceBps)),
  )
  const closing = keeps ? partQty(plan, held, spotLeast) : closingQty(plan, held, spotLeast)
  const perp = Decimal.max(0, held.perpBase)
  if (keeps && closing.isZero()) return { kind: 'flat', dustBase: held.spotNetBase }
  if (closing.isZero() && perp.isZero()) {
    const spare = spareOrder(plan, held, market, toleranceBps)
    return spare
      ? { kind: 'slice', spot: spare, perp: null, last: true }
      : { kind: 'flat', dustBase: keptInWallet(plan, held) }
  }
  if ((closing.gt(0) && !limits.spot) || (perp.gt(0) && !limits.perp))
    return {
      kind: 'wait',
      ...refuse('book-missing', 'a side or book is missing', 'a side of each to close on'),
    }

  const lot = lotBase(plan)
  const least = ceilTo(Decimal.max(spotLeast, lot, orderBase(plan.perp)), lot)
  const slice = Decimal.max(plan.sliceBaseQty, least)
  const live = legFacts(market.pair)
  const capOf = (leg: LegName): Decimal => {
    const book = bookOf(market, leg)
    return book ? legCap(book, sideOf(plan, leg, 'out'), live[leg], rules.execution, toleranceBps) : ZERO
  }
  const spotNet = new Decimal(held.spotNetBase)
  const spotCap = Decimal.min(grossSlice(plan, slice), capOf('spot'))
  const perpCap = Decimal.min(slice, capOf('perp'))
  const cut = cutSlice({ plan, closing, perp, spotNet, spotCap, perpCap, spotLeast, least })
  return cut
    ? { kind: 'slice', ...ordersOf(cut, plan, limits), last: cut.last }
    : { kind: 'wait', ...refuse('not-enough-depth', 'less than an order inside the limit', least.toFixed()) }
}

/** The perpetual that spot no longer covers, given back in whole lots; null while its book is not there. */
export function giveBack(
  plan: HedgePlan,
  held: Holdings,
  market: MarketView,
  toleranceBps: number,
): LegOrder | null {
  const limitPrice = limitPriceOf(plan, 'perp', 'out', market, toleranceBps)
  if (!limitPrice) return null
  const contracts = new Decimal(perpMissing(plan, held)).neg().div(plan.perp.multiplier)
  const qty = orderQty(Decimal.min(contracts, mostQty(plan, 'perp', market)))
  return legOrder(plan, 'perp', 'out', { qty, limitPrice })
}

/** A sale takes no more than is held and stays away when that is too little; a debt is bought back whole, however small. */
function closingQty(plan: HedgePlan, { spotNetBase }: Holdings, least: Decimal): Decimal {
  if (new Decimal(spotNetBase).lte(0)) return ZERO
  if (plan.direction === 'reverse-carry') {
    const owed = new Decimal(spotQtyFor(plan, 'out', spotNetBase))
    const sellable = least.times(new Decimal(EXIT_MARGIN).plus(1))
    return owed.gte(least) ? owed : new Decimal(spotQtyFor(plan, 'out', baseQty(sellable.plus(spotNetBase))))
  }
  const sellable = floorTo(spotNetBase, plan.spot.qtyStep)
  return sellable.lt(least) ? ZERO : sellable
}

/** Of a part: no more than its own, in either direction, so that the perpetual that is kept stays covered. */
function partQty(plan: HedgePlan, { spotNetBase }: Holdings, least: Decimal): Decimal {
  if (new Decimal(spotNetBase).lte(0)) return ZERO
  const within = floorTo(spotQtyWithin(plan, 'out', spotNetBase), plan.spot.qtyStep)
  return within.lt(least) ? ZERO : within
}

/** Coins bought back beyond what was owed, sold again while they are worth an order; null when they are not. */
function spareOrder(
  plan: HedgePlan,
  { spotNetBase }: Holdings,
  market: MarketView,
  toleranceBps: number,
): LegOrder | null {
  const limitPrice = limitPriceOf(plan, 'spot', 'in', market, toleranceBps)
  if (plan.direction !== 'reverse-carry' || !limitPrice) return null
  const qty = floorTo(new Decimal(spotNetBase).neg(), plan.spot.qtyStep)
  const least = smallestOrder(plan.spot, priceForMinimum(plan, 'spot', 'in', market, toleranceBps))
  // They lie in the wallet: nothing is borrowed for them.
  return qty.lt(least)
    ? null
    : { ...legOrder(plan, 'spot', 'in', { qty: orderQty(qty), limitPrice }), borrow: false }
}

/** Where the fee comes out of what is bought, a slice is ordered with it on top, and a step more for its rounding. */
function grossSlice(plan: HedgePlan, slice: Decimal): Decimal {
  const rate = new Decimal(coinFeeRate(plan, 'out'))
  return rate.lte(0) ? slice : slice.div(new Decimal(1).minus(rate)).plus(plan.spot.qtyStep)
}

/** How much of each leg this slice closes; undefined when the caps leave nothing that can be ordered. */
function cutSlice(work: Work): Cut | undefined {
  const { plan, closing, perp, spotCap, perpCap } = work
  if (closing.lte(spotCap) && perp.lte(perpCap)) return { spot: closing, perp, last: true }

  // Spot beyond the perpetual is closed first; what room is left is closed on both legs.
  const lot = lotBase(plan)
  const excess = work.spotNet.minus(perp)
  // Dust is no order of its own: were it to take room, a slice of one lot would have none left for that lot, for ever.
  const isDust = excess.gt(0) && excess.lt(work.spotLeast)
  const capNet = spotCap.times(new Decimal(1).minus(Decimal.max(0, coinFeeRate(plan, 'out'))))
  const room = isDust ? capNet : Decimal.max(0, capNet.minus(excess))
  const share = floorTo(Decimal.min(perp, perpCap, room), lot)
  const cut = balancedCut(work, share)
  if (!leavesTooLittle(work, cut)) return usable(cut, work)
  const shorter = balancedCut(work, floorTo(Decimal.max(0, Decimal.min(share, perp.minus(work.least))), lot))
  return usable(leavesTooLittle(work, shorter) ? sparing(work, cut) : shorter, work) ?? usable(cut, work)
}

/** The same with less spot, so that what stays can be ordered: the tail of a leg whose other one is gone. */
function sparing({ plan, closing, spotLeast }: Work, cut: Cut): Cut {
  const most = closing.minus(spotLeast.times(new Decimal(EXIT_MARGIN).plus(1)))
  const spot = Decimal.min(cut.spot, floorTo(Decimal.max(0, most), plan.spot.qtyStep))
  return spot.gte(spotLeast) ? { ...cut, spot } : cut
}

/** Closes what keeps spot at least as large as the perpetual that stays. */
function balancedCut({ plan, spotNet, perp, spotCap, closing }: Work, share: Decimal): Cut {
  const wanted = Decimal.max(0, spotNet.minus(perp.minus(share)))
  const gross = Decimal.min(spotQtyWithin(plan, 'out', baseQty(wanted)), spotCap, closing)
  return { spot: floorTo(gross, plan.spot.qtyStep), perp: share, last: false }
}

function leavesTooLittle({ closing, spotLeast }: Work, { spot }: Cut): boolean {
  const rest = closing.minus(spot)
  return rest.gt(0) && rest.lt(spotLeast)
}

/** An order below the minimum waits for a later slice; a cut that does nothing is none. */
function usable(cut: Cut, { spotLeast }: Work): Cut | undefined {
  const spot = cut.spot.lt(spotLeast) ? ZERO : cut.spot
  return spot.isZero() && cut.perp.isZero() ? undefined : { ...cut, spot }
}

function ordersOf(
  { spot, perp }: Cut,
  plan: HedgePlan,
  limits: Record<LegName, Price | null>,
): { spot: LegOrder | null; perp: LegOrder | null } {
  const order = (leg: LegName, base: Decimal): LegOrder | null => {
    const limitPrice = limits[leg]
    const qty = baseToContracts(baseQty(base), plan[leg].multiplier)
    return limitPrice && base.gt(0) ? legOrder(plan, leg, 'out', { qty, limitPrice }) : null
  }
  return { spot: order('spot', spot), perp: order('perp', perp) }
}

/** Coins left over: held below the minimum, or bought back beyond what was owed. */
const keptInWallet = ({ direction }: HedgePlan, { spotNetBase }: Holdings): BaseQty =>
  baseQty(new Decimal(spotNetBase).times(signOf(direction)))

const ZERO = new Decimal(0)
const orderBase = (perp: LegFacts): Decimal => new Decimal(perp.minOrderQty).times(perp.multiplier)
