/**
 * Where a simulator goes on: from its account file at the time it had promised, or new. At speed 1 it is the machine's time
 * (or what the account has already seen, if that is later); at any other speed time stood still while nobody ran it.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { systemClock } from '../../../clock/clock.ts'
import {
  AccountFileError,
  type Input,
  type Loaded,
  loadAccountFile,
  openAccountFile,
  type SavedState,
} from '../account/account-file.ts'
import { createSimulatedBybit } from '../create.ts'
import { faultyIntercept } from '../faults/core.ts'
import type { Faults, SavedFaults } from '../faults/faults.ts'
import { HOUR_MS } from '../market/funding.ts'
import { readUniverse } from '../universe/files.ts'
import type { Accounts } from './accounts.ts'
import { statusOf } from './control.ts'
import { advanceTo, replay } from './driver.ts'
import type { SimulatorOptions } from './options.ts'

/**
 * A exchange whose time is its own begins half an hour before a full hour: whenever somebody starts it, the first settlements
 * come equally soon.
 */
const halfPast = (wallMs: number): number => Math.floor(wallMs / HOUR_MS) * HOUR_MS - HOUR_MS / 2

/** The core as it was left or a new one, its file (beginning with a checkpoint of it), and who has no money yet. */
export function resume(
  { stateFile, seed, speed, startAtMs, instruments, core: create = createSimulatedBybit }: SimulatorOptions,
  accounts: Accounts,
  faults: Faults,
) {
  const wallMs = systemClock().nowMs()
  const loaded: Loaded = stateFile ? loadAccountFile(stateFile) : { checkpoint: undefined, inputs: [] }
  const { checkpoint, inputs } = loaded
  if (checkpoint && checkpoint.seed !== seed)
    throw new AccountFileError(
      `${stateFile}: expected seed ${seed}, found an account of seed ${checkpoint.seed}`,
    )
  const core = create({
    seed,
    startAtMs: checkpoint?.nowMs ?? startAtMs ?? (speed === 1 ? wallMs : halfPast(wallMs)),
    saved: checkpoint?.core,
    intercept: faultyIntercept(faults),
    ...(instruments && { universe: readUniverse(instruments) }),
  })
  if (checkpoint) {
    const reachedMs = replay(core, inputs)
    advanceTo(core, speed === 1 ? Math.max(reachedMs, wallMs) : reachedMs)
  }
  const funded = new Set(checkpoint?.uids)
  for (const input of inputs) if ('deposit' in input) funded.add(input.deposit.uid)
  const uids = accounts.all.map(({ uid }) => uid)
  const unfunded = uids.filter(uid => !funded.has(uid))
  // What was set while it ran outlives it and the file it may have been started with; it strikes only from now on.
  let kept: boolean = restoreFaults(faults, checkpoint?.faults, inputs)
  const save = (): SavedState => ({
    seed,
    nowMs: core.nowMs(),
    uids: [...funded],
    core: core.save(),
    ...(kept && { faults: faults.save() }),
  })
  const file = stateFile ? openAccountFile(stateFile, save(), loaded) : undefined
  for (const uid of uids) funded.add(uid)
  const keep = () => {
    kept = true
    return faults.save()
  }
  return { core, state: save, file, unfunded, kept: () => kept, keep }
}

/** Takes up the plan that was in force last; false when none was ever set. */
function restoreFaults(faults: Faults, saved: SavedFaults | undefined, inputs: readonly Input[]): boolean {
  let last = saved
  for (const input of inputs) if ('faults' in input) last = input.faults
  if (last) faults.restore(last)
  return last !== undefined
}

type Holder = { pid: number; url: string }

/**
 * One simulator per account file: two would each lose what the other acknowledged. Claims `stateFile` for the one at `url`; rejects with `AccountFileError` when another one that answers has it. A dead
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
