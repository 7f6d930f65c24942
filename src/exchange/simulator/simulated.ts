/**
 * The simulated Bybit as a sans-IO core: requests and time in, replies and pushes out. No clock, no socket, no chance of
 * its own (a seeded generator inside). Two shells hold it: in-process on a virtual clock, and the loopback server.
 * Requests and replies are V5 JSON exactly as on Bybit's wire, less HTTP, signatures, rate limits and socket framing.
 */
import type { Json, JsonObject } from '../../domain/json.ts'
import type { Happening } from './events/agenda-shape.ts'

export type CoreRequest = {
  /** 'trade' is the trade socket: `path` is then the op, e.g. 'order.create'. */
  via: 'rest' | 'trade'
  method: 'GET' | 'POST'
  /** '/v5/order/create' … */
  path: string
  params: JsonObject
  /** Whose account, once the shell verified the signature; '' for public requests. */
  uid: string
  /** The API key it was signed with, and where it came from; a shell without keys leaves them out. */
  key?: string
  address?: string
}

export type CoreReply = { retCode: number; retMsg: string; result: Json; retExtInfo: Json; time: number }

/** A push as Bybit frames it. `uid` is '' for public topics. */
export type Push = {
  channel: 'public-spot' | 'public-linear' | 'public-spread' | 'public-status' | 'private'
  topic: string
  uid: string
  message: JsonObject
}

export type SimulatedBybit = {
  nowMs(): number
  /** Moves time to `nowMs`: prices, books, resting orders, settlements, interest; in order, at their own instants. */
  advance(nowMs: number): void
  /** When the core next has something to do by itself, so that a virtual clock can jump. */
  nextDueAtMs(): number
  /** Answers one request at the present time. Never throws: bad input is a retCode. */
  request(request: CoreRequest): CoreReply
  /** The snapshot message(s) a fresh subscription to this topic starts with; undefined for an unknown topic. */
  subscribe(channel: Push['channel'], topic: string): JsonObject[] | undefined
  /** Pushes since the last call, in order. Public pushes are produced only for topics that `wanted` says yes to. */
  takePushes(): Push[]
  /** Which public topics somebody listens to (set by the shell); others cost nothing. */
  want(isWanted: (topic: string) => boolean): void
  /** Money in: credits a coin to the account and writes the TRANSFER_IN row. */
  deposit(uid: string, coin: string, amount: string): void
  /** Makes something happen at a later instant: a delisting, a deleveraging… Throws for one that cannot be. */
  schedule(happening: Happening): void
  /** The accounts (wallets, positions, orders, executions, logs) and the markets' state, for restarts. */
  save(): JsonObject
}
