/**
 * Slices of the native spread order: both legs or none, equal quantities. A buyer's spot fee is taken in the coin, so the
 * coins for the fees are bought beforehand and the legs are level after every slice. Long carry only: nothing says that the
 * spot leg of such an order may borrow. Source: carry.md d.2; Bybit, spread trading (side Sell: perpetual sold,
 * spot bought; price = perpetual − spot).
 */
import { Decimal } from 'decimal.js'
import { type HedgePlan, perBaseMark } from '../entry/plan.ts'
import { floorTo } from '../grid.ts'
import { type Holdings, lotBase, smallestOrder } from '../legs/balance.ts'
import type { HedgeOrder, LegOrder } from '../legs/hedge-order.ts'
import { bestPriceOf, legOrder, limitPriceOf, sideOf, spotQtyFor, type Way } from '../legs/sides.ts'
import type { FreshMarket, SpreadView } from '../market/market-view.ts'
import { depthWithin, levelsFor, midPrice } from '../market/order-book.ts'
import type { Rules } from '../rules.ts'
import { baseQty, feeRate, orderQty, type Price, price } from '../units.ts'

type SpreadOrderStep =
  | { kind: 'spreadOrder'; order: HedgeOrder }
  /** Coins for the fees of the slices to come. */
  | { kind: 'coins'; order: LegOrder }
  /** The native instrument cannot do the next slice now: the legs are worked by themselves. */
  | { kind: 'none'; because: string }

const none = (because: string): SpreadOrderStep => ({ kind: 'none', because })

/** The next native order of the way in. */
export function spreadIn(
  plan: HedgePlan,
  held: Holdings,
  market: FreshMarket,
  rules: Rules,
): SpreadOrderStep {
  const missing = new Decimal(plan.targetBaseQty).minus(held.perpBase)
  const qty = spreadQty(plan, missing, market, rules, 'in')
  if (typeof qty === 'string') return none(qty)
  const rate = coinRate(plan, market, rules)
  const spare = new Decimal(held.spotNetBase).minus(held.perpBase)
  if (spare.lt(qty.times(rate))) return coinsFor(plan, missing.times(rate).minus(spare), market, rules)
  return spreadOrder(plan, qty, market, rules, 'in')
}

/** The next native order of the way out; what it leaves of the spot leg is sold by itself. */
export function spreadOut(
  plan: HedgePlan,
  held: Holdings,
  market: FreshMarket,
  rules: Rules,
): SpreadOrderStep {
  const both = Decimal.min(held.perpBase, held.spotNetBase)
  const qty = spreadQty(plan, both, market, rules, 'out')
  return typeof qty === 'string' ? none(qty) : spreadOrder(plan, qty, market, rules, 'out')
}

/** Base coins of the next native order, or why there is none. */
function spreadQty(
  plan: HedgePlan,
  missing: Decimal,
  market: FreshMarket,
  rules: Rules,
  way: Way,
): Decimal | string {
  const { spread } = market
  if (plan.direction !== 'long-carry') return 'a spread order cannot borrow'
  if (!plan.spread || !spread?.trading || !spread.book) return 'the spread instrument does not trade'
  const step = Decimal.max(lotBase(plan), plan.spread.qtyStep)
  const limit = spreadLimit(plan, market, rules, way)
  if (!limit) return 'the spread order book is empty'
  const depth = depthWithin(spread.book, sideOf(plan, 'perp', way), limit)
  const share = new Decimal(depth).times(rules.execution.depthFractionMax)
  const qty = floorTo(Decimal.min(missing, plan.sliceBaseQty, spread.maxQty, share), step)
  // Minimum values of the legs hold for what the combination makes of them.
  const least = Decimal.max(plan.spread.minOrderQty, smallestOrder(plan.spot, perBaseMark(plan)), step)
  return qty.lt(least) ? `${qty.toFixed()} is below the smallest spread order of ${least.toFixed()}` : qty
}

function spreadOrder(
  plan: HedgePlan,
  qty: Decimal,
  market: FreshMarket,
  rules: Rules,
  way: Way,
): SpreadOrderStep {
  const limitPrice = spreadLimit(plan, market, rules, way)
  if (!limitPrice || !market.spread) return none('the spread order book is empty')
  return {
    kind: 'spreadOrder',
    order: {
      leg: 'spreadOrder',
      side: sideOf(plan, 'perp', way),
      qty: orderQty(qty),
      limitPrice,
      reduceOnly: false,
      borrow: false,
      ...(way === 'in' && { opens: true }),
    },
  }
}

/** The best native price, and as far through it as an order of one leg would go: the price itself may be near 0 or below. */
function spreadLimit(
  plan: HedgePlan,
  { spread, spotBook }: FreshMarket,
  { execution }: Rules,
  way: Way,
): Price | null {
  const side = sideOf(plan, 'perp', way)
  const best = spread?.book && levelsFor(spread.book, side)[0]
  const mid = midPrice(spotBook)
  if (!best || !mid || !plan.spread) return null
  const slack = new Decimal(mid).times(execution.slippageBpsMax).div(10_000)
  const { tickSize } = plan.spread
  const far = side === 'Buy' ? slack.plus(best[0]) : new Decimal(best[0]).minus(slack)
  const ticks = far.div(tickSize)
  return price((side === 'Buy' ? ticks.floor() : ticks.ceil()).times(tickSize))
}

/** What the spot leg of a native order is charged, a fraction of the coins. */
function coinRate(plan: HedgePlan, { spread }: { spread?: SpreadView }, { execution }: Rules) {
  return (
    spread?.feeRates?.spot.taker ??
    feeRate(new Decimal(plan.fees.spot.taker).times(execution.spreadFeeFactor))
  )
}

function coinsFor(
  plan: HedgePlan,
  coins: Decimal,
  market: FreshMarket,
  { execution }: Rules,
): SpreadOrderStep {
  const limitPrice = limitPriceOf(plan, 'spot', 'in', market, execution.slippageBpsMax)
  const best = bestPriceOf(plan, 'spot', 'in', market)
  if (!limitPrice || !best) return none('the spot book has no price to buy at')
  const wanted = spotQtyFor(plan, 'in', baseQty(coins.toDecimalPlaces(18, Decimal.ROUND_UP)))
  const qty = orderQty(Decimal.max(wanted, smallestOrder(plan.spot, best)))
  // Coins worth a lot would be hedged by themselves: then the legs may as well be worked so.
  if (new Decimal(qty).gte(lotBase(plan))) return none(`${qty} coins for the fees are a lot or more`)
  return { kind: 'coins', order: legOrder(plan, 'spot', 'in', { qty, limitPrice }) }
}
