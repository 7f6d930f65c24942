/**
 * Bybit's published funding formula. Rates are market data, made from float prices; they become text with 8 decimals here,
 * and from then on every amount paid is decimal.
 */
import { HOUR_MS } from '../../../domain/market/funding.ts'

export const MINUTE_MS = 60_000

/** Interest: 0.03 % a day, so 0.01 % per 8 hours. */
const INTEREST_PER_HOUR = 0.0003 / 24
const CLAMP = 0.0005

/** One minute's premium index, from impact prices: [max(0, bid − index) − max(0, index − ask)] / index. */
export const premiumIndex = (impactBid: number, impactAsk: number, index: number): number =>
  (Math.max(0, impactBid - index) - Math.max(0, index - impactAsk)) / index

/** The premium samples of one interval, folded as they come: sample k of the interval weighs k. */
export type PremiumAverage = { weighted: number; weights: number; count: number }

/** An average of no minute yet. */
export const noPremium = (): PremiumAverage => ({ weighted: 0, weights: 0, count: 0 })

/** Takes in the next minute's premium. */
export function addPremium(average: PremiumAverage, premium: number): void {
  average.count++
  average.weighted += average.count * premium
  average.weights += average.count
}

/** The weighted mean so far; 0 of none. */
export const averagePremium = (average: PremiumAverage): number =>
  average.count === 0 ? 0 : average.weighted / average.weights

/**
 * F = P + clamp(I − P, ±0.05 %), then held within ±cap.
 *
 * @param premium - the linearly weighted average premium of the interval, a fraction
 * @returns fraction per interval as Bybit prints it, e.g. '0.0001'; positive is paid by longs to shorts
 */
export function fundingRateText(premium: number, intervalMs: number, cap: number): string {
  const interest = INTEREST_PER_HOUR * (intervalMs / HOUR_MS)
  const rate = premium + Math.min(CLAMP, Math.max(-CLAMP, interest - premium))
  return rateText(Math.min(cap, Math.max(-cap, rate)))
}

/** At most 8 decimals, no trailing zeros, never '-0'. */
function rateText(rate: number): string {
  const text = rate.toFixed(8).replace(/\.?0+$/, '')
  return text === '-0' || text === '' ? '0' : text
}

/** The next instant of the interval's grid strictly after `nowMs`. */
export const nextSettlementMs = (nowMs: number, intervalMs: number): number =>
  (Math.floor(nowMs / intervalMs) + 1) * intervalMs

/**
 * The interval that moves by itself: a contract whose rate stood at its cap when it settled pays hourly from a few minutes
 * after, and goes back to its usual interval, without notice, once it has been away from the cap for long enough.
 */
export type IntervalState = {
  intervalMs: number
  /** When a switch that was decided takes effect; absent when none was. */
  switchAtMs?: number
  /** Hourly settlements away from the cap, in a row. */
  calm: number
}

/** As seen on real contracts: hourly within about four minutes, back after days of calm. */
const SWITCH_AFTER_MS = 4 * MINUTE_MS
export const CALM_SETTLEMENTS = 24
/** Of the cap: further in than this counts as calm. */
const CALM_SHARE = 0.5

/** A contract that pays at its usual interval. */
export const usualInterval = (intervalMs: number): IntervalState => ({ intervalMs, calm: 0 })

/** What a settlement at `rate` means for the interval. */
export function afterSettlement(
  state: IntervalState,
  rate: number,
  { cap, usualMs, nowMs }: { cap: number; usualMs: number; nowMs: number },
): void {
  if (usualMs === HOUR_MS) return
  if (state.intervalMs !== HOUR_MS) {
    if (Math.abs(rate) >= cap) state.switchAtMs = nowMs + SWITCH_AFTER_MS
    return
  }
  state.calm = Math.abs(rate) < cap * CALM_SHARE ? state.calm + 1 : 0
}

/** To be asked each minute. True when the interval has just changed. */
export function switchIfDue(state: IntervalState, usualMs: number, nowMs: number): boolean {
  if (state.switchAtMs !== undefined && nowMs >= state.switchAtMs) {
    delete state.switchAtMs
    state.intervalMs = HOUR_MS
    state.calm = 0
    return true
  }
  // Only where both grids settle next at the same instant, so that nobody waits longer for a payment than was announced.
  if (state.intervalMs === usualMs || state.calm < CALM_SETTLEMENTS) return false
  if (nextSettlementMs(nowMs, HOUR_MS) !== nextSettlementMs(nowMs, usualMs)) return false
  state.intervalMs = usualMs
  state.calm = 0
  return true
}
