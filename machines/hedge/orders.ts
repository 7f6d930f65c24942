/**
 * What happens to a hedge's orders, as changes of what it remembers: taken up, filled in part, ended, forgotten; and what the
 * exchange does to a leg by itself. Quantity truth is what executions said, each order counted once.
 */
import type { LegName } from '../../src/domain/instrument.ts'
import { isLevel } from '../../src/domain/legs/balance.ts'
import { type HedgeOrder, isFurther, type RestingOrder } from '../../src/domain/legs/hedge-order.ts'
import { type OrderLeg, type OrderPurpose, orderLinkId } from '../../src/domain/legs/order.ts'
import { givenUp } from '../../src/domain/legs/venue-legs.ts'
import { NO_BASE, NO_USDT, orderQty } from '../../src/domain/units.ts'
import {
  addOutcome,
  isWhole,
  type LegOutcome,
  movedNothing,
  withBase,
} from '../../src/domain/work/leg-outcome.ts'
import type { HedgeContext, LegOrders, OrderInFlight, Outcome, Progress } from './context.ts'

const NO_QTY = orderQty('0')
const NOTHING: LegOutcome = { base: NO_BASE, cashUsdt: NO_USDT, feesUsdt: NO_USDT }
const ORDER_LEGS = ['spot', 'perp', 'spreadOrder'] as const
const LEGS = ['spot', 'perp'] as const

/** Every order under way. */
export const ordersOf = (context: HedgeContext): OrderInFlight[] =>
  ORDER_LEGS.flatMap(leg => context[leg].order ?? [])

/** The order that waits in the book, if there is one: never more than one. */
export function restingOf(context: HedgeContext): RestingOrder | null {
  const order = ordersOf(context).find(({ rests }) => rests)
  if (!order) return null
  return { ...order, filledQty: order.soFar?.filledQty ?? NO_QTY, restsSinceMs: order.decidedAtMs }
}

/** What a leg holds, the fills of an order that still rests among it. */
export const heldBy = ({ base, order }: LegOrders): LegOrders['base'] =>
  order?.soFar ? addOutcome({ ...NOTHING, base }, order.soFar).base : base

/** The next orders of the legs, named from facts that this very step commits: one, or a parallelOrder on the other leg with it. */
export function takeOrders(
  context: HedgeContext,
  orders: readonly HedgeOrder[],
  purpose: OrderPurpose,
  atMs: number,
  givesBackBecause: string | null = null,
): Partial<HedgeContext> {
  assertFree(context, orders)
  const taken = orders.map(order => {
    const { leg } = order
    const book = context[leg]
    const id = orderLinkId(context.plan.hedgeId, leg, purpose, book.step)
    const ask: OrderInFlight = {
      ...order,
      symbol: leg === 'spreadOrder' ? (context.plan.spread?.symbol ?? '') : context.plan[leg].symbol,
      orderLinkId: id,
      purpose,
      decidedAtMs: atMs,
      asked: false,
      standing: false,
      cancelRequested: false,
      soFar: null,
    }
    return [
      leg,
      { ...book, step: book.step + 1, order: ask, asks: 0, absents: 0 } satisfies LegOrders,
    ] as const
  })
  const repairs = context.repairs + (context.unbalancedSinceMs > 0 ? 1 : 0)
  return {
    ...Object.fromEntries(taken),
    repairs,
    waits: 0,
    refusal: keptRefusal(context, orders),
    gaveBack: context.gaveBack ?? (context.phase === 'entering' ? givesBackBecause : null),
  }
}

/** An entry ends with it; elsewhere each order of the same leg is a new question. */
const keptRefusal = ({ phase, refusal }: HedgeContext, orders: readonly HedgeOrder[]) =>
  phase === 'entering' || !orders.some(({ leg }) => leg === refusal?.leg) ? refusal : null

/** Promise 2: a new order only after the one before it has ended. Only an order that rests may have one beside it. */
function assertFree(context: HedgeContext, orders: readonly HedgeOrder[]) {
  const busy = ordersOf(context).find(
    order => !order.rests || orders.some(({ leg }) => leg === order.leg || leg === 'spreadOrder'),
  )
  if (busy) {
    throw new Error(`${context.plan.hedgeId}: expected free legs, found ${busy.orderLinkId} at work`)
  }
}

/** Books what an order did and frees the leg. */
export function settle(context: HedgeContext, outcome: Outcome, atMs: number): Partial<HedgeContext> {
  const { leg, orderLinkId: id } = outcome
  const order = context[leg].order?.orderLinkId === id ? context[leg].order : null
  const did = { spot: NOTHING, perp: NOTHING, ...(leg === 'spreadOrder' ? outcome.legs : { [leg]: outcome }) }
  const books = {
    spot: { ...context.spot, ...addOutcome(context.spot, did.spot) },
    perp: { ...context.perp, ...addOutcome(context.perp, did.perp) },
    spreadOrder: context.spreadOrder,
  }
  const legs = order ? { ...books, [leg]: { ...books[leg], order: null } } : books
  const idle = LEGS.every(each => movedNothing(did[each]))
  // Told twice, an order that was counted as absent must not be booked twice.
  const absentOrders = context.absentOrders.filter(each => each !== id)
  // An order filled whole did what it was for: what is apart now was filled since.
  const before =
    order && !order.rests && leg !== 'spreadOrder' && isWhole(context.plan, order, did[leg])
      ? { ...context, unbalancedSinceMs: 0, repairs: 0 }
      : context
  const told = { ...legs, repairs: before.repairs, ...balance(before, legs, atMs), absentOrders }
  // A resting order that did not fill is no setback; how often that happened is bounded.
  if (order?.rests)
    return { ...told, setbacks: 0, reprices: idle ? context.reprices + triesOf(context, order, atMs) : 0 }
  return { ...told, setbacks: idle ? context.setbacks + 1 : 0 }
}

