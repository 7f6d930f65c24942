/**
 * Runs durable actors: births and restores them, stamps and delivers events, commits their steps, and only then lets the
 * effects out. Plain actors (feeds and the like) run here too, unjournaled, under the same supervisors.
 *
 * Every event carries `atMs`: charts have no clock, so folding the journal gives the same snapshots again.
 */
import { type AnyStateMachine, createActor } from 'xstate'
import type { ChildSpec } from '../../machines/supervisor.ts'
import type { Clock, Stopwatch, TimerHandle } from '../../src/clock/clock.ts'
import type { JsonObject } from '../../src/domain/json.ts'
import type { ActorRow, Journal, TransitionRecord } from '../../src/store/schema/records.ts'
import { builtInEffects, createFamilyNews } from './built-in-effects.ts'
import { assertCharts } from './chart-check.ts'
import { BIRTH, type Cell, type DurableStep, durable, plainJson, reviveSnapshot, unborn } from './durable.ts'
import { type Answer, createOutbox, type EffectCall, KEPT } from './outbox.ts'
import { createObserver, type DurableKind, type Kind, type Observe, type Running } from './running.ts'
import { createTimers } from './timers.ts'

type RuntimePorts = {
  clock: Clock
  journal: Journal
  kinds: Readonly<Record<string, Kind>>
  commitId: () => string
  /** Measures how old a decision is when its effect leaves; by the engine's clock when left out. */
  startStopwatch?: () => Stopwatch
  /** The journal refused or was fenced: nothing more may be decided. */
  fatal(error: unknown): void
  fault(what: { actorId: string; during: string; error: unknown }): void
  /** A step became durable. */
  committed?(record: TransitionRecord): void
  /** The root has nobody above it. */
  orphaned?(actorId: string, error: unknown): void
  /** For people who watch: must be cheap. */
  observed?: Observe
}

/** Ids of effects that a commit acknowledges. */
type Acks = readonly string[]
type BirthAcks = { recordAcks?: Acks; failureAcks?: Acks }

export type Runtime = ReturnType<typeof createRuntime>

/** Throws when a kind's chart has faults (see `checkChart`), listing all of them. */
export function createRuntime(ports: RuntimePorts) {
  assertCharts(ports.kinds)
  const run = createRun(ports)
  return {
    /** Gives birth to an actor, once: an id that lives already is left alone. Its first record carries `acks`. */
    spawn: (id: string, kind: string, parentId: string, input: JsonObject, acks: Acks = []) =>
      spawn(run, { id, kind, input }, parentId, acks),
    restore: (row: ActorRow) => restore(run, row),
    /** Sends an event to an actor. False when nobody of that name is running. Throws when the event is not JSON. */
    deliver: (actorId: string, event: Answer, acks: Acks = [], dueAtMs = 0): boolean =>
      deliver(run, actorId, event, acks, dueAtMs),
    /** Takes up all stored actors that `isHeld` does not hold back, then drives what was left pending. */
    boot: (isHeld: IsHeld): Promise<number> => boot(run, isHeld),
    get: (actorId: string): Running | undefined => run.running.get(actorId),
    all: (): IterableIterator<Running> => run.running.values(),
    pendingEffects: () => run.outbox.pending(),
    onMove(hear: (actorId: string) => void): () => void {
      run.moves.add(hear)
      return () => run.moves.delete(hear)
    },
    /** Lets go of every actor; rows and pending effects stay as they are. */
    close(): void {
      run.closed = true
      run.outbox.close()
      for (const { id, actor } of run.running.values()) {
        run.timers.disarm(id)
        actor.stop()
      }
      run.running.clear()
    },
  }
}

type IsHeld = (row: ActorRow, rows: readonly ActorRow[]) => boolean

/** All that one runtime knows while it runs. */
type Run = {
  ports: RuntimePorts
  running: Map<string, Running>
  /** Actors that threw, or whose row could not be read: their supervisor decides. */
  failed: Set<string>
  kindNames: Map<string, string>
  moves: Set<(actorId: string) => void>
  /** What an event that is on its way acknowledges, and what a birth does. */
  acksOf: WeakMap<object, Acks>
  birthAcks: Map<string, Acks>
  /** The event an actor is hearing now. */
  current: { actorId: string; event: object } | undefined
  closed: boolean
  timers: ReturnType<typeof createTimers>
  outbox: ReturnType<typeof createOutbox>
  news: ReturnType<typeof createFamilyNews>
} & Pick<ReturnType<typeof createObserver>, 'tell' | 'named'>

