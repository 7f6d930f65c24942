/**
 * Where a simulator goes on: from its account file at the time it had promised, or new. At speed 1 it is the machine's time
 * (or what the account has already seen, if that is later). At any other speed time stood still since it was stopped, but not
 * while a process that was killed is started again: clients kept on counting. Time never goes back.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { systemClock } from '../../../clock/clock.ts'
import { HOUR_MS } from '../../../domain/market/funding.ts'
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
import { readUniverse } from '../universe/files.ts'
import type { Accounts } from './accounts.ts'
import { statusOf } from './control.ts'
import { advanceTo, replayInputs } from './driver.ts'
import type { SimulatorOptions } from './options.ts'

/**
 * A exchange whose time is its own begins half an hour before a full hour: whenever somebody starts it, the first settlements
 * come equally soon.
 */
const halfPast = (wallMs: number): number => Math.floor(wallMs / HOUR_MS) * HOUR_MS - HOUR_MS / 2

/**
 * The core as it was left or a new one, its file (beginning with a checkpoint of it), and who has no money yet. @throws
 * AccountFileError when the file is of another seed
 */
export function resumeCore(options: SimulatorOptions, accounts: Accounts, faults: Faults) {
  const { stateFile, seed, speed, startAtMs, notBeforeMs = 0, instruments } = options
  const create = options.core ?? createSimulatedBybit
  const wallMs = systemClock().nowMs()
  const loaded: Loaded = stateFile ? loadAccountFile(stateFile) : { checkpoint: undefined, inputs: [] }
  const { checkpoint, inputs, healed } = loaded
  if (healed) options.noted?.(healed)
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
    const reachedMs = replayInputs(core, inputs)
    const goesOnMs = speed === 1 ? wallMs : (lapsedMs(inputs, speed) ?? 0)
    advanceTo(core, Math.max(reachedMs, goesOnMs, notBeforeMs))
  }
  const funded = new Set(checkpoint?.uids)
  for (const input of inputs) if ('deposit' in input) funded.add(input.deposit.uid)
  const uids = [...new Set(accounts.all.map(({ uid }) => uid))]
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

/** A process that was away for longer was not started again: nobody counted. */
const AWAY_WALL_MS_MAX = 120_000

/** Simulated time had a killed process lived on; undefined when it was stopped, or is away too long. */
function lapsedMs(inputs: readonly Input[], speed: number): number | undefined {
  const last = inputs.findLast(input => 'untilMs' in input)
  if (!last || !('untilMs' in last)) return undefined
  const awayMs = systemClock().nowMs() - last.wallMs
  return awayMs >= 0 && awayMs <= AWAY_WALL_MS_MAX
    ? last.atMs + awayMs * (last.isPaced ? 1 : speed)
    : undefined
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
