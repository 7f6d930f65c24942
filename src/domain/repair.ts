/**
 * The orphan leg: how much is unhedged, whether that breaks promise 4, and whether completing the smaller leg or reducing
 * the larger costs less. What is too small to order on either leg is dust, not an orphan. Source: carry algorithm d.7.
 */
import { Decimal } from 'decimal.js'
import { lotBase } from './balance.ts'
import { levelsFor, limitThrough, midPrice, walkBook } from './book.ts'
import { grossForNet } from './fees.ts'
import { ceilTo, floorTo } from './grid.ts'
import type { LegName, Side } from './instrument.ts'
import type { BookView, MarketView } from './market-view.ts'
import { smallestOrder } from './minimums.ts'
import type { HedgePlan, Holdings, LegFacts, LegOrder } from './plan.ts'
import type { Rules } from './rules.ts'
import { type BaseQty, baseQty, orderQty, type Price, price, type Usdt, usdt } from './units.ts'

const BPS = 10_000
/** Inside the narrowest price band there is (Bybit, BTC spot: 50 bps of the index): past it spot orders are rejected. */
const TOLERANCE_BPS_MAX = 45

/** Base quantities are spot held − perpetual short: positive when the spot leg is the larger. */
export type Balance =
  | { kind: 'balanced'; dustBase: BaseQty }
  | {
      kind: 'unhedged'
      baseQty: BaseQty
      notionalUsdt: Usdt
      /** Which bound of promise 4 is passed. */
      breached: 'none' | 'notional' | 'time'
      found: string
      limit: string
    }

/**
 * Is the hedge whole to within what can be ordered, and if not, is a bound passed?
 * @param markPrice - the perpetual's, per contract
 * @param wholeAtMs - when the hedge was last known to be whole
 */
export function judgeBalance(
  plan: HedgePlan,
  held: Holdings,
  markPrice: Price,
  limits: Pick<Rules['limits'], 'unhedgedNotionalUsdtMax' | 'unhedgedMsMax'>,
  wholeAtMs: number,
  nowMs: number,
): Balance {
  const unhedged = unhedgedBase(held)
  const prices = { spot: price(new Decimal(markPrice).div(plan.perp.multiplier)), perp: markPrice }
  const { repair, unwind } = waysOut(plan, held, prices)
  if (!repair && !unwind) return { kind: 'balanced', dustBase: unhedged }
  const notional = usdt(new Decimal(unhedged).abs().times(prices.spot))
  const ageMs = nowMs - wholeAtMs
  const base = { kind: 'unhedged', baseQty: unhedged, notionalUsdt: notional } as const
  if (new Decimal(notional).gt(limits.unhedgedNotionalUsdtMax))
    return { ...base, breached: 'notional', found: notional, limit: limits.unhedgedNotionalUsdtMax }
  const age = { found: `${ageMs} ms`, limit: `${limits.unhedgedMsMax} ms` }
  return { ...base, breached: ageMs > limits.unhedgedMsMax ? 'time' : 'none', ...age }
}

/** Spot held − perpetual short, in base coins. */
const unhedgedBase = ({ spotNetBase, perpBase }: Holdings): BaseQty =>
  baseQty(new Decimal(spotNetBase).minus(perpBase))

export type RepairDecision =
  | { kind: 'balanced'; dustBase: BaseQty }
  /** Complete the smaller leg, or reduce the larger. Costs in USDT, positive is paid; null where that way is closed. */
  | {
      kind: 'repair' | 'unwind'
      order: LegOrder
      repairCostUsdt: Usdt | null
      unwindCostUsdt: Usdt | null
      because: 'cheaper' | 'only-way' | 'repairs-exhausted'
    }
  | { kind: 'wait'; because: 'book-missing' }

/**
 * One order that makes the hedge whole, the cheaper way. Repair when E[carry]·u − C_repair > −C_unwind, where E[carry] is the
 * plan's net with the missing fill's fee added back (C_repair holds it) and C_unwind holds the fee already spent.
 * @param attempt - from 0; each is wider than the last, and from `repairsMax` on only unwinding is left
 */
export function decideRepair(
  plan: HedgePlan,
  held: Holdings,
  market: MarketView,
  rules: Rules,
  attempt: number,
): RepairDecision {
  const prices = {
    spot: bestPrice(market.spotBook) ?? price(new Decimal(plan.markPrice).div(plan.perp.multiplier)),
    perp: bestPrice(market.perpBook) ?? plan.markPrice,
  }
  const ways = waysOut(plan, held, prices)
  if (!ways.repair && !ways.unwind) return { kind: 'balanced', dustBase: unhedgedBase(held) }
  const tolerance = toleranceBps(attempt, rules.execution.slippageBpsMax)
  const repair = priced(ways.repair, plan, market, tolerance)
  const unwind = priced(ways.unwind, plan, market, tolerance)

  const repairCost = repair?.cost.plus(basisOverPlan(plan, market, repair.notional))
  const unwindCost = unwind?.cost.plus(unwind.notional.times(entryFee(plan, unwind.order.leg)))
  const costs = { repairCostUsdt: rounded(repairCost), unwindCostUsdt: rounded(unwindCost) }
  const exhausted = attempt >= rules.execution.repairsMax
  const worthIt =
    repair &&
    repairCost &&
    carryOf(plan, repair)
      .minus(repairCost)
      .gt(unwindCost?.neg() ?? 0)
  if (repair && (!unwind || (worthIt && !exhausted)))
    return { kind: 'repair', order: repair.order, ...costs, because: unwind ? 'cheaper' : 'only-way' }
  if (!unwind) return { kind: 'wait', because: 'book-missing' }
  const because = repair ? (exhausted ? 'repairs-exhausted' : 'cheaper') : 'only-way'
  return { kind: 'unwind', order: unwind.order, ...costs, because }
}

