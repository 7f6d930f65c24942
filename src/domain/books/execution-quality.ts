/**
 * How well a hedge was executed, from its fills and its plan alone: how long and how much one leg stood alone, what the fills
 * cost against the plan and against crossing all four books, how much rested, whether a leg had to be repaired.
 * Figures for the eye: nothing is booked from them.
 */
import { Decimal } from 'decimal.js'
import type { CarryEstimate } from '../carry/carry.ts'
import type { HedgePlan } from '../entry/plan.ts'
import type { Route } from '../instrument.ts'
import type { DecidedMids } from '../legs/hedge-order.ts'
import { type Fill, orderPurposeOf } from '../legs/order.ts'
import { signOf } from '../legs/sides.ts'
import { roundTripRate } from '../market/fees.ts'
import { NO_USDT, type Usdt } from '../units.ts'
import { dustBase } from './dust.ts'

const ZERO = new Decimal(0)

/** Each execution once, without the settlements that Bybit lists among them. */
export const uniqueFills = <Each extends Pick<Fill, 'market' | 'execId' | 'cause'>>(
  fills: readonly Each[],
): Each[] => [
  ...new Map(
    fills.filter(({ cause }) => cause !== 'funding').map(fill => [`${fill.market}/${fill.execId}`, fill]),
  ).values(),
]

/**
 * What the fills got beyond the middles of their decisions; negative is a cost. `measuredShare`: of the traded value, what has
 * such a middle.
 */
export function slippageOf(
  fills: readonly Fill[],
  { plan, mids }: { plan: Pick<HedgePlan, 'spot'>; mids: Readonly<Record<string, DecidedMids>> },
): { slippage: Decimal; measuredShare: number } {
  let [slippage, measured, traded] = [ZERO, ZERO, ZERO]
  for (const { market, orderLinkId, side, qty, price } of fills) {
    const value = new Decimal(qty).times(price)
    traded = traded.plus(value)
    const mid = mids[orderLinkId]?.[market === plan.spot.market ? 'spot' : 'perp']
    if (mid === undefined) continue
    measured = measured.plus(value)
    slippage = slippage.plus(
      new Decimal(mid)
        .minus(price)
        .times(qty)
        .times(side === 'Buy' ? 1 : -1),
    )
  }
  return { slippage, measuredShare: traded.isZero() ? 1 : measured.div(traded).toNumber() }
}

const BPS = 10_000

export type ExecutionQuality = {
  /** The longest time without pause that the legs differed by a lot of the perpetual or more; what is open now does not count. */
  legGapMs: number
  /** ∫ |difference of the legs| × price dt over all such gaps: USDT × seconds. */
  unhedgedNotionalSeconds: number
  /** Fills against the middles at their decisions, of the value traded; positive is a cost. Null when no middle is known. */
  slippageBps: number | null
  /** Basis got in at against the plan's executable entry basis: positive is worse than planned. Null while nothing was entered. */
  entryShortfallBps: number | null
  /** Share of the traded value that rested in the book. Null when nothing was traded. */
  makerRatio: number | null
  /** Orders that repaired or took back one leg. */
  repairs: number
  /** Fees and slippage of all fills so far, of the notional planned. */
  costBps: number
  /** Four taker fees at the plan's rates. */
  allTakerBps: number
  /** Of the route chosen: what fees, slippage and mishaps of the round trip were expected to cost, and what they cost so far. */
  route: Route
  expectedCostUsdt: string
  costUsdt: string
  fills: number
  tradedUsdt: string
}

type ExecutionFacts = {
  plan: HedgePlan
  fills: readonly Fill[]
  /** By order link id. */
  mids: Readonly<Record<string, DecidedMids>>
  /** Fees taken in a third coin, as booked: no fill knows their worth. Positive is paid. */
  otherFeesUsdt?: Usdt
}

