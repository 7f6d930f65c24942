/** A day that failed, told again as small as it can be: what is left of it, and its story on one page. */
import { loadConfig } from '../config/config.ts'
import type { DayReport } from './judge/judge.ts'
import { beginsMs, type DayEvent, type Only, onlyText } from './plan/events.ts'
import { type DayOptions, dayEvents, dayPlan } from './plan/plan.ts'
import { shrink } from './shrink.ts'

/** A page. */
const LINES_MAX = 60

type Asked = {
  seed: number
  options: Omit<DayOptions, 'only'>
  runsMax: number
  /** Runs the day with these events alone, or whole. */
  run: (only?: Only) => Promise<DayReport>
  /** Told before each day that is tried. */
  tried?: (runs: number, events: number) => void
}

export type ShrunkDay = {
  seed: number
  /** What was broken on the whole day, and is on the small one; undefined when the whole day is good. */
  kind?: string
  /** As `--only` takes it. */
  only: string
  events: { number: number; text: string }[]
  eventsBefore: number
  runs: number
  cutShort: boolean
  report: DayReport
}

/** Runs the day of a seed; when it fails, finds the fewest of its events that still break the first thing that was broken. */
export async function shrinkDay({ seed, options, runsMax, run, tried }: Asked): Promise<ShrunkDay> {
  const report = await run()
  const [kind] = report.kinds
  const events = dayEvents(seed, options)
  const { rules } = loadConfig({ cwd: '/', env: { HEDGEROW_MODE: 'replay' } })
  const { startAtMs, calmAtMs } = dayPlan(seed, rules, options)
  const all = { seed, eventsBefore: events.length }
  if (kind === undefined) return { ...all, only: '', events: [], runs: 1, cutShort: false, report }
  let runs = 1
  const fails = async (only: Only) => {
    tried?.(++runs, only.events.length)
    return (await run(only)).kinds.includes(kind)
  }
  const windows: Record<number, { fromMs: number; untilMs: number }> = {}
  for (const [at, event] of events.entries()) {
    const window = windowOf(event)
    if (window) windows[at] = window
  }
  const begins = events.map(event => beginsMs(event, startAtMs))
  const found = await shrink({ begins, spanMs: calmAtMs - startAtMs, windows, fails, runsMax })
  return {
    ...all,
    kind,
    only: onlyText(found.only),
    events: found.only.events.map(number => ({
      number,
      text: events[number] ? eventText(events[number], startAtMs, found.only.windows[number]) : '',
    })),
    runs,
    cutShort: found.cutShort,
    report: await run(found.only),
  }
}

/** Of an event that is one fault and nothing else. */
function windowOf({ faults, notices }: DayEvent): { fromMs: number; untilMs: number } | undefined {
  const [fault, ...more] = faults
  if (!fault || fault.untilMs === undefined || more.length + notices.length > 0) return undefined
  return { fromMs: fault.fromMs ?? 0, untilMs: fault.untilMs }
}

const clock = (atMs: number) => new Date(atMs).toISOString().slice(11, 19)

/** Its name, with instants of the day and figures. */
function eventText(
  { name, balanceUsdt, faults, notices, touches }: DayEvent,
  startAtMs: number,
  window = WHOLE,
): string {
  const said = [
    ...(balanceUsdt ? [`${balanceUsdt} USDT`] : []),
    ...faults.map(({ name, fromMs = 0, untilMs = 0, ...more }) => {
      const from = clock(startAtMs + Math.max(fromMs, window.fromMs))
      return `${name} from ${from} to ${clock(startAtMs + Math.min(untilMs, window.untilMs))} ${facts(more)}`
    }),
    ...notices.map(({ happening: { atMs, ...more } }) => `${clock(atMs)} ${facts(more)}`),
    ...touches.map(({ atMs, ...more }) => `${clock(atMs)} ${facts(more)}`),
  ]
  return `${name}: ${said.join('; ')}`.trimEnd()
}

const WHOLE = { fromMs: 0, untilMs: Number.POSITIVE_INFINITY }

const facts = (more: object) =>
  Object.entries(more)
    .filter(([name]) => name !== 'kind')
    .map(([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join(', ')

/** The story of a shrunken day, a page at most. */
export function shrunkText({
  seed,
  kind,
  only,
  events,
  eventsBefore,
  runs,
  cutShort,
  report,
}: ShrunkDay): string {
  if (kind === undefined) return `Day ${seed} is good: there is nothing to shrink.`
  const head = [
    `Day ${seed} fails with ${events.length} of its ${eventsBefore} events (${runs} days were run${cutShort ? ', as many as allowed: there may be less' : ''}).`,
    ...report.broken.slice(0, 5).map(line => `  ${line}`),
    '',
    events.length === 0
      ? 'Nothing need go wrong for it.'
      : 'With each of these, and not without any of them:',
    ...events.map(({ number, text }) => `  ${String(number).padStart(3)}  ${text}`),
    '',
  ]
  const foot = ['', `Again: hedgerow simulate --seed ${seed} --only ${only}`]
  const room = LINES_MAX - head.length - foot.length
  const left = report.story.length - room
  const story =
    left > 0 ? [`(${left + 1} earlier lines left out)`, ...report.story.slice(left + 1)] : report.story
  return [...head, ...story, ...foot].join('\n')
}