function createRun(ports: RuntimePorts): Run {
  const { clock, journal, kinds } = ports
  const run: Run = {
    ports,
    running: new Map(),
    failed: new Set(),
    kindNames: new Map(),
    moves: new Set(),
    acksOf: new WeakMap(),
    birthAcks: new Map(),
    current: undefined,
    closed: false,
    ...createObserver(ports),
    timers: createTimers(clock, (actorId, timer) =>
      deliver(run, actorId, timer.event as Answer, [], timer.dueAtMs),
    ),
    outbox: createOutbox({
      clock,
      journal,
      handlerOf: (actorId, type) =>
        builtIn[type] ?? durableKind(kinds, run.kindNames.get(actorId))?.effects[type],
      hears: id => (run.running.has(id) ? 'now' : run.failed.has(id) ? 'later' : 'never'),
      answer: (actorId, event, effectId) => deliver(run, actorId, event, [effectId]),
      fault: (effect, actorId, error) => ports.fault({ actorId, during: effect.type, error }),
      lost: error => stop(run, error),
    }),
    news: createFamilyNews({
      deliver: (actorId, event, acks) => deliver(run, actorId, event, acks),
      keepsJournal: id => run.running.get(id)?.cell !== undefined,
    }),
  }
  const builtIn = builtInEffects({
    ...{ clock, journal, fault: ports.fault },
    deliver: (actorId, event, acks) => deliver(run, actorId, event, acks),
    startAgain: (child, row, call) => startAgain(run, child, row, call),
    isKnown: id => run.running.has(id) || run.failed.has(id),
    spawn: (child, parentId, acks) => spawn(run, child, parentId, acks),
  })
  return run
}

async function boot(run: Run, isHeld: IsHeld): Promise<number> {
  const { kindNames, failed, outbox } = run
  const { journal } = run.ports
  const [rows, pending] = [await journal.loadActors(), await journal.loadPending()]
  for (const { actorId } of pending) {
    if (!kindNames.has(actorId)) kindNames.set(actorId, (await journal.loadActor(actorId))?.kind ?? '')
  }
  for (const row of rows) {
    if (!isHeld(row, rows)) restore(run, row)
    else {
      kindNames.set(row.actorId, row.kind)
      failed.add(row.actorId)
    }
  }
  outbox.load(pending)
  outbox.redrive()
  return rows.length
}

/** The journal takes nothing more: what is decided from here on can never become durable. */
function stop(run: Run, error: unknown): void {
  if (run.closed) return
  run.closed = true
  run.outbox.close()
  run.ports.fatal(error)
}

function commit(run: Run, self: Running, step: DurableStep, acks: Acks): void {
  const { clock, journal, commitId, startStopwatch = () => byClock(clock) } = run.ports
  const record: TransitionRecord = {
    ...step,
    actorId: self.id,
    kind: self.kind,
    parentId: self.parentId,
    seq: self.cell?.seq ?? 0,
    version: self.version,
    commitId: commitId(),
    acks: [...acks],
    atMs: step.event.atMs,
  }
  if (step.from !== step.to) self.sinceMs = record.atMs
  run.timers.arm(self.id, step.timers)
  run.tell({ kind: 'taken', self, record })
  if (step.status === 'done') {
    run.running.delete(self.id)
    run.timers.disarm(self.id)
  }
  const ageMs = startStopwatch()
  journal.append(record).then(
    () => settled(run, record, ageMs),
    error => stop(run, error),
  )
}

/** A record is durable: what it calls for may leave. */
function settled(run: Run, record: TransitionRecord, ageMs: Stopwatch): void {
  if (run.closed) return
  run.outbox.commit(record.actorId, record.effects, record.acks, ageMs)
  try {
    run.ports.committed?.(record)
    for (const hear of run.moves) hear(record.actorId)
  } catch (error) {
    run.ports.fault({ actorId: record.actorId, during: 'committed', error })
  }
}

