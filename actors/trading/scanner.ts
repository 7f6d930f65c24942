/**
 * Judges every tracked symbol at its own pace and tells a symbol only what changes its mind. Judgements themselves are kept
 * as plain values for people to read: what was found, and why it was or was not enough.
 */
import { Decimal } from 'decimal.js'
import { type DeskContext, exposureOf, grantedHedges } from '../../machines/desk.ts'
import type { HedgeContext } from '../../machines/hedge/context.ts'
import type { SymbolContext } from '../../machines/symbol.ts'
import { entryBasisBps } from '../../src/domain/entry/entry-basis.ts'
import {
  bestAlternative,
  bestFirst,
  type EntryJudgement,
  judgeEntry,
} from '../../src/domain/entry/opportunity.ts'
import type { HedgePlan } from '../../src/domain/entry/plan.ts'
import { mayTempt } from '../../src/domain/entry/pre-check.ts'
import { roomUsdt } from '../../src/domain/entry/sizing.ts'
import { judgeExit } from '../../src/domain/exit/judge-exit.ts'
import {
  type Alternative,
  type ExitInputs,
  type ExitJudgement,
  type HeldHedge,
  NO_MEMORY,
} from '../../src/domain/exit/judgement.ts'
import type { JsonObject } from '../../src/domain/json.ts'
import { tightestGroup } from '../../src/domain/risk/limits.ts'
import { type Usdt, usdt } from '../../src/domain/units.ts'
import { hedgeCash, isFailed } from '../account/reconciler.ts'
import type { EnginePorts, Ports } from '../ports.ts'
import type { PlainKind, Running } from '../runtime/running.ts'
import { pause, service } from '../service.ts'

/** A hedge that is still being opened counts as young as it can be. */
export function heldFacts(
  context: HedgeContext,
  maintenanceMarginRate: string | null,
  nowMs: number,
): HeldHedge {
  const { plan, spot, perp, hedgedAtMs, fundingUsdt, beforeParts } = context
  const { direction, targetBaseQty, sliceBaseQty, notionalUsdt, capitalUsdt, markPrice } = plan
  return {
    entryBasisBps: entryBasisBps(beforeParts?.spot ?? spot, beforeParts?.perp ?? perp),
    hedgedAtMs: hedgedAtMs || nowMs,
    maintenanceMarginRate,
    direction,
    baseQty: beforeParts ? perp.base : targetBaseQty,
    sliceBaseQty,
    notionalUsdt,
    capitalUsdt,
    markPrice,
    roundTripUsdt: roundTripUsdt(plan),
    // A buyer's spot fee is taken in the coin, and so is in the entry's basis already.
    receivedUsdt: usdt(
      new Decimal(fundingUsdt).minus(perp.feesUsdt).minus(direction === 'reverse-carry' ? spot.feesUsdt : 0),
    ),
  }
}

/** What the plan expected one round trip to cost, by its own route: fees, waiting, missing, and the books' spreads. */
function roundTripUsdt({ expected }: HedgePlan): Usdt {
  const { feesUsdt, adverseUsdt, escalationUsdt, basisUsdt } = expected
  const paid = Decimal.sum(feesUsdt, adverseUsdt ?? 0, escalationUsdt ?? 0, Decimal.min(0, basisUsdt))
  return usdt(Decimal.max(0, paid.neg()))
}

