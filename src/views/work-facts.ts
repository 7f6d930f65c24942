/** How a hedge is worked, and the orders it has at the exchange now, as people read them. */
import type { HedgeContext, OrderInFlight } from '../../machines/hedge/context.ts'
import type { OrderAtWork } from '../api/rows/rows.ts'
import { firstLegOf } from '../domain/legs/sides.ts'

/** The route of its entry, and the orders of the spot leg, the perpetual leg and of both at once. */
export const workFacts = ({ plan, spot, perp, spreadOrder }: HedgeContext) => ({
  route: plan.route ?? `${firstLegOf(plan)}-first`,
  ordersAtWork: [spot, perp, spreadOrder].flatMap(({ order }) => (order ? [atWork(order)] : [])),
})

const atWork = ({ leg, orderLinkId, side, qty, limitPrice, ...order }: OrderInFlight): OrderAtWork => ({
  leg: leg === 'spreadOrder' ? 'both' : leg,
  orderLinkId,
  side,
  qty,
  filledQty: order.soFar?.filledQty ?? '0',
  limitPrice,
  rests: order.rests ?? false,
  cancelRequested: order.cancelRequested,
})
