/**
 * Whose rows, and under which right. Reading needs the account alone; writing needs the lease's epoch too, and every writing
 * transaction locks it: a process that lost the account can no longer change its books. A long list is read by pages, from the
 * newest on: a cursor is the key of the last row seen.
 */
import { type EntityManager, LockMode } from '@mikro-orm/postgresql'
import type { Database } from '../database.ts'
import { LeaseRow } from '../schema/journal.ts'
import { FencedError } from '../schema/records.ts'

export type AccountScope = {
  account: string
  /** The lease's epoch; without it the store can only be read. */
  epoch?: bigint
}

/** A fresh unit of work for reading. */
export const reading = ({ orm }: Database): EntityManager => orm.em.fork()

/** Runs `work` in one transaction under the account's fence. Throws `FencedError` when the account has a new owner. */
export function writing<Result>(
  { orm }: Database,
  { account, epoch }: AccountScope,
  work: (em: EntityManager) => Promise<Result>,
): Promise<Result> {
  if (epoch === undefined)
    throw new Error(`the books of ${account} were opened for reading: expected the lease's epoch`)
  return orm.em.fork().transactional(async em => {
    const fence = await em.findOne(LeaseRow, { account }, { lockMode: LockMode.PESSIMISTIC_READ })
    if (fence?.epoch !== epoch)
      throw new FencedError(
        `store: the account is held under epoch ${fence?.epoch ?? 'none'}, this writer has epoch ${epoch}`,
      )
    return work(em)
  })
}

/** Rows as they are stored, less the column that says whose they are. */
export function withoutAccount<Row extends { account: string }>({
  account: _account,
  ...row
}: Row): Omit<Row, 'account'> {
  return row
}

/** Not a cursor of ours: the caller made it up or cut it off. */
export class BadCursor extends Error {
  override name = 'BadCursor'
}

export type CursorKey = readonly [atMs: number, id: string, line: number]

/** The cursor behind this row. */
export const cursorOf = (key: CursorKey): string => Buffer.from(JSON.stringify(key)).toString('base64url')

/** Where a cursor points. @throws BadCursor when it is none of ours */
export function cursorKey(cursor: string): CursorKey {
  const found = parsed(cursor)
  if (Array.isArray(found) && found.length === 3) {
    const [atMs, id, line] = found as unknown[]
    if (Number.isSafeInteger(atMs) && typeof id === 'string' && Number.isSafeInteger(line))
      return [atMs as number, id, line as number]
  }
  throw new BadCursor(`cursor: expected one that this page gave out, found ${cursor.slice(0, 60)}`)
}

function parsed(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
