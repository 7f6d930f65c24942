/**
 * Double entry over the exchange's transaction log. One row is one transaction in one coin whose postings sum to 0, and the
 * wallet posting is exactly the row's change; so the sum of all wallet postings must be the wallet (promise 6).
 * What no rule explains goes to `suspense`, where it is seen; nothing is dropped.
 */
import { Decimal } from 'decimal.js'
import { type Amount, amount } from '../units.ts'
import type { TransactionKind, TransactionRow } from './transaction.ts'

/** `trading` is the other side of every exchange of coins: it holds what was paid and got for the coins. */
export type AccountKind = 'wallet' | 'trading' | 'fees' | 'funding' | 'interest' | 'equity' | 'suspense'

export type Posting = {
  rowId: string
  /** `kind:COIN`, e.g. wallet:USDT. */
  account: string
  kind: AccountKind
  coin: string
  /** Wallet: + is received. The other side of each row makes the sum 0 (fees: + is paid; funding: − is received). */
  amount: Amount
  /** '' when the row belongs to no hedge. */
  hedgeId: string
  symbol: string
  /**
   * For valuing what is no USDT: the row's trade price; of a fee taken in a coin that was not traded, USDT per that coin at that
   * moment. '0' when it is not known.
   */
  price: Amount
  atMs: number
}

const COUNTERPART: Record<TransactionKind, AccountKind> = {
  trade: 'trading',
  settlement: 'trading',
  interest: 'interest',
  'transfer-in': 'equity',
  'transfer-out': 'equity',
  liquidation: 'trading',
  adl: 'trading',
  delivery: 'trading',
  conversion: 'trading',
  bonus: 'equity',
  'fee-refund': 'fees',
  other: 'suspense',
}

/** Is the row a fee alone, in a coin that was not traded (a discount token)? Its trade's price says nothing of it. */
export const isFeeInThirdCoin = ({ kind, coin, symbol, fee, cashFlow }: TransactionRow): boolean =>
  kind === 'trade' &&
  coin !== 'USDT' &&
  symbol !== `${coin}USDT` &&
  new Decimal(cashFlow).isZero() &&
  !new Decimal(fee).isZero()

/**
 * The postings of one row: wallet +change, against fees, funding and the counterpart of its kind for the cash flow.
 * A row that does not add up (see `rowFault`) is balanced through suspense.
 * @param hedgeIdOf - whose row it is, by order id or by symbol and time; undefined for nobody's
 * @param feeCoinPrice - USDT per coin of a fee in a third coin; undefined when it is not known
 */
export function postingsOf(
  row: TransactionRow,
  hedgeIdOf: (row: TransactionRow) => string | undefined,
  feeCoinPrice?: Amount,
): Posting[] {
  const hedgeId = hedgeIdOf(row) ?? ''
  const price = isFeeInThirdCoin(row) ? (feeCoinPrice ?? amount('0')) : row.price
  const post = (kind: AccountKind, value: Decimal): Posting => ({
    rowId: row.id,
    account: `${kind}:${row.coin}`,
    kind,
    coin: row.coin,
    amount: amount(value),
    hedgeId,
    symbol: row.symbol,
    price,
    atMs: row.atMs,
  })
  const sides: [AccountKind, Decimal][] = [
    ['fees', new Decimal(row.fee)],
    ['funding', new Decimal(row.funding).neg()],
    [COUNTERPART[row.kind], new Decimal(row.cashFlow).neg()],
    ['suspense', unexplained(row).neg()],
  ]
  return [
    post('wallet', new Decimal(row.change)),
    ...sides.filter(([, value]) => !value.isZero()).map(([kind, value]) => post(kind, value)),
  ]
}

/** Why the row does not add up (Bybit: change = cashFlow + funding − fee); undefined when it does. */
export function rowFault(row: TransactionRow): string | undefined {
  const off = unexplained(row)
  if (off.isZero()) return undefined
  const expected = new Decimal(row.change).minus(off)
  return `transaction ${row.id}: expected a change of ${expected.toFixed()} ${row.coin}, found ${row.change}`
}

/** Does the row leave something in suspense: no rule for its type, or parts that do not sum to its change? */
export const isUnexplained = (row: TransactionRow): boolean =>
  (row.kind === 'other' && !new Decimal(row.cashFlow).isZero()) || !unexplained(row).isZero()

const unexplained = ({ change, cashFlow, funding, fee }: TransactionRow): Decimal =>
  new Decimal(change).minus(cashFlow).minus(funding).plus(fee)

/** What the wallet held before the first row: wallet against equity. */
export function openingPostings(coins: readonly { coin: string; wallet: Amount }[], atMs: number): Posting[] {
  return coins
    .filter(({ wallet }) => !new Decimal(wallet).isZero())
    .flatMap(({ coin, wallet }) =>
      (['wallet', 'equity'] as const).map(kind => ({
        rowId: `opening-${coin}`,
        account: `${kind}:${coin}`,
        kind,
        coin,
        amount: amount(kind === 'wallet' ? new Decimal(wallet) : new Decimal(wallet).neg()),
        hedgeId: '',
        symbol: '',
        price: amount('0'),
        atMs,
      })),
    )
}

/** Sum per account. */
export function balances(postings: Iterable<Posting>): Record<string, Amount> {
  const sums = new Map<string, Decimal>()
  for (const posting of postings)
    sums.set(posting.account, new Decimal(posting.amount).plus(sums.get(posting.account) ?? 0))
  return Object.fromEntries([...sums].map(([account, sum]) => [account, amount(sum)]))
}

/**
 * Exchange wallet less ledger, for every coin of either: '0' everywhere is promise 6.
 * @param accounts - as `balances` gives them
 */
export function residuals(
  walletCoins: readonly { coin: string; wallet: Amount }[],
  accounts: Readonly<Record<string, Amount>>,
): Record<string, Amount> {
  const wallets = new Map(walletCoins.map(({ coin, wallet }) => [coin, wallet]))
  const booked = Object.keys(accounts)
    .filter(account => account.startsWith('wallet:'))
    .map(account => account.slice('wallet:'.length))
  const coins = [...new Set([...wallets.keys(), ...booked])]
  return Object.fromEntries(
    coins.map(coin => [
      coin,
      amount(new Decimal(wallets.get(coin) ?? 0).minus(accounts[`wallet:${coin}`] ?? 0)),
    ]),
  )
}
