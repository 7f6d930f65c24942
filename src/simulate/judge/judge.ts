/** What a day is judged by, read from the exchange, the journal and the books once everything should be at rest. */
import { createHash } from 'node:crypto'
import { verifyReplay } from '../../../actors/runtime/replay.ts'
import type { HedgeContext } from '../../../machines/hedge/context.ts'
import type { Faults } from '../../exchange/simulator/faults/faults.ts'
import { CHARTS } from '../../run/engine.ts'
import { createMemoryJournal } from '../../store/journal/memory-journal.ts'
import type { ActorRow, StoredTransition } from '../../store/schema/records.ts'
import type { Day } from '../day/day.ts'
import type { DayPlan } from '../plan/plan.ts'
import { judged } from './rules.ts'
import type { Stretch } from './stretches.ts'

const LINES_MAX = 120

type Line = { atMs: number; text: string }

/** Lines of text, the plan first; where there is too much, the last of it, which is where it failed. */
function dayStory(
  plan: DayPlan,
  day: Pick<Day, 'stored' | 'crashes' | 'fatals' | 'notes'>,
  calls: readonly string[],
): string[] {
  const { seed, startAtMs, symbols, balanceUsdt, rules, faults, hazards } = plan
  const { directions } = rules.strategy
  const { routes } = rules.execution
  const lines: Line[] = [
    ...plan.happenings.map(({ happening: { kind, atMs, ...more } }) => ({
      atMs,
      text: `exchange: ${kind} ${facts(more)}`,
    })),
    ...plan.touches.map(({ kind, atMs, ...more }) => ({
      atMs,
      text: `person or machine: ${kind} ${facts(more)}`,
    })),
    ...day.crashes.map(({ atMs, point, actorId }) => ({ atMs, text: `killed ${point} of ${actorId}` })),
    ...day.notes,
    ...steps(day.stored),
  ].sort((a, b) => a.atMs - b.atMs)
  const windows = faults.faults
    .filter(({ fromMs, rate, times }) => times !== 0 && (rate >= 1 || fromMs > 600_000))
    .map(
      ({ name, fromMs, untilMs, what = '' }) =>
        `${name} ${what} ${clock(startAtMs + fromMs)} to ${clock(startAtMs + (untilMs ?? 86_400_000))}`,
    )
  const left = lines.length - LINES_MAX
  return [
    `seed ${seed}: ${symbols.join(', ')}, ${directions.join(' and ')} by ${routes.join(', ')}, ${balanceUsdt} USDT`,
    `hazards: ${hazards.join(', ') || 'none'}`,
    ...windows.map(text => `fault: ${text}`),
    ...(left > 0 ? [`(${left} earlier steps left out)`] : []),
    ...lines.slice(-LINES_MAX).map(({ atMs, text }) => `${clock(atMs)} ${text}`.trimEnd()),
    ...day.fatals.map(text => `fatal: ${text}`),
    ...new Set(calls.map(text => `called: ${text}`)),
  ]
}

