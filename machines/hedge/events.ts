/** What a hedge hears: facts in the past, commands in the imperative. Every event carries the instant it was delivered. */

import type { LegName } from '../../src/domain/instrument.ts'
import type { Holdings } from '../../src/domain/legs/balance.ts'
import type { HedgeOrder } from '../../src/domain/legs/hedge-order.ts'
import type { OrderPurpose, RejectReason } from '../../src/domain/legs/order.ts'
import type { BaseQty, Usdt } from '../../src/domain/units.ts'
import type { LegOutcome } from '../../src/domain/work/leg-outcome.ts'
import type { Outcome, Progress } from './context.ts'

type Fact =
  | { type: 'plan.confirmed' }
  | { type: 'plan.refused'; because: string }
  /** `parallel` goes to the other leg at the same time. */
  | ({
      type: 'step.order'
      order: HedgeOrder
      parallelOrder?: HedgeOrder
      purpose: OrderPurpose
      because: string
      /** It gives back part of a slice that could have been completed by size: the entry ends with it. */
      givesBack?: boolean
    } & Partial<Holdings>)
  /** The order in the book is right where it is. */
  | ({ type: 'step.rest'; because: string } & Holdings)
  /** The order in the book is to be taken off. */
  | { type: 'step.cancel'; because: string }
  | { type: 'step.wait'; because: string }
  | ({ type: 'step.done'; because?: string } & Holdings)
  | { type: 'step.unwind'; because: string }
  | { type: 'step.stuck'; because: string }
  | { type: 'order.accepted'; orderLinkId: string }
  | { type: 'order.rejected'; orderLinkId: string; reason: RejectReason; detail: string }
  | { type: 'order.unknown'; orderLinkId: string; cause: string }
  /** `soFar` is missing while its executions are not all there. */
  | { type: 'order.open'; orderLinkId: string; soFar?: Progress }
  /** A part of an order that rests on: all of its fills up to now. */
  | { type: 'order.filled'; orderLinkId: string; soFar: Progress }
  | ({ type: 'order.closed' } & Outcome)
  | { type: 'order.absent'; orderLinkId: string; serverAtMs: number }
  | { type: 'order.unanswered'; orderLinkId: string; cause: string }
  /** The exchange shows the legs as they were when it was asked. */
  | ({ type: 'legs.verified' } & Holdings)
  | { type: 'legs.differ'; detail: string }
  /** What the exchange really holds for this hedge, as a person asked or a reconciliation found. */
  | { type: 'legs.found'; spotBase: BaseQty; perpBase: BaseQty; detail: string; byOthers?: boolean }
  /** The exchange itself changed a leg: auto-deleveraging, liquidation. */
  | ({ type: 'leg.taken'; execId: string; leg: LegName; cause: string; filledAtMs: number } & LegOutcome)
  /** Interest on the borrowed coin: the debt has grown by this. */
  | { type: 'interest.accrued'; rowId: string; base: BaseQty }
  /** Flat, but a debt of the coin is left: it is repaid when the exchange takes repayments. */
  | { type: 'legs.owing'; detail: string }
  | { type: 'funding.settled'; amountUsdt: Usdt; settledAtMs: number }

  /** Failed, and to be left so for now. */
  | { type: 'failed.held' }
  /** Failed, and its legs are to be levelled once more. */
  | { type: 'failed.level' }

type Command =
  /** `by` a person, its symbol stays closed afterwards until it is released; `reopen` says that it need not. */
  | { type: 'hedge.unwind'; because: string; by?: string; reopen?: boolean }
  /** `share`: a decimal above 0 and below 1, of what the perpetual holds. */
  | { type: 'hedge.unwind-part'; share: string; because?: string }
  | { type: 'hedge.rebalance' }
  | { type: 'hedge.retry' }
  | { type: 'hedge.adopt' }
  | { type: 'hedge.cancel-resting' }

export type HedgeEvent = (Fact | Command) & { atMs: number }
/** The events a person may send; all others are facts. */
export const HEDGE_COMMANDS = [
  'hedge.unwind',
  'hedge.unwind-part',
  'hedge.rebalance',
  'hedge.retry',
  'hedge.adopt',
  'hedge.cancel-resting',
] as const
