/** Double entry over the exchange's transaction log. */
import type { TransactionRow } from './transaction.ts'
import type { Amount, Price, Usdt } from './units.ts'

export type AccountKind = 'wallet' | 'trading' | 'fees' | 'funding' | 'interest' | 'equity' | 'suspense'
export type Posting = {
  rowId: string
  /** `kind:COIN`, e.g. wallet:USDT. */
  account: string
  kind: AccountKind
  coin: string
  /** Wallet: + is received. The other side of each row makes the sum per coin 0 (fees: + is paid). */
  amount: Amount
  /** '' when the row belongs to no hedge. */
  hedgeId: string
  symbol: string
  /** The row's trade price, for valuing fees taken in the base coin; '0' when it has none. */
  price: Amount
  atMs: number
}

export function postingsOf(
  row: TransactionRow,
  hedgeIdOf: (row: TransactionRow) => string | undefined,
): Posting[] {
  throw new Error(`not yet: ${[row, hedgeIdOf].length}`)
}

/** Why the row does not add up (change = cashFlow + funding − fee); undefined when it does. */
export function rowFault(row: TransactionRow): string | undefined {
  throw new Error(`not yet: ${row.id}`)
}

/** What the wallet held before the first row: equity against wallet. */
export function openingPostings(coins: readonly { coin: string; wallet: Amount }[], atMs: number): Posting[] {
  throw new Error(`not yet: ${[coins, atMs].length}`)
}

/** Sum per account. */
export function balances(postings: Iterable<Posting>): Record<string, Amount> {
  throw new Error(`not yet: ${[postings].length}`)
}

/** Exchange wallet less ledger, per coin of either: '0' everywhere is promise 6. */
export function residuals(
  walletCoins: readonly { coin: string; wallet: Amount }[],
  walletBalances: Record<string, Amount>,
): Record<string, Amount> {
  throw new Error(`not yet: ${[walletCoins, walletBalances].length}`)
}

export type HedgeResult = {
  fundingUsdt: Usdt
  /** Positive is paid. */
  feesUsdt: Usdt
  /** Basis and slippage. */
  tradingUsdt: Usdt
  interestUsdt: Usdt
  netUsdt: Usdt
  /** Coins other than USDT that are still there (dust once the hedge is closed). */
  inventory: { coin: string; qty: Amount }[]
}

/** @param prices - USDT per coin for what is still held and for fees in a third coin */
export function hedgeResult(
  postings: Iterable<Posting>,
  prices: Readonly<Record<string, Price>>,
): HedgeResult {
  throw new Error(`not yet: ${[postings, prices].length}`)
}
