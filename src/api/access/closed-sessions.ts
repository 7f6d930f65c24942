/**
 * Sessions that were signed out, until they would have ended by themselves. They are kept in the data folder, as prints:
 * whoever copied a cookie before it was signed out must not be let in by the next start.
 */
import { createHash } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export type ClosedSessions = {
  has(sessionId: string): boolean
  add(sessionId: string, endsAtMs: number, nowMs: number): void
}

/** More than these are forgotten, the first to end first. */
const CLOSED_MAX = 1000

const printOf = (sessionId: string) => createHash('sha256').update(sessionId).digest('base64url')

/** Remembers as long as the process lives. */
export const inMemory = (): ClosedSessions => remembered(new Map(), () => {})

/** Remembers in a file of the data folder. @throws when the file is there and cannot be read or written */
export function closedSessions(dataDir: string): ClosedSessions {
  const path = join(dataDir, 'sessions-closed')
  return remembered(read(path), endsAtMs => {
    const text = [...endsAtMs].map(([print, atMs]) => `${print} ${atMs}\n`).join('')
    writeFileSync(`${path}.new`, text, { mode: 0o600 })
    renameSync(`${path}.new`, path)
  })
}

function remembered(
  endsAtMs: Map<string, number>,
  keep: (endsAtMs: Map<string, number>) => void,
): ClosedSessions {
  return {
    has: sessionId => endsAtMs.has(printOf(sessionId)),
    add(sessionId, atMs, nowMs) {
      for (const [print, endMs] of endsAtMs) if (endMs <= nowMs) endsAtMs.delete(print)
      endsAtMs.set(printOf(sessionId), atMs)
      const first = endsAtMs.size > CLOSED_MAX ? endsAtMs.keys().next().value : undefined
      if (first !== undefined) endsAtMs.delete(first)
      keep(endsAtMs)
    },
  }
}

function read(path: string): Map<string, number> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map()
    throw error
  }
  // A line cut in the middle is of no session.
  const lines = text.matchAll(/^([\w-]{43}) (\d{1,15})$/gm)
  return new Map([...lines].map(([, print = '', atMs]) => [print, Number(atMs)]))
}
