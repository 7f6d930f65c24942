/**
 * What must be true of the account and its key, as one list: the start, `doctor` and the alerts all go by it. Each finding names
 * what was found and what to change; some the engine can change by itself, and does so where `account.manage` allows it.
 */

import type { OrUnknown, SettingChange } from '../exchange.ts'
import { type AccountIdentity, type AccountSettings, type Exchange, ExchangeFailure } from '../exchange.ts'

/** What the engine needs of the account. */
export type AccountNeeds = {
  /** Perpetuals whose leverage is looked at, and the coins of their spot markets. */
  pairs: readonly { symbol: string; coin: string }[]
  /** Coins are borrowed and sold: reverse carry is configured. */
  borrows: boolean
  /** Leverage that every perpetual must have; 0 leaves it as it is. */
  leverage: number
  /** A key that ends within this is said before. */
  expiryAlertMs: number
}

/** The account at one moment. */
export type AccountLook = {
  atMs: number
  identity: AccountIdentity
  settings: AccountSettings
  spotMargin: OrUnknown<boolean>
  /** By coin that the exchange takes as collateral. */
  collateral: OrUnknown<Readonly<Record<string, boolean>>>
  /** By symbol, of those that were asked for; null in portfolio margin. */
  leverage: Readonly<Record<string, string | null>>
}

/**
 * `refuse`: nothing can be traded so, or not safely. `warn`: it costs or endangers something, so people are alerted. `advice`: it
 * could be better. `away`: the exchange did not answer.
 */
type Grade = 'ok' | 'advice' | 'warn' | 'refuse' | 'away'
export type AccountFinding = {
  /** Of the check: 'key expiry'. */
  name: string
  grade: Grade
  /** One sentence: what was found, and what to change. */
  says: string
  /** What the engine may do about it by itself. */
  change?: (exchange: Exchange) => Promise<SettingChange>
}

type Verdict = Omit<AccountFinding, 'name'>
type Check = { name: string; judge(look: AccountLook, needs: AccountNeeds): Verdict }

const DAY_MS = 86_400_000
const ok = (says: string): Verdict => ({ grade: 'ok', says })
const advise = (says: string): Verdict => ({ grade: 'advice', says })
const warn = (says: string): Verdict => ({ grade: 'warn', says })
const refuse = (says: string): Verdict => ({ grade: 'refuse', says })
const NOT_SHOWN = 'not shown by this exchange'

/** A right that must be there. */
const right = (has: OrUnknown<boolean>, what: string): Verdict => {
  if (has === true) return ok(`may ${what}`)
  if (has === 'unknown') return advise(`${NOT_SHOWN}: whether the key may ${what}`)
  return refuse(`The API key may not ${what}: allow it (API management, Unified Trading).`)
}

function expiry({ atMs, identity: { expiresAtMs } }: AccountLook, { expiryAlertMs }: AccountNeeds): Verdict {
  if (expiresAtMs === 'unknown') return advise(`${NOT_SHOWN}: when the key expires`)
  if (expiresAtMs === null) return ok('the key does not expire')
  const day = new Date(expiresAtMs).toISOString().slice(0, 10)
  const daysLeft = Math.floor((expiresAtMs - atMs) / DAY_MS)
  if (expiresAtMs <= atMs)
    return refuse(`The API key expired on ${day}: renew it on Bybit, or set another pair.`)
  if (expiresAtMs - atMs > expiryAlertMs) return ok(`expires on ${day}, in ${daysLeft} days`)
  return warn(
    `The API key expires on ${day}, in ${daysLeft} days: renew it on Bybit before, or bind it to this machine's address (such a key does not expire).`,
  )
}

function marginMode({ identity: { marginMode: mode } }: AccountLook): Verdict {
  if (mode === 'regular') return ok('cross margin')
  if (mode === 'unknown') return refuse('The margin mode of the account is not known here: set cross margin.')
  const why =
    mode === 'isolated'
      ? 'in isolated margin the spot leg does not back the perpetual'
      : 'portfolio margin is not modelled here'
  return refuse(`The account is in ${mode} margin: switch it to cross margin at Bybit, because ${why}.`)
}

