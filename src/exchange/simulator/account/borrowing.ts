/**
 * Spot-margin debt: interest at five past each hour, repayment at each half hour from what lies free. A wallet that would go
 * below zero borrows instead, so wallets are never negative. The lending pool says what is left of each coin, what an account
 * may borrow, and when it may be given back by hand.
 */
import { Decimal } from 'decimal.js'
import {
  type AccountState,
  coinPrice,
  dec,
  heldOf,
  nextNumber,
  type SimExchange,
  ZERO,
} from '../exchange-state.ts'
import { borrowRate } from '../kit/grid.ts'
import { pushWallet } from '../pushes/private.ts'
import { accountNumbers, lockedOf } from './accounts.ts'
import { bearing, freeBorrowLimit, lossBorrow } from './amounts.ts'
import { moveMoney, repay } from './wallet.ts'

const INTEREST_KEPT = 1000
const REPAY_EVERY_MS = 1_800_000
const HOUR_MS = 3_600_000
const INTEREST_AT_MS = 300_000

/** The hour's row of the borrow history: also a debt that cost nothing is told. */
function note(
  exchange: SimExchange,
  account: AccountState,
  coin: string,
  loss: Decimal,
  size: Decimal,
  cost: Decimal,
): void {
  const borrowed = loss.plus(heldOf(account, coin).borrowed)
  if (borrowed.isZero()) return
  account.interest ??= []
  account.interest.push({
    number: nextNumber(exchange),
    atMs: exchange.state.nowMs,
    coin,
    borrowed: borrowed.toFixed(),
    bearing: size.toFixed(),
    free: (loss.gt(freeBorrowLimit(coin)) ? freeBorrowLimit(coin) : loss).toFixed(),
    loss: loss.toFixed(),
    rate: borrowRate(coin),
    cost: cost.toFixed(),
  })
  if (account.interest.length > INTEREST_KEPT) account.interest.shift()
}

function chargeInterest(exchange: SimExchange, account: AccountState): void {
  const { bySettle } = accountNumbers(exchange, account)
  for (const [coin, state] of Object.entries(account.coins)) {
    const loss = lossBorrow(state.wallet, bySettle.get(coin)?.unrealised ?? ZERO)
    const size = bearing(coin, state.borrowed, loss)
    const interest = size.times(borrowRate(coin)).toDecimalPlaces(12)
    note(exchange, account, coin, loss, size, interest)
    if (!interest.gt(0)) continue
    moveMoney(exchange, account, {
      coin,
      type: 'INTEREST',
      market: 'spot',
      cashFlow: interest.negated(),
      qty: size.toFixed(),
      feeRate: borrowRate(coin),
    })
    pushWallet(exchange, account, [coin])
  }
}

function repayFree(exchange: SimExchange, account: AccountState): void {
  for (const [coin, state] of Object.entries(account.coins)) {
    if (!dec(state.borrowed).gt(0) || account.autoRepayOff?.[coin]) continue
    const before = state.borrowed
    repay(exchange, account, coin, lockedOf(exchange, account, coin))
    if (state.borrowed !== before) pushWallet(exchange, account, [coin])
  }
}

const hasDebt = (exchange: SimExchange): boolean =>
  Object.values(exchange.state.accounts).some(account =>
    Object.values(account.coins).some(({ borrowed }) => borrowed !== '0'),
  )

/** The next of those instants after now; never when it is not before `soonerMs`, or nobody owes anything. */
export function nextDebtAtMs(exchange: SimExchange, soonerMs: number): number {
  const { nowMs } = exchange.state
  const halfHour = (Math.floor(nowMs / REPAY_EVERY_MS) + 1) * REPAY_EVERY_MS
  const fivePast = (Math.floor((nowMs - INTEREST_AT_MS) / HOUR_MS) + 1) * HOUR_MS + INTEREST_AT_MS
  const nextMs = Math.min(halfHour, fivePast)
  return nextMs < soonerMs && hasDebt(exchange) ? nextMs : Number.POSITIVE_INFINITY
}

