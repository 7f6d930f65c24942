/**
 * Gives an engine in mode `sim` its exchange: a simulator process beside it, which lives longer than the engine if the engine
 * is killed, so that a restarted engine takes up the very account it left. `<dataDir>/simulator.json` says where it is.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { uidOf } from './server/accounts.ts'
import { statusOf } from './server/control.ts'
import type { ReadyLine } from './server/process.ts'

export type Launch = {
  dataDir: string
  /** The port it had before, or a free one, when not given. */
  port?: number
  seed: number
  speed: number
  /** USDT, credited once when the account is new. */
  balance: string
  key: string
  secret: string
  /** Of the account; the key's own when left out. */
  uid?: string
  /** Where the engine's clock stands, of an exchange that it knows already. */
  notBeforeMs?: number
  /** The program to run; the simulator's own unless a test says otherwise. */
  entry?: string
}

export type LaunchedSimulator = {
  url: string
  /** The same port for sockets: `ws://127.0.0.1:PORT`. */
  wsUrl: string
  pid: number
  /** It was already running, with its account. */
  reused: boolean
  /** Saves the account and ends the process; resolves when it is gone. While others trade on it, it is left to them. */
  stop(): Promise<void>
}

type Place = { url: string; pid: number; account: string }

const READY_MS = 60_000
const STOP_MS = 20_000
const LOOK_EVERY_MS = 50
/** Connections that were just closed take the simulator a moment to notice. */
const LEAVE_MS = 3_000

/**
 * Takes up the simulator that runs on `dataDir`, or starts one. Rejects with the simulator's own words when it cannot start, and when
 * the one that runs has other settings and is traded on.
 */
export async function launchSimulator(launch: Launch): Promise<LaunchedSimulator> {
  mkdirSync(launch.dataDir, { recursive: true })
  const file = join(launch.dataDir, 'simulator.json')
  const known = readPlace(file)
  const account = launch.uid ?? uidOf(launch.key)
  if (known) {
    const status = await statusOf(known.url)
    if (status?.pid === known.pid) {
      const same = status.seed === launch.seed && status.speed === launch.speed && known.account === account
      if (same) return handle(known, true, file)
      if (await isUsed(known))
        throw new Error(
          `a simulator with seed ${status.seed} and speed ${status.speed} is in use in ${launch.dataDir}: stop its engine first, start with the same HEDGEROW_SEED and HEDGEROW_SPEED, or set HEDGEROW_DATA_DIR to another folder`,
        )
      await stopAt(known)
    }
  }
  const { url, pid, child } = await start(launch, known)
  const place = { url, pid, account }
  writeFileSync(file, JSON.stringify(place))
  return handle(place, false, file, child)
}

function handle(place: Place, reused: boolean, file: string, child?: ChildProcess): LaunchedSimulator {
  const { url, pid } = place
  return {
    url,
    wsUrl: url.replace('http', 'ws'),
    pid,
    reused,
    async stop() {
      if (await isUsed(place)) return
      await stopAt(place, child)
      rmSync(file, { force: true })
    },
  }
}

function readPlace(file: string): Place | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Place
  } catch (error) {
    // Missing, or half written by a process that was killed: start anew, the account is in another file.
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Does anybody still trade on it? One that does not answer is nobody's. */
async function isUsed({ url }: Place): Promise<boolean> {
  for (let waitedMs = 0; ; waitedMs += LOOK_EVERY_MS) {
    const status = await statusOf(url)
    if (!status || status.peers === 0) return false
    if (waitedMs >= LEAVE_MS) return true
    await pause(LOOK_EVERY_MS)
  }
}

async function stopAt({ url, pid }: Place, child?: ChildProcess): Promise<void> {
  const isGone = async () =>
    child ? child.exitCode !== null || child.signalCode !== null : (await statusOf(url))?.pid !== pid
  await fetch(`${url}/simulator/stop`, { method: 'POST', signal: AbortSignal.timeout(2_000) }).catch(
    () => undefined,
  )
  for (let waitedMs = 0; !(await isGone()); waitedMs += LOOK_EVERY_MS) {
    // Its account is on disk whatever happens, and its status named this pid a moment ago.
    if (waitedMs === STOP_MS) process.kill(pid, 'SIGKILL')
    await pause(LOOK_EVERY_MS)
  }
}

type Started = ReadyLine & { child: ChildProcess }

async function start(launch: Launch, known: Place | undefined): Promise<Started> {
  const before = known ? Number(new URL(known.url).port) : 0
  if (launch.port !== undefined || before === 0) return spawnOn(launch, launch.port ?? 0)
  // The port it had, so that clients that wait for it find it again; somebody else's by now is no reason to fail.
  return spawnOn(launch, before).catch((error: Error) => {
    if (error.message.includes('is in use')) return spawnOn(launch, 0)
    throw error
  })
}

async function spawnOn(launch: Launch, port: number): Promise<Started> {
  const { dataDir, seed, speed, balance, key, secret } = launch
  const entry = launch.entry ?? fileURLToPath(new URL('./server/simulator-process.ts', import.meta.url))
  const options = {
    port,
    seed,
    speed,
    balance,
    state: join(dataDir, 'simulator-account.json'),
    uid: launch.uid,
    'not-before': launch.notBeforeMs,
  }
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  const flags = given.flatMap(([name, value]) => [`--${name}`, String(value)])
  const logFile = join(dataDir, 'simulator.log')
  const log = openSync(logFile, 'w')
  const child = spawn(process.execPath, [entry, ...flags, '--parent'], {
    // A group of its own: Ctrl-C in the engine's terminal is the engine's, which stops the simulator last.
    detached: true,
    stdio: ['pipe', 'pipe', log],
    env: { ...process.env, BYBIT_API_KEY: key, BYBIT_API_SECRET: secret },
  })
  closeSync(log)
  const ready = await firstLine(child, logFile)
  child.unref()
  for (const pipe of [child.stdin, child.stdout]) (pipe as Socket | null)?.unref()
  return { ...(JSON.parse(ready) as ReadyLine), child }
}

function firstLine(child: ChildProcess, logFile: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const late = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`simulator: expected to be ready within ${READY_MS} ms`))
    }, READY_MS)
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8')
      if (!text.includes('\n')) return
      clearTimeout(late)
      resolve(text)
    })
    child.once('error', reject)
    child.once('exit', code => {
      clearTimeout(late)
      const words = readFileSync(logFile, 'utf8').trim().split('\n')[0]
      reject(new Error(words || `simulator: ended with code ${code} before it was ready`))
    })
  })
}
