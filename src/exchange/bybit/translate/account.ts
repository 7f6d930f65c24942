/**
 * Wallet, positions and transaction log of V5 in our words. Signs: a log row's `funding` is positive when received while an
 * execution's funding fee is positive when paid; `fee` is positive when paid; change = cashFlow + funding − fee.
 */

import type { TransactionKind, TransactionRow } from '../../../domain/books/transaction.ts'
import type { Side } from '../../../domain/instrument.ts'
import { amount, orderQty, price, usdt } from '../../../domain/units.ts'
import type { AccountFacts, CoinBalance, Position, Wallet } from '../../exchange.ts'
import {
  decimalAt,
  decimalOr,
  instantAt,
  integerAt,
  oneOf,
  type Row,
  rowsAt,
  textAt,
  textOrNone,
} from './fields.ts'

/** Bybit's colRes; '-1', and a reply without it, say nothing. */
const COLLATERAL_LIMIT = new Map<unknown, CoinBalance['collateral']['limit']>([
  ['0', 'free'],
  ['1', 'near'],
  ['2', 'reached'],
])

export const coinBalance = (row: Row): CoinBalance => ({
  coin: textAt(row, 'coin'),
  wallet: amount(decimalOr(row, 'walletBalance', '0')),
  borrowed: amount(decimalOr(row, 'borrowAmount', '0')),
  spotBorrowed: amount(decimalOr(row, 'spotBorrow', '0')),
  accruedInterest: amount(decimalOr(row, 'accruedInterest', '0')),
  equity: amount(decimalOr(row, 'equity', '0')),
  usdValue: usdt(decimalOr(row, 'usdValue', '0')),
  collateral: {
    taken: row.marginCollateral === true,
    switchedOn: row.collateralSwitch === true,
    limit: COLLATERAL_LIMIT.get(row.colRes) ?? 'unknown',
  },
})

/**
 * One account of wallet-balance. Bybit counts account totals in USD; they stand for USDT here.
 * In isolated margin the totals come empty: 0 available, so that nothing new is risked on a number that is not there.
 */
export const wallet = (row: Row, readAtMs: number): Wallet => ({
  coins: rowsAt(row, 'coin').map(coinBalance),
  equityUsdt: usdt(decimalOr(row, 'totalEquity', '0')),
  availableUsdt: usdt(decimalOr(row, 'totalAvailableBalance', '0')),
  initialMarginRate: decimalOr(row, 'accountIMRate', '0'),
  maintenanceMarginRate: decimalOr(row, 'accountMMRate', '0'),
  readAtMs,
})

const POSITION_STATUS = { Normal: 'normal', '': 'normal', Liq: 'liquidating', Adl: 'adl' } as const

/** One position; REST calls the entry price avgPrice, the socket calls it entryPrice. An empty side is flat. */
export function position(row: Row, readAtMs: number): Position {
  const side = oneOf(row, 'side', ['Buy', 'Sell', 'None', ''])
  const qty = orderQty(decimalAt(row, 'size'))
  const liquidation = decimalOr(row, 'liqPrice', '')
  const told = { positionStatus: row.positionStatus ?? '' }
  return {
    symbol: textAt(row, 'symbol'),
    qty,
    side: qty === '0' || side === '' || side === 'None' ? 'flat' : side,
    entryPrice: price(decimalOr(row, 'entryPrice' in row ? 'entryPrice' : 'avgPrice', '0')),
    markPrice: price(decimalOr(row, 'markPrice', '0')),
    unrealisedPnl: usdt(decimalOr(row, 'unrealisedPnl', '0')),
    adlRank: 'adlRankIndicator' in row ? integerAt(row, 'adlRankIndicator') : 0,
    status: POSITION_STATUS[oneOf(told, 'positionStatus', ['Normal', 'Liq', 'Adl', ''])],
    reduceOnly: row.isReduceOnly === true,
    liquidationPrice: liquidation === '' ? null : price(liquidation),
    leverage: decimalOr(row, 'leverage', '') || null,
    readAtMs,
  }
}

const MARGIN_MODE: Readonly<Record<string, AccountFacts['marginMode']>> = {
  ISOLATED_MARGIN: 'isolated',
  REGULAR_MARGIN: 'cross',
  PORTFOLIO_MARGIN: 'portfolio',
}

/** account/info. Bybit: unifiedMarginStatus 1 is classic, 3 and 4 are UTA 1.0, 5 and 6 are UTA 2.0. */
export function accountFacts(row: Row, positions: readonly Row[]): AccountFacts {
  const mode = oneOf(row, 'marginMode', Object.keys(MARGIN_MODE))
  const status = integerAt(row, 'unifiedMarginStatus')
  const hedge = positions.some(held => integerAt(held, 'positionIdx') !== 0)
  return {
    unified: status >= 3 && status <= 6,
    marginMode: MARGIN_MODE[mode] ?? 'cross',
    positionMode: hedge ? 'hedge' : 'one-way',
  }
}

const KIND: Readonly<Record<string, TransactionKind>> = {
  TRADE: 'trade',
  SETTLEMENT: 'settlement',
  INTEREST: 'interest',
  TRANSFER_IN: 'transfer-in',
  TRANSFER_OUT: 'transfer-out',
  LIQUIDATION: 'liquidation',
  ADL: 'adl',
  DELIVERY: 'delivery',
  CURRENCY_BUY: 'conversion',
  CURRENCY_SELL: 'conversion',
  SPOT_REPAYMENT_BUY: 'conversion',
  SPOT_REPAYMENT_SELL: 'conversion',
  AIRDROP: 'bonus',
  BONUS: 'bonus',
  BONUS_RECOLLECT: 'bonus',
  FEE_REFUND: 'fee-refund',
}

/**
 * One row of the transaction log. Bybit's own `id` is shared by rows of one event (both coins of a spot trade, a
 * settlement and a trade in its documented example), so ours adds what tells them apart.
 */
export function transaction(row: Row): TransactionRow {
  const venueKind = textAt(row, 'type')
  const coin = textAt(row, 'currency')
  const tradeId = textOrNone(row, 'tradeId')
  const category = textOrNone(row, 'category')
  const side = textOrNone(row, 'side')
  return {
    id: [textAt(row, 'id'), venueKind, coin, tradeId].join('/'),
    kind: KIND[venueKind] ?? 'other',
    venueKind,
    coin,
    market: category === 'spot' || category === 'linear' ? category : 'none',
    symbol: textOrNone(row, 'symbol'),
    side: side === 'Buy' || side === 'Sell' ? (side satisfies Side) : 'none',
    orderLinkId: textOrNone(row, 'orderLinkId'),
    tradeId,
    qty: amount(decimalOr(row, 'qty', '0')),
    price: amount(decimalOr(row, 'tradePrice', '0')),
    funding: amount(decimalOr(row, 'funding', '0')),
    fee: amount(decimalOr(row, 'fee', '0')),
    cashFlow: amount(decimalOr(row, 'cashFlow', '0')),
    change: amount(decimalAt(row, 'change')),
    balanceAfter: amount(decimalAt(row, 'cashBalance')),
    atMs: instantAt(row, 'transactionTime'),
  }
}
