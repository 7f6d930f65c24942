/**
 * Coins that closed hedges left over, too few to be sold: the next long carry of the coin begins with them. They pass from hedge
 * to hedge at the price they rest at in the first one's profit, so that neither gains. Source: carry.md d.1 (4), d.2.
 */
import { Decimal } from 'decimal.js'
import type { DustLot } from '../entry/plan.ts'
import { amount, type BaseQty, baseQty, type Price, price } from '../units.ts'
import type { Posting } from './ledger.ts'

/** More hedges than these are not emptied at once: the largest lots go first. */
const LOTS_MAX = 20

/** Base coins of all lots together; 0 of none. */
export const dustBase = (lots: readonly DustLot[] = []): BaseQty =>
  baseQty(lots.reduce((sum, { base }) => sum.plus(base), new Decimal(0)))

/** USDT per coin of all lots together; undefined of none. */
export function dustPrice(lots: readonly DustLot[] = []): Price | undefined {
  const base = new Decimal(dustBase(lots))
  if (base.isZero()) return undefined
  const worth = lots.reduce(
    (sum, lot) => sum.plus(new Decimal(lot.base).times(lot.priceUsdt)),
    new Decimal(0),
  )
  return price(worth.div(base))
}

/** The largest first, no more than a plan may name. */
export const largestLots = (lots: readonly DustLot[]): DustLot[] =>
  [...lots]
    .sort((a, b) => new Decimal(b.base).comparedTo(a.base) || (a.hedgeId < b.hedgeId ? -1 : 1))
    .slice(0, LOTS_MAX)

/** What hedges hold of a coin by their postings: left over, where all of them are closed. */
export function dustLots(postings: Iterable<Posting>, coin: string): DustLot[] {
  const left = new Map<string, Decimal>()
  const prices = new Map<string, Price>()
  for (const { hedgeId, kind, coin: moved, amount: value, symbol, price: traded } of postings) {
    if (hedgeId === '' || moved !== coin || kind !== 'wallet') continue
    left.set(hedgeId, new Decimal(value).plus(left.get(hedgeId) ?? 0))
    // One that began with dust and never traded passes it on at the price it came at.
    if ((symbol === `${coin}USDT` || symbol === '') && new Decimal(traded).gt(0))
      prices.set(hedgeId, price(traded))
  }
  return largestLots(
    [...left].flatMap(([hedgeId, base]) => {
      const priceUsdt = prices.get(hedgeId)
      return base.gt(0) && priceUsdt ? [{ hedgeId, base: baseQty(base), priceUsdt }] : []
    }),
  )
}

/** A sale from the one to the other: the wallet as a whole stays as it is, in either coin. */
export function dustPostings(
  lots: readonly DustLot[],
  to: { hedgeId: string; baseCoin: string },
  atMs: number,
): Posting[] {
  return lots.flatMap(({ hedgeId: from, base, priceUsdt }) => {
    const paid = new Decimal(base).times(priceUsdt).toDecimalPlaces(18)
    const post = (hedgeId: string, coin: string, value: Decimal): Posting => ({
      rowId: `dust/${from}/${to.hedgeId}`,
      account: `wallet:${coin}`,
      kind: 'wallet',
      coin,
      amount: amount(value),
      hedgeId,
      symbol: '',
      price: amount(priceUsdt),
      atMs,
    })
    const coins = new Decimal(base)
    return [
      post(from, to.baseCoin, coins.neg()),
      post(from, 'USDT', paid),
      post(to.hedgeId, to.baseCoin, coins),
      post(to.hedgeId, 'USDT', paid.neg()),
    ]
  })
}
