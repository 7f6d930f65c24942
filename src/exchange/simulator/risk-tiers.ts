/**
 * Risk tiers of a perpetual: the larger the position, the lower the leverage and the higher its maintenance margin. The
 * deduction makes maintenance margin continuous where a tier begins (Bybit's published formula). Limits are derived from depth.
 */
import { Decimal } from 'decimal.js'
import type { Listing } from './universe.ts'

export type RiskTier = {
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
const known = new WeakMap<Listing, readonly RiskTier[]>()

/** deduction_n = limit_{n−1} × (MMR_n − MMR_{n−1}) + deduction_{n−1} */
const nextDeduction = (before: RiskTier, maintenanceRate: Decimal): Decimal =>
  before.limit.times(maintenanceRate.minus(before.maintenanceRate)).plus(before.deduction)

function makeTiers({ maxLeverage, depthUsdtPerBps }: Listing): RiskTier[] {
  const step = new Decimal(Math.max(1, Math.ceil(depthUsdtPerBps / 20_000))).times(100_000)
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

export function riskTiers(listing: Listing): readonly RiskTier[] {
  const tiers = known.get(listing) ?? makeTiers(listing)
  known.set(listing, tiers)
  return tiers
}

/** The tier of a position's value; the last one beyond every limit. Throws for a contract without leverage. */
export function tierOf(listing: Listing, value: Decimal): RiskTier {
  const tiers = riskTiers(listing)
  const tier = tiers.find(({ limit }) => value.lte(limit)) ?? tiers.at(-1)
  if (!tier) throw new Error(`${listing.perp.symbol}: expected a risk tier, found none`)
  return tier
}

/** Maintenance margin by the tier, without the fee of closing. */
export function maintenanceOf(listing: Listing, value: Decimal): Decimal {
  const { maintenanceRate, deduction } = tierOf(listing, value)
  return value.times(maintenanceRate).minus(deduction)
}