/** Starts the XState actor of an entry and listens for its end. False when it failed at once. */
function begin(run: Run, self: Running, acks: Acks, event: JsonObject): boolean {
  const { running } = run
  run.kindNames.set(self.id, self.kind)
  const { status, error } = self.actor.getSnapshot() as { status: string; error?: unknown }
  if (status === 'error') {
    fail(run, self, error, acks, event)
    return false
  }
  run.failed.delete(self.id)
  run.news.forget(self.id)
  // Ended in the step it was born with: there is nothing to run.
  if (self.cell && status === 'done') return true
  running.set(self.id, self)
  run.tell({ kind: 'began', self })
  self.actor.subscribe({
    error: error => fail(run, self, error),
    complete: () => {
      if (self.cell || run.closed || !running.delete(self.id)) return
      run.tell({ kind: 'ended', self })
      tellParent(run, self, { type: 'child.done', id: self.id })
    },
  })
  self.actor.start()
  // One that comes up without a step (restored, or plain) would otherwise never be told of.
  for (const hear of run.moves) hear(self.id)
  return running.get(self.id) === self
}

/** What came for an actor while it was away: news of its children, and messages. */
function attend({ news, outbox }: Run, id: string): void {
  news.tellAgain(id)
  outbox.redrive((effect, actorId) => actorId === id || effect.params.to === id)
}

function fail(run: Run, self: Running, error: unknown, acks: Acks = [], event?: JsonObject): void {
  const { ports, current } = run
  if (run.closed) return
  run.running.delete(self.id)
  run.failed.add(self.id)
  run.timers.disarm(self.id)
  const cause = current?.actorId === self.id ? current.event : undefined
  run.outbox.takeBack((cause && run.acksOf.get(cause)) ?? [])
  const text = error instanceof Error ? error.message : String(error)
  if (self.cell) {
    const poison = event ?? (cause as JsonObject | undefined) ?? { type: 'unknown' }
    ports.journal
      .quarantine({ actorId: self.id, event: poison, error: text, atMs: ports.clock.nowMs() })
      .catch(refused => stop(run, refused))
  }
  ports.fault({ actorId: self.id, during: 'transition', error })
  run.tell({ kind: 'failed', self, error: text })
  if (self.parentId) tellParent(run, self, { type: 'child.failed', id: self.id, error: text }, acks)
  else ports.orphaned?.(self.id, error)
}

const tellParent = ({ news }: Run, { id, parentId }: Running, event: Answer, acks: Acks = []) =>
  news.tell(id, { parentId, event, acks })

function hooksOf(run: Run, self: Running) {
  const heard = (cause: object): Acks | undefined => {
    run.news.heard(self.id, cause)
    return run.acksOf.get(cause)
  }
  return {
    decided: (step: DurableStep, cause: object) =>
      commit(run, self, step, heard(cause) ?? run.birthAcks.get(self.id) ?? []),
    ignored: (cause: object) => {
      run.outbox.acknowledge(heard(cause) ?? [])
      run.tell({ kind: 'ignored', self, event: cause as { type: string } })
    },
  }
}

/** Gives birth to an actor. `recordAcks` go with its first record, `failureAcks` with the news that it could not be born. */
function bear(run: Run, { id, kind, input }: ChildSpec, parentId: string, acks: BirthAcks) {
  const { ports, outbox, birthAcks } = run
  const { recordAcks = [], failureAcks = [] } = acks
  const spec = ports.kinds[kind]
  if (!spec) throw new Error(`spawn ${id}: expected a known kind of actor, found ${kind}`)
  if (run.closed) return
  if (run.running.has(id)) return outbox.acknowledge(recordAcks)
  const atMs = ports.clock.nowMs()
  const durableSpec = 'machine' in spec ? spec : undefined
  const cell = durableSpec && unborn(id, parentId)
  const version = durableSpec ? versionOf(durableSpec.machine) : 0
  const self = { id, kind, parentId, version, cell, sinceMs: atMs } as Running
  const birth = { input: plainJson(input, `${id} input`), atMs }
  if ('plain' in spec) {
    outbox.acknowledge(recordAcks)
    self.actor = createActor(spec.plain(birth.input), { id, clock: xstateClock(ports.clock) })
  } else if (cell) {
    birthAcks.set(id, recordAcks)
    outbox.hand(recordAcks)
    const logic = durable(spec.machine, cell, hooksOf(run, self))
    self.actor = createActor(logic, { ...run.named(id), input: birth })
    birthAcks.delete(id)
  }
  begin(run, self, failureAcks, { type: BIRTH, ...birth })
}

