/**
 * One row of the exchange's transaction log, in our words. Bybit: change = cashFlow + funding − fee. Interest on a borrowed
 * coin is charged in the coin, so what is owed grows and the perpetual must grow with it.
 */
import { Decimal } from 'decimal.js'
import type { HedgePlan } from '../entry/plan.ts'
import type { Market, Side } from '../instrument.ts'
import type { Holdings } from '../legs/balance.ts'
import { type Amount, type BaseQty, baseQty } from '../units.ts'

export type TransactionKind =
  | 'trade'
  | 'settlement'
  | 'interest'
  | 'transfer-in'
  | 'transfer-out'
  | 'liquidation'
  | 'adl'
  | 'delivery'
  /** Coins exchanged by the exchange itself or at one press: collateral sold for a debt, a debt bought back. */
  | 'conversion'
  /** Given or taken back by the exchange, earned by no trade: bonus, airdrop. */
  | 'bonus'
  | 'fee-refund'
  /** Kept with its row; it counts as unexplained until a posting rule exists. */
  | 'other'

export type TransactionRow = {
  id: string
  kind: TransactionKind
  /** Bybit's own word for the type, e.g. TRADE, SETTLEMENT. */
  venueKind: string
  coin: string
  market: Market | 'none'
  symbol: string
  side: Side | 'none'
  orderLinkId: string
  tradeId: string
  qty: Amount
  price: Amount
  /** Positive is received. */
  funding: Amount
  /** Positive is paid. */
  fee: Amount
  cashFlow: Amount
  /** What the coin's wallet balance moved by. */
  change: Amount
  /** The coin's wallet balance after it. */
  balanceAfter: Amount
  atMs: number
}

/** Interest on a borrowed coin: charged in the coin, so what is owed grows and the perpetual must grow with it. */
type InterestRow = Pick<TransactionRow, 'id' | 'kind' | 'coin' | 'change'>

/**
 * Base coins by which these rows raise what a reverse hedge owes, each row counted once; '0' for long carry, which owes none.
 * Bybit charges the hour's interest at xx:05 as a change of the coin's balance: negative is paid. Source: carry.md d.1 (7).
 */
export function interestBase(
  plan: Pick<HedgePlan, 'direction' | 'baseCoin'>,
  rows: readonly InterestRow[],
): BaseQty {
  if (plan.direction === 'long-carry') return baseQty('0')
  const own = rows.filter(({ kind, coin }) => kind === 'interest' && coin === plan.baseCoin)
  const once = [...new Map(own.map(row => [row.id, row])).values()]
  return baseQty(once.reduce((sum, row) => sum.minus(row.change), new Decimal(0)))
}

/** The legs after these interest rows: more is owed, the perpetual is as it was. */
export const afterInterest = (
  plan: Pick<HedgePlan, 'direction' | 'baseCoin'>,
  held: Holdings,
  rows: readonly InterestRow[],
): Holdings => ({
  perpBase: held.perpBase,
  spotNetBase: baseQty(new Decimal(held.spotNetBase).plus(interestBase(plan, rows))),
})
