/** A step: what a hedge does next, and what it is decided from. */
import type { HedgePlan } from '../entry/plan.ts'
import type { Holdings } from '../legs/balance.ts'
import type { DecidedMids, HedgeOrder, RestingOrder } from '../legs/hedge-order.ts'
import type { OrderLeg, OrderPurpose } from '../legs/order.ts'
import type { MarketView } from '../market/market-view.ts'
import { midPrice } from '../market/order-book.ts'
import type { BaseQty } from '../units.ts'

export type Step =
  /** `parallel` goes to the other leg at the same time. */
  | {
      kind: 'order'
      order: HedgeOrder
      parallelOrder?: HedgeOrder
      purpose: OrderPurpose
      because: string
      /** It gives back part of a slice whose other leg could not be had: the entry ends with it. */
      givesBack?: boolean
    }
  /** The order in the book is right where it is; or it has to go first. */
  | { kind: 'rest' | 'cancel'; because: string }
  | { kind: 'wait'; because: string }
  /** The phase has reached its end; the exchange is asked to confirm it. `because`: less was done than asked. */
  | { kind: 'done'; because?: string }
  | { kind: 'unwind'; because: string }
  | { kind: 'stuck'; because: string }

export type StepFacts = Holdings & {
  plan: HedgePlan
  phase: 'entering' | 'hedged' | 'unwinding'
  overdue: boolean
  unwindBecause: string | null
  /** Orders since the legs were last level. */
  repairs: number
  /** Since when they are apart; 0 while they are level. */
  unbalancedSinceMs: number
  /** What waits in the book, its fills among the holdings. */
  resting: RestingOrder | null
  /** Orders in a row that rested there without filling. */
  reprices: number
  /** Orders in a row that changed nothing. */
  setbacks?: number
  /** The exchange took from a leg: the other is cut to it, and nothing is built up again. */
  cut?: boolean
  /** Somebody else took from the legs, in words. */
  reducedByOthers?: string | null
  /** Of the newest order: the exchange refuses it for good, or for lack of money. In an entry it stays. */
  refusal?: { leg: OrderLeg; because: string } | null
  /** A part is to be closed: base coins of the perpetual that are kept. */
  keepBase?: BaseQty
  /** In an entry: why part of a slice was given back. */
  gaveBack?: string | null
}

/** What an effect may know of the hedge: it must not read the actor, whose snapshot may lag or lead. */
export type HedgeToStep = StepFacts & { setbacks: number; cut: boolean; absentOrders: string[] }

/** May new risk be taken now? Promise 9: the reason why not, or null. */
export type NewRisk = string | null

type Books = Pick<MarketView, 'spotBook' | 'perpBook'>

/** A step with the middles of its decision on each order it calls for: its slippage is measured against them. As it is while a book is not there. */
export function withDecidedMids(step: Step, books: Books): Step {
  const mids = step.kind === 'order' && midsOf(books)
  if (step.kind !== 'order' || !mids) return step
  const { order, parallelOrder } = step
  return {
    ...step,
    order: { ...order, decidedMids: mids },
    ...(parallelOrder && { parallelOrder: { ...parallelOrder, decidedMids: mids } }),
  }
}

function midsOf({ spotBook, perpBook }: Books): DecidedMids | null {
  const spot = spotBook && midPrice(spotBook)
  const perp = perpBook && midPrice(perpBook)
  return spot && perp ? { spot, perp } : null
}
