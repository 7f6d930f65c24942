/** A hedge to walk: a plan sized on the sample market, and the orders and outcomes that charts are told of. */
import type { HedgeInput } from '../../../machines/hedge/context.ts'
import type { HedgePlan } from '../../../src/domain/entry/plan.ts'
import { sizeHedge } from '../../../src/domain/entry/sizing.ts'
import type { LegName } from '../../../src/domain/instrument.ts'
import type { LegOrder } from '../../../src/domain/legs/hedge-order.ts'
import { isRefusal } from '../../../src/domain/refusal.ts'
import type { ExecutionRules } from '../../../src/domain/rules.ts'
import { baseQty, orderQty, price, usdt } from '../../../src/domain/units.ts'
import type { LegOutcome } from '../../../src/domain/work/leg-outcome.ts'
import { marketOn, NOW_MS, RULES, XRP } from '../domain/sample-market.ts'

export const SYMBOL_ACTOR = 'symbol:XRPUSDT'

export function samplePlan(hedgeId = 'HEDGE00001'): HedgePlan {
  const account = {
    hedges: [],
    availableUsdt: usdt('100000'),
    reservedUsdt: usdt('0'),
    halted: false,
    maintenanceMarginRate: '0',
  }
  const plan = sizeHedge(hedgeId, marketOn(XRP), account, RULES, NOW_MS)
  if (isRefusal(plan)) throw new Error(`expected a plan, found ${JSON.stringify(plan)}`)
  return plan
}

export const sampleHedge = (execution: Partial<ExecutionRules> = {}): HedgeInput => ({
  plan: samplePlan(),
  execution: { ...RULES.execution, ...execution },
  limits: RULES.limits,
  symbolActor: SYMBOL_ACTOR,
})

/** Ten coins more (or fewer) on one leg, in the sense of a long-carry hedge. */
export function sampleOrder(leg: LegName, grows = true): LegOrder {
  const buys = (leg === 'spot') === grows
  return {
    leg,
    side: buys ? 'Buy' : 'Sell',
    qty: orderQty('10'),
    limitPrice: price(buys ? '2.51' : '2.49'),
    reduceOnly: leg === 'perp' && !grows,
    borrow: false,
  }
}

/** What an order did: `base` coins more on the leg, at 2.5 USDT. */
export const sampleOutcome = (
  leg: LegName,
  base: '10' | '-10' | '0' | '4',
): { leg: LegName } & LegOutcome => ({
  leg,
  base: baseQty(base),
  cashUsdt: usdt(String(-2.5 * Number.parseInt(base, 10) * (leg === 'spot' ? 1 : -1))),
  feesUsdt: usdt(base === '0' ? '0' : '0.025'),
})
