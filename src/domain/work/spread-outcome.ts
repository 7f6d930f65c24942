/** What an order of both legs did to each of them: its executions are those of its legs. Source: Bybit, spread trading. */
import { Decimal } from 'decimal.js'
import type { HedgePlan } from '../entry/plan.ts'
import type { LegName } from '../instrument.ts'
import type { Fill, OrderReport } from '../legs/order.ts'
import { orderQty } from '../units.ts'
import { type LegOutcome, legOutcome } from './leg-outcome.ts'

/**
 * Undefined while the executions at hand do not add up, on both legs, to what the exchange says was filled.
 * A combination's quantity is base coins; the perpetual's executions count contracts.
 */
export function spreadOutcome(
  report: Pick<OrderReport, 'filledQty'>,
  fills: readonly Fill[],
  plan: HedgePlan,
): Record<LegName, LegOutcome> | undefined {
  const of = (leg: LegName) => {
    const own = fills.filter(
      ({ market, symbol }) => market === plan[leg].market && symbol === plan[leg].symbol,
    )
    const filledQty = orderQty(new Decimal(report.filledQty).div(plan[leg].multiplier))
    return legOutcome(leg, { filledQty, side: own[0]?.side ?? 'Buy' }, own, plan)
  }
  const spot = of('spot')
  const perp = of('perp')
  return spot && perp && { spot, perp }
}
