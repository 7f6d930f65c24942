/**
 * One hedge: a spot leg and a perpetual leg, opened, kept level, and closed again.
 *
 *   idle ──plan.confirmed──▶ entering ──legs level, verified──▶ hedged ──hedge.unwind──▶ unwinding ──flat, verified──▶ closed
 *     └─plan.refused─▶ closed   │  └────────cannot, or too late─────────────────────────────▲  │
 *                               └──▶ failed ◀─── cannot be levelled, or the exchange disagrees ─┘
 *                                      └─ retry, unwind, adopt: a person's, or by the operator's policy
 *
 * A part of a hedge that is held is closed in hedged.rebalancing, by the same loop, and the rest stays hedged.
 *
 * Working (in entering, hedged.rebalancing and unwinding) is one loop over three regions:
 *
 *   work:  deciding ──step.order──▶ ordering ──both legs quiet──▶ deciding … step.done ──▶ verifying
 *   spot:  one order at a time (leg.ts)        perp:  one order at a time (leg.ts)
 *
 *   spreadOrder: an order that works both legs at once (leg.ts)
 *
 * Crossing orders come one at a time, or in parallel, one on each leg: what follows is sized from what they really did. Beside
 * an order that rests in the book (biding) only the order that hedges its fills may run. A decision is asked for as an
 * effect and comes back as an event, so the journal holds what was decided and on which numbers.
 */

import type { LegName } from '../../src/domain/instrument.ts'
import { bindsOf } from '../../src/domain/risk/limits.ts'
import type { LimitRules } from '../../src/domain/rules.ts'
import { type HedgeContext, newHedge, type Phase } from './context.ts'
import { legRegion } from './leg.ts'
import { hedgeFacts, hedgeSetup } from './setup.ts'

/** What changes a leg at the very end: what is verified is no longer the end. */
const changed = {
  'order.closed': { guard: 'isLeftOrLate', actions: 'settle', target: 'deciding' },
  'leg.taken': { guard: 'isNewLoss', actions: 'takeLoss', target: 'deciding' },
  'interest.accrued': { guard: 'isNewInterest', actions: 'takeInterest', target: 'deciding' },
} as const

/** The loop of one phase: decide, order, decide again, until the exchange confirms the end. */
const work = (phase: Phase, onward: { done: '#hedge.hedged.watching' | '#hedge.closed' }) =>
  hedgeSetup.createStateConfig({
    initial: 'resuming',
    states: {
      // A retry may find an order of the earlier stay: its end comes first.
      resuming: { always: [{ guard: 'isWorkDone', target: 'deciding' }, { target: 'ordering' }] },
      deciding: {
        entry: { type: 'decideStep', params: hedgeFacts },
        on: {
          // Decided on legs that have changed meanwhile: it is decided again.
          'step.order': [
            { guard: 'isOfOtherLegs', target: 'deciding', reenter: true },
            { actions: 'takeOrder', target: 'ordering' },
          ],
          ...(phase === 'entering' && {
            'step.rest': [
              { guard: 'isOfPresentLegs', target: 'biding' },
              { target: 'deciding', reenter: true },
            ],
            'step.cancel': { actions: 'cancel', target: 'ordering' },
          }),
          'step.wait': [
            { guard: 'isWaitedOut', actions: 'failBecause', target: '#hedge.failed' },
            ...(phase === 'entering' ? [{ guard: 'hasResting', target: 'biding' } as const] : []),
            { actions: 'countWait', target: 'pausing' },
          ],
          'step.done': [
            { guard: 'isOfPresentLegs', target: 'verifying' },
            { target: 'deciding', reenter: true },
          ],
          'step.unwind':
            phase === 'unwinding' ? { target: 'pausing' } : { actions: 'leave', target: '#hedge.unwinding' },
          // Looked at before it is decided, the exchange may show other legs than are known here.
          'legs.found': { guard: 'isWorkDone', actions: 'adopt', target: 'deciding', reenter: true },
          'step.stuck': { actions: 'failBecause', target: '#hedge.failed' },
        },
      },
      ordering: {
        always: [
          { guard: 'isSetBackOut', actions: 'giveUp', target: '#hedge.failed' },
          { guard: 'isSetBack', target: 'pausing' },
          { guard: 'isWorkDone', target: 'deciding' },
          // What was filled meanwhile is decided on at once.
          ...(phase === 'entering' ? [{ guard: 'isBiding', target: 'deciding' } as const] : []),
        ],
      },
      // What stands in the book is looked at for each fill, and every little while: is it still where it should be?
      ...(phase === 'entering' && {
        biding: {
          always: { guard: 'isNotBiding', target: 'ordering' },
          after: { BIDE: 'deciding' },
          on: {
            'order.filled': { target: 'deciding' },
            'hedge.unwind': { actions: 'leave', target: 'deciding' },
          },
        },
      }),
      // A refusal is paused after for up to a minute: a leg that is taken meanwhile does not wait for that.
      pausing: { after: { DECIDE_AGAIN: 'deciding' }, on: { 'leg.taken': changed['leg.taken'] } },
      verifying: {
        entry: { type: 'verifyLegs', params: hedgeFacts },
        on: {
          'legs.verified': [{ guard: 'isOfPresentLegs', target: onward.done }, { target: 'deciding' }],
          'legs.differ': [
            { guard: 'isVerifiedOften', actions: 'failBecause', target: '#hedge.failed' },
            { actions: 'countVerify', target: 'doubting' },
          ],
          'legs.owing': 'repaying',
          'legs.found': { actions: 'adopt', target: 'deciding' },
          ...changed,
        },
      },
      repaying: { after: { REPAY_AGAIN: 'verifying' }, on: changed },
      doubting: { after: { VERIFY_AGAIN: 'verifying' }, on: changed },
    },
  })

