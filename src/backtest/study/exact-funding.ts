/** What a unit of notional was paid while it was held, from the rates as they were recorded: decimals, to the last digit. */
import { Decimal } from 'decimal.js'
import type { FundingPoint } from '../../exchange/simulator/history/files.ts'

type Held = { enteredAtMs: number; leftAtMs: number }

/** Enough digits that no sum of recorded rates is ever rounded. */
const Exact = Decimal.clone({ precision: 60 })

/**
 * Sum of the rates that were settled after an entry, up to and with the exit of the same hedge; a fraction of notional.
 * @param points - oldest first
 */
export function exactFunding(hedges: readonly Held[], points: readonly FundingPoint[]): string {
  let sum = new Exact(0)
  for (const { enteredAtMs, leftAtMs } of hedges)
    for (const { atMs, rate } of points) if (atMs > enteredAtMs && atMs <= leftAtMs) sum = sum.plus(rate)
  return sum.toFixed()
}
