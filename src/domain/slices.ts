/**
 * Entering, slice by slice: spot first, then the perpetual for what was really received. Never two unhedged slices; the net
 * after the fee is at least the hedge and less than one lot and one spot step above it. Source: carry algorithm d.1, d.3.
 */
import { Decimal } from 'decimal.js'
import { lotBase } from './balance.ts'
import { limitThrough } from './book.ts'
import { grossForNet, netBaseReceived } from './fees.ts'
import { floorTo } from './grid.ts'
import type { FreshMarket, MarketView } from './market-view.ts'
import { smallestHedge, smallestOrder } from './minimums.ts'
import { type HedgePlan, type Holdings, type LegOrder, legFacts } from './plan.ts'
import { type Refusal, refuse } from './refusal.ts'
import type { Rules } from './rules.ts'
import { sliceCaps } from './sizing.ts'
import { baseQty, type OrderQty, orderQty, type Price } from './units.ts'

export type SliceWait = 'book-missing' | 'not-enough-depth' | 'unhedged-slice'
export type NextSlice =
  | { kind: 'order'; order: LegOrder }
  /** Target reached, or what is missing is too small to order. */
  | { kind: 'complete' }
  | ({ kind: 'wait' } & Refusal<SliceWait>)

const wait = (because: SliceWait, found: string, limit: string): NextSlice => ({
  kind: 'wait',
  ...refuse(because, found, limit),
})

/** The next spot order of the entry. Age of the books is the caller's check (`freshMarket`). */
export function nextSlice(plan: HedgePlan, held: Holdings, market: MarketView, rules: Rules): NextSlice {
  const open = perpContractsMissing(plan, held)
  if (new Decimal(open).gte(smallestOrder(plan.perp, perpPrice(plan, market))))
    return wait('unhedged-slice', `${open} contracts missing`, 'none')

  const books = bothBooks(market)
  const spotLimit =
    books && limitThrough(books.spotBook, 'Buy', rules.execution.slippageBpsMax, plan.spot.tickSize)
  if (!books || !spotLimit) return wait('book-missing', 'a side or book is missing', 'both')

  const least = smallestHedge(plan, { spot: bestAsk(books), perp: perpPrice(plan, market) })
  const missing = new Decimal(plan.targetBaseQty).minus(held.spotNetBase)
  if (missing.lt(least)) return { kind: 'complete' }

  const caps = sliceCaps(
    books,
    legFacts(market.pair),
    plan.fees,
    rules.execution,
    rules.execution.slippageBpsMax,
  )
  const cap = Decimal.min(plan.sliceBaseQty, caps.spot, caps.perp)
  const net = landOnGrid(plan, held, sliceOf(plan, missing, cap, least), least)
  if (cap.lt(least) || net.gt(cap.plus(lotBase(plan))))
    return wait('not-enough-depth', cap.toFixed(), least.toFixed())
  const qty = spotQtyFor(plan, net, missing)
  if (new Decimal(qty).lt(smallestOrder(plan.spot, bestAsk(books)))) return { kind: 'complete' }
  if (new Decimal(qty).gt(market.pair.spot.maxMarketQty))
    return wait('not-enough-depth', market.pair.spot.maxMarketQty, qty)
  return {
    kind: 'order',
    order: { leg: 'spot', side: 'Buy', qty, limitPrice: spotLimit, reduceOnly: false },
  }
}

/** A slice inside the cap that leaves nothing, or enough to be ordered even after this slice's own rounding. */
function sliceOf(plan: HedgePlan, missing: Decimal, cap: Decimal, least: Decimal): Decimal {
  const slice = Decimal.min(missing, cap)
  const rest = missing.minus(slice)
  const orderable = least.plus(lotBase(plan)).plus(plan.spot.qtyStep)
  const shorter = missing.minus(orderable)
  return rest.gt(0) && rest.lt(orderable) && shorter.gte(least) ? shorter : slice
}

/** What to buy for this net. A spot step above the lot may not carry the hedge a lot past its target: then one step less. */
function spotQtyFor(plan: HedgePlan, net: Decimal, missing: Decimal): OrderQty {
  const { taker } = plan.fees.spot
  const qty = grossForNet(baseQty(net), taker, plan.spot.qtyStep)
  const past = new Decimal(netBaseReceived(qty, taker)).minus(missing)
  return past.lt(lotBase(plan)) ? qty : orderQty(new Decimal(qty).minus(plan.spot.qtyStep))
}

/** Net to receive so that the total lands on the lot grid, one lot more where it would be too small to order. */
function landOnGrid(plan: HedgePlan, held: Holdings, slice: Decimal, least: Decimal): Decimal {
  const lot = lotBase(plan)
  const landing = floorTo(new Decimal(held.spotNetBase).plus(slice), lot)
  const net = landing.minus(held.spotNetBase)
  return net.lt(least) ? net.plus(lot) : net
}

export type PerpOrder =
  | { kind: 'order'; order: LegOrder }
  | { kind: 'none'; because: 'balanced' | 'below-minimum' | 'book-missing' }

/** The perpetual order that hedges what spot received: what is missing, floored to the lot. `toleranceBps` sets the limit price. */
export function perpOrderFor(
  plan: HedgePlan,
  held: Holdings,
  market: MarketView,
  toleranceBps: number,
): PerpOrder {
  const missing = perpContractsMissing(plan, held)
  if (new Decimal(missing).isZero()) return { kind: 'none', because: 'balanced' }
  if (new Decimal(missing).lt(smallestOrder(plan.perp, perpPrice(plan, market))))
    return { kind: 'none', because: 'below-minimum' }
  const limitPrice =
    market.perpBook && limitThrough(market.perpBook, 'Sell', toleranceBps, plan.perp.tickSize)
  if (!limitPrice) return { kind: 'none', because: 'book-missing' }
  const most = floorTo(Decimal.min(plan.perp.maxMarketQty, market.pair.perp.maxMarketQty), plan.perp.qtyStep)
  const qty = orderQty(Decimal.min(missing, most))
  return { kind: 'order', order: { leg: 'perp', side: 'Sell', qty, limitPrice, reduceOnly: false } }
}

/** Contracts still to be sold for the spot that is held: floor_lot(n − h), never negative. */
function perpContractsMissing(plan: HedgePlan, { spotNetBase, perpBase }: Holdings): OrderQty {
  const unhedged = new Decimal(spotNetBase).minus(perpBase)
  return orderQty(floorTo(Decimal.max(0, unhedged).div(plan.perp.multiplier), plan.perp.qtyStep))
}

/** The present mark, or the plan's when the ticker is silent: a minimum must be judged without one too. */
const perpPrice = (plan: HedgePlan, { ticker }: MarketView): Price => ticker?.markPrice ?? plan.markPrice

type Books = Pick<FreshMarket, 'spotBook' | 'perpBook'>

function bothBooks({ spotBook, perpBook }: MarketView): Books | undefined {
  return spotBook?.asks.length && perpBook?.bids.length ? { spotBook, perpBook } : undefined
}

function bestAsk({ spotBook }: Books): Price {
  const ask = spotBook.asks[0]
  if (!ask) throw new Error('spot book: expected an ask, found none')
  return ask[0]
}
