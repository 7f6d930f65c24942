/** Carries out what a hedge decides: asks for the next step, places its orders, asks about them. */
import type { EngineContext } from '../machines/engine.ts'
import type { HedgeContext, OrderInFlight } from '../machines/hedge/context.ts'
import { hedgeMachine } from '../machines/hedge/hedge.ts'
import { judgeEntry } from '../src/domain/entry/opportunity.ts'
import type { HedgePlan } from '../src/domain/entry/plan.ts'
import type { JsonObject } from '../src/domain/json.ts'
import { isLevel } from '../src/domain/legs/balance.ts'
import {
  type Fill,
  type OrderLeg,
  type OrderReport,
  type OrderRequest,
  type RejectReason,
  refusalKindOf,
  refusalScope,
  refusalText,
} from '../src/domain/legs/order.ts'
import { legOutcome, spreadOutcome } from '../src/domain/work/leg-outcome.ts'
import { type HedgeToStep, type Step, withDecidedMids } from '../src/domain/work/step.ts'
import { nextStep } from '../src/domain/work/steps.ts'
import { isFailed } from './account/reconciler.ts'
import type { Ports } from './ports.ts'
import { sliceRefused } from './risk/budget.ts'
import type { Answer, EffectHandler } from './runtime/outbox.ts'
import type { DurableKind } from './runtime/running.ts'
import {
  createExitBooks,
  createLegDoubts,
  type ExitView,
  facts,
  findLegs,
  findLess,
  isReducing,
  MARKET,
  verifyLegs,
} from './trading/hedge-legs.ts'

// Refusals that may go away by themselves, of entries: once it is chance, of one hedge after the other it is not, and each try costs
// the fees of a slice. Counted by symbol and leg, in memory: a restart tries again.

/** So many hedges in a row whose entry was refused on the same leg. */
const HEDGES_MAX = 3

type EntryOrder = { symbol: string; leg: OrderLeg; hedgeId: string }

/** `refused` answers whether it has become too many; one order that is taken begins the count anew. */
export function createRefusedEntries() {
  const hedges = new Map<string, Set<string>>()
  const keyOf = ({ symbol, leg }: EntryOrder) => `${symbol} ${leg}`
  return {
    taken: (asked: EntryOrder): void => void hedges.delete(keyOf(asked)),
    refused(asked: EntryOrder, reason: RejectReason): boolean {
      if (refusalKindOf(reason) === 'transient') return false
      const refused = hedges.get(keyOf(asked)) ?? new Set()
      hedges.set(keyOf(asked), refused.add(asked.hedgeId))
      return refused.size >= HEDGES_MAX
    },
  }
}

type HedgeKindPorts = Ports<
  | 'clock'
  | 'exchange'
  | 'board'
  | 'rules'
  | 'telemetry'
  | 'alerts'
  | 'runtime'
  | 'newRiskRefused'
  | 'risk'
  | 'assertOwner'
  | 'recorder'
  | 'bookSoon'
>

type ConfirmPlanPorts = Ports<'clock' | 'board' | 'rules' | 'newRiskRefused'>
type DecidePorts = ConfirmPlanPorts & Ports<'runtime' | 'risk'>

type PlaceOrderPorts = Ports<
  | 'exchange'
  | 'board'
  | 'rules'
  | 'telemetry'
  | 'alerts'
  | 'runtime'
  | 'newRiskRefused'
  | 'risk'
  | 'assertOwner'
>

type Work = { leg: OrderLeg; order: OrderInFlight | null }
type Asked = { leg: OrderLeg; order: OrderInFlight }

/** A hedge's kind: its chart, and the effects that the chart only names. */
export const hedgeKind = (ports: HedgeKindPorts): DurableKind => ({
  machine: hedgeMachine,
  effects: {
    confirmPlan: async params => confirmPlan(ports, facts(params)),
    decideStep: decideStep(ports),
    placeOrder: placeOrder(ports),
    findOrder: findOrder(ports),
    cancelOrder: cancelOrder(ports),
    verifyLegs: verifyLegs(ports),
    findLegs: async params => findLegs(ports, facts(params)),
    decideFailed: async params => decideFailed(ports, facts(params)),
    async alert(params, { actorId }) {
      ports.alerts.raise('page', 'hedge.failed', { actorId, because: String(params.because) })
      return undefined
    },
  },
})

