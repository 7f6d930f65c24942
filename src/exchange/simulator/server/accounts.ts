/**
 * Who may ask: API key pairs and the account behind each. Pairs live in the shell, so that the core never sees a secret; what a
 * key may do is the core's.
 */
import { createHash } from 'node:crypto'

/** The built-in pair: simulated money only, so it is no secret. */
export const SIMULATOR_KEY = 'hedgerow-simulator'
export const SIMULATOR_SECRET = 'hedgerow-simulator-secret'

export type KeyPair = {
  key: string
  secret: string
  /** Whose: several pairs may name one account. An account of the key's own when left out. */
  uid?: string
}
export type Account = Required<KeyPair>
export type Accounts = {
  /** Every pair, the first of them the built-in account's. */
  readonly all: readonly Account[]
  byKey(key: string): Account | undefined
  /** Another pair from now on, as when a key is renewed. It is not kept over a restart. */
  add(pair: KeyPair): Account
}

/** An account number that stays the same for a key: 8 digits, as Bybit's. */
export function uidOf(key: string): string {
  const number = createHash('sha256').update(key).digest().readUInt32BE(0)
  return String(10_000_000 + (number % 90_000_000))
}

const accountOf = ({ key, secret, uid = uidOf(key) }: KeyPair): Account => ({ key, secret, uid })

export function accountsOf(keys: readonly KeyPair[]): Accounts {
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
