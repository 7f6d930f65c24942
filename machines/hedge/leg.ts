/**
 * One leg of a hedge: one order at a time, from intent to its end. A region of the hedge's chart, used for both legs and for
 * the orders that work both at once.
 *
 *   quiet ──new order──▶ sending ──accepted──▶ working ──closed──▶ quiet
 *     │                     │ │ rejected ▶ quiet  │ silence
 *     │                     │ └─accepted──▶ resting ──cancel requested──▶ cancelling ──closed──▶ quiet
 *     └─order left from     └─unknown─▶ unknown ◀─┴─silence──────────┘
 *       an earlier stay ──▶   asking ⇄ waiting   ──closed, or proven absent──▶ quiet
 *
 * The intent is in the journal before the exchange hears of it. `unknown` is neither failed nor filled: it is asked about until it
 * is known, more and more rarely. What rests in the book tells its fills as they come, and is asked about when it is silent.
 */
import type { OrderLeg } from '../../src/domain/legs/order.ts'
import type { HedgeContext } from './context.ts'
import { hedgeSetup } from './setup.ts'

/** Each leg has its own pace: it slows down with the questions asked about its own order. */
const ASK_DELAY = {
  spot: 'ASK_AGAIN_SPOT',
  perp: 'ASK_AGAIN_PERP',
  spreadOrder: 'ASK_AGAIN_SPREAD_ORDER',
} as const

/** @param mayRest - only an entry waits in the book: elsewhere an order that is found there is taken off */
export const legRegion = (leg: OrderLeg, { mayRest }: { mayRest: boolean }) => {
  const of = { leg, mayRest }
  const own = { type: 'isOwnOrder', params: of } as const
  const filled = { guard: own, actions: { type: 'takeFills', params: of } } as const
  const closed = { guard: own, actions: 'settle', target: 'quiet' } as const
  const work = ({ context }: { context: HedgeContext }) => ({ leg, order: context[leg].order })
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
          { type: 'placeOrder', params: work },
        ],
        on: {
          'order.accepted': [
            ...(mayRest
              ? ([
                  {
                    guard: { type: 'isOwnPostOnly', params: of },
                    actions: { type: 'markStanding', params: of },
                    target: 'resting',
                  },
                ] as const)
              : []),
            { guard: own, target: 'working' },
          ],
          'order.rejected': { guard: own, actions: { type: 'refuse', params: of }, target: 'quiet' },
          'order.unknown': { guard: own, target: 'unknown' },
          ...(mayRest && { 'order.filled': filled }),
          'order.closed': closed,
        },
      },
      working: {
        after: { ORDER_SILENCE: 'unknown' },
        on: { 'order.closed': closed },
      },
      ...(mayRest && {
        resting: {
          always: { guard: { type: 'isCancelRequested', params: of }, target: 'cancelling' },
          after: { REST_SILENCE: 'unknown' },
          on: { 'order.filled': filled, 'order.closed': closed },
        },
        cancelling: {
          entry: { type: 'cancelOrder', params: work },
          after: { ORDER_SILENCE: 'unknown' },
          on: { 'order.filled': filled, 'order.closed': closed },
        },
      }),
      unknown: {
        initial: 'asking',
        entry: { type: 'markAway', params: of },
        on: {
          ...(mayRest && { 'order.filled': filled }),
          'order.closed': closed,
          'order.absent': {
            guard: { type: 'isProvenAbsent', params: of },
            actions: { type: 'forget', params: of },
            target: 'quiet',
          },
          ...(mayRest && {
            'order.open': {
              guard: { type: 'isOwnResting', params: of },
              actions: [
                { type: 'takeFills', params: of },
                { type: 'markStanding', params: of },
              ],
              target: 'resting',
            },
          }),
        },
        states: {
          asking: {
            entry: [
              { type: 'countAsk', params: of },
              { type: 'findOrder', params: work },
            ],
            on: {
              // Still live though it is immediate, or cancelRequested: off with it, then see what it did.
              'order.open': {
                guard: { type: 'isOwnCrossing', params: of },
                actions: [
                  { type: 'cancelOrder', params: work },
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
                guard: own,
                actions: { type: 'clearAbsents', params: of },
                target: 'waiting',
              },
            },
          },
          waiting: { after: { [ASK_DELAY[leg]]: 'asking' } },
        },
      },
    },
  })
}
