/** What the hedges say against what the exchange shows. */
import type { Amount, BaseQty, OrderQty } from './units.ts'

/** What one hedge believes it holds. */
export type Claim = {
  hedgeId: string
  baseCoin: string
  perpSymbol: string
  spotNetBase: BaseQty
  /** Contracts short. */
  perpContracts: OrderQty
  /** Tolerances: one lot, one spot step. */
  perpQtyStep: OrderQty
  spotQtyStep: OrderQty
}
export type VenueHoldings = {
  coins: readonly { coin: string; wallet: Amount }[]
  positions: readonly { symbol: string; qty: OrderQty; side: 'Buy' | 'Sell' | 'flat' }[]
  openOrders: readonly { orderLinkId: string; symbol: string }[]
}
export type Difference = {
  kind:
    | 'missing-position'
    | 'foreign-position'
    | 'short-spot'
    | 'foreign-spot'
    | 'foreign-order'
    | 'missing-order'
  /** Symbol, coin or order id. */
  subject: string
  /** Hedges that claim a part of it. */
  hedgeIds: string[]
  found: string
  expected: string
  /** `information` stops nothing: people own coins and trade by hand. */
  weight: 'information' | 'broken'
}

export function reconcile(
  claims: readonly Claim[],
  openOrderIds: readonly string[],
  venue: VenueHoldings,
): Difference[] {
  throw new Error(`not yet: ${[claims, openOrderIds, venue].length}`)
}