/** Nothing may wait in the book while nobody watches it. */
const left =
  (leg: LegName) =>
  ({ context }: { context: HedgeContext }) => ({
    leg,
    order: context[leg].order?.rests ? context[leg].order : null,
  })

type KeptOut = Pick<HedgeContext, 'reducedByOthers' | 'closedBy'> & {
  limits: Pick<LimitRules, 'handClosed'>
}

/** What a person closed stays closed: why, in words. Where hands may be followed by another hedge, what was closed is still not built up again. */
function keepOut({ reducedByOthers, closedBy, limits: { handClosed } }: KeptOut): string {
  if (reducedByOthers !== null && handClosed !== 'reopen')
    return `closed by somebody else: ${reducedByOthers}`
  return closedBy ? `closed by ${closedBy}` : ''
}

const tell = (state: string) =>
  ({
    type: 'send',
    params: ({
      context,
    }: {
      context: {
        symbolActor: string
        plan: { hedgeId: string }
        unwindBecause: string | null
        failure: string | null
        reducedByOthers: string | null
        closedBy: string | null
        limits: Pick<LimitRules, 'handClosed'>
      }
    }) => ({
      to: context.symbolActor,
      event: {
        type: 'hedge.moved',
        hedgeId: context.plan.hedgeId,
        state,
        because: context.failure ?? context.unwindBecause ?? '',
        keepOut: keepOut(context),
      },
    }),
  }) as const

/** What the rest binds: the desk hears of it once the exchange has confirmed the rest. */
const tellShrunk = {
  type: 'send',
  params: ({ context: { plan, perp } }: { context: HedgeContext }) => ({
    to: 'desk',
    event: { type: 'hedge.shrunk', hedgeId: plan.hedgeId, ...bindsOf(plan, perp.base) },
  }),
} as const

