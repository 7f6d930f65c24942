/** One actor looked at closely: what may be sent now and where it would lead, timers, context, and what it just heard. */
import { type AnyMachineSnapshot, type AnyTransitionDefinition, transition } from 'xstate'
import { stateText } from '../../../actors/runtime/durable.ts'
import type { SupervisorContext } from '../../../machines/supervisor.ts'
import type {
  Focus,
  FocusedEvent,
  FocusedTimer,
  FocusReader,
  InspectionRow,
  LogLine,
} from '../../api/inspection-view.ts'
import type { Clock } from '../../clock/clock.ts'
import type { Json, JsonObject } from '../../domain/json.ts'
import { legalFor } from '../commands.ts'
import type { HeardLine, Hub, Watched } from './hub.ts'
import type { Charts, Drawn } from './rows.ts'

const LOG_PER_FRAME = 60
/** An event's text beyond this is cut: the journal has all of it. */
const EVENT_CHARS_MAX = 4_000

type FocusPorts = {
  hub: Hub
  charts: Charts
  clock: Clock
  rowOf: (watched: Watched) => InspectionRow
}

/** A reader per open page: it remembers what that page was sent. */
export function createFocusReader({ hub, charts, clock, rowOf }: FocusPorts): FocusReader {
  let of = ''
  let seen = unseen()
  return actorId => {
    const watched = hub.actors.get(actorId)
    if (of !== actorId) seen = unseen()
    of = actorId
    const touched = watched?.touched ?? 0
    if (seen.touched === touched) return undefined
    seen.touched = touched
    if (!watched) return { row: null, legal: [], timers: [], log: [], dropped: 0, visits: {} }
    const drawn = charts.ofKind(watched.kind)
    const snapshot = snapshotOf(watched)
    const isNew = snapshot !== undefined && snapshot.context !== seen.context
    if (isNew) {
      seen.context = snapshot.context
      seen.legal = drawn ? legalOf(watched.kind, drawn, snapshot, clock.nowMs()) : []
    }
    return {
      row: rowOf(watched),
      ...(isNew ? { context: snapshot.context as JsonObject } : {}),
      legal: snapshot ? seen.legal : [],
      timers: drawn && snapshot ? timersOf(watched, drawn, snapshot) : [],
      ...newLines(watched, drawn, seen),
      visits: visitsOf(watched, drawn),
    }
  }
}

type Seen = { touched: number; line: number; context: unknown; legal: FocusedEvent[] }

const unseen = (): Seen => ({ touched: -1, line: 0, context: undefined, legal: [] })

function newLines({ lines }: Watched, drawn: Drawn | undefined, seen: Seen): Pick<Focus, 'log' | 'dropped'> {
  const all = lines.last(Number.POSITIVE_INFINITY).filter(({ n }) => n > seen.line)
  const sent = seen.line === 0 ? all : all.slice(-LOG_PER_FRAME)
  seen.line = all.at(-1)?.n ?? seen.line
  return { log: sent.map(each => logLine(each, drawn)), dropped: all.length - sent.length }
}

const snapshotOf = ({ self, status }: Watched): AnyMachineSnapshot | undefined =>
  status === 'running' && self?.cell ? (self.actor.getSnapshot() as AnyMachineSnapshot) : undefined

function legalOf(kind: string, drawn: Drawn, snapshot: AnyMachineSnapshot, atMs: number): FocusedEvent[] {
  return legalFor(kind, snapshot).map(({ type, manual }) => {
    const ids = type === 'child.release' ? quarantined(snapshot) : []
    if (!manual) return { type, manual, enabled: null, to: null, edges: [], ids }
    const event = { type, atMs, because: 'operator', ...(ids[0] === undefined ? {} : { id: ids[0] }) }
    return { type, manual, ...predicted(drawn, snapshot, event), ids }
  })
}

/** Pure: the chart is asked, nothing is sent. A guard that throws without the real payload leaves the question open. */
function predicted({ machine, edgeOf }: Drawn, snapshot: AnyMachineSnapshot, event: { type: string }) {
  try {
    const taken = machine.getTransitionData(snapshot, event) as readonly AnyTransitionDefinition[]
    const edges = taken.flatMap(each => edgeOf.get(each) ?? [])
    const enabled = taken.some(({ target, actions }) => target !== undefined || actions.length > 0)
    const [next] = transition(machine, snapshot, event)
    return { enabled, to: enabled ? stateText(next.value) : null, edges }
  } catch {
    // Without its real payload the guard cannot answer: the question stays open, the engine will decide.
    return { enabled: null, to: null, edges: [] }
  }
}

const quarantined = ({ context }: AnyMachineSnapshot): string[] =>
  Object.values((context as Partial<SupervisorContext>).children ?? {}).flatMap(({ id, status }) =>
    status === 'quarantined' ? [id] : [],
  )

function timersOf({ self }: Watched, drawn: Drawn, snapshot: AnyMachineSnapshot): FocusedTimer[] {
  return (self?.cell?.timers ?? []).map(({ event, dueAtMs }) => ({
    event: String(event.type),
    dueAtMs,
    lengthMs: lengthOf(drawn, snapshot, String(event.type)),
  }))
}

/** How long an `after` lasts: a number, or what its delay makes of the context. */
function lengthOf({ machine }: Drawn, snapshot: AnyMachineSnapshot, event: string): number | null {
  const name = /^xstate\.after\.([^.]+)\./.exec(event)?.[1] ?? ''
  if (/^\d+$/.test(name)) return Number(name)
  const delay: unknown = machine.implementations.delays[name]
  try {
    const length: unknown = typeof delay === 'function' ? delay({ context: snapshot.context }) : delay
    return typeof length === 'number' ? length : null
  } catch {
    // A delay that reads the event cannot be told from here: the bar is left out.
    return null
  }
}

function logLine(
  { n, atMs, seq, event, from, to, ignored, taken, effects, acks }: HeardLine,
  drawn?: Drawn,
): LogLine {
  return {
    n,
    atMs,
    seq,
    event: shortened(event),
    from,
    to,
    ignored,
    edges: taken.flatMap(each => drawn?.edgeOf.get(each) ?? []),
    effects: effects.map(({ type, params }) => {
      const { to: receiver, event: sent } = params as { to?: Json; event?: JsonObject }
      const isMessage = type === 'send'
      return {
        type,
        to: isMessage ? String(receiver) : null,
        event: isMessage ? String(sent?.type) : null,
      }
    }),
    by: acks[0]?.split('#')[0] ?? null,
  }
}

function shortened(event: object & { type: string }): JsonObject {
  const text = JSON.stringify(event)
  return text.length <= EVENT_CHARS_MAX
    ? (event as JsonObject)
    : { type: event.type, cut: text.slice(0, 400) }
}

function visitsOf({ visits }: Watched, drawn: Drawn | undefined): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const [each, count] of visits) {
    const id = drawn?.edgeOf.get(each)
    if (id) counts[id] = count
  }
  return counts
}
