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
import { fileURLToPath } from 'node:url'
import type { Clock } from '../../clock/clock.ts'
import type { Log } from '../../telemetry/log.ts'
import type { Access } from '../venue.ts'

/**
 * The guard's post: a file in the data folder that says whose orders are watched, and by whom. While it is there, orders of that
 * salt may rest; an orderly stop takes it away. Whoever writes it anew has taken over, and the one before lets go.
 */
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
  const post: Post = { salt, token: randomUUID(), url: access.urls?.rest ?? null, speed: access.speed }
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
