/**
 * Asks, every so often, what memory cannot tell: does the database answer, how far is this machine's clock from the
 * exchange's, and how much room is left on the disk. Each answer replaces the one before it; a question that failed leaves "not known".
 */
import { statfs } from 'node:fs/promises'
import type { Clock } from '../../clock/clock.ts'
import type { Exchange } from '../../exchange/exchange.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import type { Probes } from './observe.ts'

type ProbePorts = {
  /** Rejects, or lasts, when the database is away. */
  askDatabase: () => Promise<unknown>
  exchange: Exchange
  /** Engine time. */
  clock: Clock
  speed: number
  wall: Clock
  telemetry: Telemetry
  /** Where everything of this installation is written. */
  dataDir: string
}

const DATABASE_EVERY_MS = 5_000
const DATABASE_MS_MAX = 5_000
const CLOCK_EVERY_MS = 30_000
const DISK_EVERY_MS = 30_000
/** A slow answer says little about the time: of the wall. */
const ROUND_TRIP_MS_MAX = 2_000

export type RunningProbes = { latest(): Probes; stop(): void }

/** Looks at database, clock and disk again and again until it is stopped; a figure is undefined until it was read. */
export function startProbes(ports: ProbePorts): RunningProbes {
  const latest: Probes = { database: undefined, clockOffWallMs: undefined, diskFreeBytes: undefined }
  const stops = [
    repeat(ports.wall, DATABASE_EVERY_MS, async () => {
      latest.database = await databaseAnswer(ports)
    }),
    repeat(ports.wall, CLOCK_EVERY_MS, async () => {
      latest.clockOffWallMs = await clockOff(ports)
      if (latest.clockOffWallMs !== undefined) ports.telemetry.clockOff(latest.clockOffWallMs / 1_000)
    }),
    repeat(ports.wall, DISK_EVERY_MS, async () => {
      latest.diskFreeBytes = await freeBytes(ports.dataDir)
    }),
  ]
  return {
    latest: () => latest,
    stop: () => {
      for (const stop of stops) stop()
    },
  }
}

async function databaseAnswer({ askDatabase, wall }: ProbePorts): Promise<Probes['database']> {
  const late = Promise.withResolvers<never>()
  const timer = wall.setTimeout(
    () => late.reject(new Error(`no answer within ${DATABASE_MS_MAX} ms`)),
    DATABASE_MS_MAX,
  )
  try {
    await Promise.race([askDatabase(), late.promise])
    return { ok: true, detail: 'answers' }
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : String(error) }
  } finally {
    wall.clearTimeout(timer)
  }
}

async function freeBytes(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize
  } catch {
    // A folder that is away shows at the database first; of the disk nothing is known then.
    return undefined
  }
}

async function clockOff({ exchange, clock, speed }: ProbePorts): Promise<number | undefined> {
  try {
    const askedAtMs = clock.nowMs()
    const serverMs = await exchange.serverTimeMs()
    const heardAtMs = clock.nowMs()
    if ((heardAtMs - askedAtMs) / speed > ROUND_TRIP_MS_MAX) return undefined
    return ((askedAtMs + heardAtMs) / 2 - serverMs) / speed
  } catch {
    // An exchange that does not answer is told of by the feeds; about the clock nothing is known then.
    return undefined
  }
}

/** Runs at once and then again and again, never twice at a time. `run` does not reject. */
function repeat(wall: Clock, everyMs: number, run: () => Promise<void>): () => void {
  let stopped = false
  const turn = async () => {
    await run()
    if (!stopped) timer = wall.setTimeout(() => void turn(), everyMs)
  }
  let timer = wall.setTimeout(() => void turn(), 0)
  return () => {
    stopped = true
    wall.clearTimeout(timer)
  }
}