function leverage({ leverage: found }: AccountLook, { leverage: wanted, pairs }: AccountNeeds): Verdict {
  if (wanted === 0) return ok('left as it is (account.leverage: 0)')
  const others = pairs.filter(({ symbol }) => Number(found[symbol] ?? wanted) !== wanted)
  if (others.length === 0) return ok(`${wanted} on ${pairs.length} perpetuals`)
  const shown = others.slice(0, 5).map(({ symbol }) => `${symbol} ${found[symbol]}`)
  const more = others.length > shown.length ? ` and ${others.length - shown.length} more` : ''
  return {
    ...warn(`Leverage: expected ${wanted} as account.leverage says, found ${shown.join(', ')}${more}.`),
    change: exchange => setEach(others, ({ symbol }) => exchange.setLeverage(symbol, String(wanted))),
  }
}

/** One after another; the first that is not done is the answer. */
async function setEach<T>(
  all: readonly T[],
  set: (one: T) => Promise<SettingChange>,
): Promise<SettingChange> {
  for (const one of all) {
    const change = await set(one)
    if (change.kind !== 'done') return change
  }
  return { kind: 'done' }
}

function collateral({ collateral: switches }: AccountLook, { pairs }: AccountNeeds): Verdict {
  if (switches === 'unknown') return advise(`${NOT_SHOWN}: which coins count as collateral`)
  const off = pairs.filter(({ coin }) => switches[coin] === false).map(({ coin }) => coin)
  if (off.length === 0) return ok('on for every coin that the exchange takes')
  return warn(
    `Not counted as collateral: ${off.join(', ')}. Switch them on at Bybit (assets, collateral): otherwise the spot leg does not secure the perpetual one.`,
  )
}

function spotMargin({ spotMargin: isOn }: AccountLook, { borrows }: AccountNeeds): Verdict {
  if (isOn === 'unknown') return advise(`${NOT_SHOWN}: whether spot margin is on`)
  if (borrows && !isOn)
    return {
      ...warn(
        'Spot margin is off: reverse carry cannot borrow. Switch it on at Bybit (spot, margin; account.manage does it), or leave reverse carry out of strategy.directions.',
      ),
      change: exchange => exchange.setSpotMargin(true),
    }
  if (!borrows && isOn)
    return {
      ...warn(
        'Spot margin is on although nothing here borrows: a spread order short of cash would borrow. Switch it off at Bybit (account.manage does it).',
      ),
      change: exchange => exchange.setSpotMargin(false),
    }
  return ok(isOn ? 'on' : 'off')
}

/** A price beyond the limit is only ever moved in our favour, and every order is a limit: refusing it would stop exits. */
function priceLimits({ settings: { beyondPriceLimit } }: AccountLook): Verdict {
  const { spot, linear } = beyondPriceLimit
  if (spot === 'unknown' || linear === 'unknown')
    return advise(`${NOT_SHOWN}: how orders beyond the price limit are handled`)
  const refusing = (['spot', 'linear'] as const).filter(market => beyondPriceLimit[market] === 'refuse')
  if (refusing.length === 0) return ok('prices beyond the limit are moved to it')
  return {
    ...advise(
      `Orders priced beyond the exchange's limit are rejected on ${refusing.join(' and ')}, so an exit could fail in a fast market. Have them moved to the limit (account.manage does it).`,
    ),
    change: exchange => setEach(refusing, market => exchange.setBeyondPriceLimit(market, 'move')),
  }
}

function deltaNeutral({ settings: { isDeltaNeutral } }: AccountLook): Verdict {
  if (isDeltaNeutral === 'unknown') return advise(`${NOT_SHOWN}: Delta Neutral Mode`)
  if (isDeltaNeutral) return ok('on')
  return {
    ...advise(
      'Delta Neutral Mode is off: with it, hedged positions are further back in the auto-deleveraging queue. Switch it on at Bybit (account.manage does it).',
    ),
    change: exchange => exchange.setDeltaNeutral(true),
  }
}

