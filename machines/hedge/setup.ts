/** The names a hedge's chart is written with: its actions, guards, delays and effects. No IO, no clock, no chance. */
import { assign, setup } from 'xstate'
import { type OrderLeg, type RejectReason, refusalScope, refusalText } from '../../src/domain/legs/order.ts'
import { addFunding, isSettlementKnown, rememberSettlement } from '../../src/domain/market/funding.ts'
import { isRefusal } from '../../src/domain/refusal.ts'
import { NO_BASE } from '../../src/domain/units.ts'
import type { LegOutcome } from '../../src/domain/work/leg-outcome.ts'
import { heldUntil, partToKeep } from '../../src/domain/work/part.ts'
import type { HedgeToStep } from '../../src/domain/work/step.ts'
import type { HedgeContext, HedgeInput, OrderInFlight, Phase } from './context.ts'
import type { HedgeEvent } from './events.ts'
import {
  adopt,
  cancelAllResting,
  changeLeg,
  forget,
  free,
  heldBy,
  ordersOf,
  progress,
  restingOf,
  settle,
  takeInterest,
  takeLoss,
  takeOrders,
} from './orders.ts'

type OfLeg = { leg: OrderLeg; mayRest?: boolean }
type Work = { leg: OrderLeg; order: OrderInFlight | null }

/** What the next step is decided from, as JSON: the plan, what the legs hold, and what went wrong so far. */
export const hedgeFacts = ({ context }: { context: HedgeContext }): HedgeToStep => ({
  plan: context.plan,
  phase: context.phase,
  overdue: context.overdue,
  unwindBecause: context.unwindBecause,
  repairs: context.repairs,
  reprices: context.reprices,
  setbacks: context.setbacks,
  unbalancedSinceMs: context.unbalancedSinceMs,
  absentOrders: context.absentOrders,
  refusal: context.refusal,
  gaveBack: context.gaveBack,
  ...holdings(context),
  resting: restingOf(context),
  ...(context.keepBase !== undefined && context.phase === 'hedged' && { keepBase: context.keepBase }),
  cut: context.takenExecs.length > 0 || context.reducedByOthers !== null,
  reducedByOthers: context.reducedByOthers,
})

/** Verifications that disagree before a person is called: the exchange's own views lag each other for a moment. */
const VERIFIES_MAX = 5
/** Orders in a row that may change nothing before a person is called. */
const SETBACKS_MAX = 30
/** Decisions in a row that may wait (for data, for depth) before a person is called, when legs are apart. */
const WAITS_MAX = 120
/** Waits in a row after which nothing is urgent any more, and how much rarer it is looked from then on. */
const PATIENT_WAITS = 10
const PATIENCE = 10

/** What the exchange refuses for good is tried again so rarely; on the way out more and more rarely until then. */
const REFUSED_AGAIN_MS = 60_000
const PATIENT_REFUSALS = 5
/** Between two questions about an order whose outcome stays unknown, at most. */
const ASK_MS_MAX = 15_000
/** After a failure it is looked at again, each time later. */
const FAILED_AGAIN_MS = 60_000
const FAILED_AGAIN_MS_MAX = 1_800_000
/** While its legs are apart, or it wants out. */
const FAILED_URGENT_MS_MAX = 120_000

/** The first `asksMax` questions come at their usual pace; from then on each waits twice as long as the one before. */
function askDelayMs(context: HedgeContext, leg: OrderLeg): number {
  const { askEveryMs, asksMax } = context.execution
  const slower = 2 ** Math.min(10, Math.max(0, context[leg].asks - asksMax))
  return Math.max(askEveryMs, Math.min(ASK_MS_MAX, askEveryMs * slower))
}

/** What is refused for good is tried now and then: somebody may have changed what had to be changed. An exit never waits for one no. */
function decideAgainMs({
  execution,
  waits,
  unbalancedSinceMs,
  refusal,
  phase,
  setbacks,
}: HedgeContext): number {
  const { askEveryMs } = execution
  if (refusal) {
    const rarely = Math.max(REFUSED_AGAIN_MS, askEveryMs)
    // Money that is missing may be a list that lags: that is asked a few times more.
    const inVain = refusal.scope === 'money' ? Math.max(0, setbacks - PATIENT_REFUSALS) : setbacks
    if (phase !== 'entering') return Math.min(rarely, askEveryMs * 2 ** Math.min(10, inVain))
    if (refusal.scope === 'account') return rarely
  }
  return askEveryMs * (waits > PATIENT_WAITS && unbalancedSinceMs === 0 ? PATIENCE : 1)
}

