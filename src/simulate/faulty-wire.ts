/**
 * Faults between the adapter and a line in the same process that only sockets have otherwise: answers that are no answers, a
 * refusal by quota, a private stream that is cut and taken anew.
 */
import type { Clock } from '../clock/clock.ts'
import { type Envelope, type PrivateHear, type Wire, WireFailure } from '../exchange/bybit/wire/wire.ts'
import type { Subscription } from '../exchange/exchange.ts'
import type { Faults } from '../exchange/simulator/faults/faults.ts'
import type { FaultName } from '../exchange/simulator/faults/plan.ts'

/** A cut private stream is back after this long: dialled, authenticated, subscribed. */
const REDIAL_MS = 3_000

const GARBLED: readonly { name: FaultName; failure: () => WireFailure }[] = [
  { name: 'http-500', failure: () => new WireFailure('HTTP 500') },
  { name: 'html-body', failure: () => new WireFailure('a body that is no JSON', false) },
  { name: 'truncated-body', failure: () => new WireFailure('a body that ends in the middle', false) },
]

export function faultyWire(wire: Wire, faults: Faults, clock: Clock): Wire {
  const tooMany = (): Envelope => ({
    retCode: 10006,
    retMsg: 'Too many visits!',
    result: {},
    retExtInfo: {},
    time: clock.nowMs(),
  })
  const carried = async (via: 'rest' | 'trade', what: string, ask: () => Promise<Envelope>) => {
    const occasion = { channel: via, what } as const
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
