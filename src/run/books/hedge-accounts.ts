/** What one hedge made and how well it was executed, from what is stored of it. */
import type { HedgeContext } from '../../../machines/hedge/context.ts'
import { type EarnedDay, earnedDays } from '../../domain/books/earned-days.ts'
import { type ExecutionQuality, executionQuality } from '../../domain/books/execution-quality.ts'
import { type HedgeProfit, hedgeProfit } from '../../domain/books/hedge-profit.ts'
import type { Posting } from '../../domain/books/ledger.ts'
import { type CarryOutcome, carryOutcome } from '../../domain/carry/carry-outcome.ts'
import type { DecidedMids } from '../../domain/legs/hedge-order.ts'
import type { Fill } from '../../domain/legs/order.ts'
import type { Price } from '../../domain/units.ts'
import type { StoredResult } from '../../store/books/hedge-results.ts'

/** What things are worth now. */
export type Valuation = {
  /** USDT per coin. */
  prices: Readonly<Record<string, Price>>
  /** USDT per contract, by the perpetual's symbol. */
  marks: Readonly<Record<string, Price>>
  nowMs: number
}
export type HedgeRecords = {
  context: HedgeContext
  state: string
  sinceMs: number
  postings: readonly Posting[]
  fills: readonly Fill[]
  mids: Readonly<Record<string, DecidedMids>>
}
type HedgeAccounts = {
  profit: HedgeProfit
  quality: ExecutionQuality
  carry: CarryOutcome
  days: EarnedDay[]
}

export function hedgeAccounts(facts: HedgeRecords, { prices, marks, nowMs }: Valuation): HedgeAccounts {
  const { context, state, sinceMs, postings, fills, mids } = facts
  const { plan, enteredAtMs } = context
  const closed = state === 'closed'
  const markPrice = marks[plan.perp.symbol] ?? null
  const profit = hedgeProfit({ plan, postings, fills, mids, closed, prices, markPrice })
  const untilMs = closed ? sinceMs : nowMs
  const days = daysOf(facts, untilMs)
  return {
    profit,
    quality: executionQuality({ plan, fills, mids }),
    carry: carryOutcome({ plan, enteredAtMs, untilMs, days }, profit),
    days,
  }
}

/** What it realised day by day; of a closed one until its end, of a living one until now. */
export function daysOf(
  { context: { plan }, postings, fills, ...facts }: HedgeRecords,
  nowMs: number,
): EarnedDay[] {
  const closed = facts.state === 'closed'
  const final = closed
    ? hedgeProfit({ plan, postings, fills, mids: {}, closed, prices: {}, markPrice: null })
    : null
  return earnedDays({ plan, postings, fills, final, nowMs })
}

/** The result of a closed hedge: coins left over count at its own last spot fill, so that no price changes it any more. */
export function finalResult(facts: HedgeRecords): StoredResult {
  const { plan, enteredAtMs } = facts.context
  const { profit, quality, carry, days } = hedgeAccounts(facts, {
    prices: {},
    marks: {},
    nowMs: facts.sinceMs,
  })
  const { inventory, measuredShare, realisedUsdt: _, unrealisedUsdt: __, unvalued: ___, ...parts } = profit
  return {
    hedgeId: plan.hedgeId,
    symbol: plan.symbol,
    direction: plan.direction,
    route: plan.expected.route,
    openedAtMs: enteredAtMs || plan.decidedAtMs,
    closedAtMs: facts.sinceMs,
    capitalUsdt: plan.capitalUsdt,
    notionalUsdt: plan.notionalUsdt,
    ...parts,
    detail: { inventory, measuredShare, quality, carry, days },
  }
}
