/**
 * The simulated Bybit in the same process: a `Wire` over the sans-IO core, for virtual clocks (tests, replay, backtest).
 * It adds what a network adds and the core has not: a latency each way, lost requests and replies, cut streams.
 * Everything moves on timers of the given clock, so a run is the same each time.
 */
import type { Clock, TimerHandle } from '../../clock.ts'
import type { JsonObject } from '../../domain/json.ts'
import { type Envelope, type PrivateHear, type PublicHear, type Wire, WireFailure } from '../bybit/wire.ts'
import type { CoreRequest, Push, SimulatedBybit } from './simulated.ts'

/** What the network does to one request. */
export type Fault = 'none' | 'lose-request' | 'lose-reply'

export type InProcessSettings = {
  core: SimulatedBybit
  clock: Clock
  /** One way, of requests, replies and pushes alike. */
  latencyMs?: number
  /** Asked once per request; 'none' unless said otherwise. */
  fault?: (request: CoreRequest) => Fault
}

export type InProcessBybit = {
  /** The wire of one account. Closing it leaves the exchange, its orders and its other wires alone. */
  wire(uid: string): Wire
  /** Cuts every stream and every request under way; nothing passes until `mend()`. */
  cut(cause: string): void
  mend(): void
  /** Stops moving the core. */
  close(): void
}

/** A REST call without an answer ends after this long. */
const REST_TIMEOUT_MS = 5_000

type Listener = {
  channel: Push['channel']
  topics: ReadonlySet<string>
  uid: string
  hear: PublicHear | PrivateHear
  live: boolean
}
type Pending = { fail(cause: string): void }

/** Holds the core, the streams and the requests under way; `wire(uid)` hands out the ends. */
export function inProcessBybit(settings: InProcessSettings): InProcessBybit {
  const { core, clock, latencyMs = 5, fault = () => 'none' } = settings
  const listeners = new Set<Listener>()
  const pending = new Set<Pending>()
  let line: 'up' | 'cut' | 'closed' = 'up'
  let timer: { handle: TimerHandle; dueAtMs: number } | undefined

  core.want(topic => [...listeners].some(one => one.channel !== 'private' && one.topics.has(topic)))

  const later = (run: () => void) => clock.setTimeout(run, latencyMs)

  /** Brings the core to now, sends out what it pushed, and comes back when it next has something to do. */
  function pump(): void {
    core.advance(clock.nowMs())
    const pushes = core.takePushes()
    if (pushes.length > 0) later(() => deliver(pushes))
    const dueAtMs = core.nextDueAtMs()
    if (line === 'closed' || dueAtMs === undefined || timer?.dueAtMs === dueAtMs) return
    if (timer) clock.clearTimeout(timer.handle)
    const run = () => {
      timer = undefined
      if (line !== 'closed') pump()
    }
    timer = { dueAtMs, handle: clock.setTimeout(run, Math.max(0, dueAtMs - clock.nowMs())) }
  }

  function deliver(pushes: readonly Push[]): void {
    for (const push of pushes)
      for (const one of listeners)
        if (one.live && one.channel === push.channel && one.uid === push.uid && one.topics.has(push.topic))
          one.hear.message(push.message)
  }

  /** One request over the line; rejects with `WireFailure` when the answer does not come. */
  function call(request: CoreRequest, deadlineMs: number, asked: Set<Pending>): Promise<Envelope> {
    return new Promise((resolve, reject) => {
      if (line !== 'up') return reject(new WireFailure('the line is cut', true, request.via === 'rest'))
      const end = (settle: () => void) => {
        pending.delete(entry)
        asked.delete(entry)
        clock.clearTimeout(deadline)
        settle()
      }
      const entry: Pending = { fail: cause => end(() => reject(new WireFailure(cause))) }
      const deadline = clock.setTimeout(() => entry.fail(`no answer within ${deadlineMs} ms`), deadlineMs)
      pending.add(entry)
      asked.add(entry)
      const lost = fault(request)
      if (lost === 'lose-request') return
      later(() => {
        core.advance(clock.nowMs())
        const reply = core.request(request)
        if (lost === 'none') later(() => pending.has(entry) && end(() => resolve(reply)))
        pump()
      })
    })
  }

  /** Subscribes a listener, now or when the line is mended. Pushes of before its snapshot do not reach it. */
  function open(listener: Listener): void {
    later(() => {
      if (!listeners.has(listener) || line !== 'up') return
      pump()
      const first: JsonObject[] = []
      for (const topic of listener.topics) {
        const messages = core.subscribe(listener.channel, topic)
        if (messages) first.push(...messages)
        else if ('refused' in listener.hear) listener.hear.refused(topic, 'handler not found')
      }
      later(() => {
        if (!listeners.has(listener) || line !== 'up') return
        listener.live = true
        listener.hear.up()
        for (const message of first) listener.hear.message(message)
      })
      pump()
    })
  }

  function listen(listener: Listener): { close(): void } {
    listeners.add(listener)
    if (line === 'up') open(listener)
    return {
      close() {
        listener.live = false
        listeners.delete(listener)
      },
    }
  }

  function wire(uid: string): Wire {
    const own = new Set<{ close(): void }>()
    const asked = new Set<Pending>()
    let closed = false
    const keep = <T extends { close(): void }>(stream: T): T => {
      own.add(stream)
      return stream
    }
    const send = (request: CoreRequest, deadlineMs = REST_TIMEOUT_MS) =>
      closed ? Promise.reject(new WireFailure('closed', true, false)) : call(request, deadlineMs, asked)
    return {
      get: (path, params, signed) =>
        send({ via: 'rest', method: 'GET', path, params: { ...params }, uid: signed ? uid : '' }),
      post: (path, body) => send({ via: 'rest', method: 'POST', path, params: { ...body }, uid }),
      trade: (op, args, deadlineMs) =>
        send({ via: 'trade', method: 'POST', path: op, params: { ...args }, uid }, deadlineMs),
      tradeReady: () => line === 'up' && !closed,
      publicStream(category, topics, hear) {
        const channel = `public-${category}` as const
        const listener = { channel, topics: new Set(topics), uid: '', hear, live: false }
        const resubscribe = (topic: string) => {
          later(() => {
            pump()
            const first = core.subscribe(channel, topic) ?? []
            later(() => {
              if (listener.live) for (const message of first) hear.message(message)
            })
          })
        }
        return keep({ ...listen(listener), resubscribe })
      },
      privateStream: (topics, hear) =>
        keep(listen({ channel: 'private', topics: new Set(topics), uid, hear, live: false })),
      async close() {
        closed = true
        for (const stream of own) stream.close()
        // What is under way still arrives at the exchange; its answer finds nobody.
        for (const one of [...asked]) one.fail('closed')
      },
    }
  }

  pump()
  return {
    wire,
    cut(cause) {
      if (line === 'up') line = 'cut'
      for (const one of [...pending]) one.fail(cause)
      for (const one of [...listeners]) {
        if (one.live) one.hear.down(cause)
        one.live = false
      }
    },
    mend() {
      if (line === 'cut') line = 'up'
      for (const one of listeners) open(one)
    },
    close() {
      line = 'closed'
      if (timer) clock.clearTimeout(timer.handle)
      for (const one of [...pending]) one.fail('closed')
      listeners.clear()
    },
  }
}