/** What the repaired part is expected to earn, its own fill's fee not taken off. */
function carryOf(plan: HedgePlan, { order, notional }: Priced): Decimal {
  const share = new Decimal(order.qty).times(plan[order.leg].multiplier).div(plan.targetBaseQty)
  return share.times(plan.expected.netUsdt).plus(notional.times(entryFee(plan, order.leg)))
}

/** How far through the best price the n-th attempt (from 0) may go, in bps: once, twice, four times …, inside the price band. */
export function toleranceBps(attempt: number, slippageBpsMax: number): number {
  return Math.min(Math.max(TOLERANCE_BPS_MAX, slippageBpsMax), slippageBpsMax * 2 ** Math.min(attempt, 10))
}

type Way = Omit<LegOrder, 'limitPrice'>

/** The order that would complete the smaller leg and the one that would reduce the larger; each undefined when too small. */
function waysOut(
  plan: HedgePlan,
  held: Holdings,
  prices: { spot: Price; perp: Price },
): { repair: Way | undefined; unwind: Way | undefined } {
  const unhedged = new Decimal(unhedgedBase(held))
  // Spot above the perpetual by less than a lot is how every hedge stands; below it, one lot is given back.
  if (unhedged.gte(0) && unhedged.lt(lotBase(plan))) return { repair: undefined, unwind: undefined }
  const { spot, perp } = plan
  const missing = unhedged.abs()
  if (unhedged.gt(0)) {
    const sold = floorTo(missing.div(perp.multiplier), perp.qtyStep)
    const back = floorTo(missing, spot.qtyStep)
    return {
      repair: large(sold, perp, prices.perp, way('perp', 'Sell', sold, false)),
      unwind: large(back, spot, prices.spot, way('spot', 'Sell', back, false)),
    }
  }
  const bought = new Decimal(grossForNet(baseQty(missing), plan.fees.spot.taker, spot.qtyStep))
  const closed = Decimal.min(
    ceilTo(missing.div(perp.multiplier), perp.qtyStep),
    new Decimal(held.perpBase).div(perp.multiplier),
  )
  return {
    repair: large(bought, spot, prices.spot, way('spot', 'Buy', bought, false)),
    // Reduce-only orders need no minimum value.
    unwind: closed.gte(perp.minOrderQty) ? way('perp', 'Buy', closed, true) : undefined,
  }
}

const way = (leg: LegName, side: Side, qty: Decimal, reduceOnly: boolean): Way => ({
  leg,
  side,
  qty: orderQty(qty),
  reduceOnly,
})

const large = (qty: Decimal, leg: LegFacts, at: Price, order: Way): Way | undefined =>
  qty.gte(smallestOrder(leg, at)) ? order : undefined

type Priced = { order: LegOrder; cost: Decimal; notional: Decimal }

/** The way with its limit price, and its fee and slippage on today's book; undefined when its book or market is closed. */
function priced(
  order: Way | undefined,
  plan: HedgePlan,
  market: MarketView,
  tolerance: number,
): Priced | undefined {
  if (!order) return undefined
  const facts = plan[order.leg]
  const book = order.leg === 'spot' ? market.spotBook : market.perpBook
  const limitPrice = book && limitThrough(book, order.side, tolerance, facts.tickSize)
  if (!limitPrice || !market.pair[order.leg].trading) return undefined
  const most = floorTo(Decimal.min(facts.maxMarketQty, market.pair[order.leg].maxMarketQty), facts.qtyStep)
  const qty = orderQty(Decimal.min(order.qty, most))
  const walk = walkBook(levelsFor(book, order.side), qty)
  // What the visible book lacks is taken at the limit: the worst this order may pay.
  const value = new Decimal(walk.vwap ?? 0)
    .times(walk.filledQty)
    .plus(new Decimal(walk.missingQty).times(limitPrice))
  const fair = new Decimal(midPrice(book) ?? limitPrice).times(qty)
  const cost = value.minus(fair).abs().plus(value.times(plan.fees[order.leg].taker))
  return { order: { ...order, qty, limitPrice }, cost, notional: value }
}

/** What completing the hedge now pays for basis beyond the plan: only ever a cost. */
function basisOverPlan(plan: HedgePlan, { spotBook, perpBook }: MarketView, notional: Decimal): Decimal {
  const spot = spotBook && midPrice(spotBook)
  const perp = perpBook && midPrice(perpBook)
  if (!spot || !perp) return new Decimal(0)
  const nowBps = new Decimal(perp).div(plan.perp.multiplier).minus(spot).div(spot).times(BPS)
  return Decimal.max(0, new Decimal(plan.expected.midBasisBps).minus(nowBps)).div(BPS).times(notional)
}

const entryFee = (plan: HedgePlan, leg: LegName) => plan.fees[leg].taker
const bestPrice = (book: BookView | null): Price | null => (book && midPrice(book)) ?? null
const rounded = (cost: Decimal | undefined): Usdt | null => (cost ? usdt(cost.toDecimalPlaces(18)) : null)
