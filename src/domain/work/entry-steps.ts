/**
 * The next order of an entry, by the plan's route: one leg and then the other, both at once, both as one order, or one that
 * waits in the book. Where a route cannot go on, the legs are worked one after the other. Source: carry.md d.2.
 */
import { Decimal } from 'decimal.js'
import type { HedgePlan } from '../entry/plan.ts'
import type { LegName, Route, Side } from '../instrument.ts'
import type { Holdings } from '../legs/balance.ts'
import type { HedgeOrder, LegOrder, RestingOrder } from '../legs/hedge-order.ts'
import { bookOf, spotMoved } from '../legs/sides.ts'
import { type FreshMarket, freshMarket, type MarketView } from '../market/market-view.ts'
import { levelsFor } from '../market/order-book.ts'
import { isRefusal } from '../refusal.ts'
import type { Rules } from '../rules.ts'
import { baseQty, type Price } from '../units.ts'
import { followOrder } from './follow.ts'
import { spreadIn } from './spread-slices.ts'

/** The leg that waits on this route; null where both cross. */
const makerLegOf = (route: Route | undefined): LegName | null =>
  route === 'maker-spot' ? 'spot' : route === 'maker-perp' ? 'perp' : null

const opposite = (side: Side): Side => (side === 'Buy' ? 'Sell' : 'Buy')

/** The best price of this side's own queue; null when nobody waits there. */
function queuePrice(market: MarketView, leg: LegName, side: Side): Price | null {
  const book = bookOf(market, leg)
  return (book && levelsFor(book, opposite(side))[0]?.[0]) ?? null
}

/** The same order as one that waits; null while its side of the book is empty. */
export function asResting(order: LegOrder, market: MarketView): HedgeOrder | null {
  const limitPrice = queuePrice(market, order.leg, order.side)
  return limitPrice && { ...order, limitPrice, rests: true, opens: true }
}

/**
 * Why the waiting order must go; null when it may stay.
 * @param refused - why no new risk may be taken, or null
 */
export function cancelReason(
  order: RestingOrder,
  market: MarketView,
  { limits, execution }: Rules,
  refused: string | null,
  nowMs: number,
): string | null {
  if (refused) return refused
  const fresh = freshMarket(market, limits, nowMs)
  if (isRefusal(fresh)) return `${fresh.refused}: ${fresh.found}`
  if (order.leg === 'spreadOrder') return 'a spread order does not rest'
  const best = queuePrice(market, order.leg, order.side)
  const ageMs = nowMs - order.restsSinceMs
  if (ageMs >= execution.makerRestMs * execution.makerTriesMax) return `it has rested for ${ageMs} ms`
  if (ageMs < execution.makerRestMs || best === null) return null
  const behind =
    order.side === 'Buy' ? new Decimal(best).gt(order.limitPrice) : new Decimal(best).lt(order.limitPrice)
  return behind ? `the best price moved to ${best}, the order is at ${order.limitPrice}` : null
}

type OpeningOrder = { order: HedgeOrder; parallelOrder?: HedgeOrder; because: string }
type Entry = { plan: HedgePlan; held: Holdings; reprices: number; setbacks?: number }

/** Native orders that are refused or not filled, one after the other, are no way to work a hedge. */
export const isNativeShut = ({ setbacks = 0 }: { setbacks?: number }): boolean => setbacks > 1

/** @param first - the order that would open the next slice by itself */
export function openingOrder(
  { plan, held, reprices, setbacks = 0 }: Entry,
  first: LegOrder,
  market: FreshMarket,
  rules: Rules,
): OpeningOrder {
  const crossing: OpeningOrder = { order: { ...first, opens: true }, because: 'next slice' }
  if (plan.route === 'spread') {
    if (isNativeShut({ setbacks }))
      return { ...crossing, because: `next slice, leg by leg after ${setbacks} orders without a fill` }
    const step = spreadIn(plan, held, market, rules)
    if (step.kind === 'none') return { ...crossing, because: `next slice, leg by leg: ${step.because}` }
    if (step.kind === 'coins')
      return { order: { ...step.order, opens: true }, because: 'coins for the fees of spread orders' }
    return { order: step.order, because: 'next slice' }
  }
  if (plan.route === 'parallel') {
    const parallelOrder = parallelOrderOf(plan, held, first, market, rules)
    return parallelOrder
      ? {
          order: crossing.order,
          parallelOrder: { ...parallelOrder, opens: true },
          because: 'next slice, both legs at once',
        }
      : crossing
  }
  if (makerLegOf(plan.route) !== first.leg) return crossing
  if (reprices >= rules.execution.makerTriesMax)
    return { ...crossing, because: `next slice, crossing after ${reprices} resting orders` }
  const resting = asResting(first, market)
  return resting ? { order: resting, because: 'next slice' } : crossing
}

/** The order on the other leg that will be due when this one is filled whole. */
function parallelOrderOf(
  plan: HedgePlan,
  held: Holdings,
  first: LegOrder,
  market: FreshMarket,
  { execution }: Rules,
): LegOrder | undefined {
  const after: Holdings =
    first.leg === 'spot'
      ? {
          ...held,
          spotNetBase: baseQty(new Decimal(held.spotNetBase).plus(spotMoved(plan, 'in', first.qty))),
        }
      : { ...held, perpBase: baseQty(new Decimal(first.qty).mul(plan.perp.multiplier).plus(held.perpBase)) }
  const follow = followOrder(plan, after, market, execution.slippageBpsMax)
  return follow.kind === 'order' && follow.order.leg !== first.leg ? follow.order : undefined
}
