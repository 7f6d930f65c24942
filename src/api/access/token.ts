/**
 * The API's token: made at the first start, kept in the data folder, readable by its owner only.
 * The command line reads the same file, so whoever may read the folder may command the engine.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const tokenPath = (dataDir: string) => join(dataDir, 'api-token')

const isMissing = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT'

/** The token in the data folder, or undefined when no engine ever started there. Throws when it may not be read. */
export function readToken(dataDir: string): string | undefined {
  try {
    return readFileSync(tokenPath(dataDir), 'utf8').trim() || undefined
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** The token in the data folder, made (mode 0600) when there is none. A file others may read is closed to them. */
export function apiToken(dataDir: string): string {
  const path = tokenPath(dataDir)
  const known = readToken(dataDir)
  if (known) {
    if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600)
    return known
  }
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const token = randomToken()
  writeFileSync(path, `${token}\n`, { mode: 0o600 })
  // An empty file left by a crash keeps its old mode when it is written again.
  chmodSync(path, 0o600)
  return token
}

/** 256 random bits that fit in a URL. */
export const randomToken = () => randomBytes(32).toString('base64url')

/** Compares without telling, by the time it takes, how much was right. */
export function sameToken(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
