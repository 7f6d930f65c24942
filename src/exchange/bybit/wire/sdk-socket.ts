/**
 * One of Bybit's sockets, held open for as long as it is wanted. What must stay true: `ready` is said only of a connection
 * that is open, truly authenticated by the reply's own code and subscribed; `down` is said at once when it no longer is.
 * A client that gets stuck is thrown away with all its state and a new one is made.
 */
import {
  RECONNECT_MS,
  type Redact,
  type SdkClient,
  type SdkLog,
  type SocketKey,
  topicsPerRequest,
} from './sdk-client.ts'

/**
 * A socket that is open is not yet of use. The SDK dead-locks when the connection drops between its auth request and the
 * reply: after the reconnect it waits for the old answer for ever, says `isConnected`, and no data comes. This watchdog bites when a socket
 * is not of use (truly authenticated, subscribed) in time; its holder then throws the client away and takes up a new one.
 *
 * It runs on the machine's time, as the SDK's own reconnects and pings do: how long a network takes does not scale.
 */
type Watchdog = {
  /** A connection opened: it must be of use within the patience. */
  opened(): void
  /** Nothing is open: the SDK dials again by itself, for some time. */
  dialling(): void
  /** It is of use. */
  satisfied(): void
}

/** How much longer dialling may take than getting ready does. */
const DIALLING_FACTOR = 12

function authWatchdog(patienceMs: number, bite: (cause: string) => void): Watchdog {
  let timer: NodeJS.Timeout | undefined
  const arm = (delayMs: number, cause: string) => {
    clearTimeout(timer)
    timer = setTimeout(() => bite(cause), delayMs)
  }
  return {
    opened: () => arm(patienceMs, `open, but not ready within ${patienceMs} ms`),
    dialling: () => arm(patienceMs * DIALLING_FACTOR, 'no connection for too long'),
    satisfied: () => clearTimeout(timer),
  }
}

type SocketHear = {
  ready(): void
  down(cause: string): void
  message(message: Record<string, unknown>): void
  /** See `PublicHear`. */
  frame?(text: string): boolean
  garbage(detail: string): void
  /** One topic is not known; the rest goes on. */
  refused(topic: string, cause: string): void
}

export type SocketPlan = {
  wsKey: SocketKey
  /** For public sockets; private ones ignore it. */
  category: 'spot' | 'linear'
  topics: readonly string[]
  make: () => SdkClient
  /** Nothing is dialled before this: a signature needs the exchange's time. */
  after?: Promise<void>
  /** Machine time within which an open connection must be ready. */
  patienceMs: number
  redact: Redact
  log: SdkLog
}

const BACK_OFF_MAX_MS = 15_000
/** Bybit allows 500 new connections in 5 minutes: only a connection that lasted this long ends the back-off. */
const STEADY_MS = 30_000
const backOffMs = (failures: number) => Math.min(RECONNECT_MS * 2 ** failures, BACK_OFF_MAX_MS)

/** The parts of the SDK's events that are read. */
type SdkEvent = {
  op?: unknown
  success?: unknown
  retCode?: unknown
  retMsg?: unknown
  ret_msg?: unknown
  req_id?: unknown
  message?: unknown
  isWSAPIResponse?: unknown
  reqId?: unknown
}

/** The trade socket answers auth with a retCode and no `success`; the SDK takes every such answer for a yes. */
const isTrue = ({ retCode, success }: SdkEvent) =>
  retCode === undefined ? success === true : retCode === 0 && success !== false

export class HeldSocket {
  readonly #plan: SocketPlan
  readonly #hear: SocketHear
  /** Topics Bybit knows: a refused one is taken out. */
  readonly #topics: Set<string>
  readonly #watchdog: Watchdog
  #client: SdkClient
  /** `between`: a client was thrown away and the next is not yet made. */
  #state: 'held' | 'between' | 'closed' = 'held'
  #ready = false
  /** Subscribe requests on this connection not yet acknowledged. */
  #unanswered = 0
  #failures = 0
  #redial: NodeJS.Timeout | undefined
  #steady: NodeJS.Timeout | undefined

