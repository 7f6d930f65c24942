/**
 * The interval that moves by itself: a contract whose rate stood at its cap when it settled pays hourly from a few minutes
 * after, and goes back to its usual interval, without notice, once it has been away from the cap for long enough.
 */
import { HOUR_MS, MINUTE_MS, nextSettlementMs } from './funding.ts'

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
