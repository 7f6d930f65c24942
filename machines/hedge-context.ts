/**
 * What a hedge remembers: its plan, the rules it was opened under, and both legs as executions made them.
 * JSON only. Quantities count up as a long-carry hedge grows: spot coins held, perpetual coins short.
 */

import type { LegName } from '../src/domain/instrument.ts'
import { addOutcome, type LegOutcome, movedNothing } from '../src/domain/leg-outcome.ts'
import { isLevel } from '../src/domain/level.ts'
import { type OrderLinkId, type OrderPurpose, orderLinkId } from '../src/domain/order.ts'
import type { HedgePlan, LegOrder } from '../src/domain/plan.ts'
import type { ExecutionRules, LimitRules } from '../src/domain/rules.ts'
import { NO_BASE, NO_USDT, type Usdt } from '../src/domain/units.ts'

/** An order the leg works until its end is known. `asked` is set once the exchange may have heard of it. */
export type LegAsk = LegOrder & {
  symbol: string
  orderLinkId: OrderLinkId
  purpose: OrderPurpose
  decidedAtMs: number
  asked: boolean
}

export type LegBook = LegOutcome & {
  /** Orders so far: the next order's number. */
  step: number
  order: LegAsk | null
  /** Questions about the present order, and how many in a row found nothing. */
  asks: number
  absents: number
}

export type Phase = 'entering' | 'hedged' | 'unwinding'

export type HedgeContext = {
  plan: HedgePlan
  execution: ExecutionRules
  limits: LimitRules
  /** Actor id of the symbol that asked for it. */
  symbolActor: string
  spot: LegBook
  perp: LegBook
  /** Where `failed` goes back to. */
  phase: Phase
  unwindBecause: string | null
  overdue: boolean
  /** Orders since the legs were last level. */
  repairs: number
  /** Since when the legs differ by a lot or more; 0 when they do not. */
  unbalancedSinceMs: number
  /** Orders in a row that changed nothing: rejected, absent, or not filled. */
  setbacks: number
  /** Decisions in a row that found nothing to do but wait. */
  waits: number
  verifies: number
  /** Orders counted as absent: a late fill of one reopens the case. */
  absentOrders: string[]
  failure: string | null
  fundingUsdt: Usdt
  settlements: number
  lastSettlementAtMs: number
  enteredAtMs: number
  hedgedAtMs: number
}

export type HedgeInput = {
  plan: HedgePlan
  execution: ExecutionRules
  limits: LimitRules
  symbolActor: string
}

const EMPTY_LEG: LegBook = {
  step: 0,
  order: null,
  asks: 0,
  absents: 0,
  base: NO_BASE,
  cashUsdt: NO_USDT,
  feesUsdt: NO_USDT,
}

export const newHedge = (input: HedgeInput): HedgeContext => ({
  ...input,
  spot: EMPTY_LEG,
  perp: EMPTY_LEG,
  phase: 'entering',
  unwindBecause: null,
  overdue: false,
  repairs: 0,
  unbalancedSinceMs: 0,
  setbacks: 0,
  waits: 0,
  verifies: 0,
  absentOrders: [],
  failure: null,
  fundingUsdt: NO_USDT,
  settlements: 0,
  lastSettlementAtMs: 0,
  enteredAtMs: 0,
  hedgedAtMs: 0,
})

/** What an order did, in the hedge's own sense: see `legOutcome`. */
export type Outcome = { orderLinkId: string; leg: LegName } & LegOutcome

/** The next order of a leg, named from facts that this very step commits. */
export function takeOrder(context: HedgeContext, order: LegOrder, purpose: OrderPurpose, atMs: number) {
  const { leg } = order
  const book = context[leg]
  assertFree(context)
  const id = orderLinkId(context.plan.hedgeId, leg, purpose, book.step)
  const { symbol } = context.plan[leg]
  const ask: LegAsk = { ...order, symbol, orderLinkId: id, purpose, decidedAtMs: atMs, asked: false }
  const next: LegBook = { ...book, step: book.step + 1, order: ask, asks: 0, absents: 0 }
  return { [leg]: next, repairs: context.repairs + (context.unbalancedSinceMs > 0 ? 1 : 0), waits: 0 }
}

/** Promise 2: a new order only after the one before it has ended, on either leg. */
function assertFree({ spot, perp, plan }: HedgeContext) {
  const busy = spot.order ?? perp.order
  if (busy) throw new Error(`${plan.hedgeId}: expected both legs quiet, found ${busy.orderLinkId} at work`)
}

/** Books what an order did and frees the leg. */
export function settle(context: HedgeContext, outcome: Outcome, atMs: number): Partial<HedgeContext> {
  const book = context[outcome.leg]
  const own = book.order?.orderLinkId === outcome.orderLinkId
  const next: LegBook = {
    ...book,
    order: own ? null : book.order,
    ...addOutcome(book, outcome),
  }
  const legs = { spot: context.spot, perp: context.perp, [outcome.leg]: next }
  const setbacks = movedNothing(outcome) ? context.setbacks + 1 : 0
  // Told twice, an order that was counted as absent must not be booked twice.
  const absentOrders = context.absentOrders.filter(id => id !== outcome.orderLinkId)
  return { ...legs, ...balance(context, legs, atMs), setbacks, absentOrders }
}

/** Since when the legs are apart, and a clean slate for repairs when they are not. */
export function balance(
  context: HedgeContext,
  legs: { spot: LegBook; perp: LegBook },
  atMs: number,
): Partial<HedgeContext> {
  return isLevel(context.plan, { spotNetBase: legs.spot.base, perpBase: legs.perp.base })
    ? { unbalancedSinceMs: 0, repairs: 0 }
    : { unbalancedSinceMs: context.unbalancedSinceMs || atMs }
}

const ABSENT_KEPT = 20

/** The order is known not to exist: the leg is free, and its name is remembered in case it fills after all. */
export function forget(context: HedgeContext, leg: LegName): Partial<HedgeContext> {
  const book = context[leg]
  const absentOrders = book.order
    ? [...context.absentOrders, book.order.orderLinkId].slice(-ABSENT_KEPT)
    : context.absentOrders
  return { [leg]: { ...book, order: null }, absentOrders, setbacks: context.setbacks + 1 }
}

export const changeLeg = (
  context: HedgeContext,
  leg: LegName,
  change: (book: LegBook) => Partial<LegBook>,
): Partial<HedgeContext> => ({ [leg]: { ...context[leg], ...change(context[leg]) } })
