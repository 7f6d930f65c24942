/** Reads a happening strictly, so that a scenario that was misspelt is refused and never runs as a quiet day. */
import { z } from 'zod'
import type { Market, Side } from '../../../domain/instrument.ts'
import type { JsonObject } from '../../../domain/json.ts'

// What can be asked to happen at the simulated exchange, and what it tells the public of it.

export type MarginMode = 'REGULAR_MARGIN' | 'ISOLATED_MARGIN' | 'PORTFOLIO_MARGIN'
/** With which a key that opens nothing is refused: unknown, no permission, address not bound, expired. */
export type KeyRefusalCode = 10003 | 10005 | 10010 | 33004

/** What is changed about an API key, where it may not simply do everything. */
export type KeyState = {
  readOnly?: boolean
  spot?: boolean
  contract?: boolean
  withdraw?: boolean
  /** Addresses it is bound to. */
  ips?: string[]
  /** Until when it is valid; keys bound to an address are for good. */
  expiresAtMs?: number
  /** 0 opens it again. */
  refusedWith?: KeyRefusalCode | 0
}

export type Happening =
  /**
   * The market (the perpetual, when left out) closes at `atMs`; it is announced at once. A perpetual is reduce-only from
   * `reduceOnlyAtMs` and settles; of a spot market the coins stay.
   */
  | { kind: 'delisting'; market?: Market; symbol: string; atMs: number; reduceOnlyAtMs?: number }
  /** The symbol trades from `atMs`; before, it does not. */
  | { kind: 'listing'; market: Market; symbol: string; atMs: number }
  /** Positions in the symbol are reduced by a share (all of each when left out), highest ranks first to be asked. */
  | { kind: 'adl'; symbol: string; atMs: number; share?: string }
  /** Pulls the perpetual's premium over its index, a fraction, for a while: funding follows. */
  | { kind: 'premium'; symbol: string; atMs: number; premium: number; untilMs: number }
  /** The perpetual settles every so many hours from then on, on the grid of the day. */
  | { kind: 'interval'; symbol: string; atMs: number; hours: 1 | 2 | 4 | 8 }
  /** The coin's price changes by a fraction on both markets, at once or bit by bit over a while. */
  | { kind: 'shock'; symbol: string; atMs: number; change: number; overMs?: number }
  /** Others are liquidated: the price runs by `change`, the perpetual ahead by `premium`, and the tape shows it. */
  | { kind: 'cascade'; symbol: string; atMs: number; change: number; overMs: number; premium?: number }
  /** The service restarts: the realtime list forgets closed orders. */
  | { kind: 'restart'; atMs: number }
  /** Announced at once: no order is taken, changed or cancelled meanwhile, on the markets named or on both. */
  | { kind: 'maintenance'; atMs: number; untilMs: number; markets?: Market[]; title?: string }
  /** What the lending pool has left of a coin; with nothing left its spot market cannot be traded on margin. */
  | { kind: 'lending'; coin: string; atMs: number; inventory: string }
  /** The pool takes a coin back: nothing is left to lend, and debts are repaid, with what is free or by conversion. */
  | { kind: 'recall'; coin: string; atMs: number }
  /** The platform takes a coin as collateral (0), nearly not (1), no more (2). */
  | { kind: 'collateral'; coin: string; atMs: number; restriction: 0 | 1 | 2 }
  /** What a coin counts for as collateral, a fraction of its value. */
  | { kind: 'collateral-ratio'; coin: string; atMs: number; ratio: string }
  /** The least value of an order, in the quote coin. */
  | { kind: 'min-value'; market: Market; symbol: string; atMs: number; minValue: string }
  /** Every risk limit becomes a share of what was published. */
  | { kind: 'risk-limit'; symbol: string; atMs: number; share: string }
  /** The next orders in the symbol are acknowledged and then rejected by the engine. */
  | { kind: 'reject'; market: Market; symbol: string; atMs: number; count: number }
  /** New orders are refused with a code, until `untilMs` or for good; those that only reduce are not, if `opening`. */
  | {
      kind: 'refuse'
      atMs: number
      untilMs?: number
      market?: Market
      symbol?: string
      opening?: boolean
      retCode: number
      retMsg?: string
    }
  /** Two coins of one name: the spot market trades at `ratio` times the perpetual's index, until `untilMs` or for good. */
  | { kind: 'apart'; symbol: string; atMs: number; ratio: number; untilMs?: number }
  /** The perpetual's book jumps ahead of its index by a fraction, and back at `untilMs`; its mark price does not follow. */
  | { kind: 'spike'; symbol: string; atMs: number; premium: number; untilMs: number }
  /**
   * A person trades by hand, at the market: so much, in base coins or contracts; or against a share of what is held, where 1
   * closes it and 2 turns it over. `uid` here and below: every account, when left out.
   */
  | { kind: 'hand'; market: Market; symbol: string; atMs: number; uid?: string; side: Side; qty: string }
  | { kind: 'hand'; market: Market; symbol: string; atMs: number; uid?: string; share: number }
  /** Money comes in, or goes out where negative: as much as is there. */
  | { kind: 'transfer'; coin: string; amount: string; atMs: number; uid?: string }
  /** A person changes how the account is set. */
  | {
      kind: 'account'
      atMs: number
      uid?: string
      marginMode?: MarginMode
      positionMode?: 'one-way' | 'hedge'
      spotMargin?: boolean
      deltaNeutral?: boolean
      /** Fees are paid in MNT, as far as there is enough of it. */
      mntFees?: boolean
      /** Coins that are switched off as collateral; the others are on. */
      collateralOff?: string[]
    }
  /** A person changes what an API key may do (every key, when left out), or it opens nothing any more: `refusedWith`. */
  | ({ kind: 'key'; atMs: number; key?: string } & KeyState)

