/**
 * Where a simulator goes on: from its account file at the time it had promised, or new. At speed 1 it is the machine's time
 * (or what the account has already seen, if that is later); at any other speed time stood still while nobody ran it.
 */
import { systemClock } from '../../clock.ts'
import {
  AccountFileError,
  type Loaded,
  loadAccountFile,
  openAccountFile,
  type SavedState,
} from './account-file.ts'
import { createSimulatedBybit } from './create.ts'
import type { Accounts } from './server-accounts.ts'
import { advanceTo, replay } from './server-driver.ts'
import type { SimulatorOptions } from './server-options.ts'
import { readUniverse } from './universe-files.ts'

/** The core as it was left or a new one, its file (beginning with a checkpoint of it), and who has no money yet. */
export function resume(
  { stateFile, seed, speed, startAtMs, instruments, core: create = createSimulatedBybit }: SimulatorOptions,
  accounts: Accounts,
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
    startAtMs: checkpoint?.nowMs ?? startAtMs ?? wallMs,
    saved: checkpoint?.core,
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
  const save = (): SavedState => ({ seed, nowMs: core.nowMs(), uids: [...funded], core: core.save() })
  const file = stateFile ? openAccountFile(stateFile, save(), loaded) : undefined
  for (const uid of uids) funded.add(uid)
  return { core, state: save, file, unfunded }
}
