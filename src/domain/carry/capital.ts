/**
 * What a hedge binds of the account's cash for as long as it lives: K = N·(1 + i + κ) for a long carry, N·(r + i + κ) for a
 * reverse one. i is the perpetual's initial margin. κ, the free USDT kept beside it, is the operator's buffer, or more where the
 * collateral is poor: the hedge by itself must survive a rise of `gapSurvived`. Spot that counts as collateral is not taken off
 * the capital: nothing is borrowed on it, it only needs less USDT beside it.
 * Source: carry.md e.6 and e.7.
 */
import { Decimal } from 'decimal.js'
import type { Direction } from '../instrument.ts'
import { collateralRatio, initialMarginUsdt, maintenanceUsdt, type RiskTier } from '../market/collateral.ts'
import type { MarketView } from '../market/market-view.ts'
import type { StrategyRules } from '../rules.ts'

export type CapitalRules = Pick<
  StrategyRules,
  'capitalBuffer' | 'gapSurvived' | 'maintenanceRate' | 'initialMarginRate' | 'reverseMarginRatio'
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

/** Initial margin per notional: the tiers' average for this size, nowhere below the operator's own leverage. */
function initialRate(
  notional: Decimal,
  { riskTiers }: Margin,
  { initialMarginRate }: Pick<StrategyRules, 'initialMarginRate'>,
): Decimal {
  if (!riskTiers?.length || notional.lte(0)) return new Decimal(initialMarginRate)
  return initialMarginUsdt(notional, riskTiers, initialMarginRate).div(notional)
}

/** Capital per notional: 1 + i + κ, or for a reverse carry what the debt binds + i + κ. */
export function capitalRatio(size: Size, margin: Margin, rules: CapitalRules): Decimal {
  const own = size.direction === 'long-carry' ? 1 : rules.reverseMarginRatio
  return bufferRatio(size, margin, rules)
    .plus(initialRate(size.notional, margin, rules))
    .plus(own)
}

/** The same as the most that any hedge up to this size binds: a band's rates may fall as well as rise with the size. */
export function capitalRatioUpTo(size: Size, margin: Margin, rules: CapitalRules): Decimal {
  const { riskTiers } = margin
  if (!riskTiers?.length) return capitalRatio(size, margin, rules)
  return capitalRatio(size, { ...margin, riskTiers: [dearestOf(riskTiers, size.notional)] }, rules)
}

/** One endless band with the highest rates of those that reach into this notional. */
function dearestOf(tiers: readonly RiskTier[], notional: Decimal): RiskTier {
  const reached = tiers.filter((_, i) => i === 0 || notional.gt(tiers[i - 1]?.upToUsdt ?? 0))
  const most = (of: (tier: RiskTier) => string) => Decimal.max(...reached.map(of)).toFixed()
  return {
    upToUsdt: null,
    maintenanceRate: most(tier => tier.maintenanceRate),
    initialRate: most(tier => tier.initialRate ?? '0'),
  }
}
