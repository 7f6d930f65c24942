/** The middles of both books at a decision, kept with its orders: what their slippage is measured against. */

import type { DecidedMids } from '../legs/hedge-order.ts'
import type { Step } from '../work/steps.ts'
import type { MarketView } from './market-view.ts'
import { midPrice } from './order-book.ts'

type Books = Pick<MarketView, 'spotBook' | 'perpBook'>

/** A step with the middles of its decision on each order it calls for; as it is while a book is not there. */
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