export type Announcement = { title: string; description: string; key: string; tags: string[]; atMs: number }

export type Maintenance = { beginMs: number; endMs: number; markets: Market[]; title: string }

/** A run of liquidations of others: 'Buy' says that longs are liquidated. */
export type Cascade = { symbol: string; side: 'Buy' | 'Sell'; untilMs: number }

const FRACTION = /^(1(\.0{1,8})?|0(\.\d{1,8})?)$/
const AMOUNT = /^\d{1,15}(\.\d{1,8})?$/

const instant = z.int('an instant of the simulator, in milliseconds').min(0)
const span = z
  .int('whole simulated milliseconds, 1 or more')
  .min(1, 'whole simulated milliseconds, 1 or more')
const word = (what: string) => z.string({ error: what }).min(1, what)
const symbol = word('a symbol such as "BTCUSDT"')
const coin = word('a coin such as "SOL"')
const market = z.enum(['spot', 'linear'], { error: 'spot or linear' })
const share = z.string('a fraction as text, such as "0.5"').regex(FRACTION, 'a fraction from 0 to 1 as text')
const amount = z
  .string('an amount as text, such as "10"')
  .regex(AMOUNT, 'an amount of 0 or more as text, in plain decimals')
const within = (low: number, high: number) => {
  const text = `a fraction from ${low} to ${high}`
  return z.number({ error: text }).min(low, text).max(high, text)
}
const change = within(-0.95, 5)
const signedAmount = z
  .string('an amount as text, such as "-10"')
  .regex(/^-?\d{1,15}(\.\d{1,8})?$/, 'an amount as text, in plain decimals')
const uid = word('an account number')
const yes = z.boolean({ error: 'true or false' })
const words = (what: string) => z.array(word(what), { error: `a list, each ${what}` })
const retCode = z.int('a retCode of Bybit').min(1, 'a retCode of Bybit').max(99_999_999, 'a retCode of Bybit')
const factor = z
  .number({ error: 'a factor above 0' })
  .gt(0, 'a factor above 0')
  .max(1_000, 'a factor of 1000 at most')
const count = z.int('how many, 1 or more').min(1, 'how many, 1 or more')

const shape = <Kind extends string, Fields extends z.ZodRawShape>(kind: Kind, fields: Fields) =>
  z.strictObject({ kind: z.literal(kind), atMs: instant, ...fields })

