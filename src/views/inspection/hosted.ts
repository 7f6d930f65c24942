/**
 * The hosted inspector's side of a running engine: what happens to actors as XState's inspection events, sanitised here, so
 * that even the page never has what the other site may not see. Listens only while a page reads, and keeps a bounded
 * queue per page: a page that falls behind gets the present instead.
 */
import type { AnyStateMachine, AnyStateNode } from 'xstate'
import type { Observed, Running } from '../../../actors/runtime/running.ts'
import type {
  HostedEvent,
  HostedInspectorView,
  HostedReader,
  HostedSnapshot,
} from '../../api/inspection-view.ts'
import type { Json, JsonObject } from '../../domain/json.ts'
import type { TransitionRecord } from '../../store/schema/records.ts'
import type { Hub } from './hub.ts'

const QUEUE_MAX = 1_000
const FRAME_MAX = 200
/** The other site draws them all: services, desk and hedges first, quiet symbols while there is room. */
const ACTORS_MAX = 400
const FAMILY_DEPTH_MAX = 20

type HostedParts = {
  hub: Hub
  url: string
  /** Values of this process that leave it under no circumstances. */
  secrets: readonly string[]
  machines: Readonly<Record<string, AnyStateMachine>>
}

/** The hosted inspector's side; nothing is kept or made while no page reads. */
export function createHosted({ hub, url, secrets, machines }: HostedParts): HostedInspectorView {
  const events = new Set(Object.values(machines).flatMap(({ root }) => eventsOf(root)))
  const sanitise = sanitiser({ secrets, isName: text => hub.actors.has(text) || events.has(text) })
  return {
    url,
    definitions: () => Object.fromEntries(Object.entries(machines).map(([kind, m]) => [kind, written(m)])),
    open: () => createReader(hub, sanitise),
  }
}

function createReader(hub: Hub, sanitise: Sanitise): HostedReader {
  const told = new Set<string>()
  let queue: Observed[] = []
  let isBehind = true
  const tell = translator(hub, sanitise, told)
  const close = hub.listen(what => {
    if (what.kind === 'microstep' || isBehind) return
    isBehind = queue.push(what) > QUEUE_MAX
  })
  return {
    next() {
      if (!isBehind) return queue.splice(0, FRAME_MAX).flatMap(tell)
      queue = []
      isBehind = false
      const running = [...hub.actors.values()].flatMap(({ self }) => self ?? [])
      running.sort((a, b) => Number(a.kind === 'symbol') - Number(b.kind === 'symbol'))
      return [...gone(hub, told), ...running.flatMap(self => tell({ kind: 'began', self }))]
    },
    close,
  }
}

/** Actors that were announced and ended while nobody read. */
function gone(hub: Hub, told: Set<string>): HostedEvent[] {
  const ids = [...told].filter(id => !hub.actors.get(id)?.self)
  return ids.map(id => {
    told.delete(id)
    const rootId = rootOf(hub, { id, parentId: hub.actors.get(id)?.parentId ?? '' })
    return {
      type: '@xstate.snapshot',
      ...{ id, rootId },
      event: { type: 'actor.ended' },
      snapshot: { status: 'stopped' },
    }
  })
}

/** Each actor is announced once before anything else is said of it. */
function translator(hub: Hub, sanitise: Sanitise, told: Set<string>): (what: Observed) => HostedEvent[] {
  const announced = (self: Running, snapshot: HostedSnapshot): HostedEvent[] | undefined => {
    if (told.has(self.id)) return undefined
    if (told.size >= ACTORS_MAX) return []
    told.add(self.id)
    const { id, kind, parentId } = self
    const parent = parentId === '' ? {} : { parentId }
    return [{ type: '@xstate.actor', id, kind, ...parent, rootId: rootOf(hub, self), snapshot }]
  }
  const moved = (self: Running, event: JsonObject, snapshot: HostedSnapshot): HostedEvent[] =>
    announced(self, snapshot) ?? [
      { type: '@xstate.snapshot', id: self.id, rootId: rootOf(hub, self), event, snapshot },
    ]
  const heard = (self: Running, event: object, source?: string): HostedEvent & { event: JsonObject } => ({
    type: '@xstate.event',
    id: self.id,
    rootId: rootOf(hub, self),
    ...(source === undefined || source === self.id ? {} : { sourceId: source }),
    event: eventSeen(event, sanitise),
  })
  const taken = (self: Running, { event, acks, snapshot, status }: TransitionRecord): HostedEvent[] => {
    const now = seen(snapshot, sanitise)
    const first = announced(self, now)
    const cause = heard(self, event, acks[0]?.split('#')[0])
    const rest = first ?? [cause, ...moved(self, cause.event, now)]
    if (status === 'done') told.delete(self.id)
    return rest
  }
  const ended = (self: Running, status: 'error' | 'done'): HostedEvent[] => {
    const last = moved(self, { type: `actor.${status}` }, { status })
    told.delete(self.id)
    return last
  }

  return what => {
    if (what.kind === 'microstep') return []
    const { self } = what
    if (what.kind === 'taken') return taken(self, what.record)
    if (what.kind === 'began') return moved(self, { type: 'actor.began' }, present(self, sanitise))
    if (what.kind === 'failed') return ended(self, 'error')
    if (what.kind === 'ended') return ended(self, 'done')
    const first = announced(self, present(self, sanitise)) ?? []
    return told.has(self.id) ? [...first, heard(self, what.event)] : []
  }
}

