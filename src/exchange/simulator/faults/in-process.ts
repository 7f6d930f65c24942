/**
 * Faults in one process. On the line, where requests are whole: a request or its answer is lost, or the answer is late. Between
 * the adapter and the line, what only sockets have otherwise: answers that are no answers, a refusal by quota, a private stream
 * that is cut and taken anew.
 */
import type { Clock } from '../../../clock/clock.ts'
import { type Envelope, type PrivateHear, type Wire, WireFailure } from '../../bybit/wire/wire.ts'
import type { Subscription } from '../../exchange.ts'
import type { InProcessFault } from '../in-process.ts'
import type { CoreRequest } from '../simulated.ts'
import type { Faults } from './faults.ts'
import { type FaultName, msOf } from './plan.ts'

/** A cut private stream is back after this long: dialled, authenticated, subscribed. */
const REDIAL_MS = 3_000

const GARBLED: readonly { name: FaultName; failure: () => WireFailure }[] = [
  { name: 'http-500', failure: () => new WireFailure('HTTP 500') },
  { name: 'html-body', failure: () => new WireFailure('a body that is no JSON', false) },
  { name: 'truncated-body', failure: () => new WireFailure('a body that ends in the middle', false) },
]

/** The wire of an engine in this process, with the faults struck on it. */
export function faultyWire(wire: Wire, faults: Faults, clock: Clock): Wire {
  const tooMany = (): Envelope => ({
    retCode: 10006,
    retMsg: 'Too many visits!',
    result: {},
    retExtInfo: {},
    time: clock.nowMs(),
  })
  let forbiddenUntilMs = 0
  const carried = async (via: 'rest' | 'trade', what: string, ask: () => Promise<Envelope>) => {
    const occasion = { channel: via, what } as const
    const burst = via === 'rest' && clock.nowMs() >= forbiddenUntilMs && faults.strikes('forbidden-burst')
    if (burst) forbiddenUntilMs = clock.nowMs() + msOf(burst)
    if (via === 'rest' && clock.nowMs() < forbiddenUntilMs) throw new WireFailure('HTTP 403')
    if (faults.strikes('too-many-visits', occasion)) return tooMany()
    const answer = await ask()
    for (const { name, failure } of GARBLED)
      if ((via === 'rest' || name === 'truncated-body') && faults.strikes(name, occasion)) throw failure()
    return answer
  }
  return {
    ...wire,
    get: (path, params, signed) => carried('rest', path, () => wire.get(path, params, signed)),
    post: (path, body) => carried('rest', path, () => wire.post(path, body)),
    trade: (op, args, deadlineMs) => carried('trade', op, () => wire.trade(op, args, deadlineMs)),
    privateStream: (topics, hear) => droppable(wire, topics, hear, faults, clock),
  }
}

function droppable(
  wire: Wire,
  topics: readonly string[],
  hear: PrivateHear,
  faults: Faults,
  clock: Clock,
): Subscription {
  let isClosed = false
  let stream: Subscription | undefined
  const dial = () => {
    if (isClosed) return
    const mine = wire.privateStream(topics, {
      up: () => hear.up(),
      down: cause => hear.down(cause),
      message(message) {
        if (stream !== mine) return
        if (!faults.strikes('drop-socket', { channel: 'private', what: String(message.topic) }))
          return hear.message(message)
        mine.close()
        stream = undefined
        hear.down('the socket was cut')
        clock.setTimeout(dial, REDIAL_MS)
      },
    })
    stream = mine
  }
  dial()
  return {
    close() {
      isClosed = true
      stream?.close()
    },
  }
}

const CREATE = /^(\/v5\/order\/|order\.)create/
const ORDER = /^(\/v5\/order\/|order\.)(create|amend|cancel)/

/** Puts the faults on a line in this process. */
export const faultyLine =
  (faults: Faults) =>
  ({ via, path }: CoreRequest): InProcessFault => {
    const occasion = { channel: via, what: path } as const
    if (ORDER.test(path) && faults.strikes('lost-request', occasion)) return 'lose-request'
    if (ORDER.test(path) && faults.strikes('lost-ack', occasion)) return 'lose-reply'
    const slow = faults.strikes('slow-reply', occasion)
    const late = slow ?? (CREATE.test(path) ? faults.strikes('fill-before-ack', occasion) : undefined)
    return late ? { lateMs: msOf(late) } : 'none'
  }
