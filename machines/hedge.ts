/**
 * One hedge: a spot leg and a perpetual leg, opened, kept level, and closed again.
 *
 *   idle ──plan.confirmed──▶ entering ──legs level, verified──▶ hedged ──hedge.unwind──▶ unwinding ──flat, verified──▶ closed
 *     └─plan.refused─▶ closed   │  └────────cannot, or too late─────────────────────────────▲  │
 *                               └──▶ failed ◀─── no clear answer, or the exchange disagrees ───┘
 *                                      └─ retry, unwind, adopt: a person's
 *
 * Working (in entering, hedged.rebalancing and unwinding) is one loop over three regions:
 *
 *   work:  deciding ──step.order──▶ ordering ──both legs quiet──▶ deciding … step.done ──▶ verifying
 *   spot:  one order at a time (leg.ts)        perp:  one order at a time (leg.ts)
 *
 * Never two orders at once: the second leg is sized from what the first really did. A decision is asked for as an effect
 * and comes back as an event, so the journal holds what was decided and on which numbers.
 */

import { newHedge, type Phase } from './hedge-context.ts'
import { hedgeFacts, hedgeSetup } from './hedge-setup.ts'
import { legRegion } from './leg.ts'

const VERSION = '1'

/** An order counted as absent filled after all, at the very end: what is verified is no longer the end. */
const lateFill = { guard: 'isLeftOrLate', actions: 'settle', target: 'deciding' } as const

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
          'step.order': { actions: 'takeOrder', target: 'ordering' },
          'step.wait': [
            { guard: 'isWaitedOut', actions: 'failBecause', target: '#hedge.failed' },
            { actions: 'countWait', target: 'pausing' },
          ],
          'step.done': 'verifying',
          'step.unwind':
            phase === 'unwinding' ? { target: 'pausing' } : { actions: 'leave', target: '#hedge.unwinding' },
          'step.stuck': { actions: 'failBecause', target: '#hedge.failed' },
        },
      },
      ordering: {
        always: [
          { guard: 'hasFailure', target: '#hedge.failed' },
          { guard: 'isSetBackOut', actions: 'giveUp', target: '#hedge.failed' },
          { guard: 'isSetBack', target: 'pausing' },
          { guard: 'isWorkDone', target: 'deciding' },
        ],
      },
      pausing: { after: { DECIDE_AGAIN: 'deciding' } },
      verifying: {
        entry: { type: 'verifyLegs', params: hedgeFacts },
        on: {
          'legs.verified': { target: onward.done },
          'legs.differ': [
            { guard: 'isVerifiedOften', actions: 'failBecause', target: '#hedge.failed' },
            { actions: 'countVerify', target: 'doubting' },
          ],
          'order.closed': lateFill,
        },
      },
      doubting: { after: { VERIFY_AGAIN: 'verifying' }, on: { 'order.closed': lateFill } },
    },
  })

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
      }
    }) => ({
      to: context.symbolActor,
      event: {
        type: 'hedge.moved',
        hedgeId: context.plan.hedgeId,
        state,
        because: context.failure ?? context.unwindBecause ?? '',
      },
    }),
  }) as const

export const hedgeMachine = hedgeSetup.createMachine({
  id: 'hedge',
  version: VERSION,
  context: ({ input }) => newHedge(input),
  initial: 'idle',
  on: {
    'funding.settled': { guard: 'isNewSettlement', actions: 'bookFunding' },
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
      on: { 'hedge.unwind': { actions: 'leave' } },
      states: {
        work: work('entering', { done: '#hedge.hedged.watching' }),
        spot: legRegion('spot'),
        perp: legRegion('perp'),
      },
    },
    hedged: {
      entry: [{ type: 'enter', params: { phase: 'hedged' } }, 'markHedged', tell('hedged')],
      initial: 'watching',
      states: {
        watching: {
          always: { guard: 'isLeaving', target: '#hedge.unwinding' },
          on: {
            'hedge.unwind': { actions: 'leave', target: '#hedge.unwinding' },
            'hedge.rebalance': { target: 'rebalancing' },
            'legs.found': { actions: 'adopt', target: 'rebalancing' },
            'order.closed': { guard: 'isLeftOrLate', actions: 'settle', target: 'rebalancing' },
          },
        },
        rebalancing: {
          type: 'parallel',
          on: { 'hedge.unwind': { actions: 'leave' } },
          states: {
            work: work('hedged', { done: '#hedge.hedged.watching' }),
            spot: legRegion('spot'),
            perp: legRegion('perp'),
          },
        },
      },
    },
    unwinding: {
      entry: [{ type: 'enter', params: { phase: 'unwinding' } }, tell('unwinding')],
      type: 'parallel',
      states: {
        work: work('unwinding', { done: '#hedge.closed' }),
        spot: legRegion('spot'),
        perp: legRegion('perp'),
      },
    },
    failed: {
      entry: [
        { type: 'alert', params: ({ context }) => ({ because: context.failure ?? 'unknown' }) },
        tell('failed'),
      ],
      on: {
        'hedge.retry': [
          { guard: 'wasUnwinding', actions: 'clearAsks', target: 'unwinding' },
          { guard: 'wasHedged', actions: 'clearAsks', target: 'hedged.rebalancing' },
          { actions: 'clearAsks', target: 'entering' },
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
