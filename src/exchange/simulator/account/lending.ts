/**
 * The lending pool: what is left of each coin, what an account may borrow, and when it may be given back by hand.
 */
import { Decimal } from 'decimal.js'
import { type AccountState, coinPrice, dec, heldOf, type World, ZERO } from '../world.ts'
import { accountNumbers } from './accounts.ts'

/** Not every coin is lent: the symbol's `marginTrading` says so. */
function isLent(world: World, coin: string): boolean {
  if (coin === 'USDT' || coin === 'USDC') return true
  const listing = world.universe.byCoin(coin)
  return listing?.spot.json.marginTrading !== 'none' && listing !== undefined
}

/** What the pool has left of a coin for everybody. */
export function inventoryOf(world: World, coin: string): Decimal {
  if (!isLent(world, coin)) return ZERO
  const listing = world.universe.byCoin(coin)
  const usual = listing ? (listing.depthUsdtPerBps * 100) / listing.firstPrice : 100_000_000
  const set = Object.hasOwn(world.state.lending, coin) ? world.state.lending[coin] : undefined
  const whole = set === undefined ? new Decimal(usual).toSignificantDigits(3) : dec(set)
  const lent = Object.values(world.state.accounts).reduce(
    (sum, account) => sum.plus(heldOf(account, coin).borrowed),
    ZERO,
  )
  return set === undefined ? Decimal.max(0, whole.minus(lent)) : whole
}

/** What one account may still borrow: by its margin and by what the pool has. */
export function borrowable(world: World, account: AccountState, coin: string): Decimal {
  const price = coinPrice(world, coin)
  if (price.isZero() || !account.spotMargin) return ZERO
  const byMargin = accountNumbers(world, account).available.times(account.spotLeverage).div(price)
  return Decimal.max(0, Decimal.min(byMargin, inventoryOf(world, coin))).toDecimalPlaces(
    8,
    Decimal.ROUND_DOWN,
  )
}

/** The minutes of each hour in which nobody may repay by hand: 04:00 to 05:30. */
export function isRepayBarred(nowMs: number): boolean {
  const intoHour = nowMs % 3_600_000
  return intoHour >= 240_000 && intoHour < 330_000
}
