/** One row of the exchange's transaction log, in our words. Bybit: change = cashFlow + funding − fee. */
import type { Market, Side } from '../instrument.ts'
import type { Amount } from '../units.ts'

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
