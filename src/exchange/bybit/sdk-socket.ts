/**
 * One of Bybit's sockets, held open for as long as it is wanted. What must stay true: `ready` is said only of a connection
 * that is open, truly authenticated by the reply's own code and subscribed; `down` is said at once when it no longer is.
 * A client that gets stuck is thrown away with all its state and a new one is made.
 */
import { authWatchdog } from './auth-watchdog.ts'
import { type Log, RECONNECT_MS, type SdkClient, type SocketKey, topicsPerRequest } from './sdk-client.ts'
import type { Redact } from './secrets.ts'

export type SocketHear = {
  ready(): void
  down(cause: string): void
  message(message: Record<string, unknown>): void
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
  /** Machine time within which an open connection must be ready. */
  patienceMs: number
  redact: Redact
  log: Log
}

export type HeldSocket = {
  isReady(): boolean
  client(): SdkClient
  /** Takes a topic anew. */
  resubscribe(topic: string): void
  /** Throws the connection away and makes a new one. */
  renew(cause: string): void
  close(): void
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
}

/** The trade socket answers auth with a retCode and no `success`; the SDK takes every such answer for a yes. */
const isTrue = ({ retCode, success }: SdkEvent) =>
  retCode === undefined ? success === true : retCode === 0 && success !== false

export function holdSocket(plan: SocketPlan, hear: SocketHear): HeldSocket {
  const { wsKey, category, log, redact } = plan
  const topics = new Set(plan.topics)
  const isPrivate = wsKey === 'v5Private' || wsKey === 'v5PrivateTrade'
  let client = plan.make()
  let ready = false
  let closed = false
  /** Subscribe requests on this connection not yet acknowledged. */
  let unanswered = 0
  let failures = 0
  let redial: NodeJS.Timeout | undefined
  let steady: NodeJS.Timeout | undefined
  /** Between throwing a client away and making the next there is none. */
  let held = true
  const watchdog = authWatchdog(plan.patienceMs, cause => renew(cause))

  const words = (event: SdkEvent) =>
    redact([event.retCode, event.retMsg ?? event.ret_msg ?? event.message].filter(Boolean).join(' ')).slice(
      0,
      200,
    )

  const lose = (cause: string) => {
    const was = ready
    ready = false
    clearTimeout(steady)
    if (was && !closed) hear.down(cause)
  }
  const gain = () => {
    if (ready || closed) return
    ready = true
    watchdog.satisfied()
    steady = setTimeout(() => {
      failures = 0
      client.redialAfter(RECONNECT_MS)
    }, STEADY_MS)
    hear.ready()
  }
  const opened = () => {
    unanswered = Math.ceil(topics.size / topicsPerRequest(wsKey))
    watchdog.opened()
  }
  const dropped = () => {
    failures++
    client.redialAfter(backOffMs(failures))
    watchdog.dialling()
    lose('the connection dropped')
  }
  const authenticated = (event: SdkEvent) => {
    if (!isTrue(event)) return renew(`authentication refused: ${words(event)}`)
    if (topics.size === 0) gain()
  }
  const acknowledged = (event: SdkEvent) => {
    if (event.op !== 'subscribe') return
    unanswered = Math.max(0, unanswered - 1)
    if (unanswered === 0) gain()
  }
  /** Bybit refuses a whole request for one bad topic: its topics are tried one by one, and the bad one is left out. */
  const subscribeRefused = (event: SdkEvent) => {
    const names = String(event.req_id ?? '')
      .split(',')
      .filter(name => topics.has(name))
    if (isPrivate || names.length === 0) return renew(`subscription refused: ${words(event)}`)
    client.unsubscribeV5(names, category)
    unanswered--
    const [only] = names
    if (only && names.length === 1) {
      topics.delete(only)
      hear.refused(only, words(event))
      if (unanswered <= 0) gain()
      return
    }
    unanswered += names.length
    for (const name of names) client.subscribeV5(name, category)
  }
  const excepted = (event: SdkEvent) => {
    if (event.op === 'auth') return renew(`authentication refused: ${words(event)}`)
    if (event.op === 'subscribe') return subscribeRefused(event)
    if (String(event.message).startsWith('Failed to parse')) return hear.garbage('a frame that is not JSON')
    if (event.isWSAPIResponse && 'reqId' in event === false) log('reply-without-id', words(event))
  }

  function listen(): void {
    const mine = client
    const on = (name: string, run: (event: SdkEvent) => void) =>
      (mine as unknown as NodeJS.EventEmitter).on(name, (event: SdkEvent) => {
        if (mine === client && held && !closed) run(event)
      })
    on('open', opened)
    on('reconnected', opened)
    on('reconnect', dropped)
    on('authenticated', authenticated)
    on('response', acknowledged)
    on('exception', excepted)
    on('update', event => {
      if ('topic' in event) hear.message(event as Record<string, unknown>)
      else hear.garbage('a frame without a topic')
    })
    watchdog.dialling()
    if (topics.size > 0) void Promise.allSettled(client.subscribeV5([...topics], category))
    else void client.connect(wsKey).catch(() => log('dial', `${wsKey} could not be dialled`))
  }

  /** Not within the SDK's own handling of an event: it would go on with a closed client and dial again. */
  function discard(): void {
    const old = client
    watchdog.satisfied()
    clearTimeout(redial)
    clearTimeout(steady)
    setImmediate(() => old.closeAll(true))
  }

  function renew(cause: string): void {
    if (closed || !held) return
    log('socket', `${wsKey}: ${cause}`)
    // Whoever waits for the first `ready` learns why it does not come.
    if (!ready) hear.down(cause)
    lose(cause)
    held = false
    discard()
    redial = setTimeout(
      () => {
        held = true
        client = plan.make()
        listen()
      },
      failures === 0 ? 0 : backOffMs(failures),
    )
    failures++
  }

  listen()
  return {
    isReady: () => ready && held && !closed && client.isOpen(wsKey),
    client: () => client,
    resubscribe(topic) {
      if (!topics.has(topic) || !client.isOpen(wsKey)) return
      client.unsubscribeV5(topic, category)
      client.subscribeV5(topic, category)
    },
    renew,
    close() {
      closed = true
      discard()
    },
  }
}