/** Plain actors show that they run and no more. */
const present = ({ cell }: Running, sanitise: Sanitise): HostedSnapshot =>
  cell?.text ? seen(cell.text, sanitise) : { status: 'active' }

function seen(text: string, sanitise: Sanitise): HostedSnapshot {
  const { status, value, context, output } = JSON.parse(text) as Record<string, Json>
  const shown = { status: String(status), value: value ?? null, context: sanitise(context) }
  return output === null ? shown : { ...shown, output: sanitise(output) }
}

/** What a plain actor hears may be anything. */
function eventSeen(event: object, sanitise: Sanitise): JsonObject {
  const shown = sanitise(event)
  return typeof shown === 'object' && shown !== null && !Array.isArray(shown) ? shown : { type: WITHHELD }
}

function rootOf(hub: Hub, { id, parentId }: Pick<Running, 'id' | 'parentId'>): string {
  let root = id
  for (let above = parentId, depth = 0; above !== '' && depth < FAMILY_DEPTH_MAX; depth++) {
    root = above
    above = hub.actors.get(above)?.parentId ?? ''
  }
  return root
}

const eventsOf = (node: AnyStateNode): string[] => [
  ...node.transitions.keys(),
  ...Object.values(node.states).flatMap(eventsOf),
]

/** A chart as it was written; functions leave their names behind. */
const written = ({ config }: AnyStateMachine): JsonObject =>
  JSON.parse(
    JSON.stringify(config, (_, value: unknown) =>
      typeof value === 'function' ? { type: value.name } : value,
    ),
  ) as JsonObject

export const WITHHELD = '[withheld]'
const DEPTH_MAX = 6
const WIDTH_MAX = 40
const PARTS_MAX = 400
const TEXT_MAX = 60

const DECIMAL = /^-?\d{1,15}(\.\d{1,18})?$/
/** Words with dots or hyphens between, camel case in them: states, reasons, directions, names of fields. */
const WORDS = /^[a-z]+(?:[A-Z][a-z]+)*(?:[-.][a-z]+(?:[A-Z][a-z]+)*){0,4}$/
const MARKET = /^([A-Z0-9]{1,20}USDT|[A-Z]{2,6})$/
const SECRET_NAME =
  /secret|token|passw|passphrase|credential|authori|cookie|session|signature|private|mnemonic|mail|chat|webhook|url|dsn|key$/i

type SanitiserParts = {
  /** Values of this process that no site may see, whatever they look like. */
  secrets: readonly string[]
  /** Is this text the name of an actor, an event or the like? */
  isName: (text: string) => boolean
}

type Sanitise = (value: unknown) => Json

/**
 * What may leave for another site: numbers, decimals, words of ours and names that `isName` knows. All other text is withheld,
 * wherever it stands. Bounded; never throws.
 */
export function sanitiser({ secrets, isName }: SanitiserParts): Sanitise {
  const known = secrets.filter(secret => secret !== '')
  const isClear = (text: string) => !known.some(secret => text.includes(secret))
  const isSafe = (text: string) => isClear(text) && (isName(text) || looksSafe(text))
  const leaf = (value: unknown): Json => {
    if (value === null || typeof value === 'boolean') return value
    if (typeof value === 'number') return Number.isFinite(value) && isClear(`${value}`) ? value : WITHHELD
    return typeof value === 'string' && isSafe(value) ? value : WITHHELD
  }

  return value => {
    let parts = 0
    const part = (value: unknown, depth: number): Json => {
      if (++parts > PARTS_MAX) return WITHHELD
      if (typeof value !== 'object' || value === null) return leaf(value)
      if (depth >= DEPTH_MAX) return WITHHELD
      if (Array.isArray(value)) return list(value, depth + 1)
      return isPlain(value) ? record(Object.entries(value), depth + 1) : WITHHELD
    }
    const list = (values: readonly unknown[], depth: number): Json[] => {
      const shown = values.slice(0, WIDTH_MAX).map(each => part(each, depth))
      return values.length > WIDTH_MAX ? [...shown, more(values.length)] : shown
    }
    const record = (entries: readonly (readonly [string, unknown])[], depth: number): JsonObject => {
      const shown = entries.slice(0, WIDTH_MAX).map(([name, inner], at): [string, Json] => {
        const label = isSafe(name) ? name : `${WITHHELD} ${at}`
        return [label, SECRET_NAME.test(name) ? WITHHELD : part(inner, depth)]
      })
      if (entries.length > WIDTH_MAX) shown.push([more(entries.length), WITHHELD])
      return Object.fromEntries(shown)
    }
    try {
      return part(value, 0)
    } catch {
      // A getter that throws: what it would have said is no loss.
      return WITHHELD
    }
  }
}

const looksSafe = (text: string) =>
  text === '' || (text.length <= TEXT_MAX && [DECIMAL, WORDS, MARKET].some(shape => shape.test(text)))

const more = (length: number) => `[${length - WIDTH_MAX} more]`

function isPlain(value: object): boolean {
  const kin: unknown = Object.getPrototypeOf(value)
  return kin === Object.prototype || kin === null
}
