/** What a hedge hears: facts in the past, commands in the imperative. Every event carries the instant it was delivered. */
import type { OrderPurpose, RejectReason } from '../src/domain/order.ts'
import type { LegOrder } from '../src/domain/plan.ts'
import type { BaseQty, Usdt } from '../src/domain/units.ts'
import type { Outcome } from './hedge-context.ts'

type Fact =
  | { type: 'plan.confirmed' }
  | { type: 'plan.refused'; because: string }
  | { type: 'step.order'; order: LegOrder; purpose: OrderPurpose; because: string }
  | { type: 'step.wait'; because: string }
  | { type: 'step.done' }
  | { type: 'step.unwind'; because: string }
  | { type: 'step.stuck'; because: string }
  | { type: 'order.accepted'; orderLinkId: string }
  | { type: 'order.rejected'; orderLinkId: string; reason: RejectReason; detail: string }
  | { type: 'order.unknown'; orderLinkId: string; cause: string }
  | { type: 'order.open'; orderLinkId: string }
  | ({ type: 'order.closed' } & Outcome)
  | { type: 'order.absent'; orderLinkId: string; serverAtMs: number }
  | { type: 'order.unanswered'; orderLinkId: string; cause: string }
  | { type: 'legs.verified' }
  | { type: 'legs.differ'; detail: string }
  /** What the exchange really holds for this hedge, as a person asked or a reconciliation found. */
  | { type: 'legs.found'; spotBase: BaseQty; perpBase: BaseQty; detail: string }
  | { type: 'funding.settled'; amountUsdt: Usdt; settledAtMs: number }

type Command =
  | { type: 'hedge.unwind'; because: string }
  | { type: 'hedge.rebalance' }
  | { type: 'hedge.retry' }
  | { type: 'hedge.adopt' }

export type HedgeEvent = (Fact | Command) & { atMs: number }
/** The events a person may send; all others are facts. */
export const HEDGE_COMMANDS = ['hedge.unwind', 'hedge.rebalance', 'hedge.retry', 'hedge.adopt'] as const
