/**
 * The simulated Bybit in the same process: a `Wire` over the sans-IO core, for virtual clocks (tests, replay, backtest).
 * It adds what a network adds and the core has not: a latency each way, lost requests and replies, cut streams.
 * Everything moves on timers of the given clock, so a run is the same each time.
 */
import type { Clock, TimerHandle } from '../../clock/clock.ts'
import {
  type Envelope,
  type PrivateHear,
  type PublicHear,
  type PublicStream,
  type Wire,
  WireFailure,
} from '../bybit/wire/wire.ts'
import type { Subscription } from '../exchange.ts'
import type { StuckTopics } from './faults/core.ts'
import type { CoreRequest, Push, SimulatedBybit } from './simulated.ts'

/** What the network does to one request: its answer can also come late, so that what it caused is heard of first. */
export type InProcessFault = 'none' | 'lose-request' | 'lose-reply' | { lateMs: number }

type InProcessSettings = {
  core: SimulatedBybit
  clock: Clock
  /** One way, of requests, replies and pushes alike; 5 unless said otherwise. */
  latencyMs?: number
  /** Asked once per request; 'none' unless said otherwise. */
  fault?: (request: CoreRequest) => InProcessFault
  /** Topics that carry nothing on a stream that lives; none unless said otherwise. */
  stuck?: StuckTopics<object>
}

/** A REST call without an answer ends after this long. */
const REST_TIMEOUT_MS = 5_000

type Listener = {
  channel: Push['channel']
  topics: ReadonlySet<string>
  uid: string
  key?: string
  hear: PublicHear | PrivateHear
  live: boolean
}

/** A request under way. */
type Pending = { fail(cause: string): void }

/** The line to one simulated exchange: holds the core, the streams and the requests under way; `wire(uid)` is one end of it. */
class InProcessBybit {
  readonly #core: SimulatedBybit
  readonly #clock: Clock
  readonly #latencyMs: number
  readonly #fault: (request: CoreRequest) => InProcessFault
  readonly #stuck: StuckTopics<object> | undefined
  readonly #listeners = new Set<Listener>()
  readonly #pending = new Set<Pending>()
  #line: 'up' | 'cut' | 'closed' = 'up'
  #timer: { handle: TimerHandle; dueAtMs: number } | undefined

