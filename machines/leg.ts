/**
 * One leg of a hedge: one order at a time, from intent to its end. A region of the hedge's chart, used for both legs.
 *
 *   quiet ──new order──▶ sending ──accepted──▶ working ──closed──▶ quiet
 *     │                     │ rejected ▶ quiet    │ silence
 *     └─order left from     └─unknown─▶ unknown ◀─┘
 *       an earlier stay ──▶   asking ⇄ waiting   ──closed, or proven absent──▶ quiet
 *                                 └─asked out──▶ stranded (a person is called)
 *
 * The intent is in the journal before the exchange hears of it. `unknown` is neither failed nor filled.
 */
import type { LegName } from '../src/domain/instrument.ts'
import { hedgeSetup } from './hedge-setup.ts'

export const legRegion = (leg: LegName) => {
  const of = { leg }
  return hedgeSetup.createStateConfig({
    initial: 'quiet',
    states: {
      quiet: {
        always: [
          { guard: { type: 'hasNewOrder', params: of }, target: 'sending' },
          { guard: { type: 'hasLeftOrder', params: of }, target: 'unknown' },
        ],
      },
      sending: {
        entry: [
          { type: 'markAsked', params: of },
          { type: 'placeOrder', params: ({ context }) => ({ leg, order: context[leg].order }) },
        ],
        on: {
          'order.accepted': { guard: { type: 'isOwnOrder', params: of }, target: 'working' },
          'order.rejected': {
            guard: { type: 'isOwnOrder', params: of },
            actions: { type: 'free', params: of },
            target: 'quiet',
          },
          'order.unknown': { guard: { type: 'isOwnOrder', params: of }, target: 'unknown' },
          'order.closed': { guard: { type: 'isOwnOrder', params: of }, actions: 'settle', target: 'quiet' },
        },
      },
      working: {
        after: { ORDER_SILENCE: 'unknown' },
        on: {
          'order.closed': { guard: { type: 'isOwnOrder', params: of }, actions: 'settle', target: 'quiet' },
        },
      },
      unknown: {
        initial: 'asking',
        always: { guard: { type: 'isAskedOut', params: of }, target: 'stranded' },
        on: {
          'order.closed': { guard: { type: 'isOwnOrder', params: of }, actions: 'settle', target: 'quiet' },
          'order.absent': {
            guard: { type: 'isProvenAbsent', params: of },
            actions: { type: 'forget', params: of },
            target: 'quiet',
          },
        },
        states: {
          asking: {
            entry: [
              { type: 'countAsk', params: of },
              { type: 'findOrder', params: ({ context }) => ({ leg, order: context[leg].order }) },
            ],
            on: {
              // Still live though every order of ours is immediate: take it off, then see what it did.
              'order.open': {
                guard: { type: 'isOwnOrder', params: of },
                actions: [
                  { type: 'cancelOrder', params: ({ context }) => ({ leg, order: context[leg].order }) },
                  { type: 'clearAbsents', params: of },
                ],
                target: 'waiting',
              },
              'order.absent': {
                guard: { type: 'isUnprovenAbsent', params: of },
                actions: { type: 'countAbsent', params: of },
                target: 'waiting',
              },
              'order.unanswered': {
                guard: { type: 'isOwnOrder', params: of },
                actions: { type: 'clearAbsents', params: of },
                target: 'waiting',
              },
            },
          },
          waiting: { after: { ASK_EVERY: 'asking' } },
        },
      },
      stranded: { entry: { type: 'strand', params: of } },
    },
  })
}
