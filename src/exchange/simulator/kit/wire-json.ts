/** Reads what a client sent: text that may be anything, of which only a JSON object of a sane depth is a message. */
import type { Json, JsonObject } from '../../../domain/json.ts'

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
