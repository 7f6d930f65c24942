/** What the hedges say they hold against what the exchange shows, and each hedge's two legs against each other. */
import { Decimal } from 'decimal.js'
import { expect } from 'vitest'
import { dustBase } from '../../../src/domain/books/dust.ts'
import { smallestOrder } from '../../../src/domain/legs/balance.ts'
import type { StoredHedge } from './journal-outside.ts'
import { positions, wallet } from './outside.ts'

/**
 * Each hedge is level within the smallest order of its perpetual, or closed with no perpetual left; all hedges together,
 * living and closed, hold exactly what the exchange shows. Gives how far the worst of them is apart, in lot steps.
 */
export async function judgeHoldings(url: string, hedges: readonly StoredHedge[]): Promise<number> {
  const contracts = new Map<string, Decimal>()
  const coins = new Map<string, Decimal>()
  const add = (sums: Map<string, Decimal>, key: string, value: Decimal.Value) =>
    sums.set(key, (sums.get(key) ?? new Decimal(0)).plus(value))
  let farthest = 0
  for (const { id, state, status, context } of hedges) {
    const { plan, spot, perp } = context
    const { multiplier, qtyStep } = plan.perp
    const apart = new Decimal(spot.base).minus(perp.base).div(multiplier)
    const text = `${id} ${state}: ${spot.base} spot, ${perp.base} short, ${plan.perp.symbol} in steps of ${qtyStep}`
    if (status === 'done') expect(new Decimal(perp.base).isZero(), text).toBe(true)
    else expect(state, text).toBe('hedged.watching')
    // A perpetual beyond its spot is never left; spot beyond it only where no order could follow.
    expect(apart.gt(new Decimal(qtyStep).neg()), text).toBe(true)
    expect(apart.lt(smallestOrder(plan.perp, plan.markPrice)), text).toBe(true)
    farthest = Math.max(farthest, apart.abs().div(qtyStep).toNumber())
    add(contracts, plan.symbol, new Decimal(perp.base).div(multiplier).neg())
    // What it began with is counted where it was left over.
    add(coins, plan.baseCoin, new Decimal(spot.base).minus(dustBase(plan.dust)))
  }
  const open = [...contracts]
    .filter(([, qty]) => !qty.isZero())
    .map(([symbol, qty]) => [symbol, qty.toFixed()])
  expect(await positions(url)).toEqual(Object.fromEntries(open))
  const balances = await wallet(url)
  for (const [coin, qty] of coins)
    expect([coin, new Decimal(balances[coin] ?? 0).toFixed()]).toEqual([coin, qty.toFixed()])
  return farthest
}
