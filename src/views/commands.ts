/**
 * People's commands to actors: legal or refused with what is legal, carried out once per idempotency key, kept with their
 * outcome. The key travels inside the journaled event, so even a command whose answer was lost is found again.
 */
import { createHash } from 'node:crypto'
import { type AnyMachineSnapshot, type AnyStateMachine, transition } from 'xstate'
import { stateText } from '../../actors/runtime/durable.ts'
import type { Runtime } from '../../actors/runtime/runtime.ts'
import { ENGINE_COMMANDS } from '../../machines/engine.ts'
import type { HedgeContext } from '../../machines/hedge/context.ts'
import { HEDGE_COMMANDS } from '../../machines/hedge/events.ts'
import { SUPERVISOR_COMMANDS } from '../../machines/supervisor.ts'
import { SYMBOL_COMMANDS } from '../../machines/symbol.ts'
import type { Command, LegalEvent, SendOutcome } from '../api/engine-view.ts'
import { legalEvents } from '../api/rows/chart-description.ts'
import { REASON_MAX } from '../api/rows/schemas.ts'
import type { Clock } from '../clock/clock.ts'
import { canonicalJson, type JsonObject } from '../domain/json.ts'
import { isRefusal } from '../domain/refusal.ts'
import { isShare, partToKeep } from '../domain/work/part.ts'
import type { JournaledCommand } from '../store/books/operator-reads.ts'
import type { Journal } from '../store/schema/records.ts'
import { MAY_REOPEN, partOutOfSeason, STAYS_CLOSED } from '../wording/hedges.ts'
import { plainText } from '../wording/plain-text.ts'
import { reasonText } from '../wording/reasons.ts'

/** The events a person may send; all others are facts that only the engine reports. */
const MANUAL: Readonly<Record<string, readonly string[]>> = {
  engine: ENGINE_COMMANDS,
  symbol: SYMBOL_COMMANDS,
  hedge: HEDGE_COMMANDS,
  supervisor: SUPERVISOR_COMMANDS,
}
const TEXT_MAX = 200

/** Where commands and their outcomes are kept. */
export type CommandLog = {
  /** The outcome an earlier command with this key had, if any; `other` when the key named another request. */
  find(key: string, request: string): Promise<SendOutcome | 'other' | undefined>
  /** What the target's journal has under this key: the process may have died between the step and its row here. */
  journaled(target: string, key: string): Promise<JournaledCommand | undefined>
  keep(entry: CommandEntry): Promise<void>
}
export type CommandEntry = {
  key: string
  request: JsonObject
  digest: string
  target: string
  by: string
  source: Command['source']
  /** The state before it; null where there was none. */
  before: string | null
  outcome: SendOutcome
  atMs: number
}

type CommandPorts = { runtime: Runtime; journal: Journal; log: CommandLog; clock: Clock }

/** What people may tell actors: checked against the chart, journaled, and done once for each key. */
export function createCommands({ runtime, journal, log, clock }: CommandPorts) {
  /** One command per key at a time: two posts with one key must not both run. */
  const under = new Map<string, Promise<SendOutcome>>()

  const carryOut = async (actorId: string, event: JsonObject, command: Command): Promise<SendOutcome> => {
    const request = { actorId, event }
    const digest = digestOf(request)
    const known = await log.find(command.idempotencyKey, digest)
    if (known === 'other') return { kind: 'key-reused' }
    if (known) return known.kind === 'accepted' ? { ...known, replayed: true } : known
    const done = await log.journaled(actorId, command.idempotencyKey)
    if (done) return recover(request, digest, command, done)
    const before = runtime.get(actorId)?.cell?.state ?? null
    const outcome = await sendTo({ runtime, journal, clock }, actorId, event, command)
    // What was never there to be commanded leaves no trace.
    if (outcome.kind === 'accepted' || outcome.kind === 'illegal' || outcome.kind === 'moved') {
      const { by, source, idempotencyKey: key } = command
      const atMs = clock.nowMs()
      await log.keep({ key, request, digest, target: actorId, by, source, before, outcome, atMs })
    }
    return outcome
  }

  /** It was carried out and its row was lost with the process: the row is written now, and nothing is sent again. */
  const recover = async (
    request: { actorId: string; event: JsonObject },
    digest: string,
    { idempotencyKey: key, source, by: asker }: Command,
    { event, from, to, version, atMs }: JournaledCommand,
  ): Promise<SendOutcome> => {
    const { commandKey: _key, atMs: _atMs, ...sent } = event
    const { by, ...anonymous } = sent
    const { actorId } = request
    // A request may name its sender itself, and need not.
    const isSame = [sent, anonymous].some(each => digestOf({ actorId, event: each }) === digest)
    if (!isSame) return { kind: 'key-reused' }
    const outcome: SendOutcome = { kind: 'accepted', state: to, version, replayed: false }
    const who = typeof by === 'string' ? by : asker
    await log.keep({ key, request, digest, target: actorId, by: who, source, before: from, outcome, atMs })
    return { ...outcome, replayed: true }
  }

  return async (actorId: string, sent: JsonObject, command: Command): Promise<SendOutcome> => {
    const event = plainEvent(sent)
    const before = under.get(command.idempotencyKey)
    const mine = (before ?? Promise.resolve()).then(
      () => carryOut(actorId, event, command),
      () => carryOut(actorId, event, command),
    )
    under.set(command.idempotencyKey, mine)
    try {
      return withNote(event, await mine)
    } finally {
      if (under.get(command.idempotencyKey) === mine) under.delete(command.idempotencyKey)
    }
  }
}

