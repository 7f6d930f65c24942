/**
 * How lists and replies of V5 are read, whatever they hold. A failed read throws `ExchangeFailure` that names what was read; a row
 * that cannot be read is left out and reported, and harms no other.
 */
import { ExchangeFailure } from '../exchange.ts'
import { failureOf, rejectReasonOf, said } from './translate/errors.ts'
import { garbled, type Row, rowOf, rowsAt } from './translate/fields.ts'
import type { Envelope, Params, Wire } from './wire/wire.ts'

/** Counts and shows what was left out; the holder decides how loudly. */
export type Report = (kind: string, detail: string) => void

/** No list of ours is that long: past it a cursor is going in circles. */
const PAGES_MAX = 2_000

const refusedBy = (reply: Envelope): ExchangeFailure =>
  new ExchangeFailure('refused', said(reply), { code: reply.retCode, reason: rejectReasonOf(reply) })

/** One reply, refused unless its code is 0. @throws ExchangeFailure */
export async function askWire(wire: Wire, path: string, params: Params, signed = true): Promise<Envelope> {
  const reply = await wire.get(path, params, signed)
  if (reply.retCode !== 0) throw refusedBy(reply)
  return reply
}

/** Every row of a cursor-paged list, in Bybit's order, and the exchange's time of the first page. @throws ExchangeFailure */
export async function readPages(
  wire: Wire,
  path: string,
  params: Params,
  signed: boolean,
): Promise<{ rows: Row[]; atMs: number }> {
  const rows: Row[] = []
  let cursor = ''
  let atMs = 0
  for (let page = 0; page < PAGES_MAX; page++) {
    const { result, time } = await askWire(wire, path, cursor ? { ...params, cursor } : params, signed)
    const body = rowOf(result, 'result')
    rows.push(...rowsAt(body, 'list'))
    atMs ||= time
    const next = body.nextPageCursor
    if (typeof next !== 'string' || next === '' || next === cursor) return { rows, atMs }
    cursor = next
  }
  throw garbled('nextPageCursor', `an end within ${PAGES_MAX} pages`, cursor)
}

/** The rows of a list that is not paged. */
export const listAt = async (wire: Wire, path: string, params: Params, signed: boolean): Promise<Row[]> =>
  rowsAt(rowOf((await askWire(wire, path, params, signed)).result, 'result'), 'list')

/** Every row of a cursor-paged list, in Bybit's order. */
export const pages = async (wire: Wire, path: string, params: Params, signed = true): Promise<Row[]> =>
  (await readPages(wire, path, params, signed)).rows

/** Runs a read so that whatever goes wrong in it is an `ExchangeFailure` with the read's name. */
export async function readWith<T>(what: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    throw failureOf(error, what)
  }
}

/** Translates what can be translated; a row that cannot is left out and reported, and harms no other. */
export function each<T>(
  rows: readonly Row[],
  translate: (row: Row) => T,
  report: Report,
  kind = 'instrument',
): T[] {
  return rows.flatMap(row => {
    try {
      return [translate(row)]
    } catch (error) {
      report(kind, `${String(row.id ?? row.symbol ?? row.currency)}: ${failureOf(error, 'left out').message}`)
      return []
    }
  })
}

/** A row without a readable name may be anybody's, ours too. Without a list every row is needed. */
export const needs =
  (needed: ReadonlySet<string> | undefined) =>
  (name: unknown): boolean =>
    typeof name !== 'string' || needed === undefined || needed.has(name)

/** Reads one row; one that cannot be read and that nobody needs is left out, and reported. */
export type LeaveOut = <T>(name: unknown, read: () => T) => T | undefined

/** @param isNeeded - by a row's name: may it not be left out? */
export function leavingOut(report: Report, kind: string, isNeeded: (name: unknown) => boolean): LeaveOut {
  return (name, read) => {
    try {
      return read()
    } catch (error) {
      const failure = failureOf(error, String(name))
      if (isNeeded(name)) throw failure
      report(kind, failure.message)
      return undefined
    }
  }
}
