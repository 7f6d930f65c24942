/**
 * How two payloads differ in shape: keys, JSON types, what texts hold (a number, nothing, words), units of time, sizes of rates.
 * Values are not compared. Rows of a list count together: a key of one row is a key of the list.
 */
import type { Json, JsonObject } from '../../../src/domain/json.ts'

/** What was seen at one path. */
type Seen = { types: Set<string>; forms: Set<string>; units: Set<string>; sizes: number[] }
type Shape = Map<string, Seen>

export type Difference = { path: string; what: string }

/** Keys below these are data (coins, topics), not fields. */
const DICTIONARY = /(Map|cumFeeDetail)$/
const TIME = /time|stamp|begin|^end$|^start$|^ts$|^T$|^cts$|At$/i
const RATE = /rate|ratio|pcnt|fundingCap|IMR$|MMR$/i
/** Names that the exchange gives. */
const ID = /^(i|id|\w*(order|exec|trade)Id)$/

const UNITS: Readonly<Record<number, string>> = { 10: 's', 13: 'ms', 16: 'µs', 19: 'ns' }

/** Names that clients give, in any form. */
const GIVEN = /LinkId$|^req_?id$/i

function formOf(text: string, key: string): string {
  if (text === '') return 'empty'
  if (GIVEN.test(key)) return 'given'
  if (/^-?\d+(\.\d+)?$/.test(text)) return ID.test(key) && text.length >= 16 ? 'long number' : 'numeric'
  return ID.test(key) && /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(text) ? 'uuid' : 'text'
}

function note(shape: Shape, path: string, key: string, value: Json): void {
  const seen = shape.get(path) ?? { types: new Set(), forms: new Set(), units: new Set(), sizes: [] }
  shape.set(path, seen)
  seen.types.add(Array.isArray(value) ? 'list' : value === null ? 'null' : typeof value)
  if (typeof value === 'string') seen.forms.add(formOf(value, key))
  if (typeof value !== 'string' && typeof value !== 'number') return
  const text = String(value)
  const unit = /^1\d+$/.test(text) && TIME.test(key) ? UNITS[text.length] : undefined
  if (unit) seen.units.add(unit)
  if (RATE.test(key) && text !== '' && Number(text) !== 0 && Number.isFinite(Number(text)))
    seen.sizes.push(Math.log10(Math.abs(Number(text))))
}

function walk(shape: Shape, path: string, key: string, value: Json): void {
  note(shape, path, key, value)
  if (Array.isArray(value)) for (const row of value) walk(shape, `${path}[]`, key, row)
  else if (value && typeof value === 'object')
    for (const [name, below] of Object.entries(value as JsonObject))
      walk(shape, `${path}.${DICTIONARY.test(key) ? '*' : name}`, name, below)
}

function shapeOf(payloads: readonly Json[]): Shape {
  const shape: Shape = new Map()
  for (const payload of payloads) walk(shape, '', '', payload)
  return shape
}

const parentOf = (path: string): string => path.replace(/(\.[^.[]*|\[\])$/, '')
const list = (words: ReadonlySet<string>) => [...words].sort().join('/')
const same = (a: ReadonlySet<string>, b: ReadonlySet<string>) => list(a) === list(b)
const apart = (a: ReadonlySet<string>, b: ReadonlySet<string>) =>
  a.size > 0 && b.size > 0 && [...a].every(word => !b.has(word))

/** Rates that hardly move: one printed as a percentage shows. Others follow the market or the account. */
const STEADY = /(^|\.)(\w*[fF]eeRate|hourlyBorrowRate|collateralRatio|positionMMR|positionIMR)$/

function sizesApart(path: string, a: readonly number[], b: readonly number[]): boolean {
  if (a.length === 0 || b.length === 0) return false
  const gap = Math.max(Math.min(...a) - Math.max(...b), Math.min(...b) - Math.max(...a))
  return gap > (STEADY.test(path) ? 1.9 : 4)
}

function ofPath(path: string, theirs: Seen, ours: Seen): string | undefined {
  if (!same(theirs.types, ours.types)) return `type: ${list(theirs.types)}, here ${list(ours.types)}`
  if (apart(theirs.units, ours.units)) return `unit: ${list(theirs.units)}, here ${list(ours.units)}`
  return sizesApart(path, theirs.sizes, ours.sizes) ? 'size' : undefined
}

/** Entries of a dictionary are data: none need be there. */
const absence = (path: string) =>
  path.endsWith('.*') ? undefined : path.endsWith('[]') ? 'empty' : 'missing'

/** What one example has otherwise: nothing where it has something, another JSON type, another unit. */
export function ofExample(theirs: readonly Json[], ours: readonly Json[]): Difference[] {
  const here = shapeOf(ours)
  const found: Difference[] = []
  for (const [path, seen] of shapeOf(theirs)) {
    const parallelOrder = here.get(path)
    const around = here.get(parentOf(path))
    if (!parallelOrder && path.endsWith('[]') && !around?.types.has('list')) continue
    const what = parallelOrder ? ofPath(path, seen, parallelOrder) : absence(path)
    if (what && (parallelOrder || around)) found.push({ path: path.slice(1), what })
  }
  return found
}

/**
 * What no example has: a key, or a form of text. Judged over all examples of a payload together, since each shows one case
 * of one year: an older one lacks the younger fields, an order that was not stopped shows no stop.
 */
export function ofPayload(examples: readonly Json[], ours: readonly Json[]): Difference[] {
  const known = shapeOf(examples)
  const found: Difference[] = []
  for (const [path, seen] of shapeOf(ours)) {
    const parallelOrder = known.get(path)
    if (!parallelOrder && !path.endsWith('[]') && known.has(parentOf(path)))
      found.push({ path: path.slice(1), what: 'extra' })
    if (parallelOrder && apart(parallelOrder.forms, seen.forms))
      found.push({
        path: path.slice(1),
        what: `form: ${list(parallelOrder.forms)}, here ${list(seen.forms)}`,
      })
  }
  return found
}
