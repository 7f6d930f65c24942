/**
 * Walks a model's path on the real durable actor: runtime, memory journal, virtual clock. Effects are answered by the
 * path's own events, and a walk may lose its process after every step.
 */
import { expect } from 'vitest'
import type { AnyStateMachine } from 'xstate'
import type { Answer, EffectHandler } from '../../../actors/runtime/outbox.ts'
import { verifyReplay } from '../../../actors/runtime/replay.ts'
import type { Kind } from '../../../actors/runtime/running.ts'
import { VirtualClock } from '../../../src/clock/virtual-clock.ts'
import { canonicalJson, type Json, type JsonObject } from '../../../src/domain/json.ts'
import { emptyMemory, type MemoryStored } from '../../../src/store/journal/memory-journal.ts'
import type { ActorRow, Effect, StoredTransition } from '../../../src/store/schema/records.ts'
import { type Carried, type OneProcess, START_MS, startProcess } from '../actors/one-process.ts'
import { plainKind } from '../actors/small-charts.ts'
import type { ModelPath } from './model.ts'

export type Subject<Machine extends AnyStateMachine> = {
  machine: Machine
  actorId: string
  kind: string
  input: JsonObject
  /** The events that answer an effect, by the effect's name; an empty list: done without a reply. */
  answers: Readonly<Record<string, readonly string[]>>
  /** Plain actors that hear its messages. */
  listeners?: readonly string[]
  /** Kinds of other actors that it gives birth to. */
  kinds?: Readonly<Record<string, Kind>>
}

type Key = (state: { value: unknown; context: never }) => Json

type Walked = {
  row: ActorRow
  /** Ids of the effects that still wait. */
  pending: string[]
  /** Every call of every handler, of all processes. */
  calls: Carried[]
  process: OneProcess
  /** The stored snapshot after each step. */
  snapshots: string[]
}

type Waiting = { call: Carried; resolve: (answer: Answer) => void }

/** Follows `path`; with `crashing`, in a process of its own for every step. */
async function walk<Machine extends AnyStateMachine>(
  subject: Subject<Machine>,
  path: ModelPath<Machine>,
  crashing: boolean,
): Promise<Walked> {
  const { actorId, kind, input, listeners = [] } = subject
  const shared: Shared = { stored: emptyMemory(), clock: new VirtualClock(START_MS), calls: [] }
  const snapshots: string[] = []
  let life = lifeOf(subject, shared)
  const listen = () => {
    for (const id of listeners) life.process.runtime.spawn(id, 'listener', '', {})
  }
  const row = () => JSON.parse(shared.stored.actors.get(actorId)?.row ?? 'null') as ActorRow
  listen()
  life.process.runtime.spawn(actorId, kind, '', input)
  await life.process.settle()
  snapshots.push(row().snapshot)
  for (const { event } of path.steps.slice(1)) {
    if (crashing) {
      life.process.crash()
      life = lifeOf(subject, shared)
      await life.process.boot()
      listen()
      await life.process.settle()
    }
    await life.take(event as Answer)
    snapshots.push(row().snapshot)
    const [problem] = [...life.process.fatals, ...life.process.faults.map(({ error }) => error)]
    if (problem) throw problem
  }
  life.process.crash()
  const pending = [...shared.stored.effects.keys()]
  return { row: row(), pending, calls: shared.calls, process: life.process, snapshots }
}

/**
 * The path on the real actor, and once more with a crash and a restore after every step: the model's states, the same
 * row, the same effects waiting, each effect carried out, none as if for the first time twice, and a journal that folds
 * to the row (promises 2, 5 and 7).
 */
export async function expectSameWalk<Machine extends AnyStateMachine>(
  subject: Subject<Machine>,
  path: ModelPath<Machine>,
  key: Key,
): Promise<void> {
  const live = await walk(subject, path, false)
  const crashed = await walk(subject, path, true)
  const keyOf = (state: unknown) => canonicalJson(key(state as never))
  expect(
    live.snapshots.map(text => keyOf(JSON.parse(text))),
    path.description,
  ).toEqual(path.steps.map(({ state }) => keyOf(state)))
  expect(crashed.snapshots, path.description).toEqual(live.snapshots)
  expect({ ...crashed.row, sinceMs: 0 }, path.description).toEqual({ ...live.row, sinceMs: 0 })
  expect(crashed.pending, path.description).toEqual(live.pending)
  for (const { calls, process } of [live, crashed]) {
    const carried = new Set(calls.map(({ id }) => id))
    const lost = decided(process).filter(({ id, type }) => type in subject.answers && !carried.has(id))
    expect(lost, path.description).toEqual([])
    const first = calls.filter(({ redriven }) => !redriven).map(({ id }) => id)
    expect(first, path.description).toEqual([...new Set(first)])
    const { differences } = await verifyReplay(
      process.journal,
      { ...subject.kinds, [subject.kind]: { machine: subject.machine, effects: {} } },
      { actorIds: [subject.actorId] },
    )
    expect(differences, path.description).toEqual([])
  }
}

