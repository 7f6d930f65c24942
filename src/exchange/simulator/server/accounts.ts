/**
 * Who may ask: API key pairs and the account behind each. Keys live in the shell, so that the core never sees a secret.
 */
import { createHash } from 'node:crypto'
import type { CoreReply } from '../simulated.ts'

/** The built-in pair: simulated money only, so it is no secret. */
export const SIMULATOR_KEY = 'hedgerow-simulator'
export const SIMULATOR_SECRET = 'hedgerow-simulator-secret'

export type KeyPair = { key: string; secret: string }
export type Account = KeyPair & { uid: string }
export type Accounts = { all: readonly Account[]; byKey(key: string): Account | undefined }

/** An account number that stays the same for a key: 8 digits, as Bybit's. */
export function uidOf(key: string): string {
  const number = createHash('sha256').update(key).digest().readUInt32BE(0)
  return String(10_000_000 + (number % 90_000_000))
}

/** One account per key pair. */
export function accountsOf(keys: readonly KeyPair[]): Accounts {
  const all = keys.map(pair => ({ ...pair, uid: uidOf(pair.key) }))
  const found = new Map(all.map(account => [account.key, account]))
  return { all, byKey: key => found.get(key) }
}

const DAY_MS = 86_400_000

/** Answers GET /v5/user/query-api: what a key may do. A unified master account with every trading permission. */
export function describeKey({ key, uid }: Account, startedAtMs: number, nowMs: number): CoreReply {
  const expiresAtMs = startedAtMs + 90 * DAY_MS
  return {
    retCode: 0,
    retMsg: '',
    result: {
      id: uid,
      note: 'simulator',
      apiKey: key,
      readOnly: 0,
      secret: '',
      permissions: {
        ContractTrade: ['Order', 'Position'],
        Spot: ['SpotTrade'],
        Wallet: ['AccountTransfer', 'SubMemberTransfer'],
        Options: ['OptionsTrade'],
        Derivatives: ['DerivativesTrade'],
        CopyTrading: [],
        BlockTrade: [],
        Exchange: ['ExchangeHistory'],
        NFT: [],
        Affiliate: [],
        Earn: [],
        FiatP2P: [],
        FiatConvertBroker: [],
        BitCard: [],
        ByXPost: [],
      },
      ips: ['*'],
      type: 1,
      deadlineDay: Math.max(0, Math.floor((expiresAtMs - nowMs) / DAY_MS)),
      expiredAt: isoSeconds(expiresAtMs),
      createdAt: isoSeconds(startedAtMs),
      unified: 0,
      uta: 1,
      userID: Number(uid),
      inviterID: 0,
      vipLevel: 'No VIP',
      mktMakerLevel: '0',
      affiliateID: 0,
      rsaPublicKey: '',
      isMaster: true,
      parentUid: '0',
      kycLevel: 'LEVEL_DEFAULT',
      kycRegion: '',
      userIDInt64: uid,
      inviterIDInt64: '0',
      affiliateIDInt64: '0',
    },
    retExtInfo: {},
    time: nowMs,
  }
}

const isoSeconds = (atMs: number): string => `${new Date(atMs).toISOString().slice(0, 19)}Z`
