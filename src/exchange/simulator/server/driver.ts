/**
 * Drives the core by the clock: moves its time, asks it, hands its pushes on, and writes down every input that may change it
 * before it acts. A restart replays those inputs at their own instants, so the core's determinism is what keeps the account.
 */
import { type Clock, HOLD_MS, type PacedClock, systemClock, type TimerHandle } from '../../../clock/clock.ts'
import type { JsonObject } from '../../../domain/json.ts'
import type { AccountFile, Input, SavedState } from '../account/account-file.ts'
import type { SavedFaults } from '../faults/faults.ts'
import type { CoreReply, CoreRequest, Push, SimulatedBybit } from '../simulated.ts'

/** Simulated time is never further behind than this, in wall milliseconds. */
const STEP_WALL_MS = 20
/** Time is promised to the account file in advance by this much, in wall milliseconds. */
const LEASE_WALL_MS = 250
/** The least time between two checkpoints, unless the log grows long. */
const CHECKPOINT_WALL_MS = 60_000
const LOG_BYTES_MAX = 4_194_304
/** Long gaps (a night switched off) are taken in steps, so that pushes nobody hears are dropped on the way. */
const STRIDE_MS = 600_000

type Parts = {
  core: SimulatedBybit
  clock: Clock
  speed: number
  /** Is there a client whose clock stops with ours? */
  isPaced(): boolean
  file: AccountFile | undefined
  /** All there is to save, at this moment. */
  state(): SavedState
  /** Hands pushes on. */
  hear(pushes: Push[]): void
  /** The account cannot be kept any more: nothing may be acknowledged. */
  fail(error: Error): void
}

type Driver = {
  /** Simulator time, advanced to the present. */
  nowMs(): number
  ask(request: CoreRequest): CoreReply
  deposit(uid: string, coin: string, amount: string): void
  subscribe(channel: Push['channel'], topic: string): JsonObject[] | undefined
  /** Writes the faults down beside the account's inputs. */
  keep(faults: SavedFaults): void
  /** Stops time and saves. */
  close(): void
}

/** Brings a core to where the inputs left it. Returns the time it had promised at most. */
export function replayInputs(core: SimulatedBybit, inputs: readonly Input[]): number {
  let untilMs = core.nowMs()
  for (const input of inputs) {
    if ('untilMs' in input) untilMs = Math.max(untilMs, input.untilMs)
    else {
      advanceTo(core, input.atMs)
      if ('request' in input) core.request(input.request)
      else if ('deposit' in input) core.deposit(input.deposit.uid, input.deposit.coin, input.deposit.amount)
      untilMs = Math.max(untilMs, input.atMs)
    }
    core.takePushes()
  }
  return untilMs
}

/** Moves a core a long way. */
export function advanceTo(core: SimulatedBybit, nowMs: number): void {
  for (let atMs = core.nowMs() + STRIDE_MS; atMs < nowMs; atMs += STRIDE_MS) {
    core.advance(atMs)
    core.takePushes()
  }
  core.advance(nowMs)
}

/** Keeps the core on time, and writes down each input before the core has it. `fail` ends it for good. */
export function drive({ core, clock, speed, isPaced, file, state, hear, fail }: Parts): Driver {
  let timer: TimerHandle | undefined
  let closed = false
  let flushing: NodeJS.Immediate | undefined
  // After `fail` no connection is open, so nothing of what follows can be acknowledged.
  const giveUp = (error: Error) => {
    if (closed) return
    closed = true
    fail(error)
  }
  const recorder = file && recording(file, { clock, speed, isPaced }, state, giveUp)

  const flush = () => {
    flushing = undefined
    const pushes = core.takePushes()
    if (pushes.length > 0) hear(pushes)
  }
  const catchUp = () => {
    if (closed) return
    const nowMs = Math.max(clock.nowMs(), core.nowMs())
    recorder?.promise(nowMs)
    core.advance(nowMs)
    flush()
  }
  const step = () => {
    catchUp()
    recorder?.considerCheckpoint()
    if (!closed) timer = clock.setTimeout(step, STEP_WALL_MS * speed)
  }
  timer = clock.setTimeout(step, 0)

  return {
    nowMs() {
      catchUp()
      return core.nowMs()
    },
    ask(request) {
      catchUp()
      if (request.method === 'POST') recorder?.record({ atMs: core.nowMs(), request })
      const reply = core.request(request)
      // The reply leaves first; what it caused follows in the same turn of the loop.
      flushing ??= setImmediate(flush)
      return reply
    },
    deposit(uid, coin, amount) {
      recorder?.record({ atMs: core.nowMs(), deposit: { uid, coin, amount } })
      core.deposit(uid, coin, amount)
    },
    subscribe: (channel, topic) => core.subscribe(channel, topic),
    keep: faults => recorder?.record({ atMs: core.nowMs(), faults }),
    close() {
      if (closed) return
      catchUp()
      closed = true
      clearImmediate(flushing)
      if (timer) clock.clearTimeout(timer)
      file?.close(state())
    },
  }
}

/**
 * Writes inputs and promised times down, and takes checkpoints. A checkpoint holds everything up while the whole core is put
 * into text (15 ms after 450 orders), so they are seldom: 0.1 % of the time, and 1 % while much is going on.
 */
function recording(
  file: AccountFile,
  { clock, speed, isPaced }: Pick<Parts, 'clock' | 'speed' | 'isPaced'>,
  state: () => SavedState,
  giveUp: (error: Error) => void,
) {
  const wallMs = () => clock.nowMs() / speed
  let promisedMs = 0
  let tookMs = 0
  let tookAtMs = wallMs()
  let busy = false
  const record = (input: Input) => {
    try {
      file.append(input)
    } catch (error) {
      giveUp(error as Error)
    }
  }
  return {
    record,
    promise(nowMs: number) {
      if (nowMs + (LEASE_WALL_MS / 2) * speed <= promisedMs) return
      promisedMs = Math.ceil(nowMs + LEASE_WALL_MS * speed)
      record({
        untilMs: promisedMs,
        atMs: nowMs,
        wallMs: systemClock().nowMs(),
        ...(isPaced() && { isPaced: true }),
      })
    },
    considerCheckpoint() {
      const restedMs = wallMs() - tookAtMs
      const isDue =
        restedMs > Math.max(CHECKPOINT_WALL_MS, 1000 * tookMs) ||
        (file.pendingBytes() > LOG_BYTES_MAX && restedMs > 100 * tookMs)
      if (busy || !isDue) return
      busy = true
      tookAtMs = wallMs()
      const done = file.checkpoint(state())
      tookMs = wallMs() - tookAtMs
      done.then(() => {
        busy = false
      }, giveUp)
    },
  }
}

/** A connection. */
type Client = { once(event: 'close', hear: () => void): unknown }

export type Pacing = {
  /** A client can follow this pace. It is heard until its connection ends. */
  hear(client: Client, bearable: number): void
  /** Simulated milliseconds to one of the machine, now. */
  pace(): number
  isOn(): boolean
}

/** Sets the simulator's clock by what its clients say. `speed` is the most: simulated milliseconds to one of the machine. */
export function createPacing(clock: PacedClock, speed: number): Pacing {
  const clients = new Map<Client, number>()
  const pace = () => Math.min(speed, ...clients.values())
  const run = () => clock.run(pace(), clients.size > 0 ? HOLD_MS : undefined)
  return {
    hear(client, bearable) {
      if (!clients.has(client))
        client.once('close', () => {
          clients.delete(client)
          run()
        })
      clients.set(client, bearable)
      run()
    },
    pace,
    isOn: () => clients.size > 0,
  }
}