const work = (params: JsonObject) => params as unknown as Asked

/** The plan is as old as its journey through the desk: the market is looked at once more before the first order. */
function confirmPlan(ports: ConfirmPlanPorts, { plan }: HedgeToStep): Answer {
  const refused = ports.newRiskRefused(plan.symbol)
  if (refused) return { type: 'plan.refused', because: refused }
  const view = ports.board.view(plan.symbol)
  if (!view) return { type: 'plan.refused', because: `${plan.symbol} is not tracked` }
  const judged = judgeEntry(view, ports.rules, ports.clock.nowMs(), plan.expected)
  if (judged.verdict !== 'tempting') {
    return {
      type: 'plan.refused',
      because: `${judged.because}: found ${judged.found}, limit ${judged.limit}`,
    }
  }
  return { type: 'plan.confirmed' }
}

/** @param read - the market with what was read for an exit; left out, as the board knows it */
function decide(ports: DecidePorts & Ports<'exchange'>, hedge: HedgeToStep, read?: ExitView): Step {
  const view = read?.view ?? ports.board.view(hedge.plan.symbol)
  if (!view)
    return { kind: hedge.resting ? 'cancel' : 'wait', because: `${hedge.plan.symbol} has no market data` }
  const refused = read?.isPatched ? 'the public stream is away' : sliceRefused(ports, hedge.plan)
  const step = nextStep(hedge, view, ports.rules, refused, ports.clock.nowMs())
  // What cannot leave is not tried: a refusal would count against the hedge.
  if (step.kind === 'order' && !ports.exchange.orderEntryReady())
    return { kind: 'wait', because: ports.exchange.keyRefusal()?.says ?? 'order entry is down' }
  return withDecidedMids(step, view)
}

function decideStep(ports: DecidePorts & Ports<'exchange' | 'telemetry'>): EffectHandler {
  const doubts = createLegDoubts(ports)
  const exitBooks = createExitBooks(ports)
  return async (params, { actorId }) => {
    const hedge = facts(params)
    const view = isReducing(hedge) ? ports.board.view(hedge.plan.symbol) : undefined
    const read = view && (await exitBooks(view))
    const step = decide(ports, hedge, read)
    if (!isDoubtful(step, hedge) && !waitsForMarket(ports, step, hedge)) return asEvent(step, hedge)
    const judged = await doubts.judge(actorId, hedge)
    if (judged === 'there') return asEvent(step, hedge)
    if (judged !== 'unread') return judged
    return asEvent(isSpreadExit(step) ? decide(ports, legByLeg(hedge), read) : step, hedge)
  }
}

/** What does not trade may have been delivered, which nobody else looks for while a hedge is on its way out. */
function waitsForMarket({ board }: Ports<'board'>, { kind }: Step, { plan, phase }: HedgeToStep): boolean {
  const pair = board.view(plan.symbol)?.pair
  return kind === 'wait' && phase === 'unwinding' && pair?.perp.trading === false
}

/** Neither leg of such an order is reduce-only: where nothing is held it opens the hedge the other way round. */
const isSpreadExit = (step: Step): boolean =>
  step.kind === 'order' && step.purpose === 'exit' && step.order.leg === 'spreadOrder'

const legByLeg = (hedge: HedgeToStep): HedgeToStep => ({
  ...hedge,
  plan: { ...hedge.plan, route: 'spot-first' },
})

/** A debt bought back twice cannot be taken back; and orders in vain may ask for what is not there. */
function isDoubtful(step: Step, { plan, setbacks = 0 }: HedgeToStep): boolean {
  if (step.kind !== 'order' || step.purpose === 'enter') return false
  const isBuyBack = plan.direction === 'reverse-carry' && step.purpose === 'exit' && step.order.leg === 'spot'
  return isBuyBack || isSpreadExit(step) || setbacks >= 2
}

