/** What closing one hedge, or all of them, would cost at this moment: the one answer of pages, API and terminal. */
import { Decimal } from 'decimal.js'
import { heldFacts } from '../../actors/trading/scanner.ts'
import type { ClosingRow, Closings, ExitRules } from '../api/rows/closing.ts'
import type { Holding } from '../api/rows/rows.ts'
import { perBaseMark } from '../domain/entry/plan.ts'
import { expectation } from '../domain/exit/carry-exit.ts'
import { type ClosingCost, closingCost } from '../domain/exit/closing-cost.ts'
import { exitConditions } from '../domain/exit/exit-conditions.ts'
import { type ExitJudgement, NO_MEMORY } from '../domain/exit/judgement.ts'
import { freshMarket, type MarketView } from '../domain/market/market-view.ts'
import { isRefusal, type Refusal } from '../domain/refusal.ts'
import type { LimitRules, Rules } from '../domain/rules.ts'
import type { Engine } from '../run/engine.ts'
import { EXIT_RULES, exitConditionText, reasonText, spokenReason } from '../wording/reasons.ts'
import { type LivingHedge, livingHedges, readHedge } from './living-hedges.ts'

/** Left out: all hedges, as a whole. */
type ClosingRequest = { hedgeId?: string | undefined; share?: number | undefined }

/** Asks nobody: reads what runs and the books that are heard. */
export function createClosings(
  { runtime, board, ports }: Pick<Engine, 'runtime' | 'board' | 'ports'>,
  holdings: () => Holding[],
): (request: ClosingRequest) => Closings {
  return ({ hedgeId, share = 1 }) => {
    const valued = new Map(holdings().map(holding => [holding.id, holding]))
    const rows = livingHedges(runtime)
      .filter(({ context: { plan } }) => hedgeId === undefined || plan.hedgeId === hedgeId)
      .map(hedge =>
        closingOf(hedge, {
          share,
          market: board.view(hedge.context.plan.symbol),
          netUsdt: valued.get(hedge.context.plan.hedgeId)?.netUsdt ?? null,
          limits: ports.rules.limits,
          nowMs: ports.clock.nowMs(),
        }),
      )
    return { hedges: rows, total: totalOf(rows) }
  }
}

type Surroundings = {
  share: number
  market: MarketView | undefined
  /** The hedge's profit so far, as valued now. */
  netUsdt: string | null
  limits: Pick<LimitRules, 'bookAgeMsMax' | 'tickerAgeMsMax'>
  nowMs: number
}

/** One hedge, or a share of it. */
export function closingOf({ context }: LivingHedge, around: Surroundings): ClosingRow {
  const { plan } = context
  const { share } = around
  const { legs } = readHedge(context)
  const market = around.market ? freshMarket(around.market, around.limits, around.nowMs) : UNTRACKED
  const cost = isRefusal(market) ? market : closingCost(plan, legs, market, share)
  return {
    hedgeId: plan.hedgeId,
    symbol: plan.symbol,
    baseCoin: plan.baseCoin,
    share,
    heldUsdt: rounded(Decimal.max(legs.spot.base, legs.perp.base).times(perBaseMark(plan)).times(share)),
    ...(isRefusal(cost) ? { ...NOTHING_KNOWN, unknownBecause: wordsOf(cost) } : known(cost, around)),
  }
}

const UNTRACKED: Refusal = { refused: 'book-missing', found: 'none', limit: 'both' }
const wordsOf = ({ refused, found, limit }: Refusal) => reasonText({ because: refused, found, limit })

const COSTS = ['feesUsdt', 'slippageUsdt', 'markGapUsdt', 'netNowUsdt', 'netAfterUsdt'] as const
type Costs = Pick<ClosingRow, (typeof COSTS)[number]>
const NOTHING_KNOWN = {
  ...{ feesUsdt: null, slippageUsdt: null, markGapUsdt: null, netNowUsdt: null, netAfterUsdt: null },
  legs: null,
}

function known(
  { legs: { spot, perp }, feesUsdt, slippageUsdt, markGapUsdt }: ClosingCost,
  { netUsdt, share }: Surroundings,
): Costs & Pick<ClosingRow, 'legs' | 'unknownBecause'> {
  const now = netUsdt === null ? null : new Decimal(netUsdt).times(share)
  return {
    feesUsdt,
    slippageUsdt,
    markGapUsdt,
    netNowUsdt: now && rounded(now),
    netAfterUsdt: now && rounded(now.minus(feesUsdt).minus(slippageUsdt).plus(markGapUsdt)),
    legs: { spot: shown(spot), perp: shown(perp) },
    unknownBecause: null,
  }
}

const shown = ({ side, base, fillPrice }: ClosingCost['legs']['spot']) => ({ side, base, fillPrice })

function totalOf(rows: readonly ClosingRow[]): Closings['total'] {
  const sum = (parts: readonly (string | null)[]) =>
    parts.reduce<string | null>(
      (all, part) => (all === null || part === null ? null : Decimal.add(all, part).toFixed()),
      '0',
    )
  const of = (part: (typeof COSTS)[number]) => sum(rows.map(row => row[part]))
  return {
    hedges: rows.length,
    heldUsdt: rows.reduce((all, { heldUsdt }) => all.plus(heldUsdt), new Decimal(0)).toFixed(),
    feesUsdt: of('feesUsdt'),
    slippageUsdt: of('slippageUsdt'),
    markGapUsdt: of('markGapUsdt'),
    netNowUsdt: of('netNowUsdt'),
    netAfterUsdt: of('netAfterUsdt'),
  }
}

const rounded = (value: Decimal): string => value.toDecimalPlaces(8).toFixed()

// What would make a hedge close: each exit rule with its figures now, in words. The one answer of pages, API and terminal.

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

type ExitSurroundings = {
  view: MarketView | undefined
  /** What the scanner said last; undefined before that. */
  judged: ExitJudgement | undefined
  maintenanceMarginRate: string | null
  rules: Rules
  nowMs: number
}

/** The rules of one hedge in these surroundings. */
export function exitRulesIn({ context }: LivingHedge, around: ExitSurroundings): ExitRules {
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
