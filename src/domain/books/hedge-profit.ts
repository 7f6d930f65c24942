/**
 * The profit of a hedge by parts: funding, fees, basis, slippage against the decision, borrow, dust. Whatever the route, they
 * add up to the change of the wallets and what the open perpetual stands at, to the last digit: basis is what the others leave.
 *
 *   slippage  each fill against the middle of its book when its order was decided, as kept with the order
 *   basis     what the middles did between the decisions; with it what is open, at the prices given
 *   dust      what coins left over (or owed) have made since the hedge's last spot fill: a closed hedge's other parts rest
 *
 * Source: carry.md d.10, e.3 to e.5.
 */
import { Decimal } from 'decimal.js'
import type { HedgePlan } from '../entry/plan.ts'
import type { Side } from '../instrument.ts'
import type { DecidedMids } from '../legs/hedge-order.ts'
import type { Fill } from '../legs/order.ts'
import { type Amount, type Price, type Usdt, usdt } from '../units.ts'
import { dustPrice } from './dust.ts'
import { slippageOf, uniqueFills } from './execution-quality.ts'
import { hedgeResult } from './hedge-result.ts'
import type { Posting } from './ledger.ts'

/** What a run of fills leaves open, at its average cost: how the exchange itself counts a position and its realised profit. */
type PricedFill = { side: Side; qty: string; price: string }
/** `qty`: + is long. `cost`: average price of what is open; 0 when nothing is. */
type OpenPosition = { qty: Decimal; cost: Decimal }

/** @param fills - of one instrument, oldest first */
export function openPosition(fills: readonly PricedFill[]): OpenPosition {
  let [qty, cost] = [new Decimal(0), new Decimal(0)]
  for (const fill of fills) {
    const moved = new Decimal(fill.qty).times(fill.side === 'Buy' ? 1 : -1)
    const after = qty.plus(moved)
    if (after.isZero()) cost = new Decimal(0)
    // It grows: the average moves. It turns round: what is open is all new. It shrinks: the average stays.
    else if (qty.isZero() || !after.times(qty).gt(0)) cost = new Decimal(fill.price)
    else if (moved.times(qty).gt(0)) cost = qty.times(cost).plus(moved.times(fill.price)).div(after)
    qty = after
  }
  return { qty, cost }
}

/** Positive is received, fees too: the parts sum to `netUsdt`. */
export type HedgeProfit = {
  fundingUsdt: Usdt
  feesUsdt: Usdt
  basisUsdt: Usdt
  slippageUsdt: Usdt
  borrowUsdt: Usdt
  dustUsdt: Usdt
  netUsdt: Usdt
  /** The part of `netUsdt` that no price can change any more, and the rest: what is open, against its average cost. */
  realisedUsdt: Usdt
  unrealisedUsdt: Usdt
  /** Coins other than USDT: + is still there, − is still owed. */
  inventory: { coin: string; qty: Amount }[]
  /** Counted as 0, because no price was given. */
  unvalued: string[]
  /** Share of the traded value whose middles are known: slippage is measured on it, the rest of it counts as basis. */
  measuredShare: number
}

export type ProfitFacts = {
  plan: Pick<HedgePlan, 'baseCoin' | 'spot' | 'perp' | 'dust'>
  /** One hedge's, oldest first. */
  postings: readonly Posting[]
  /** The hedge's, oldest first. */
  fills: readonly Fill[]
  /** By order link id. */
  mids: Readonly<Record<string, DecidedMids>>
  closed: boolean
  /** USDT per coin; what has none counts at the hedge's last spot fill. */
  prices: Readonly<Record<string, Price | Amount>>
  /** The perpetual's mark, USDT per contract; null while it is not known: then what is open stands at its cost. */
  markPrice: Price | null
}

const NONE = new Decimal(0)

/** Splits what a hedge made, in USDT, + is earned, into parts that add up to `netUsdt`. A fill given twice counts once. */
export function hedgeProfit(facts: ProfitFacts): HedgeProfit {
  const { plan, postings, fills, closed, prices, markPrice } = facts
  const { baseCoin } = plan
  const own = uniqueFills(fills)
  const spotFills = own.filter(({ market }) => market === plan.spot.market)
  // One that never traded still holds what it began with, at the price that came at.
  const lastSpot = spotFills.at(-1)?.price ?? dustPrice(plan.dust)
  const priceNow = prices[baseCoin] ?? lastSpot
  const result = hedgeResult(postings, { ...prices, ...(priceNow && { [baseCoin]: priceNow }) })
  const held = new Decimal(result.inventory.find(({ coin }) => coin === baseCoin)?.qty ?? 0)

  const perp = openPosition(own.filter(({ market }) => market === plan.perp.market))
  const perpOpen = closed || markPrice === null ? NONE : perp.qty.times(perp.cost.neg().plus(markPrice))
  const spot = openPosition(spotFills)
  const spotOpen =
    closed || priceNow === undefined ? NONE : spot.qty.times(new Decimal(priceNow).minus(spot.cost))
  const dust =
    closed && priceNow !== undefined && lastSpot !== undefined
      ? held.times(new Decimal(priceNow).minus(lastSpot))
      : NONE
  const { slippage, measuredShare } = slippageOf(own, facts)

  const fixed = {
    fundingUsdt: money(new Decimal(result.fundingUsdt)),
    feesUsdt: money(new Decimal(result.feesUsdt).neg()),
    slippageUsdt: money(slippage),
    borrowUsdt: money(new Decimal(result.interestUsdt)),
    dustUsdt: money(dust),
  }
  const net = rounded(new Decimal(result.netUsdt).plus(perpOpen))
  const unrealised = rounded(closed ? dust : perpOpen.plus(spotOpen))
  return {
    ...fixed,
    basisUsdt: money(net.minus(Decimal.sum(...Object.values(fixed)))),
    netUsdt: money(net),
    realisedUsdt: money(net.minus(unrealised)),
    unrealisedUsdt: money(unrealised),
    inventory: result.inventory,
    unvalued: result.unvalued,
    measuredShare,
  }
}

/** What hedges made together: the sum of each part. */
export function sumOfProfits<Row extends ProfitParts>(rows: readonly Row[]): ProfitParts {
  const sum = (part: keyof ProfitParts) =>
    usdt(rows.reduce((total, row) => total.plus(row[part]), new Decimal(0)))
  return {
    fundingUsdt: sum('fundingUsdt'),
    feesUsdt: sum('feesUsdt'),
    basisUsdt: sum('basisUsdt'),
    slippageUsdt: sum('slippageUsdt'),
    borrowUsdt: sum('borrowUsdt'),
    dustUsdt: sum('dustUsdt'),
    netUsdt: sum('netUsdt'),
  }
}

export type ProfitParts = Pick<
  HedgeProfit,
  'fundingUsdt' | 'feesUsdt' | 'basisUsdt' | 'slippageUsdt' | 'borrowUsdt' | 'dustUsdt' | 'netUsdt'
>

const rounded = (value: Decimal): Decimal => value.toDecimalPlaces(18)
const money = (value: Decimal): Usdt => usdt(value.isZero() ? NONE : rounded(value))
