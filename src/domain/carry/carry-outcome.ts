/** What a hedge was expected to make when it was decided, beside what it made, part by part. Source: carry.md e.8. */
import { Decimal } from 'decimal.js'
import type { EarnedDay } from '../books/earned-days.ts'
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
  /** The same for the time it was held: what comes with time as far as that went, what getting in and out costs once, whole. */
  expectedSoFarUsdt: Usdt
  /** So far; of a closed hedge, in the end. */
  realisedUsdt: Usdt
}

export type CarryOutcome = {
  lines: CarryLine[]
  horizonHours: number
  /** Since it was entered. */
  heldHours: number
  /** Of the plan's funding, what was to come of what was really held, while it was: what the realised part is held against. */
  expectedFundingSoFarUsdt: Usdt
  expectedAprOnCapital: number
  /** What was realised on the capital really used, a year, not compounded; null below a day of use: less says nothing of a year. */
  realisedAprOnCapital: number | null
}

type Facts = {
  plan: Pick<HedgePlan, 'expected'>
  enteredAtMs: number
  untilMs: number
  /** What it used, day by day. */
  days: readonly EarnedDay[]
}

const DAY_MS = 24 * HOUR_MS

/**
 * A plan's basis holds its slippage (executable basis): the route's estimate tells them apart. What resting, missing and
 * repairing was expected to cost shows after the fact as slippage and basis; dust is the last of it.
 * @param untilMs - its end, or now
 */
export function carryOutcome(
  { plan: { expected }, enteredAtMs, untilMs, days }: Facts,
  profit: HedgeProfit,
): CarryOutcome {
  const slippage = expectedSlippage(expected)
  const mishaps = Decimal.sum(expected.adverseUsdt, expected.escalationUsdt, expected.orphanUsdt)
  const rounded = (value: Decimal.Value) => usdt(new Decimal(value).toDecimalPlaces(18))
  const line = (
    part: CarryLine['part'],
    whole: Decimal.Value,
    realisedUsdt: Usdt,
    soFar: Decimal.Value = whole,
  ): CarryLine => ({
    part,
    expectedUsdt: rounded(whole),
    expectedSoFarUsdt: rounded(soFar),
    realisedUsdt,
  })
  const heldMs = enteredAtMs > 0 ? Math.max(0, untilMs - enteredAtMs) : 0
  const heldHours = heldMs / HOUR_MS
  const sum = (part: 'capitalUsdtHours' | 'expectedFundingUsdt') =>
    days.reduce((total, day) => total.plus(day[part]), new Decimal(0))
  const usedMs = days.reduce((total, { usedFromMs, usedUntilMs }) => total + usedUntilMs - usedFromMs, 0)
  const capitalHours = sum('capitalUsdtHours')
  const isAnnual = usedMs >= DAY_MS && capitalHours.gt(0)
  const funding = sum('expectedFundingUsdt')
  const borrow = Decimal.add(expected.borrowUsdt, expected.interestUsdt)
  const borrowSoFar = borrow.times(heldHours).div(expected.horizonHours)
  const once = new Decimal(expected.netUsdt).minus(expected.fundingUsdt).minus(borrow)
  return {
    lines: [
      line('funding', expected.fundingUsdt, profit.fundingUsdt, funding),
      line('fees', expected.feesUsdt, profit.feesUsdt),
      line('basis', new Decimal(expected.basisUsdt).minus(slippage), profit.basisUsdt),
      line('slippage', slippage, profit.slippageUsdt),
      line('borrow', borrow, profit.borrowUsdt, borrowSoFar),
      line('mishaps', mishaps, profit.dustUsdt),
      line('net', expected.netUsdt, profit.netUsdt, Decimal.sum(funding, borrowSoFar, once)),
    ],
    horizonHours: expected.horizonHours,
    heldHours,
    expectedFundingSoFarUsdt: usdt(funding),
    expectedAprOnCapital: expected.aprOnCapital,
    realisedAprOnCapital: isAnnual
      ? new Decimal(profit.realisedUsdt).div(capitalHours).times(8760).toNumber()
      : null,
  }
}

/** The slippage inside the expected basis, by the estimate of the route that was chosen; negative is a cost. */
function expectedSlippage({ route, routes }: CarryEstimate): Decimal {
  const chosen = routes?.find(each => each.route === route)
  return new Decimal(chosen?.slippageUsdt ?? 0).neg()
}
