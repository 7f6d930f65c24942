/**
 * What another site may see of a context or an event: its shape, and values that are safe by what they look like.
 * Everything passes that is a number, a decimal, a word of ours or a name the caller knows; all other text is withheld
 * (ids of orders, messages of errors, whatever a person wrote), so a secret in an unforeseen place is withheld too.
 * Bounded in depth, width, length and number of parts; never throws.
 */
import type { Json, JsonObject } from '../../domain/json.ts'

export const WITHHELD = '[withheld]'
const DEPTH_MAX = 6
const WIDTH_MAX = 40
const PARTS_MAX = 400
const TEXT_MAX = 60

const DECIMAL = /^-?\d{1,15}(\.\d{1,18})?$/
/** Words with dots or hyphens between, camel case in them: states, reasons, directions, names of fields. */
const WORDS = /^[a-z]+(?:[A-Z][a-z]+)*(?:[-.][a-z]+(?:[A-Z][a-z]+)*){0,4}$/
const MARKET = /^([A-Z0-9]{1,20}USDT|[A-Z]{2,6})$/
const SECRET_NAME =
  /secret|token|passw|passphrase|credential|authori|cookie|session|signature|private|mnemonic|mail|chat|webhook|url|dsn|key$/i

type SanitiserParts = {
  /** Values of this process that no site may see, whatever they look like. */
  secrets: readonly string[]
  /** Is this text the name of an actor, an event or the like? */
  isName: (text: string) => boolean
}

export type Sanitise = (value: unknown) => Json

export function sanitiser({ secrets, isName }: SanitiserParts): Sanitise {
  const known = secrets.filter(secret => secret !== '')
  const isClear = (text: string) => !known.some(secret => text.includes(secret))
  const isSafe = (text: string) => isClear(text) && (isName(text) || looksSafe(text))
  const leaf = (value: unknown): Json => {
    if (value === null || typeof value === 'boolean') return value
    if (typeof value === 'number') return Number.isFinite(value) && isClear(`${value}`) ? value : WITHHELD
    return typeof value === 'string' && isSafe(value) ? value : WITHHELD
  }

  return value => {
    let parts = 0
    const part = (value: unknown, depth: number): Json => {
      if (++parts > PARTS_MAX) return WITHHELD
      if (typeof value !== 'object' || value === null) return leaf(value)
      if (depth >= DEPTH_MAX) return WITHHELD
      if (Array.isArray(value)) return list(value, depth + 1)
      return isPlain(value) ? record(Object.entries(value), depth + 1) : WITHHELD
    }
    const list = (values: readonly unknown[], depth: number): Json[] => {
      const shown = values.slice(0, WIDTH_MAX).map(each => part(each, depth))
      return values.length > WIDTH_MAX ? [...shown, more(values.length)] : shown
    }
    const record = (entries: readonly (readonly [string, unknown])[], depth: number): JsonObject => {
      const shown = entries.slice(0, WIDTH_MAX).map(([name, inner], at): [string, Json] => {
        const label = isSafe(name) ? name : `${WITHHELD} ${at}`
        return [label, SECRET_NAME.test(name) ? WITHHELD : part(inner, depth)]
      })
      if (entries.length > WIDTH_MAX) shown.push([more(entries.length), WITHHELD])
      return Object.fromEntries(shown)
    }
    try {
      return part(value, 0)
    } catch {
      // A getter that throws: what it would have said is no loss.
      return WITHHELD
    }
  }
}

const looksSafe = (text: string) =>
  text === '' || (text.length <= TEXT_MAX && [DECIMAL, WORDS, MARKET].some(shape => shape.test(text)))

const more = (length: number) => `[${length - WIDTH_MAX} more]`

function isPlain(value: object): boolean {
  const kin: unknown = Object.getPrototypeOf(value)
  return kin === Object.prototype || kin === null
}
