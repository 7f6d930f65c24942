/** What a backtest is run with: rules, fees, routes and money, and what of it hourly records ask for. */
import { Decimal } from 'decimal.js'
import type { Route } from '../domain/instrument.ts'
import type { Rules } from '../domain/rules.ts'
import { type Usdt, usdt } from '../domain/units.ts'
import type { NamedFees } from './fees.ts'

export type Variant = {
  name: string
  fees: NamedFees
  routes: readonly Route[]
  /** The rules as run: the configuration's, with these routes and with what hourly records ask for. */
  rules: Rules
  capitalUsdt: Usdt
  seed: number
}

/**
 * Routes whose fills hourly records can tell: each crosses the book. A resting order would wait in a book that stands still
 * for an hour, and nothing would be learnt of it.
 */
export const CROSSING: readonly Route[] = ['spread', 'parallel', 'spot-first', 'perp-first']

/**
 * The account's capital when nobody names one: what the limits let the tracked symbols bind and the free margin that must
 * remain, rounded up to a thousand so that the first fees do not already forbid the next hedge. Returns are measured on it.
 */
export function capitalFor({ strategy, limits }: Rules, symbols: number): Usdt {
  const hedges = Math.min(symbols, limits.hedgesMax)
  const notional = Decimal.min(
    new Decimal(limits.hedgeNotionalUsdtMax).times(hedges),
    limits.totalNotionalUsdtMax,
  )
  const bound = notional.times(1 + strategy.capitalBuffer).plus(limits.freeMarginUsdtMin)
  return usdt(bound.div(1000).ceil().times(1000))
}

/** Each symbol's share of the capital as notional: no more than a hedge may have, no more than its buffer leaves room for. */
export function shareUsdt({ rules: { strategy, limits }, capitalUsdt }: Variant, symbols: number): Usdt {
  const free = new Decimal(capitalUsdt).minus(limits.freeMarginUsdtMin).div(1 + strategy.capitalBuffer)
  const share = Decimal.min(free, limits.totalNotionalUsdtMax).div(symbols)
  return usdt(Decimal.min(share, limits.hedgeNotionalUsdtMax).toDecimalPlaces(18, Decimal.ROUND_DOWN))
}