/** What else is known when the hedge of this symbol is judged. */
export function exitInputs(
  ports: Ports<'risk'>,
  symbol: string,
  alternative: Alternative | null,
): ExitInputs {
  const risk = ports.risk()
  return {
    alternative,
    ...(risk && { solvency: exitSolvency(risk), reduceOnly: risk.reduceOnly.has(symbol) }),
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
 * What the best symbol that tempts and has no hedge would earn, when this hedge's capital is what it lacks: what can be entered
 * beside it is no reason to leave.
 */
export function alternativeTo(
  ports: Ports<'rules' | 'runtime' | 'risk'>,
  entries: ReadonlyMap<string, EntryJudgement>,
  symbol: string,
): Alternative | null {
  if (hasRoom(ports)) return null
  const isOpen = ({ symbol: each, verdict }: EntryJudgement) =>
    verdict === 'tempting' &&
    fitsItsGroups(ports, each, symbol) &&
    /^idle\.(quiet|tempting|refused)/.test(ports.runtime().get(`symbol:${each}`)?.cell?.state ?? '')
  return bestAlternative([...entries.values()].filter(isOpen), symbol)
}

/** Could a symbol be opened once this one has left, as far as its groups go? */
function fitsItsGroups(
  { runtime, risk, rules: { limits } }: Ports<'rules' | 'runtime' | 'risk'>,
  symbol: string,
  leaving: string,
): boolean {
  const desk = runtime().get('desk')?.actor.getSnapshot().context as DeskContext | undefined
  const account = risk()?.account
  if (!desk || !account) return true
  const hedges = grantedHedges(desk).filter(hedge => hedge.symbol !== leaving)
  const group = tightestGroup(symbol, { ...account, hedges }, limits)
  return !group || group.most.minus(group.held).gte(limits.hedgeNotionalUsdtMin)
}

/** How many hedges may still be begun beside those there are. */
function slotsLeft({ runtime, rules }: Ports<'rules' | 'runtime'>): number {
  const desk = runtime().get('desk')?.actor.getSnapshot().context as DeskContext | undefined
  return desk ? rules.limits.hedgesMax - Object.keys(desk.hedges).length : 0
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

type ScannerPorts = Ports<
  'clock' | 'board' | 'rules' | 'alerts' | 'runtime' | 'newRiskRefused' | 'risk' | 'recorder' | 'funds'
>

type ScanExitPorts = Ports<'board' | 'rules' | 'alerts' | 'runtime' | 'risk' | 'recorder' | 'funds'>

export type Judgements = {
  entries: Map<string, EntryJudgement>
  exits: Map<string, ExitJudgement>
}
/** Nothing judged yet. */
export const noJudgements = (): Judgements => ({ entries: new Map(), exits: new Map() })

/** A symbol blind for this long is no longer tradable, and says so. */
const BLIND_GRACE_MS = 60_000

/** A quiet verdict whose market could not tempt since is made anew after this long, for people to read. */
const LOOK_AGAIN_MS = 60_000
/** Whether a market that holds a hedge could be entered is looked at only for people. */
const HELD_LOOK_AGAIN_MS = 600_000
/** So many whole judgements are made at a time; then everything else has its turn. */
const SLICE = 5
const SLICE_MS = 1

/** Of the last whole judgement of a symbol: what else was known of its market, and the state of its actor. */
type Seen = { changes: number; state: string }
type Memory = { blindSinceMs: Map<string, number>; seen: Map<string, Seen> }

/** Judges every pair for entry and every hedge for exit, and tells charts only when a decision is due. */
export const scanner = (ports: ScannerPorts, judgements: Judgements): PlainKind =>
  service(async signal => {
    const memory: Memory = { blindSinceMs: new Map(), seen: new Map() }
    do {
      let judged = 0
      for (const { symbol, actor } of heldFirst(ports)) {
        if (judged === SLICE) {
          judged = 0
          if (!(await pause(ports.clock, SLICE_MS, signal))) return
        }
        if (scan(ports, judgements, memory, symbol, actor)) judged++
      }
      offer(ports, judgements, memory)
    } while (await pause(ports.clock, ports.rules.strategy.judgeEveryMs, signal))
  })

type Judged = { symbol: string; actor: Running }

function heldFirst({ board, runtime }: Ports<'board' | 'runtime'>): Judged[] {
  const running = runtime()
  const [held, free]: [Judged[], Judged[]] = [[], []]
  for (const symbol of board.symbols()) {
    const actor = running.get(`symbol:${symbol}`)
    if (actor) (HELD.test(actor.cell?.state ?? '') ? held : free).push({ symbol, actor })
  }
  return [...held, ...free]
}

/** True when it was judged whole. */
function scan(
  ports: ScannerPorts,
  judgements: Judgements,
  memory: Memory,
  symbol: string,
  actor: Running,
): boolean {
  const nowMs = ports.clock.nowMs()
  const state = actor.cell?.state ?? ''
  const seen = { changes: ports.board.changes(symbol), state }
  const isWhole = !isStill(ports, judgements.entries.get(symbol), memory.seen.get(symbol), seen, nowMs)
  if (isWhole && !judge(ports, judgements, memory, actor, symbol, nowMs)) return false
  if (isWhole) memory.seen.set(symbol, seen)
  if (HELD.test(state)) scanExit(ports, judgements, actor, nowMs)
  else judgements.exits.delete(symbol)
  return isWhole
}

/** Would a judgement change nothing: is it of a market that holds a hedge, or quiet again, as far as a glimpse proves it? */
function isStill(
  { board, rules }: ScannerPorts,
  before: EntryJudgement | undefined,
  was: Seen | undefined,
  { changes, state }: Seen,
  nowMs: number,
): boolean {
  if (!before || was?.changes !== changes || was.state !== state) return false
  const { symbol, verdict, judgedAtMs } = before
  // Of a market that holds a hedge it decides nothing.
  if (HELD.test(state) && verdict !== 'blind') return nowMs - judgedAtMs < HELD_LOOK_AGAIN_MS
  if (verdict !== 'quiet' || nowMs - judgedAtMs >= LOOK_AGAIN_MS) return false
  const glimpse = board.glimpse(symbol, rules.limits, nowMs)
  return glimpse !== undefined && !mayTempt(glimpse, rules, nowMs)
}

/** False for a symbol that is not tracked. */
function judge(
  ports: ScannerPorts,
  judgements: Judgements,
  { blindSinceMs }: Memory,
  actor: Running,
  symbol: string,
  nowMs: number,
): boolean {
  const view = ports.board.view(symbol)
  if (!view) return false
  const entry = judgeEntry(view, ports.rules, nowMs)
  judgements.entries.set(symbol, entry)
  ports.recorder.judged.entry(entry, view)
  const state = actor.cell?.state ?? ''
  const tell = (event: { type: string; because: string }) => ports.runtime().deliver(actor.id, event)
  const because = `${entry.because}: found ${entry.found}, limit ${entry.limit}`

  if (entry.verdict !== 'blind') {
    blindSinceMs.delete(symbol)
    if (state === 'failed.stale') tell({ type: 'data.fresh', because })
  } else {
    const sinceMs = blindSinceMs.get(symbol) ?? nowMs
    blindSinceMs.set(symbol, sinceMs)
    if (state.startsWith('idle') && nowMs - sinceMs > BLIND_GRACE_MS) tell({ type: 'data.stale', because })
  }
  if (state.startsWith('idle') && entry.because === 'delisting-announced') {
    tell({ type: 'symbol.delisted', because })
  }
  return true
}

/**
 * Symbols compete for room by what they would earn on their capital: of those that tempt, only as many are offered as there are
 * hedges left to begin, the best first. Which is the best is not known before the past of all of them was asked for.
 */
function offer(ports: ScannerPorts, judgements: Judgements, memory: Memory): void {
  if (!ports.board.isFundingTried()) return
  const stateOf = (symbol: string) => ports.runtime().get(`symbol:${symbol}`)?.cell?.state ?? ''
  let slots = slotsLeft(ports)
  let rivals: EntryJudgement[] | undefined
  for (const { symbol, because, found, limit } of bestFirst(judgements.entries.values())) {
    if (slots <= 0) return
    const state = stateOf(symbol)
    // It asks the desk at this moment.
    if (state === 'idle.tempting') slots--
    if (state !== 'idle.quiet' || ports.newRiskRefused(symbol)) continue
    rivals ??= rivalsNow(ports, judgements, memory)
    const beside = besideOf(rivals, symbol)
    const event = { type: 'carry.tempting', because: `${because}: found ${found}, limit ${limit}`, beside }
    ports.runtime().deliver(`symbol:${symbol}`, event)
    slots--
  }
}

/** All that tempt, those that hold a hedge as they are now. */
function rivalsNow(ports: ScannerPorts, judgements: Judgements, memory: Memory): EntryJudgement[] {
  const nowMs = ports.clock.nowMs()
  for (const { symbol, actor } of heldFirst(ports)) {
    if (!HELD.test(actor.cell?.state ?? '')) break
    if (judgements.entries.get(symbol)?.judgedAtMs !== nowMs)
      judge(ports, judgements, memory, actor, symbol, nowMs)
  }
  return bestFirst(judgements.entries.values())
}

/** What a symbol was held against when it was offered: the best of the others that tempted, and their carry on capital a year. */
const besideOf = (competing: readonly EntryJudgement[], symbol: string): JsonObject[] =>
  competing
    .filter(each => each.symbol !== symbol)
    .slice(0, BESIDE_MAX)
    .map(each => ({ symbol: each.symbol, apr: each.carry?.cautiousApr ?? null }))
const BESIDE_MAX = 3

/** With a hedge that can still be told to go; a symbol that is kept out of may have one, too. */
const HELD = /^(hedged|entering|failed\.(quarantined|hedge))/

/** While a hedge is opened, or its symbol kept out of, only what cannot wait ends it. */
function scanExit(
  ports: ScanExitPorts,
  { exits, entries }: Judgements,
  { id, actor, cell }: Running,
  nowMs: number,
) {
  const { symbol, hedgeId } = actor.getSnapshot().context as SymbolContext
  const hedge = ports.runtime().get(`hedge:${hedgeId}`)
  const view = ports.board.view(symbol)
  if (!hedge || !view) return void exits.delete(symbol)
  const context = hedge.actor.getSnapshot().context as HedgeContext
  const inputs = exitInputs(ports, symbol, alternativeTo(ports, entries, symbol))
  const before = exits.get(symbol) ?? NO_MEMORY
  const held = heldFacts(context, ports.funds()?.maintenanceMarginRate ?? null, nowMs)
  const exit = judgeExit(held, view, ports.rules, before, nowMs, inputs)
  exits.set(symbol, exit)
  const asked = { market: view, hedge: held, before, inputs }
  ports.recorder.judged.exit(exit, asked)
  if (exit.verdict !== 'leave' || !(exit.urgent || cell?.state === 'hedged')) return
  const because = `${exit.because}: found ${exit.found}, limit ${exit.limit}`
  if (isFailed(hedge)) return leaveFailed(ports, hedge, because, view.pair.perp.deliveryAtMs - nowMs)
  // Reported once: it is on its way.
  if (context.unwindBecause !== null) return
  ports.recorder.judged.left(exit, asked)
  const isDelisted = exit.because === 'delisting'
  if (isDelisted) ports.alerts.raise('page', 'symbol.delisting', { symbol, because })
  const type = isDelisted && cell?.state !== 'failed.quarantined' ? 'symbol.delisted' : 'exit.wanted'
  ports.runtime().deliver(id, { type, because })
}

const HOUR_MS = 3_600_000
/** Hours before a delivery at which a person hears again of a failed hedge. */
const STAGES_HOURS = [1, 6, 24]

/** A failed hedge keeps its risk management: a person hears of it, again as a delivery nears, and the policy may let it leave. */
function leaveFailed(
  { alerts, rules, runtime }: Ports<'alerts' | 'rules' | 'runtime'>,
  { id, actor }: Running,
  because: string,
  deliveryInMs: number,
): void {
  const { plan, phase } = actor.getSnapshot().context as HedgeContext
  const stage = STAGES_HOURS.find(hours => deliveryInMs > 0 && deliveryInMs <= hours * HOUR_MS)
  const subject = stage === undefined ? plan.symbol : `${plan.symbol} ${stage} h`
  alerts.raise('page', 'hedge.failed-in-danger', { subject, because })
  // One that was on its way out when it failed goes on with that by itself.
  if (rules.limits.failedPolicy !== 'hold' && phase !== 'unwinding')
    runtime().deliver(id, { type: 'hedge.unwind', because })
}
