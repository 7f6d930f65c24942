/**
 * What a coin counts for as collateral and what a position must keep as maintenance margin: both by tiers, each band at its
 * own rate. Source: bybit-exchange/docs spot-margin-trade collateral, market/risk-limit; carry.md e.6, e.7.
 */
import { Decimal } from 'decimal.js'

type Numeric = Decimal | string

/** A band of the coin: everything above the one before it, up to `upToBase` coins (null: without end), counts at `ratio`. */
type CollateralTier = { upToBase: string | null; ratio: string }

export type CollateralView = {
  /** Smallest first; above the last one a coin counts for nothing. */
  tiers: readonly CollateralTier[]
  /** Counts at all: the exchange takes it and the account's switch is on. */
  enabled: boolean
  /** The exchange takes no more of it. */
  restricted: boolean
}

/** A band of position value: everything above the one before it, up to `upToUsdt` (null: without end). Rate as a fraction. */
export type RiskTier = {
  upToUsdt: string | null
  maintenanceRate: string
  /** The least initial margin, whatever leverage is set; left out: the leverage alone says. */
  initialRate?: string
}

/** Coins that `qty` counts for: Σ over the bands of coins × ratio; 0 when it is no collateral. */
export function collateralCoins(qty: Numeric, { tiers, enabled }: CollateralView): Decimal {
  if (!enabled) return new Decimal(0)
  return overBands(
    qty,
    tiers.map(({ upToBase, ratio }) => ({ upTo: upToBase, rate: ratio })),
  )
}

/** The ratio `qty` counts at on average (the v of e.7), 0 to 1; that of the first coin for a quantity of 0. */
export function collateralRatio(qty: Numeric, view: CollateralView): Decimal {
  if (new Decimal(qty).lte(0)) return view.enabled ? new Decimal(view.tiers[0]?.ratio ?? 0) : new Decimal(0)
  return collateralCoins(qty, view).div(qty)
}

/**
 * Maintenance margin of a position of this value: each band at its own rate, which is value × rate − deduction of the tier.
 * Above the last tier its rate goes on: a larger position never needs less.
 */
export const maintenanceUsdt = (valueUsdt: Numeric, tiers: readonly RiskTier[]): Decimal =>
  overBands(
    valueUsdt,
    endless(tiers, ({ maintenanceRate }) => maintenanceRate),
  )

/** Initial margin of a position of this value: in each band the leverage's rate, or the band's own where that is higher. */
export const initialMarginUsdt = (
  valueUsdt: Numeric,
  tiers: readonly RiskTier[],
  leverageRate: number,
): Decimal =>
  overBands(
    valueUsdt,
    endless(tiers, ({ initialRate }) => Decimal.max(initialRate ?? 0, leverageRate).toFixed()),
  )

/** The same tiers, read once for many sums: see `maintenanceUsdt`. */
export const maintenanceBands = (tiers: readonly RiskTier[]): Band[] =>
  endless(tiers, ({ maintenanceRate }) => maintenanceRate).map(({ upTo, rate }) => ({
    upTo: upTo === null ? null : new Decimal(upTo),
    rate: new Decimal(rate),
  }))

const endless = (tiers: readonly RiskTier[], rateOf: (tier: RiskTier) => string) =>
  tiers.map((tier, i) => ({ upTo: i === tiers.length - 1 ? null : tier.upToUsdt, rate: rateOf(tier) }))

/** Everything above the band before it, up to `upTo` (null: without end), at its rate. */
export type Band = { upTo: Numeric | null; rate: Numeric }

/** Σ over the bands, smallest first, of what of `amount` lies in each, at its rate. */
export function overBands(amount: Numeric, bands: readonly Band[]): Decimal {
  const whole = new Decimal(amount)
  let below = new Decimal(0)
  let sum = new Decimal(0)
  for (const { upTo, rate } of bands) {
    if (whole.lte(below)) break
    const top = upTo === null ? whole : Decimal.min(whole, upTo)
    sum = sum.plus(Decimal.max(0, top.minus(below)).times(rate))
    below = Decimal.max(below, top)
  }
  return sum
}