/** An order that rested long without filling counts as many as could have been tried in that time. */
const triesOf = ({ execution }: HedgeContext, { decidedAtMs }: OrderInFlight, atMs: number): number =>
  Math.max(1, Math.floor((atMs - decidedAtMs) / execution.makerRestMs))

/** Fills of an order that rests on. What is older than what is known says nothing. */
export function progress(
  context: HedgeContext,
  leg: LegName,
  soFar: Progress,
  atMs: number,
): Partial<HedgeContext> {
  const book = context[leg]
  if (!book.order || !isFurther(soFar.filledQty, book.order.soFar?.filledQty)) return {}
  const legs = { spot: context.spot, perp: context.perp, [leg]: { ...book, order: { ...book.order, soFar } } }
  return { ...legs, ...balance(context, legs, atMs), setbacks: 0, reprices: 0 }
}

/** Everything that waits in the book is to be taken off. */
export const cancelAllResting = (context: HedgeContext): Partial<HedgeContext> =>
  Object.fromEntries(
    ordersOf(context)
      .filter(({ rests }) => rests)
      .map(order => [order.leg, { ...context[order.leg], order: { ...order, cancelRequested: true } }]),
  )

/** The exchange itself changed a leg: what it did is a fact like a fill of our own. */
export function takeLoss(
  context: HedgeContext,
  loss: { leg: LegName; execId: string; atMs: number } & LegOutcome,
): Partial<HedgeContext> {
  const book = context[loss.leg]
  const legs = {
    spot: context.spot,
    perp: context.perp,
    [loss.leg]: { ...book, ...addOutcome(book, loss) },
  }
  const takenExecs = [...context.takenExecs, loss.execId].slice(-TAKEN_KEPT)
  return { ...legs, ...balance(context, legs, loss.atMs), takenExecs }
}

/** The debt of the borrowed coin has grown: the perpetual follows once that is a lot. */
export function takeInterest(
  context: HedgeContext,
  { rowId, base, atMs }: { rowId: string; base: LegOrders['base']; atMs: number },
): Partial<HedgeContext> {
  const { spot, perp } = context
  const legs = { perp, spot: { ...spot, ...addOutcome(spot, { ...NOTHING, base }) } }
  return { ...legs, ...balance(context, legs, atMs), lastInterestRow: rowId }
}

type Found = {
  spotBase: LegOrders['base']
  perpBase: LegOrders['base']
  detail: string
  byOthers?: boolean
  atMs: number
}

/** The legs as the exchange shows them: what was ours is given up, what is found is taken over. */
export function adopt(
  context: HedgeContext,
  { spotBase, perpBase, detail, byOthers = false, atMs }: Found,
): Partial<HedgeContext> {
  const { spot, perp, spreadOrder } = context
  const held = { spotBase: heldBy(spot), perpBase: heldBy(perp) }
  const { gaveUp, isLess } = givenUp(held, { spotBase, perpBase }, context.gaveUp)
  const isWhole = gaveUp.spotBase === NO_BASE && gaveUp.perpBase === NO_BASE
  const legs = {
    spreadOrder: { ...spreadOrder, order: null },
    spot: { ...spot, ...withBase(spot, spotBase), order: null },
    perp: { ...perp, ...withBase(perp, perpBase), order: null },
  }
  return {
    ...legs,
    ...balance(context, legs, atMs),
    adoptedAtMs: atMs,
    gaveUp,
    reducedByOthers: isWhole ? null : (context.reducedByOthers ?? (byOthers && isLess ? detail : null)),
  }
}

/** Since when the legs are apart, and a clean slate for repairs when they are not. */
function balance(
  context: HedgeContext,
  legs: { spot: LegOrders; perp: LegOrders },
  atMs: number,
): Partial<HedgeContext> {
  return isLevel(context.plan, { spotNetBase: heldBy(legs.spot), perpBase: heldBy(legs.perp) })
    ? { unbalancedSinceMs: 0, repairs: 0 }
    : { unbalancedSinceMs: context.unbalancedSinceMs || atMs }
}

const ABSENT_KEPT = 20
const TAKEN_KEPT = 50

/** The order is known not to exist: the leg is free, and its name is remembered in case it fills after all. */
export function forget(context: HedgeContext, leg: OrderLeg): Partial<HedgeContext> {
  const book = context[leg]
  const absentOrders = book.order
    ? [...context.absentOrders, book.order.orderLinkId].slice(-ABSENT_KEPT)
    : context.absentOrders
  return { [leg]: { ...book, order: null }, absentOrders, ...setBack(context, book.order) }
}

/** The exchange did not take the order: the leg is free. */
export function free(context: HedgeContext, leg: OrderLeg): Partial<HedgeContext> {
  const { order } = context[leg]
  return { ...changeLeg(context, leg, () => ({ order: null })), ...setBack(context, order) }
}

/** One that was to wait counts as having waited too: sooner or later the slice crosses the book. */
const setBack = (
  { setbacks, reprices }: HedgeContext,
  order: OrderInFlight | null,
): Partial<HedgeContext> => ({
  setbacks: setbacks + 1,
  reprices: order?.rests ? reprices + 1 : reprices,
})

/** The assignment that changes some of one leg's orders and leaves the rest. */
export const changeLeg = (
  context: HedgeContext,
  leg: OrderLeg,
  change: (book: LegOrders) => Partial<LegOrders>,
): Partial<HedgeContext> => ({ [leg]: { ...context[leg], ...change(context[leg]) } })