/** Everything the journal says is to be done. */
const decided = ({ stored }: OneProcess): Effect[] =>
  [...stored.transitions.values()]
    .flat()
    .flatMap(({ text }) => (JSON.parse(text) as StoredTransition).effects)

/**
 * As many of the paths as are needed for every step that the states' values and the event tell apart; all of them with
 * HEDGEROW_EVERY_PATH set.
 */
export function covering<Machine extends AnyStateMachine>(
  paths: readonly ModelPath<Machine>[],
): ModelPath<Machine>[] {
  if (process.env.HEDGEROW_EVERY_PATH) return [...paths]
  const met = new Set<string>()
  return [...paths]
    .sort((a, b) => b.steps.length - a.steps.length)
    .filter(({ steps }) => {
      const found = steps.slice(1).map(({ event, state }, at) => {
        const { orderLinkId: _id, ...told } = event as { type: string; orderLinkId?: string }
        return JSON.stringify([stateValue(steps[at]?.state), told, stateValue(state)])
      })
      const isNew = found.some(each => !met.has(each))
      for (const each of found) met.add(each)
      return isNew
    })
}

const stateValue = (state: unknown) => (state as { value: unknown } | undefined)?.value

type Shared = { stored: MemoryStored; clock: VirtualClock; calls: Carried[] }

function lifeOf<Machine extends AnyStateMachine>(
  subject: Subject<Machine>,
  { stored, clock, calls }: Shared,
) {
  const waiting: Waiting[] = []
  const handler =
    (type: string, answers: readonly string[]): EffectHandler =>
    async (params, call) => {
      const carried = { ...call, type, params }
      calls.push(carried)
      if (answers.length === 0) return undefined
      return new Promise(resolve => waiting.push({ call: carried, resolve }))
    }
  const effects = Object.fromEntries(
    Object.entries(subject.answers).map(([type, answers]) => [type, handler(type, answers)]),
  )
  const process = startProcess({
    kinds: { ...subject.kinds, [subject.kind]: { machine: subject.machine, effects }, listener: plainKind() },
    stored,
    clock,
  })
  return { process, take: (event: Answer) => take(subject, process, waiting, event) }
}

/** Lets one event of the path happen in the way it would: a timer by the clock, an answer by its effect, else from outside. */
async function take<Machine extends AnyStateMachine>(
  { actorId, answers }: Subject<Machine>,
  { runtime, clock, settle, stored }: OneProcess,
  waiting: Waiting[],
  { atMs: _atMs, ...event }: Answer,
): Promise<void> {
  const timers = runtime.get(actorId)?.cell?.timers ?? []
  const timer = timers.find(each => each.event.type === event.type)
  const asked = waiting
    .filter(({ call }) => answers[call.type]?.includes(event.type) && isAbout(call, event))
    .sort((a, b) => order(a.call.id) - order(b.call.id))
    .at(-1)
  const restart = event.type === 'child.restarted' ? nextRestart(stored, String(event.id)) : undefined
  if (restart !== undefined) clock.advanceTo(restart)
  else if (timer) {
    const isNext = timers.every(({ dueAtMs }) => dueAtMs >= timer.dueAtMs)
    if (isNext) clock.advanceTo(timer.dueAtMs)
    // Another one would come first: this one is what the path is about.
    else runtime.deliver(actorId, timer.event as Answer, [], timer.dueAtMs)
  } else if (asked) {
    waiting.splice(waiting.indexOf(asked), 1)
    asked.resolve(event)
  } else {
    runtime.deliver(actorId, event)
  }
  await settle()
}

/** When the runtime itself will restart this child, if it is to. */
function nextRestart({ effects }: MemoryStored, childId: string): number | undefined {
  const due = [...effects.values()]
    .map(text => JSON.parse(text) as Effect)
    .filter(({ type, params }) => type === 'restartChild' && params.id === childId)
    .map(({ params }) => Number(params.dueAtMs))
  return due.length > 0 ? Math.min(...due) : undefined
}

/** An answer about an order belongs to the question about that order. */
function isAbout({ params }: Carried, { orderLinkId }: Answer): boolean {
  const order = params.order as { orderLinkId?: string } | null | undefined
  return orderLinkId === undefined || !order || order.orderLinkId === orderLinkId
}

/** Effects in the order they were decided: `<actor>#<seq>.<index>`. */
const order = (id: string) => {
  const [seq = '0', index = '0'] = id.slice(id.lastIndexOf('#') + 1).split('.')
  return Number.parseInt(seq, 10) * 100 + Number.parseInt(index, 10)
}
