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
import { BUILT_IN_EFFECTS, builtInEffects, createFamilyNews } from './built-in-effects.ts'
import { checkChart } from './chart-check.ts'
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
  const { clock, journal, startStopwatch = () => byClock(clock) } = ports
  const { tell: watch, named } = createObserver(ports)
  assertCharts(ports.kinds)
  const running = new Map<string, Running>()
  const failed = new Set<string>()
  const kindNames = new Map<string, string>()
  const moves = new Set<(actorId: string) => void>()
  const acksOf = new WeakMap<object, Acks>()
  const birthAcks = new Map<string, Acks>()
  let current: { actorId: string; event: object } | undefined
  let closed = false

  const timers = createTimers(clock, (actorId, timer) =>
    deliver(actorId, timer.event as Answer, [], timer.dueAtMs),
  )
  const outbox = createOutbox({
    clock,
    journal,
    handlerOf: (actorId, type) =>
      builtIn[type] ?? durableKind(ports.kinds, kindNames.get(actorId))?.effects[type],
    hears: id => (running.has(id) ? 'now' : failed.has(id) ? 'later' : 'never'),
    answer: (actorId, event, effectId) => deliver(actorId, event, [effectId]),
    fault: (effect, actorId, error) => ports.fault({ actorId, during: effect.type, error }),
    lost: error => stop(error),
  })

  /** The journal takes nothing more: what is decided from here on can never become durable. */
  const stop = (error: unknown) => {
    if (closed) return
    closed = true
    outbox.close()
    ports.fatal(error)
  }

  const commit = (self: Running, step: DurableStep, acks: readonly string[]) => {
    const record: TransitionRecord = {
      ...step,
      actorId: self.id,
      kind: self.kind,
      parentId: self.parentId,
      seq: self.cell?.seq ?? 0,
      version: self.version,
      commitId: ports.commitId(),
      acks: [...acks],
      atMs: step.event.atMs,
    }
    if (step.from !== step.to) self.sinceMs = record.atMs
    timers.arm(self.id, step.timers)
    watch({ kind: 'taken', self, record })
    if (step.status === 'done') retire(self)
    const ageMs = startStopwatch()
    journal.append(record).then(() => settled(record, ageMs), stop)
  }

  /** A record is durable: what it calls for may leave. */
  const settled = (record: TransitionRecord, ageMs: Stopwatch) => {
    if (closed) return
    outbox.commit(record.actorId, record.effects, record.acks, ageMs)
    try {
      ports.committed?.(record)
      for (const hear of moves) hear(record.actorId)
    } catch (error) {
      ports.fault({ actorId: record.actorId, during: 'committed', error })
    }
  }

  const retire = (self: Running) => {
    running.delete(self.id)
    timers.disarm(self.id)
  }

  /** Starts the XState actor of an entry and listens for its end. False when it failed at once. */
  const begin = (self: Running, acks: readonly string[], event: JsonObject): boolean => {
    kindNames.set(self.id, self.kind)
    const { status, error } = self.actor.getSnapshot() as { status: string; error?: unknown }
    if (status === 'error') {
      fail(self, error, acks, event)
      return false
    }
    failed.delete(self.id)
    news.forget(self.id)
    // Ended in the step it was born with: there is nothing to run.
    if (self.cell && status === 'done') return true
    running.set(self.id, self)
    watch({ kind: 'began', self })
    self.actor.subscribe({
      error: error => fail(self, error),
      complete: () => {
        if (self.cell || closed || !running.delete(self.id)) return
        watch({ kind: 'ended', self })
        tell(self, { type: 'child.done', id: self.id })
      },
    })
    self.actor.start()
    // One that comes up without a step (restored, or plain) would otherwise never be told of.
    for (const hear of moves) hear(self.id)
    return running.get(self.id) === self
  }

  /** What came for an actor while it was away: news of its children, and messages. */
  const attend = (id: string) => {
    news.tellAgain(id)
    outbox.redrive((effect, actorId) => actorId === id || effect.params.to === id)
  }

  const fail = (self: Running, error: unknown, acks: Acks = [], event?: JsonObject) => {
    if (closed) return
    running.delete(self.id)
    failed.add(self.id)
    timers.disarm(self.id)
    const cause = current?.actorId === self.id ? current.event : undefined
    outbox.takeBack((cause && acksOf.get(cause)) ?? [])
    const text = error instanceof Error ? error.message : String(error)
    if (self.cell) {
      const poison = event ?? (cause as JsonObject | undefined) ?? { type: 'unknown' }
      journal.quarantine({ actorId: self.id, event: poison, error: text, atMs: clock.nowMs() }).catch(stop)
    }
    ports.fault({ actorId: self.id, during: 'transition', error })
    watch({ kind: 'failed', self, error: text })
    if (self.parentId) tell(self, { type: 'child.failed', id: self.id, error: text }, acks)
    else ports.orphaned?.(self.id, error)
  }

  const tell = ({ id, parentId }: Running, event: Answer, acks: Acks = []) => {
    news.tell(id, { parentId, event, acks })
  }

  const hooksOf = (self: Running) => {
    const heard = (cause: object): Acks | undefined => {
      news.heard(self.id, cause)
      return acksOf.get(cause)
    }
    return {
      decided: (step: DurableStep, cause: object) =>
        commit(self, step, heard(cause) ?? birthAcks.get(self.id) ?? []),
      ignored: (cause: object) => {
        outbox.acknowledge(heard(cause) ?? [])
        watch({ kind: 'ignored', self, event: cause as { type: string } })
      },
    }
  }

  /** Gives birth to an actor. `recordAcks` go with its first record, `failureAcks` with the news that it could not be born. */
  const bear = ({ id, kind, input }: ChildSpec, parentId: string, acks: BirthAcks) => {
    const { recordAcks = [], failureAcks = [] } = acks
    const spec = ports.kinds[kind]
    if (!spec) throw new Error(`spawn ${id}: expected a known kind of actor, found ${kind}`)
    if (closed) return
    if (running.has(id)) return outbox.acknowledge(recordAcks)
    const atMs = clock.nowMs()
    const durableSpec = 'machine' in spec ? spec : undefined
    const cell = durableSpec && unborn(id, parentId)
    const version = durableSpec ? versionOf(durableSpec.machine) : 0
    const self = { id, kind, parentId, version, cell, sinceMs: atMs } as Running
    const birth = { input: plainJson(input, `${id} input`), atMs }
    if ('plain' in spec) {
      outbox.acknowledge(recordAcks)
      self.actor = createActor(spec.plain(birth.input), { id, clock: xstateClock(clock) })
    } else if (cell) {
      birthAcks.set(id, recordAcks)
      outbox.hand(recordAcks)
      self.actor = createActor(durable(spec.machine, cell, hooksOf(self)), { ...named(id), input: birth })
      birthAcks.delete(id)
    }
    begin(self, failureAcks, { type: BIRTH, ...birth })
  }

  /** Takes up a stored actor. A row that its chart cannot read fails to the supervisor, untouched. */
  const revive = (row: ActorRow, acks: Acks = []) => {
    if (closed) return
    const { actorId: id, kind, parentId, seq, timers: armed, snapshot: text, state, sinceMs } = row
    const spec = durableKind(ports.kinds, kind)
    const cell: Cell = { actorId: id, parentId, seq, timers: armed, text, state }
    const self = { id, kind, parentId, cell, sinceMs } as Running
    const restored = { type: RESTORED, version: row.version, state }
    kindNames.set(id, kind)
    try {
      if (!spec) throw new Error(`expected a known kind of actor, found ${kind}`)
      self.version = versionOf(spec.machine)
      const snapshot = reviveSnapshot(row.version === self.version ? text : migrated(spec, row))
      const logic = durable(spec.machine, cell, hooksOf(self))
      self.actor = createActor(logic, { ...named(id), snapshot, input: undefined })
    } catch (error) {
      return fail(self, error, acks, restored)
    }
    if (begin(self, acks, restored)) timers.arm(id, row.timers)
  }

  const restore = (row: ActorRow) => {
    revive(row)
    attend(row.actorId)
  }

  /** Sends an event to an actor. False when nobody of that name is running. Throws when the event is not JSON. */
  const deliver = (actorId: string, event: Answer, acks: Acks = [], dueAtMs = 0): boolean => {
    const self = running.get(actorId)
    if (!self || closed) return false
    const json = self.cell ? plainJson(event, `${actorId} ${event.type}`) : event
    const stamped = { ...json, atMs: Math.max(clock.nowMs(), dueAtMs) }
    if (!self.cell) watch({ kind: 'heard', self, event })
    acksOf.set(stamped, acks)
    outbox.hand(acks)
    const outer = current
    current = { actorId, event: stamped }
    self.actor.send(stamped)
    current = outer
    // A plain actor commits nothing: it has heard.
    if (!self.cell) outbox.acknowledge(acks)
    return true
  }

  const spawn = (id: string, kind: string, parentId: string, input: JsonObject, acks: Acks = []) => {
    bear({ id, kind, input }, parentId, { recordAcks: acks, failureAcks: acks })
    attend(id)
  }

  const startAgain = (child: ChildSpec, row: ActorRow | undefined, call: EffectCall): Answer => {
    // The news would reach nobody: it is driven again when the supervisor is back.
    if (!running.has(call.actorId)) return KEPT
    if (!running.has(child.id) && row?.status === 'active') revive(row, [call.id])
    else if (!running.has(child.id) && !row) bear(child, call.actorId, { failureAcks: [call.id] })
    // Told before it hears what came for it: should it fail at that, the news come in the order they happened.
    if (!failed.has(child.id)) deliver(call.actorId, { type: 'child.restarted', id: child.id }, [call.id])
    attend(child.id)
    return KEPT
  }

  const news = createFamilyNews({ deliver, keepsJournal: id => running.get(id)?.cell !== undefined })
  const builtIn = builtInEffects({
    ...{ clock, journal, deliver, startAgain, fault: ports.fault },
    isKnown: id => running.has(id) || failed.has(id),
    spawn: ({ id, kind, input }, parentId, acks) => spawn(id, kind, parentId, input, acks),
  })

  return {
    /** Gives birth to an actor, once: an id that lives already is left alone. Its first record carries `acks`. */
    spawn,
    restore,
    deliver,
    /** Takes up all stored actors that `isHeld` does not hold back, then drives what was left pending. */
    async boot(isHeld: (row: ActorRow, rows: readonly ActorRow[]) => boolean): Promise<number> {
      const [rows, pending] = [await journal.loadActors(), await journal.loadPending()]
      for (const { actorId } of pending) {
        if (!kindNames.has(actorId)) kindNames.set(actorId, (await journal.loadActor(actorId))?.kind ?? '')
      }
      for (const row of rows) {
        if (!isHeld(row, rows)) restore(row)
        else {
          kindNames.set(row.actorId, row.kind)
          failed.add(row.actorId)
        }
      }
      outbox.load(pending)
      outbox.redrive()
      return rows.length
    },
    get: (actorId: string): Running | undefined => running.get(actorId),
    all: (): IterableIterator<Running> => running.values(),
    pendingEffects: () => outbox.pending(),
    onMove(hear: (actorId: string) => void): () => void {
      moves.add(hear)
      return () => moves.delete(hear)
    },
    /** Lets go of every actor; rows and pending effects stay as they are. */
    close(): void {
      closed = true
      outbox.close()
      for (const { id, actor } of running.values()) {
        timers.disarm(id)
        actor.stop()
      }
      running.clear()
    },
  }
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

function assertCharts(kinds: Readonly<Record<string, Kind>>): void {
  const faults = Object.entries(kinds).flatMap(([kind, spec]) =>
    'machine' in spec
      ? checkChart(spec.machine, {
          kind,
          effects: new Set([...BUILT_IN_EFFECTS, ...Object.keys(spec.effects)]),
        })
      : [],
  )
  if (faults.length > 0) throw new Error(`charts with faults:\n${faults.join('\n')}`)
}
