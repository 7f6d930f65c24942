/** What a hedge was expected to make when it was decided, beside what it made, part by part. Source: carry.md e.8. */
import { Decimal } from 'decimal.js'
import type { HedgeProfit } from '../books/hedge-profit.ts'
import type { HedgePlan } from '../entry/plan.ts'
import { HOUR_MS } from '../market/funding.ts'
import { type Usdt, usdt } from '../units.ts'
import type { CarryEstimate } from './carry.ts'

/** Positive is received. */
type CarryLine = {
  part: 'funding' | 'fees' | 'basis' | 'slippage' | 'borrow' | 'mishaps' | 'net'
  /** Over the plan's whole horizon. */
  expectedUsdt: Usdt
  /** So far; of a closed hedge, in the end. */
  realisedUsdt: Usdt
}

export type CarryOutcome = {
  lines: CarryLine[]
  horizonHours: number
  /** Since it was entered. */
  heldHours: number
  /** Expected funding of the hours held: what the realised part is fairly held against. */
  expectedFundingSoFarUsdt: Usdt
  expectedAprOnCapital: number
  /** Net on capital, a year, not compounded; null before it was held for an hour: less says nothing of a year. */
  realisedAprOnCapital: number | null
}

type Facts = { plan: Pick<HedgePlan, 'expected' | 'capitalUsdt'>; enteredAtMs: number; untilMs: number }

/**
 * A plan's basis holds its slippage (executable basis): the route's estimate tells them apart. What resting, missing and
 * repairing was expected to cost shows after the fact as slippage and basis; dust is the last of it.
 * @param untilMs - its end, or now
 */
export function carryOutcome({ plan, enteredAtMs, untilMs }: Facts, profit: HedgeProfit): CarryOutcome {
  const { expected, capitalUsdt } = plan
  const slippage = expectedSlippage(expected)
  const mishaps = Decimal.sum(expected.adverseUsdt, expected.escalationUsdt, expected.orphanUsdt)
  const line = (part: CarryLine['part'], expectedUsdt: Decimal.Value, realisedUsdt: Usdt): CarryLine => ({
    part,
    expectedUsdt: usdt(new Decimal(expectedUsdt).toDecimalPlaces(18)),
    realisedUsdt,
  })
  const heldMs = enteredAtMs > 0 ? Math.max(0, untilMs - enteredAtMs) : 0
  const heldHours = heldMs / HOUR_MS
  const isEarning = heldMs >= HOUR_MS && new Decimal(capitalUsdt).gt(0)
  return {
    lines: [
      line('funding', expected.fundingUsdt, profit.fundingUsdt),
      line('fees', expected.feesUsdt, profit.feesUsdt),
      line('basis', new Decimal(expected.basisUsdt).minus(slippage), profit.basisUsdt),
      line('slippage', slippage, profit.slippageUsdt),
      line('borrow', Decimal.add(expected.borrowUsdt, expected.interestUsdt), profit.borrowUsdt),
      line('mishaps', mishaps, profit.dustUsdt),
      line('net', expected.netUsdt, profit.netUsdt),
    ],
    horizonHours: expected.horizonHours,
    heldHours,
    expectedFundingSoFarUsdt: usdt(
      new Decimal(expected.fundingUsdt).times(heldHours).div(expected.horizonHours).toDecimalPlaces(18),
    ),
    expectedAprOnCapital: expected.aprOnCapital,
    realisedAprOnCapital: isEarning
      ? new Decimal(profit.netUsdt).div(capitalUsdt).times(8760).div(heldHours).toNumber()
      : null,
  }
}

/** The slippage inside the expected basis, by the estimate of the route that was chosen; negative is a cost. */
function expectedSlippage({ route, routes }: CarryEstimate): Decimal {
  const chosen = routes?.find(each => each.route === route)
  return new Decimal(chosen?.slippageUsdt ?? 0).neg()
}