/** Takes up a stored actor. A row that its chart cannot read fails to the supervisor, untouched. */
function revive(run: Run, row: ActorRow, acks: Acks = []) {
  if (run.closed) return
  const { actorId: id, kind, parentId, seq, timers: armed, snapshot: text, state, sinceMs } = row
  const spec = durableKind(run.ports.kinds, kind)
  const cell: Cell = { actorId: id, parentId, seq, timers: armed, text, state }
  const self = { id, kind, parentId, cell, sinceMs } as Running
  const restored = { type: RESTORED, version: row.version, state }
  run.kindNames.set(id, kind)
  try {
    if (!spec) throw new Error(`expected a known kind of actor, found ${kind}`)
    self.version = versionOf(spec.machine)
    const snapshot = reviveSnapshot(row.version === self.version ? text : migrated(spec, row))
    if (!areTimers(armed))
      throw new Error(`timers: expected a list of timers, found ${JSON.stringify(armed)}`)
    const logic = durable(spec.machine, cell, hooksOf(run, self))
    self.actor = createActor(logic, { ...run.named(id), snapshot, input: undefined })
  } catch (error) {
    return fail(run, self, error, acks, restored)
  }
  if (begin(run, self, acks, restored)) run.timers.arm(id, row.timers)
}

/** The database keeps them as JSON of any form. */
const areTimers = (found: unknown): boolean =>
  Array.isArray(found) &&
  found.every(timer => typeof timer?.id === 'string' && Number.isFinite(timer.dueAtMs) && timer.event?.type)

function restore(run: Run, row: ActorRow): void {
  revive(run, row)
  attend(run, row.actorId)
}

function deliver(run: Run, actorId: string, event: Answer, acks: Acks = [], dueAtMs = 0): boolean {
  const { ports, outbox } = run
  const self = run.running.get(actorId)
  if (!self || run.closed) return false
  const json = self.cell ? plainJson(event, `${actorId} ${event.type}`) : event
  const stamped = { ...json, atMs: Math.max(ports.clock.nowMs(), dueAtMs) }
  if (!self.cell) run.tell({ kind: 'heard', self, event })
  run.acksOf.set(stamped, acks)
  outbox.hand(acks)
  const outer = run.current
  run.current = { actorId, event: stamped }
  self.actor.send(stamped)
  run.current = outer
  // A plain actor commits nothing: it has heard.
  if (!self.cell) outbox.acknowledge(acks)
  return true
}

function spawn(run: Run, child: ChildSpec, parentId: string, acks: Acks): void {
  bear(run, child, parentId, { recordAcks: acks, failureAcks: acks })
  attend(run, child.id)
}

function startAgain(run: Run, child: ChildSpec, row: ActorRow | undefined, call: EffectCall): Answer {
  const { running, failed } = run
  // The news would reach nobody: it is driven again when the supervisor is back.
  if (!running.has(call.actorId)) return KEPT
  if (!running.has(child.id) && row?.status === 'active') revive(run, row, [call.id])
  else if (!running.has(child.id) && !row) bear(run, child, call.actorId, { failureAcks: [call.id] })
  // Told before it hears what came for it: should it fail at that, the news come in the order they happened.
  if (!failed.has(child.id)) deliver(run, call.actorId, { type: 'child.restarted', id: child.id }, [call.id])
  attend(run, child.id)
  return KEPT
}

const byClock = (clock: Clock): Stopwatch => {
  const startedAtMs = clock.nowMs()
  return () => clock.nowMs() - startedAtMs
}

function durableKind(kinds: Readonly<Record<string, Kind>>, kind = ''): DurableKind | undefined {
  const found = kinds[kind]
  return found && 'machine' in found ? found : undefined
}

/** Plain actors wait on the engine's clock too. */
const xstateClock = (clock: Clock) => ({
  setTimeout: (run: () => void, delayMs: number) => clock.setTimeout(run, delayMs),
  clearTimeout: (handle: TimerHandle) => clock.clearTimeout(handle),
})

/** What stands in the poison table when a row, not an event, made an actor fail. */
const RESTORED = 'actor.restored'

const versionOf = (machine: AnyStateMachine) => Number(machine.version ?? 1)

function migrated(spec: DurableKind, row: ActorRow): string {
  if (!spec.migrate) {
    throw new Error(`row of chart version ${row.version}: expected ${versionOf(spec.machine)} or a migration`)
  }
  return spec.migrate(row.snapshot, row.version)
}