export const hedgeMachine = hedgeSetup.createMachine({
  id: 'hedge',
  version: '1',
  context: ({ input }) => newHedge(input),
  initial: 'idle',
  on: {
    'funding.settled': { guard: 'isNewSettlement', actions: 'bookFunding' },
    'leg.taken': { guard: 'isNewLoss', actions: 'takeLoss' },
    'interest.accrued': { guard: 'isNewInterest', actions: 'takeInterest' },
    // An order counted as absent, or left behind by a failure, filled after all: the next decision sees the legs apart.
    'order.closed': { guard: 'isLeftOrLate', actions: 'settle' },
  },
  states: {
    idle: {
      entry: [{ type: 'confirmPlan', params: hedgeFacts }],
      on: {
        'plan.confirmed': { actions: 'markEntered', target: 'entering' },
        'plan.refused': { actions: 'leave', target: 'closed' },
        'hedge.unwind': { actions: 'leave', target: 'closed' },
      },
    },
    entering: {
      entry: [{ type: 'enter', params: { phase: 'entering' } }, tell('entering')],
      type: 'parallel',
      after: { ENTRY_DEADLINE: { actions: 'markOverdue' } },
      on: {
        'hedge.unwind': { actions: 'leave' },
        'hedge.cancel-resting': { guard: 'hasResting', actions: 'cancel' },
      },
      states: {
        work: work('entering', { done: '#hedge.hedged.watching' }),
        spot: legRegion('spot', { mayRest: true }),
        perp: legRegion('perp', { mayRest: true }),
        spreadOrder: legRegion('spreadOrder', { mayRest: false }),
      },
    },
    hedged: {
      entry: [{ type: 'enter', params: { phase: 'hedged' } }, 'markHedged', tell('hedged')],
      initial: 'watching',
      states: {
        watching: {
          always: [
            { guard: 'isLeaving', target: '#hedge.unwinding' },
            { guard: 'isPartClosed', actions: [tellShrunk, 'endPart'] },
          ],
          on: {
            'hedge.unwind': { actions: 'leave', target: '#hedge.unwinding' },
            'hedge.unwind-part': { guard: 'isPart', actions: 'keepRest', target: 'rebalancing' },
            'hedge.rebalance': { target: 'rebalancing' },
            'legs.found': { actions: 'adopt', target: 'rebalancing' },
            'leg.taken': { guard: 'isNewLoss', actions: 'takeLoss', target: 'rebalancing' },
            'interest.accrued': { guard: 'isNewInterest', actions: 'takeInterest', target: 'rebalancing' },
            'order.closed': { guard: 'isLeftOrLate', actions: 'settle', target: 'rebalancing' },
          },
        },
        rebalancing: {
          type: 'parallel',
          on: { 'hedge.unwind': { actions: 'leave' } },
          states: {
            work: work('hedged', { done: '#hedge.hedged.watching' }),
            spot: legRegion('spot', { mayRest: false }),
            perp: legRegion('perp', { mayRest: false }),
            // Of a part that is closed by the spread route.
            spreadOrder: legRegion('spreadOrder', { mayRest: false }),
          },
        },
      },
    },
    unwinding: {
      entry: [{ type: 'enter', params: { phase: 'unwinding' } }, tell('unwinding')],
      type: 'parallel',
      states: {
        work: work('unwinding', { done: '#hedge.closed' }),
        spot: legRegion('spot', { mayRest: false }),
        perp: legRegion('perp', { mayRest: false }),
        spreadOrder: legRegion('spreadOrder', { mayRest: false }),
      },
    },
    failed: {
      entry: [
        { type: 'alert', params: ({ context }) => ({ because: context.failure ?? 'unknown' }) },
        tell('failed'),
        'countFailure',
        'cancel',
        { type: 'cancelOrder', params: left('spot') },
        { type: 'cancelOrder', params: left('perp') },
      ],
      initial: 'waiting',
      states: {
        waiting: { after: { FAILED_AGAIN: 'considering' } },
        // What it may do by itself is the operator's policy of that moment.
        considering: {
          entry: [{ type: 'decideFailed', params: hedgeFacts }, 'countFailure'],
          on: { 'failed.held': 'waiting' },
        },
      },
      on: {
        'hedge.retry': [
          { guard: 'wasUnwinding', actions: 'clearAsks', target: 'unwinding' },
          { guard: 'wasHedged', actions: 'clearAsks', target: 'hedged.rebalancing' },
          { actions: 'clearAsks', target: 'entering' },
        ],
        'failed.level': [
          { guard: 'wasUnwinding', actions: 'clearAsks', target: 'unwinding' },
          { guard: 'wasHedged', actions: 'clearAsks', target: 'hedged.rebalancing' },
          // Nothing new is opened in an entry that failed: what is level is kept, or let go.
          { actions: ['clearAsks', 'markOverdue'], target: 'entering' },
        ],
        'hedge.unwind': { actions: ['leave', 'clearAsks'], target: 'unwinding' },
        'hedge.adopt': { actions: { type: 'findLegs', params: hedgeFacts } },
        'legs.found': [
          { guard: 'isFoundFlat', actions: 'adopt', target: 'closed' },
          { actions: 'adopt', target: 'hedged.rebalancing' },
        ],
      },
    },
    closed: {
      type: 'final',
      entry: tell('closed'),
    },
  },
})