/** A person who closes a hedge hears at once what becomes of its symbol. */
function withNote({ type, reopen }: JsonObject, outcome: SendOutcome): SendOutcome {
  const closes = type === 'hedge.unwind' || type === 'symbol.unwind'
  if (outcome.kind !== 'accepted' || !closes) return outcome
  return { ...outcome, note: reopen === true ? MAY_REOPEN : STAYS_CLOSED }
}

/** Delivers an event that the present state takes; its answer waits until the step is durable. */
async function sendTo(
  { runtime, journal, clock }: Omit<CommandPorts, 'log'>,
  actorId: string,
  event: JsonObject,
  command: Command,
): Promise<SendOutcome> {
  const self = runtime.get(actorId)
  if (!self?.cell) return { kind: 'not-found' }
  const fault = payloadFault(self.kind, event)
  if (fault) return { kind: 'invalid', detail: fault }
  const snapshot = self.actor.getSnapshot() as AnyMachineSnapshot
  const { expectVersion = self.cell.seq } = command
  if (self.cell.seq !== expectVersion) {
    const { state, seq } = self.cell
    return { kind: 'moved', state, version: seq, legal: legalFor(self.kind, snapshot) }
  }
  const stamped = { ...event, type: String(event.type), by: command.by, commandKey: command.idempotencyKey }
  if (!snapshot.can({ ...stamped, atMs: clock.nowMs() })) {
    const { state, seq } = self.cell
    const because = partRefused(snapshot, event, state)
    const legal = legalFor(self.kind, snapshot)
    return { kind: 'illegal', state, version: seq, legal, ...(because && { because }) }
  }
  runtime.deliver(actorId, stamped)
  const { state, seq } = self.cell
  await journal.drained()
  return { kind: 'accepted', state, version: seq, replayed: false }
}

const digestOf = (request: JsonObject): string =>
  createHash('sha256').update(canonicalJson(request)).digest('hex')

/** What the present state takes, and which of it people may send. */
export function legalFor(kind: string, snapshot: AnyMachineSnapshot): LegalEvent[] {
  const manual = new Set(MANUAL[kind])
  return legalEvents(snapshot.machine as AnyStateMachine, snapshot).map(type =>
    manual.has(type) ? { type, manual: true, ...foreseen(snapshot, type) } : { type, manual: false },
  )
}

/** Where an event would lead, by asking the chart without running anything. Empty when only its payload could say. */
function foreseen(snapshot: AnyMachineSnapshot, type: string): { to?: string | null } {
  if (type === PART) return {}
  try {
    const event = { type, by: '', because: '', atMs: 0 }
    if (!snapshot.can(event)) return { to: null }
    const [next] = transition(snapshot.machine as AnyStateMachine, snapshot, event)
    return { to: stateText(next.value) }
  } catch {
    // A guard or an assignment that needs more of the event than its name.
    return {}
  }
}

/** What a person wrote is kept as one plain line: a reason that is too long is cut, never refused. */
const plainEvent = (event: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(event).map(([field, value]) => [
      field,
      typeof value === 'string' ? plainText(value, field === 'because' ? REASON_MAX : undefined) : value,
    ]),
  )

const FIELDS = new Set(['type', 'because', 'by', 'id', 'share'])
const UNWINDS = new Set(['hedge.unwind', 'symbol.unwind'])
const PART = 'hedge.unwind-part'

/** Why a part of this hedge cannot be closed now, as a sentence; undefined for every other command. */
function partRefused(
  { context }: AnyMachineSnapshot,
  { type, share }: JsonObject,
  state: string,
): string | undefined {
  if (type !== PART) return undefined
  const { plan, perp } = context as HedgeContext
  if (!state.startsWith('hedged')) return partOutOfSeason(state)
  if (!state.startsWith('hedged.watching'))
    return 'the hedge is busy levelling or closing a part: try again shortly'
  const rest = partToKeep(plan, { perpBase: perp.base }, String(share))
  return isRefusal(rest) ? reasonText({ ...rest, because: rest.refused }) : undefined
}

function payloadFault(kind: string, event: JsonObject): string | undefined {
  const { type } = event
  const manual = MANUAL[kind] ?? []
  if (typeof type !== 'string' || !manual.includes(type)) {
    return `type: expected one of ${manual.join(', ') || 'none for this kind of actor'}; found ${JSON.stringify(type)}`
  }
  if (type === PART && !(typeof event.share === 'string' && isShare(event.share)))
    return `share: expected a decimal above 0 and below 1 as text, such as "0.25"; found ${JSON.stringify(event.share ?? null)}`
  if (type !== PART && event.share !== undefined) return `share: expected no such field for ${type}`
  const wrong = Object.entries(event).flatMap(([field, value]) => fieldFault(type, field, value) ?? [])
  if (wrong[0]) return wrong[0]
  return type === 'child.release' && !event.id ? 'id: expected the name of a quarantined child' : undefined
}

function fieldFault(type: string, field: string, value: unknown): string | undefined {
  if (field === 'reopen' && UNWINDS.has(type))
    return typeof value === 'boolean' ? undefined : 'reopen: expected true or false'
  if (!FIELDS.has(field)) return `${field}: expected no such field for ${type}`
  if (typeof value === 'string' && value.length <= TEXT_MAX) return undefined
  return `${field}: expected text of at most ${TEXT_MAX} characters`
}
