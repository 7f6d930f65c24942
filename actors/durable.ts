/**
 * Decide, commit, act. `durable(machine)` is a higher-order actor logic: it stays a real XState actor, but its actions are
 * collected instead of run, and leave as one `Step` to be committed. What the step calls for happens only afterwards.
 * Needed because XState runs actions inside the transition, forgets `after` on restore, and tells observers too late.
 */
import type { ActorScope, AnyActorScope, AnyEventObject, AnyMachineSnapshot, AnyStateMachine } from 'xstate'
import { canonicalJson, type Json, type JsonObject } from '../src/domain/json.ts'
import type { Effect, JournaledEvent, Timer } from '../src/store/records.ts'

/** One decided step of an actor, not yet durable. */
export type Step = {
  event: JournaledEvent
  from: string
  to: string
  snapshot: string
  timers: Timer[]
  effects: Effect[]
  status: 'active' | 'done' | 'error'
}

/** What the wrapper keeps of an actor beside XState's own snapshot. */
export type Cell = { readonly actorId: string; seq: number; timers: Timer[]; text: string; state: string }

export type DurableHooks = {
  /** A step was decided: commit it. Called synchronously, in order. */
  decided(step: Step, cause: AnyEventObject): void
  /** The present state has no transition for this event. */
  ignored(cause: AnyEventObject): void
}

type Collected = { type: string; params: unknown }

/** Dotted leaves of a state value: 'hedged.watching', or 'entering.work.deciding | entering.spot.quiet' for regions. */
export function stateText(value: unknown, path = ''): string {
  if (typeof value === 'string') return path + value
  if (!value || typeof value !== 'object') return path
  return Object.entries(value)
    .map(([key, inner]) =>
      inner && typeof inner === 'object' && Object.keys(inner).length === 0
        ? path + key
        : stateText(inner, `${path}${key}.`),
    )
    .join(' | ')
}

/** The bytes a snapshot is stored as: equal snapshots are equal text. Children do not exist: spawning is an effect. */
export function snapshotText(snapshot: AnyMachineSnapshot): string {
  const { status, value, context, output } = snapshot
  const history = snapshot.machine.getPersistedSnapshot(snapshot) as unknown as { historyValue?: Json }
  return canonicalJson({
    context: context as Json,
    historyValue: history.historyValue ?? {},
    output: (output as Json | undefined) ?? null,
    status,
    value: value as Json,
  })
}

/** The machine with its actions collected. Effects of step `seq` are named `<actor>#<seq>.<index>`. */
export function durable(machine: AnyStateMachine, cell: Cell, hooks: DurableHooks): AnyStateMachine {
  const transition = (snapshot: AnyMachineSnapshot, event: AnyEventObject, scope: AnyActorScope) => {
    // XState's own stop is the process letting go of the actor, not a fact of its life.
    if (event.type === 'xstate.stop') return machine.transition(snapshot, event, scope as never)
    const collected: Collected[] = []
    const next = machine.transition(snapshot, event, collecting(scope, collected) as never)
    if (next === snapshot && collected.length === 0) {
      hooks.ignored(event)
      return snapshot
    }
    if (next.status === 'error') throw next.error
    hooks.decided(advance(cell, next, event as JournaledEvent, collected), event)
    return next
  }
  const getInitialSnapshot = (scope: AnyActorScope, input: BirthInput) => {
    const collected: Collected[] = []
    const first = machine.getInitialSnapshot(collecting(scope, collected) as never, input.input as never)
    if (first.status === 'error') throw first.error
    const event: JournaledEvent = { type: BIRTH, atMs: input.atMs, input: input.input }
    hooks.decided(advance(cell, first, event, collected), event)
    return first
  }
  return Object.create(machine, {
    transition: { value: transition },
    getInitialSnapshot: { value: getInitialSnapshot },
  })
}

/** The event of an actor's step 0. Its `input` is all that the first snapshot depends on. */
export const BIRTH = 'actor.born'
export type BirthInput = { input: JsonObject; atMs: number }

/** A snapshot that XState can go on from, of the stored bytes. */
export function reviveSnapshot(text: string): AnyMachineSnapshot {
  const stored = JSON.parse(text) as JsonObject
  return { ...stored, output: stored.output ?? undefined, children: {} } as unknown as AnyMachineSnapshot
}

function collecting(scope: AnyActorScope, collected: Collected[]): ActorScope<never, never> {
  return {
    ...scope,
    actionExecutor: ({ type, params }: Collected) => collected.push({ type, params }),
  } as unknown as ActorScope<never, never>
}

function advance(cell: Cell, next: AnyMachineSnapshot, event: JournaledEvent, collected: Collected[]): Step {
  const from = cell.state
  const born = event.type === BIRTH
  cell.seq = born ? 0 : cell.seq + 1
  cell.state = stateText(next.value)
  cell.text = snapshotText(next)
  const { timers, effects } = sort(cell, event, collected)
  cell.timers = next.status === 'active' ? timers : []
  return {
    event,
    from,
    to: cell.state,
    snapshot: cell.text,
    timers: cell.timers,
    effects,
    status: next.status === 'done' ? 'done' : 'active',
  }
}

/** Built-ins become timers; every other action is an effect. What has no durable meaning is refused. */
function sort(
  cell: Cell,
  event: JournaledEvent,
  collected: Collected[],
): { timers: Timer[]; effects: Effect[] } {
  let timers = cell.timers.filter(timer => timer.event.type !== event.type || timer.dueAtMs > event.atMs)
  const effects: Effect[] = []
  for (const { type, params } of collected) {
    if (type === 'xstate.raise') {
      const raised = params as { event: JsonObject; id?: string; delay?: number }
      if (raised.delay === undefined) continue
      const id = raised.id ?? String(raised.event.type)
      timers = [
        ...timers.filter(timer => timer.id !== id),
        { id, event: raised.event, dueAtMs: event.atMs + raised.delay },
      ]
    } else if (type === 'xstate.cancel') {
      timers = timers.filter(timer => timer.id !== params)
    } else if (type.startsWith('xstate.')) {
      throw new Error(`${cell.actorId}: ${type} has no durable form; use a named effect`)
    } else {
      const id = `${cell.actorId}#${cell.seq}.${effects.length}`
      effects.push({ id, type, params: (params ?? {}) as JsonObject })
    }
  }
  return { timers, effects }
}
