/**
 * What a hedge binds of the account: K = N·(1 + κ) for a long carry, N·(r + κ) for a reverse one. κ, the free USDT kept beside
 * it, is the operator's buffer, or more where the collateral is poor: the hedge by itself must survive a rise of `gapSurvived`.
 * Spot that counts as collateral is not taken off the capital: it is money all the same, it only needs less USDT beside it.
 * Source: carry.md e.6 and e.7.
 */
import { Decimal } from 'decimal.js'
import type { Direction } from '../instrument.ts'
import { collateralRatio, maintenanceUsdt } from '../market/collateral.ts'
import type { MarketView } from '../market/market-view.ts'
import type { StrategyRules } from '../rules.ts'

export type CapitalRules = Pick<
  StrategyRules,
  'capitalBuffer' | 'gapSurvived' | 'maintenanceRate' | 'reverseMarginRatio'
>
type Margin = Pick<MarketView, 'collateral' | 'riskTiers'>
type Size = { direction: Direction; base: Decimal; notional: Decimal }

/** Maintenance margin per notional (the m of e.7): the tiers' average for this size, or the operator's guess. */
export function maintenanceRate(
  notional: Decimal,
  { riskTiers }: Margin,
  rules: Pick<StrategyRules, 'maintenanceRate'>,
): Decimal {
  if (!riskTiers?.length || notional.lte(0)) return new Decimal(rules.maintenanceRate)
  return maintenanceUsdt(notional, riskTiers).div(notional)
}

/**
 * κ of e.6. Inverting e.7, (1 + κ) / (1 − v + m) ≥ 1 + gap gives κ ≥ (1 + gap)·(1 − v + m) − 1. Where the collateral is not
 * known, and for a reverse carry, which a rise hardly moves, the operator's buffer is taken as it is.
 */
export function bufferRatio(
  { direction, base, notional }: Size,
  margin: Margin,
  rules: CapitalRules,
): Decimal {
  const least = new Decimal(rules.capitalBuffer)
  if (direction === 'reverse-carry' || !margin.collateral) return least
  const v = collateralRatio(base, margin.collateral)
  const m = maintenanceRate(notional, margin, rules)
  const forGap = new Decimal(rules.gapSurvived).plus(1).times(new Decimal(1).minus(v).plus(m)).minus(1)
  return Decimal.max(least, forGap)
}

/** Capital per notional: 1 + κ, or for a reverse carry what the debt binds + κ. Grows with the size, never falls. */
export function capitalRatio(size: Size, margin: Margin, rules: CapitalRules): Decimal {
  const own = size.direction === 'long-carry' ? 1 : rules.reverseMarginRatio
  return bufferRatio(size, margin, rules).plus(own)
}
