/**
 * What a hedge is expected to cost while it is held, beside its fills: interest on a borrowed coin, interest on USDT that goes
 * below zero, and the orphan leg it may leave. Expectations for judging; no amount is booked from them.
 * Source: carry.md e.5 and e.8.
 */
import { Decimal } from 'decimal.js'
import type { PairFeeRates } from '../market/fees.ts'
import { HOUR_MS } from '../market/funding.ts'
import type { MarketView } from '../market/market-view.ts'
import type { StrategyRules } from '../rules.ts'

type Numeric = Decimal | string

/** Interest on the borrowed coin over the horizon: hours begun × notional × hourly rate. Positive is paid. */
export const borrowInterest = (notional: Numeric, hourlyRate: string, hours: number): Decimal =>
  new Decimal(notional).times(hourlyRate).times(Math.ceil(hours))

/** The horizon is cut into this many parts, each taken at its middle. */
const PARTS = 24

/**
 * Interest expected on negative USDT of a long carry: Σ hours r·E[max(0, −E_u − free)]. USDT falls below zero only by the
 * perpetual's unrealised loss, which the spot's gain does not fill in USDT: for a price move of standard deviation σ√t that
 * is N·(σ_t·φ(d) − k·Φ(−d)), d = k/σ_t, with k = (buffer + what is lent free) / N. Positive is paid.
 */
export function negativeUsdtInterest(
  of: { notional: Decimal; bufferUsdt: Decimal },
  { usdtHourlyRate, usdtFreeBorrow, volatilityPerHour }: MarketView,
  rules: Pick<StrategyRules, 'usdtRatePerHour' | 'usdtFreeBorrow' | 'volatilityPerHour'>,
): UsdtInterest {
  const rate = new Decimal(usdtHourlyRate ?? rules.usdtRatePerHour)
  if (rate.lte(0) || of.notional.lte(0)) return { perHour: new Decimal(0), owedHours: () => 0 }
  const free = new Decimal(usdtFreeBorrow ?? rules.usdtFreeBorrow)
  const strike = of.bufferUsdt.plus(free).div(of.notional).toNumber()
  const sigma = volatilityPerHour ?? rules.volatilityPerHour
  return {
    perHour: rate.times(of.notional),
    owedHours(horizon) {
      let owed = 0
      for (let part = 0; part < PARTS; part++) {
        const hours = (horizon * (part + 0.5)) / PARTS
        owed += (shortfall(strike, sigma * Math.sqrt(hours)) * horizon) / PARTS
      }
      return owed
    },
  }
}

/** `perHour` is paid on the whole notional; of so many hours it is expected to be owed, in parts of the notional. */
export type UsdtInterest = { perHour: Decimal; owedHours(horizon: number): number }

/** E[max(0, x − strike)] of a normal x with mean 0. */
function shortfall(strike: number, sigma: number): number {
  if (sigma <= 0) return Math.max(0, -strike)
  const d = strike / sigma
  return Math.max(0, sigma * Math.exp(-(d ** 2) / 2) * ONE_OVER_ROOT - strike * (1 - normal(d)))
}
const ONE_OVER_ROOT = 1 / Math.sqrt(2 * Math.PI)

/** Standard normal distribution, to 7.5e-8. Source: Abramowitz and Stegun 26.2.17. */
export function normal(x: number): number {
  if (x < 0) return 1 - normal(-x)
  const t = 1 / (1 + 0.2316419 * x)
  const series =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  return 1 - ONE_OVER_ROOT * Math.exp(-(x ** 2) / 2) * series
}

/**
 * Expected cost of an orphan leg: p·(fee + σ·√t_repair·N), the fee being one more crossing fill of the dearer leg.
 * Positive is paid. A native spread order fills both legs or none: its caller leaves this out.
 */
export function orphanCost(
  notional: Decimal,
  feeRates: PairFeeRates,
  { volatilityPerHour }: Pick<MarketView, 'volatilityPerHour'>,
  rules: Pick<StrategyRules, 'orphanProbability' | 'orphanRepairMs' | 'volatilityPerHour'>,
): Decimal {
  const fee = Decimal.max(0, feeRates.spot.taker, feeRates.perp.taker)
  const sigma = volatilityPerHour ?? rules.volatilityPerHour
  const move = sigma * Math.sqrt(rules.orphanRepairMs / HOUR_MS)
  return notional.times(fee.plus(move)).times(rules.orphanProbability)
}