  constructor({ core, clock, latencyMs = 5, fault = () => 'none', stuck }: InProcessSettings) {
    this.#core = core
    this.#clock = clock
    this.#latencyMs = latencyMs
    this.#fault = fault
    this.#stuck = stuck
    core.want(topic => this.#isHeard(topic))
    this.#pump()
  }

  /** Cuts every stream and every request under way; nothing passes until `mend()`. What was sent still arrives. */
  cut(cause: string): void {
    if (this.#line === 'up') this.#line = 'cut'
    for (const one of [...this.#pending]) one.fail(cause)
    for (const one of [...this.#listeners]) {
      if (one.live) one.hear.down(cause)
      one.live = false
    }
  }

  mend(): void {
    if (this.#line === 'cut') this.#line = 'up'
    for (const one of this.#listeners) this.#open(one)
  }

  /** Stops moving the core. */
  close(): void {
    this.#line = 'closed'
    if (this.#timer) this.#clock.clearTimeout(this.#timer.handle)
    for (const one of [...this.#pending]) one.fail('closed')
    this.#listeners.clear()
  }

  /** The wire of one account, by one of its API keys. Closing it leaves the exchange, its orders and its other wires alone. */
  wire(uid: string, key?: string): Wire {
    const signedBy = { uid, ...(key !== undefined && { key }) }
    const streams = new Set<Subscription>()
    const asked = new Set<Pending>()
    let closed = false
    const keep = <T extends Subscription>(stream: T): T => {
      streams.add(stream)
      return stream
    }
    const send = (request: CoreRequest, deadlineMs = REST_TIMEOUT_MS) =>
      closed ? Promise.reject(new WireFailure('closed', true, false)) : this.#call(request, deadlineMs, asked)
    return {
      get: (path, params, signed) =>
        send({
          via: 'rest',
          method: 'GET',
          path,
          params: { ...params },
          ...(signed ? signedBy : { uid: '' }),
        }),
      post: (path, body) => send({ via: 'rest', method: 'POST', path, params: { ...body }, ...signedBy }),
      trade: (op, args, deadlineMs) =>
        send({ via: 'trade', method: 'POST', path: op, params: { ...args }, ...signedBy }, deadlineMs),
      tradeReady: () => this.#line === 'up' && !closed,
      publicStream: (category, topics, hear) =>
        keep(this.#publicStream(`public-${category}`, new Set(topics), hear)),
      privateStream: (topics, hear) =>
        keep(this.#listen({ channel: 'private', topics: new Set(topics), ...signedBy, hear, live: false })),
      async close() {
        closed = true
        for (const stream of streams) stream.close()
        // What is under way still arrives at the exchange; its answer finds nobody.
        for (const one of [...asked]) one.fail('closed')
      },
    }
  }

  #later(run: () => void): void {
    this.#clock.setTimeout(run, this.#latencyMs)
  }

  #isHeard(topic: string): boolean {
    for (const one of this.#listeners) if (one.channel !== 'private' && one.topics.has(topic)) return true
    return false
  }

  /** Brings the core to now, sends out what it pushed, and comes back when it next has something to do. */
  #pump(): void {
    this.#core.advance(this.#clock.nowMs())
    const pushes = this.#core.takePushes()
    if (pushes.length > 0) this.#later(() => this.#deliver(pushes))
    const dueAtMs = this.#core.nextDueAtMs()
    if (this.#line === 'closed' || dueAtMs === undefined || this.#timer?.dueAtMs === dueAtMs) return
    if (this.#timer) this.#clock.clearTimeout(this.#timer.handle)
    const run = () => {
      this.#timer = undefined
      if (this.#line !== 'closed') this.#pump()
    }
    const delayMs = Math.max(0, dueAtMs - this.#clock.nowMs())
    this.#timer = { dueAtMs, handle: this.#clock.setTimeout(run, delayMs) }
  }

  #deliver(pushes: readonly Push[]): void {
    for (const { channel, uid, topic, message } of pushes)
      for (const one of this.#listeners)
        if (one.live && one.channel === channel && one.uid === uid && one.topics.has(topic)) {
          if (this.#stuck?.carries(one, channel, topic) ?? true) one.hear.message(message)
        }
  }

  /** One request over the line; rejects with `WireFailure` when the answer does not come. */
  #call(request: CoreRequest, deadlineMs: number, asked: Set<Pending>): Promise<Envelope> {
    return new Promise((resolve, reject) => {
      if (this.#line !== 'up') return reject(new WireFailure('the line is cut', true, request.via === 'rest'))
      const end = (settle: () => void) => {
        this.#pending.delete(entry)
        asked.delete(entry)
        this.#clock.clearTimeout(deadline)
        settle()
      }
      const entry: Pending = { fail: cause => end(() => reject(new WireFailure(cause))) }
      const deadline = this.#clock.setTimeout(
        () => entry.fail(`no answer within ${deadlineMs} ms`),
        deadlineMs,
      )
      this.#pending.add(entry)
      asked.add(entry)
      const fault = this.#fault(request)
      if (fault === 'lose-request') return
      this.#later(() => {
        this.#core.advance(this.#clock.nowMs())
        const reply = this.#core.request(request)
        const lateMs = fault === 'none' ? 0 : typeof fault === 'object' ? fault.lateMs : undefined
        const arrive = () => this.#pending.has(entry) && end(() => resolve(reply))
        if (lateMs !== undefined) this.#clock.setTimeout(arrive, this.#latencyMs + lateMs)
        this.#pump()
      })
    })
  }

  #listen(listener: Listener): Subscription {
    this.#listeners.add(listener)
    if (this.#line === 'up') this.#open(listener)
    return {
      close: () => {
        listener.live = false
        this.#listeners.delete(listener)
      },
    }
  }

  /** Subscribes a listener. Pushes of before its snapshots do not reach it; each later one finds it live. */
  #open(listener: Listener): void {
    const { channel, topics, hear } = listener
    const gone = () => !this.#listeners.has(listener) || this.#line !== 'up'
    this.#later(() => {
      if (gone()) return
      this.#pump()
      const refused = this.#keyRefusal(listener)
      if (refused) return this.#later(() => gone() || hear.down(refused))
      const found = [...topics].map(topic => ({ topic, messages: this.#core.subscribe(channel, topic) }))
      this.#later(() => {
        if (gone()) return
        listener.live = true
        for (const { topic, messages } of found)
          if (!messages && 'refused' in hear) hear.refused(topic, 'handler not found')
        hear.up()
        for (const { messages = [] } of found) for (const message of messages) hear.message(message)
      })
    })
  }

  /** Why a private stream is not opened: what the exchange says of the key. */
  #keyRefusal({ channel, uid, key }: Listener): string | undefined {
    if (channel !== 'private') return undefined
    const asked = { via: 'rest', method: 'GET', path: '/simulator/key', params: {}, uid } as const
    const { retCode, retMsg } = this.#core.request({ ...asked, ...(key !== undefined && { key }) })
    return retCode === 0 ? undefined : `${retCode} ${retMsg}`
  }

  #publicStream(channel: Push['channel'], topics: ReadonlySet<string>, hear: PublicHear): PublicStream {
    const listener: Listener = { channel, topics, uid: '', hear, live: false }
    const resubscribe = (topic: string) =>
      this.#later(() => {
        this.#stuck?.subscribed(listener, topic)
        this.#pump()
        const snapshot = this.#core.subscribe(channel, topic) ?? []
        this.#later(() => {
          if (listener.live) for (const message of snapshot) hear.message(message)
        })
      })
    const renew = (_topic: string, cause: string) => {
      if (listener.live) hear.down(cause)
      listener.live = false
      this.#open(listener)
    }
    return { ...this.#listen(listener), resubscribe, renew }
  }
}

/** A line to a simulated exchange in this process. */
export const inProcessBybit = (settings: InProcessSettings): InProcessBybit => new InProcessBybit(settings)
