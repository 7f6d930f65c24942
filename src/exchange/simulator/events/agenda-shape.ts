/** Reads a happening strictly, so that a scenario that was misspelt is refused and never runs as a quiet day. */
import { z } from 'zod'
import type { JsonObject } from '../../../domain/json.ts'
import type { Happening } from './agenda-types.ts'

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
