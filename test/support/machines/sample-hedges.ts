/**
 * Hedges as they can stand at any moment, one of each kind that figures go wrong on: a reverse carry, a spread order in flight,
 * a resting order filled in part, a coin sold by the thousand, a failed one. Quantities are round, so that a wrong sign shows.
 */
import type { Running } from '../../../actors/runtime/running.ts'
import { type HedgeContext, newHedge, type OrderInFlight } from '../../../machines/hedge/context.ts'
import type { HedgePlan } from '../../../src/domain/entry/plan.ts'
import { orderLinkId } from '../../../src/domain/legs/order.ts'
import { baseQty, orderQty, price, usdt } from '../../../src/domain/units.ts'
import type { LivingHedge } from '../../../src/views/living-hedges.ts'
import { NOW_MS } from '../domain/sample-market.ts'
import { sampleHedge, samplePlan } from './sample-hedge.ts'

const HOUR_MS = 3_600_000

/** 400 coins at 2.5 USDT; a net of 8 USDT and funding of 20 USDT expected in 200 hours. */
function roundPlan(hedgeId: string, change: Partial<HedgePlan> = {}): HedgePlan {
  const plan = samplePlan(hedgeId)
  return {
    ...plan,
    targetBaseQty: baseQty('400'),
    markPrice: price('2.5'),
    notionalUsdt: usdt('1000'),
    capitalUsdt: usdt('1250'),
    expected: { ...plan.expected, netUsdt: usdt('8'), fundingUsdt: usdt('20'), horizonHours: 200 },
    ...change,
  }
}

function livingHedge(plan: HedgePlan, state: string, change: Partial<HedgeContext> = {}): LivingHedge {
  const context: HedgeContext = {
    ...newHedge({ ...sampleHedge(), plan }),
    enteredAtMs: NOW_MS - 51 * HOUR_MS,
    hedgedAtMs: NOW_MS - 50 * HOUR_MS,
    phase: 'hedged',
    ...change,
  }
  const id = `hedge:${plan.hedgeId}`
  const actor = {
    id,
    kind: 'hedge',
    parentId: 'hedges-1',
    sinceMs: NOW_MS - 50 * HOUR_MS,
    cell: { state, seq: 7 },
    actor: { getSnapshot: () => ({ context }) },
  } as unknown as Running
  return { actor, context }
}

/** What a leg holds after its orders ended. */
const leg = (base: string, cashUsdt: string, feesUsdt = '0'): HedgeContext['spot'] => ({
  ...newHedge(sampleHedge()).spot,
  step: 1,
  base: baseQty(base),
  cashUsdt: usdt(cashUsdt),
  feesUsdt: usdt(feesUsdt),
})

const inFlight = (plan: HedgePlan, order: Partial<OrderInFlight>): OrderInFlight => ({
  leg: 'spot',
  side: 'Buy',
  qty: orderQty('100'),
  limitPrice: price('2.5'),
  reduceOnly: false,
  borrow: false,
  symbol: plan.symbol,
  orderLinkId: orderLinkId(plan.hedgeId, order.leg ?? 'spot', 'enter', 1),
  purpose: 'enter',
  decidedAtMs: NOW_MS - 1_000,
  asked: true,
  standing: false,
  cancelRequested: false,
  soFar: null,
  ...order,
})

/** 400 coins bought at 2.5, its fee of 1 USDT taken in the coin; as many contracts sold at 2.51. */
export const longCarry = (): LivingHedge =>
  livingHedge(roundPlan('LONG000001'), 'hedged.watching', {
    spot: leg('400', '-1001', '1'),
    perp: leg('400', '1004', '0.5'),
  })

/** 400 coins borrowed and sold at 2.5, as many contracts bought at 2.49; fees in USDT. */
export const reverseCarry = (): LivingHedge =>
  livingHedge(roundPlan('REVERSE001', { direction: 'reverse-carry' }), 'hedged.watching', {
    spot: leg('400', '1000', '1'),
    perp: leg('400', '-996', '0.5'),
  })

/** A quarter is filled, and a spread order of the next quarter is on its way. */
export function spreadInFlight(): LivingHedge {
  const plan = roundPlan('SPREAD0001', { route: 'spread' })
  return livingHedge(plan, 'entering.work.ordering | entering.spreadOrder.sent', {
    phase: 'entering',
    hedgedAtMs: 0,
    spot: leg('100', '-250.25', '0.25'),
    perp: leg('100', '251', '0.125'),
    spreadOrder: {
      ...leg('0', '0'),
      order: inFlight(plan, { leg: 'spreadOrder', side: 'Sell', limitPrice: price('-0.01') }),
    },
  })
}

/** A spot order rests and was filled by 40 of its 100 coins; the perpetual has not followed yet. */
export function restingInPart(): LivingHedge {
  const plan = roundPlan('RESTING001', { route: 'maker-spot' })
  const soFar = {
    filledQty: orderQty('40'),
    base: baseQty('40'),
    cashUsdt: usdt('-100'),
    feesUsdt: usdt('0.1'),
  }
  return livingHedge(plan, 'entering.work.resting | entering.spot.working', {
    phase: 'entering',
    hedgedAtMs: 0,
    spot: { ...leg('0', '0'), order: inFlight(plan, { rests: true, soFar }) },
  })
}

/** 1,000 coins a contract: 400,000 coins at 0.0025 and 400 contracts at 2.5. */
export function multiplierCoin(): LivingHedge {
  const plan = roundPlan('MULTIPLE01')
  const thousand = { ...plan.perp, symbol: '1000XRPUSDT', multiplier: 1000 }
  return livingHedge(
    { ...plan, symbol: '1000XRPUSDT', perp: thousand, targetBaseQty: baseQty('400000') },
    'hedged.watching',
    { spot: leg('400000', '-1001', '1'), perp: leg('400000', '1004', '0.5') },
  )
}

/** Its perpetual was not filled: 400 coins lie open. */
export const failed = (): LivingHedge =>
  livingHedge(roundPlan('FAILED0001'), 'failed', {
    phase: 'entering',
    hedgedAtMs: 0,
    failure: 'spot-book-missing: found none, limit a book',
    unbalancedSinceMs: NOW_MS - HOUR_MS,
    spot: leg('400', '-1001', '1'),
  })