const SHAPES = [
  shape('delisting', { market: market.optional(), symbol, reduceOnlyAtMs: instant.optional() }),
  shape('listing', { market, symbol }),
  shape('adl', { symbol, share: share.optional() }),
  shape('premium', { symbol, premium: within(-0.5, 0.5), untilMs: instant }),
  shape('interval', {
    symbol,
    hours: z.union([z.literal(1), z.literal(2), z.literal(4), z.literal(8)], { error: '1, 2, 4 or 8' }),
  }),
  shape('shock', { symbol, change, overMs: span.optional() }),
  shape('cascade', { symbol, change, overMs: span, premium: within(-0.5, 0.5).optional() }),
  shape('restart', {}),
  shape('maintenance', {
    untilMs: instant,
    markets: z.array(market, { error: 'a list of spot and linear' }).min(1, 'at least one market').optional(),
    title: word('a title').max(200, 'a title of 200 characters at most').optional(),
  }),
  shape('lending', { coin, inventory: amount }),
  shape('recall', { coin }),
  shape('collateral', {
    coin,
    restriction: z.union([z.literal(0), z.literal(1), z.literal(2)], { error: '0, 1 or 2' }),
  }),
  shape('collateral-ratio', { coin, ratio: share }),
  shape('min-value', { market, symbol, minValue: amount }),
  shape('risk-limit', { symbol, share }),
  shape('reject', { market, symbol, count }),
  shape('refuse', {
    untilMs: instant.optional(),
    market: market.optional(),
    symbol: symbol.optional(),
    opening: yes.optional(),
    retCode,
    retMsg: word('what the exchange says').optional(),
  }),
  shape('apart', { symbol, ratio: factor, untilMs: instant.optional() }),
  shape('spike', { symbol, premium: within(-0.5, 0.5), untilMs: instant }),
  shape('hand', {
    market,
    symbol,
    uid: uid.optional(),
    side: z.enum(['Buy', 'Sell'], { error: 'Buy or Sell' }).optional(),
    qty: amount.optional(),
    share: factor.optional(),
  }),
  shape('transfer', { coin, amount: signedAmount, uid: uid.optional() }),
  shape('account', {
    uid: uid.optional(),
    marginMode: z
      .enum(['REGULAR_MARGIN', 'ISOLATED_MARGIN', 'PORTFOLIO_MARGIN'], {
        error: 'REGULAR_MARGIN, ISOLATED_MARGIN or PORTFOLIO_MARGIN',
      })
      .optional(),
    positionMode: z.enum(['one-way', 'hedge'], { error: 'one-way or hedge' }).optional(),
    spotMargin: yes.optional(),
    deltaNeutral: yes.optional(),
    mntFees: yes.optional(),
    collateralOff: words('a coin such as "SOL"').optional(),
  }),
  shape('key', {
    key: word('an API key').optional(),
    readOnly: yes.optional(),
    spot: yes.optional(),
    contract: yes.optional(),
    withdraw: yes.optional(),
    ips: words('an address').min(1, 'at least one address').optional(),
    expiresAtMs: instant.optional(),
    refusedWith: z
      .union([z.literal(0), z.literal(10003), z.literal(10005), z.literal(10010), z.literal(33004)], {
        error: '10003, 10005, 10010, 33004, or 0 for none',
      })
      .optional(),
  }),
] as const

const KINDS: readonly string[] = SHAPES.map(one => one.shape.kind.value)
const happeningShape = z.discriminatedUnion('kind', SHAPES, { error: `one of ${KINDS.join(', ')}` })

/** The happening, or one line for each of its faults: the key, what was expected and what was found. */
export function readHappening(found: JsonObject): Happening | string {
  const read = happeningShape.safeParse(found)
  // The two differ in optional keys alone: absent and undefined are the same here.
  if (read.success) {
    const { data } = read
    if (
      data.kind === 'hand' &&
      (data.share === undefined) === (data.qty === undefined || data.side === undefined)
    )
      return 'hand: expected side and qty, or share, found neither or both'
    return JSON.parse(JSON.stringify(data)) as Happening
  }
  return read.error.issues
    .flatMap(issue => {
      const at = issue.path.map(String)
      if (issue.code === 'unrecognized_keys')
        return issue.keys.map(key => `${[...at, key].join('.')}: expected a known key of ${found.kind}`)
      const value = at.reduce<unknown>((inside, key) => (inside as Record<string, unknown>)?.[key], found)
      const shown = value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 120)
      return [`${at.join('.') || 'happening'}: expected ${issue.message}, found ${shown}`]
    })
    .join('\n')
}
