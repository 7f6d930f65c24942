/**
 * How a baseline trades: each slice by four crossing orders, spot first, none below what the exchange takes. What an order did not
 * fill is not held, and the perpetual follows what spot really received.
 */
import { Decimal } from 'decimal.js'
import { floorTo } from '../../domain/grid.ts'
import { grossForNet, netBaseReceived } from '../../domain/market/fees.ts'
import { fundingApr, HOUR_MS } from '../../domain/market/funding.ts'
import {
  baseQty,
  type FeeRate,
  type FundingRate,
  feeRate,
  orderQty,
  type Usdt,
  usdt,
} from '../../domain/units.ts'
import type { Instrument, Listing } from '../../exchange/simulator/universe/universe.ts'
import type { RecordedPrice, TradeFacts } from '../trades.ts'
import type { TradingDesk } from '../trading-desk.ts'
import { shareUsdt, type Variant } from '../variant.ts'

// The rules a backtest is held against. They look at the last settled rate and at nothing else: no costs, no expectation.
// Source of the two pairs: the playbook's e.9, which quotes them as the fixed thresholds that others publish.

type Seen = {
  /** The last settled rate and its interval; null before the first. */
  settled: { rate: FundingRate; intervalMs: number } | null
  /** How long it is held; null while it is not. */
  heldMs: number | null
}
type Wish = { want: 'enter' | 'leave' | 'nothing'; because: string }
export type BaselineRule = { name: string; judge(seen: Seen): Wish }

const nothing: Wish = { want: 'nothing', because: '' }

/** Every symbol is hedged once, at the start, and held to the end. */
export const HOLD_ALL: BaselineRule = {
  name: 'hold all',
  judge: ({ heldMs }) =>
    heldMs === null ? { want: 'enter', because: 'every symbol is held from the start' } : nothing,
}

type Pair = { name: string; enterAbove: number; leaveBelow: number; holdMinMs: number; unit: string }

/** @param worthOf - the settled rate in the unit of the two thresholds */
const thresholds = (
  { name, enterAbove, leaveBelow, holdMinMs, unit }: Pair,
  worthOf: (rate: FundingRate, intervalMs: number) => number,
): BaselineRule => ({
  name,
  judge({ settled, heldMs }) {
    if (!settled) return nothing
    const value = worthOf(settled.rate, settled.intervalMs)
    const said = `${(100 * value).toFixed(4)} % ${unit}`
    if (heldMs === null)
      return value > enterAbove
        ? { want: 'enter', because: `${said} is above ${100 * enterAbove} %` }
        : nothing
    return value < leaveBelow && heldMs >= holdMinMs
      ? { want: 'leave', because: `${said} is below ${100 * leaveBelow} %` }
      : nothing
  },
})

const HOURS_A_YEAR = 8760
/** What a rate comes to in eight hours, whatever its own interval. */
const per8h = (rate: FundingRate, intervalMs: number) => (fundingApr(rate, intervalMs) * 8) / HOURS_A_YEAR

export const RATE_PAIR = thresholds(
  { name: 'thresholds .05/.01 %', enterAbove: 0.0005, leaveBelow: 0.0001, holdMinMs: 0, unit: 'in 8 h' },
  per8h,
)
export const APR_PAIR = thresholds(
  {
    name: 'thresholds +30/-15 %',
    enterAbove: 0.3,
    leaveBelow: -0.15,
    holdMinMs: 120 * HOUR_MS,
    unit: 'a year',
  },
  fundingApr,
)
export const BASELINES: readonly BaselineRule[] = [HOLD_ALL, RATE_PAIR, APR_PAIR]

/** Coins on spot and in the perpetual, and how it was worked in. */
export type HeldLegs = { facts: TradeFacts; slices: readonly Decimal[]; coins: Decimal; short: Decimal }

export type BaselineTrader = {
  facts: TradeFacts[]
  /** @returns undefined when not even the smallest order fits into the share, or none was filled */
  enter(listing: Listing, because: string, nowMs: number): HeldLegs | undefined
  leave(listing: Listing, held: HeldLegs, because: string, nowMs: number): void
}

/** A price may fall a little between the decision and the order. */
const ABOVE_MINIMUM = 1.05