const clock = (atMs: number) => new Date(atMs).toISOString().slice(11, 19)
const facts = (more: object) =>
  Object.entries(more)
    .map(([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join(', ')

/** Where hedges came to another top-level state, and where a symbol or the engine failed or halted. */
function steps({ transitions }: Day['stored']): Line[] {
  const top = (state: string) => state.split(/[ .{]/)[0]
  return [...transitions.values()].flat().flatMap(({ text }) => {
    const { actorId, from, to, event, atMs } = JSON.parse(text) as StoredTransition
    const told = actorId.startsWith('hedge:') || /failed|halted/.test(to)
    return told && top(from) !== top(to)
      ? [{ atMs, text: `${actorId}: ${top(from) || 'new'} to ${to} (${event.type})` }]
      : []
  })
}

export type DayHedge = {
  id: string
  symbol: string
  direction: string
  route: string
  state: string
  /** Both legs stood once. */
  opened: boolean
  because: string
}

export type DayReport = {
  seed: number
  symbols: readonly string[]
  /** What was broken, in words; empty when the day is good. */
  broken: string[]
  /** Of what was broken: which rules, and how. */
  kinds: string[]
  hedges: DayHedge[]
  orders: number
  struck: Record<string, number>
  happened: Record<string, number>
  crashes: number
  /** Hedges and symbols a person was called to, with the reason. */
  calls: string[]
  stretches: Stretch[]
  /** Milliseconds from the end of faults to rest; null when it did not come. */
  restMs: number | null
  residuals: Record<string, string>
  unexplained: number
  steps: number
  /** How often each fault and happening met each state of a hedge: `what in state`. */
  met: Record<string, number>
  /** Of a day that failed: what befell it, in order, on a page. */
  story: string[]
  /** Of every row of the journal, in order. */
  journalHash: string
}

type Judged = {
  plan: DayPlan
  day: Day
  restMs: number | undefined
  calls: string[]
  refused: string[]
  struck: ReturnType<Faults['report']>['faults']
}

/** What was broken on a day, with the figures of its report. */
export async function judgeDay({ plan, day, restMs, calls, refused, struck }: Judged): Promise<DayReport> {
  const { witness, books, stored, fatals } = day
  const hedges = hedgesOf(day)
  const residuals = await residualsOf(day, plan)
  const suspense = books.postings.filter(({ kind }) => kind === 'suspense').map(({ rowId }) => rowId)
  const check = await verifyReplay(
    createMemoryJournal({ stored }),
    Object.fromEntries(Object.entries(CHARTS).map(([kind, machine]) => [kind, { machine } as never])),
    { actorIds: [...stored.actors.keys()] },
  )
  const { limits } = plan.rules
  const { differences: replay } = check
  const seen = { restMs, refused, fatals, hedges, witness, residuals, suspense, replay, limits }
  const found = judged(seen)
  const broken = found.map(({ text }) => text)
  return {
    broken,
    kinds: [...new Set(found.map(({ kind }) => kind))],
    seed: plan.seed,
    symbols: plan.symbols,
    hedges: hedges.map(({ plan: _plan, ...hedge }) => hedge),
    orders: witness.orders.length,
    struck: counted(struck.map(({ name, struck: times }) => [name, times])),
    happened: counted([
      ...plan.happenings.map(({ happening }): [string, number] => [happening.kind, 1]),
      ...plan.touches.map(({ kind }): [string, number] => [`person or machine: ${kind}`, 1]),
      ...plan.hazards.map((name): [string, number] => [`hazard: ${name}`, 1]),
    ]),
    crashes: day.crashes.length,
    calls,
    stretches: [...witness.stretches],
    restMs: restMs ?? null,
    residuals: residuals ?? {},
    unexplained: suspense.length,
    steps: check.steps,
    met: day.met(),
    journalHash: hashOf(stored),
    story: broken.length > 0 ? dayStory(plan, day, calls) : [],
  }
}

function counted(pairs: readonly [string, number][]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const [name, count] of pairs) sums[name] = (sums[name] ?? 0) + count
  return sums
}

const ASK_MS = 100
const ASKS_MAX = 600

/** The log is read again as far back as rows come late at least so often, while something is missing. */
const MISSING_MS_MAX = 5 * 60_000
const LOOK_EVERY_MS = 10_000

/** Books everything and gives what is left; undefined when no answer came. A row that comes late is waited for until it is there. */
async function residualsOf(
  day: Day,
  { faults, calmAtMs }: DayPlan,
): Promise<Record<string, string> | undefined> {
  const lateMs = Math.max(0, ...faults.faults.map(({ name, ms = 0 }) => (name === 'late-row' ? ms : 0)))
  const untilMs = Math.max(day.clock.nowMs(), calmAtMs + lateMs) + MISSING_MS_MAX
  for (;;) {
    const found = await residualsNow(day)
    const isTied = found && Object.values(found).every(left => left === '0')
    if (isTied || day.clock.nowMs() >= untilMs) return found
    await day.advance(day.clock.nowMs() + LOOK_EVERY_MS)
  }
}

async function residualsNow(day: Day): Promise<Record<string, string> | undefined> {
  let residuals: Record<string, string> | undefined
  day
    .engine()
    ?.bookkeeper.bookNow()
    .then(
      found => {
        residuals = found
      },
      () => {},
    )
  for (let asks = 0; !residuals && asks < ASKS_MAX; asks++) await day.advance(day.clock.nowMs() + ASK_MS)
  return residuals
}

function hedgesOf({ stored }: Pick<Day, 'stored'>): (DayHedge & { plan: HedgeContext['plan'] })[] {
  return [...stored.actors.values()]
    .map(({ row }) => JSON.parse(row) as ActorRow)
    .filter(({ kind }) => kind === 'hedge')
    .map(({ actorId, state, snapshot }) => {
      const { plan, failure, unwindBecause, hedgedAtMs } = (JSON.parse(snapshot) as { context: HedgeContext })
        .context
      const { symbol, direction, route = 'spot-first' } = plan
      return {
        id: actorId,
        symbol,
        direction,
        route,
        state,
        opened: hedgedAtMs > 0,
        because: failure ?? unwindBecause ?? '',
        plan,
      }
    })
}

function hashOf({ actors, transitions, effects }: Day['stored']): string {
  const hash = createHash('sha256')
  for (const [id, { row }] of actors) hash.update(id).update(row)
  for (const [id, steps] of transitions)
    for (const { text, commitId } of steps) hash.update(id).update(text).update(commitId)
  for (const [id, text] of effects) hash.update(id).update(text)
  return hash.digest('hex')
}

// What many days come to: counts, and how long things took at the worst.

type Tally = { route: string; direction: string; planned: number; opened: number; closed: number }

export type Summary = {
  days: number
  /** Seeds of days on which something was broken, in order. */
  failed: { seed: number; broken: string[] }[]
  hedges: Tally[]
  orders: number
  crashes: number
  /** How often each fault of the catalogue struck, and what else befell the days. */
  struck: Record<string, number>
  happened: Record<string, number>
  /** Times a person was called, and why, by the words of the reason. */
  calls: Record<string, number>
  /** Stretches with a lot or more apart: how many, how long, and notional times seconds. */
  apart: { stretches: number; seconds: Spread; notionalSeconds: Spread }
  /** Milliseconds from the end of faults to rest, of days that came to rest. */
  restMsMax: number
  /** Days on which a coin's residual was not 0, and postings nobody can explain. */
  residualDays: number
  unexplained: number
  /** How often each fault and happening met each state of a hedge. */
  met: Record<string, number>
  journalSteps: number
}
type Spread = { p50: number; p99: number; max: number }

/** All days as one. */
export function summarise(reports: readonly DayReport[]): Summary {
  const sorted = [...reports].sort((a, b) => a.seed - b.seed)
  const stretches = sorted.flatMap(each => each.stretches)
  return {
    days: sorted.length,
    failed: sorted.filter(({ broken }) => broken.length > 0).map(({ seed, broken }) => ({ seed, broken })),
    hedges: tallies(sorted.flatMap(({ hedges }) => hedges)),
    orders: total(sorted.map(({ orders }) => orders)),
    crashes: total(sorted.map(({ crashes }) => crashes)),
    struck: added(sorted.map(({ struck }) => struck)),
    happened: added(sorted.map(({ happened }) => happened)),
    calls: added(sorted.flatMap(({ calls }) => calls.map(call => ({ [reasonOf(call)]: 1 })))),
    apart: {
      stretches: stretches.length,
      seconds: spread(stretches.map(({ forMs }) => forMs / 1_000)),
      notionalSeconds: spread(stretches.map(({ notionalSeconds }) => notionalSeconds)),
    },
    restMsMax: Math.max(0, ...sorted.map(({ restMs }) => restMs ?? 0)),
    residualDays: sorted.filter(({ residuals }) => Object.values(residuals).some(left => left !== '0'))
      .length,
    unexplained: total(sorted.map(({ unexplained }) => unexplained)),
    met: added(sorted.map(({ met }) => met)),
    journalSteps: total(sorted.map(({ steps }) => steps)),
  }
}

const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0)

function added(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums = new Map<string, number>()
  for (const one of counts)
    for (const [name, count] of Object.entries(one)) sums.set(name, (sums.get(name) ?? 0) + count)
  return Object.fromEntries([...sums].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Without the id it begins with and the figures in it. */
const reasonOf = (call: string) => call.replace(/^\S+: /, '').replace(/[-\d.]*\d[\d.]*/g, '#')

function tallies(hedges: readonly DayHedge[]): Tally[] {
  const found = new Map<string, Tally>()
  for (const { route, direction, opened, state } of hedges) {
    const key = `${route} ${direction}`
    const tally = found.get(key) ?? { route, direction, planned: 0, opened: 0, closed: 0 }
    tally.planned++
    if (opened) tally.opened++
    if (opened && state === 'closed') tally.closed++
    found.set(key, tally)
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, tally]) => tally)
}

/** Nearest rank. */
function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
  return { p50: at(0.5), p99: at(0.99), max: at(1) }
}
