/**
 * The account as it would stand with plans carried out: what is judged before a hedge is opened, beside the exchange's own
 * answer. Each leg is filled at today's prices, at no cost. Source: carry.md e.7.
 */
import { Decimal } from 'decimal.js'
import { perBaseCoin } from '../grid.ts'
import type { Holdings } from '../legs/balance.ts'
import { signOf } from '../legs/sides.ts'
import type { AccountFacts, HoldingFacts } from '../risk/solvency.ts'
import { baseQty, NO_BASE, usdt } from '../units.ts'
import type { HedgePlan } from './plan.ts'

/** A plan, how much of it is done, and what is known of its coin's margin. */
type Underway = { plan: HedgePlan; margin: Pick<HoldingFacts, 'collateral' | 'riskTiers'> } & Holdings

/** The account with every one of these plans complete. A leg that already holds more than planned stays as it is. */
export const accountAfter = (account: AccountFacts, plans: readonly Underway[]): AccountFacts =>
  plans.reduce(complete, account)

function complete(account: AccountFacts, { plan, margin, spotNetBase, perpBase }: Underway): AccountFacts {
  const { baseCoin, targetBaseQty, markPrice, perp } = plan
  const missing = (held: string) => Decimal.max(0, new Decimal(targetBaseQty).minus(held))
  const [spot, contracts] = [missing(spotNetBase), missing(perpBase)]
  const sign = signOf(plan.direction)
  const held = account.holdings.find(({ coin }) => coin === baseCoin)
  const mark = perBaseCoin(markPrice, perp.multiplier)
  const before: HoldingFacts = held ?? {
    coin: baseCoin,
    spotBase: NO_BASE,
    perpBase: NO_BASE,
    price: mark,
    markPrice: mark,
    perpEntryPrice: mark,
    ...margin,
  }
  const after: HoldingFacts = {
    ...before,
    spotBase: baseQty(spot.times(sign).plus(before.spotBase)),
    perpBase: baseQty(contracts.times(-sign).plus(before.perpBase)),
    perpEntryPrice: averageEntry(before, contracts),
  }
  return {
    usdt: usdt(new Decimal(account.usdt).minus(spot.times(sign).times(before.price)).toDecimalPlaces(18)),
    holdings: [...account.holdings.filter(each => each !== held), after],
  }
}

/** Contracts added at the mark, to what is there at its own average. */
function averageEntry({ perpBase, perpEntryPrice, markPrice }: HoldingFacts, added: Decimal): string {
  const open = new Decimal(perpBase).abs()
  const all = open.plus(added)
  if (all.isZero()) return perpEntryPrice
  return open.times(perpEntryPrice).plus(added.times(markPrice)).div(all).toDecimalPlaces(18).toFixed()
}