function asEvent(step: Step, { spotNetBase, perpBase }: HedgeToStep): Answer {
  if (step.kind === 'done')
    return { type: 'step.done', ...(step.because && { because: step.because }), spotNetBase, perpBase }
  if (step.kind === 'rest') return { type: 'step.rest', because: step.because, spotNetBase, perpBase }
  const { kind, ...rest } = step
  const onLegs = kind === 'order' ? { spotNetBase, perpBase } : {}
  return { type: `step.${kind}`, ...(rest as JsonObject), ...onLegs }
}

const request = ({ leg, order }: Asked): OrderRequest => ({
  orderLinkId: order.orderLinkId,
  market: MARKET[leg],
  symbol: order.symbol,
  side: order.side,
  qty: order.qty,
  limitPrice: order.limitPrice,
  timeInForce: order.rests ? 'PostOnly' : 'IOC',
  reduceOnly: order.reduceOnly,
  borrow: order.borrow,
  // What hedges a slice that is open may use the share of the quota that is kept for exits.
  intent: order.opens ? 'enter' : 'reduce',
})

const hedgeContext = (ports: Ports<'runtime'>, actorId: string) =>
  ports.runtime().get(actorId)?.actor.getSnapshot().context as HedgeContext | undefined

/** Refusals of an order that the terms known here allow: the exchange has changed them since. */
const OF_OTHER_TERMS: ReadonlySet<RejectReason> = new Set(['below-minimum', 'not-trading'])

/** The commit of an order's decision proves that the account is ours; a proof older than this proves nothing. */
const SEND_WITHIN_MS = 2_000

function placeOrder(ports: PlaceOrderPorts): EffectHandler {
  const entries = createRefusedEntries()
  return async (params, { redriven, actorId, ageMs }) => {
    const { leg, order } = work(params)
    const { orderLinkId } = order
    // It may have left before the crash: from here on it is asked about, never sent (promise 2).
    if (redriven) return { type: 'order.unknown', orderLinkId, cause: 'the process restarted' }
    // A process that was frozen since may have lost the account to another, which decides by now (promise 8).
    if (ageMs() > SEND_WITHIN_MS)
      return { type: 'order.unknown', orderLinkId, cause: `decided ${Math.round(ageMs())} ms ago: not sent` }
    const refused = order.opens ? sliceRefused(ports, hedgeContext(ports, actorId)?.plan) : null
    if (refused) return { type: 'order.rejected', orderLinkId, reason: 'not-sent', detail: refused }
    ports.assertOwner()
    const placed = await ports.exchange.placeOrder(request({ leg, order }))
    ports.telemetry.orderEnded(placed.kind)
    const { log } = ports.telemetry
    log.info('order.placed', { actorId, orderLinkId, side: order.side, qty: order.qty, outcome: placed.kind })
    const hedge = hedgeContext(ports, actorId)
    const asked = { leg, symbol: hedge?.plan.symbol ?? '', hedgeId: actorId }
    if (placed.kind === 'accepted') {
      entries.taken(asked)
      return { type: 'order.accepted', orderLinkId }
    }
    if (placed.kind === 'unknown') return { type: 'order.unknown', orderLinkId, cause: placed.cause }
    if (OF_OTHER_TERMS.has(placed.reason)) ports.board.doubtTerms()
    const isTooOften = order.purpose === 'enter' && entries.refused(asked, placed.reason)
    tellRefusal(ports, hedge, { purpose: order.purpose, isTooOften }, placed)
    return { type: 'order.rejected', orderLinkId, reason: placed.reason, detail: placed.detail }
  }
}

/** Of an order that makes a hedge smaller or level, so many refusals in a row may be chance. */
const CHANCE_REFUSALS = 3

/**
 * No order of the account, or of the symbol, can pass: it is said at once, and nothing new is opened until a person was there. One no
 * to an exit or a repair says little: it is tried again first. One that may go away by itself is believed after a few hedges.
 */
