/** What is known of a hedge, and of all else, when it is judged whether to leave it. */
import { Decimal } from 'decimal.js'
import { type DeskContext, exposureOf, grantedHedges } from '../../machines/desk.ts'
import type { HedgeContext } from '../../machines/hedge/context.ts'
import { entryBasisBps } from '../../src/domain/entry/entry-basis.ts'
import { bestAlternativeApr, type EntryJudgement } from '../../src/domain/entry/opportunity.ts'
import type { HedgePlan } from '../../src/domain/entry/plan.ts'
import { roomUsdt } from '../../src/domain/entry/sizing.ts'
import type { ExitInputs, HeldHedge } from '../../src/domain/exit/judgement.ts'
import { type Usdt, usdt } from '../../src/domain/units.ts'
import { hedgeCash } from '../account/reconciler.ts'
import type { EnginePorts, Ports } from '../ports.ts'

/** A hedge that is still being opened counts as young as it can be. */
export function heldFacts(
  context: HedgeContext,
  maintenanceMarginRate: string | null,
  nowMs: number,
): HeldHedge {
  const { plan, spot, perp, hedgedAtMs } = context
  const { direction, targetBaseQty, sliceBaseQty, notionalUsdt, capitalUsdt, markPrice, expected } = plan
  return {
    entryBasisBps: entryBasisBps(spot, perp),
    hedgedAtMs: hedgedAtMs || nowMs,
    maintenanceMarginRate,
    direction,
    baseQty: targetBaseQty,
    sliceBaseQty,
    notionalUsdt,
    capitalUsdt,
    markPrice,
    breakEvenHours: expected.breakEvenHours,
    roundTripUsdt: roundTripUsdt(plan),
  }
}

/** What the plan expected one round trip to cost, by its own route: fees, waiting, missing, and the books' spreads. */
function roundTripUsdt({ expected }: HedgePlan): Usdt {
  const { feesUsdt, adverseUsdt, escalationUsdt, basisUsdt } = expected
  const paid = Decimal.sum(feesUsdt, adverseUsdt ?? 0, escalationUsdt ?? 0, Decimal.min(0, basisUsdt))
  return usdt(Decimal.max(0, paid.neg()))
}

export function exitInputs(
  ports: Ports<'board' | 'risk'>,
  symbol: string,
  alternativeApr: number | null,
): ExitInputs {
  const { board } = ports
  const risk = ports.risk()
  const lastSettled = board.lastSettled(symbol)
  return {
    alternativeApr,
    ...(risk && { solvency: exitSolvency(risk), reduceOnly: risk.reduceOnly.has(symbol) }),
    ...(lastSettled && { lastSettled }),
  }
}

/**
 * The account's verdict as one hedge hears it: at `reduce` the desk lets go of one hedge at a time, the one that frees most, so
 * a hedge by itself leaves only when all must.
 */
function exitSolvency({
  solvency,
}: NonNullable<ReturnType<EnginePorts['risk']>>): NonNullable<ExitInputs['solvency']> {
  return solvency.verdict === 'reduce' ? { ...solvency, verdict: 'warn' } : solvency
}

/**
 * Net carry of the best symbol that tempts and has no hedge, when this hedge's capital is what it lacks: what can be entered
 * beside it is no reason to leave.
 */
export function alternativeTo(
  ports: Ports<'rules' | 'runtime' | 'risk'>,
  entries: ReadonlyMap<string, EntryJudgement>,
  symbol: string,
): number | null {
  if (hasRoom(ports)) return null
  const isOpen = ({ symbol: each }: EntryJudgement) =>
    /^idle\.(quiet|tempting|refused)/.test(ports.runtime().get(`symbol:${each}`)?.cell?.state ?? '')
  return bestAlternativeApr([...entries.values()].filter(isOpen), symbol)
}

/** Could one more hedge be opened beside those there are? */
function hasRoom({ runtime, risk, rules }: Ports<'rules' | 'runtime' | 'risk'>): boolean {
  const desk = runtime().get('desk')?.actor.getSnapshot().context as DeskContext | undefined
  const account = risk()?.account
  if (!desk || !account) return true
  const hedges = grantedHedges(desk)
  const room = roomUsdt(exposureOf(hedges, account, hedgeCash({ runtime })), rules, '')
  return hedges.length < rules.limits.hedgesMax && new Decimal(room).gte(rules.limits.hedgeNotionalUsdtMin)
}
