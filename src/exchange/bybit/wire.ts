/**
 * Bybit's V5 wire, as the adapter needs it: two carriers exist, the `bybit-api` SDK over sockets (`sdk-*.ts`) and the
 * simulator in the same process on a virtual clock (`../simulator/in-process.ts`). Everything above speaks V5 JSON.
 */
import type { Subscription } from '../exchange.ts'

/** A V5 reply whose envelope was checked: `retCode` is a number. Anything less is a `WireFailure`. */
export type Envelope = { retCode: number; retMsg: string; result: unknown; retExtInfo: unknown; time: number }

/** No usable answer: transport error, timeout, HTTP error, or a body that is not a V5 envelope. Carries no secret. */
export class WireFailure extends Error {
  override name = 'WireFailure'
  readonly cut: boolean
  constructor(message: string, cut = true) {
    super(message)
    this.cut = cut
  }
}

export type Params = Readonly<Record<string, string | number | boolean>>
export type TradeOp = 'order.create' | 'order.amend' | 'order.cancel'

export type PublicHear = {
  /** One parsed push `{topic, type, ts, data, …}`. */
  message(message: Record<string, unknown>): void
  up(): void
  down(cause: string): void
}
export type PrivateHear = {
  message(message: Record<string, unknown>): void
  /** Subscribed and truly authenticated. */
  up(): void
  down(cause: string): void
}
export type PublicStream = Subscription & {
  /** Drops and takes a topic anew, so that its next message is a snapshot. */
  resubscribe(topic: string): void
}

export type Wire = {
  get(path: string, params: Params, signed: boolean): Promise<Envelope>
  post(path: string, body: Params): Promise<Envelope>
  /** Order entry over the trade socket (or REST where there is none). Rejects with `WireFailure` when the outcome is not known. */
  trade(op: TradeOp, args: Params, deadlineMs: number): Promise<Envelope>
  /** Is order entry possible at this moment (socket open and truly authenticated)? */
  tradeReady(): boolean
  publicStream(category: 'spot' | 'linear', topics: readonly string[], hear: PublicHear): PublicStream
  privateStream(topics: readonly string[], hear: PrivateHear): Subscription
  close(): Promise<void>
}
