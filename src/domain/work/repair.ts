/**
 * The orphan leg: how much is unhedged, whether that breaks promise 4, and whether completing the smaller leg or reducing
 * the larger costs less. What is too small to order on either leg is dust, not an orphan. Source: carry.md d.7.
 */
import { Decimal } from 'decimal.js'
import { type HedgePlan, perBaseMark } from '../entry/plan.ts'
import { ceilTo, floorTo, perBaseCoin } from '../grid.ts'
import type { LegName } from '../instrument.ts'
import { type Holdings, lotBase, smallestOrder } from '../legs/balance.ts'
import type { LegOrder } from '../legs/hedge-order.ts'
import {
  bookOf,
  isOpenFor,
  legOrder,
  limitPriceOf,
  mostQty,
  signOf,
  spotQtyFor,
  spotQtyWithin,
  type Way,
} from '../legs/sides.ts'
import type { MarketView, OrderBookView } from '../market/market-view.ts'
import { levelsFor, midPrice, walkBook } from '../market/order-book.ts'
import type { Rules } from '../rules.ts'
import {
  type BaseQty,
  baseQty,
  type FeeRate,
  type OrderQty,
  orderQty,
  type Price,
  type Usdt,
  usdt,
} from '../units.ts'

/** Spot leg − perpetual leg, in base coins. Coins kept beyond a debt that is paid are nobody's to hedge. */
const unhedgedBase = ({ spotNetBase, perpBase }: Holdings): BaseQty =>
  baseQty(Decimal.max(0, spotNetBase).minus(perpBase))

/** An order without its price yet. */
type WayOut = { leg: LegName; way: Way; qty: OrderQty }

/** The order that would complete the smaller leg and the one that would reduce the larger; each undefined when too small. */
function waysOut(
  plan: HedgePlan,
  held: Holdings,
  prices: Record<LegName, Price>,
): { repair: WayOut | undefined; unwind: WayOut | undefined } {
  const unhedged = new Decimal(unhedgedBase(held))
  // Spot above the perpetual by less than a lot is how every hedge stands; below it, one lot is given back.
  if (unhedged.gte(0) && unhedged.lt(lotBase(plan))) return { repair: undefined, unwind: undefined }
  const { perp } = plan
  const missing = baseQty(unhedged.abs())
  const contracts = new Decimal(missing).div(perp.multiplier)
  const large = (leg: LegName, way: Way, qty: OrderQty): WayOut | undefined =>
    new Decimal(qty).gte(smallestOrder(plan[leg], prices[leg])) ? { leg, way, qty } : undefined
  if (unhedged.gt(0))
    return {
      repair: large('perp', 'in', orderQty(floorTo(contracts, perp.qtyStep))),
      unwind: large('spot', 'out', spotQtyWithin(plan, 'out', missing)),
    }
  const position = new Decimal(held.perpBase).div(perp.multiplier)
  const closed = Decimal.min(ceilTo(contracts, perp.qtyStep), position)
  return {
    repair: large('spot', 'in', spotQtyFor(plan, 'in', missing)),
    // Reduce-only orders need no minimum value.
    unwind: closed.gte(perp.minOrderQty) ? { leg: 'perp', way: 'out', qty: orderQty(closed) } : undefined,
  }
}

/** `cost` is fee and slippage, `notional` what changes hands, both in USDT. */
type Priced = { order: LegOrder; cost: Decimal; notional: Decimal }

/** The way with its limit price, and its fee and slippage on today's book; undefined when its book or market is closed. */
function priced(
  wayOut: WayOut | undefined,
  plan: HedgePlan,
  market: MarketView,
  tolerance: number,
): Priced | undefined {
  if (!wayOut) return undefined
  const { leg, way } = wayOut
  const book = bookOf(market, leg)
  const limitPrice = limitPriceOf(plan, leg, way, market, tolerance)
  if (!book || !limitPrice || !isOpenFor(plan, leg, way, market)) return undefined
  const qty = orderQty(Decimal.min(wayOut.qty, mostQty(plan, leg, market)))
  const order = legOrder(plan, leg, way, { qty, limitPrice })
  const walk = walkBook(levelsFor(book, order.side), qty)
  // What the visible book lacks is taken at the limit: the worst this order may pay.
  const value = new Decimal(walk.vwap ?? 0)
    .times(walk.filledQty)
    .plus(new Decimal(walk.missingQty).times(limitPrice))
  const fair = new Decimal(midPrice(book) ?? limitPrice).times(qty)
  const cost = value
    .minus(fair)
    .abs()
    .plus(value.times(takerFee(plan, leg)))
  return { order, cost, notional: value }
}

/** The plan's taker rate of a leg, as a fraction of the value traded. */
const takerFee = (plan: HedgePlan, leg: LegName): FeeRate => plan.fees[leg].taker

const BPS = 10_000
/** Inside the narrowest price band there is (Bybit, BTC spot: 50 bps of the index): past it spot orders are rejected. */
const TOLERANCE_BPS_MAX = 45

