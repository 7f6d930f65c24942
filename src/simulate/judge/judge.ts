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
  const residuals = await residualsOf(day)
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

/** Books everything and gives what is left; undefined when no answer came. What came late is given the time to be found. */
async function residualsOf(day: Day): Promise<Record<string, string> | undefined> {
  const untilMs = day.clock.nowMs() + MISSING_MS_MAX
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
