/**
 * Unwinding, slice by slice, until both legs are flat. Each slice sells as much spot as it buys perpetual back; the last one
 * closes everything. Spot below the exchange's minimum stays as dust; the perpetual always ends at exactly 0.
 * Source: carry algorithm d.10.
 */
import { Decimal } from 'decimal.js'
import { lotBase } from './balance.ts'
import { limitThrough } from './book.ts'
import { ceilTo, floorTo } from './grid.ts'
import type { MarketView } from './market-view.ts'
import { smallestOrder } from './minimums.ts'
import { type HedgePlan, type Holdings, type LegFacts, type LegOrder, legFacts } from './plan.ts'
import { type Refusal, refuse } from './refusal.ts'
import type { Rules } from './rules.ts'
import { legCap } from './sizing.ts'
import { type BaseQty, orderQty, type Price, price } from './units.ts'

export type NextUnwind =
  /** Sent together: spot sell and reduce-only perpetual buy. Either may be null; `last` closes everything. */
  | { kind: 'slice'; spot: LegOrder | null; perp: LegOrder | null; last: boolean }
  | { kind: 'flat'; dustBase: BaseQty }
  | ({ kind: 'wait' } & Refusal<'book-missing' | 'not-enough-depth'>)

/** What is left to close and how much of it one slice may take, all in base coins. */
type Work = {
  /** Spot that can be sold: on its grid, 0 when below the minimum. */
  sellable: Decimal
  perp: Decimal
  spotNet: Decimal
  spotCap: Decimal
  perpCap: Decimal
  spotLeast: Decimal
  least: Decimal
  lot: Decimal
  spotStep: Decimal
}
type Cut = { sell: Decimal; buy: Decimal; last: boolean }

/**
 * The next slice of the way out. Reduce-only orders need no minimum value, only the lot, so the perpetual can always close.
 * @param toleranceBps - how far through the best price; the caller widens it by `toleranceBps` of repair.ts
 */
export function nextUnwind(
  plan: HedgePlan,
  held: Holdings,
  market: MarketView,
  rules: Rules,
  toleranceBps: number,
): NextUnwind {
  const bid = market.spotBook && limitThrough(market.spotBook, 'Sell', toleranceBps, plan.spot.tickSize)
  const ask = market.perpBook && limitThrough(market.perpBook, 'Buy', toleranceBps, plan.perp.tickSize)
  const spotLeast = new Decimal(smallestOrder(plan.spot, bid ?? perBasePrice(plan)))
  const onGrid = floorTo(Decimal.max(0, held.spotNetBase), plan.spot.qtyStep)
  const sellable = onGrid.lt(spotLeast) ? new Decimal(0) : onGrid
  const perp = new Decimal(held.perpBase)
  if (sellable.isZero() && perp.lte(0)) return { kind: 'flat', dustBase: held.spotNetBase }
  if ((sellable.gt(0) && !bid) || (perp.gt(0) && !ask))
    return {
      kind: 'wait',
      ...refuse('book-missing', 'a side or book is missing', 'a spot bid and a perp ask'),
    }

  const lot = lotBase(plan)
  const least = ceilTo(Decimal.max(spotLeast, lot, orderBase(plan.perp)), lot)
  const slice = Decimal.max(plan.sliceBaseQty, least)
  const live = legFacts(market.pair)
  const cut = cutSlice({
    sellable,
    perp,
    spotNet: new Decimal(held.spotNetBase),
    spotCap: Decimal.min(slice, capOf(market.spotBook, 'Sell', live.spot, rules, toleranceBps)),
    perpCap: Decimal.min(slice, capOf(market.perpBook, 'Buy', live.perp, rules, toleranceBps)),
    spotLeast,
    least,
    lot,
    spotStep: new Decimal(plan.spot.qtyStep),
  })
  if (!cut)
    return {
      kind: 'wait',
      ...refuse('not-enough-depth', 'less than an order inside the limit', least.toFixed()),
    }
  return { kind: 'slice', ...ordersOf(cut, plan, bid, ask), last: cut.last }
}

/** How much of each leg this slice closes; undefined when the caps leave nothing that can be ordered. */
function cutSlice(work: Work): Cut | undefined {
  const { sellable, perp, spotCap, perpCap, lot } = work
  const all: Cut = { sell: sellable, buy: Decimal.max(0, perp), last: true }
  if (sellable.lte(spotCap) && perp.lte(perpCap)) return all

  // Spot beyond the perpetual is sold first; what room is left is closed on both legs.
  const excess = work.spotNet.minus(perp)
  // Dust is no order of its own: were it to take room, a slice of one lot would have none left for that lot, for ever.
  const isDust = excess.gt(0) && excess.lt(work.spotLeast)
  const room = isDust ? spotCap : Decimal.max(0, spotCap.minus(excess))
  const buy = floorTo(Decimal.min(Decimal.max(0, perp), perpCap, room), lot)
  const cut = balancedCut(work, buy)
  if (!leavesTooLittle(work, cut)) return usable(cut, work)
  const shorter = balancedCut(work, floorTo(Decimal.max(0, Decimal.min(buy, perp.minus(work.least))), lot))
  return usable(leavesTooLittle(work, shorter) ? cut : shorter, work) ?? usable(cut, work)
}

/** Sells what keeps spot at least as large as the perpetual that stays. */
function balancedCut({ spotNet, perp, spotCap, spotStep, sellable }: Work, buy: Decimal): Cut {
  const wanted = spotNet.minus(Decimal.max(0, perp).minus(buy))
  const sell = floorTo(Decimal.max(0, Decimal.min(wanted, spotCap, sellable)), spotStep)
  return { sell, buy, last: false }
}

function leavesTooLittle({ sellable, spotLeast }: Work, { sell }: Cut): boolean {
  const rest = sellable.minus(sell)
  return rest.gt(0) && rest.lt(spotLeast)
}

/** A sale below the minimum waits for a later slice; a cut that does nothing is none. */
function usable(cut: Cut, { spotLeast }: Work): Cut | undefined {
  const sell = cut.sell.lt(spotLeast) ? new Decimal(0) : cut.sell
  return sell.isZero() && cut.buy.isZero() ? undefined : { ...cut, sell }
}

function ordersOf(
  { sell, buy }: Cut,
  plan: HedgePlan,
  bid: Price | null,
  ask: Price | null,
): { spot: LegOrder | null; perp: LegOrder | null } {
  const contracts = orderQty(buy.div(plan.perp.multiplier))
  return {
    spot:
      bid && sell.gt(0)
        ? { leg: 'spot', side: 'Sell', qty: orderQty(sell), limitPrice: bid, reduceOnly: false }
        : null,
    perp:
      ask && buy.gt(0)
        ? { leg: 'perp', side: 'Buy', qty: contracts, limitPrice: ask, reduceOnly: true }
        : null,
  }
}

function capOf(
  book: MarketView['spotBook'],
  side: 'Buy' | 'Sell',
  leg: LegFacts,
  rules: Rules,
  toleranceBps: number,
): Decimal {
  return book ? legCap(book, side, leg, rules.execution, toleranceBps) : new Decimal(0)
}

const orderBase = (perp: LegFacts): Decimal => new Decimal(perp.minOrderQty).times(perp.multiplier)
const perBasePrice = (plan: HedgePlan): Price => price(new Decimal(plan.markPrice).div(plan.perp.multiplier))
