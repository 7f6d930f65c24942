/**
 * The guard's post: a file in the data folder that says whose orders are watched, and by whom. While it is there, orders of that
 * salt may rest; an orderly stop takes it away. Whoever writes it anew has taken over, and the one before lets go.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export type Post = {
  salt: string
  /** Names one engine's life. */
  token: string
  /** Where the exchange is, when it is not Bybit's own host. */
  url: string | null
  /** Of its time: 1 at Bybit. */
  speed: number
}

const fileOf = (dataDir: string) => join(dataDir, 'guard.json')

/** Undefined when nothing is left to watch, or the file was cut by a crash. Throws when it may not be read. */
export function readPost(dataDir: string): Post | undefined {
  try {
    return JSON.parse(readFileSync(fileOf(dataDir), 'utf8')) as Post
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

export const writePost = (dataDir: string, post: Post): void =>
  writeFileSync(fileOf(dataDir), JSON.stringify(post), { mode: 0o600 })

export const leavePost = (dataDir: string): void => rmSync(fileOf(dataDir), { force: true })
