/**
 * The hedge as a model to walk: which events it may meet in which state, bounded to one slice of ten coins, so that
 * every transition is met and the walk ends.
 */

import type { hedgeMachine } from '../../machines/hedge.ts'
import type { HedgeContext, LegBook } from '../../machines/hedge-context.ts'
import type { HedgeEvent } from '../../machines/hedge-events.ts'
import type { LegName } from '../../src/domain/instrument.ts'
import type { Json } from '../../src/domain/json.ts'
import { baseQty, NO_BASE, usdt } from '../../src/domain/units.ts'
import { NOW_MS } from '../domain/sample-market.ts'
import type { ModelOptions } from './model.ts'
import { sampleHedge, sampleOrder, sampleOutcome } from './sample-hedge.ts'

type Hedge = typeof hedgeMachine
type State = { value: unknown; context: HedgeContext }
type Facts<Type extends HedgeEvent['type']> = Omit<Extract<HedgeEvent, { type: Type }>, 'atMs'>

const at = <Type extends HedgeEvent['type']>(event: Facts<Type> & { type: Type }) =>
  ({ ...event, atMs: NOW_MS }) as unknown as HedgeEvent

const LEGS = ['spot', 'perp'] as const
const working = ({ context }: State): [LegName, string][] =>
  LEGS.flatMap(leg => {
    const { order } = context[leg]
    return order ? [[leg, order.orderLinkId] as [LegName, string]] : []
  })
const own = (state: State, make: (orderLinkId: string, leg: LegName) => HedgeEvent[]) =>
  working(state).flatMap(([leg, id]) => make(id, leg))

/** The next order a sane decision calls for: level the legs, else one slice in the phase's direction. */
function nextOrder({ context }: State): HedgeEvent[] {
  const { spot, perp, phase } = context
  const order = (leg: LegName, grows: boolean) => [
    at<'step.order'>({
      type: 'step.order',
      order: sampleOrder(leg, grows),
      purpose: phase === 'unwinding' ? 'exit' : leg === 'spot' ? 'enter' : 'repair',
      because: 'next slice',
    }),
  ]
  // A level can also be reached by giving back spot coins.
  const giveBack = phase === 'hedged' && spot.base !== NO_BASE ? order('spot', false) : []
  if (spot.base !== perp.base) return [...order('perp', spot.base !== NO_BASE), ...giveBack]
  if (phase === 'entering' && spot.base === NO_BASE) return order('spot', true)
  if (phase === 'unwinding' && spot.base !== NO_BASE) return order('spot', false)
  return []
}

/** Detours are taken from the straight road only: every transition is met, and not every pair of detours. */
const isStraight = ({ context }: State) => context.setbacks === 0 && context.verifies === 0
const isDeciding = (state: State) =>
  working(state).length === 0 && JSON.stringify(state.value).includes('"deciding"')
const isFirstAsk = (state: State) =>
  working(state).some(([leg]) => state.context[leg].asks === 1 && state.context[leg].absents === 0)
/** Not yet late: the entry deadline and a wish to leave bring no new transitions of a leg. */
const isEarly = ({ context }: State) =>
  isStraight({ value: null, context }) && (context.phase === 'unwinding' || !context.overdue)
const when =
  (is: (state: State) => boolean, make: HedgeEvent[] | ((state: State) => HedgeEvent[])) => (state: State) =>
    is(state) ? (typeof make === 'function' ? make(state) : make) : []

const isLevel = ({ context }: State) => context.spot.base === context.perp.base

/** An order ends filled or not at all; one counted as absent may turn out to be filled. */
function closings(state: State): HedgeEvent[] {
  const ends = own(state, (orderLinkId, leg) => {
    const grows = state.context[leg].base === NO_BASE
    const bases =
      state.context.setbacks < 2 ? (['0', grows ? '10' : '-10'] as const) : ([grows ? '10' : '-10'] as const)
    return bases.map(base =>
      at<'order.closed'>({ type: 'order.closed', orderLinkId, ...sampleOutcome(leg, base) }),
    )
  })
  return [...ends, ...lateFill(state)]
}

function lateFill(state: State): HedgeEvent[] {
  const orderLinkId = state.context.absentOrders.at(-1)
  const isThere = isDeciding(state) || /watching|verifying|doubting/.test(JSON.stringify(state.value))
  if (!orderLinkId || !isThere || !isLevel(state) || state.context.spot.base !== NO_BASE) return []
  const leg = orderLinkId.includes('-S') ? 'spot' : 'perp'
  return [at<'order.closed'>({ type: 'order.closed', orderLinkId, ...sampleOutcome(leg, '10') })]
}