  constructor(plan: SocketPlan, hear: SocketHear) {
    this.#plan = plan
    this.#hear = hear
    this.#topics = new Set(plan.topics)
    this.#watchdog = authWatchdog(plan.patienceMs, cause => this.renew(cause))
    this.#client = plan.make()
    this.#listen()
  }

  isReady(): boolean {
    return this.#ready && this.#state === 'held' && this.#client.isOpen(this.#plan.wsKey)
  }

  client(): SdkClient {
    return this.#client
  }

  /** Takes a topic anew on the same connection. */
  resubscribe(topic: string): void {
    const { wsKey, category } = this.#plan
    if (!this.#topics.has(topic) || !this.#client.isOpen(wsKey)) return
    this.#client.unsubscribeV5(topic, category, this.#isPrivate())
    this.#subscribe([topic])
  }

  /** Throws the connection away with all the SDK's state of it and makes a new one, at once the first time. */
  renew(cause: string): void {
    if (this.#state !== 'held') return
    this.#plan.log('socket', `${this.#plan.wsKey}: ${cause}`)
    // Whoever waits for the first `ready` learns why it does not come.
    if (this.#ready) this.#lose(cause)
    else this.#hear.down(cause)
    this.#state = 'between'
    this.#discard()
    const delayMs = this.#failures === 0 ? 0 : backOffMs(this.#failures)
    this.#failures++
    this.#redial = setTimeout(() => {
      this.#state = 'held'
      this.#client = this.#plan.make()
      this.#listen()
    }, delayMs)
  }

  close(): void {
    this.#state = 'closed'
    this.#discard()
  }

  #isPrivate(): boolean {
    return this.#plan.wsKey === 'v5Private'
  }

