/**
 * What one simulated day is: a pure function of its seed. Few symbols, one account, rules under which hedges open and close
 * several times, what goes wrong and when, and the moments at which the process is killed.
 */
import type { Rules } from '../domain/rules.ts'
import type { FaultPlan } from '../exchange/simulator/faults/plan.ts'
import { chanceOf } from './chance.ts'
import { drawFaults } from './day-faults.ts'
import { drawHappenings, type Notice } from './day-happenings.ts'
import { drawRules } from './day-rules.ts'
import { drawTouches, type Touches } from './day-touches.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

const DAY_MS = 24 * HOUR_MS
/** Faults stop this long before the day ends, and everything must have come to rest well before it does. */
export const QUIET_MS = 30 * MINUTE_MS

export type DayPlan = {
  seed: number
  startAtMs: number
  /** When faults stop. */
  calmAtMs: number
  endAtMs: number
  symbols: readonly string[]
  balanceUsdt: string
  rules: Rules
  faults: FaultPlan
  happenings: readonly Notice[]
  touches: Touches
}

/** With native spreads. */
const SPREAD_SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT'] as const
const SYMBOLS = [
  'XRPUSDT',
  'DOGEUSDT',
  'BNBUSDT',
  'ADAUSDT',
  'LINKUSDT',
  'AVAXUSDT',
  'SUIUSDT',
  'INJUSDT',
  'WIFUSDT',
  '1000PEPEUSDT',
  'LTCUSDT',
  'NEARUSDT',
] as const
const FIRST_DAY_MS = Date.UTC(2026, 0, 5)
const DAYS_OF_YEAR = 360

/** @param usual - rules of an empty configuration; @param faults - in place of the drawn ones */
export function dayPlan(seed: number, usual: Rules, faults?: FaultPlan): DayPlan {
  const chance = chanceOf(seed, 100)
  const startAtMs = FIRST_DAY_MS + chance.whole(0, DAYS_OF_YEAR) * DAY_MS + chance.whole(0, 1439) * MINUTE_MS
  const span = { fromMs: startAtMs, calmAtMs: startAtMs + DAY_MS - QUIET_MS }
  const symbols = [
    ...(chance.isLucky(0.6) ? [chance.pick(SPREAD_SYMBOLS)] : chance.some(SYMBOLS.slice(0, 6), 1)),
    ...chance.some(SYMBOLS.slice(6), chance.isLucky(0.25) ? 2 : 1),
  ]
  return {
    seed,
    startAtMs,
    calmAtMs: span.calmAtMs,
    endAtMs: startAtMs + DAY_MS,
    symbols,
    balanceUsdt: String(chance.pick([20_000, 50_000, 100_000, 400_000])),
    rules: drawRules(chanceOf(seed, 101), usual, symbols),
    faults: faults ?? drawFaults(chanceOf(seed, 102), span.calmAtMs - span.fromMs, seed),
    happenings: drawHappenings(chanceOf(seed, 103), span, symbols),
    touches: drawTouches(chanceOf(seed, 104), span, symbols),
  }
}
