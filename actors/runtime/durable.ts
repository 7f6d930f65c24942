/**
 * Decide, commit, act. `durable(machine)` is a higher-order actor logic: it stays a real XState actor, but its actions are
 * collected instead of run, and leave as one `Step` to be committed. What the step calls for happens only afterwards.
 * Needed because XState runs actions inside the transition, forgets `after` on restore, and tells observers too late.
 */
import type {
  ActorScope,
  AnyActorScope,
  AnyEventObject,
  AnyMachineSnapshot,
  AnyStateMachine,
  AnyStateNode,
  StateValue,
} from 'xstate'
import { canonicalJson, type Json, type JsonObject } from '../../src/domain/json.ts'
import type { Effect, JournaledEvent, Timer } from '../../src/store/schema/records.ts'

/**
 * The same value when it is JSON that PostgreSQL can hold; else a copy without its undefined properties (text drops them, and
 * `in` would notice), and with U+FFFD in place of half a surrogate pair or a NUL: one such character from a person or an
 * exchange would make every later reading of its row fail. Throws on all else, naming the place: `where` and the path inside.
 */
export function plainJson<Value>(value: Value, where: string): Value {
  return plain(value, where) as Value
}

function plain(value: unknown, where: string): unknown {
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'string') return storable(value)
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (Array.isArray(value)) return plainArray(value, where)
  if (typeof value === 'object' && isRecord(value)) return plainRecord(value, where)
  throw new Error(`${where}: expected JSON, found ${described(value)}`)
}

const storable = (text: string): string =>
  text.isWellFormed() && !text.includes('\0') ? text : text.toWellFormed().replaceAll('\0', '\ufffd')

function plainArray(values: unknown[], where: string): unknown[] {
  for (let at = 0; at < values.length; at++) {
    const part: unknown = values[at]
    if (plain(part, `${where}[${at}]`) !== part)
      return values.map((each, index) => plain(each, `${where}[${index}]`))
  }
  return values
}

function plainRecord(record: Record<string, unknown>, where: string): Record<string, unknown> {
  let same = true
  for (const key in record) {
    const part = record[key]
    if (part === undefined || storable(key) !== key || plain(part, `${where}.${key}`) !== part) same = false
  }
  if (same) return record
  return Object.fromEntries(
    Object.entries(record)
      .filter(([, part]) => part !== undefined)
      .map(([key, part]) => [storable(key), plain(part, `${where}.${key}`)]),
  )
}

