/**
 * What a hedge remembers: its plan, the rules it was opened under, and both legs as executions made them.
 * JSON only. Quantities count up as a long-carry hedge grows: spot coins held, perpetual coins short.
 */
import { dustBase } from '../../src/domain/books/dust.ts'
import type { HedgePlan } from '../../src/domain/entry/plan.ts'
import type { LegName } from '../../src/domain/instrument.ts'
import type { HedgeOrder } from '../../src/domain/legs/hedge-order.ts'
import type { OrderLeg, OrderLinkId, OrderPurpose, RefusalScope } from '../../src/domain/legs/order.ts'
import type { ExecutionRules, LimitRules } from '../../src/domain/rules.ts'
import { type BaseQty, NO_BASE, NO_USDT, type OrderQty, type Usdt } from '../../src/domain/units.ts'
import type { LegOutcome } from '../../src/domain/work/leg-outcome.ts'
import type { HeldTime } from '../../src/domain/work/part.ts'

/** An order the leg works until its end is known. `asked` is set once the exchange may have heard of it. */
export type OrderInFlight = HedgeOrder & {
  symbol: string
  orderLinkId: OrderLinkId
  purpose: OrderPurpose
  decidedAtMs: number
  asked: boolean
  /** Of a resting order: the exchange said that it stands in the book. */
  standing: boolean
  /** Of a resting order: it is to be taken off. */
  cancelRequested: boolean
  /** What a resting order has done so far, all its fills together; null before the first. */
  soFar: Progress | null
}

/** The fills of a resting order up to now. */
export type Progress = LegOutcome & { filledQty: OrderQty }

export type LegOrders = LegOutcome & {
  /** Orders so far: the next order's number. */
  step: number
  order: OrderInFlight | null
  /** Questions about the present order, and how many in a row found nothing. */
  asks: number
  absents: number
}

/** `leg` is whose order it was; `because` says what has to be changed. */
type LastingRefusal = { leg: OrderLeg; scope: RefusalScope; because: string }

export type Phase = 'entering' | 'hedged' | 'unwinding'

export type HedgeContext = {
  plan: HedgePlan
  execution: ExecutionRules
  limits: LimitRules
  /** Actor id of the symbol that asked for it. */
  symbolActor: string
  spot: LegOrders
  perp: LegOrders
  /** Orders for both legs at once; it holds nothing itself. */
  spreadOrder: LegOrders
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
  /** Resting orders in a row that were taken off or ended without a fill. */
  reprices: number
  /** Decisions in a row that found nothing to do but wait. */
  waits: number
  verifies: number
  /** Orders counted as absent: a late fill of one reopens the case. */
  absentOrders: string[]
  /** Of the newest order: a refusal that trying again does not mend. In an entry it stays, and ends it. */
  refusal: LastingRefusal | null
  /** Of an entry: part of a slice had to be given back, and why. */
  gaveBack: string | null
  /** Somebody else took from the legs, in words; what is left is levelled downward, and nothing is built up again. */
  reducedByOthers: string | null
  /** Who asked for its end and did not say that its symbol may be opened again; null when nobody did. */
  closedBy: string | null
  /** What was given up when the exchange showed less than executions had made. Lists lag: what shows up again soon is taken back. */
  gaveUp: { spotBase: BaseQty; perpBase: BaseQty }
  /** A part is being closed: base coins of the perpetual that are kept. Left out while none is. */
  keepBase?: BaseQty | undefined
  /** The legs before the first part was closed: what was paid for what is left. Left out until then. */
  beforeParts?: Record<LegName, LegOutcome> | undefined
  /** Up to when the newest part was asked for. Left out until then. */
  heldBefore?: HeldTime | undefined
  failure: string | null
  /** Failures in a row: each is looked at again later than the one before. */
  failures: number
  fundingUsdt: Usdt
  settlements: number
  lastSettlementAtMs: number
  /** Instants of the newest ones, ascending: each counts once, whenever its row is listed. */
  settledAtMs: number[]
  /** The newest interest row that is part of the debt. */
  lastInterestRow: string
  /** Executions by which the exchange itself changed a leg: each counts once. */
  takenExecs: string[]
  /** When the legs were last taken over as the exchange showed them; 0 for never. */
  adoptedAtMs: number
  enteredAtMs: number
  hedgedAtMs: number
}

export type HedgeInput = {
  plan: HedgePlan
  execution: ExecutionRules
  limits: LimitRules
  symbolActor: string
}

const EMPTY_LEG: LegOrders = {
  step: 0,
  order: null,
  asks: 0,
  absents: 0,
  base: NO_BASE,
  cashUsdt: NO_USDT,
  feesUsdt: NO_USDT,
}

/** A hedge as it is planned: nothing sent, nothing held but the dust it begins with. */
export const newHedge = (input: HedgeInput): HedgeContext => ({
  ...input,
  spot: { ...EMPTY_LEG, base: dustBase(input.plan.dust) },
  perp: EMPTY_LEG,
  spreadOrder: EMPTY_LEG,
  phase: 'entering',
  unwindBecause: null,
  overdue: false,
  repairs: 0,
  unbalancedSinceMs: 0,
  setbacks: 0,
  reprices: 0,
  waits: 0,
  verifies: 0,
  absentOrders: [],
  refusal: null,
  gaveBack: null,
  reducedByOthers: null,
  closedBy: null,
  gaveUp: { spotBase: NO_BASE, perpBase: NO_BASE },
  failure: null,
  failures: 0,
  fundingUsdt: NO_USDT,
  settlements: 0,
  lastSettlementAtMs: 0,
  settledAtMs: [],
  lastInterestRow: '',
  takenExecs: [],
  adoptedAtMs: 0,
  enteredAtMs: 0,
  hedgedAtMs: 0,
})

/** What an order did, in the hedge's own sense: see `legOutcome`. An order of both legs says so of each. */
export type Outcome = { orderLinkId: string } & (
  | ({ leg: LegName } & LegOutcome)
  | { leg: 'spreadOrder'; legs: Record<LegName, LegOutcome> }
)