/** To be called at every step; does something at :00, :05 and :30 of the hour only. */
export function keepDebts(exchange: SimExchange): void {
  const { nowMs } = exchange.state
  const interest = nowMs % HOUR_MS === INTEREST_AT_MS
  const repayment = nowMs % REPAY_EVERY_MS === 0
  if (!interest && !repayment) return
  for (const account of Object.values(exchange.state.accounts)) {
    if (interest) chargeInterest(exchange, account)
    if (repayment) repayFree(exchange, account)
  }
}

/**
 * The lending pool takes a coin back. What accounts owe of it is repaid at once: from what lies free of it, the rest bought
 * with USDT at the index price (borrowed, where there is too little). Nothing can be borrowed afterwards.
 */
export function recall(exchange: SimExchange, coin: string): void {
  exchange.state.lending[coin] = '0'
  for (const account of Object.values(exchange.state.accounts)) {
    if (!dec(heldOf(account, coin).borrowed).gt(0)) continue
    repay(exchange, account, coin, lockedOf(exchange, account, coin))
    const owed = dec(heldOf(account, coin).borrowed)
    const price = coinPrice(exchange, coin)
    if (owed.gt(0) && coin !== 'USDT' && price.gt(0)) {
      const row = { market: 'none' as const, qty: owed.toFixed(), price: price.toFixed() }
      const cost = owed.times(price).toDecimalPlaces(8)
      moveMoney(exchange, account, { ...row, coin: 'USDT', type: 'CURRENCY_SELL', cashFlow: cost.negated() })
      moveMoney(exchange, account, { ...row, coin, type: 'CURRENCY_BUY', cashFlow: owed })
      repay(exchange, account, coin, lockedOf(exchange, account, coin))
    }
    pushWallet(exchange, account, [coin, 'USDT'])
  }
}

/** Not every coin is lent: the symbol's `marginTrading` says so. */
function isLent(exchange: SimExchange, coin: string): boolean {
  if (coin === 'USDT' || coin === 'USDC') return true
  const listing = exchange.universe.byCoin(coin)
  return listing?.spot.json.marginTrading !== 'none' && listing !== undefined
}

/** What the pool has left of a coin for everybody. */
export function inventoryOf(exchange: SimExchange, coin: string): Decimal {
  if (!isLent(exchange, coin)) return ZERO
  const listing = exchange.universe.byCoin(coin)
  const usual = listing ? (listing.depthUsdtPerBps * 100) / listing.firstPrice : 100_000_000
  const set = Object.hasOwn(exchange.state.lending, coin) ? exchange.state.lending[coin] : undefined
  const whole = set === undefined ? new Decimal(usual).toSignificantDigits(3) : dec(set)
  const lent = Object.values(exchange.state.accounts).reduce(
    (sum, account) => sum.plus(heldOf(account, coin).borrowed),
    ZERO,
  )
  return set === undefined ? Decimal.max(0, whole.minus(lent)) : whole
}

/** What one account may still borrow: by its margin and by what the pool has. */
export function borrowable(exchange: SimExchange, account: AccountState, coin: string): Decimal {
  const price = coinPrice(exchange, coin)
  if (price.isZero() || !account.spotMargin) return ZERO
  const byMargin = accountNumbers(exchange, account).available.times(account.spotLeverage).div(price)
  return Decimal.max(0, Decimal.min(byMargin, inventoryOf(exchange, coin))).toDecimalPlaces(
    8,
    Decimal.ROUND_DOWN,
  )
}

/** The minutes of each hour in which nobody may repay by hand: 04:00 to 05:30. */
export function isBlackout(nowMs: number): boolean {
  const intoHour = nowMs % 3_600_000
  return intoHour >= 240_000 && intoHour < 330_000
}
