/** Text that came from outside (a person, the exchange, an error), as it may be kept and shown anywhere. */
import { stripVTControlCharacters } from 'node:util'

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it takes out
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g

/**
 * Well-formed and on one line: no control sequence, no control character, no half of a pair, nothing that turns the direction of
 * writing. Cut to `max` characters.
 */
export const plainText = (text: string, max = Number.POSITIVE_INFINITY): string => {
  const plain = stripVTControlCharacters(text).toWellFormed().replace(CONTROL, ' ').trim()
  return plain.length <= max ? plain : [...plain].slice(0, max).join('').slice(0, max).toWellFormed()
}

/** Every text in a value that was read as JSON, made plain; names of fields too. */
export function withPlainText(value: unknown): unknown {
  if (typeof value === 'string') return plainText(value)
  if (Array.isArray(value)) return value.map(withPlainText)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [plainText(name), withPlainText(part)]),
  )
}
