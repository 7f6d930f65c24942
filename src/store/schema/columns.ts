/**
 * Column types shared by all tables. Money crosses as decimal text and never as a JS number; instants are bigint
 * milliseconds since 1970, as the exchange counts them (safe as a JS number until the year 287396).
 */
import { p, Type } from '@mikro-orm/core'
import { Decimal } from 'decimal.js'
import { decimalText } from '../../domain/units.ts'

/** Raised when a decimal does not fit its column. PostgreSQL alone would round it without a word. */
export class DoesNotFit extends Error {
  override name = 'DoesNotFit'
}

/**
 * Checks that a decimal text fits numeric(precision,scale) exactly, and gives it in canonical form. @throws DoesNotFit, or
 * NotADecimal
 */
export function fittingDecimal(value: unknown, field: string, precision = 38, scale = 18): string {
  const text = decimalText(value, field)
  const [whole = '', fraction = ''] = text.replace('-', '').split('.')
  if (fraction.length > scale || whole.replace(/^0+/, '').length > precision - scale)
    throw new DoesNotFit(
      `${field}: expected at most ${precision - scale} digits before and ${scale} after the point, found ${text}`,
    )
  return text
}

/** numeric(38,18) as canonical decimal text: '1.5', never 1.5 or '1.500000000000000000'. */
class DecimalColumn extends Type<string, string> {
  override convertToDatabaseValue(value: string): string {
    return value === null || value === undefined ? value : fittingDecimal(value, this.prop?.name ?? 'decimal')
  }
  override convertToJSValue(value: string): string {
    return value === null || value === undefined ? value : new Decimal(value).toFixed()
  }
  override getColumnType(): string {
    return 'numeric(38,18)'
  }
  override compareAsType(): string {
    return 'string'
  }
}

/** An exact decimal, branded: numeric in the table, canonical text in the code. */
export const decimal = <Brand extends string = string>() => p.type(DecimalColumn).$type<Brand, string>()
/** Milliseconds since 1970. */
export const instant = () => p.bigint('number')
/** JSON text kept byte for byte (`jsonb` would sort keys and rewrite numbers). */
export const json = <Shape>() => p.json<Shape>().columnType('json')

/** Text that is one of a few words; the check beside it holds the database to them. */
export const words = <Word extends string>() => p.text().$type<Word>()

/** `column in ('a', 'b')`: enums are text with a check, so that adding a word is no type change. */
export const wordColumn = (column: string, words: readonly string[]) =>
  `"${column}" in (${words.map(word => `'${word}'`).join(', ')})`
