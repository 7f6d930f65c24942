/**
 * Insurance pools, one per perpetual. A pool is a part of the house's money told apart, so that accounts and house together
 * still hold what was paid in.
 */
import type { Decimal } from 'decimal.js'
import { dec, type PoolState, type SimExchange } from '../exchange-state.ts'

const FIRST_BALANCE = '100000'
/** Documented thresholds: deleveraging begins below the first drawdown and ends above the second. */
export const ADL_BEGINS_AT = '-0.3'
export const ADL_ENDS_AT = '-0.25'

export function poolOf(exchange: SimExchange, symbol: string): PoolState {
  return exchange.state.pools[symbol] ?? { balance: FIRST_BALANCE, maxBalance: FIRST_BALANCE, pnlRatio: '0' }
}

/** Puts money of the house into a pool. */
export function insure(exchange: SimExchange, symbol: string, amount: Decimal): void {
  const pool = poolOf(exchange, symbol)
  const balance = dec(pool.balance).plus(amount)
  const maxBalance = balance.gt(pool.maxBalance) ? balance.toFixed() : pool.maxBalance
  exchange.state.pools[symbol] = { ...pool, balance: balance.toFixed(), maxBalance }
}

/** Says how far a pool is under water; what `adlAlert` tells. */
export function setPnlRatio(exchange: SimExchange, symbol: string, pnlRatio: string): void {
  exchange.state.pools[symbol] = { ...poolOf(exchange, symbol), pnlRatio }
}
