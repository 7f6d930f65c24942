/**
 * Promise 7: folding an actor's journal through its chart gives the stored row again, byte for byte, and the same effects.
 * The fold is the live wrapper itself, so nothing of it can be right here and wrong there.
 */
import { type AnyStateMachine, createActor } from 'xstate'
import { canonicalJson, type Json, type JsonObject } from '../../src/domain/json.ts'
import type { ActorRow, Effect, Journal, StoredTransition, Timer } from '../../src/store/schema/records.ts'
import { BIRTH, type Cell, type DurableStep, durable, reviveSnapshot, unborn } from './durable.ts'
import type { DurableKind, Kind } from './running.ts'

type Replayed = {
  snapshot: string
  seq: number
  state: string
  timers: Timer[]
  /** Of all steps, in order. */
  effects: Effect[]
}

/**
 * Folds an actor's steps, from its birth on, through one chart.
 *
 * @param parentId - its supervisor, who is told of its end; '' when there is none
 * @throws when the chart throws or ignores what the journal says it took
 */
export function replay(
  machine: AnyStateMachine,
  transitions: readonly StoredTransition[],
  parentId = '',
): Replayed {
  const [birth] = transitions
  if (!birth) throw new Error('replay: expected the steps of an actor, found none')
  const cell = unborn(birth.actorId, parentId)
  const take = fold(machine, cell)
  const effects = transitions.flatMap(transition => take(transition).effects)
  const { text: snapshot, seq, state, timers } = cell
  return { snapshot, seq, state, timers, effects }
}

/** Takes steps one by one; `cell` says how far it is. A cell that was born already goes on from its text. */
function fold(machine: AnyStateMachine, cell: Cell): (transition: StoredTransition) => DurableStep {
  let step: DurableStep | undefined
  let error: unknown
  const logic = durable(machine, cell, {
    decided: decided => {
      step = decided
    },
    ignored: event => {
      throw new Error(`the chart ignores ${event.type} in ${cell.state}`)
    },
  })
  const started = (options: object) => {
    const actor = createActor(logic, { id: cell.actorId, ...options } as never)
    actor.subscribe({ error: thrown => (error = thrown) })
    return actor.start()
  }
  let actor = cell.seq < 0 ? undefined : started({ snapshot: reviveSnapshot(cell.text), input: undefined })
  return ({ event, seq }) => {
    step = undefined
    if (event.type !== BIRTH) actor?.send(event)
    else actor = started({ input: { input: event.input as JsonObject, atMs: event.atMs } })
    if (step && error === undefined && cell.seq === seq) return step
    const found = error instanceof Error ? error.message : step ? `step ${cell.seq}` : 'nothing'
    throw new Error(`step ${seq} (${event.type}): expected to be taken, found ${found}`)
  }
}

export type ReplayCheck = {
  actors: number
  steps: number
  /** Actor and place, what the journal holds and what the charts make of it. */
  differences: string[]
  /**
   * Actors with steps of a chart version that is not at hand: only that their row still reads was checked. The journal keeps
   * events, not snapshots, so the fold of a later version cannot begin where that version did.
   */
  unchecked: string[]
}

type ReplayOptions = {
  /** Also of ended actors; by default all that have not ended. */
  actorIds?: readonly string[]
  /** Charts of earlier versions, by kind and version. */
  past?: Readonly<Record<string, Readonly<Record<number, AnyStateMachine>>>>
}

/** Steps read at once. */
const PAGE = 500

/** Folds the journal of every stored actor and lists what differs from its row. Nothing may be writing meanwhile. */
export async function verifyReplay(
  journal: Pick<Journal, 'loadActors' | 'loadActor' | 'transitions'>,
  kinds: Readonly<Record<string, Kind>>,
  { actorIds, past = {} }: ReplayOptions = {},
): Promise<ReplayCheck> {
  const check: ReplayCheck = { actors: 0, steps: 0, differences: [], unchecked: [] }
  const rows = actorIds
    ? (await Promise.all(actorIds.map(id => journal.loadActor(id)))).filter(row => row !== undefined)
    : await journal.loadActors()
  for (const row of rows) {
    const kind = kinds[row.kind]
    check.actors++
    if (!kind || !('machine' in kind)) check.differences.push(`${row.actorId}: no chart of kind ${row.kind}`)
    else await verifyActor(journal, row, { kind, past: past[row.kind] ?? {} }, check)
  }
  return check
}

type Charts = { kind: DurableKind; past: Readonly<Record<number, AnyStateMachine>> }

async function verifyActor(
  journal: Pick<Journal, 'transitions'>,
  row: ActorRow,
  { kind, past }: Charts,
  check: ReplayCheck,
): Promise<void> {
  const charts: Record<number, AnyStateMachine> = { ...past, [Number(kind.machine.version)]: kind.machine }
  const cell = unborn(row.actorId, row.parentId)
  let version = 0
  let take: ReturnType<typeof fold> | undefined
  try {
    for await (const stored of stepsOf(journal, row.actorId)) {
      const chart = charts[stored.version]
      if (!chart) return void check.unchecked.push(checkReads(row, kind))
      if (stored.version !== version) {
        if (take) cell.text = migrated(kind, cell.text, version)
        take = fold(chart, cell)
        version = stored.version
      }
      const step = take?.(stored)
      check.steps++
      if (step) sameStep(stored, step)
    }
    sameRow(row, cell)
  } catch (error) {
    check.differences.push(`${row.actorId}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

async function* stepsOf(journal: Pick<Journal, 'transitions'>, actorId: string) {
  for (let from = 0; ; from += PAGE) {
    const page = await journal.transitions(actorId, from, PAGE)
    yield* page
    if (page.length < PAGE) return
  }
}

function sameStep(stored: StoredTransition, { from, to, effects }: DurableStep): void {
  const where = `step ${stored.seq} (${stored.event.type})`
  same(`${where} from`, stored.from, from)
  same(`${where} to`, stored.to, to)
  same(`${where} effects`, stored.effects, effects)
}

function sameRow(row: ActorRow, cell: Cell): void {
  same('row seq', row.seq, cell.seq)
  same('row state', row.state, cell.state)
  same('row snapshot', row.snapshot, cell.text)
  same('row timers', row.timers, cell.timers)
}

function same(what: string, stored: unknown, folded: unknown): void {
  const [expected, found] = [stored, folded].map(value =>
    typeof value === 'string' ? value : canonicalJson(value as Json),
  )
  if (expected !== found) throw new Error(`${what}: expected as stored ${expected}, found ${found}`)
}

function migrated({ migrate }: DurableKind, text: string, version: number): string {
  if (!migrate) throw new Error(`expected a migration from chart version ${version}, found none`)
  return migrate(text, version)
}

/** At the least the chart of today must go on from the row. */
function checkReads(row: ActorRow, kind: DurableKind): string {
  const isOld = row.version !== Number(kind.machine.version)
  const text = isOld ? migrated(kind, row.snapshot, row.version) : row.snapshot
  const actor = createActor(kind.machine, { snapshot: reviveSnapshot(text), input: undefined })
  const { status, error } = actor.getSnapshot()
  if (status === 'error') throw new Error(`its row does not read: ${String(error)}`)
  return row.actorId
}