function mntFees({ settings: { paysFeesInMnt } }: AccountLook): Verdict {
  const markets = (['spot', 'linear'] as const).filter(market => paysFeesInMnt[market] === true)
  if (markets.length === 0) return ok('fees are paid in the traded coin')
  return advise(
    `Fees are paid in MNT on ${markets.join(' and ')}: keep enough of it, or switch that off at Bybit.`,
  )
}

/** The list. */
const CHECKS: readonly Check[] = [
  {
    name: 'key rights',
    judge: ({ identity: { isReadOnly } }) =>
      isReadOnly === true
        ? refuse('The API key is read-only: create one that may read and write.')
        : ok(isReadOnly === 'unknown' ? NOT_SHOWN : 'reads and writes'),
  },
  { name: 'key: spot', judge: ({ identity }) => right(identity.permissions.spot, 'trade spot') },
  {
    name: 'key: contracts',
    judge: ({ identity }) => right(identity.permissions.contract, 'trade contracts'),
  },
  {
    name: 'key: withdrawal',
    judge: ({ identity: { permissions } }) =>
      permissions.withdraw === true
        ? refuse('The API key may withdraw: remove that right, no engine needs it.')
        : ok(permissions.withdraw === 'unknown' ? NOT_SHOWN : 'may not withdraw'),
  },
  { name: 'key expiry', judge: expiry },
  {
    name: 'key addresses',
    judge: ({ identity: { isAddressBound } }) =>
      isAddressBound === false
        ? advise("The API key works from every address: bind it to this machine's.")
        : ok(isAddressBound === 'unknown' ? NOT_SHOWN : 'bound to addresses'),
  },
  {
    name: 'account type',
    judge: ({ identity: { accountType } }) =>
      accountType === 'unified'
        ? ok('unified trading account')
        : refuse(
            accountType === 'classic'
              ? 'The account is not a Unified Trading Account: upgrade it on Bybit, or use a sub-account that is one.'
              : 'The account cannot be read: allow the API key to read it (Unified Trading), or wait for Bybit to show it.',
          ),
  },
  { name: 'margin mode', judge: marginMode },
  {
    name: 'position mode',
    judge: ({ identity: { positionMode } }) => {
      if (positionMode === 'one-way') return ok('one-way')
      if (positionMode === 'unknown') return advise(`${NOT_SHOWN}: the position mode`)
      return refuse(
        'The account is in hedge mode: switch USDT perpetuals to one-way mode on Bybit (derivatives, preferences, position mode).',
      )
    },
  },
  { name: 'leverage', judge: leverage },
  { name: 'collateral', judge: collateral },
  { name: 'spot margin', judge: spotMargin },
  { name: 'price limits', judge: priceLimits },
  { name: 'delta neutral', judge: deltaNeutral },
  { name: 'fees in MNT', judge: mntFees },
]

/** Every check's finding, good ones too, in the order of the list. */
export const judgeAccount = (look: AccountLook, needs: AccountNeeds): AccountFinding[] =>
  CHECKS.map(({ name, judge }) => ({ name, ...judge(look, needs) }))

/** A part that the exchange refuses to show is unknown. */
const shownOr = async <T>(read: Promise<T>): Promise<OrUnknown<T>> =>
  read.catch((error: unknown): 'unknown' => {
    if (error instanceof ExchangeFailure && error.kind === 'refused') return 'unknown'
    throw error
  })

