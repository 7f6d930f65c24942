/** What one ended order did to its leg, from its executions: quantity truth is their sum, each counted once. */
import { Decimal } from 'decimal.js'
import type { HedgePlan } from '../entry/plan.ts'
import type { LegName } from '../instrument.ts'
import type { HedgeOrder } from '../legs/hedge-order.ts'
import type { Fill, OrderReport } from '../legs/order.ts'
import { signOf } from '../legs/sides.ts'
import { netBaseReceived } from '../market/fees.ts'
import { type BaseQty, baseQty, orderQty, type Usdt, usdt } from '../units.ts'

export type LegOutcome = {
  /**
   * Change of what the leg holds, + as the hedge grows. Long carry: spot coins net of fees taken in the coin, perpetual coins
   * short. Reverse carry: coins owed, a buy-back's fee in the coin keeping the debt that much larger; perpetual coins long.
   */
  base: BaseQty
  /** Cash of the fills without fees: + is received, by a sale on either leg. */
  cashUsdt: Usdt
  /** Fees valued in USDT at the fill price. Positive is paid. */
  feesUsdt: Usdt
}

/**
 * Undefined while the executions at hand do not add up to what the exchange says was filled: then it is asked again.
 *
 * A fee in a third coin (a discount token) moves neither the leg nor its fees here; the ledger values it by that coin's price.
 */
export function legOutcome(
  leg: LegName,
  report: Pick<OrderReport, 'filledQty' | 'side'>,
  fills: readonly Fill[],
  plan: Pick<HedgePlan, 'baseCoin' | 'perp' | 'direction'>,
): LegOutcome | undefined {
  const own = [...new Map(fills.map(fill => [fill.execId, fill])).values()].filter(
    fill => fill.cause === 'trade',
  )
  const filled = own.reduce((sum, fill) => sum.plus(fill.qty), new Decimal(0))
  if (!filled.eq(report.filledQty)) return undefined
  const value = own.reduce((sum, fill) => sum.plus(new Decimal(fill.qty).mul(fill.price)), new Decimal(0))
  const inCoin = own.filter(({ feeCoin }) => feeCoin === plan.baseCoin)
  const feeBase = inCoin.reduce((sum, { fee }) => sum.plus(fee), new Decimal(0))
  const feesUsdt = own
    .filter(({ feeCoin }) => feeCoin === 'USDT')
    .reduce((sum, { fee }) => sum.plus(fee), new Decimal(0))
    .plus(inCoin.reduce((sum, { fee, price }) => sum.plus(new Decimal(fee).mul(price)), new Decimal(0)))
  const bought = report.side === 'Buy'
  // A spot buy's fee is taken from the coins received; a perpetual's fee never touches its size.
  const asLongCarry =
    leg === 'spot'
      ? (bought ? filled : filled.neg()).minus(feeBase)
      : (bought ? filled.neg() : filled).mul(plan.perp.multiplier)
  return {
    base: baseQty(asLongCarry.mul(signOf(plan.direction))),
    cashUsdt: usdt(bought ? value.neg() : value),
    feesUsdt: usdt(feesUsdt),
  }
}

/** A leg after one more outcome. */
export const addOutcome = (leg: LegOutcome, outcome: LegOutcome): LegOutcome => ({
  base: baseQty(new Decimal(leg.base).plus(outcome.base)),
  cashUsdt: usdt(new Decimal(leg.cashUsdt).plus(outcome.cashUsdt)),
  feesUsdt: usdt(new Decimal(leg.feesUsdt).plus(outcome.feesUsdt)),
})

/** Filled to the last step? A fee taken in the coin counts as filled. An order of both legs leaves them level either way. */
export function isWhole(
  plan: Pick<HedgePlan, 'fees' | LegName>,
  { leg, qty }: Pick<HedgeOrder, 'leg' | 'qty'>,
  { base }: Pick<LegOutcome, 'base'>,
): boolean {
  if (leg === 'spreadOrder') return false
  const moved = netBaseReceived(qty, plan.fees[leg].taker)
  return new Decimal(base).abs().gte(new Decimal(moved).times(plan[leg].multiplier))
}

/** True of an order that moved nothing. */
export const movedNothing = ({ base }: Pick<LegOutcome, 'base'>): boolean => new Decimal(base).isZero()

/**
 * The leg with another quantity, as it was found: what is left of it was paid for at the same average price, and what nobody
 * paid for here has no price.
 */
export function withBase(leg: LegOutcome, base: BaseQty): LegOutcome {
  const held = new Decimal(leg.base)
  const share = held.isZero() ? held : Decimal.min(1, new Decimal(base).div(held).abs())
  const part = (value: Usdt) => usdt(new Decimal(value).times(share).toDecimalPlaces(18))
  return { base, cashUsdt: part(leg.cashUsdt), feesUsdt: part(leg.feesUsdt) }
}

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
