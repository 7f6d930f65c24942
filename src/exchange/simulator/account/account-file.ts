/**
 * The simulator's account on disk: it survives SIGKILL at any instant and loses nothing that was acknowledged.
 * The core is a function of its inputs, so what is kept is a checkpoint of its whole state (written aside, then renamed) and a
 * log of the inputs since: each is one short append *before* the core acts and long before the reply leaves. Logs are numbered:
 * checkpoint n is followed by log n, n + 1, … until the next checkpoint is in place. Nothing is forced to the platter: a power
 * cut may lose the last seconds, a killed process cannot. The checkpoint before is kept with its logs, so that one that cannot
 * be read (a full disk, an editor) is put aside and made again from them.
 */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { JsonObject } from '../../../domain/json.ts'
import type { SavedFaults } from '../faults/faults.ts'
import type { CoreRequest } from '../simulated.ts'

/** What may change the core, with the simulator's time at which it happened. */
export type Input =
  | { atMs: number; request: CoreRequest }
  | { atMs: number; deposit: { uid: string; coin: string; amount: string } }
  /** The plan of faults changed; no part of the exchange, and kept so that a drill outlives a restart. */
  | { atMs: number; faults: SavedFaults }
  /**
   * No client was ever told a later time than `untilMs`: where a restart goes on. It was said at `atMs`, when the machine's clock
   * was at `wallMs`: time goes on while a process that was killed is started again, only as the machine's does for a client that
   * is paced.
   */
  | { untilMs: number; atMs: number; wallMs: number; isPaced?: boolean }

/** The simulator at one instant. `uids` are the accounts that were funded; `faults` is what was set while it ran. */
export type SavedState = {
  seed: number
  nowMs: number
  uids: readonly string[]
  core: JsonObject
  faults?: SavedFaults
}
type Checkpoint = SavedState & { format: 1; log: number }
export type Loaded = {
  checkpoint: Checkpoint | undefined
  inputs: Input[]
  /** What was found wrong and mended, for a person. */
  healed?: string
}

export type AccountFile = {
  /** Appends one input; it is out of this process when the call returns. Throws when the file cannot be written. */
  append(input: Input): void
  /** Bytes appended since the last checkpoint began. */
  pendingBytes(): number
  /** Replaces the checkpoint in the background. `state` is read at once; the inputs that follow go to a new log. */
  checkpoint(state: SavedState): Promise<void>
  /** The same, done when it returns. Nothing may be appended afterwards. */
  close(state: SavedState): void
}

/** Raised when the file cannot be used. The message is for a person. */
export class AccountFileError extends Error {
  override name = 'AccountFileError'
}

/** Cut or garbled, and not merely of another format. */
class UnreadableFile extends AccountFileError {}

const logName = (file: string, number: number) => `${file}.${number}.log`
const beforeName = (file: string) => `${file}.before`

/**
 * Reads what an earlier process left. A last line without its end was never acknowledged and is dropped.
 *
 * @throws AccountFileError that names the file, and the line of a log, when there is nothing to heal it from
 */
export function loadAccountFile(file: string): Loaded {
  const before = beforeName(file)
  // Between two renames there is none of that name, for a moment.
  if (!existsSync(file))
    return existsSync(before) ? loadFrom(file, before) : { checkpoint: undefined, inputs: [] }
  try {
    return loadFrom(file, file)
  } catch (error) {
    if (!(error instanceof UnreadableFile) || !error.message.startsWith(`${file}:`)) throw error
    const aside = `${file}.unreadable`
    renameSync(file, aside)
    if (!existsSync(before))
      throw new AccountFileError(
        `${error.message}; put aside as ${aside}, and none before it to make it from again`,
      )
    return {
      ...loadFrom(file, before),
      healed: `${error.message}; put aside as ${aside} and made again from ${before}`,
    }
  }
}

/** A checkpoint and all logs from its own on. */
function loadFrom(file: string, name: string): Loaded {
  const checkpoint = readCheckpoint(name)
  const inputs: Input[] = []
  for (let number = checkpoint.log; existsSync(logName(file, number)); number++)
    inputs.push(...readLog(logName(file, number)))
  return { checkpoint, inputs }
}

function readLog(name: string): Input[] {
  const lines = readFileSync(name, 'utf8').split('\n').slice(0, -1)
  return lines.map((line, at) => parsed<Input>(line, `${name} line ${at + 1}`))
}

function parsed<Value>(text: string, where: string): Value {
  try {
    return JSON.parse(text) as Value
  } catch {
    throw new UnreadableFile(`${where}: expected JSON, found ${text.length} characters that are none`)
  }
}

function readCheckpoint(name: string): Checkpoint {
  const found = parsed<Partial<Checkpoint> | null>(readFileSync(name, 'utf8'), name)
  if (found?.format !== 1 || typeof found.log !== 'number')
    throw new AccountFileError(`${name}: expected a simulator account of format 1, found ${found?.format}`)
  return found as Checkpoint
}

/**
 * Opens the account file for one process, beginning with a checkpoint of `state`: what was loaded and replayed, or a new core.
 */
export function openAccountFile(file: string, state: SavedState, loaded: Loaded): AccountFile {
  mkdirSync(dirname(file), { recursive: true })
  const dropLogs = (from: number, to: number) => {
    for (let old = from; old < to; old++) rmSync(logName(file, old), { force: true })
  }
  const text = (log: number, now: SavedState) =>
    JSON.stringify({ format: 1, log, ...now } satisfies Checkpoint)
  /** The first log of the checkpoint before, and of the present one. */
  let oldest = loaded.checkpoint?.log ?? 0
  let present = oldest
  let number = oldest
  while (existsSync(logName(file, number))) number++
  let log = openSync(logName(file, number), 'w')
  let bytes = 0
  let writing: Promise<void> = Promise.resolve()

  const turnPage = () => {
    closeSync(log)
    log = openSync(logName(file, ++number), 'w')
    bytes = 0
    return number
  }
  const put = (name: string, first: number) => {
    if (existsSync(file)) renameSync(file, beforeName(file))
    renameSync(name, file)
    dropLogs(oldest, present)
    oldest = present
    present = first
  }
  const replaceNow = (first: number, now: SavedState) => {
    // Another name than the background writer's, which may be half way.
    writeFileSync(`${file}.whole`, text(first, now))
    put(`${file}.whole`, first)
  }
  replaceNow(number, state)
  // Of a checkpoint before the one that was loaded.
  for (let old = oldest - 1; existsSync(logName(file, old)); old--) rmSync(logName(file, old))
  return {
    append(input) {
      const line = `${JSON.stringify(input)}\n`
      writeSync(log, line)
      bytes += line.length
    },
    pendingBytes: () => bytes,
    checkpoint(now) {
      const first = turnPage()
      const whole = text(first, now)
      writing = writing.then(async () => {
        await writeFile(`${file}.part`, whole)
        if (first <= present) rmSync(`${file}.part`, { force: true })
        else put(`${file}.part`, first)
      })
      return writing
    },
    close(now) {
      replaceNow(turnPage(), now)
      closeSync(log)
    },
  }
}
