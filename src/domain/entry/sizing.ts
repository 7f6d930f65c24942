/**
 * How much to hedge, and in what slices. Everything lies on the perpetual's lot grid in base coins, is above both legs'
 * minimums with a margin for the exit, and below what the books, the exchange's maxima and the account allow.
 */
import { Decimal } from 'decimal.js'
import { capitalRatioUpTo } from '../carry/capital.ts'
import { type CarryReason, estimateCarry } from '../carry/carry.ts'
import type { DepthReason } from '../carry/pair-quote.ts'
import { chooseRoute } from '../carry/route.ts'
import { floorTo } from '../grid.ts'
import {
  type Direction,
  type LegFacts,
  type LegName,
  legFacts,
  type Side,
  type SpreadFacts,
} from '../instrument.ts'
import { EXIT_MARGIN, lotBase, smallestHedge } from '../legs/balance.ts'
import { sideOf } from '../legs/sides.ts'
import { netBaseReceived, type PairFeeRates, roundTripRate } from '../market/fees.ts'
import {
  type BlindReason,
  type FreshMarket,
  freshMarket,
  type MarketView,
  type OrderBookView,
} from '../market/market-view.ts'
import { depthWithin, limitThrough } from '../market/order-book.ts'
import { isRefusal, type Refusal, refuse } from '../refusal.ts'
import { type Exposure, freeUsdt } from '../risk/exposure.ts'
import { limitsAt, tightestGroup } from '../risk/limits.ts'
import type { ExecutionRules, Rules } from '../rules.ts'
import { type BaseQty, baseQty, orderQty, type Usdt, usdt } from '../units.ts'
import type { HedgePlan } from './plan.ts'

export type SizeReason = 'no-room' | 'below-minimum' | 'no-route' | DepthReason
export type Sizes = { baseQty: BaseQty; sliceBaseQty: BaseQty }

/**
 * The largest plan in this direction that limits, balance and books allow, on the route that is expected to cost least; or why
 * there is none. The plan still has to pass `approve`.
 */
export function sizeHedge(
  hedgeId: string,
  market: MarketView,
  exposure: Exposure,
  rules: Rules,
  nowMs: number,
  direction: Direction = 'long-carry',
): HedgePlan | Refusal<SizeReason | CarryReason | BlindReason> {
  const fresh = freshMarket(market, rules.limits, nowMs)
  if (isRefusal(fresh)) return fresh
  const room = roomUsdt(exposure, rules, fresh.pair.symbol, bindsPerNotional(fresh, rules, direction))
  if (new Decimal(room).lt(rules.limits.hedgeNotionalUsdtMin) || new Decimal(room).lte(0))
    return refuse('no-room', room, rules.limits.hedgeNotionalUsdtMin)
  const sizes = sizesFor(fresh, rules, room, direction)
  if (isRefusal(sizes)) return sizes
  const choice = chooseRoute(fresh, sizes, direction, rules, nowMs)
  if (isRefusal(choice)) return choice
  const { chosen, estimates, quote } = choice
  const carry = estimateCarry(fresh, sizes, rules.strategy, nowMs, { direction, route: chosen, quote })
  if (isRefusal(carry)) return carry
  return {
    hedgeId,
    symbol: fresh.pair.symbol,
    baseCoin: fresh.pair.baseCoin,
    direction,
    ...(chosen.route === 'perp-first' && { firstLeg: 'perp' as const }),
    ...legFacts(fresh.pair),
    fees: fresh.feeRates,
    targetBaseQty: sizes.baseQty,
    sliceBaseQty: sizes.sliceBaseQty,
    markPrice: fresh.ticker.markPrice,
    notionalUsdt: carry.notionalUsdt,
    capitalUsdt: carry.capitalUsdt,
    expected: { ...carry, routes: estimates },
    decidedAtMs: nowMs,
    route: chosen.route,
    ...spreadFacts(fresh),
  }
}

/** Kept with the plan whatever the route: the way out may take the native instrument too. */
function spreadFacts({ spread }: MarketView): { spread?: SpreadFacts } {
  if (!spread) return {}
  const { symbol, tickSize, qtyStep, minQty, maxQty } = spread
  return { spread: { symbol, tickSize, qtyStep, minOrderQty: minQty, maxOrderQty: maxQty } }
}

/** The most that any hedge up to the largest binds per notional, its fees with it: what fits by this fits. */
function bindsPerNotional(
  { ticker, pair, feeRates, ...margin }: FreshMarket,
  { limits, strategy }: Rules,
  direction: Direction,
): Decimal {
  const notional = new Decimal(limits.hedgeNotionalUsdtMax)
  const base = notional.times(pair.perp.multiplier).div(ticker.markPrice)
  const fees = Decimal.max(0, roundTripRate(feeRates))
  return capitalRatioUpTo({ direction, base, notional }, margin, strategy).plus(fees)
}

/**
 * Notional that one more hedge of this symbol may have: by itself, in its symbol and its groups whoever holds what, in total, by the
 * cash that is free.
 */
