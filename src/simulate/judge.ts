/** What a day is judged by, read from the exchange, the journal and the books once everything should be at rest. */
import { createHash } from 'node:crypto'
import { verifyReplay } from '../../actors/runtime/replay.ts'
import type { HedgeContext } from '../../machines/hedge/context.ts'
import type { Faults } from '../exchange/simulator/faults/faults.ts'
import { CHARTS } from '../run/charts.ts'
import { createMemoryJournal } from '../store/journal/memory-journal.ts'
import type { ActorRow } from '../store/schema/records.ts'
import type { Day } from './day.ts'
import type { DayPlan } from './day-plan.ts'
import type { Legs, Stretch } from './witness.ts'

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
  /** Of every row of the journal, in order. */
  journalHash: string
}

export type Judged = {
  plan: DayPlan
  day: Day
  restMs: number | undefined
  calls: string[]
  refused: string[]
  struck: ReturnType<Faults['report']>['faults']
}

export async function judgeDay({ plan, day, restMs, calls, refused, struck }: Judged): Promise<DayReport> {
  const broken = [...refused.map(text => `the day could not be: ${text}`)]
  const { witness, books, stored, fatals } = day
  if (restMs === undefined) broken.push('no rest within the time allowed after faults stopped')
  broken.push(...fatals.map(text => `fatal: ${text}`))
  const hedges = hedgesOf(day)
  for (const { id, state, because } of hedges)
    if (!/^(closed|hedged\.watching)/.test(state)) broken.push(`${id} ended ${state}: ${because}`)
  for (const { symbol, lots } of legsApart(day)) broken.push(`${symbol}: ${lots.toFixed()} lots apart`)
  const open = witness.openOrders()
  if (open > 0) broken.push(`${open} orders still open`)
  const residuals = await residualsOf(day)
  if (!residuals) broken.push('the books could not be read')
  for (const [coin, left] of Object.entries(residuals ?? {}))
    if (left !== '0') broken.push(`residual ${left} ${coin}`)
  const suspense = books.postings.filter(({ kind }) => kind === 'suspense')
  if (suspense.length > 0)
    broken.push(`${suspense.length} unexplained postings, the first of row ${suspense[0]?.rowId}`)
  for (const name of witness.again) broken.push(`order ${name} arrived twice`)
  const check = await verifyReplay(
    createMemoryJournal({ stored }),
    Object.fromEntries(Object.entries(CHARTS).map(([kind, machine]) => [kind, { machine } as never])),
    { actorIds: [...stored.actors.keys()] },
  )
  broken.push(...check.differences.map(text => `replay: ${text}`))
  return {
    seed: plan.seed,
    symbols: plan.symbols,
    broken,
    hedges,
    orders: witness.orders.length,
    struck: counted(struck.map(({ name, struck: times }) => [name, times])),
    happened: counted([
      ...plan.happenings.map(({ happening }): [string, number] => [happening.kind, 1]),
      ...plan.touches.map(({ kind }): [string, number] => [`person or machine: ${kind}`, 1]),
    ]),
    crashes: day.crashes.length,
    calls,
    stretches: witness.stretches,
    restMs: restMs ?? null,
    residuals: residuals ?? {},
    unexplained: suspense.length,
    steps: check.steps,
    journalHash: hashOf(stored),
  }
}

function counted(pairs: readonly [string, number][]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const [name, count] of pairs) sums[name] = (sums[name] ?? 0) + count
  return sums
}

const ASK_MS = 100
const ASKS_MAX = 600

/** Books everything and gives what is left; undefined when no answer came. */
async function residualsOf(day: Day): Promise<Record<string, string> | undefined> {
  const engine = day.engine()
  if (!engine) return undefined
  let residuals: Record<string, string> | undefined
  engine.bookkeeper.bookNow().then(
    found => {
      residuals = found
    },
    () => {},
  )
  for (let asks = 0; !residuals && asks < ASKS_MAX; asks++) await day.advance(day.clock.nowMs() + ASK_MS)
  return residuals
}

/** The smallest order there can be, its value raised by the day itself: less than that can be left apart. */
const DUST_USDT_MAX = 21

/**
 * Pairs with a lot or more apart. Too little for an order is dust: coins that the last long carry left over, or the surplus of each
 * debt that was bought back by the smallest order; and interest that has not yet grown to an order of the perpetual.
 */
export function legsApart(day: Day): Legs[] {
  const far = day.witness.legs().filter(({ lots }) => lots.abs().gte(1))
  if (far.length === 0) return far
  const hedges = hedgesOf(day)
  return far.filter(({ symbol, lots, notionalUsdt }) => {
    const reverse = hedges.filter(hedge => hedge.symbol === symbol && hedge.direction === 'reverse-carry')
    const closed = reverse.filter(({ state }) => state === 'closed').length
    const orders = lots.isNegative() ? reverse.length - closed : closed + 1
    return notionalUsdt > orders * DUST_USDT_MAX
  })
}

function hedgesOf({ stored }: Day): DayHedge[] {
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
