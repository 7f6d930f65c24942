/** What survives a trip through text unchanged: all that charts, journals and sockets may hold. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
export type JsonObject = { [key: string]: Json }

/**
 * JSON text with sorted keys, so that equal values are equal bytes. Names that are whole numbers come first, in their order
 * as numbers: rows were written so from the first day. Every step of every actor passes here, and nearly all of it was read from
 * such a text before: what is in order already is left to JavaScript itself, which is twice as fast.
 */
export function canonicalJson(value: Json): string {
  return isInOrder(value) ? JSON.stringify(value) : sortedText(value)
}

function isInOrder(value: Json): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (Array.isArray(value)) return value.every(isInOrder)
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return false
  let before = ''
  for (const name in value) {
    if (name < before) return false
    before = name
    const part = value[name]
    if (typeof part === 'object' && part !== null && !isInOrder(part)) return false
  }
  return true
}

function sortedText(value: Json): string {
  if (typeof value === 'string') return PLAIN.test(value) ? `"${value}"` : JSON.stringify(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return listText(value)
  const { toJSON } = value as { toJSON?: unknown }
  return typeof toJSON === 'function' ? sortedText(toJSON.call(value)) : recordText(value)
}

/** Printable text in which nothing is escaped: nearly all there is. */
const PLAIN = /^[ !#-[\]-~]*$/

function listText(values: Json[]): string {
  let text = '['
  for (let at = 0; at < values.length; at++) {
    if (at > 0) text += ','
    text += sortedText(values[at] ?? null) ?? 'null'
  }
  return `${text}]`
}

function recordText(record: JsonObject): string {
  let text = '{'
  for (const name of sortedNames(record)) {
    const part = sortedText(record[name] as Json) as string | undefined
    // A property without a value has no text: neither has its name.
    if (part === undefined) continue
    if (text.length > 1) text += ','
    text += `${sortedText(name)}:${part}`
  }
  return `${text}}`
}

const DIGIT_FIRST = /^\d/

function sortedNames(record: JsonObject): string[] {
  const names = Object.keys(record)
  const [first] = names
  // JavaScript lists whole numbers first and in order: only where the first name is one can any be.
  if (first === undefined || !DIGIT_FIRST.test(first)) return isSorted(names) ? names : names.sort()
  return Object.keys(Object.fromEntries(names.sort().map(name => [name, null])))
}

/** What was read from canonical text is in order already. */
function isSorted(names: readonly string[]): boolean {
  for (let at = 1; at < names.length; at++) {
    if ((names[at - 1] ?? '') > (names[at] ?? '')) return false
  }
  return true
}
