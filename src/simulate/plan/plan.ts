/**
 * What one simulated day is: a pure function of its seed. Few symbols, one account, rules under which hedges open and close
 * several times, what goes wrong and when, and the moments at which the process is killed.
 */
import type { Rules } from '../../domain/rules.ts'
import type { Happening } from '../../exchange/simulator/events/agenda-types.ts'
import { type FaultPlan, faultPlan } from '../../exchange/simulator/faults/plan.ts'
import { chanceOf } from './chance.ts'
import { drawFaults } from './faults.ts'
import { drawHappenings, type Notice } from './happenings.ts'
import { drawHazards, type HazardName, HELD_HAZARDS } from './hazards.ts'
import { drawRules } from './rules.ts'
import { drawTouches, type Touches } from './touches.ts'

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
  hazards: readonly HazardName[]
  /** While nobody could trade, whatever the engine does. */
  barred: readonly { fromMs: number; untilMs: number }[]
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

/** What a run of days may say of each: faults in place of the drawn ones, and hazards in place of those that usual days have. */
export type DayOptions = { faults?: FaultPlan | undefined; hazards?: readonly HazardName[] | undefined }

/** @param usual - rules of an empty configuration */
export function dayPlan(seed: number, usual: Rules, options: DayOptions = {}): DayPlan {
  const chance = chanceOf(seed, 100)
  const startAtMs = FIRST_DAY_MS + chance.whole(0, DAYS_OF_YEAR) * DAY_MS + chance.whole(0, 1439) * MINUTE_MS
  const span = { fromMs: startAtMs, calmAtMs: startAtMs + DAY_MS - QUIET_MS }
  const symbols = [
    ...(chance.isLucky(0.6) ? [chance.pick(SPREAD_SYMBOLS)] : chance.some(SYMBOLS.slice(0, 6), 1)),
    ...chance.some(SYMBOLS.slice(6), chance.isLucky(0.25) ? 2 : 1),
  ]
  const balanceUsdt = String(chance.pick([20_000, 50_000, 100_000, 400_000]))
  const hazards = drawHazards(seed, span, symbols, options.hazards ?? HELD_HAZARDS)
  const added = hazards.map(({ drawn }) => drawn)
  const drawn = options.faults ?? drawFaults(chanceOf(seed, 102), span.calmAtMs - span.fromMs, seed)
  const faults = [...drawn.faults, ...(options.faults ? [] : added.flatMap(one => one.faults ?? []))]
  const happenings = drawHappenings(chanceOf(seed, 103), span, symbols)
  const notices = added.flatMap(one => one.happenings ?? []).map(noticeOf)
  return {
    seed,
    startAtMs,
    calmAtMs: span.calmAtMs,
    endAtMs: startAtMs + DAY_MS,
    symbols,
    balanceUsdt: added.find(one => one.balanceUsdt)?.balanceUsdt ?? balanceUsdt,
    rules: drawRules(chanceOf(seed, 101), usual, symbols),
    faults: faultPlan({ ...drawn, faults }),
    happenings: [...happenings, ...notices].sort((a, b) => a.atMs - b.atMs),
    touches: drawTouches(chanceOf(seed, 104), span, symbols),
    hazards: hazards.map(({ name }) => name),
    barred: [...added.flatMap(one => one.barred ?? []), ...happenings.flatMap(maintenanceOf)],
  }
}

/** A delisting is announced two hours ahead; what a person does is not announced at all. */
const noticeOf = (happening: Happening): Notice => ({
  atMs: happening.kind === 'delisting' ? happening.atMs - 2 * HOUR_MS : happening.atMs,
  happening,
})

const maintenanceOf = ({ happening }: Notice) =>
  happening.kind === 'maintenance' ? [{ fromMs: happening.atMs, untilMs: happening.untilMs }] : []