function tellRefusal(
  { runtime, alerts }: Ports<'runtime' | 'alerts'>,
  hedge: HedgeContext | undefined,
  { purpose, isTooOften }: Pick<OrderInFlight, 'purpose'> & { isTooOften: boolean },
  { reason, detail }: { reason: RejectReason; detail: string },
): void {
  const known = refusalScope(reason)
  const scope = isTooOften && known !== 'account' ? 'symbol' : known
  if (!hedge || !(scope === 'account' || scope === 'symbol')) return
  if (scope === 'symbol' && purpose !== 'enter' && hedge.setbacks < CHANCE_REFUSALS) return
  const because = refusalText(reason, detail)
  alerts.raise('page', 'exchange.refuses', {
    subject: scope === 'account' ? 'account' : hedge.plan.symbol,
    because,
  })
  if (scope === 'symbol') runtime().deliver(hedge.symbolActor, { type: 'symbol.quarantine', because })
  const engine = runtime().get('engine')?.actor.getSnapshot().context as EngineContext | undefined
  if (scope === 'account' && !engine?.halt)
    runtime().deliver('engine', { type: 'engine.halt', by: 'exchange', because })
}

/** What a failed hedge may do by itself, by the policy of this moment. */
async function decideFailed(
  { rules, exchange }: Ports<'rules' | 'exchange'>,
  hedge: HedgeToStep,
): Promise<Answer> {
  const policy = rules.limits.failedPolicy ?? 'level'
  if (policy === 'unwind')
    return { type: 'hedge.unwind', because: 'failed, and to be unwound by limits.failedPolicy' }
  const isUnfinished = hedge.phase === 'unwinding' || !isLevel(hedge.plan, hedge)
  if (policy !== 'level') return { type: 'failed.held' }
  // Level by what it knows, and failed because the exchange shows less: what is shown is levelled.
  return isUnfinished
    ? { type: 'failed.level' }
    : ((await findLess({ exchange }, hedge)) ?? { type: 'failed.held' })
}

const findOrder =
  (ports: Ports<'exchange' | 'runtime' | 'recorder'>): EffectHandler =>
  async (params, { actorId }) => {
    const { leg, order } = work(params)
    const { orderLinkId } = order
    const looked = await ports.exchange.findOrder(MARKET[leg], order.symbol, orderLinkId)
    if (looked.kind === 'unanswered') return { type: 'order.unanswered', orderLinkId, cause: looked.cause }
    if (looked.kind === 'absent') return { type: 'order.absent', orderLinkId, serverAtMs: looked.serverAtMs }
    // What the stream did not bring is kept all the same: the books know a spread's legs by their executions alone.
    ports.recorder.order(looked.report)
    for (const fill of looked.fills) ports.recorder.fill(fill)
    const context = hedgeContext(ports, actorId)
    const told = context && orderNews(leg, looked.report, looked.fills, context.plan)
    return told ?? { type: 'order.unanswered', orderLinkId, cause: 'its executions are not all there yet' }
  }

/** What its executions say of an order, ended or still open; undefined while they are not all there. */
export function orderNews(
  leg: OrderLeg,
  report: OrderReport,
  fills: readonly Fill[],
  plan: HedgePlan,
): Answer | undefined {
  const { orderLinkId, status, filledQty } = report
  if (leg === 'spreadOrder') {
    if (status === 'open') return { type: 'order.open', orderLinkId }
    const legs = spreadOutcome(report, fills, plan)
    return legs && { type: 'order.closed', orderLinkId, leg, legs: legs as unknown as JsonObject }
  }
  const outcome = legOutcome(leg, report, fills, plan)
  if (status === 'open') {
    return { type: 'order.open', orderLinkId, ...(outcome && { soFar: { ...outcome, filledQty } }) }
  }
  return outcome && { type: 'order.closed', orderLinkId, leg, ...outcome }
}

const cancelOrder =
  (ports: Ports<'exchange' | 'runtime' | 'assertOwner'>): EffectHandler =>
  async (params, { actorId }) => {
    const { leg, order } = params as unknown as Work
    if (!order) return undefined
    ports.assertOwner()
    const isGone = await ports.exchange.cancelOrder(MARKET[leg], order.symbol, order.orderLinkId)
    // A leg at work asks and cancels again by itself; a failed hedge does neither: the effect stays until it is done.
    if (!isGone && isFailed(ports.runtime().get(actorId)))
      throw new Error(`order ${order.orderLinkId}: whether it is off the book is not known`)
    return undefined
  }
