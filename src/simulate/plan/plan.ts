/**
 * What one simulated day is: a pure function of its seed. Few symbols, one account, rules under which hedges open and close
 * several times, what goes wrong and when, and the moments at which the process is killed.
 */
import { type Direction, ROUTES, type Route } from '../../domain/instrument.ts'
import type { Rules } from '../../domain/rules.ts'
import { usdt } from '../../domain/units.ts'
import type { Happening } from '../../exchange/simulator/events/agenda-shape.ts'
import { type FaultPlan, faultPlan } from '../../exchange/simulator/faults/plan.ts'
import { LEAP_MS } from '../day/leaping-market.ts'
import { type Chance, chanceOf } from './chance.ts'
import {
  type DayEvent,
  dayEvent,
  drawTouches,
  keptEvents,
  type Only,
  type PlannedFault,
  type SpotRefused,
  type Touch,
} from './events.ts'
import { drawHappenings, type Notice } from './happenings.ts'
import { drawHazards, HAZARD_NAMES, type HazardName } from './hazards.ts'

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
  touches: readonly Touch[]
  hazards: readonly HazardName[]
  /** While nobody could trade, whatever the engine does. */
  barred: readonly { fromMs: number; untilMs: number }[]
  spotRefused: readonly SpotRefused[]
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

/**
 * What a run of days may say of each: faults in place of the drawn ones, which hazards may be drawn, and which events it keeps of
 * what is drawn; all when left out.
 */
export type DayOptions = {
  faults?: FaultPlan | undefined
  hazards?: readonly HazardName[] | undefined
  only?: Only | undefined
}

/** @param usual - rules of an empty configuration */
export function dayPlan(seed: number, usual: Rules, options: DayOptions = {}): DayPlan {
  const { startAtMs, symbols, balanceUsdt } = drawScene(seed)
  const spanMs = DAY_MS - QUIET_MS
  const all = dayEvents(seed, options)
  const events = options.only ? keptEvents(all, options.only, startAtMs) : all
  const calmAtMs = startAtMs + Math.min(spanMs, options.only?.calmAfterMs ?? spanMs)
  return {
    seed,
    startAtMs,
    calmAtMs,
    endAtMs: calmAtMs + QUIET_MS,
    symbols,
    balanceUsdt: events.find(one => one.balanceUsdt)?.balanceUsdt ?? balanceUsdt,
    rules: drawRules(chanceOf(seed, 101), usual, symbols),
    faults: faultPlan({
      seed: options.faults?.seed ?? seed % 1_000_000_007,
      faults: events.flatMap(({ faults }) => faults),
    }),
    happenings: events.flatMap(({ notices }) => notices).sort((a, b) => a.atMs - b.atMs),
    touches: events.flatMap(({ touches }) => touches).sort((a, b) => a.atMs - b.atMs),
    hazards: HAZARD_NAMES.filter(name => events.some(one => one.name === hazardText(name) && !isEmpty(one))),
    barred: events.flatMap(({ barred }) => barred),
    spotRefused: events.flatMap(({ spotRefused }) => spotRefused),
  }
}

const hazardText = (name: HazardName) => `hazard: ${name}`
const isEmpty = ({ balanceUsdt, notices, touches, faults }: DayEvent) =>
  !balanceUsdt && notices.length + touches.length === 0 && faults.every(({ times }) => times === 0)

function drawScene(seed: number) {
  const chance = chanceOf(seed, 100)
  const startAtMs = FIRST_DAY_MS + chance.whole(0, DAYS_OF_YEAR) * DAY_MS + chance.whole(0, 1439) * MINUTE_MS
  const symbols = [
    ...(chance.isLucky(0.6) ? [chance.pick(SPREAD_SYMBOLS)] : chance.some(SYMBOLS.slice(0, 6), 1)),
    ...chance.some(SYMBOLS.slice(6), chance.isLucky(0.25) ? 2 : 1),
  ]
  const balanceUsdt = String(chance.pick([20_000, 50_000, 100_000, 400_000]))
  return { startAtMs, symbols, balanceUsdt }
}

/** All that a seed draws, in an order that hangs on the seed and the options alone: an event's number is its place. */
export function dayEvents(seed: number, options: DayOptions = {}): DayEvent[] {
  const { startAtMs, symbols } = drawScene(seed)
  const span = { fromMs: startAtMs, calmAtMs: startAtMs + DAY_MS - QUIET_MS }
  const faults = options.faults?.faults ?? drawFaults(chanceOf(seed, 102), span.calmAtMs - span.fromMs)
  return [
    ...faults.map(fault => dayEvent(`fault: ${fault.name}`, { faults: [fault] })),
    ...drawHappenings(chanceOf(seed, 103), span, symbols).map(notice =>
      dayEvent(`exchange: ${notice.happening.kind}`, { notices: [notice], barred: maintenanceOf(notice) }),
    ),
    ...drawTouches(chanceOf(seed, 104), span, symbols).map(touch =>
      dayEvent(`person or machine: ${touch.kind}`, { touches: [touch] }),
    ),
    ...drawHazards(seed, span, symbols, options.hazards ?? HAZARD_NAMES).map(({ name, drawn }) =>
      dayEvent(hazardText(name), {
        balanceUsdt: drawn.balanceUsdt,
        faults: options.faults ? [] : (drawn.faults ?? []),
        notices: (drawn.happenings ?? []).map(noticeOf),
        barred: drawn.barred ?? [],
        spotRefused: drawn.spotRefused ?? [],
      }),
    ),
  ]
}

