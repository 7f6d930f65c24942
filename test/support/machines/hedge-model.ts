/**
 * The hedge as a model to walk: which events it may meet in which state, bounded to one slice of ten coins, so that
 * every transition is met and the walk ends.
 */

import type { HedgeContext, LegOrders } from '../../../machines/hedge/context.ts'
import type { HedgeEvent } from '../../../machines/hedge/events.ts'
import type { hedgeMachine } from '../../../machines/hedge/hedge.ts'
import { heldBy, ordersOf, restingOf } from '../../../machines/hedge/orders.ts'
import type { LegName } from '../../../src/domain/instrument.ts'
import type { Json } from '../../../src/domain/json.ts'
import type { HedgeOrder } from '../../../src/domain/legs/hedge-order.ts'
import { type OrderLeg, type OrderPurpose, ownerOfOrder } from '../../../src/domain/legs/order.ts'
import { baseQty, NO_BASE, orderQty, usdt } from '../../../src/domain/units.ts'
import { NOW_MS } from '../domain/sample-market.ts'
import type { ModelOptions } from './model.ts'
import { sampleHedge, sampleOrder, sampleOutcome } from './sample-hedge.ts'

type Hedge = typeof hedgeMachine
type State = { value: unknown; context: HedgeContext }
type Facts<Type extends HedgeEvent['type']> = Omit<Extract<HedgeEvent, { type: Type }>, 'atMs'>

/** Past every receive window and every clock of a walk. */
const LATE_MS = NOW_MS * 2
const at = <Type extends HedgeEvent['type']>(event: Facts<Type> & { type: Type }) =>
  ({ ...event, atMs: NOW_MS }) as unknown as HedgeEvent

const LEGS = ['spot', 'perp', 'spreadOrder'] as const
const working = ({ context }: State): [OrderLeg, string][] =>
  LEGS.flatMap(leg => {
    const { order } = context[leg]
    return order ? [[leg, order.orderLinkId] as [OrderLeg, string]] : []
  })
const own = (state: State, make: (orderLinkId: string, leg: OrderLeg) => HedgeEvent[]) =>
  working(state).flatMap(([leg, id]) => make(id, leg))

const holdings = ({ context }: State) => ({
  spotNetBase: heldBy(context.spot),
  perpBase: heldBy(context.perp),
})
/** An answer about legs that have changed since. */
const STALE = { spotNetBase: baseQty('77'), perpBase: baseQty('77') }
const stale = (state: State, type: 'step.done' | 'legs.verified') =>
  isStraight(state) ? [at<typeof type>({ type, ...STALE })] : []
/** What rests is asked about in the same states: once is enough to walk them with every answer. */
const ownCrossing: typeof own = (state, make) => (restingOf(state.context) ? [] : own(state, make))
const step = (order: HedgeOrder, purpose: OrderPurpose, parallelOrder?: HedgeOrder) =>
  at<'step.order'>({
    type: 'step.order',
    order,
    ...(parallelOrder && { parallelOrder }),
    purpose,
    because: 'next slice',
  })

/** The next order a sane decision calls for: level the legs, else one slice in the phase's direction, by any route. */
function nextOrder({ context }: State): HedgeEvent[] {
  const { phase } = context
  const [spot, perp] = [heldBy(context.spot), heldBy(context.perp)]
  const order = (leg: LegName, grows: boolean) => [
    step(sampleOrder(leg, grows), phase === 'unwinding' ? 'exit' : leg === 'spot' ? 'enter' : 'repair'),
  ]
  // A level can also be reached by giving back spot coins.
  const giveBack = phase === 'hedged' && spot !== NO_BASE ? order('spot', false) : []
  // One doubt at a time: what is hedged beside an order that rests is hedged while that stands.
  const isDoubted = ordersOf(context).some(({ rests, standing }) => rests && !standing)
  if (spot !== perp)
    return context.perp.order || isDoubted ? [] : [...order('perp', spot !== NO_BASE), ...giveBack]
  if (ordersOf(context).length > 0) return []
  if (phase === 'entering' && spot === NO_BASE) return [...order('spot', true), ...otherRoutes(context)]
  // A part goes the way of an exit; what is kept of ten coins is of no interest here.
  const isPart = phase === 'hedged' && context.keepBase !== undefined && !isMarked(context)
  if ((phase === 'unwinding' || isPart) && spot !== NO_BASE)
    return [
      ...order('spot', false),
      step(sampleOrder('spot', false), 'exit', sampleOrder('perp', false)),
      step({ ...sampleOrder('spot', false), leg: 'spreadOrder' }, 'exit'),
    ]
  return []
}

