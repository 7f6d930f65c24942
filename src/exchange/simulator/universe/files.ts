/** Reads a universe from files in Bybit's own `instruments-info` format: a reply, its result, or a list of rows; json or json.gz. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { Json, JsonObject } from '../../../domain/json.ts'
import { type InstrumentRows, universeFromRows } from './derived.ts'
import { InstrumentFault } from './instrument-filters.ts'
import type { Universe } from './listing.ts'

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function rowsIn(found: Json | undefined): JsonObject[] | undefined {
  if (Array.isArray(found)) return found.filter(isObject)
  if (!isObject(found)) return undefined
  return rowsIn(found.result) ?? rowsIn(found.list)
}

function readRows(file: string): JsonObject[] {
  try {
    const bytes = readFileSync(file)
    const text = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes
    const rows = rowsIn(JSON.parse(text.toString('utf8')) as Json)
    if (rows) return rows
  } catch (error) {
    throw new InstrumentFault(
      `${file}: expected instruments-info as json or json.gz, found ${(error as Error).message}`,
    )
  }
  throw new InstrumentFault(`${file}: expected instruments-info with a list of rows, found none`)
}

/**
 * The universe of all files together. Only perpetuals have a `contractType`, so one file may hold both kinds.
 *
 * @throws InstrumentFault with the file's name or the row's and what was wrong
 */
export function readUniverse(files: readonly string[]): Universe {
  const rows: InstrumentRows & { linear: JsonObject[]; spot: JsonObject[] } = { linear: [], spot: [] }
  for (const row of files.flatMap(readRows)) rows['contractType' in row ? 'linear' : 'spot'].push(row)
  return universeFromRows(rows)
}
