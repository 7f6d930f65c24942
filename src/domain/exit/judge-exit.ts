/**
 * When to leave a hedge. Risk (margin, solvency, delisting, a recalled loan …) leaves at once and needs no fresh market; the
 * basis stop leaves unless funding pays for the loss within the horizon; a carry that is gone must be gone for several
 * judgements, a settled rate and a minimum hold, and leaving must gain more than coming back would cost: a needless round
 * trip costs four fees. Source: carry.md d.9, d.10, e.9.
 */
import { freshMarket, type MarketView } from '../market/market-view.ts'
import { isRefusal } from '../refusal.ts'
import type { Rules } from '../rules.ts'
import { carryReason, type Expectation, expectation } from './carry-exit.ts'
import type { ExitInputs, ExitJudgement, HeldHedge, Reason } from './judgement.ts'
import { riskReason } from './risk-exit.ts'

/** @param judgementsInARow - from the last judgement of this hedge; 0 at first */
export function judgeExit(
  hedge: HeldHedge,
  market: MarketView,
  rules: Rules,
  judgementsInARow: number,
  nowMs: number,
  inputs: ExitInputs = {},
): ExitJudgement {
  const blank = {
    symbol: market.pair.symbol,
    judgementsInARow,
    fundingApr: null,
    exitBasisBps: null,
    judgedAtMs: nowMs,
  }
  const risk = riskReason(hedge, market, rules, nowMs, inputs)
  if (risk) return { ...blank, verdict: 'leave', ...risk, urgent: true }
  const old = tooOld(hedge, rules, nowMs)
  if (old) return { ...blank, verdict: 'leave', ...old }
  const fresh = freshMarket(market, rules.limits, nowMs)
  if (isRefusal(fresh))
    return { ...blank, verdict: 'wait', because: fresh.refused, found: fresh.found, limit: fresh.limit }

  const seen = expectation(hedge, fresh, rules, nowMs)
  const shown = { ...blank, fundingApr: seen.fundingApr, exitBasisBps: seen.exitBasisBps }
  const stop = basisStop(seen, rules)
  if (stop) return { ...shown, verdict: 'leave', ...stop }
  return { ...shown, ...carryReason({ hedge, market: fresh, seen, inputs, rules, judgementsInARow, nowMs }) }
}

function tooOld(
  { hedgedAtMs }: HeldHedge,
  { strategy: { holdMaxMs } }: Rules,
  nowMs: number,
): Reason<'hold-maximum'> | undefined {
  const heldMs = nowMs - hedgedAtMs
  return heldMs >= holdMaxMs
    ? { because: 'hold-maximum', found: `${heldMs} ms`, limit: `${holdMaxMs} ms` }
    : undefined
}

function basisStop(
  { basisLossBps, horizonRateBps }: Expectation,
  { strategy: { basisStopBps } }: Rules,
): Reason<'basis-stop'> | undefined {
  if (basisLossBps < basisStopBps || horizonRateBps >= basisLossBps) return undefined
  return {
    because: 'basis-stop',
    found: `${basisLossBps} bps lost, ${horizonRateBps} bps of funding expected`,
    limit: `${basisStopBps} bps`,
  }
}