/** A refusal that is not mended by trying again. */
function lasting(
  context: HedgeContext,
  leg: OrderLeg,
  { orderLinkId, reason, detail }: { orderLinkId: string; reason: RejectReason; detail: string },
): Partial<HedgeContext> {
  const scope = refusalScope(reason)
  if (!scope || context[leg].order?.orderLinkId !== orderLinkId) return {}
  return { refusal: { leg, scope, because: refusalText(reason, detail) } }
}

/** An event about the order this leg works on. */
const isOwnOrder = (context: HedgeContext, event: HedgeEvent, leg: OrderLeg) =>
  'orderLinkId' in event && event.orderLinkId === context[leg].order?.orderLinkId

/** Before this the exchange may still accept the request (Bybit: server time − recv_window ≤ timestamp). */
const windowEndsAtMs = ({ execution }: HedgeContext, decidedAtMs: number) =>
  decidedAtMs + execution.orderDeadlineMs + execution.recvWindowMs + execution.askEveryMs

/** Enough negative answers in a row, the last by an exchange clock past the receive window: promise 3. */
const isProvenAbsent = (context: HedgeContext, event: HedgeEvent, leg: OrderLeg) =>
  event.type === 'order.absent' &&
  isOwnOrder(context, event, leg) &&
  context[leg].absents + 1 >= context.execution.asksMin &&
  event.serverAtMs > windowEndsAtMs(context, context[leg].order?.decidedAtMs ?? 0)

const isWorkDone = (context: HedgeContext) => ordersOf(context).length === 0

/** Of what is under way, all stands in the book, and may stay there. */
const isBiding = (context: HedgeContext) =>
  !isWorkDone(context) &&
  ordersOf(context).every(({ standing, cancelRequested }) => standing && !cancelRequested)

/** Does the leg's order rest, and may it? */
const isResting = (context: HedgeContext, leg: OrderLeg) =>
  context[leg].order?.rests === true && !context[leg].order.cancelRequested

/** What stays when this part is closed; undefined when it cannot be. */
function restOf(context: HedgeContext, event: HedgeEvent): HedgeContext['keepBase'] {
  if (event.type !== 'hedge.unwind-part') return undefined
  const rest = partToKeep(context.plan, holdings(context), event.share)
  return isRefusal(rest) ? undefined : rest.keepBase
}

const outcomeOf = ({ base, cashUsdt, feesUsdt }: LegOutcome): LegOutcome => ({ base, cashUsdt, feesUsdt })

const holdings = ({ spot, perp }: HedgeContext) => ({ spotNetBase: heldBy(spot), perpBase: heldBy(perp) })