  /** The SDK's own list of private topics lacks those of spreads: it is told. */
  #subscribe(topics: string[]): Promise<unknown>[] {
    return this.#client.subscribeV5(topics, this.#plan.category, this.#isPrivate())
  }

  /** Not within the SDK's own handling of an event: it would go on with a closed client and dial again. */
  #discard(): void {
    const old = this.#client
    this.#watchdog.satisfied()
    clearTimeout(this.#redial)
    clearTimeout(this.#steady)
    setImmediate(() => old.closeAll(true))
  }

  #listen(): void {
    this.#on('open', () => this.#opened())
    this.#on('reconnected', () => this.#opened())
    this.#on('reconnect', () => this.#dropped())
    this.#on('authenticated', event => this.#authenticated(event))
    this.#on('response', event => this.#acknowledged(event))
    this.#on('exception', event => this.#excepted(event))
    this.#on('update', event => this.#pushed(event))
    this.#showFrames()
    this.#watchdog.dialling()
    if (this.#topics.size > 0) void Promise.allSettled(this.#subscribe([...this.#topics]))
    else void this.#dial(this.#client)
  }

  async #dial(mine: SdkClient): Promise<void> {
    const { wsKey, log, after } = this.#plan
    await after
    if (mine !== this.#client || this.#state !== 'held') return
    await mine.connect(wsKey).catch(() => log('dial', `${wsKey} could not be dialled`))
  }

  /** Events of clients thrown away are not heard. The SDK would swallow what a listener throws: here it counts as a lost frame. */
  #on(name: string, run: (event: SdkEvent) => void): void {
    const mine = this.#client
    ;(mine as unknown as NodeJS.EventEmitter).on(name, (event: SdkEvent) => {
      if (mine !== this.#client || this.#state !== 'held') return
      try {
        run(event)
      } catch (error) {
        this.#failed(error)
      }
    })
  }

  /** Bytes first, where somebody reads them. What fails there counts as a lost frame, too. */
  #showFrames(): void {
    const mine = this.#client
    const frame = this.#hear.frame
    if (!frame) return
    mine.takesFrame = text => {
      if (mine !== this.#client || this.#state !== 'held') return false
      try {
        return frame(text)
      } catch (error) {
        this.#failed(error)
        return true
      }
    }
  }

  #failed(error: unknown): void {
    const detail = error instanceof Error ? error.message : String(error)
    this.#hear.garbage(this.#plan.redact(`a listener failed: ${detail}`))
  }

  #opened(): void {
    this.#unanswered = Math.ceil(this.#topics.size / topicsPerRequest(this.#plan.wsKey))
    this.#watchdog.opened()
  }

  #dropped(): void {
    this.#failures++
    this.#client.redialAfter(backOffMs(this.#failures))
    this.#watchdog.dialling()
    this.#lose('the connection dropped')
  }

  #gain(): void {
    if (this.#ready) return
    this.#ready = true
    this.#watchdog.satisfied()
    this.#steady = setTimeout(() => {
      this.#failures = 0
      this.#client.redialAfter(RECONNECT_MS)
    }, STEADY_MS)
    this.#hear.ready()
  }

  #lose(cause: string): void {
    const was = this.#ready
    this.#ready = false
    clearTimeout(this.#steady)
    if (was) this.#hear.down(cause)
  }

  #authenticated(event: SdkEvent): void {
    if (!isTrue(event)) this.renew(`authentication refused: ${this.#words(event)}`)
    else if (this.#topics.size === 0) this.#gain()
  }

  #acknowledged(event: SdkEvent): void {
    if (event.op !== 'subscribe') return
    this.#unanswered = Math.max(0, this.#unanswered - 1)
    if (this.#unanswered === 0) this.#gain()
  }

  #excepted(event: SdkEvent): void {
    if (event.op === 'auth') this.renew(`authentication refused: ${this.#words(event)}`)
    else if (event.op === 'subscribe') this.#subscribeRefused(event)
    else if (String(event.message).startsWith('Failed to parse'))
      this.#hear.garbage('a frame that is not JSON')
    else if (event.isWSAPIResponse && !event.reqId) this.#plan.log('reply-without-id', this.#words(event))
  }

  #pushed(event: SdkEvent): void {
    if ('topic' in event) this.#hear.message(event as Record<string, unknown>)
    else if (typeof event.op === 'string') this.#plan.log('unknown-op', this.#words(event) || event.op)
    else this.#hear.garbage('a frame without a topic')
  }

  /** Bybit refuses a whole request for one bad topic: its topics are tried one by one, and the bad one is left out. */
  #subscribeRefused(event: SdkEvent): void {
    const asked = String(event.req_id ?? '').split(',')
    const names = asked.filter(name => this.#topics.has(name))
    if (this.#isPrivate()) this.#privateRefused(event)
    else if (names.length === 0) this.renew(`subscription refused: ${this.#words(event)}`)
    else this.#tryEach(names, event)
  }

  /** An account that has no spreads must not be deaf for that: their topics are left out, all others are needed. */
  #privateRefused(event: SdkEvent): void {
    const spreads = [...this.#topics].filter(name => name.startsWith('spread.'))
    if (spreads.length === 0) {
      this.renew(`subscription refused: ${this.#words(event)}`)
      return
    }
    this.#client.unsubscribeV5([...this.#topics], this.#plan.category, true)
    for (const name of spreads) {
      this.#topics.delete(name)
      this.#hear.refused(name, this.#words(event))
    }
    this.#subscribe([...this.#topics])
  }

  #tryEach(names: string[], event: SdkEvent): void {
    this.#client.unsubscribeV5(names, this.#plan.category, false)
    this.#unanswered--
    const [only] = names
    if (only && names.length === 1) {
      this.#topics.delete(only)
      this.#hear.refused(only, this.#words(event))
      if (this.#unanswered <= 0) this.#gain()
      return
    }
    this.#unanswered += names.length
    for (const name of names) this.#subscribe([name])
  }

  #words(event: SdkEvent): string {
    const said = [event.retCode, event.retMsg ?? event.ret_msg ?? event.message]
    return this.#plan.redact(said.filter(Boolean).join(' ')).slice(0, 200)
  }
}
