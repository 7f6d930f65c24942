/**
 * The orphan leg: how much is unhedged, whether that breaks promise 4, and whether completing the smaller leg or reducing
 * the larger costs less. What is too small to order on either leg is dust, not an orphan. Source: carry.md d.7.
 */
import { Decimal } from 'decimal.js'
import { type HedgePlan, perBaseMark } from '../entry/plan.ts'
import { type Priced, priced, takerFee, unhedgedBase, waysOut } from '../exit/ways-out.ts'
import { perBaseCoin } from '../grid.ts'
import type { Holdings } from '../legs/balance.ts'
import type { LegOrder } from '../legs/hedge-order.ts'
import { signOf } from '../legs/sides.ts'
import type { MarketView, OrderBookView } from '../market/market-view.ts'
import { midPrice } from '../market/order-book.ts'
import type { Rules } from '../rules.ts'
import { type BaseQty, type Price, type Usdt, usdt } from '../units.ts'

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

/**
 * One order that makes the hedge whole, the cheaper way. Repair when E[carry]·u − C_repair > −C_unwind, where E[carry] is the
 * plan's net with the missing fill's fee added back (C_repair holds it) and C_unwind holds the fee already spent.
 * @param attempt - from 0; each is wider than the last, and from `repairsMax` on only unwinding is left
 * @param how.breached - a bound of promise 4 is passed: at once as wide as any attempt may go
 * @param how.cut - the exchange took the smaller leg, and it stays as small: only reducing the larger is left
 */
export function decideRepair(
  plan: HedgePlan,
  held: Holdings,
  market: MarketView,
  rules: Rules,
  attempt: number,
  { breached = false, cut = false }: { breached?: boolean; cut?: boolean | undefined } = {},
): RepairDecision {
  const prices = {
    spot: middle(market.spotBook) ?? perBaseMark(plan),
    perp: middle(market.perpBook) ?? plan.markPrice,
  }
  const { repair: completing, unwind: reducing } = waysOut(plan, held, prices)
  const ways = { repair: cut ? undefined : completing, unwind: reducing }
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
