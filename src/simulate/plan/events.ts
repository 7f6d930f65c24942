/**
 * What befalls a day, event by event: a fault of the network, a happening at the exchange, what a person or the machine does, a
 * hazard whole. Each has a number, so that a day can be told again with some of them alone.
 */
import type { FaultPlanInput } from '../../exchange/simulator/faults/plan.ts'
import type { Chance } from './chance.ts'
import type { Notice } from './happenings.ts'

const MINUTE_MS = 60_000

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

/** In order. */
export function drawTouches(chance: Chance, span: Span, symbols: readonly string[]): readonly Touch[] {
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

export type PlannedFault = NonNullable<FaultPlanInput['faults']>[number]
type Barred = { fromMs: number; untilMs: number }
/** While the coins of a pair can be neither bought nor sold; `symbol` is the perpetual's. */
export type SpotRefused = Barred & { symbol: string }

export type DayEvent = {
  name: string
  balanceUsdt?: string | undefined
  /** With windows from the beginning of the day. */
  faults: readonly PlannedFault[]
  notices: readonly Notice[]
  touches: readonly Touch[]
  /** While nobody could trade, whatever the engine does. */
  barred: readonly Barred[]
  spotRefused: readonly SpotRefused[]
}

const NOTHING = { faults: [], notices: [], touches: [], barred: [], spotRefused: [] } as const

/** An event of a name, with what is said of it. */
export const dayEvent = (name: string, said: Partial<DayEvent>): DayEvent => ({ ...NOTHING, ...said, name })

/** A day with less in it than its seed draws; times are milliseconds after its beginning. */
export type Only = {
  /** Numbers of the events that are kept. */
  events: readonly number[]
  /** The faults of a kept event strike between these alone. */
  windows: Readonly<Record<number, { fromMs: number; untilMs: number }>>
  /** When everything that goes wrong stops. */
  calmAfterMs: number
}

/** What is left of the events. A fault that is left out keeps its place in the list: the chance of the others hangs on it. */
export const keptEvents = (events: readonly DayEvent[], only: Only, startAtMs: number): readonly DayEvent[] =>
  events.map((event, at) => {
    const { fromMs = 0, untilMs = only.calmAfterMs } = only.windows[at] ?? {}
    const isKept = only.events.includes(at) && !(beginsMs(event, startAtMs) >= only.calmAfterMs)
    if (!isKept)
      return dayEvent(event.name, {
        faults: event.faults.map(fault => ({ ...fault, untilMs: undefined, times: 0 })),
      })
    return {
      ...event,
      faults: event.faults.map(fault => within(fault, fromMs, Math.min(untilMs, only.calmAfterMs))),
      notices: event.notices.map(notice => endedBy(notice, startAtMs + only.calmAfterMs)),
    }
  })

/** When the last thing of an event begins, in milliseconds from the beginning of the day; of faults alone, when the first does. */
export const beginsMs = ({ faults, notices, touches }: DayEvent, startAtMs: number): number => {
  const instants = [...notices, ...notices.map(({ happening }) => happening), ...touches].map(
    ({ atMs }) => atMs - startAtMs,
  )
  return instants.length > 0 ? Math.max(...instants) : Math.min(...faults.map(({ fromMs = 0 }) => fromMs))
}

function within(fault: PlannedFault, lowMs: number, highMs: number): PlannedFault {
  const fromMs = Math.max(fault.fromMs ?? 0, lowMs)
  const untilMs = Math.min(fault.untilMs ?? highMs, highMs)
  return untilMs > fromMs ? { ...fault, fromMs, untilMs } : { ...fault, untilMs: undefined, times: 0 }
}

const endedBy = (notice: Notice, calmAtMs: number): Notice =>
  'untilMs' in notice.happening && notice.happening.untilMs > calmAtMs
    ? { ...notice, happening: { ...notice.happening, untilMs: calmAtMs } }
    : notice

/** As a command says it: `3,17@600-1200/21600`, in seconds. */
export function onlyText({ events, windows, calmAfterMs }: Only): string {
  const seconds = (ms: number) => String(ms / 1_000)
  const kept = events.map(at => {
    const window = windows[at]
    return window ? `${at}@${seconds(window.fromMs)}-${seconds(window.untilMs)}` : String(at)
  })
  return `${kept.join(',')}/${seconds(calmAfterMs)}`
}

/** What `onlyText` wrote; undefined when it is not of that form. */
export function onlyOf(text: string): Only | undefined {
  const said = /^((?:\d{1,4}(?:@[\d.]+-[\d.]+)?,?)*)\/([\d.]+)$/.exec(text)
  if (!said) return undefined
  const parts = (said[1] ?? '').split(',').filter(part => part !== '')
  const events = parts.map(part => Number.parseInt(part, 10))
  const windows = Object.fromEntries(
    parts.flatMap(part => {
      const [at, fromS, untilS] = part.split(/[@-]/).map(Number)
      return at === undefined || fromS === undefined || untilS === undefined
        ? []
        : [[at, { fromMs: fromS * 1_000, untilMs: untilS * 1_000 }]]
    }),
  )
  const calmAfterMs = Number(said[2]) * 1_000
  return Number.isFinite(calmAfterMs) ? { events, windows, calmAfterMs } : undefined
}
