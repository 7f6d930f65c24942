/**
 * What enters the journal must come back from it unchanged, or a restart would go on from something else than was decided.
 * A Decimal, a Date or NaN would change on the way without a word: it is refused here, at the door.
 */

/**
 * The same value when it is JSON that PostgreSQL can hold; else a copy without its undefined properties (text drops them, and
 * `in` would notice), and with U+FFFD in place of half a surrogate pair or a NUL: one such character from a person or an
 * exchange would make every later reading of its row fail. Throws on all else, naming the place: `where` and the path inside.
 */
export function plainJson<Value>(value: Value, where: string): Value {
  return plain(value, where) as Value
}

function plain(value: unknown, where: string): unknown {
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'string') return storable(value)
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (Array.isArray(value)) return plainArray(value, where)
  if (typeof value === 'object' && isRecord(value)) return plainRecord(value, where)
  throw new Error(`${where}: expected JSON, found ${described(value)}`)
}

const storable = (text: string): string =>
  text.isWellFormed() && !text.includes('\0') ? text : text.toWellFormed().replaceAll('\0', '\ufffd')

function plainArray(values: unknown[], where: string): unknown[] {
  for (let at = 0; at < values.length; at++) {
    const part: unknown = values[at]
    if (plain(part, `${where}[${at}]`) !== part)
      return values.map((each, index) => plain(each, `${where}[${index}]`))
  }
  return values
}

function plainRecord(record: Record<string, unknown>, where: string): Record<string, unknown> {
  let same = true
  for (const key in record) {
    const part = record[key]
    if (part === undefined || storable(key) !== key || plain(part, `${where}.${key}`) !== part) same = false
  }
  if (same) return record
  return Object.fromEntries(
    Object.entries(record)
      .filter(([, part]) => part !== undefined)
      .map(([key, part]) => [storable(key), plain(part, `${where}.${key}`)]),
  )
}

function isRecord(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function described(value: unknown): string {
  const name = typeof value === 'object' && value !== null ? value.constructor?.name : typeof value
  return `${name ?? 'object'} ${String(value).slice(0, 60)}`
}