export function roomUsdt(
  exposure: Exposure,
  { limits: stated, strategy }: Rules,
  symbol: string,
  perNotional: Decimal = new Decimal(strategy.capitalBuffer).plus(strategy.initialMarginRate).plus(1),
): Usdt {
  const limits = limitsAt(stated, exposure.equityUsdt)
  const { hedges, foreignNotionalUsdt } = exposure
  const sum = (of: Exposure['hedges']) =>
    of.reduce((total, hedge) => total.plus(hedge.notionalUsdt), new Decimal(0))
  const inSymbol = sum(hedges.filter(hedge => hedge.symbol === symbol)).plus(
    foreignNotionalUsdt?.[symbol] ?? 0,
  )
  const group = tightestGroup(symbol, exposure, limits)
  const free = freeUsdt(exposure)
    .minus(limits.freeMarginUsdtMin)
    .div(Decimal.max(perNotional, LEAST_PER_NOTIONAL))
  return usdt(
    Decimal.min(
      limits.hedgeNotionalUsdtMax,
      new Decimal(limits.symbolNotionalUsdtMax).minus(inSymbol),
      new Decimal(limits.totalNotionalUsdtMax).minus(sum(hedges)),
      ...(group ? [group.most.minus(group.held)] : []),
      free.toDecimalPlaces(18, Decimal.ROUND_DOWN),
    ),
  )
}

/** However little a hedge is configured to bind, room is never found without end. */
const LEAST_PER_NOTIONAL = '0.01'

/** Target and slice for at most this notional, both on the lot grid. */
export function sizesFor(
  market: FreshMarket,
  rules: Rules,
  notionalUsdt: Usdt,
  direction: Direction = 'long-carry',
): Sizes | Refusal<SizeReason> {
  const legs = legFacts(market.pair)
  const lot = lotBase(legs)
  const markPerBase = new Decimal(market.ticker.markPrice).div(legs.perp.multiplier)
  const target = floorTo(new Decimal(notionalUsdt).div(markPerBase), lot)
  const prices = entryPrices(market)
  const least = smallestHedge(legs, prices, EXIT_MARGIN)
  const leastUsdt = Decimal.max(rules.limits.hedgeNotionalUsdtMin, least.times(markPerBase))
  if (target.lt(least) || target.times(markPerBase).lt(rules.limits.hedgeNotionalUsdtMin))
    return refuse('below-minimum', target.times(markPerBase).toFixed(2), leastUsdt.toFixed(2))

  const { execution } = rules
  const caps = sliceCaps(market, legs, market.feeRates, execution, execution.slippageBpsMax, direction)
  if (caps.spot.lt(least)) return refuse('spot-depth', caps.spot.toFixed(), least.toFixed())
  if (caps.perp.lt(least)) return refuse('perp-depth', caps.perp.toFixed(), least.toFixed())
  const byRule = new Decimal(execution.sliceNotionalUsdtMax).div(markPerBase)
  const slice = floorTo(Decimal.min(target, byRule, caps.spot, caps.perp), lot)
  if (slice.lt(least))
    return refuse('below-minimum', execution.sliceNotionalUsdtMax, least.times(markPerBase).toFixed(2))
  return { baseQty: baseQty(target), sliceBaseQty: baseQty(slice) }
}

/** The worse of book and mark for each leg's minimum value: where the exit would be priced. */
function entryPrices({ spotBook, ticker }: FreshMarket) {
  const bid = spotBook.bids[0]
  if (!bid) throw new Error('fresh market: expected a spot bid, found none')
  return { spot: bid[0], perp: ticker.markPrice }
}

/**
 * Most base coins one entry slice may take on each leg: the exchange's largest market order, and a fraction of what the
 * book holds inside the price limit. Bybit moves its maxima twice a month, hence legs as the market shows them now.
 */
function sliceCaps(
  books: { spotBook: OrderBookView; perpBook: OrderBookView },
  legs: { spot: LegFacts; perp: LegFacts },
  fees: PairFeeRates,
  execution: Pick<ExecutionRules, 'depthFractionMax'>,
  toleranceBps: number,
  direction: Direction = 'long-carry',
): { spot: Decimal; perp: Decimal } {
  const cap = (book: OrderBookView, leg: LegName) =>
    legCap(book, sideOf({ direction }, leg, 'in'), legs[leg], execution, toleranceBps)
  const spot = floorTo(cap(books.spotBook, 'spot'), legs.spot.qtyStep)
  const perp = cap(books.perpBook, 'perp')
  // A buyer's fee is taken from what is bought, so less than the cap arrives; a seller pays it in USDT.
  if (direction === 'reverse-carry') return { spot, perp }
  return { spot: new Decimal(netBaseReceived(orderQty(spot), fees.spot.taker)), perp }
}

/** Most base coins one order of this side may take from the book. */
export function legCap(
  book: OrderBookView,
  side: Side,
  leg: LegFacts,
  execution: Pick<ExecutionRules, 'depthFractionMax'>,
  toleranceBps: number,
): Decimal {
  const limit = limitThrough(book, side, toleranceBps, leg.tickSize)
  if (limit === null) return new Decimal(0)
  const depth = new Decimal(depthWithin(book, side, limit)).times(execution.depthFractionMax)
  return Decimal.min(depth, leg.maxMarketQty).times(leg.multiplier)
}