/** The figures of one hedge up to its latest fill. A fill given twice counts once; order does not matter. */
export function executionQuality({
  plan,
  fills,
  mids,
  otherFeesUsdt = NO_USDT,
}: ExecutionFacts): ExecutionQuality {
  const own = [...uniqueFills(fills)].sort((a, b) => a.filledAtMs - b.filledAtMs)
  const traded = sumOf(own, tradedValue)
  const { slippage, measuredShare } = slippageOf(own, { plan, mids })
  const measured = traded.times(measuredShare)
  const cost = sumOf(own, fill => feeUsdt(fill, plan))
    .plus(otherFeesUsdt)
    .minus(slippage)
  const notional = new Decimal(plan.notionalUsdt)
  const repaired = new Set(
    own.map(({ orderLinkId }) => orderLinkId).filter(id => orderPurposeOf(id) === 'repair'),
  )
  return {
    ...gapsOf(own, plan),
    slippageBps: measured.gt(0) ? bps(slippage.neg().div(measured)) : null,
    entryShortfallBps: entryShortfall(own, plan),
    makerRatio: traded.gt(0)
      ? sumOf(
          own.filter(({ maker }) => maker),
          tradedValue,
        )
          .div(traded)
          .toNumber()
      : null,
    repairs: repaired.size,
    costBps: notional.gt(0) ? bps(cost.div(notional)) : 0,
    allTakerBps: bps(roundTripRate(plan.fees)),
    route: plan.expected.route,
    expectedCostUsdt: expectedCost(plan.expected).toFixed(),
    costUsdt: cost.toDecimalPlaces(18).toFixed(),
    fills: own.length,
    tradedUsdt: traded.toFixed(),
  }
}

/** All hedges together; each figure weighted by what it is a share of. */
export type QualityTotals = {
  hedges: number
  legGapMsMax: number
  unhedgedNotionalSeconds: number
  /** Weighted by the value traded. */
  slippageBps: number | null
  makerRatio: number | null
  /** Share of hedges that needed a repair. */
  orphanRate: number | null
  /** Fees and slippage of the value traded, for a round trip of four fills. */
  roundTripBps: number | null
  allTakerBps: number | null
  expectedCostUsdt: string
  costUsdt: string
  tradedUsdt: string
}

/**
 * Many hedges as one: the longest gap, the sum of exposures, ratios weighted by value traded. A ratio that no hedge knows is
 * null.
 */
export function qualityTotals(each: readonly ExecutionQuality[]): QualityTotals {
  const traded = sumOf(each, ({ tradedUsdt }) => new Decimal(tradedUsdt))
  const cost = sumOf(each, ({ costUsdt }) => new Decimal(costUsdt))
  const weighted = (figure: (one: ExecutionQuality) => number | null) => {
    const known = each.filter(one => figure(one) !== null)
    const weight = sumOf(known, ({ tradedUsdt }) => new Decimal(tradedUsdt))
    const sum = sumOf(known, one => new Decimal(one.tradedUsdt).times(figure(one) ?? 0))
    return weight.gt(0) ? sum.div(weight).toNumber() : null
  }
  return {
    hedges: each.length,
    legGapMsMax: Math.max(0, ...each.map(({ legGapMs }) => legGapMs)),
    unhedgedNotionalSeconds: each.reduce((sum, one) => sum + one.unhedgedNotionalSeconds, 0),
    slippageBps: weighted(({ slippageBps }) => slippageBps),
    makerRatio: weighted(({ makerRatio }) => makerRatio),
    orphanRate: each.length > 0 ? each.filter(({ repairs }) => repairs > 0).length / each.length : null,
    // A round trip trades its notional four times.
    roundTripBps: traded.gt(0) ? bps(cost.div(traded).times(4)) : null,
    allTakerBps: weighted(({ allTakerBps }) => allTakerBps),
    expectedCostUsdt: sumOf(each, ({ expectedCostUsdt }) => new Decimal(expectedCostUsdt)).toFixed(),
    costUsdt: cost.toFixed(),
    tradedUsdt: traded.toFixed(),
  }
}

