/**
 * PostgreSQL arrays in their binary wire form. The text form escapes every quote of every JSON text twice, once here and
 * once on the server; for a journal of JSON that is most of the work.
 */
const TEXT = 25
const JSON_TEXT = 114
const INT8 = 20
const INT4 = 23
const HEADER_BYTES = 20

/** `text[]` */
export const textArray = (values: readonly string[]): Buffer => stringArray(TEXT, values)
/** `json[]`; each element is JSON text already. */
export const jsonArray = (values: readonly string[]): Buffer => stringArray(JSON_TEXT, values)

/** `bigint[]` of safe integers. @throws RangeError for a number that is not whole */
export function bigintArray(values: readonly number[]): Buffer {
  const buffer = header(INT8, values.length, values.length * 12)
  let at = HEADER_BYTES
  for (const value of values) {
    if (!Number.isSafeInteger(value)) throw new RangeError(`journal: expected a whole number, found ${value}`)
    buffer.writeInt32BE(8, at)
    buffer.writeInt32BE(Math.floor(value / 2 ** 32), at + 4)
    buffer.writeUInt32BE(value >>> 0, at + 8)
    at += 12
  }
  return buffer
}

/** `int[]` */
export function intArray(values: readonly number[]): Buffer {
  const buffer = header(INT4, values.length, values.length * 8)
  let at = HEADER_BYTES
  for (const value of values) {
    buffer.writeInt32BE(4, at)
    buffer.writeInt32BE(value, at + 4)
    at += 8
  }
  return buffer
}

function stringArray(oid: number, values: readonly string[]): Buffer {
  let bytes = values.length * 4
  for (const value of values) bytes += Buffer.byteLength(value)
  const buffer = header(oid, values.length, bytes)
  let at = HEADER_BYTES
  for (const value of values) {
    const written = buffer.write(value, at + 4)
    buffer.writeInt32BE(written, at)
    at += 4 + written
  }
  return buffer
}

/** Dimensions, null flag, element type, length, lower bound; an empty array has no dimension at all. */
function header(oid: number, length: number, bytes: number): Buffer {
  const empty = length === 0
  const buffer = Buffer.allocUnsafe(empty ? 12 : HEADER_BYTES + bytes)
  buffer.writeInt32BE(empty ? 0 : 1, 0)
  buffer.writeInt32BE(0, 4)
  buffer.writeInt32BE(oid, 8)
  if (!empty) {
    buffer.writeInt32BE(length, 12)
    buffer.writeInt32BE(1, 16)
  }
  return buffer
}
