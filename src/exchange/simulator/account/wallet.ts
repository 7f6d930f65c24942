/**
 * The only place where a wallet changes. Each change is one row of the transaction log, change = cashFlow + funding − fee,
 * and its opposite on the house's account, so that accounts and house together hold exactly what was paid in.
 */
import type { Decimal } from 'decimal.js'
import type { Market } from '../../../domain/instrument.ts'
import {
  type AccountState,
  type CoinState,
  dec,
  nextNumber,
  nextSeq,
  type PoolState,
  plus,
  type SimExchange,
  ZERO,
} from '../exchange-state.ts'

export type WalletMove = {
  coin: string
  type: string
  subType?: string
  market: Market | 'none'
  symbol?: string
  side?: string
  /** Signed. */
  cashFlow?: Decimal
  /** Positive is received; absent prints as "". */
  funding?: Decimal
  /** Positive is paid. */
  fee?: Decimal
  feeRate?: string
  qty?: string
  /** What is held after it, signed. */
  size?: string
  price?: string
  orderId?: string
  orderLinkId?: string
  tradeId?: string
}

/** A coin of the wallet, begun when there is none. */
export function coinOf(account: AccountState, coin: string): CoinState {
  account.coins[coin] ??= { wallet: '0', borrowed: '0', accruedInterest: '0', realised: '0' }
  return account.coins[coin]
}

/** Applies one change and writes its row. The house takes the opposite, save for money from and to outside. */
export function moveMoney(exchange: SimExchange, account: AccountState, move: WalletMove): void {
  const cashFlow = move.cashFlow ?? ZERO
  const fee = move.fee ?? ZERO
  const change = cashFlow.plus(move.funding ?? ZERO).minus(fee)
  const coin = coinOf(account, move.coin)
  coin.wallet = plus(coin.wallet, change)
  if (!move.type.startsWith('TRANSFER_'))
    exchange.state.house[move.coin] = plus(exchange.state.house[move.coin] ?? '0', change.negated())
  if (dec(coin.wallet).isNegative()) borrow(exchange, account, move.coin, dec(coin.wallet).negated())
  const number = nextNumber(exchange)
  const seq = nextSeq(exchange)
  account.log.push({
    number,
    market: move.market,
    atMs: exchange.state.nowMs,
    json: {
      transSubType: move.subType ?? '',
      id: `${account.uid}_${move.symbol || move.coin}_${seq}`,
      symbol: move.symbol ?? '',
      category: move.market === 'none' ? '' : move.market,
      side: move.side ?? 'None',
      transactionTime: String(exchange.state.nowMs),
      type: move.type,
      qty: move.qty ?? '0',
      size: move.size ?? '0',
      currency: move.coin,
      tradePrice: move.price ?? '0',
      funding: move.funding ? move.funding.toFixed() : '',
      fee: fee.toFixed(),
      cashFlow: cashFlow.toFixed(),
      change: change.toFixed(),
      cashBalance: coin.wallet,
      feeRate: move.feeRate ?? '',
      bonusChange: '',
      tradeId: move.tradeId ?? '',
      orderId: move.orderId ?? '',
      orderLinkId: move.orderLinkId ?? '',
      extraFees: '',
    },
  })
}

/** Money from outside. */
export function deposit(exchange: SimExchange, account: AccountState, coin: string, amount: Decimal): void {
  moveMoney(exchange, account, {
    coin,
    type: 'TRANSFER_IN',
    market: 'none',
    cashFlow: amount,
    qty: amount.toFixed(),
  })
}

/** Lends `amount` of a coin to the account: in its wallet and in its debt. Not a change of what it owns, so no row. */
export function borrow(exchange: SimExchange, account: AccountState, coin: string, amount: Decimal): void {
  const state = coinOf(account, coin)
  state.wallet = plus(state.wallet, amount)
  state.borrowed = plus(state.borrowed, amount)
  exchange.state.house[coin] = plus(exchange.state.house[coin] ?? '0', amount.negated())
}

/** Pays debt back from what the wallet holds beyond `keep`. */
export function repay(
  exchange: SimExchange,
  account: AccountState,
  coin: string,
  keep: Decimal = ZERO,
): void {
  const state = coinOf(account, coin)
  const free = dec(state.wallet).minus(keep)
  const amount = free.lt(state.borrowed) ? free : dec(state.borrowed)
  if (!amount.gt(0)) return
  state.wallet = plus(state.wallet, amount.negated())
  state.borrowed = plus(state.borrowed, amount.negated())
  exchange.state.house[coin] = plus(exchange.state.house[coin] ?? '0', amount)
}

const FIRST_BALANCE = '100000'
/** Documented thresholds: deleveraging begins below the first drawdown and ends above the second. */
export const ADL_BEGINS_AT = '-0.3'
export const ADL_ENDS_AT = '-0.25'

/**
 * The insurance pool of a perpetual. A pool is a part of the house's money told apart, so that accounts and house together
 * still hold what was paid in.
 */
export function poolOf(exchange: SimExchange, symbol: string): PoolState {
  return exchange.state.pools[symbol] ?? { balance: FIRST_BALANCE, maxBalance: FIRST_BALANCE, pnlRatio: '0' }
}

/** Puts money of the house into a pool. */
export function insure(exchange: SimExchange, symbol: string, amount: Decimal): void {
  const pool = poolOf(exchange, symbol)
  const balance = dec(pool.balance).plus(amount)
  const maxBalance = balance.gt(pool.maxBalance) ? balance.toFixed() : pool.maxBalance
  exchange.state.pools[symbol] = { ...pool, balance: balance.toFixed(), maxBalance }
}

/** Says how far a pool is under water; what `adlAlert` tells. */
export function setPnlRatio(exchange: SimExchange, symbol: string, pnlRatio: string): void {
  exchange.state.pools[symbol] = { ...poolOf(exchange, symbol), pnlRatio }
}
