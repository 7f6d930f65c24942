/**
 * The debt that a loss on contracts makes when the wallet does not hold it: a loan of the settle coin, free up to a limit, never
 * a wallet change. Debt of spot margin is another thing and never free.
 */
import { Decimal } from 'decimal.js'
import { dec, ZERO } from '../exchange-state.ts'

/** Of a debt made by unrealised loss, per coin; more than that bears interest. */
export const freeBorrowLimit = (coin: string): Decimal => new Decimal(coin === 'USDT' ? 10_000 : 0)

/** A loss on contracts beyond what the wallet holds of their coin is borrowed. */
export function lossBorrow(wallet: string, unrealised: Decimal): Decimal {
  const left = unrealised.plus(wallet)
  return unrealised.isNegative() && left.isNegative() ? left.negated() : ZERO
}

/** What bears interest of a coin's whole debt. */
export const bearing = (coin: string, spotBorrow: string, fromLoss: Decimal): Decimal =>
  dec(spotBorrow).plus(Decimal.max(0, fromLoss.minus(freeBorrowLimit(coin))))
