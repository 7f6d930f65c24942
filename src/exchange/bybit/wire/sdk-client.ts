/**
 * The SDK's socket client, held to one url. `connect(key, url)` is never used: after a drop the SDK would dial the real
 * exchange. Compression is off (20 to 35 times the cost per message) and a busy event loop is not soon taken for a dead line.
 */
import { createHmac } from 'node:crypto'
import { type DefaultLogger, WebsocketClient, type WsKey, type WsTopicRequest } from 'bybit-api'
import type { Clock } from '../../../clock/clock.ts'
import { offsetFromSystemMs } from './exchange-time.ts'
import type { TradeOp } from './wire.ts'

/** Takes the key and the secret out of a text. */
export type Redact = (text: string) => string

/** Takes the secrets out of a text; those of three characters or fewer are no secrets. */
export function redactor(...secrets: readonly string[]): Redact {
  const real = secrets.filter(secret => secret.length > 3)
  return text => real.reduce((rest, secret) => rest.replaceAll(secret, '[secret]'), text)
}

/** HMAC-SHA256 in hex by node's own crypto: the SDK's default signs 40 times slower. */
export const signWithHmac = async (message: string, secret: string): Promise<string> =>
  createHmac('sha256', secret).update(message).digest('hex')

export type SocketKey = 'v5SpotPublic' | 'v5LinearPublic' | 'v5Private' | 'v5PrivateTrade'

/** Hears of what is worth a log line. Secrets are taken out before. */
export type SdkLog = (kind: string, detail: string) => void

export type ClientSettings = {
  key: string
  secret: string
  clock: Clock
  recvWindowMs: number
  /** How far ahead an auth request may lie, in exchange time: the way to a fast simulator is long in its own time. */
  authAheadMs: number
  /** Machine time between two pings, and again until the answer: a silent line is cut within twice as much. */
  pulseMs: number
  redact: Redact
  log: SdkLog
}

/** Dropped connections are dialled again after this long at first. */
export const RECONNECT_MS = 500
/** The SDK's own wait for an answer to a ping, in pulses: it would cut lines that only this process was too busy to hear. */
const SDK_PULSES = 5
const OPEN = 1
const BROKER = /,"Referer":"[^"]*"/

const TAKEN = [{ eventType: 'pong' as const, event: {} }]

let clients = 0

/** Only the SDK's own words pass: its other arguments hold requests, keys and sockets. */
const quietLogger = ({ log, redact }: ClientSettings): DefaultLogger => ({
  trace: () => {},
  info: () => {},
  error: (...words: unknown[]) => log('sdk', redact(typeof words[0] === 'string' ? words[0] : 'error')),
})

const optionsOf = ({ key, secret, recvWindowMs, pulseMs }: ClientSettings) => ({
  ...(key ? { key, secret } : {}),
  recvWindow: recvWindowMs,
  pingInterval: pulseMs,
  pongTimeout: SDK_PULSES * pulseMs,
  reconnectTimeout: RECONNECT_MS,
  wsOptions: { perMessageDeflate: false, handshakeTimeout: 10_000 },
  customSignMessageFn: signWithHmac,
})

export class SdkClient extends WebsocketClient {
  readonly #url: string
  readonly #settings: ClientSettings
  /** Makes request ids unlike those of any client before, also of one that ran before a restart. */
  readonly #tag: string
  #requests = 0
  #pings = 0
  /** Is shown every frame first: true for one that need not be parsed. */
  takesFrame: (text: string) => boolean = () => false

  constructor(url: string, settings: ClientSettings) {
    super(optionsOf(settings), quietLogger(settings))
    this.#url = url
    this.#settings = settings
    clients++
    this.#tag = `${settings.clock.nowMs().toString(36)}-${clients.toString(36)}`
  }

  protected override async getWsUrl(): Promise<string> {
    return this.#url
  }

  override getTimeOffsetMs(): number {
    return offsetFromSystemMs(this.#settings.clock)
  }

  protected override getNewRequestId(): string {
    this.#requests++
    return `${this.#tag}-${this.#requests}`
  }

  /** A frame that was taken is no event; the SDK lets one that it calls a pong go. */
  protected override resolveEmittableEvents(
    wsKey: WsKey,
    event: Parameters<WebsocketClient['resolveEmittableEvents']>[1],
  ) {
    if (typeof event.data === 'string' && this.takesFrame(event.data)) return TAKEN
    return super.resolveEmittableEvents(wsKey, event)
  }

  /** The SDK's list of private topics lacks spread.order and spread.execution: they belong in one request with the others. */
  protected override isPrivateTopicRequest(request: WsTopicRequest<string>): boolean {
    return request.topic.startsWith('spread.') || super.isPrivateTopicRequest(request)
  }

  /** Bybit takes at most 10 topics per request on spot. */
  protected override getMaxTopicsPerSubscribeEvent(wsKey: WsKey): number {
    return topicsPerRequest(wsKey)
  }

  protected override async getWsAuthRequestEvent(wsKey: WsKey) {
    const { key, secret, clock, authAheadMs } = this.#settings
    const expiresAtMs = clock.nowMs() + authAheadMs
    const signature = await signWithHmac(`GET/realtime${expiresAtMs}`, secret)
    return { op: 'auth' as const, args: [key, expiresAtMs, signature], req_id: `${wsKey}-auth` }
  }

  /** The SDK names its author as the broker of every order: ours has none. */
  override tryWsSend(wsKey: WsKey, message: string, throwExceptions?: boolean): void {
    super.tryWsSend(wsKey, message.replace(BROKER, ''), throwExceptions)
  }

  /**
   * A line that leaves a ping unanswered is cut, and the SDK dials anew. What this process had no time to read yet counts as heard:
   * it is read between a timer and the next immediate.
   */
  protected override sendPingEvent(wsKey: WsKey): void {
    super.sendPingEvent(wsKey)
    this.#pings++
    const mine = this.#pings
    const ws = this.getWsStore().getWs(wsKey)
    const cut = () => {
      const isUnanswered = this.getWsStore().get(wsKey)?.activePongTimer !== undefined
      if (mine !== this.#pings || !isUnanswered) return
      this.#settings.log('silent-line', `${wsKey}: no answer to a ping within ${this.#settings.pulseMs} ms`)
      if (ws && 'terminate' in ws && typeof ws.terminate === 'function') ws.terminate()
    }
    setTimeout(() => setImmediate(cut), this.#settings.pulseMs).unref()
  }

  redialAfter(delayMs: number): void {
    this.options.reconnectTimeout = delayMs
  }

  /** Open by the socket's own word, not by the SDK's memory of it. */
  isOpen(wsKey: SocketKey): boolean {
    return this.isConnected(wsKey) && this.getWsStore().getWs(wsKey)?.readyState === OPEN
  }

  /** One order entry call. Settles with Bybit's reply, whatever its code, or rejects when the line drops; may never settle. */
  order(op: TradeOp, args: object): Promise<unknown> {
    const send = this.sendWSAPIRequest as (key: string, op: string, args: object) => Promise<unknown>
    return send.call(this, 'v5PrivateTrade', op, args)
  }
}

/** How many topics Bybit takes in one subscription of this socket. */
export const topicsPerRequest = (wsKey: WsKey): number => (wsKey === 'v5SpotPublic' ? 10 : 100)
