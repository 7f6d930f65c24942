/**
 * Bybit's V5 wire, as the adapter needs it: two carriers exist, the `bybit-api` SDK over sockets (`sdk-*.ts`) and the
 * simulator in the same process on a virtual clock (`../simulator/in-process.ts`). Everything above speaks V5 JSON.
 */
import type { Clock } from '../../../clock/clock.ts'
import type { Subscription } from '../../exchange.ts'

/** What an answer's headers say of its endpoint's limit (X-Bapi-Limit, -Status, -Reset-Timestamp). */
export type LimitRead = { limit: number; left: number; resetAtMs: number }

/** A V5 reply whose envelope was checked: `retCode` is a number. Anything less is a `WireFailure`. */
export type Envelope = {
  retCode: number
  retMsg: string
  result: unknown
  retExtInfo: unknown
  time: number
  /** Only signed requests over a network have it. */
  limit?: LimitRead | undefined
}

/** No usable answer: transport error, timeout, HTTP error, or a body that is not a V5 envelope. Carries no secret. */
export class WireFailure extends Error {
  override name = 'WireFailure'
  /** True when no whole answer came (cut, timeout, HTTP error); false when one came that is no V5 envelope. */
  readonly cut: boolean
  /** False only when it is certain that nothing left this process. */
  readonly sent: boolean
  constructor(message: string, cut = true, sent = true) {
    super(message)
    this.cut = cut
    this.sent = sent
  }
}

export type Params = Readonly<Record<string, string | number | boolean>>
/** Spreads, and notices of maintenance, have public sockets of their own; they speak as the others do. */
export type PublicCategory = 'spot' | 'linear' | 'spread' | 'status'
export type TradeOp = 'order.create' | 'order.amend' | 'order.cancel'

export type PublicHear = {
  /** One parsed push `{topic, type, ts, data, …}`. */
  message(message: Record<string, unknown>): void
  /** The same, before it is parsed: true when its bytes told all there is, so that it need not be. */
  frame?(text: string): boolean
  /** Open and every topic acknowledged. Snapshots may come before it. */
  up(): void
  down(cause: string): void
  /** A frame that could not be read: something was lost, nobody knows on which topic. */
  garbage(detail: string): void
  /** Bybit does not know this topic. The others are not harmed. */
  refused(topic: string, cause: string): void
}
export type PrivateHear = {
  message(message: Record<string, unknown>): void
  /** Subscribed and truly authenticated. */
  up(): void
  /** Also after a frame that could not be read: facts were lost, so the stream is opened again. */
  down(cause: string): void
}
export type PublicStream = Subscription & {
  /** Drops and takes a topic anew, so that its next message is a snapshot. */
  resubscribe(topic: string): void
  /** Throws the connection that carries this topic away and makes a new one: `down`, then `up`, and every snapshot anew. */
  renew(topic: string, cause: string): void
}

export type Wire = {
  /** False where native spreads do not exist (Bybit's demo). */
  readonly spreads?: boolean
  /** False where maintenance is told over REST alone (testnet and demo). */
  readonly notices?: boolean
  get(path: string, params: Params, signed: boolean): Promise<Envelope>
  post(path: string, body: Params): Promise<Envelope>
  /**
   * Order entry over the trade socket (or REST where there is none), answered within `deadlineMs` of engine time.
   * Rejects with `WireFailure` when the outcome is not known; `sent` false when nothing left because `tradeReady()` was false.
   */
  trade(op: TradeOp, args: Params, deadlineMs: number): Promise<Envelope>
  /** Is order entry possible at this moment (socket open and truly authenticated)? */
  tradeReady(): boolean
  publicStream(category: PublicCategory, topics: readonly string[], hear: PublicHear): PublicStream
  privateStream(topics: readonly string[], hear: PrivateHear): Subscription
  close(): Promise<void>
}

/** Rejects with `WireFailure` when nothing came within `deadlineMs`. */
export function withDeadline<T>(clock: Clock, deadlineMs: number, answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(
      () => reject(new WireFailure(`no answer within ${deadlineMs} ms`)),
      deadlineMs,
    )
    answer.then(resolve, reject).finally(() => clock.clearTimeout(timer))
  })
}
