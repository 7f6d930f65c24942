/**
 * What one simulated day is: a pure function of its seed. Few symbols, one account, rules under which hedges open and close
 * several times, what goes wrong and when, and the moments at which the process is killed.
 */
import { type Direction, ROUTES, type Route } from '../../domain/instrument.ts'
import type { Rules } from '../../domain/rules.ts'
import { usdt } from '../../domain/units.ts'
import type { Happening } from '../../exchange/simulator/events/agenda-types.ts'
import { type FaultPlan, type FaultPlanInput, faultPlan } from '../../exchange/simulator/faults/plan.ts'
import { LEAP_MS } from '../day/leaping-market.ts'
import { type Chance, chanceOf } from './chance.ts'
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

/** What a run of days may say of each: faults in place of the drawn ones, and which hazards may be drawn; all when left out. */
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
  const hazards = drawHazards(seed, span, symbols, options.hazards ?? HAZARD_NAMES)
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

/** What people and machines do to the engine on a day: let go of a hedge, trade by hand, cut the cable, kill the process. */
type Span = { fromMs: number; calmAtMs: number }

export type Touch = { atMs: number } & (
  | { kind: 'unwind' }
  | { kind: 'halt'; forMs: number }
  /** By hand, in the same account: so many lots of the spot market. */
  | { kind: 'trade'; symbol: string; side: 'Buy' | 'Sell'; lots: number }
  | { kind: 'cut'; forMs: number }
  | {
      kind: 'kill'
      commits: number
      point: 'before-commit' | 'after-commit'
      ofHedge: boolean
      downMs: number
    }
)
type Touches = readonly Touch[]

/** In order. */
function drawTouches(chance: Chance, span: Span, symbols: readonly string[]): Touches {
  const symbol = () => chance.pick(symbols as unknown as [string, ...string[]])
  const many = (count: number, draw: (atMs: number) => Touch): Touch[] =>
    Array.from({ length: count }, () =>
      draw(Math.round(chance.between(span.fromMs + 3 * MINUTE_MS, span.calmAtMs - 20 * MINUTE_MS))),
    )
  const touches = [
    ...many(chance.whole(1, 4), atMs => ({ kind: 'unwind', atMs })),
    ...many(chance.isLucky(0.2) ? 1 : 0, atMs => ({
      kind: 'halt',
      atMs,
      forMs: chance.whole(1, 60) * MINUTE_MS,
    })),
    ...many(chance.isLucky(0.3) ? chance.whole(1, 3) : 0, atMs => ({
      kind: 'trade',
      atMs,
      symbol: symbol(),
      side: chance.isLucky(0.8) ? 'Buy' : 'Sell',
      lots: chance.whole(1, 30),
    })),
    ...many(chance.whole(0, 4), atMs => ({
      kind: 'cut',
      atMs,
      forMs: Math.round(chance.isLucky(0.8) ? chance.between(500, 60_000) : chance.between(60_000, 600_000)),
    })),
    ...many(chance.whole(2, 8), atMs => ({
      kind: 'kill',
      atMs,
      commits: chance.whole(1, 25),
      point: chance.pick(['before-commit', 'after-commit'] as const),
      ofHedge: chance.isLucky(0.8),
      downMs: Math.round(chance.isLucky(0.8) ? chance.between(500, 20_000) : chance.between(20_000, 900_000)),
    })),
  ]
  return touches.sort((a, b) => a.atMs - b.atMs)
}

/** Which of the catalogue strikes on a day, and how often: a part of it, calm or rough, as ordinary days differ. */
type Planned = NonNullable<FaultPlanInput['faults']>[number]

/** An engine is there before anything goes wrong. */
const AFTER_MS = 90_000

/** Chance of each at one occasion, on a usual day. */
const USUAL: readonly Omit<Planned, 'fromMs' | 'untilMs'>[] = [
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

/** @param spanMs - how long faults last, from the plan's beginning */
function drawFaults(chance: Chance, spanMs: number, seed: number): FaultPlan {
  const weather = chance.pick([0.3, 1, 1, 3])
  const all = { fromMs: AFTER_MS, untilMs: spanMs }
  const steady = USUAL.filter(() => chance.isLucky(0.8)).map(
    (fault): Planned => ({
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
    (window): Planned => ({ name: 'silent-private', ...window }),
  )
  const stales = windows(chance.whole(0, 3), () => chance.between(1, 15) * MINUTE_MS).map(
    (window): Planned => ({ name: 'stale-rest', ms: chance.whole(1_000, 15_000), ...window }),
  )
  return faultPlan({ seed: seed % 1_000_000_007, faults: [...steady, ...silences, ...stales] })
}
