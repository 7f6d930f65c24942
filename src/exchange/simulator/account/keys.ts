/**
 * What an API key opens. Who holds which key is the shell's to know (the exchange never sees a secret); whether it is valid, bound
 * to an address, and what it may do is the exchange's. A key of which nothing was said may do everything but withdraw.
 */
import type { JsonObject } from '../../../domain/json.ts'
import type { KeyState } from '../events/agenda-shape.ts'
import type { AccountState, SimExchange } from '../exchange-state.ts'
import { type ApiRefusal, marketParam, refusalOf } from '../kit/params.ts'
import type { CoreRequest } from '../simulated.ts'

const DAY_MS = 86_400_000
const ANY_ADDRESS = '*'
/** How far a key of which nothing was said is always from its end: at speed 60 an account would outlive a fixed one in a day and a half. */
const LIFE_MS = 90 * DAY_MS

/** A request without a key comes from a shell that has none. */
type Caller = Pick<CoreRequest, 'key' | 'address'>

const keyOf = ({ state }: SimExchange, { key = '' }: Caller): KeyState => ({
  ...state.keys[ANY_KEY],
  ...(Object.hasOwn(state.keys, key) && state.keys[key]),
})
/** In place of a key: each one that is not named. */
export const ANY_KEY = '*'

const REFUSED: Readonly<Record<number, string>> = {
  10003: 'API key is invalid.',
  10005: 'Permission denied, please check your API key permissions.',
  10010: "Unmatched IP, please check your API key's bound IP addresses.",
  33004: 'Your api key has expired.',
}
const refused = (code: number): ApiRefusal => refusalOf(code, REFUSED[code] ?? '')

/** Why a key opens nothing at all: withdrawn, expired, from another address. */
export function checkKey(exchange: SimExchange, caller: Caller): ApiRefusal | undefined {
  const { refusedWith, expiresAtMs, ips } = keyOf(exchange, caller)
  if (refusedWith) return refused(refusedWith)
  if (expiresAtMs !== undefined && exchange.state.nowMs >= expiresAtMs) return refused(33004)
  const isBound = ips !== undefined && !ips.includes(ANY_ADDRESS)
  return isBound && !ips.includes(caller.address ?? '') ? refused(10010) : undefined
}

/** Why a key may not do this one thing. Reading is always allowed. */
export function checkRights(exchange: SimExchange, request: CoreRequest): ApiRefusal | undefined {
  if (request.method === 'GET') return undefined
  const { readOnly, spot = true, contract = true } = keyOf(exchange, request)
  const { path, params } = request
  const isSpread = path.startsWith('/v5/spread/')
  const isOrder = /^(\/v5\/)?order[./]/.test(path)
  const market = isOrder ? marketParam(params) : undefined
  const needsSpot = isSpread || market === 'spot' || path.startsWith('/v5/spot-margin-trade/')
  const needsContract = isSpread || market === 'linear' || path.startsWith('/v5/position/')
  return readOnly || (needsSpot && !spot) || (needsContract && !contract) ? refused(10005) : undefined
}

/** GET /v5/user/query-api. The account's number is the UID, whatever key asks. */
export function keyJson(exchange: SimExchange, { uid }: AccountState, caller: Caller): JsonObject {
  const { readOnly, spot = true, contract = true, withdraw, ips, expiresAtMs } = keyOf(exchange, caller)
  const { nowMs, createdAtMs = nowMs } = exchange.state
  const isBound = ips !== undefined && !ips.includes(ANY_ADDRESS)
  const endsAtMs = expiresAtMs ?? nowMs + LIFE_MS
  const forGood = isBound && expiresAtMs === undefined
  const number = uid.replace(/\D/g, '') || '1'
  return {
    id: number,
    note: 'simulator',
    apiKey: caller.key ?? '',
    readOnly: readOnly ? 1 : 0,
    secret: '',
    permissions: {
      ContractTrade: contract ? ['Order', 'Position'] : [],
      Spot: spot ? ['SpotTrade'] : [],
      Wallet: ['AccountTransfer', 'SubMemberTransfer', ...(withdraw ? ['Withdraw'] : [])],
      Options: contract ? ['OptionsTrade'] : [],
      Derivatives: contract ? ['DerivativesTrade'] : [],
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
    ips: ips ?? [ANY_ADDRESS],
    type: 1,
    deadlineDay: forGood ? -2 : Math.max(0, Math.floor((endsAtMs - nowMs) / DAY_MS)),
    expiredAt: isoSeconds(forGood ? 0 : endsAtMs),
    createdAt: isoSeconds(createdAtMs),
    unified: 0,
    uta: 1,
    userID: Number(number),
    inviterID: 0,
    vipLevel: exchange.vipLevel,
    mktMakerLevel: '0',
    affiliateID: 0,
    rsaPublicKey: '',
    isMaster: true,
    parentUid: '0',
    kycLevel: 'LEVEL_DEFAULT',
    kycRegion: '',
    userIDInt64: number,
    inviterIDInt64: '0',
    affiliateIDInt64: '0',
  }
}

const isoSeconds = (atMs: number): string => `${new Date(atMs).toISOString().slice(0, 19)}Z`
