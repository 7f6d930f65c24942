/**
 * Wallet, positions and transaction log of V5 in our words. Signs: a log row's `funding` is positive when received while an
 * execution's funding fee is positive when paid; `fee` is positive when paid; change = cashFlow + funding − fee.
 */
import type { TransactionKind, TransactionRow } from '../../../domain/books/transaction.ts'
import type { Side } from '../../../domain/instrument.ts'
import { amount, orderQty, price, usdt } from '../../../domain/units.ts'
import type {
  AccountIdentity,
  AccountSettings,
  CoinBalance,
  OrUnknown,
  Position,
  Wallet,
} from '../../exchange.ts'
import type { LeaveOut } from '../pages.ts'
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

/** One coin of the wallet. A field that Bybit leaves empty is 0. @throws ExchangeFailure for what is no decimal */
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
 * One account of wallet-balance. Bybit counts account totals in USD; they stand for USDT here. Where they do not apply (isolated and,
 * for some, portfolio margin) they come empty: that is unknown, never zero.
 *
 * @param leaveOut - decides on a coin whose row cannot be read
 */
export const wallet = (row: Row, readAtMs: number, leaveOut: LeaveOut): Wallet => ({
  ...coinsOf(rowsAt(row, 'coin'), leaveOut),
  equityUsdt: usdtOrNull(row, 'totalEquity'),
  availableUsdt: usdtOrNull(row, 'totalAvailableBalance'),
  initialMarginRate: decimalOr(row, 'accountIMRate', '') || null,
  maintenanceMarginRate: decimalOr(row, 'accountMMRate', '') || null,
  readAtMs,
})

function coinsOf(rows: readonly Row[], leaveOut: LeaveOut): Pick<Wallet, 'coins' | 'unread'> {
  const coins = rows.flatMap(row => leaveOut(row.coin, () => coinBalance(row)) ?? [])
  const read = new Set(coins.map(({ coin }) => coin))
  const unread = rows.map(({ coin }) => String(coin)).filter(coin => !read.has(coin))
  return { coins, ...(unread.length > 0 && { unread }) }
}

const usdtOrNull = (row: Row, field: string) => {
  const told = decimalOr(row, field, '')
  return told === '' ? null : usdt(told)
}

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

const MARGIN_MODE = new Map<unknown, AccountIdentity['marginMode']>([
  ['ISOLATED_MARGIN', 'isolated'],
  ['REGULAR_MARGIN', 'regular'],
  ['PORTFOLIO_MARGIN', 'portfolio'],
])

/** Bybit: unifiedMarginStatus 1 is classic, 3 and 4 are UTA 1.0, 5 and 6 are UTA 2.0. */
const ACCOUNT_TYPE = new Map<unknown, AccountIdentity['accountType']>([
  [1, 'classic'],
  ...[3, 4, 5, 6].map(status => [status, 'unified'] as const),
])

/**
 * Who the account is; each reply is undefined where the exchange does not show it.
 *
 * @param key - user/query-api @param info - account/info @param positions - rows of position/list, flat ones too
 */
export function accountIdentity(
  key: Row | undefined,
  info: Row | undefined,
  positions: readonly Row[] | undefined,
): AccountIdentity {
  const uid = uidIn(key, 'userIDInt64') ?? uidIn(key, 'userID')
  return {
    uid,
    masterUid: key?.isMaster === false || key?.isMaster === undefined ? uidIn(key, 'parentUid') : null,
    isReadOnly: knownIn(key?.readOnly, [1, 0]),
    permissions: permissionsOf(key?.permissions),
    expiresAtMs: expiryOf(key),
    isAddressBound: addressBound(key?.ips),
    accountType: ACCOUNT_TYPE.get(info?.unifiedMarginStatus) ?? 'unknown',
    marginMode: MARGIN_MODE.get(info?.marginMode) ?? 'unknown',
    positionMode: positionModeOf(positions),
  }
}

/** A UID as text; Bybit writes 0 where there is none. */
function uidIn(row: Row | undefined, field: string): string | null {
  const value = row?.[field]
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value
  return typeof text === 'string' && /^[1-9]\d{0,19}$/.test(text) ? text : null
}

const knownIn = (value: unknown, [yes, no]: readonly [unknown, unknown]): OrUnknown<boolean> =>
  value === yes ? true : value === no ? false : 'unknown'

function permissionsOf(permissions: unknown): AccountIdentity['permissions'] {
  const has = (group: string, ...rights: string[]): OrUnknown<boolean> => {
    const list = typeof permissions === 'object' ? (permissions as Row | null)?.[group] : undefined
    return Array.isArray(list) ? rights.some(right => list.includes(right)) : 'unknown'
  }
  const [orders, derivatives] = [has('ContractTrade', 'Order'), has('Derivatives', 'DerivativesTrade')]
  return {
    spot: has('Spot', 'SpotTrade'),
    // Unified accounts have the second word, older keys the first.
    contract: orders === true || derivatives === true ? true : orders,
    withdraw: has('Wallet', 'Withdraw'),
    transfer: has('Wallet', 'AccountTransfer', 'SubMemberTransfer'),
  }
}

/** Bybit writes the year 1970 for a key that does not end. */
function expiryOf(key: Row | undefined): AccountIdentity['expiresAtMs'] {
  const atMs = typeof key?.expiredAt === 'string' ? Date.parse(key.expiredAt) : Number.NaN
  if (Number.isNaN(atMs)) return 'unknown'
  return atMs > 0 ? atMs : null
}

function addressBound(ips: unknown): OrUnknown<boolean> {
  if (!Array.isArray(ips)) return 'unknown'
  return ips.length > 0 && !ips.includes('*')
}

function positionModeOf(positions: readonly Row[] | undefined): AccountIdentity['positionMode'] {
  const told = (positions ?? []).map(({ positionIdx }) => Number(positionIdx))
  if (told.length === 0 || told.some(Number.isNaN)) return 'unknown'
  return told.every(at => at === 0) ? 'one-way' : 'hedge'
}

/** user-setting-config. Bybit's two words for prices beyond the limit have opposite meanings on spot and on futures. */
export const accountSettings = (row: Row): AccountSettings => ({
  isDeltaNeutral: knownIn(row.deltaEnable, [true, false]),
  beyondPriceLimit: {
    spot: row.lpaSpot === true ? 'move' : row.lpaSpot === false ? 'refuse' : 'unknown',
    linear: row.lpaPerp === true ? 'refuse' : row.lpaPerp === false ? 'move' : 'unknown',
  },
  paysFeesInMnt: { spot: knownIn(row.smsef, [true, false]), linear: knownIn(row.fmsef, [true, false]) },
})

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