const REGIONS = ['hedge.entering', 'hedge.hedged.rebalancing', 'hedge.unwinding']
/** A timer of the chart is an event of the model. */
const timers = (delay: string, places: readonly string[], is: (state: State) => boolean) =>
  Object.fromEntries(
    places.map(place => {
      const type = `xstate.after.${delay}.${place}`
      return [type, when(is, [{ type, atMs: NOW_MS } as unknown as HedgeEvent])]
    }),
  )

const found = (spot: string, perp: string) =>
  at<'legs.found'>({ type: 'legs.found', spotBase: baseQty(spot), perpBase: baseQty(perp), detail: 'found' })

/** Past every receive window, and inside it. */
const LATE_MS = NOW_MS * 2
const events = {
  'plan.confirmed': [at<'plan.confirmed'>({ type: 'plan.confirmed' })],
  'plan.refused': [at<'plan.refused'>({ type: 'plan.refused', because: 'gone' })],
  'step.order': nextOrder,
  'step.wait': when(isEarly, [at<'step.wait'>({ type: 'step.wait', because: 'no depth' })]),
  'step.done': (state: State) => (isLevel(state) ? [at<'step.done'>({ type: 'step.done' })] : []),
  'step.unwind': when(isEarly, [at<'step.unwind'>({ type: 'step.unwind', because: 'late' })]),
  'step.stuck': when(isEarly, [at<'step.stuck'>({ type: 'step.stuck', because: 'no way' })]),
  'order.accepted': (state: State) =>
    own(state, orderLinkId => [at<'order.accepted'>({ type: 'order.accepted', orderLinkId })]),
  'order.rejected': when(
    ({ context }) => context.setbacks < 2,
    state =>
      own(state, orderLinkId => [
        at<'order.rejected'>({
          type: 'order.rejected',
          orderLinkId,
          reason: 'insufficient-balance',
          detail: 'no money',
        }),
      ]),
  ),
  'order.unknown': when(isEarly, state =>
    own(state, orderLinkId => [
      at<'order.unknown'>({ type: 'order.unknown', orderLinkId, cause: 'timeout' }),
    ]),
  ),
  ...timers(
    'ORDER_SILENCE',
    REGIONS.flatMap(region => LEGS.map(leg => `${region}.${leg}.working`)),
    isEarly,
  ),
  ...timers('ENTRY_DEADLINE', ['hedge.entering'], state => isEarly(state) && isDeciding(state)),
  'order.open': (state: State) =>
    own(state, orderLinkId => [at<'order.open'>({ type: 'order.open', orderLinkId })]),
  'order.absent': (state: State) =>
    own(state, orderLinkId =>
      [0, LATE_MS].map(serverAtMs => at<'order.absent'>({ type: 'order.absent', orderLinkId, serverAtMs })),
    ),
  'order.unanswered': (state: State) =>
    own(state, orderLinkId => [
      at<'order.unanswered'>({ type: 'order.unanswered', orderLinkId, cause: 'timeout' }),
    ]),
  'order.closed': closings,
  'legs.verified': [at<'legs.verified'>({ type: 'legs.verified' })],
  'legs.differ': [at<'legs.differ'>({ type: 'legs.differ', detail: 'lag' })],
  'legs.found': [found('0', '0'), found('10', '10'), found('10', '0')],
  'funding.settled': when(
    ({ value }) => JSON.stringify(value).includes('watching'),
    [at<'funding.settled'>({ type: 'funding.settled', amountUsdt: usdt('0.1'), settledAtMs: NOW_MS })],
  ),
  'hedge.unwind': when(
    state => isEarly(state) && (working(state).length === 0 || isFirstAsk(state)),
    [at<'hedge.unwind'>({ type: 'hedge.unwind', because: 'operator' })],
  ),
  'hedge.rebalance': [at<'hedge.rebalance'>({ type: 'hedge.rebalance' })],
  'hedge.retry': [at<'hedge.retry'>({ type: 'hedge.retry' })],
  'hedge.adopt': [at<'hedge.adopt'>({ type: 'hedge.adopt' })],
} satisfies ModelOptions<Hedge>['events']

/** The counts of asking are those of the present order. */
const legKey = ({ order, asks, absents, base }: LegBook): Json => (order ? [asks, absents, base] : [base])

export const hedgeModel = {
  input: sampleHedge({ asksMin: 2, asksMax: 2 }),
  events,
  key: ({ value, context }: State): Json => [
    value as Json,
    legKey(context.spot),
    legKey(context.perp),
    context.phase,
    context.overdue,
    context.unwindBecause !== null,
    Math.min(context.setbacks, 2),
    /verifying|doubting/.test(JSON.stringify(value)) ? context.verifies : 0,
    context.absentOrders.length > 0,
  ],
  edges: true,
  traversalLimit: 500_000,
} satisfies ModelOptions<Hedge>
