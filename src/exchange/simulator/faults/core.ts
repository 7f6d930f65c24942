/**
 * Faults of the exchange itself: what it answers and tells differs from what it did. They sit at the core's one way out, so
 * they are the same over sockets and on a virtual clock.
 */
import type { Json, JsonObject } from '../../../domain/json.ts'
import type { Intercept, Outgoing } from '../create.ts'
import type { Channel } from '../server/sockets/connection.ts'
import type { CoreReply, CoreRequest, Push } from '../simulated.ts'
import type { Faults } from './faults.ts'
import { type Fault, type FaultName, msOf } from './plan.ts'

/** Answers after which nobody knows whether the request was acted on (it was). */
const UNKNOWN: readonly { name: FaultName; retCode: number; retMsg: string }[] = [
  { name: 'server-timeout', retCode: 10000, retMsg: 'Server Timeout' },
  { name: 'server-error', retCode: 10016, retMsg: 'Request timeout, please try again later' },
  { name: 'spot-timeout', retCode: 170007, retMsg: 'Timeout waiting for response from backend server.' },
]
/** What Bybit answers from caches that can lag behind the private stream. */
const CACHED =
  /^\/v5\/(order\/realtime|order\/history|execution\/list|position\/list|account\/wallet-balance|account\/transaction-log)$/
/** Kept for `stale-rest`, per question. */
const ANSWERS_KEPT = 64

/** Puts the faults on a core's way out. */
export function faultyIntercept(faults: Faults): Intercept {
  const tell = faultyPushes(faults)
  const staleAnswer = staleReplies(faults)
  return out => (out.kind === 'push' ? tell(out.push) : [{ ...out, reply: answer(faults, out, staleAnswer) }])
}

type Reply = Extract<Outgoing, { kind: 'reply' }>
type StaleAnswer = (request: CoreRequest, reply: CoreReply) => CoreReply

function answer(faults: Faults, { request, reply }: Reply, staleAnswer: StaleAnswer): CoreReply {
  const { via, path, uid } = request
  // The shells ask the exchange itself, not over a line: a struck answer would close a stream for good.
  if (path.startsWith('/simulator/')) return reply
  const occasion = { channel: via, what: path, isPublic: uid === '' } as const
  for (const { name, ...words } of UNKNOWN)
    if (faults.strikes(name, occasion)) return { ...words, result: {}, retExtInfo: {}, time: reply.time }
  const shown = alteredRows(faults, path, withoutLateRows(faults, request, staleAnswer(request, reply)))
  return clockOff(
    faults,
    path,
    faults.strikes('empty-list', { channel: via, what: path }) ? emptied(shown) : shown,
  )
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The same answer with nothing in its list. */
const emptied = (reply: CoreReply): CoreReply =>
  isObject(reply.result) && Array.isArray(reply.result.list)
    ? { ...reply, result: { ...reply.result, list: [] } }
    : reply

const LOG = '/v5/account/transaction-log'

/** Rows that are struck come into the list only so much later; each row is struck by its id, so it does not come and go. */
function withoutLateRows(faults: Faults, { path }: CoreRequest, reply: CoreReply): CoreReply {
  const late = path === LOG ? faults.all('late-row', { channel: 'rest', what: path }) : []
  if (late.length === 0 || !isObject(reply.result) || !Array.isArray(reply.result.list)) return reply
  const isListed = (row: Json) => {
    const { id, type, transactionTime } = isObject(row) ? row : {}
    return !late.some(
      fault =>
        (fault.type === undefined || fault.type === type) &&
        faults.nowMs() < Number(transactionTime) + msOf(fault) &&
        faults.picks(fault, String(id)),
    )
  }
  return { ...reply, result: { ...reply.result, list: reply.result.list.filter(isListed) } }
}

/** Rows that nobody can read, say: everything that has the fields of `where` is told with those of `set`. */
function alteredRows(faults: Faults, path: string, reply: CoreReply): CoreReply {
  const altered = faults.all('altered-row', { channel: 'rest', what: path })
  return altered.length === 0 ? reply : { ...reply, result: alter(reply.result, altered) }
}

function alter(value: Json, altered: readonly Fault[]): Json {
  if (Array.isArray(value)) return value.map(one => alter(one, altered))
  if (!isObject(value)) return value
  const inside = Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, one === undefined ? null : alter(one, altered)]),
  )
  const fits = ({ where = {} }: Fault) => Object.entries(where).every(([name, text]) => value[name] === text)
  return Object.assign(inside, ...altered.filter(fits).map(({ set }) => set))
}

