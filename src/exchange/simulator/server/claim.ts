/** One simulator per account file: two would each lose what the other acknowledged. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { AccountFileError } from '../account/account-file.ts'
import { statusOf } from './control.ts'

type Holder = { pid: number; url: string }

/**
 * Claims `stateFile` for the simulator at `url`; rejects with `AccountFileError` when another one that answers has it. A dead
 * process's claim is void, and so is one whose number now belongs to some other program. Returns how to give it back.
 */
export async function claim(stateFile: string, url: string): Promise<() => void> {
  const file = `${stateFile}.owner`
  const holder = existsSync(file) ? holderIn(readFileSync(file, 'utf8')) : undefined
  if (holder && holder.url !== url && (await statusOf(holder.url))?.pid === holder.pid)
    throw new AccountFileError(
      `${stateFile}: expected no other simulator on it, found process ${holder.pid} at ${holder.url}`,
    )
  mkdirSync(dirname(stateFile), { recursive: true })
  writeFileSync(file, JSON.stringify({ pid: process.pid, url } satisfies Holder))
  return () => rmSync(file, { force: true })
}

function holderIn(text: string): Holder | undefined {
  try {
    return JSON.parse(text) as Holder
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
