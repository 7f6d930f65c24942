/**
 * Reads the fields of V5 JSON, which is somebody else's word: a missing or misshapen field is an `ExchangeFailure` of kind
 * 'garbled' that names the field, what was expected and what was found. Nothing is guessed, nothing defaults by accident.
 */
import { Decimal } from 'decimal.js'
import { ExchangeFailure } from '../../exchange.ts'

export type Row = Readonly<Record<string, unknown>>

const DECIMAL = /^-?\d{1,30}(\.\d{1,30})?$/
/** Bybit writes very small balances so: 1.2E-7. */
const WITH_EXPONENT = /^-?\d{1,30}(\.\d{1,30})?e[+-]?\d{1,2}$/i
/** Beyond it a number is no amount of anything. */
const EXPONENT_MAX = 30
const INTEGER = /^-?\d{1,15}$/

/** What is thrown for a field that is not as documented. */
export function garbled(field: string, expected: string, found: unknown): ExchangeFailure {
  const shown = JSON.stringify(found)?.slice(0, 80) ?? String(found)
  return new ExchangeFailure('garbled', `${field}: expected ${expected}, found ${shown}`)
}

/** The value as an object. @throws ExchangeFailure */
export function rowOf(value: unknown, name: string): Row {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw garbled(name, 'an object', value)
  return value as Row
}

/** The list of objects in a field. @throws ExchangeFailure */
export function rowsAt(row: Row, field: string): Row[] {
  const list = row[field]
  if (!Array.isArray(list)) throw garbled(field, 'a list', list)
  return list.map((part, at) => rowOf(part, `${field}[${at}]`))
}

/** The text in a field; '' is text. @throws ExchangeFailure */
export function textAt(row: Row, field: string): string {
  const value = row[field]
  if (typeof value !== 'string') throw garbled(field, 'a string', value)
  return value
}

/** A text that Bybit leaves out of some replies; '' then. @throws ExchangeFailure for anything else */
export function textOrNone(row: Row, field: string): string {
  const value = row[field]
  if (value === undefined || value === null) return ''
  if (typeof value !== 'string') throw garbled(field, 'a string or nothing', value)
  return value
}

/** Decimal text without an exponent; undefined for what is no decimal. */
function plainDecimal(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  if (DECIMAL.test(value)) return value
  if (!WITH_EXPONENT.test(value)) return undefined
  const number = new Decimal(value)
  return Math.abs(number.e) <= EXPONENT_MAX ? number.toFixed() : undefined
}

/** A decimal string, without an exponent whatever it came with. @throws ExchangeFailure */
export function decimalAt(row: Row, field: string): string {
  const value = plainDecimal(row[field])
  if (value === undefined) throw garbled(field, 'a decimal string', row[field])
  return value
}

/** A decimal that Bybit sends as '' or leaves out when it does not apply: `none` then. Anything else wrong still fails. */
export function decimalOr(row: Row, field: string, none: string): string {
  const value = row[field]
  return value === '' || value === undefined || value === null ? none : decimalAt(row, field)
}

/** Whole numbers come as JSON numbers or as strings, depending on the page. @throws ExchangeFailure */
export function integerAt(row: Row, field: string): number {
  const value = row[field]
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value
  if (typeof value === 'string' && INTEGER.test(value)) return Number(value)
  throw garbled(field, 'a whole number', value)
}

/** An instant in milliseconds; never 0 or before. @throws ExchangeFailure */
export function instantAt(row: Row, field: string): number {
  const atMs = integerAt(row, field)
  if (atMs <= 0) throw garbled(field, 'milliseconds since 1970', row[field])
  return atMs
}

/** The word in a field. @throws ExchangeFailure for one that is not known */
export function oneOf<const T extends string>(row: Row, field: string, known: readonly T[]): T {
  const value = row[field]
  const match = known.find(word => word === value)
  if (match === undefined) throw garbled(field, `one of ${known.join(', ')}`, value)
  return match
}