/** Enters and leaves as it is told, with orders that cross, and an equal share of the capital for each symbol. */
export function createBaselineTrader(
  desk: TradingDesk,
  variant: Variant,
  recorded: RecordedPrice,
  symbols: number,
): BaselineTrader {
  const { rules, fees } = variant
  const share = shareUsdt(variant, symbols)
  const taker = feeRate(fees.table.spot.taker)
  const facts: TradeFacts[] = []

  /** Coins in slices of at most the rules' size, none below what both markets take. */
  function plan({ perp, spot, multiplier }: Listing, coinPrice: Decimal): Decimal[] {
    const lot = perp.qty.step.times(multiplier)
    const inLots = (value: Usdt) => floorTo(new Decimal(value).div(coinPrice), lot)
    const least = Decimal.max(leastCoins(spot, coinPrice, 1), leastCoins(perp, coinPrice, multiplier))
    return sliced(inLots(share), Decimal.max(lot, least, inLots(rules.execution.sliceNotionalUsdtMax)), least)
  }

  return {
    facts,
    enter(listing, because, nowMs) {
      const { perp, multiplier } = listing
      const coinPrice = new Decimal(recorded('linear', perp.symbol, nowMs)).div(multiplier)
      const slices = plan(listing, coinPrice)
      if (slices.length === 0) {
        const what = `not entered: ${share} USDT are less than the smallest order`
        desk.events.push({ atMs: nowMs, symbol: perp.symbol, what })
        return undefined
      }
      const id = `BASE${String(facts.length).padStart(6, '0')}`
      const { coins, short } = workedIn(desk, listing, id, slices, taker)
      if (coins.lte(0)) return undefined
      const notional = Decimal.sum(...slices).times(coinPrice)
      const fact: TradeFacts = {
        id,
        symbol: perp.symbol,
        direction: 'long-carry',
        route: 'spot-first',
        state: 'hedged',
        openedAtMs: nowMs,
        closedAtMs: null,
        notionalUsdt: usdt(notional.toDecimalPlaces(18)),
        expected: null,
        because,
        leftBecause: 'still open',
      }
      facts.push(fact)
      return { facts: fact, slices, coins, short }
    },
    leave(listing, held, because, nowMs) {
      workOut(desk, listing, held)
      Object.assign(held.facts, { state: 'closed', closedAtMs: nowMs, leftBecause: because })
    },
  }
}

type Desk = Pick<TradingDesk, 'cross'>

function workedIn(
  desk: Desk,
  { perp, spot, multiplier }: Listing,
  hedgeId: string,
  slices: readonly Decimal[],
  taker: FeeRate,
): Pick<HeldLegs, 'coins' | 'short'> {
  let [coins, short] = [new Decimal(0), new Decimal(0)]
  for (const [step, slice] of slices.entries()) {
    const gross = new Decimal(grossForNet(baseQty(slice), taker, orderQty(spot.qty.step)))
    const order = { hedgeId, purpose: 'enter', step } as const
    const bought = desk.cross({ ...order, leg: 'spot', symbol: spot.symbol, side: 'Buy', qty: gross })
    coins = coins.plus(netBaseReceived(orderQty(bought), taker))
    const contracts = floorTo(Decimal.min(slice, coins.minus(short)).div(multiplier), perp.qty.step)
    if (contracts.lte(0)) continue
    const sold = desk.cross({ ...order, leg: 'perp', symbol: perp.symbol, side: 'Sell', qty: contracts })
    short = short.plus(sold.times(multiplier))
  }
  return { coins, short }
}

function workOut(
  desk: Desk,
  { perp, spot, multiplier }: Listing,
  { facts, slices, coins, short }: HeldLegs,
): void {
  let [coinsLeft, shortLeft] = [floorTo(coins, spot.qty.step), short]
  for (const [at, slice] of slices.entries()) {
    const isLast = at === slices.length - 1
    const order = { hedgeId: facts.id, purpose: 'exit', step: slices.length + at } as const
    const sale = isLast ? coinsLeft : Decimal.min(coinsLeft, floorTo(slice, spot.qty.step))
    if (sale.gt(0))
      coinsLeft = coinsLeft.minus(
        desk.cross({ ...order, leg: 'spot', symbol: spot.symbol, side: 'Sell', qty: sale }),
      )
    const contracts = (isLast ? shortLeft : Decimal.min(shortLeft, slice)).div(multiplier)
    if (contracts.lte(0)) continue
    const bought = desk.cross({ ...order, leg: 'perp', symbol: perp.symbol, side: 'Buy', qty: contracts })
    shortLeft = shortLeft.minus(bought.times(multiplier))
  }
}

/** The fewest coins that one order of an instrument may be for, at this price of a coin. */
const leastCoins = ({ minQty, minValue }: Instrument, coinPrice: Decimal, multiplier: number): Decimal =>
  Decimal.max(minQty.times(multiplier), minValue.div(coinPrice).times(ABOVE_MINIMUM))

/** A quantity in slices of at most so much, the last one smaller; a last one below the least goes with the one before it. */
function sliced(whole: Decimal, most: Decimal, least: Decimal): Decimal[] {
  if (whole.lt(least) || whole.lte(0)) return []
  const slices: Decimal[] = []
  for (let left = whole; left.gt(0); left = left.minus(slices.at(-1) ?? left)) {
    const rest = left.minus(most)
    slices.push(rest.gt(0) && rest.gte(least) ? most : left)
  }
  return slices
}