/** What the exchange says the time is. */
export function clockOffsetMs(faults: Faults): number {
  const off = faults.holds('clock-offset')
  return off ? msOf(off) : 0
}

function clockOff(faults: Faults, path: string, reply: CoreReply): CoreReply {
  const offsetMs = clockOffsetMs(faults)
  if (offsetMs === 0) return reply
  const time = reply.time + offsetMs
  if (path !== '/v5/market/time') return { ...reply, time }
  const result = { timeSecond: String(Math.floor(time / 1000)), timeNano: `${time}000000` }
  return { ...reply, time, result }
}

/** Remembers what was answered, and answers it again; rows younger than the cache are not in it. */
function staleReplies(faults: Faults): StaleAnswer {
  const told = new Map<string, { atMs: number; reply: CoreReply }[]>()
  return (request, reply) => {
    const { path, params, uid } = request
    if (!CACHED.test(path)) return reply
    const stale = faults.holds('stale-rest', { channel: 'rest', what: path })
    if (!stale) {
      told.clear()
      return reply
    }
    const key = `${uid} ${path} ${JSON.stringify(params)}`
    const answers = told.get(key) ?? []
    const asOfMs = faults.nowMs() - msOf(stale)
    const known = answers.findLast(({ atMs }) => atMs <= asOfMs)
    answers.push({ atMs: faults.nowMs(), reply })
    told.set(key, answers.slice(-ANSWERS_KEPT))
    if (!faults.strikes('stale-rest', { channel: 'rest', what: path })) return reply
    return known
      ? { ...known.reply, time: reply.time }
      : { ...reply, result: withoutYoung(reply.result, asOfMs) }
  }
}

function withoutYoung(result: Json, asOfMs: number): Json {
  if (result === null || typeof result !== 'object' || Array.isArray(result)) return result
  if (!Array.isArray(result.list)) return result
  const isOld = (row: Json) => {
    const { createdTime, execTime, transactionTime } = (row ?? {}) as JsonObject
    return Number(createdTime ?? execTime ?? transactionTime ?? 0) <= asOfMs
  }
  return { ...result, list: result.list.filter(isOld) }
}

/** Private messages twice, late, again, or not at all. What is held back waits for the next one. */
function faultyPushes(faults: Faults): (push: Push) => Outgoing[] {
  let held: Push[] = []
  let again: { push: Push; fromMs: number }[] = []
  return given => {
    const { channel, topic } = given
    const altered = faults.all('altered-row', { channel, what: topic })
    const push =
      altered.length === 0 ? given : { ...given, message: alter(given.message, altered) as JsonObject }
    if (channel !== 'private')
      return faults.strikes('silent-public', { channel, what: topic }) ? [] : [{ kind: 'push', push }]
    const strikes = (name: FaultName) => faults.strikes(name, { channel: 'private', what: push.topic })
    if (strikes('silent-private')) return []
    const due = again.filter(({ fromMs }) => fromMs <= faults.nowMs()).map(one => one.push)
    again = again.filter(({ fromMs }) => fromMs > faults.nowMs())
    const repeated = strikes('repeated-message')
    if (repeated) again.push({ push, fromMs: faults.nowMs() + msOf(repeated) })
    if (held.length === 0 && strikes('reordered-message')) {
      held = [push]
      return due.map(late => ({ kind: 'push', push: late }))
    }
    const leaving = [push, ...(strikes('duplicate-message') ? [push] : []), ...held, ...due]
    held = []
    return leaving.map(one => ({ kind: 'push', push: one }))
  }
}

/** What a connection is, to whoever has connections. */
export type StuckTopics<Connection> = {
  /** Does a message of this topic get through? */
  carries(connection: Connection, channel: Channel, topic: string): boolean
  /** The topic was subscribed anew on the same connection. */
  subscribed(connection: Connection, topic: string): void
}

/** Topics that carry nothing more on a connection that lives. */
export function stuckTopics<Connection>(faults: Faults): StuckTopics<Connection> {
  const stuck = new Map<Connection, Map<string, Fault>>()
  return {
    carries(connection, channel, topic) {
      const topics = stuck.get(connection)
      if (topics?.has(topic)) return false
      const fault = faults.strikes('stuck-topic', { channel, what: topic })
      if (!fault) return true
      stuck.set(connection, (topics ?? new Map<string, Fault>()).set(topic, fault))
      return false
    },
    subscribed(connection, topic) {
      const topics = stuck.get(connection)
      if (topics?.get(topic)?.heals !== 'connection') topics?.delete(topic)
    },
  }
}
