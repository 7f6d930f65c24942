/**
 * Faults of the exchange itself: what it answers and tells differs from what it did. They sit at the core's one way out, so
 * they are the same over sockets and on a virtual clock.
 */
import type { Json, JsonObject } from '../../../domain/json.ts'
import type { Intercept, Outgoing } from '../create.ts'
import type { CoreReply, CoreRequest, Push } from '../simulated.ts'
import type { Faults } from './faults.ts'
import { type FaultName, msOf } from './plan.ts'

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
  const occasion = { channel: via, what: path } as const
  for (const { name, ...words } of uid === '' ? [] : UNKNOWN)
    if (faults.strikes(name, occasion)) return { ...words, result: {}, retExtInfo: {}, time: reply.time }
  return clockOff(faults, path, staleAnswer(request, reply))
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
  return push => {
    if (push.channel !== 'private') return [{ kind: 'push', push }]
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
