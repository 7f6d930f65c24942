/** What bounds an order and a position: risk tiers, and the bands orders may be priced in. */
import { Decimal } from 'decimal.js'
import type { Market } from '../../../domain/instrument.ts'
import { indexOf, instrumentOf, markOf, type SimExchange, spotRatioOf } from '../exchange-state.ts'
import { ceilOn, floorOn } from '../kit/grid.ts'
import type { Listing } from './universe.ts'

type RiskTier = {
  /** From 1. */
  number: number
  /** Largest position value, in the settle coin. */
  limit: Decimal
  maintenanceRate: Decimal
  initialRate: Decimal
  maxLeverage: Decimal
  deduction: Decimal
}

const TIERS_MAX = 10
const known = new WeakMap<Listing, Map<string, readonly RiskTier[]>>()

/** deduction_n = limit_{n−1} × (MMR_n − MMR_{n−1}) + deduction_{n−1} */
const nextDeduction = (before: RiskTier, maintenanceRate: Decimal): Decimal =>
  before.limit.times(maintenanceRate.minus(before.maintenanceRate)).plus(before.deduction)

function makeTiers({ maxLeverage, depthUsdtPerBps }: Listing, share: string): RiskTier[] {
  const step = new Decimal(Math.max(1, Math.ceil(depthUsdtPerBps / 20_000))).times(100_000).times(share)
  const tiers: RiskTier[] = []
  for (let number = 1; number <= TIERS_MAX && maxLeverage.div(number).gte(1); number++) {
    const initialRate = new Decimal(number).div(maxLeverage)
    const maintenanceRate = initialRate.div(2)
    const before = tiers.at(-1)
    tiers.push({
      number,
      limit: step.times(number),
      maintenanceRate,
      initialRate,
      maxLeverage: maxLeverage.div(number).toDecimalPlaces(2, Decimal.ROUND_DOWN),
      deduction: before ? nextDeduction(before, maintenanceRate) : new Decimal(0),
    })
  }
  return tiers
}

/** @param share - what is left of the published limits, from 0 to 1 */
export function riskTiers(listing: Listing, share = '1'): readonly RiskTier[] {
  const byShare = known.get(listing) ?? new Map<string, readonly RiskTier[]>()
  known.set(listing, byShare)
  const tiers = byShare.get(share) ?? makeTiers(listing, share)
  byShare.set(share, tiers)
  return tiers
}

/** The tier of a position's value; the last one beyond every limit. Throws for a contract without leverage. */
export function tierOf(listing: Listing, value: Decimal, share = '1'): RiskTier {
  const tiers = riskTiers(listing, share)
  const tier = tiers.find(({ limit }) => value.lte(limit)) ?? tiers.at(-1)
  if (!tier) throw new Error(`${listing.perp.symbol}: expected a risk tier, found none`)
  return tier
}

/** Maintenance margin by the tier, without the fee of closing. */
export function maintenanceOf(listing: Listing, value: Decimal, share = '1'): Decimal {
  const { maintenanceRate, deduction } = tierOf(listing, value, share)
  return value.times(maintenanceRate).minus(deduction)
}

/**
 * The bands orders may be priced in. Perpetual: buy at most min(Mark(1+Y), max(Index, Mark(1+X))), sell mirrored. Spot: the
 * index takes the place of mark. The running premium that Bybit adds inside the band is left out: the band is never wider.
 */
type PriceBand = { buyMax: Decimal; sellMin: Decimal }

/**
 * The band orders may be priced in. Perpetual: buy at most min(Mark(1+Y), max(Index, Mark(1+X))), sell mirrored. Spot: the
 * index takes the place of mark. The running premium that Bybit adds inside the band is left out: the band is never wider.
 */
export function priceBand(exchange: SimExchange, listing: Listing, market: Market): PriceBand {
  const instrument = instrumentOf(listing, market)
  const perContract = indexOf(exchange, listing)
  const index =
    market === 'spot'
      ? perContract.div(listing.multiplier).times(spotRatioOf(exchange, listing))
      : perContract
  const mark = market === 'spot' ? index : markOf(exchange, listing)
  const [x, y] = [instrument.ratioX, instrument.ratioY]
  const buyMax = Decimal.min(mark.times(1 + y), Decimal.max(index, mark.times(1 + x)))
  const sellMin = Decimal.max(mark.times(1 - y), Decimal.min(index, mark.times(1 - x)))
  return { buyMax: floorOn(instrument.price, buyMax), sellMin: ceilOn(instrument.price, sellMin) }
}
