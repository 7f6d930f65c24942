/** An exchange account reduced to what a hedge can move: coins (below 0 is owed) and a position, filled order by order. */
import { Decimal } from 'decimal.js'
import { expect } from 'vitest'
import type { HedgePlan } from '../../../src/domain/entry/plan.ts'
import { sizeHedge } from '../../../src/domain/entry/sizing.ts'
import { isOnGrid } from '../../../src/domain/grid.ts'
import type { Direction, LegName } from '../../../src/domain/instrument.ts'
import type { Holdings } from '../../../src/domain/legs/balance.ts'
import type { LegOrder } from '../../../src/domain/legs/hedge-order.ts'
import { type Fill, orderLinkId } from '../../../src/domain/legs/order.ts'
import type { FreshMarket, MarketView } from '../../../src/domain/market/market-view.ts'
import { depthWithin } from '../../../src/domain/market/order-book.ts'
import { isRefusal } from '../../../src/domain/refusal.ts'
import { amount, baseQty, NO_BASE, orderQty, usdt } from '../../../src/domain/units.ts'
import { legOutcome } from '../../../src/domain/work/leg-outcome.ts'
import type { StepFacts } from '../../../src/domain/work/step.ts'
import { type Grid, marketOn, NOW_MS, RULES } from './sample-market.ts'

export type Facing = { direction: Direction; firstLeg: LegName }
/** Every way a hedge may face and open. */
export const FACINGS: readonly Facing[] = [
  { direction: 'long-carry', firstLeg: 'spot' },
  { direction: 'long-carry', firstLeg: 'perp' },
  { direction: 'reverse-carry', firstLeg: 'spot' },
  { direction: 'reverse-carry', firstLeg: 'perp' },
]
export const REVERSE: Facing = { direction: 'reverse-carry', firstLeg: 'spot' }

/** The sizes of the sample market's plan, worked the way asked. */
export function planFacing(grid: Grid, facing: Facing): HedgePlan {
  const account = {
    hedges: [],
    availableUsdt: usdt('100000'),
    reservedUsdt: usdt('0'),
    halted: false,
    maintenanceMarginRate: '0',
  }
  const plan = sizeHedge('HEDGE00001', marketOn(grid), account, RULES, NOW_MS)
  if (isRefusal(plan)) throw new Error(`expected a plan, found ${JSON.stringify(plan)}`)
  return { ...plan, ...facing }
}

/** The sample market with a lending pool that is not empty. */
export function lendingMarket(grid: Grid, depth?: string): FreshMarket {
  const market = marketOn(grid, '0.0005', depth)
  return { ...market, pair: { ...market.pair, spot: { ...market.pair.spot, marginTrading: true } } }
}

export type Account = { coins: Decimal; contracts: Decimal }
export const EMPTY_ACCOUNT: Account = { coins: new Decimal(0), contracts: new Decimal(0) }

/** What the account holds, counted as a hedge counts it. */
export function holdingsOf(plan: HedgePlan, { coins, contracts }: Account): Holdings {
  const facing = plan.direction === 'long-carry' ? 1 : -1
  return {
    spotNetBase: baseQty(coins.times(facing)),
    perpBase: baseQty(contracts.times(plan.perp.multiplier).times(-facing)),
  }
}

/** How much of an order its book fills inside its limit. */
export function shareFilled(order: LegOrder, { spotBook, perpBook }: MarketView): number {
  const book = order.leg === 'spot' ? spotBook : perpBook
  if (!book) return 0
  return Decimal.min(
    1,
    new Decimal(depthWithin(book, order.side, order.limitPrice)).div(order.qty),
  ).toNumber()
}

/**
 * Fills `part` of an order as Bybit does: a spot buyer's fee is taken from the coins. Refuses what Bybit would refuse, and
 * holds `legOutcome` to what really moved.
 */
export function execute(plan: HedgePlan, account: Account, order: LegOrder, part: number): Account {
  const { qtyStep } = plan[order.leg]
  expect(isOnGrid(order.qty, qtyStep)).toBe(true)
  expect(new Decimal(order.qty).gt(0)).toBe(true)
  const filled = new Decimal(order.qty).div(qtyStep).times(part).floor().times(qtyStep)
  const signed = order.side === 'Buy' ? filled : filled.neg()
  const feeBase =
    order.leg === 'spot' && order.side === 'Buy' ? filled.times(plan.fees.spot.taker) : new Decimal(0)
  const next: Account =
    order.leg === 'spot'
      ? { ...account, coins: account.coins.plus(signed).minus(feeBase) }
      : { ...account, contracts: account.contracts.plus(signed) }
  if (next.coins.lt(0) && order.side === 'Sell' && order.leg === 'spot') expect(order.borrow).toBe(true)
  if (order.reduceOnly) expect(account.contracts.times(next.contracts).gte(0)).toBe(true)
  if (order.reduceOnly) expect(next.contracts.abs().lte(account.contracts.abs())).toBe(true)

  const before = holdingsOf(plan, account)
  const after = holdingsOf(plan, next)
  const field = order.leg === 'spot' ? 'spotNetBase' : 'perpBase'
  const outcome = legOutcome(
    order.leg,
    { filledQty: orderQty(filled), side: order.side },
    [fillOf(plan, order, filled, feeBase)],
    plan,
  )
  expect(outcome?.base).toBe(new Decimal(after[field]).minus(before[field]).toFixed())
  return next
}

const fillOf = (plan: HedgePlan, order: LegOrder, filled: Decimal, feeBase: Decimal): Fill => ({
  execId: 'E1',
  orderLinkId: orderLinkId(plan.hedgeId, order.leg, 'enter', 0),
  orderId: 'O1',
  market: plan[order.leg].market,
  symbol: plan[order.leg].symbol,
  side: order.side,
  cause: 'trade',
  qty: orderQty(filled),
  price: order.limitPrice,
  fee: amount(feeBase.isZero() ? '0.01' : feeBase),
  feeCoin: feeBase.isZero() ? 'USDT' : plan.baseCoin,
  maker: false,
  filledAtMs: NOW_MS,
})

const LONG: Facing = { direction: 'long-carry', firstLeg: 'spot' }

export const planOn = (grid: Grid, facing = LONG): HedgePlan => planFacing(grid, facing)

/** A hedge that has just begun. */
export const factsOf = (plan: HedgePlan, changes: Partial<StepFacts> = {}): StepFacts => ({
  plan,
  phase: 'entering',
  overdue: false,
  unwindBecause: null,
  repairs: 0,
  resting: null,
  reprices: 0,
  unbalancedSinceMs: 0,
  spotNetBase: NO_BASE,
  perpBase: NO_BASE,
  ...changes,
})
