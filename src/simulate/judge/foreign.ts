/**
 * What people have in an account beside the hedges. Coins they buy are theirs; what they sell is theirs as far as they have it,
 * and beyond that the hedge's. On a perpetual, which nets, a trade against people's own part undoes that first, then the hedge's.
 */
import { Decimal } from 'decimal.js'

const ZERO = new Decimal(0)

export class Foreign {
  /** Base coins, never negative. */
  coins = ZERO
  /** Base coins of the perpetual, signed: negative is short. */
  position = ZERO

  /** @param change - base coins that came in, or went out where negative */
  moveCoins(change: Decimal): void {
    this.coins = Decimal.max(0, this.coins.plus(change))
  }

  /**
   * A person's trade of the perpetual.
   *
   * @param change - base coins, signed
   * @param before - the whole position before it, base coins, signed
   */
  movePosition(change: Decimal, before: Decimal): void {
    const own = before.minus(this.position)
    const undone = towardsZero(this.position, change)
    const left = change.minus(undone)
    this.position = this.position.plus(undone).plus(left.minus(towardsZero(own, left)))
  }
}

/** The part of a change that brings an amount nearer to zero, and not beyond. */
const towardsZero = (amount: Decimal, change: Decimal): Decimal =>
  amount.isZero() || change.isZero() || amount.isNegative() === change.isNegative()
    ? ZERO
    : Decimal.min(amount.abs(), change.abs()).times(change.isNegative() ? -1 : 1)
