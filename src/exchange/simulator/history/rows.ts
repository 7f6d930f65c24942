/**
 * Files of records as rows of cells under names, however they are packed (plain, gzipped, or one or more tables in a zip) and
 * written (separated values with a header or without, JSON lines, or a JSON answer with a list in it). Bounded: a file that is
 * not a regular one, or larger than memory should hold, is refused before it is read. What a cell means is not asked here.
 */
import { readFileSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { unzipSync } from 'fflate'

/** `line` counts from 1 as an editor does, or the items of a list. Cells stand in the order of the names. */
type TableRow = { line: number; cells: readonly string[] }
export type TableRows = { name: string; names: readonly string[]; rows(): Iterable<TableRow> }

const LINE_MAX = 65_536
const COLUMNS_MAX = 200
/** A list of candles without names, as Binance's public files and most exchanges' answers give it. */
const CANDLE_NAMES = ['openTime', 'open', 'high', 'low', 'close', 'volume']
/** Lines before the header that tell where a file came from. */
const PREAMBLE_MAX = 5

/** @throws TableFault when it is no text, has a line without end, or no names can be found in it */
export function tableRows(unpacked: Unpacked): TableRows {
  const { name } = unpacked
  const text = textOf(unpacked)
  return /^\s*[[{]/.test(text) ? jsonGrid(name, text) : separatedGrid(name, text)
}

type Line = { line: number; text: string }

function* linesOf(name: string, text: string): Generator<Line> {
  let at = 0
  for (let line = 1; at < text.length; line++) {
    const found = text.indexOf('\n', at)
    const end = found < 0 ? text.length : found
    if (end - at > LINE_MAX)
      throw new TableFault(`${name} line ${line}: expected at most ${LINE_MAX} characters, found ${end - at}`)
    const raw = text.slice(at, text[end - 1] === '\r' ? end - 1 : end)
    if (raw.trim() !== '') yield { line, text: raw }
    at = end + 1
  }
}

function separatedGrid(name: string, text: string): TableRows {
  const { names, separator, firstLine } = headOf(name, text)
  return {
    name,
    names,
    *rows() {
      for (const { line, text: raw } of linesOf(name, text))
        if (line >= firstLine) yield { line, cells: cellsOf(raw, separator) }
    },
  }
}

type Head = { names: readonly string[]; separator: string; firstLine: number }

/** The first line of at least two words is the header; one of figures alone says that there is none. */
function headOf(name: string, text: string): Head {
  let seen = 0
  for (const { line, text: raw } of linesOf(name, text)) {
    const separator = [',', ';', '\t', '|'].find(each => raw.includes(each)) ?? ','
    const cells = cellsOf(raw, separator)
    if (cells.length > COLUMNS_MAX)
      throw new TableFault(`${name}: expected at most ${COLUMNS_MAX} columns, found ${cells.length}`)
    if (cells.length >= 2 && cells.every(cell => /^[-+]?[\d.][\d.eE+-]*$/.test(cell)))
      return { names: CANDLE_NAMES, separator, firstLine: line }
    if (cells.length >= 2 && cells.every(cell => !/^[-+]?\d/.test(cell)))
      return { names: cells, separator, firstLine: line + 1 }
    if (++seen > PREAMBLE_MAX) break
  }
  throw new TableFault(`${name}: expected a line with the names of its columns, found none`)
}

/** Cells may stand in quotes, with a quote in them doubled. */
function cellsOf(line: string, separator: string): string[] {
  if (!line.includes('"')) return line.split(separator).map(cell => cell.trim())
  const cells: string[] = []
  let [cell, quoted] = ['', false]
  for (let at = 0; at < line.length; at++) {
    const sign = line[at] ?? ''
    if (sign === '"' && quoted && line[at + 1] === '"') cell += line[++at]
    else if (sign === '"') quoted = !quoted
    else if (sign === separator && !quoted) {
      cells.push(cell.trim())
      cell = ''
    } else cell += sign
  }
  return [...cells, cell.trim()]
}

function jsonGrid(name: string, text: string): TableRows {
  const items = itemsOf(name, text)
  const first = items[0]?.item
  if (first === undefined) throw new TableFault(`${name}: expected a list with items, found none`)
  const names = Array.isArray(first) ? CANDLE_NAMES : namesOf(items.map(({ item }) => item))
  return rowsOfItems(name, names, items)
}

/** Objects or lists as a grid; a name that an object does not have is an empty cell. */
export function rowsOfItems(
  name: string,
  names: readonly string[],
  items: readonly { line: number; item: unknown }[],
): TableRows {
  return {
    name,
    names,
    *rows() {
      for (const { line, item } of items) {
        const values = Array.isArray(item)
          ? (item as unknown[])
          : names.map(each => (item as Record<string, unknown> | null)?.[each])
        yield { line, cells: values.map(cellText) }
      }
    },
  }
}

/** The names that the first items have, in the order they come. */
export const namesOf = (items: readonly unknown[]): string[] => [
  ...new Set(items.slice(0, 100).flatMap(item => Object.keys((item as object | null) ?? {}))),
]

/** A cell as text; what is not there is ''. */
export const cellText = (value: unknown): string => {
  if (value === null || value === undefined) return ''
  if (value instanceof Date) return value.toISOString()
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

type Item = { line: number; item: unknown }

function itemsOf(name: string, text: string): Item[] {
  const whole = parsed(text)
  if (whole !== undefined) {
    const list = listIn(whole)
    if (!list) throw new TableFault(`${name}: expected JSON with a list of rows in it, found none`)
    return list.map((item, at) => ({ line: at + 1, item }))
  }
  return [...linesOf(name, text)].map(({ line, text: raw }) => {
    const item = parsed(raw)
    if (item === undefined || item === null || typeof item !== 'object')
      throw new TableFault(`${name} line ${line}: expected JSON, found ${JSON.stringify(raw.slice(0, 80))}`)
    return { line, item }
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** The rows of an exchange's answer: the list itself, or one a level or two down, as in `result.list` or `data`. */
function listIn(value: unknown, depth = 2): unknown[] | undefined {
  if (Array.isArray(value)) return value as unknown[]
  if (value === null || typeof value !== 'object') return undefined
  const inside = Object.values(value)
  return (
    inside.find((each): each is unknown[] => Array.isArray(each) && typeof each[0] === 'object') ??
    (depth > 0
      ? inside.map(each => (Array.isArray(each) ? undefined : listIn(each, depth - 1))).find(Boolean)
      : undefined) ??
    (depth === 2 ? [value] : undefined)
  )
}

/** A file that cannot be read as records. The message names the file and says what was expected. */
export class TableFault extends Error {
  override name = 'TableFault'
}

type Unpacked = { name: string; bytes: Uint8Array }

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
function textOf({ name, bytes }: Unpacked): string {
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
