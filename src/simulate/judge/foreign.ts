/**
 * What people have in an account beside the hedges. An account has one position of a perpetual and one amount of a coin, owned or owed
 * (Bybit: a coin's equity is walletBalance − spotBorrow): a trade against what people have undoes that first, then what the hedge has,
 * and what is beyond is theirs. So coins that are bought repay a debt, whoever owes it.
 */
import { Decimal } from 'decimal.js'

const ZERO = new Decimal(0)

export class Foreign {
  /** Base coins, signed: negative is owed. */
  coins = ZERO
  /** Base coins of the perpetual, signed: negative is short. */
  position = ZERO

  /**
   * Coins that a person bought or sold, gave or took.
   *
   * @param change - base coins, signed
   * @param before - all coins of the account before it, less those it owes
   */
  moveCoins(change: Decimal, before: Decimal): void {
    this.coins = moved(this.coins, change, before)
  }

  /**
   * A person's trade of the perpetual.
   *
   * @param change - base coins, signed
   * @param before - the whole position before it, base coins, signed
   */
  movePosition(change: Decimal, before: Decimal): void {
    this.position = moved(this.position, change, before)
  }

  /** The exchange deleveraged, liquidated or delivered: the same. */
  forcePosition(change: Decimal, before: Decimal): void {
    this.position = afterForced(this.position, change, before)
  }
}

/** What is theirs after the exchange itself closed a part of a position of `whole`: the hedge's goes first, as it is told of it. */
function afterForced(theirs: Decimal, change: Decimal, whole: Decimal): Decimal {
  if (whole.plus(change).isZero()) return ZERO
  return theirs.plus(change.minus(towardsZero(whole.minus(theirs), change)))
}

/** What is theirs after a change, of `whole` before it. */
function moved(theirs: Decimal, change: Decimal, whole: Decimal): Decimal {
  const own = whole.minus(theirs)
  const undone = towardsZero(theirs, change)
  const left = change.minus(undone)
  return theirs.plus(undone).plus(left.minus(towardsZero(own, left)))
}

/** The part of a change that brings an amount nearer to zero, and not beyond. */
const towardsZero = (amount: Decimal, change: Decimal): Decimal =>
  amount.isZero() || change.isZero() || amount.isNegative() === change.isNegative()
    ? ZERO
    : Decimal.min(amount.abs(), change.abs()).times(change.isNegative() ? -1 : 1)