/** Reads all that the list judges. @throws ExchangeFailure when the exchange is away, or refuses the key itself */
async function lookAtAccount(exchange: Exchange, needs: AccountNeeds, atMs: number): Promise<AccountLook> {
  const identity = await exchange.account()
  const settings = await exchange.settings()
  const spotMarginOn = await shownOr(exchange.spotMarginReady())
  const collateralOn = await shownOr(exchange.collateralSwitches())
  const found: Record<string, string | null> = {}
  // One after another: of many symbols together they would fill the account's limit.
  if (needs.leverage > 0)
    for (const { symbol } of needs.pairs) {
      const read = await shownOr(exchange.leverage(symbol))
      found[symbol] = read === 'unknown' ? null : read
    }
  return { atMs, identity, settings, spotMargin: spotMarginOn, collateral: collateralOn, leverage: found }
}

/** Codes with which Bybit refuses the key itself, in words that say what to change. Source: v5/error, common. */
const KEY_FAULTS: ReadonlyMap<number, string> = new Map([
  [
    10003,
    'BYBIT_API_KEY is not known there: live, testnet and demo have keys of their own, and a deleted key is forgotten. Set a key of this environment, or change HEDGEROW_MODE to the one the key belongs to.',
  ],
  [
    10004,
    'BYBIT_API_SECRET does not belong to BYBIT_API_KEY: the signature is refused. Set the pair as Bybit showed it.',
  ],
  [
    10005,
    'The API key lacks a permission: allow it to read the account and to trade spot and contracts (Unified Trading).',
  ],
  [10007, 'BYBIT_API_KEY is not accepted: create a new pair and set it.'],
  [
    10009,
    'Bybit does not serve this region from this host: set account.region to the site the account is registered at.',
  ],
  [10010, 'The API key is bound to other addresses: add the address of this machine to it.'],
  [10024, 'Bybit has stopped this account for compliance reasons: ask its support.'],
  [10027, 'Trading is banned for this account: ask Bybit.'],
  [33004, 'The API key has expired: create a new one and set BYBIT_API_KEY and BYBIT_API_SECRET.'],
  [-2015, 'The API key has expired: create a new one and set BYBIT_API_KEY and BYBIT_API_SECRET.'],
])

const BLOCKED =
  'Bybit blocks this address (HTTP 403): it asked too often, or its region is not served. Wait ten minutes, or run from elsewhere (account.region names the site).'

/** What a person must change when signed requests are refused with this code; undefined for a code that says nothing of the key. */
export const keyFaultOf = (code: number | undefined): string | undefined =>
  code === undefined ? undefined : KEY_FAULTS.get(code)

function failed(error: unknown): AccountFinding {
  const fault = error instanceof ExchangeFailure ? keyFaultOf(error.refusal?.code) : undefined
  if (fault) return { name: 'key', grade: 'refuse', says: fault }
  const because = error instanceof Error ? error.message : 'it failed in an unknown way'
  const says = because.includes('HTTP 403') ? BLOCKED : `The exchange did not answer: ${because}`
  return { name: 'exchange', grade: 'away', says }
}

/**
 * Looks at the account and judges it: every finding, good ones too. Never throws: an exchange that is away, and a key that it
 * refuses, are findings.
 *
 * @param manage - set what the engine may set by itself, and say so
 */
export async function examineAccount(
  exchange: Exchange,
  needs: AccountNeeds,
  { atMs, manage }: { atMs: number; manage: boolean },
): Promise<AccountFinding[]> {
  try {
    const findings = judgeAccount(await lookAtAccount(exchange, needs, atMs), needs)
    return manage ? await Promise.all(findings.map(finding => mend(exchange, finding))) : findings
  } catch (error) {
    return [failed(error)]
  }
}

async function mend(exchange: Exchange, finding: AccountFinding): Promise<AccountFinding> {
  if (!finding.change) return finding
  const { change, ...kept } = finding
  const outcome = await change(exchange)
  if (outcome.kind === 'done')
    return { name: kept.name, grade: 'ok', says: `changed by the engine: ${kept.says}` }
  const because = outcome.kind === 'refused' ? outcome.detail : outcome.cause
  return { ...kept, says: `${kept.says} The engine tried to change it and failed: ${because}.` }
}
