/**
 * Reads what a client sent, without ever throwing: text that may be anything, of which only a JSON object of a sane depth is a
 * message, and its parameters, of query text and JSON bodies alike.
 */
import { Decimal } from 'decimal.js'
import type { Market } from '../../../domain/instrument.ts'
import type { Json, JsonObject } from '../../../domain/json.ts'

/** What a request is refused with. */
export type ApiRefusal = { retCode: number; retMsg: string; result?: JsonObject }
/** A refusal as Bybit answers it. */
export const refusalOf = (retCode: number, retMsg: string): ApiRefusal => ({ retCode, retMsg })
/** Bybit’s refusal of a parameter, 10001. */
export const badRequest = (detail: string): ApiRefusal => refusalOf(10001, `params error: ${detail}`)
/** Was the request refused? */
export const isApiRefusal = (value: object): value is ApiRefusal => 'retCode' in value && 'retMsg' in value

/** Text of a parameter; numbers and booleans print as JSON; '' when absent. */
export function text(params: JsonObject, name: string): string {
  const value: Json | undefined = params[name]
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}

/** A parameter that is true or left out. */
export const flag = (params: JsonObject, name: string): boolean => text(params, name) === 'true'

const PLAIN = /^\d{1,30}(\.\d{1,30})?$/
/** A positive-or-zero decimal without sign or exponent; undefined when it is not one. */
export const decimalParam = (params: JsonObject, name: string): Decimal | undefined => {
  const found = text(params, name)
  return PLAIN.test(found) ? new Decimal(found) : undefined
}

/** A whole number within bounds; `fallback` when absent or not a number. */
export function whole(params: JsonObject, name: string, fallback: number, most: number): number {
  const found = text(params, name)
  return /^\d+$/.test(found) ? Math.max(1, Math.min(most, Number(found))) : fallback
}

/** Milliseconds since 1970; undefined when absent. */
export const instantParam = (params: JsonObject, name: string): number | undefined => {
  const found = text(params, name)
  return /^\d{1,15}$/.test(found) ? Number(found) : undefined
}

/** The market that `category` names; undefined for any other. */
export const marketParam = (params: JsonObject): Market | undefined => {
  const category = text(params, 'category')
  return category === 'spot' || category === 'linear' ? category : undefined
}

/** V5 nests three deep. Much deeper text cannot be written back out (the account file writes every request down). */
const DEPTH_MAX = 32

/** The object in `text`; undefined when it is no JSON, no object, or nested deeper than 32. Never fails on text. */
export function objectIn(text: string): JsonObject | undefined {
  try {
    const found = JSON.parse(text) as Json
    return isObject(found) && isShallow(found, DEPTH_MAX) ? found : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** An object, neither list nor null. */
export const isObject = (value: Json | undefined): value is JsonObject =>
  value !== null && typeof value === 'object' && !Array.isArray(value)

function isShallow(value: Json, left: number): boolean {
  if (value === null || typeof value !== 'object') return true
  return left > 0 && Object.values(value).every(inside => isShallow(inside, left - 1))
}

/** A scalar as text; '' for what is none: an object's own `toString` is the client's and may be anything. */
export const scalarText = (value: Json | undefined): string =>
  typeof value === 'string'
    ? value
    : typeof value === 'number' || typeof value === 'boolean'
      ? `${value}`
      : ''
