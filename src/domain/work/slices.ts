/**
 * Entering, slice by slice: one leg opens, the other follows what it really did (follow.ts). Never two unhedged slices; spot
 * is at least the perpetual and less than one lot and one spot step above it. Source: carry.md d.1, d.3.
 */
import { Decimal } from 'decimal.js'
import type { HedgePlan } from '../entry/plan.ts'
import { legCap } from '../entry/sizing.ts'
import { baseToContracts, floorTo } from '../grid.ts'
import { type LegName, legFacts } from '../instrument.ts'
import { type Holdings, lotBase, smallestHedge, smallestOrder } from '../legs/balance.ts'
import type { LegOrder } from '../legs/hedge-order.ts'
import {
  bookOf,
  firstLegOf,
  isOpenFor,
  legOrder,
  limitPriceOf,
  sideOf,
  spotMoved,
  spotQtyFor as spotQtyAtLeast,
} from '../legs/sides.ts'
import type { FreshMarket, MarketView } from '../market/market-view.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { Rules } from '../rules.ts'
import { baseQty, type OrderQty, orderQty } from '../units.ts'
import { followOrder, priceForMinimum } from './follow.ts'

type SliceWait = 'book-missing' | 'not-enough-depth' | 'unhedged-slice' | 'market-closed'
type NextSlice =
  | { kind: 'order'; order: LegOrder }
  /** Target reached, or what is missing is too small to order. */
  | { kind: 'complete' }
  | ({ kind: 'wait' } & Refusal<SliceWait>)

const wait = (because: SliceWait, found: string, limit: string): NextSlice => ({
  kind: 'wait',
  ...refuse(because, found, limit),
})

/** The order that opens the next slice of the entry. Age of the books is the caller's check (`freshMarket`). */
export function nextSlice(plan: HedgePlan, held: Holdings, market: MarketView, rules: Rules): NextSlice {
  const first = firstLegOf(plan)
  const bps = rules.execution.slippageBpsMax
  const open = followOrder(plan, held, market, bps)
  if (open.kind === 'order')
    return wait('unhedged-slice', `${open.order.qty} ${open.order.leg} missing`, 'none')
  if (open.because === 'book-missing' || open.because === 'closed')
    return wait('unhedged-slice', `the leg behind cannot follow: ${open.because}`, 'none')

  const limits = {
    spot: limitPriceOf(plan, 'spot', 'in', market, bps),
    perp: limitPriceOf(plan, 'perp', 'in', market, bps),
  }
  const limitPrice = limits[first]
  if (!hasBooks(market) || !limits.spot || !limits.perp || !limitPrice)
    return wait('book-missing', 'a side or book is missing', 'both')

  const prices = {
    spot: priceForMinimum(plan, 'spot', 'in', market, bps),
    perp: priceForMinimum(plan, 'perp', 'in', market, bps),
  }
  // Counted from spot whichever leg opens: what must be left for spot to follow is then never too little.
  const least = smallestHedge(plan, prices)
  const missing = new Decimal(plan.targetBaseQty).minus(held.spotNetBase)
  if (missing.lt(least)) return { kind: 'complete' }
  if (!isOpenFor(plan, 'spot', 'in', market) || !isOpenFor(plan, 'perp', 'in', market))
    return wait('market-closed', 'one leg cannot be opened', 'both trading, the coin to be borrowed')

  const cap = sliceCap(plan, market, rules)
  const net = landOnGrid(plan, held, sliceOf(plan, missing, cap, least), least)
  if (cap.lt(least) || net.gt(cap.plus(lotBase(plan))))
    return wait('not-enough-depth', cap.toFixed(), least.toFixed())
  const qty = first === 'spot' ? spotQtyFor(plan, net, missing) : perpQtyFor(plan, held, net)
  if (new Decimal(qty).lt(smallestOrder(plan[first], prices[first]))) return { kind: 'complete' }
  const { maxMarketQty } = market.pair[first]
  if (new Decimal(qty).gt(maxMarketQty)) return wait('not-enough-depth', maxMarketQty, qty)
  return { kind: 'order', order: legOrder(plan, first, 'in', { qty, limitPrice }) }
}

/** A slice inside the cap that leaves nothing, or enough to be ordered even after this slice's own rounding. */
function sliceOf(plan: HedgePlan, missing: Decimal, cap: Decimal, least: Decimal): Decimal {
  const slice = Decimal.min(missing, cap)
  const rest = missing.minus(slice)
  const orderable = least.plus(lotBase(plan)).plus(plan.spot.qtyStep)
  const shorter = missing.minus(orderable)
  return rest.gt(0) && rest.lt(orderable) && shorter.gte(least) ? shorter : slice
}

/** What to order for this net. A spot step above the lot may not carry the hedge a lot past its target: then one step less. */
function spotQtyFor(plan: HedgePlan, net: Decimal, missing: Decimal): OrderQty {
  const qty = spotQtyAtLeast(plan, 'in', baseQty(net))
  const past = new Decimal(spotMoved(plan, 'in', qty)).minus(missing)
  return past.lt(lotBase(plan)) ? qty : orderQty(new Decimal(qty).minus(plan.spot.qtyStep))
}

/** Net to add so that the total lands on the lot grid, one lot more where it would be too small to order. */
function landOnGrid(plan: HedgePlan, { spotNetBase }: Holdings, slice: Decimal, least: Decimal): Decimal {
  const lot = lotBase(plan)
  const net = floorTo(new Decimal(spotNetBase).plus(slice), lot).minus(spotNetBase)
  return net.lt(least) ? net.plus(lot) : net
}

/** What the perpetual needs to be there first: the total that spot will follow to. */
function perpQtyFor(plan: HedgePlan, { spotNetBase, perpBase }: Holdings, net: Decimal): OrderQty {
  const base = net.plus(spotNetBase).minus(perpBase)
  return baseToContracts(baseQty(base), plan.perp.multiplier)
}

/** Most base coins a slice may add: the plan's slice, and on each leg its share of the book and the exchange's largest order. */
function sliceCap(plan: HedgePlan, market: FreshBooks, { execution }: Rules): Decimal {
  // Bybit moves its maxima twice a month, hence legs as the market shows them now.
  const live = legFacts(market.pair)
  const capOf = (leg: LegName): Decimal => {
    const book = leg === 'spot' ? market.spotBook : market.perpBook
    return legCap(book, sideOf(plan, leg, 'in'), live[leg], execution, execution.slippageBpsMax)
  }
  // A buyer's fee is taken from what is bought, so less than the cap arrives.
  const spot = spotMoved(plan, 'in', orderQty(floorTo(capOf('spot'), live.spot.qtyStep)))
  return Decimal.min(plan.sliceBaseQty, spot, capOf('perp'))
}

type FreshBooks = MarketView & Pick<FreshMarket, 'spotBook' | 'perpBook'>

const hasBooks = (market: MarketView): market is FreshBooks =>
  bookOf(market, 'spot') !== null && bookOf(market, 'perp') !== null
