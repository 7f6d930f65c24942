/** Fills against the middles of the books that their orders were decided on. Source: carry.md e.3. */
import { Decimal } from 'decimal.js'
import type { HedgePlan } from '../entry/plan.ts'
import type { DecidedMids } from '../legs/hedge-order.ts'
import type { Fill } from '../legs/order.ts'

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
