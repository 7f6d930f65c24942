/**
 * The lending pool: what is left of each coin, what an account may borrow, and when it may be given back by hand.
 */
import { Decimal } from 'decimal.js'
import { type AccountState, coinPrice, dec, heldOf, type SimExchange, ZERO } from '../exchange-state.ts'
import { accountNumbers } from './accounts.ts'

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
export function isRepayBarred(nowMs: number): boolean {
  const intoHour = nowMs % 3_600_000
  return intoHour >= 240_000 && intoHour < 330_000
}
