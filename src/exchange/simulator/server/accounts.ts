/**
 * Who may ask: API key pairs, the account behind each, and signatures as Bybit V5 checks them (docs: v5/guide and
 * v5/ws/connect): HMAC-SHA256, lower-case hex, always over the raw text as it came, because clients differ in how they encode
 * and order parameters. Pairs live in the shell, so that the core never sees a secret; what a key may do is the core's.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/** The built-in pair: simulated money only, so it is no secret. */
export const SIMULATOR_KEY = 'hedgerow-simulator'
export const SIMULATOR_SECRET = 'hedgerow-simulator-secret'

export type AccountKey = {
  key: string
  secret: string
  /** Whose: several pairs may name one account. An account of the key's own when left out. */
  uid?: string
}
export type Account = Required<AccountKey>
export type Accounts = {
  /** Every pair, the first of them the built-in account's. */
  readonly all: readonly Account[]
  byKey(key: string): Account | undefined
  /** Another pair from now on, as when a key is renewed. It is not kept over a restart. */
  add(pair: AccountKey): Account
}

/** An account number that stays the same for a key: 8 digits, as Bybit's. */
export function uidOf(key: string): string {
  const number = createHash('sha256').update(key).digest().readUInt32BE(0)
  return String(10_000_000 + (number % 90_000_000))
}

const accountOf = ({ key, secret, uid = uidOf(key) }: AccountKey): Account => ({ key, secret, uid })

/** Who may sign in: accounts by their keys. Several keys may share a uid. */
export function accountsOf(keys: readonly AccountKey[]): Accounts {
  const all = keys.map(accountOf)
  const found = new Map(all.map(account => [account.key, account]))
  return {
    all,
    byKey: key => found.get(key),
    add(pair) {
      const account = accountOf(pair)
      found.set(account.key, account)
      all.push(account)
      return account
    },
  }
}

/** What a REST request signs. `payload` is the raw query without '?' for GET, the raw body for POST. */
export const restText = (timestamp: string, key: string, recvWindow: string, payload: string): string =>
  timestamp + key + recvWindow + payload

/** What a socket's `auth` op signs; `expires` is used as the client spelled it (number or string). */
export const socketText = (expires: number | string): string => `GET/realtime${expires}`

/** The signature of a text: HMAC-SHA256 as lower-case hex. */
export const sign = (text: string, secret: string): string =>
  createHmac('sha256', secret).update(text).digest('hex')

/** Does `signature` sign `text`? Takes the same time for every wrong answer of the right length. */
export function signs(signature: string, text: string, secret: string): boolean {
  const expected = Buffer.from(sign(text, secret))
  const found = Buffer.from(signature)
  return expected.length === found.length && timingSafeEqual(expected, found)
}

/**
 * Bybit's rule for a request's own time: `serverTime − recvWindow ≤ timestamp < serverTime + 1000`, in simulator
 * milliseconds. Both windows stretch with the speed: a message that travels 5 ms is 0.3 s old at 60 x.
 */
export const timely = (timestampMs: number, recvWindowMs: number, nowMs: number, speed: number): boolean =>
  timestampMs >= nowMs - recvWindowMs * Math.max(1, speed) && timestampMs < nowMs + 1000 * Math.max(1, speed)

/** A socket's `auth` must not have expired; what travels a while at a high speed is given that while, as `timely` does. */
export const unexpired = (expiresMs: number, nowMs: number, speed: number): boolean =>
  expiresMs > nowMs - 5000 * Math.max(0, speed - 1)

/** Bybit's words for 10002. */
export const staleText = (sentAtMs: number, windowMs: number, nowMs: number): string =>
  `invalid request, please check your server timestamp or recv_window param. req_timestamp[${sentAtMs}],server_timestamp[${nowMs}],recv_window[${windowMs}]`
