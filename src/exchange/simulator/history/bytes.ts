/**
 * Files of records as text, however they are packed: plain, gzipped, or one or more tables in a zip. Bounded: a file that is not
 * a regular one, or larger than memory should hold, is refused before it is read.
 */
import { readFileSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { unzipSync } from 'fflate'

/** A file that cannot be read as records. The message names the file and says what was expected. */
export class TableFault extends Error {
  override name = 'TableFault'
}

export type Unpacked = { name: string; bytes: Uint8Array }

const MB = 1024 * 1024
const PACKED_MAX = 512 * MB
const UNPACKED_MAX = 1024 * MB

/** Names that are taken for tables, packed or not. */
export const TABLE_FILE = /\.(csv|tsv|jsonl|ndjson|json|parquet)(\.gz)?$|\.zip$/i

/** @throws TableFault for what is not a regular file, is too large, is cut off, or is no gzip or zip although it is named so */
export function unpack(file: string): Unpacked[] {
  const name = basename(file)
  const bytes = bytesOf(file, name)
  if (/\.zip$/i.test(name)) return unzipped(name, bytes)
  if (!isGzip(bytes)) return [{ name, bytes }]
  try {
    return [{ name: name.replace(/\.gz$/i, ''), bytes: gunzipSync(bytes, { maxOutputLength: UNPACKED_MAX }) }]
  } catch (error) {
    throw new TableFault(`${name}: expected a whole gzip file, found: ${messageOf(error)}`)
  }
}

function bytesOf(file: string, name: string): Uint8Array {
  const stat = statSync(file, { throwIfNoEntry: false })
  if (!stat) throw new TableFault(`${file}: no such file`)
  if (!stat.isFile()) throw new TableFault(`${name}: expected a regular file, found a folder, pipe or device`)
  if (stat.size > PACKED_MAX)
    throw new TableFault(
      `${name}: expected at most ${PACKED_MAX / MB} MB, found ${Math.ceil(stat.size / MB)}; split it`,
    )
  return readFileSync(file)
}

const isGzip = (bytes: Uint8Array) => bytes[0] === 0x1f && bytes[1] === 0x8b

function unzipped(name: string, bytes: Uint8Array): Unpacked[] {
  let total = 0
  let found: Record<string, Uint8Array>
  try {
    found = unzipSync(bytes, {
      filter(entry) {
        const isTable = TABLE_FILE.test(entry.name) && !/\.(zip|gz)$/i.test(entry.name)
        if (isTable) total += entry.originalSize
        if (total > UNPACKED_MAX) throw new Error(`more than ${UNPACKED_MAX / MB} MB unpacked`)
        return isTable && !entry.name.startsWith('__MACOSX')
      },
    })
  } catch (error) {
    throw new TableFault(`${name}: expected a whole zip file, found: ${messageOf(error)}`)
  }
  const tables = Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1))
  if (tables.length === 0) throw new TableFault(`${name}: expected a table in the zip file, found none`)
  return tables.map(([entry, each]) => ({ name: `${name}/${basename(entry)}`, bytes: each }))
}

/** As text: UTF-8 or UTF-16 by its mark, without the mark. @throws TableFault for bytes that are no text */
export function textOf({ name, bytes }: Unpacked): string {
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe
      ? 'utf-16le'
      : bytes[0] === 0xfe && bytes[1] === 0xff
        ? 'utf-16be'
        : 'utf-8'
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch (error) {
    throw new TableFault(`${name}: expected text in UTF-8 or UTF-16, found: ${messageOf(error)}`)
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