/** Both legs at once, both as one order, or one that waits in the book: from the straight road only. */
function otherRoutes(context: HedgeContext): HedgeEvent[] {
  if (context.setbacks > 0 || isMarked(context)) return []
  return [
    step(sampleOrder('spot'), 'enter', sampleOrder('perp')),
    step({ ...sampleOrder('spot'), leg: 'spreadOrder' }, 'enter'),
    step({ ...sampleOrder('spot'), rests: true }, 'enter'),
    step({ ...sampleOrder('perp'), rests: true }, 'enter'),
  ]
}

/** Off the straight road: what the way so far has met already. Each phase may be wanted for leaving in its own way. */
const isMarked = ({ phase, ...context }: HedgeContext) =>
  context.verifies + context.reprices + context.absentOrders.length + context.takenExecs.length > 0 ||
  context.adoptedAtMs > 0 ||
  context.lastInterestRow !== '' ||
  (phase !== 'unwinding' && (context.overdue || context.unwindBecause !== null))
/** Detours are taken from the straight road only: every transition is met, and not every pair of detours. */
const isStraight = ({ context }: State) => context.setbacks === 0 && !isMarked(context)
const isDeciding = (state: State) => JSON.stringify(state.value).includes('"deciding"')
const isConsidering = (state: State) => JSON.stringify(state.value).includes('considering')
const isFirstAsk = (state: State) =>
  working(state).some(([leg]) => state.context[leg].asks === 1 && state.context[leg].absents === 0)
const isAlone = (state: State) => working(state).length < 2
/** An order counted as absent, or a first doubt about the end, are not yet a detour. */
const isNearlyStraight = ({ context }: State) =>
  context.setbacks === 0 &&
  context.verifies + context.absentOrders.length < 2 &&
  !isMarked({ ...context, verifies: 0, absentOrders: [] })
/** Doubts about two orders at once bring no new transition. */
const isStraightAlone = (state: State) => isStraight(state) && isAlone(state)
const isFree = (state: State) => isStraight(state) && working(state).length === 0
const when =
  (is: (state: State) => boolean, make: HedgeEvent[] | ((state: State) => HedgeEvent[])) => (state: State) =>
    is(state) ? (typeof make === 'function' ? make(state) : make) : []

const isQuiet = (value: unknown) => /watching|verifying|doubting|repaying|pausing/.test(JSON.stringify(value))
const isUndisturbed = (state: State) =>
  isQuiet(state.value) && isNearlyStraight(state) && state.context.absentOrders.length === 0
const isLevel = ({ context }: State) => heldBy(context.spot) === heldBy(context.perp)
const hasResting = ({ context }: State) => restingOf(context)?.cancelRequested === false

const outcomeOf = (orderLinkId: string, leg: OrderLeg, base: '10' | '-10' | '0'): HedgeEvent => {
  const of = (each: LegName) => {
    const { leg: _leg, ...outcome } = sampleOutcome(each, base)
    return outcome
  }
  return leg === 'spreadOrder'
    ? {
        type: 'order.closed',
        orderLinkId,
        leg,
        legs: { spot: of('spot'), perp: of('perp') },
        atMs: NOW_MS,
      }
    : at<'order.closed'>({ type: 'order.closed', orderLinkId, ...sampleOutcome(leg, base) })
}

/** An order ends filled or not at all; one counted as absent may turn out to be filled. */
function closings(state: State): HedgeEvent[] {
  const ends = own(state, (orderLinkId, leg) => {
    const book = state.context[leg]
    // What filled while it rested is what it did.
    if (book.order?.soFar) return [outcomeOf(orderLinkId, leg, '10')]
    const filled = state.context[leg === 'spreadOrder' ? 'spot' : leg].base === NO_BASE ? '10' : '-10'
    return (state.context.setbacks < 2 ? (['0', filled] as const) : ([filled] as const)).map(base =>
      outcomeOf(orderLinkId, leg, base),
    )
  })
  return [...ends, ...lateFill(state)]
}

/** All of an order that rests, before its end is told. */
const fills = (state: State): HedgeEvent[] =>
  own(state, (orderLinkId, leg) => {
    const { order } = state.context[leg]
    return order?.rests && leg !== 'spreadOrder' && !order.soFar
      ? [at<'order.filled'>({ type: 'order.filled', orderLinkId, soFar: { ...soFarOf(leg) } })]
      : []
  })