export const hedgeSetup = setup({
  types: {
    context: {} as HedgeContext,
    events: {} as HedgeEvent,
    input: {} as HedgeInput,
  },
  delays: {
    ENTRY_DEADLINE: ({ context }) => context.execution.entryDeadlineMs,
    ORDER_SILENCE: ({ context }) => context.execution.orderSilenceMs,
    /** An order in the book is asked about when nothing was heard of it for this long. */
    REST_SILENCE: ({ context }) => context.execution.orderSilenceMs,
    BIDE: ({ context }) => context.execution.askEveryMs * 2,
    REPAY_AGAIN: 30_000,
    ASK_AGAIN_SPOT: ({ context }) => askDelayMs(context, 'spot'),
    ASK_AGAIN_PERP: ({ context }) => askDelayMs(context, 'perp'),
    ASK_AGAIN_SPREAD_ORDER: ({ context }) => askDelayMs(context, 'spreadOrder'),
    FAILED_AGAIN: ({ context: { failures, unbalancedSinceMs, phase } }) =>
      Math.min(
        unbalancedSinceMs > 0 || phase === 'unwinding' ? FAILED_URGENT_MS_MAX : FAILED_AGAIN_MS_MAX,
        FAILED_AGAIN_MS * 2 ** Math.min(10, failures - 1),
      ),
    /** A whole hedge that waits for long writes no row a second. */
    DECIDE_AGAIN: ({ context }) => decideAgainMs(context),
    /** Lists may lag behind a fill for half a minute: each look comes later than the one before. */
    VERIFY_AGAIN: ({ context }) => context.execution.askEveryMs * 2 * Math.max(1, context.verifies),
  },
  guards: {
    isOwnOrder: ({ context, event }, { leg }: OfLeg) => isOwnOrder(context, event, leg),
    hasNewOrder: ({ context }, { leg }: OfLeg) => context[leg].order?.asked === false,
    hasLeftOrder: ({ context }, { leg }: OfLeg) => context[leg].order?.asked === true,
    isProvenAbsent: ({ context, event }, { leg }: OfLeg) => isProvenAbsent(context, event, leg),
    isUnprovenAbsent: ({ context, event }, { leg }: OfLeg) =>
      isOwnOrder(context, event, leg) && !isProvenAbsent(context, event, leg),
    isOwnPostOnly: ({ context, event }, { leg }: OfLeg) =>
      isOwnOrder(context, event, leg) && context[leg].order?.rests === true,
    isOwnResting: ({ context, event }, { leg }: OfLeg) =>
      isOwnOrder(context, event, leg) && isResting(context, leg),
    isOwnCrossing: ({ context, event }, { leg, mayRest }: OfLeg) =>
      isOwnOrder(context, event, leg) && !(mayRest && isResting(context, leg)),
    isCancelRequested: ({ context }, { leg }: OfLeg) => context[leg].order?.cancelRequested === true,
    hasResting: ({ context }) => restingOf(context) !== null,
    isBiding: ({ context }) => isBiding(context),
    isNotBiding: ({ context }) => !isBiding(context),
    isNewInterest: ({ context, event }) =>
      event.type === 'interest.accrued' && event.rowId !== context.lastInterestRow,
    isNewLoss: ({ context, event }) =>
      event.type === 'leg.taken' &&
      !context.takenExecs.includes(event.execId) &&
      // What was there when the legs were adopted is in what was found.
      event.filledAtMs > context.adoptedAtMs,
    /** The answer speaks of the legs as they still are. */
    isOfPresentLegs: ({ context, event }) =>
      'spotNetBase' in event &&
      event.spotNetBase === heldBy(context.spot) &&
      event.perpBase === heldBy(context.perp),
    isOfOtherLegs: ({ context, event }) =>
      'spotNetBase' in event &&
      (event.spotNetBase !== heldBy(context.spot) || event.perpBase !== heldBy(context.perp)),
    isWorkDone: ({ context }) => isWorkDone(context),
    isLeftOrLate: ({ context, event }) =>
      event.type === 'order.closed' &&
      (context.absentOrders.includes(event.orderLinkId) || isOwnOrder(context, event, event.leg)),
    isVerifiedOften: ({ context }) => context.verifies >= VERIFIES_MAX,
    isWaitedOut: ({ context }) => context.waits >= WAITS_MAX && context.unbalancedSinceMs > 0,
    /** The first order that changes nothing is followed at once; after that there is a pause. */
    isSetBack: ({ context }) => isWorkDone(context) && context.setbacks > 1,
    /** A level entry ends by itself, with what it has. */
    isSetBackOut: ({ context }) =>
      isWorkDone(context) &&
      context.setbacks > SETBACKS_MAX &&
      (context.phase !== 'entering' || context.unbalancedSinceMs > 0),
    isNewSettlement: ({ context, event }) =>
      event.type === 'funding.settled' && !isSettlementKnown(context.settledAtMs, event.settledAtMs),
    isPart: ({ context, event }) => restOf(context, event) !== undefined,
    isPartClosed: ({ context }) => context.keepBase !== undefined,
    isLeaving: ({ context }) => context.unwindBecause !== null,
    wasUnwinding: ({ context }) => context.phase === 'unwinding',
    wasHedged: ({ context }) => context.phase === 'hedged',
    isFoundFlat: ({ event }) =>
      event.type === 'legs.found' && event.spotBase === NO_BASE && event.perpBase === NO_BASE,
  },
  actions: {
    enter: assign(({ context }, { phase }: { phase: Phase }) => ({
      phase,
      waits: 0,
      setbacks: 0,
      verifies: 0,
      // An exit that goes on knows still which leg could not be closed.
      refusal: phase === 'unwinding' && context.phase === phase ? context.refusal : null,
      gaveBack: null,
      failure: null,
    })),
    countFailure: assign(({ context }) => ({ failures: context.failures + 1 })),
    markEntered: assign(({ event }) => ({ enteredAtMs: event.atMs })),
    markHedged: assign(({ context, event }) => ({
      hedgedAtMs: context.hedgedAtMs || event.atMs,
      failures: 0,
      overdue: false,
    })),
    // What was in vain before says nothing of this command.
    keepRest: assign(({ context, event }) => ({
      waits: 0,
      setbacks: 0,
      refusal: null,
      keepBase: restOf(context, event),
      beforeParts: context.beforeParts ?? { spot: outcomeOf(context.spot), perp: outcomeOf(context.perp) },
      heldBefore: heldUntil(heldBy(context.perp), context.heldBefore ?? context.hedgedAtMs, event.atMs),
    })),
    endPart: assign({ keepBase: undefined }),
    markOverdue: assign({ overdue: true }),
    takeOrder: assign(({ context, event }) =>
      event.type === 'step.order'
        ? takeOrders(
            context,
            event.parallelOrder ? [event.order, event.parallelOrder] : [event.order],
            event.purpose,
            event.atMs,
            event.givesBack ? event.because : null,
          )
        : {},
    ),
    takeFills: assign(({ context, event }, { leg }: OfLeg) =>
      'soFar' in event && event.soFar && leg !== 'spreadOrder'
        ? progress(context, leg, event.soFar, event.atMs)
        : {},
    ),
    cancel: assign(({ context }) => cancelAllResting(context)),
    markStanding: assign(({ context }, { leg }: OfLeg) =>
      changeLeg(context, leg, ({ order }) => ({
        order: order && { ...order, standing: true },
        asks: 0,
        absents: 0,
      })),
    ),
    markAway: assign(({ context }, { leg }: OfLeg) =>
      changeLeg(context, leg, ({ order }) => ({ order: order && { ...order, standing: false } })),
    ),
    takeLoss: assign(({ context, event }) => (event.type === 'leg.taken' ? takeLoss(context, event) : {})),
    takeInterest: assign(({ context, event }) =>
      event.type === 'interest.accrued' ? takeInterest(context, event) : {},
    ),
    markAsked: assign(({ context }, { leg }: OfLeg) =>
      changeLeg(context, leg, ({ order }) => ({ order: order && { ...order, asked: true } })),
    ),
    countAsk: assign(({ context }, { leg }: OfLeg) =>
      changeLeg(context, leg, ({ asks }) => ({ asks: asks + 1 })),
    ),
    countAbsent: assign(({ context }, { leg }: OfLeg) =>
      changeLeg(context, leg, ({ absents }) => ({ absents: absents + 1 })),
    ),
    clearAbsents: assign(({ context }, { leg }: OfLeg) => changeLeg(context, leg, () => ({ absents: 0 }))),
    clearAsks: assign(({ context }) => ({
      ...changeLeg(context, 'spot', () => ({ asks: 0, absents: 0 })),
      ...changeLeg(context, 'perp', () => ({ asks: 0, absents: 0 })),
      ...changeLeg(context, 'spreadOrder', () => ({ asks: 0, absents: 0 })),
    })),
    settle: assign(({ context, event }) =>
      event.type === 'order.closed' ? settle(context, event, event.atMs) : {},
    ),
    refuse: assign(({ context, event }, { leg }: OfLeg) => ({
      ...free(context, leg),
      ...(event.type === 'order.rejected' && lasting(context, leg, event)),
    })),
    forget: assign(({ context }, { leg }: OfLeg) => forget(context, leg)),
    giveUp: assign(({ context }) => ({ failure: `${context.setbacks} orders in a row did not fill` })),
    countWait: assign(({ context }) => ({ waits: context.waits + 1 })),
    countVerify: assign(({ context }) => ({ verifies: context.verifies + 1 })),
    leave: assign(({ context, event }) => ({
      unwindBecause: context.unwindBecause ?? ('because' in event ? event.because : 'operator'),
      overdue: true,
      ...(event.type === 'hedge.unwind' && event.by && { closedBy: event.reopen ? null : event.by }),
    })),
    failBecause: assign(({ event }) => ({
      failure: 'because' in event ? event.because : 'detail' in event ? event.detail : event.type,
    })),
    bookFunding: assign(({ context, event }) =>
      event.type === 'funding.settled'
        ? {
            fundingUsdt: addFunding(context.fundingUsdt, event.amountUsdt),
            settlements: context.settlements + 1,
            lastSettlementAtMs: Math.max(context.lastSettlementAtMs, event.settledAtMs),
            settledAtMs: rememberSettlement(context.settledAtMs, event.settledAtMs),
          }
        : {},
    ),
    adopt: assign(({ context, event }) => (event.type === 'legs.found' ? adopt(context, event) : {})),
    // Effects: collected with the step, carried out by `actors/hedge.ts` once it is durable.
    confirmPlan: (_, _hedge: HedgeToStep) => {},
    decideStep: (_, _hedge: HedgeToStep) => {},
    placeOrder: (_, _work: Work) => {},
    findOrder: (_, _work: Work) => {},
    cancelOrder: (_, _work: Work) => {},
    verifyLegs: (_, _hedge: HedgeToStep) => {},
    findLegs: (_, _hedge: HedgeToStep) => {},
    decideFailed: (_, _hedge: HedgeToStep) => {},
    alert: (_, _what: { because: string }) => {},
    send: (
      _,
      _message: {
        to: string
        event: { type: string; hedgeId: string; [field: string]: string }
      },
    ) => {},
  },
})