/** Base quantities are spot leg − perpetual leg: positive when the spot leg is the larger. */
type Balance =
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
  const prices = { spot: perBaseCoin(markPrice, plan.perp.multiplier), perp: markPrice }
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

type RepairDecision =
  | { kind: 'balanced'; dustBase: BaseQty }
  /** Complete the smaller leg, or reduce the larger. Costs in USDT, positive is paid; null where that way is closed. */
  | {
      kind: 'repair' | 'unwind'
      order: LegOrder
      repairCostUsdt: Usdt | null
      unwindCostUsdt: Usdt | null
      because: 'cheaper' | 'only-way' | 'repairs-exhausted' | 'cut'
    }
  | { kind: 'wait'; because: 'book-missing' }

type HowToRepair = { breached?: boolean; cut?: boolean | undefined; refused?: LegName | null }

/**
 * One order that makes the hedge whole, the cheaper way. Repair when E[carry]·u − C_repair > −C_unwind, where E[carry] is the
 * plan's net with the missing fill's fee added back (C_repair holds it) and C_unwind holds the fee already spent.
 * @param attempt - from 0; each is wider than the last, and from `repairsMax` on only unwinding is left
 * @param how.breached - a bound of promise 4 is passed: at once as wide as any attempt may go
 * @param how.cut - the exchange took the smaller leg, and it stays as small: only reducing the larger is left
 * @param how.refused - orders of this leg are refused, again and again: where it is the larger, completing is all that is left
 */
export function decideRepair(
  plan: HedgePlan,
  held: Holdings,
  market: MarketView,
  rules: Rules,
  attempt: number,
  { breached = false, cut = false, refused = null }: HowToRepair = {},
): RepairDecision {
  const prices = {
    spot: middle(market.spotBook) ?? perBaseMark(plan),
    perp: middle(market.perpBook) ?? plan.markPrice,
  }
  const { repair: completing, unwind: reducing } = waysOut(plan, held, prices)
  const isShut = refused !== null && completing !== undefined && reducing?.leg === refused
  const ways = { repair: cut && !isShut ? undefined : completing, unwind: isShut ? undefined : reducing }
  if (!ways.repair && !ways.unwind) return { kind: 'balanced', dustBase: unhedgedBase(held) }
  const { slippageBpsMax } = rules.execution
  const tolerance = breached ? widestBps(slippageBpsMax) : toleranceBps(attempt, slippageBpsMax)
  const repair = priced(ways.repair, plan, market, tolerance)
  const unwind = priced(ways.unwind, plan, market, tolerance)

  const repairCost = repair?.cost.plus(basisOverPlan(plan, market, repair.notional))
  const unwindCost = unwind?.cost.plus(unwind.notional.times(takerFee(plan, unwind.order.leg)))
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
  return { kind: 'unwind', order: unwind.order, ...costs, because: whyUnwind(cut, repair, exhausted) }
}

function whyUnwind(cut: boolean, repair: Priced | undefined, exhausted: boolean) {
  if (cut) return 'cut'
  if (!repair) return 'only-way'
  return exhausted ? 'repairs-exhausted' : 'cheaper'
}

/** What the repaired part is expected to earn after the allowance, its own fill's fee not taken off. */
function carryOf(plan: HedgePlan, { order, notional }: Priced): Decimal {
  const share = new Decimal(order.qty).times(plan[order.leg].multiplier).div(plan.targetBaseQty)
  const { netUsdt, allowanceUsdt } = plan.expected
  return share.times(new Decimal(netUsdt).plus(allowanceUsdt)).plus(notional.times(takerFee(plan, order.leg)))
}

/** How far through the best price the n-th attempt (from 0) may go, in bps: once, twice, four times …, inside the price band. */
export function toleranceBps(attempt: number, slippageBpsMax: number): number {
  return Math.min(widestBps(slippageBpsMax), slippageBpsMax * 2 ** Math.min(attempt, 10))
}

/** How far through the best price any attempt may go, in bps. */
export const widestBps = (slippageBpsMax: number): number => Math.max(TOLERANCE_BPS_MAX, slippageBpsMax)

/** What completing the hedge now pays for basis beyond the plan: only ever a cost. Long carry sells the basis, reverse buys it. */
function basisOverPlan(plan: HedgePlan, { spotBook, perpBook }: MarketView, notional: Decimal): Decimal {
  const spot = spotBook && midPrice(spotBook)
  const perp = perpBook && midPrice(perpBook)
  if (!spot || !perp) return new Decimal(0)
  const nowBps = new Decimal(perp).div(plan.perp.multiplier).minus(spot).div(spot).times(BPS)
  const worseBps = new Decimal(plan.expected.midBasisBps).minus(nowBps).times(signOf(plan.direction))
  return Decimal.max(0, worseBps).div(BPS).times(notional)
}

const middle = (book: OrderBookView | null): Price | null => (book && midPrice(book)) ?? null
const rounded = (cost: Decimal | undefined): Usdt | null => (cost ? usdt(cost.toDecimalPlaces(18)) : null)