const soFarOf = (leg: LegName) => {
  const { leg: _leg, ...outcome } = sampleOutcome(leg, '10')
  return { ...outcome, filledQty: orderQty('10') }
}

function lateFill(state: State): HedgeEvent[] {
  const orderLinkId = state.context.absentOrders.at(-1)
  const isThere =
    isDeciding(state) || /watching|verifying|doubting|repaying/.test(JSON.stringify(state.value))
  const isFlat = state.context.spot.base === NO_BASE
  if (!orderLinkId || !isThere || !isLevel(state) || !(isFlat || state.context.phase === 'hedged')) return []
  const leg = ownerOfOrder(orderLinkId)?.leg ?? 'spot'
  return [outcomeOf(orderLinkId, leg, isFlat ? '10' : '-10')]
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

const events = {
  'plan.confirmed': [at<'plan.confirmed'>({ type: 'plan.confirmed' })],
  'plan.refused': [at<'plan.refused'>({ type: 'plan.refused', because: 'gone' })],
  'step.order': (state: State) => [
    ...nextOrder(state),
    ...(isFree(state) ? [{ ...step(sampleOrder('spot'), 'enter'), ...STALE }] : []),
  ],
  'step.wait': when(isStraight, [at<'step.wait'>({ type: 'step.wait', because: 'no depth' })]),
  'step.rest': when(hasResting, state => [
    at<'step.rest'>({ type: 'step.rest', because: 'well placed', ...holdings(state) }),
    ...(isStraight(state) ? [at<'step.rest'>({ type: 'step.rest', because: 'well placed', ...STALE })] : []),
  ]),
  'step.cancel': when(hasResting, [at<'step.cancel'>({ type: 'step.cancel', because: 'the price moved' })]),
  'step.done': (state: State) =>
    isLevel(state) && working(state).length === 0
      ? [at<'step.done'>({ type: 'step.done', ...holdings(state) }), ...stale(state, 'step.done')]
      : [],
  'step.unwind': when(
    state => working(state).length === 0,
    [at<'step.unwind'>({ type: 'step.unwind', because: 'late' })],
  ),
  'step.stuck': when(
    state => isFree(state) || (isStraightAlone(state) && hasResting(state)),
    [at<'step.stuck'>({ type: 'step.stuck', because: 'no way' })],
  ),
  'order.accepted': (state: State) =>
    own(state, orderLinkId => [at<'order.accepted'>({ type: 'order.accepted', orderLinkId })]),
  'order.rejected': when(
    state => state.context.setbacks < 2 && !isMarked(state.context) && isAlone(state),
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
  'order.unknown': when(isStraightAlone, state =>
    own(state, orderLinkId => [
      at<'order.unknown'>({ type: 'order.unknown', orderLinkId, cause: 'timeout' }),
    ]),
  ),
  ...timers(
    'ORDER_SILENCE',
    REGIONS.flatMap(region => LEGS.map(leg => `${region}.${leg}.working`)).concat(
      LEGS.map(leg => `hedge.entering.${leg}.cancelling`),
    ),
    isStraightAlone,
  ),
  ...timers(
    'REST_SILENCE',
    LEGS.map(leg => `hedge.entering.${leg}.resting`),
    isStraightAlone,
  ),
  'order.filled': fills,
  ...timers('ENTRY_DEADLINE', ['hedge.entering'], state => isFree(state) && isDeciding(state)),
  'order.open': (state: State) =>
    own(state, (orderLinkId, leg) => [
      at<'order.open'>({ type: 'order.open', orderLinkId }),
      ...(state.context[leg].order?.rests && leg !== 'spreadOrder'
        ? [at<'order.open'>({ type: 'order.open', orderLinkId, soFar: soFarOf(leg) })]
        : []),
    ]),
  'order.absent': (state: State) =>
    ownCrossing(state, orderLinkId =>
      [0, LATE_MS].map(serverAtMs => at<'order.absent'>({ type: 'order.absent', orderLinkId, serverAtMs })),
    ),
  'order.unanswered': (state: State) =>
    ownCrossing(state, (orderLinkId, leg) =>
      // From then on one answer is like another.
      state.context[leg].asks > ASKS_TOLD
        ? []
        : [at<'order.unanswered'>({ type: 'order.unanswered', orderLinkId, cause: 'timeout' })],
    ),
  'order.closed': closings,
  'legs.verified': (state: State) => [
    at<'legs.verified'>({ type: 'legs.verified', ...holdings(state) }),
    ...stale(state, 'legs.verified'),
  ],
  'legs.differ': when(
    ({ context }) =>
      context.setbacks === 0 &&
      !isMarked({ ...context, verifies: 0, absentOrders: [] }) &&
      (context.absentOrders.length === 0 || context.verifies === 0),
    [at<'legs.differ'>({ type: 'legs.differ', detail: 'lag' })],
  ),
  'legs.found': when(isStraight, [found('0', '0'), found('10', '10'), found('10', '0')]),
  'legs.owing': when(isNearlyStraight, [at<'legs.owing'>({ type: 'legs.owing', detail: 'a debt is left' })]),
  'leg.taken': when(
    state =>
      (isUndisturbed(state) || (isConsidering(state) && isNearlyStraight(state))) &&
      state.context.perp.base === '10',
    ({ context }) => [
      at<'leg.taken'>({
        type: 'leg.taken',
        execId: `e${context.takenExecs.length}`,
        leg: 'perp',
        cause: 'adl',
        // After any adoption.
        filledAtMs: LATE_MS,
        ...{ base: baseQty('-10'), cashUsdt: usdt('-25'), feesUsdt: usdt('0') },
      }),
    ],
  ),
  'interest.accrued': when(isUndisturbed, ({ context }) => {
    const rowId = context.lastInterestRow === 'r1' ? 'r2' : 'r1'
    return [at<'interest.accrued'>({ type: 'interest.accrued', rowId, base: NO_BASE })]
  }),
  'funding.settled': when(
    ({ value }) => JSON.stringify(value).includes('watching'),
    [at<'funding.settled'>({ type: 'funding.settled', amountUsdt: usdt('0.1'), settledAtMs: NOW_MS })],
  ),
  'hedge.unwind': when(
    state =>
      isStraight(state) &&
      (working(state).length === 0 ||
        (isFirstAsk(state) && !restingOf(state.context)) ||
        /biding|failed/.test(JSON.stringify(state.value))),
    [at<'hedge.unwind'>({ type: 'hedge.unwind', because: 'operator' })],
  ),
  'hedge.unwind-part': when(isUndisturbed, [
    at<'hedge.unwind-part'>({ type: 'hedge.unwind-part', share: '0.5' }),
    at<'hedge.unwind-part'>({ type: 'hedge.unwind-part', share: '0.99' }),
  ]),
  'hedge.rebalance': when(isNearlyStraight, [at<'hedge.rebalance'>({ type: 'hedge.rebalance' })]),
  'hedge.retry': [at<'hedge.retry'>({ type: 'hedge.retry' })],
  'hedge.cancel-resting': when(
    state => isStraightAlone(state) && hasResting(state),
    [at<'hedge.cancel-resting'>({ type: 'hedge.cancel-resting' })],
  ),
  ...timers('FAILED_AGAIN', ['hedge.failed.waiting'], isStraight),
  'hedge.adopt': [at<'hedge.adopt'>({ type: 'hedge.adopt' })],
  'failed.held': when(isConsidering, [at<'failed.held'>({ type: 'failed.held' })]),
  'failed.level': when(
    state => isConsidering(state) && isStraight(state),
    [at<'failed.level'>({ type: 'failed.level' })],
  ),
} satisfies ModelOptions<Hedge>['events']

/** An order is asked about for ever: from then on one question is like another. */
const ASKS_TOLD = 2

/** The counts of asking are those of the present order. */
const legKey = ({ order, asks, absents, base }: LegOrders): Json =>
  order
    ? [
        Math.min(asks, ASKS_TOLD),
        Math.min(absents, ASKS_TOLD),
        base,
        order.rests === true,
        order.standing,
        order.cancelRequested,
        order.soFar?.base ?? '',
      ]
    : [base]

export const hedgeModel = {
  // No two timers of one state are due at the same instant.
  input: sampleHedge({ asksMin: 2, asksMax: 2, orderSilenceMs: 20_000 }),
  events,
  key: ({ value, context }: State): Json => [
    value as Json,
    legKey(context.spot),
    legKey(context.perp),
    legKey(context.spreadOrder),
    context.phase,
    isMarked(context),
    context.overdue,
    context.unwindBecause !== null,
    context.keepBase !== undefined,
    Math.min(context.setbacks, 2),
    /verifying|doubting/.test(JSON.stringify(value)) ? context.verifies : 0,
    context.absentOrders.length > 0,
  ],
  edges: true,
  traversalLimit: 500_000,
} satisfies ModelOptions<Hedge>