/** From each fill to the next: what one leg stood alone with, and for how long. Fills of one instant are one step. */
function gapsOf(fills: readonly Fill[], plan: HedgePlan) {
  const lot = new Decimal(plan.perp.qtyStep).times(plan.perp.multiplier)
  let [delta, seconds] = [new Decimal(dustBase(plan.dust)), new Decimal(0)]
  let [gapMs, longestMs] = [0, 0]
  fills.forEach((fill, at) => {
    delta = delta.plus(baseMoved(fill, plan))
    const next = fills[at + 1]
    if (!next || next.filledAtMs === fill.filledAtMs) return
    const apartMs = next.filledAtMs - fill.filledAtMs
    if (delta.abs().lt(lot)) {
      gapMs = 0
      return
    }
    gapMs += apartMs
    longestMs = Math.max(longestMs, gapMs)
    seconds = seconds.plus(delta.abs().times(pricePerBase(fill, plan)).times(apartMs).div(1000))
  })
  return { legGapMs: longestMs, unhedgedNotionalSeconds: seconds.toNumber() }
}

/** Base coins that a fill moved the whole by: spot and perpetual of a hedge cancel out. */
function baseMoved({ market, side, qty, fee, feeCoin }: Fill, { baseCoin, perp }: HedgePlan): Decimal {
  const signed = new Decimal(qty).times(side === 'Buy' ? 1 : -1)
  return market === perp.market ? signed.times(perp.multiplier) : signed.minus(feeCoin === baseCoin ? fee : 0)
}

const pricePerBase = ({ market, price }: Fill, { perp }: HedgePlan): Decimal =>
  new Decimal(price).div(market === perp.market ? perp.multiplier : 1)

/** The fills that opened it against the basis they were expected at; + is worse, in either direction. */
function entryShortfall(fills: readonly Fill[], plan: HedgePlan): number | null {
  const opens = plan.direction === 'long-carry' ? 'Buy' : 'Sell'
  const averageOf = (market: Fill['market']) => {
    const own = fills.filter(
      each =>
        each.market === market &&
        each.cause === 'trade' &&
        (each.side === opens) === (market === plan.spot.market) &&
        orderPurposeOf(each.orderLinkId) === 'enter',
    )
    const qty = sumOf(own, each => new Decimal(each.qty))
    const multiplier = market === plan.perp.market ? plan.perp.multiplier : 1
    return qty.isZero() ? null : sumOf(own, tradedValue).div(qty).div(multiplier)
  }
  const [spot, perp] = [averageOf(plan.spot.market), averageOf(plan.perp.market)]
  if (!spot || !perp) return null
  const got = bps(perp.minus(spot).div(spot))
  return (plan.expected.entryBasisBps - got) * signOf(plan.direction)
}

/** Positive is a cost: fees, slippage and mishaps of the route chosen. */
function expectedCost({ route, routes, feesUsdt, adverseUsdt, escalationUsdt }: CarryEstimate): Decimal {
  const chosen = routes?.find(each => each.route === route)
  return chosen ? new Decimal(chosen.totalUsdt) : Decimal.sum(feesUsdt, adverseUsdt, escalationUsdt).neg()
}

/** A fee in a third coin has no price here: it comes beside. */
function feeUsdt({ fee, feeCoin, price }: Fill, { baseCoin }: HedgePlan): Decimal {
  if (feeCoin === 'USDT') return new Decimal(fee)
  return feeCoin === baseCoin ? new Decimal(fee).times(price) : new Decimal(0)
}

const tradedValue = ({ qty, price }: Fill): Decimal => new Decimal(qty).times(price)
const sumOf = <Row>(rows: readonly Row[], of: (row: Row) => Decimal): Decimal =>
  rows.reduce((sum, row) => sum.plus(of(row)), new Decimal(0))
const bps = (fraction: Decimal): number => fraction.times(BPS).toNumber()
