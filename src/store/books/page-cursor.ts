/** Cursors of pages that go from the newest to the oldest: the key of the last row seen, as opaque text. */

/** Not a cursor of ours: the caller made it up or cut it off. */
export class BadCursor extends Error {
  override name = 'BadCursor'
}

export type CursorKey = readonly [atMs: number, id: string, line: number]

/** The cursor behind this row. */
export const cursorOf = (key: CursorKey): string => Buffer.from(JSON.stringify(key)).toString('base64url')

/** Where a cursor points. @throws BadCursor when it is none of ours */
export function keyOf(cursor: string): CursorKey {
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
