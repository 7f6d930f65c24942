/** What would make a hedge close: each exit rule with its figures now, in words. The one answer of pages, API and terminal. */
import { heldFacts } from '../../actors/trading/scanner.ts'
import type { ExitRules } from '../api/rows/closing.ts'
import { expectation } from '../domain/exit/carry-exit.ts'
import { exitConditions } from '../domain/exit/exit-conditions.ts'
import { type ExitJudgement, NO_MEMORY } from '../domain/exit/judgement.ts'
import { freshMarket, type MarketView } from '../domain/market/market-view.ts'
import { isRefusal, type Refusal } from '../domain/refusal.ts'
import type { Rules } from '../domain/rules.ts'
import type { Engine } from '../run/engine.ts'
import { EXIT_RULES, exitConditionText, reasonText, spokenReason } from '../wording/reasons.ts'
import { type LivingHedge, livingHedges } from './living-hedges.ts'

/** Undefined when no such hedge lives. */
export function exitRulesOf(
  { runtime, board, judgements, ports }: Engine,
  hedgeId: string,
): ExitRules | undefined {
  const hedge = livingHedges(runtime).find(({ context: { plan } }) => plan.hedgeId === hedgeId)
  if (!hedge) return undefined
  const { symbol } = hedge.context.plan
  return exitRulesIn(hedge, {
    view: board.view(symbol),
    judged: judgements.exits.get(symbol),
    maintenanceMarginRate: ports.funds()?.maintenanceMarginRate ?? null,
    rules: ports.rules,
    nowMs: ports.clock.nowMs(),
  })
}

type Surroundings = {
  view: MarketView | undefined
  /** What the scanner said last; undefined before that. */
  judged: ExitJudgement | undefined
  maintenanceMarginRate: string | null
  rules: Rules
  nowMs: number
}

/** The rules of one hedge in these surroundings. */
export function exitRulesIn({ context }: LivingHedge, around: Surroundings): ExitRules {
  const { view, judged, maintenanceMarginRate, rules, nowMs } = around
  const { plan, failure, unwindBecause } = context
  const hedge = heldFacts(context, maintenanceMarginRate, nowMs)
  const market = view ? freshMarket(view, rules.limits, nowMs) : NOT_HEARD
  const seen = isRefusal(market) ? market : expectation(hedge, market, rules, nowMs)
  const look = isRefusal(market) || isRefusal(seen) ? null : { market, seen }
  const because = failure ?? unwindBecause
  const conditions = exitConditions({ hedge, view, look, rules, memory: judged ?? NO_MEMORY, nowMs })
  return {
    hedgeId: plan.hedgeId,
    symbol: plan.symbol,
    because: because === null ? null : spokenReason(because),
    unseenBecause: isRefusal(seen) ? wordsOf(seen) : null,
    judgement: judged
      ? { verdict: judged.verdict, text: reasonText(judged), judgedAtMs: judged.judgedAtMs }
      : null,
    settlement: look && {
      gainBps: look.seen.nextGain * 10_000,
      inMs: look.seen.nextInMs,
      waitsForIt: look.seen.nextGain > 0,
    },
    horizonHours: rules.strategy.exitHorizonHours,
    conditions: conditions.map(each => ({
      ...each,
      name: EXIT_RULES[each.rule],
      text: exitConditionText(each),
    })),
  }
}

const NOT_HEARD: Refusal = { refused: 'book-missing', found: 'none', limit: 'both' }
const wordsOf = ({ refused, found, limit }: Refusal) => reasonText({ because: refused, found, limit })