/** A delisting is announced two hours ahead; what a person does is not announced at all. */
const noticeOf = (happening: Happening): Notice => ({
  atMs: happening.kind === 'delisting' ? happening.atMs - 2 * HOUR_MS : happening.atMs,
  happening,
})

const maintenanceOf = ({ happening }: Notice) =>
  happening.kind === 'maintenance' ? [{ fromMs: happening.atMs, untilMs: happening.untilMs }] : []

/** Whatever funding says. */
const EAGER = { entryAprMin: -1_000, reentryProbability: 1_000 }

function drawRules(chance: Chance, usual: Rules, symbols: readonly string[]): Rules {
  const notional = chance.pick([500, 1_500, 4_000])
  const slice = Math.ceil(notional / chance.whole(1, 3))
  const amount = (value: number) => usdt(String(value))
  return {
    strategy: {
      ...usual.strategy,
      symbols,
      directions: chance.pick<readonly Direction[]>([
        ['long-carry'],
        ['long-carry', 'reverse-carry'],
        ['reverse-carry'],
      ]),
      ...(chance.isLucky(0.15) ? { entryAprMin: 0.01 } : EAGER),
      exitHorizonHours: chance.whole(6, 60),
      holdMaxMs: chance.whole(120, 480) * MINUTE_MS,
      coolDownMs: chance.whole(20, 120) * MINUTE_MS,
      fundingMarketHours: 1,
      listingAgeMsMin: 0,
      intervalQuietMs: 30 * MINUTE_MS,
      judgeEveryMs: 3 * LEAP_MS,
    },
    execution: {
      ...usual.execution,
      routes: drawRoutes(chance),
      sliceNotionalUsdtMax: amount(slice),
    },
    limits: {
      ...usual.limits,
      hedgeNotionalUsdtMax: amount(notional),
      totalNotionalUsdtMax: amount(10 * notional),
      // As far above a slice as by default.
      unhedgedNotionalUsdtMax: amount(2 * slice),
      // A market that is told of each leap, and no more often, is as fresh as it gets.
      bookAgeMsMax: LEAP_MS + 5_000,
      tickerAgeMsMax: 2 * LEAP_MS + 5_000,
      // The day is there to trade: its many round trips must not be the end of it.
      feesDayUsdtMax: amount(1_000_000),
      lossDayUsdtMax: amount(1_000_000),
      drawDownMax: 0.9,
    },
  }
}

/** One route that must do, or a choice of all. */
function drawRoutes(chance: Chance): readonly Route[] {
  if (chance.isLucky(0.3)) return ROUTES
  return [chance.pick(ROUTES as unknown as [Route, ...Route[]]), 'spot-first']
}

/** An engine is there before anything goes wrong. */
const AFTER_MS = 90_000

/** Chance of each at one occasion, on a usual day. */
const USUAL: readonly Omit<PlannedFault, 'fromMs' | 'untilMs'>[] = [
  { name: 'lost-ack', rate: 0.02 },
  { name: 'lost-request', rate: 0.02 },
  { name: 'fill-before-ack', rate: 0.15, ms: 300 },
  { name: 'slow-reply', rate: 0.02, ms: 1_500 },
  { name: 'server-timeout', rate: 0.015 },
  { name: 'server-error', rate: 0.015 },
  { name: 'spot-timeout', rate: 0.01, what: 'order.' },
  { name: 'http-500', rate: 0.01 },
  { name: 'html-body', rate: 0.005 },
  { name: 'truncated-body', rate: 0.005 },
  { name: 'too-many-visits', rate: 0.01 },
  { name: 'duplicate-message', rate: 0.05 },
  { name: 'reordered-message', rate: 0.04 },
  { name: 'repeated-message', rate: 0.03, ms: 4_000 },
  { name: 'drop-socket', rate: 0.01, channel: 'private' },
]

/**
 * Which of the catalogue strikes on a day, and how often: a part of it, calm or rough, as ordinary days differ.
 *
 * @param spanMs - how long faults last, from the plan's beginning
 */
function drawFaults(chance: Chance, spanMs: number): PlannedFault[] {
  const weather = chance.pick([0.3, 1, 1, 3])
  const all = { fromMs: AFTER_MS, untilMs: spanMs }
  const steady = USUAL.filter(() => chance.isLucky(0.8)).map(
    (fault): PlannedFault => ({
      ...fault,
      ...all,
      rate: Math.min(0.5, (fault.rate ?? 0) * weather),
    }),
  )
  const windows = (count: number, lastsMs: () => number) =>
    Array.from({ length: count }, () => {
      const fromMs = Math.round(chance.between(AFTER_MS, spanMs - 30 * MINUTE_MS))
      return { fromMs, untilMs: fromMs + Math.round(lastsMs()) }
    })
  const silences = windows(chance.whole(0, 4), () => chance.between(2_000, 60_000)).map(
    (window): PlannedFault => ({ name: 'silent-private', ...window }),
  )
  const stales = windows(chance.whole(0, 3), () => chance.between(1, 15) * MINUTE_MS).map(
    (window): PlannedFault => ({ name: 'stale-rest', ms: chance.whole(1_000, 15_000), ...window }),
  )
  return [...steady, ...silences, ...stales]
}
