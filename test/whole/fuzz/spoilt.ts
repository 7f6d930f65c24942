/** What nobody should send: values of every kind and size, texts and trees of good input with some of it spoilt, raw bytes. */
import fc from 'fast-check'

const NUMBERS =
  '0 -0 1 -1 0.1 1e400 1e-400 NaN Infinity -Infinity 0x10 1e21 9007199254740993 1_000 ١٢ 1,5 +1 .5 5.'
const WORDS =
  'null true false undefined __proto__ constructor toString BTCUSDT hedge engine Buy Sell linear spot'
const MARKS = [
  '',
  ' ',
  '\u0000',
  '%',
  '%zz',
  '../..',
  '🦀',
  '\ud800',
  '\u202e',
  "';--",
  '<b>',
  '\r\n',
  '\u2028',
]

/** Text that people and machines do send by mistake, and text that nobody does. */
export const text: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...NUMBERS.split(' '), ...WORDS.split(' '), ...MARKS) },
  { weight: 2, arbitrary: fc.string({ maxLength: 40 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  { weight: 1, arbitrary: fc.constantFrom('9'.repeat(400), 'a'.repeat(5_000), `0.${'0'.repeat(400)}1`) },
)

const nested = (depth: number, isList: boolean): unknown => {
  let value: unknown = 1
  for (let at = 0; at < depth; at++) value = isList ? [value] : { a: value }
  return value
}

export const value: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 5, arbitrary: text },
  { weight: 3, arbitrary: fc.oneof(fc.double(), fc.integer(), fc.constantFrom(null, true, false, 1e21, -0)) },
  { weight: 3, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.constantFrom(nested(60, true), nested(60, false), nested(500, true), [], {}) },
)

type Spoil = { at: number; how: 'replace' | 'drop' | 'twice'; with: unknown }
const spoil = fc.record({
  at: fc.nat(10_000),
  how: fc.constantFrom('replace', 'replace', 'drop', 'twice'),
  with: value,
}) as fc.Arbitrary<Spoil>

/** Which places of a tree are spoilt, and how; `spoiltTree` applies it to any. */
export const spoils: fc.Arbitrary<Spoil[]> = fc.array(spoil, { minLength: 0, maxLength: 3 })

type Place = { holder: Record<string, unknown> | unknown[]; key: string | number }

function placesIn(tree: unknown, found: Place[] = []): Place[] {
  if (Array.isArray(tree))
    for (const [key, inside] of tree.entries()) {
      found.push({ holder: tree, key })
      placesIn(inside, found)
    }
  else if (typeof tree === 'object' && tree !== null)
    for (const [key, inside] of Object.entries(tree)) {
      found.push({ holder: tree as Record<string, unknown>, key })
      placesIn(inside, found)
    }
  return found
}

/** A copy of a JSON tree with some places spoilt; the whole of it may be. */
export function spoiltTree(good: unknown, spoilt: readonly Spoil[]): unknown {
  const tree = { whole: structuredClone(good) }
  for (const { at, how, with: put } of spoilt) {
    const places = placesIn(tree)
    const place = places[at % places.length]
    if (!place) continue
    const { holder } = place
    const key = place.key as never
    // Of its own: what is put in twice would else be spoilt within itself.
    if (how === 'replace') (holder as unknown[])[key] = structuredClone(put) as never
    else if (how === 'drop' && Array.isArray(holder)) holder.splice(Number(key), 1)
    else if (how === 'drop') delete (holder as Record<string, unknown>)[key]
    else if (Array.isArray(holder)) holder.push(structuredClone(holder[key]))
    else (holder as Record<string, unknown>)[`${String(key)}2`] = holder[key]
  }
  return tree.whole
}

type Cut = { at: number; length: number; put: string }
export const cuts: fc.Arbitrary<Cut[]> = fc.array(
  fc.record({
    at: fc.nat(100_000),
    length: fc.oneof(fc.nat(3), fc.nat(200)),
    put: fc.oneof(
      fc.constant(''),
      fc.constantFrom('"', "'", '{', '[', ':', ',', '\n', '\t', '- ', '&a', '*a', '<<', '!!'),
      text,
    ),
  }),
  { maxLength: 4 },
)

/** A text with stretches of it replaced. */
export const spoiltText = (good: string, spoilt: readonly Cut[]): string =>
  spoilt.reduce((whole, { at, length, put }) => {
    const from = whole.length === 0 ? 0 : at % whole.length
    return whole.slice(0, from) + put + whole.slice(from + length)
  }, good)

/** Bytes with some of them turned over, and perhaps the end missing. */
export const flips = fc.record({
  places: fc.array(fc.tuple(fc.nat(100_000), fc.nat(255)), { maxLength: 6 }),
  keep: fc.oneof(
    { weight: 4, arbitrary: fc.constant(1) },
    { weight: 1, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
  ),
})
export function flipped(
  good: Uint8Array,
  { places, keep }: { places: [number, number][]; keep: number },
): Uint8Array {
  const bytes = good.slice(0, Math.ceil(good.length * keep))
  if (bytes.length > 0) for (const [at, byte] of places) bytes[at % bytes.length] = byte
  return bytes
}
