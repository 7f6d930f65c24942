/**
 * Who may speak: programs by the bearer token, browsers by a session cookie. The token is made at the first start and kept in
 * the data folder, readable by its owner only; the command line reads the same file. A cookie is sent to every port of a host,
 * so it holds a random session id and never the token, and its name carries the port. A browser gets one for a one-time code,
 * which travels in the fragment of the login link (never in a log). A session is sealed with a key made of the token and kept
 * nowhere, so that a page stays signed in when the engine is started again under it. Those that were signed out are kept in a
 * file: they stay so. A new token ends every session.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../clock/clock.ts'

/**
 * Sessions that were signed out, until they would have ended by themselves. They are kept in the data folder, as prints:
 * whoever copied a cookie before it was signed out must not be let in by the next start.
 */
export type ClosedSessions = {
  has(sessionId: string): boolean
  add(sessionId: string, endsAtMs: number, nowMs: number): void
}

/** More than these are forgotten, the first to end first. */
const CLOSED_MAX = 1000

const printOf = (sessionId: string) => createHash('sha256').update(sessionId).digest('base64url')

/** Remembers as long as the process lives. */
const inMemory = (): ClosedSessions => remembered(new Map(), () => {})

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

/**
 * The API's token: made at the first start, kept in the data folder, readable by its owner only.
 * The command line reads the same file, so whoever may read the folder may command the engine.
 */
export const tokenPath = (dataDir: string) => join(dataDir, 'api-token')

const isMissing = (error: unknown) =>
  ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')

/** The token in the data folder, or undefined when no engine ever started there. Throws when it may not be read. */
export function readToken(dataDir: string): string | undefined {
  try {
    return readFileSync(tokenPath(dataDir), 'utf8').trim() || undefined
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** The token in the data folder, made (mode 0600) of the proposed one when there is none. A file others may read is closed to them. */
export function apiToken(dataDir: string, proposed = randomToken()): string {
  const path = tokenPath(dataDir)
  const known = readToken(dataDir)
  if (known) {
    if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600)
    return known
  }
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  writeFileSync(path, `${proposed}\n`, { mode: 0o600 })
  // An empty file left by a crash keeps its old mode when it is written again.
  chmodSync(path, 0o600)
  return proposed
}

/** 256 random bits that fit in a URL. */
export const randomToken = () => randomBytes(32).toString('base64url')

/** Compares without telling, by the time it takes, how much was right. */
export function sameToken(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

const SESSION_MS = 7 * 86_400_000
const CODE_MS = 86_400_000
const CODES_MAX = 20

export type Sessions = {
  /** A code that opens one session, once. */
  issueCode(): string
  /** A new session id for a one-time code or for the token itself; undefined when it is neither. */
  open(codeOrToken: string): string | undefined
  isOpen(sessionId: string): boolean
  close(sessionId: string): void
  isToken(text: string): boolean
}

type SessionOptions = {
  token: string
  clock: Clock
  /** Those signed out; left out, they are remembered as long as the process lives. */
  closed?: ClosedSessions
}

/** Sessions sealed by the token; codes that open them are kept in memory and die with the process. */
export function createSessions({ token, clock, closed = inMemory() }: SessionOptions): Sessions {
  const codes = expiring(clock, CODE_MS, CODES_MAX)
  const isToken = (text: string) => sameToken(text, token)
  const seal = (text: string) => createHmac('sha256', `session ${token}`).update(text).digest('base64url')
  const newSession = () => {
    const text = `${randomToken()}.${clock.nowMs() + SESSION_MS}`
    return `${text}.${seal(text)}`
  }
  return {
    issueCode: () => codes.add(randomToken()),
    open: text => (codes.take(text) || isToken(text) ? newSession() : undefined),
    isOpen(sessionId) {
      const [, text = '', endsAt = '', sealed = ''] =
        /^([\w-]{43}\.(\d{1,15}))\.([\w-]{43})$/.exec(sessionId) ?? []
      return sameToken(sealed, seal(text)) && Number(endsAt) > clock.nowMs() && !closed.has(sessionId)
    },
    close: sessionId => closed.add(sessionId, clock.nowMs() + SESSION_MS, clock.nowMs()),
    isToken,
  }
}

/** Random values that live for a while. They are looked up by hash table: 256 random bits leave nothing to time. */
function expiring(clock: Clock, lifeMs: number, max: number) {
  const endsAtMs = new Map<string, number>()
  const has = (value: string) => (endsAtMs.get(value) ?? 0) > clock.nowMs()
  return {
    has,
    add(value: string) {
      endsAtMs.set(value, clock.nowMs() + lifeMs)
      const oldest = endsAtMs.size > max ? endsAtMs.keys().next().value : undefined
      if (oldest !== undefined) endsAtMs.delete(oldest)
      return value
    },
    take(value: string) {
      const was = has(value)
      endsAtMs.delete(value)
      return was
    },
  }
}
