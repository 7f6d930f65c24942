/**
 * What one hedge realised on each day (UTC), beside the capital it really used then. Funding, fees and interest come from the
 * ledger by the day they were booked; trading from the fills against their average cost, so that buying a leg realises nothing
 * and closing it does. The days of a closed hedge sum to its result, to the last digit.
 */
import { Decimal } from 'decimal.js'
import type { HedgePlan } from '../entry/plan.ts'
import type { Fill } from '../legs/order.ts'
import { type Usdt, usdt } from '../units.ts'
import { uniqueFills } from './execution-quality.ts'
import { openPosition, type ProfitParts } from './hedge-profit.ts'
import { hedgeResult } from './hedge-result.ts'
import type { Posting } from './ledger.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

/** + is received, fees too: the first four sum to `netUsdt`. */
export type EarnedDay = {
  dayMs: number
  fundingUsdt: Usdt
  feesUsdt: Usdt
  borrowUsdt: Usdt
  /** Basis, slippage and dust. */
  tradingUsdt: Usdt
  netUsdt: Usdt
  /** Capital in use × hours it was, in USDT hours; and of the plan's funding what was to come of what was held. */
  capitalUsdtHours: Usdt
  expectedFundingUsdt: Usdt
  /** When that day anything was held; equal when nothing was. */
  usedFromMs: number
  usedUntilMs: number
}

export type EarnedFacts = {
  plan: Pick<HedgePlan, 'baseCoin' | 'spot' | 'perp' | 'targetBaseQty' | 'capitalUsdt' | 'expected'>
  /** The hedge's own, oldest first. */
  postings: readonly Posting[]
  fills: readonly Fill[]
  /** Of a closed hedge, what it made in the end; null while it lives. */
  final: Pick<ProfitParts, 'netUsdt'> | null
  nowMs: number
}

/** Days on which something was booked, traded or held, oldest first. */
export function earnedDays(facts: EarnedFacts): EarnedDay[] {
  const fills = uniqueFills(facts.fills)
  const held = heldTimes(fills, facts)
  const days = new Set([
    ...facts.postings.map(({ atMs }) => dayOf(atMs)),
    ...fills.map(({ filledAtMs }) => dayOf(filledAtMs)),
    ...held.flatMap(daysOf),
  ])
  let before = NOTHING
  return [...days]
    .sort((a, b) => a - b)
    .map((dayMs, at) => {
      const isLast = at === days.size - 1
      const after = totalsUntil(isLast ? Number.POSITIVE_INFINITY : dayMs + DAY_MS, { ...facts, fills })
      const day = dayBetween(before, after)
      before = after
      return { dayMs, ...day, ...useOn(dayMs, held, facts) }
    })
}

const dayOf = (atMs: number) => Math.floor(atMs / DAY_MS) * DAY_MS

type Totals = Record<'funding' | 'fees' | 'borrow' | 'trading', Decimal>
const ZERO = new Decimal(0)
const NOTHING: Totals = { funding: ZERO, fees: ZERO, borrow: ZERO, trading: ZERO }

/** Since its beginning; at the very end what its result leaves for trading. */
function totalsUntil(untilMs: number, { plan, postings, fills, final }: EarnedFacts): Totals {
  const isBefore = (atMs: number) => atMs < untilMs
  const traded = fills.filter(({ filledAtMs }) => isBefore(filledAtMs))
  const spotFills = traded.filter(({ market }) => market === plan.spot.market)
  const lastSpot = spotFills.at(-1)?.price
  const booked = hedgeResult(
    postings.filter(({ atMs }) => isBefore(atMs)),
    lastSpot ? { [plan.baseCoin]: lastSpot } : {},
  )
  const [funding, fees, borrow] = [
    new Decimal(booked.fundingUsdt),
    new Decimal(booked.feesUsdt).neg(),
    new Decimal(booked.interestUsdt),
  ]
  const trading =
    final && untilMs === Number.POSITIVE_INFINITY
      ? new Decimal(final.netUsdt).minus(funding).minus(fees).minus(borrow)
      : realisedOf(spotFills).plus(realisedOf(traded.filter(({ market }) => market === plan.perp.market)))
  return { funding, fees, borrow, trading: trading.toDecimalPlaces(18) }
}

/** Cash of the fills, and what is open at what it cost. */
function realisedOf(fills: readonly Fill[]): Decimal {
  const cash = fills.reduce((sum, { side, qty, price }) => {
    const value = new Decimal(qty).times(price)
    return side === 'Buy' ? sum.minus(value) : sum.plus(value)
  }, ZERO)
  const { qty, cost } = openPosition(fills)
  return cash.plus(qty.times(cost))
}

function dayBetween(before: Totals, after: Totals) {
  const gained = (part: keyof Totals) => after[part].minus(before[part])
  const parts = [gained('funding'), gained('fees'), gained('borrow'), gained('trading')] as const
  const [funding, fees, borrow, trading] = parts
  return {
    fundingUsdt: usdt(funding),
    feesUsdt: usdt(fees),
    borrowUsdt: usdt(borrow),
    tradingUsdt: usdt(trading),
    netUsdt: usdt(Decimal.sum(...parts)),
  }
}

/** The perpetual's coins, as the plan counts what is held. */
type HeldTime = { fromMs: number; untilMs: number; share: Decimal }

function heldTimes(fills: readonly Fill[], { plan, final, nowMs }: EarnedFacts): HeldTime[] {
  const own = fills.filter(({ market }) => market === plan.perp.market)
  let contracts = ZERO
  return own.flatMap(({ side, qty, filledAtMs }, at) => {
    contracts = contracts.plus(side === 'Buy' ? qty : new Decimal(qty).neg())
    const untilMs = own[at + 1]?.filledAtMs ?? (final ? filledAtMs : Math.max(nowMs, filledAtMs))
    const share = contracts.abs().times(plan.perp.multiplier).div(plan.targetBaseQty)
    return untilMs > filledAtMs && share.gt(0) ? [{ fromMs: filledAtMs, untilMs, share }] : []
  })
}

function daysOf({ fromMs, untilMs }: HeldTime): number[] {
  const days = []
  for (let dayMs = dayOf(fromMs); dayMs < untilMs; dayMs += DAY_MS) days.push(dayMs)
  return days
}

function useOn(dayMs: number, held: readonly HeldTime[], { plan }: EarnedFacts) {
  const parts = held
    .map(({ fromMs, untilMs, share }) => ({
      fromMs: Math.max(fromMs, dayMs),
      untilMs: Math.min(untilMs, dayMs + DAY_MS),
      share,
    }))
    .filter(({ fromMs, untilMs }) => untilMs > fromMs)
  const shareHours = parts.reduce(
    (sum, { fromMs, untilMs, share }) => sum.plus(share.times(untilMs - fromMs).div(HOUR_MS)),
    ZERO,
  )
  const { fundingUsdt, horizonHours } = plan.expected
  return {
    capitalUsdtHours: usdt(shareHours.times(plan.capitalUsdt).toDecimalPlaces(8)),
    expectedFundingUsdt: usdt(shareHours.times(fundingUsdt).div(horizonHours).toDecimalPlaces(8)),
    usedFromMs: parts[0]?.fromMs ?? dayMs,
    usedUntilMs: parts.at(-1)?.untilMs ?? dayMs,
  }
}
