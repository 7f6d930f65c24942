/**
 * The engine's side of its guard: a process of its own that the engine starts, feeds with a heartbeat, and sends home at an
 * orderly stop. When the heartbeat ends in any other way the guard takes the engine's resting orders off the book
 * (`guard-process.ts`).
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Clock, startStopwatch } from '../../clock/clock.ts'
import { ownerOfOrder } from '../../domain/legs/order.ts'
import type { Exchange } from '../../exchange/exchange.ts'
import { isAlive } from '../../store/embedded/home.ts'
import type { Log } from '../../telemetry/log.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import type { Access } from '../venue.ts'

/**
 * The guard's post: a file in the data folder that says whose orders are watched, and by whom. While it is there, orders of that
 * salt may rest; an orderly stop takes it away. Whoever writes it anew has taken over, and the one before lets go.
 */
export type Post = {
  salt: string
  /** Names one engine's life. */
  token: string
  /** The engine's process; missing in what an earlier version wrote. */
  enginePid?: number
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

const writePost = (dataDir: string, post: Post): void =>
  writeFileSync(fileOf(dataDir), JSON.stringify(post), { mode: 0o600 })

/** Takes the post away: nothing is left to watch. */
export const leavePost = (dataDir: string): void => rmSync(fileOf(dataDir), { force: true })

/** The first line a guard reads: all it needs, over a pipe, so that no secret stands in a command line or a file. */
export type Orders = { access: Access; post: Post; dataDir: string; enginePid: number }

type Guard = {
  /** Nothing rests any more and nothing will: the guard ends, and nobody cancels anything. */
  dismiss(): Promise<void>
}

type GuardOptions = { dataDir: string; access: Access; salt: string; clock: Clock; log: Log }

const BEAT_EVERY_MS = 1_000
const RESTART_AFTER_MS = 1_000
const DISMISS_MS = 3_000
const ENTRY = fileURLToPath(new URL('./guard-process.ts', import.meta.url))

/** Starts the guard; one that dies is started again. @param clock - the machine's time */
export function startGuard({ dataDir, access, salt, clock, log }: GuardOptions): Guard {
  const post: Post = {
    salt,
    token: randomUUID(),
    enginePid: process.pid,
    url: access.urls?.rest ?? null,
    speed: access.speed,
  }
  writePost(dataDir, post)
  const orders: Orders = { access, post, dataDir, enginePid: process.pid }
  let isDismissed = false
  let child = spawnGuard(orders)
  const watch = () => {
    child.once('exit', (code, signal) => {
      if (isDismissed) return
      log.error('guard.ended', { code, signal, note: 'started again' })
      clock.setTimeout(() => {
        if (isDismissed) return
        child = spawnGuard(orders)
        watch()
      }, RESTART_AFTER_MS)
    })
  }
  watch()
  const beat = () => {
    child.stdin?.write('beat\n')
    timer = clock.setTimeout(beat, BEAT_EVERY_MS)
  }
  let timer = clock.setTimeout(beat, BEAT_EVERY_MS)
  return {
    async dismiss() {
      isDismissed = true
      clock.clearTimeout(timer)
      leavePost(dataDir)
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.stdin?.end('dismissed\n')
      const late = clock.setTimeout(() => child.kill('SIGKILL'), DISMISS_MS)
      await ended
      clock.clearTimeout(late)
    },
  }
}

function spawnGuard(orders: Orders): ChildProcess {
  const log = openSync(join(orders.dataDir, 'guard.log'), 'a', 0o600)
  // A group of its own: what ends the engine by its group or its terminal must not end the guard first.
  const child = spawn(process.execPath, [ENTRY], { detached: true, stdio: ['pipe', log, log] })
  closeSync(log)
  // A guard that dies while it is written to shows by its exit.
  child.stdin?.on('error', () => {})
  child.on('error', () => {})
  child.stdin?.write(`${JSON.stringify(orders)}\n`)
  child.unref()
  ;(child.stdin as Socket | null)?.unref()
  return child
}

// Takes the resting orders of an engine that is gone off the book: nothing rests unwatched. Knows nothing of hedges and needs
// no database: an order is the engine's by the salt its id begins with.

type Swept = {
  /** Cancelled, by their ids. */
  cancelled: string[]
  /** Were all of them seen to be gone? */
  isClear: boolean
}

type Options = {
  salt: string
  /** Gives up: somebody else watches the account now. Asked before every look. */
  isOver(): boolean
  /** Says what could not be done, and that it is tried again. */
  failed(cause: string): void
}

const AGAIN_MS = 250
/** While the exchange does not answer. */
const AGAIN_MS_MAX = 5_000
/** An order that was on its way when the engine went is listed a moment later: so often nothing must be seen in a row. */
const CLEAR_LOOKS = 4

/** Looks and cancels until nothing of the engine's rests. Never throws. */
export async function cancelResting(
  exchange: Pick<Exchange, 'openOrders' | 'cancelOrder'>,
  { salt, isOver, failed }: Options,
): Promise<Swept> {
  const cancelled = new Set<string>()
  const swept = (isClear: boolean): Swept => ({ cancelled: [...cancelled], isClear })
  let failures = 0
  for (let clear = 0; clear < CLEAR_LOOKS; ) {
    if (isOver()) return swept(false)
    try {
      const resting = (await exchange.openOrders()).filter(
        ({ orderLinkId }) => ownerOfOrder(orderLinkId) && orderLinkId.startsWith(salt),
      )
      failures = 0
      clear = resting.length === 0 ? clear + 1 : 0
      if (resting.length > 0 && isOver()) return swept(false)
      await Promise.all(
        resting.map(async ({ market, symbol, orderLinkId }) => {
          cancelled.add(orderLinkId)
          if (!(await exchange.cancelOrder(market, symbol, orderLinkId)))
            failed(`order ${orderLinkId}: whether it is off the book is not known`)
        }),
      )
    } catch (error) {
      failures++
      failed(error instanceof Error ? error.message : String(error))
    }
    await pause(Math.min(AGAIN_MS_MAX, AGAIN_MS * 2 ** Math.min(failures, 8)))
  }
  return swept(true)
}

/** How long a start looks after what the last engine left; what remains is found again when it reconciles. */
const LEFT_MS_MAX = 20_000

/**
 * What an engine that did not end in order left resting: taken off before anything else is waited for. Orders of one that
 * still runs are its own. A number that another program has by now is taken for the engine's: then what is left is found
 * when this engine reconciles.
 */
export async function cancelLeft(
  dataDir: string,
  exchange: Exchange,
  { log }: Pick<Telemetry, 'log'>,
): Promise<void> {
  const post = readPost(dataDir)
  if (!post || (post.enginePid !== undefined && isAlive(post.enginePid))) return
  const sinceStart = startStopwatch()
  const { cancelled, isClear } = await cancelResting(exchange, {
    salt: post.salt,
    isOver: () => sinceStart() > LEFT_MS_MAX,
    failed: cause => log.warn('guard.left', { error: cause }),
  })
  log.warn('guard.swept', { cancelled: cancelled.join(', '), isClear })
}
