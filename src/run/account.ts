/** What the account is called in the database: its mode and a print of its key, never the key. */
import { createHash } from 'node:crypto'
import type { Config } from '../config/config.ts'

/** The same key pair in the same mode is the same account; another environment never shares rows with it. */
export function accountName({ mode, keys }: Pick<Config, 'mode' | 'keys'>): string {
  const print = keys ? createHash('sha256').update(keys.key).digest('hex').slice(0, 8) : 'built-in'
  return `${mode}-${print}`
}
