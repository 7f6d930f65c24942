/**
 * How one configuration value is read from text. Files and the environment both give text only (a YAML number would
 * pass money through a float), so every key says what text it expects, in which unit, and what it is when left out.
 */
import { Decimal } from 'decimal.js'
import { z } from 'zod'
import { type Usdt, usdt } from '../domain/units.ts'

/** What the generated file and the fault messages say of a key. */
export type KeyNote = { about: string; text: string }

type Range = { min: number; max: number; unit: string; about: string; or: string }

const PLAIN_NUMBER = /^-?\d{1,15}(\.\d{1,15})?$/
const WHOLE_NUMBER = /^\d{1,15}$/
const expectedText = (expected: string) => z.string({ error: expected })

/** A schema with what the generated file says of it. */
export function noted<S extends z.ZodType>(schema: S, note: KeyNote): S {
  return schema.meta({ ...note })
}

/** A number within its range, with no default. */
export function plainNumber(
  { min, max, unit }: { min: number; max: number; unit: string },
  shape = PLAIN_NUMBER,
) {
  const kind = shape === PLAIN_NUMBER ? 'a number' : 'a whole number'
  const expected = `${kind} from ${min} to ${max} (${unit})`
  return expectedText(expected)
    .refine(text => shape.test(text) && Number(text) >= min && Number(text) <= max, { error: expected })
    .transform(Number)
}

/** A judgement (APR, bps, hours, a fraction): a JS number within its range. `or` is the default, as text. */
export function numberKey({ about, or, ...range }: Range) {
  return noted(plainNumber(range).prefault(or), { about: `${about} (${range.unit})`, text: or })
}

/** A count. */
export function wholeKey({ about, or, ...range }: Range) {
  return noted(plainNumber(range, WHOLE_NUMBER).prefault(or), { about: `${about} (${range.unit})`, text: or })
}

/** A length of time as people write it (`90s`, `12h`, `1d12h`), or in plain milliseconds. `or` and what is read are milliseconds. */
export function lengthKey({ min, max, about, or }: { min: number; max: number; about: string; or: string }) {
  const expected = `a length of time from ${written(min)} to ${written(max)}, such as 90s, 15m, 12h or 3d; a plain number is milliseconds`
  const schema = expectedText(expected)
    .transform(msOf)
    .refine(ms => ms >= min && ms <= max, { error: expected })
    .prefault(or)
  return noted(schema, { about, text: written(Number(or)) })
}

/** The longest first; `m` is minutes, as `min` is. */
const UNITS_MS = { d: 86_400_000, h: 3_600_000, m: 60_000, min: 60_000, s: 1000, ms: 1 } as const
const LENGTH = /^(?:\d{1,12}(?:\.\d{1,6})?(?:ms|min|[dhms]) ?)+$/

/** NaN for what is no length of whole milliseconds. */
function msOf(text: string): number {
  if (WHOLE_NUMBER.test(text)) return Number(text)
  if (!LENGTH.test(text)) return Number.NaN
  const parts = [...text.matchAll(/([\d.]+)(ms|min|[dhms])/g)]
  const sum = parts.reduce(
    (ms, [, count = '', unit = 'ms']) =>
      new Decimal(count).times(UNITS_MS[unit as keyof typeof UNITS_MS]).plus(ms),
    new Decimal(0),
  )
  return sum.isInteger() ? sum.toNumber() : Number.NaN
}

/** In the longest unit that says it exactly. */
function written(ms: number): string {
  const unit = (['d', 'h', 'm', 's'] as const).find(each => ms >= UNITS_MS[each] && ms % UNITS_MS[each] === 0)
  return unit ? `${ms / UNITS_MS[unit]}${unit}` : `${ms}ms`
}

/** An amount of USDT, above 0; it never becomes a float. */
export function usdtKey({ about, or, zero = false }: { about: string; or: string; zero?: boolean }) {
  const expected = `a plain amount of USDT ${zero ? 'of 0 or more' : 'above 0'}, such as 250 or 99.5`
  const schema = expectedText(expected)
    .refine(text => isAmount(text) && (zero || !new Decimal(text).isZero()), { error: expected })
    .transform((text): Usdt => usdt(text))
    .prefault(or)
  return noted(schema, { about: `${about} (USDT)`, text: or })
}

/** Is this text an unsigned decimal that a row can hold? */
export const isAmount = (text: unknown): text is string =>
  typeof text === 'string' && /^\d{1,15}(\.\d{1,12})?$/.test(text)

/** One of a few words; `or` is the default. */
export function wordKey<const W extends string>(words: readonly [W, ...W[]], or: W) {
  return z.enum(words, { error: `one of ${words.join(', ')}` }).prefault(or)
}

type Shape = { matches: (text: string) => boolean; expected: string }

/** Text of a given shape; `or` is the default. */
export const textKey = ({ matches, expected, or }: Shape & { or: string }) =>
  expectedText(expected).refine(matches, { error: expected }).prefault(or)

/** Text of a given shape, absent unless set. */
export const optionalText = ({ matches, expected }: Shape) =>
  expectedText(expected).refine(matches, { error: expected }).optional()

/** A list of some of these words, without repeats; `or` is the default. */
export function wordsKey<const W extends string>(
  words: readonly [W, ...W[]],
  { about, or }: { about: string; or: readonly W[] },
) {
  const expected = `a list of one or more of ${words.join(', ')}, each once`
  const schema = z
    .array(z.enum(words, { error: `one of ${words.join(', ')}` }), { error: expected })
    .min(1, { error: expected })
    .refine(list => new Set(list).size === list.length, { error: expected })
    .prefault([...or])
  return noted(schema, { about: `${about} (any of ${words.join(', ')})`, text: `[${or.join(', ')}]` })
}

/** Lists of symbols, each of two or more; none by default. */
export function groupsKey(about: string) {
  const expected = 'a list of lists of two or more perpetual symbols, such as [[DOGEUSDT, SHIB1000USDT]]'
  const group = z
    .array(z.string({ error: expected }).regex(/^[A-Z0-9]{1,20}USDT$/, { error: expected }), {
      error: expected,
    })
    .min(2, { error: expected })
    .refine(names => new Set(names).size === names.length, { error: expected })
  return noted(z.array(group, { error: expected }).max(50, { error: expected }).prefault([]), {
    about,
    text: '[]',
  })
}

/** In place of a list of symbols: every one that can be hedged. An empty list stands for it from then on. */
const ALL = 'all'

/** Perpetual symbols: a list without repeats, or all of them as an empty list. */
export function symbolsKey(about: string, or: readonly string[]) {
  const expected = `${ALL}, or a list of 1 to 600 different perpetual symbols, such as BTCUSDT`
  const symbol = expectedText('a perpetual symbol such as BTCUSDT').regex(/^[A-Z0-9]{1,20}USDT$/, {
    error: 'a perpetual symbol in capitals that ends in USDT, such as BTCUSDT',
  })
  const list = z
    .array(symbol, { error: expected })
    .max(600, { error: expected })
    .refine(names => new Set(names).size === names.length, { error: expected })
  // A list that somebody left empty names nothing, and is not taken for all.
  const read = (value: unknown) =>
    value === ALL ? [] : Array.isArray(value) && value.length === 0 ? null : value
  return noted(z.preprocess(read, list).prefault([...or]), { about, text: `[${or.join(', ')}]` })
}