function isRecord(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function described(value: unknown): string {
  const name = typeof value === 'object' && value !== null ? value.constructor?.name : typeof value
  return `${name ?? 'object'} ${String(value).slice(0, 60)}`
}

/** One decided step of an actor, not yet durable. */
export type DurableStep = {
  event: JournaledEvent
  from: string
  to: string
  snapshot: string
  timers: Timer[]
  effects: Effect[]
  status: 'active' | 'done' | 'error'
}

/** What the wrapper keeps of an actor beside XState's own snapshot. */
export type Cell = {
  readonly actorId: string
  /** Who is told of its end; '' for the root. */
  readonly parentId: string
  seq: number
  timers: Timer[]
  text: string
  state: string
}

/** The cell of an actor that is about to be born. */
export const unborn = (actorId: string, parentId: string): Cell => ({
  actorId,
  parentId,
  seq: -1,
  timers: [],
  text: '',
  state: '',
})

type DurableHooks = {
  /** A step was decided: commit it. Called synchronously, in order. */
  decided(step: DurableStep, cause: AnyEventObject): void
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
function snapshotText(snapshot: AnyMachineSnapshot): string {
  const { status, value, context, output } = snapshot
  return canonicalJson({
    context: context as Json,
    historyValue: historyOf(snapshot),
    output: (output as Json | undefined) ?? null,
    status,
    value: value as Json,
  })
}

/** XState writes it only together with all the rest: most charts remember nothing. */
function historyOf(snapshot: AnyMachineSnapshot): Json {
  for (const _ in snapshot.historyValue) {
    const stored = snapshot.machine.getPersistedSnapshot(snapshot) as unknown as { historyValue?: Json }
    return stored.historyValue ?? {}
  }
  return {}
}

/** The machine with its actions collected. Effects of step `seq` are named `<actor>#<seq>.<index>`. */
export function durable(machine: AnyStateMachine, cell: Cell, hooks: DurableHooks): AnyStateMachine {
  const transition = (snapshot: AnyMachineSnapshot, event: AnyEventObject, scope: AnyActorScope) => {
    // XState's own stop is the process letting go of the actor, not a fact of its life.
    if (event.type === 'xstate.stop') return machine.transition(snapshot, event, scope as never)
    const collected: Collected[] = []
    const next = machine.transition(snapshot, event, collecting(scope, collected) as never)
    // A timer that came is spent, whether a guard let it through or not: its row must say so.
    if (next === snapshot && collected.length === 0 && !cell.timers.some(timer => isSpent(timer, event))) {
      hooks.ignored(event)
      return snapshot
    }
    if (next.status === 'error') throw next.error
    hooks.decided(advance(cell, inOrder(next), event as JournaledEvent, collected), event)
    return asStored(cell, next)
  }
  const getInitialSnapshot = (scope: AnyActorScope, input: BirthInput) => {
    const collected: Collected[] = []
    const first = machine.getInitialSnapshot(collecting(scope, collected) as never, input.input as never)
    if (first.status === 'error') throw first.error
    const event: JournaledEvent = { type: BIRTH, atMs: input.atMs, input: input.input }
    hooks.decided(advance(cell, inOrder(first), event, collected), event)
    return asStored(cell, first)
  }
  const restoreSnapshot = (stored: AnyMachineSnapshot, scope: AnyActorScope) =>
    inOrder(machine.restoreSnapshot(stored as never, scope as never) as AnyMachineSnapshot)
  return Object.create(machine, {
    transition: { value: transition },
    getInitialSnapshot: { value: getInitialSnapshot },
    restoreSnapshot: { value: restoreSnapshot },
  })
}

/**
 * XState takes regions in the order they were last entered, which no row keeps: a restored actor would run the actions of
 * two regions the other way round. So every step begins with the states in the order the chart is written.
 */
function inOrder(snapshot: AnyMachineSnapshot): AnyMachineSnapshot {
  snapshot._nodes.sort((a, b) => a.order - b.order)
  return Object.assign(snapshot, { value: valueInOrder(snapshot.machine.root, snapshot.value) })
}

/** The actor goes on from what its row says, as it would after a restart: same keys, same order, nothing shared. */
const asStored = ({ text }: Cell, snapshot: AnyMachineSnapshot): AnyMachineSnapshot =>
  Object.assign(snapshot, { context: (JSON.parse(text) as { context: unknown }).context })

function valueInOrder(node: AnyStateNode, value: StateValue): StateValue {
  if (typeof value === 'string') return value
  const entries = Object.entries(value).flatMap(([key, inner]) => {
    const child = node.states[key]
    return child && inner !== undefined ? [{ child, key, inner }] : []
  })
  entries.sort((a, b) => a.child.order - b.child.order)
  return Object.fromEntries(entries.map(({ child, key, inner }) => [key, valueInOrder(child, inner)]))
}

/** The event of an actor's step 0. Its `input` is all that the first snapshot depends on. */
export const BIRTH = 'actor.born'
type BirthInput = { input: JsonObject; atMs: number }

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

function advance(
  cell: Cell,
  next: AnyMachineSnapshot,
  event: JournaledEvent,
  collected: Collected[],
): DurableStep {
  const from = cell.state
  const seq = event.type === BIRTH ? 0 : cell.seq + 1
  const status = next.status === 'done' ? 'done' : 'active'
  const { timers, effects } = sort(cell, seq, event, collected)
  // An ending is told through the outbox, so that it is told again after a crash.
  if (status === 'done' && cell.parentId) {
    const params = { to: cell.parentId, event: { type: 'child.done', id: cell.actorId } }
    effects.push({ id: effectId(cell, seq, effects.length), type: 'send', params })
  }
  cell.seq = seq
  cell.state = stateText(next.value)
  cell.text = snapshotText(next)
  cell.timers = status === 'active' ? timers : []
  return { event, from, to: cell.state, snapshot: cell.text, timers: cell.timers, effects, status }
}

const effectId = ({ actorId }: Cell, seq: number, index: number) => `${actorId}#${seq}.${index}`

const isSpent = (timer: Timer, event: AnyEventObject) =>
  timer.event.type === event.type && timer.dueAtMs <= (event as JournaledEvent).atMs

/** Built-ins become timers; every other action is an effect. What has no durable meaning is refused. */
function sort(cell: Cell, seq: number, event: JournaledEvent, collected: Collected[]) {
  let timers = cell.timers.filter(timer => !isSpent(timer, event))
  const effects: Effect[] = []
  for (const { type, params } of collected) {
    if (type === 'xstate.raise') {
      const timer = timerOf(cell, event.atMs, params as Raised)
      if (timer) timers = [...timers.filter(({ id }) => id !== timer.id), timer]
    } else if (type === 'xstate.cancel') {
      timers = timers.filter(({ id }) => id !== (params as { sendId: string }).sendId)
    } else if (type.startsWith('xstate.')) {
      throw new Error(`${cell.actorId}: ${type} has no durable form; use a named effect`)
    } else {
      for (const each of effectsOf(type, params as JsonObject | undefined)) {
        const id = effectId(cell, seq, effects.length)
        effects.push({ id, type: each.type, params: plainJson(each.params, `${id} ${type}`) })
      }
    }
  }
  return { timers, effects }
}

type Raised = { event: JsonObject; id?: string; delay?: number }

/** XState turns a delay without a length into none at all: the timer would fire at once. */
function timerOf(cell: Cell, atMs: number, { event, id, delay }: Raised): Timer | undefined {
  const type = String(event.type)
  if (delay === undefined && !type.startsWith('xstate.after.')) return undefined
  if (delay === undefined || !Number.isFinite(delay))
    throw new Error(`${cell.actorId}: ${type}: expected a delay in milliseconds, found ${delay}`)
  return { id: id ?? type, event, dueAtMs: atMs + delay }
}

/** `sendAll` is as many messages as it has receivers: each is acknowledged by its own receiver, exactly once. */
function effectsOf(type: string, params: JsonObject = {}): { type: string; params: JsonObject }[] {
  if (type !== 'sendAll') return [{ type, params }]
  const { to, event } = params as { to: string[]; event: JsonObject }
  return to.map(each => ({ type: 'send', params: { to: each, event } }))
}
