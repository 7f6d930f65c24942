/**
 * When to leave a hedge. Risk (margin, solvency, delisting, a recalled loan …) leaves at once and needs no fresh market. All
 * else waits for a settlement that is about to pay. A stop by basis or by loss must have held at every look for minutes, on the
 * middles of the books, and not be what funding is expected to pay for. The carry's own verdict is one rule: leaving must gain
 * more than coming back would cost. Source: carry.md d.9, d.10, e.9.
 */
import { type FreshMarket, freshMarket, type MarketView } from '../market/market-view.ts'
import { isRefusal } from '../refusal.ts'
import type { Rules } from '../rules.ts'
import { carryWish, type Expectation, expectation, missedUntilNext, type Wish } from './carry-exit.ts'
import type {
  ExitInputs,
  ExitJudgement,
  ExitMemory,
  HeldHedge,
  HoldReason,
  LeaveReason,
  Reason,
} from './judgement.ts'
import { riskReason } from './risk-exit.ts'

/** @param before - from the last judgement of this hedge; `NO_MEMORY` at first */
export function judgeExit(
  hedge: HeldHedge,
  market: MarketView,
  rules: Rules,
  before: ExitMemory,
  nowMs: number,
  inputs: ExitInputs = {},
): ExitJudgement {
  const blank = {
    symbol: market.pair.symbol,
    judgementsInARow: before.judgementsInARow,
    // What was not looked at all the time did not last.
    stopSinceMs: null,
    fundingApr: null,
    exitBasisBps: null,
    judgedAtMs: nowMs,
  }
  const risk = riskReason(hedge, market, rules, nowMs, inputs)
  if (risk) return { ...blank, verdict: 'leave', ...risk, urgent: true }
  const fresh = freshMarket(market, rules.limits, nowMs)
  if (isRefusal(fresh))
    return { ...blank, verdict: 'wait', because: fresh.refused, found: fresh.found, limit: fresh.limit }
  const seen = expectation(hedge, fresh, rules, nowMs)
  if (isRefusal(seen))
    return { ...blank, verdict: 'wait', because: seen.refused, found: seen.found, limit: seen.limit }

  const shown = { ...blank, fundingApr: seen.fundingApr, exitBasisBps: seen.exitBasisBps }
  return { ...shown, ...verdictOn({ hedge, market: fresh, seen, inputs, rules, before, nowMs }) }
}

type Question = {
  hedge: HeldHedge
  market: FreshMarket
  seen: Expectation
  inputs: ExitInputs
  rules: Rules
  before: ExitMemory
  nowMs: number
}
type Verdict = Pick<
  ExitJudgement,
  'verdict' | 'because' | 'found' | 'limit' | 'judgementsInARow' | 'stopSinceMs'
>

function verdictOn(question: Question): Verdict {
  const { hedge, market, seen, inputs, rules, before, nowMs } = question
  const wish = carryWish({ hedge, market, seen, inputs, rules, nowMs })
  const isWish = wish.because !== 'carry-stays' && wish.because !== 'cheaper-to-stay'
  const stop = stopReason(seen, rules)
  const memory: ExitMemory = {
    judgementsInARow: isWish ? before.judgementsInARow + 1 : 0,
    stopSinceMs: stop ? (before.stopSinceMs ?? nowMs) : null,
  }
  const hold = (why: Reason<HoldReason>): Verdict => ({ verdict: 'hold', ...why, ...memory })
  const leave = (why: Reason<LeaveReason>): Verdict =>
    settlementFirst(why, question, isAboutStop(why)) ?? { verdict: 'leave', ...why, ...memory }
  const settlementFirst = (
    why: Reason<LeaveReason>,
    { rules: { strategy } }: Question,
    stopped: boolean,
  ): Verdict | undefined =>
    seen.nextGain > missed(why, question) && (!stopped || seen.nextInMs <= strategy.settlementGuardMs)
      ? hold({
          because: 'settlement-due',
          found: `${why.because}, ${seen.nextGain * BPS} bps due in ${seen.nextInMs} ms`,
          limit: 'paid first',
        })
      : undefined

  const old = tooOld(hedge, rules, nowMs)
  if (old) return leave(old)
  const stoppedMs = memory.stopSinceMs === null ? 0 : nowMs - memory.stopSinceMs
  if (stop && stoppedMs >= rules.strategy.basisStopMs) return leave(stop)
  const profit = profitReason(seen, rules)
  if (profit) return leave(profit)
  if (isWish) {
    if (memory.judgementsInARow >= rules.strategy.exitJudgementsMin) return leave(wish as Wish)
    const { judgementsInARow } = memory
    return hold({
      because: 'carry-fading',
      found: `${judgementsInARow} times in a row`,
      limit: `${rules.strategy.exitJudgementsMin}`,
    })
  }
  if (stop)
    return hold({
      because: 'stop-watched',
      found: `${stop.because} for ${stoppedMs} ms: ${stop.found}`,
      limit: `${rules.strategy.basisStopMs} ms`,
    })
  return hold(wish as Reason<HoldReason>)
}

/** What waiting for the settlement costs beside idle money: who leaves for something better earns that meanwhile. */
const missed = (
  { because }: Reason<LeaveReason>,
  { hedge, seen, inputs: { alternative }, rules }: Question,
): number =>
  because === 'better-elsewhere' && alternative
    ? missedUntilNext(hedge, alternative, rules, seen.nextInMs)
    : 0

const BPS = 10_000
const isAboutStop = ({ because }: Reason<LeaveReason>): boolean =>
  because === 'basis-stop' || because === 'loss-stop'

function tooOld(
  { hedgedAtMs }: HeldHedge,
  { strategy: { holdMaxMs } }: Rules,
  nowMs: number,
): Reason<'hold-maximum'> | undefined {
  const heldMs = nowMs - hedgedAtMs
  return holdMaxMs > 0 && heldMs >= holdMaxMs
    ? { because: 'hold-maximum', found: `${heldMs} ms`, limit: `${holdMaxMs} ms` }
    : undefined
}

/** Past a stop at this look. A basis that funding is expected to pay for is no loss yet. */
export function stopReason(
  { basisLossBps, staying, totalBps }: Pick<Expectation, 'basisLossBps' | 'staying' | 'totalBps'>,
  { strategy: { basisStopBps, hedgeLossBpsMax } }: Pick<Rules, 'strategy'>,
): Reason<'basis-stop' | 'loss-stop'> | undefined {
  const stayingBps = staying * BPS
  if (totalBps !== null && hedgeLossBpsMax > 0 && -totalBps >= hedgeLossBpsMax)
    return { because: 'loss-stop', found: `${-totalBps} bps lost`, limit: `${hedgeLossBpsMax} bps` }
  if (basisLossBps === null || basisLossBps < basisStopBps || stayingBps >= basisLossBps) return undefined
  return {
    because: 'basis-stop',
    found: `${basisLossBps} bps lost, ${stayingBps} bps of funding expected`,
    limit: `${basisStopBps} bps`,
  }
}

function profitReason(
  { closingBps }: Expectation,
  { strategy: { takeProfitBps } }: Rules,
): Reason<'take-profit'> | undefined {
  if (takeProfitBps <= 0 || closingBps === null || closingBps < takeProfitBps) return undefined
  return { because: 'take-profit', found: `${closingBps} bps made`, limit: `${takeProfitBps} bps` }
}
