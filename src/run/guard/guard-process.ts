/**
 * The guard of an engine, as a process. It waits: while the engine's heartbeat comes, nothing happens. When the pipe closes without a farewell
 * (SIGKILL, a fatal end, a lost lease) or the engine stands still, the engine's resting orders are taken off the book. An
 * engine that stands still for long is ended, so that whoever supervises it starts it again.
 *
 * With `--after-stop` it is what systemd runs after the service has ended (ExecStopPost): systemd ends a guard together with its
 * engine, and the post in the data folder says whether anything is left to do.
 */
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { startStopwatch, wallMs } from '../../clock/clock.ts'
import { loadConfig } from '../../config/config.ts'
import { SIMULATOR_KEY, SIMULATOR_SECRET } from '../../exchange/simulator/server/accounts.ts'
import { createTelemetry } from '../../telemetry/telemetry.ts'
import { type Access, connect } from '../venue.ts'
import { cancelResting, leavePost, type Orders, type Post, readPost } from './guard.ts'

/** Looks without a heartbeat, a second each: counted and not measured, since a suspended machine suspends both. */
const STILL_LOOKS = 10
const FROZEN_LOOKS = 60
const LOOK_EVERY_MS = 1_000
/** An exchange that stays away longer is left to whoever trades the account next: every start looks at open orders first. */
const GIVE_UP_MS = 600_000

async function guard(): Promise<void> {
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
  const first = await lines.next()
  if (first.done) return
  const orders = JSON.parse(first.value) as Orders
  let silent = 0
  let swept = false
  const timer = setInterval(() => {
    silent++
    if (silent >= STILL_LOOKS && !swept) {
      swept = true
      say(`the engine (process ${orders.enginePid}) has not moved for ${silent} s`)
      void clearBook(orders.access, orders.post, orders.dataDir, () => silent < STILL_LOOKS)
    }
    // The pipe is open, so the process is still that one.
    if (silent === FROZEN_LOOKS) process.kill(orders.enginePid, 'SIGKILL')
  }, LOOK_EVERY_MS)
  for (let line = await lines.next(); !line.done; line = await lines.next()) {
    if (line.value === 'dismissed') return end(timer)
    silent = 0
    swept = false
  }
  clearInterval(timer)
  say(`the engine (process ${orders.enginePid}) is gone`)
  const isClear = await clearBook(orders.access, orders.post, orders.dataDir)
  if (isClear && readPost(orders.dataDir)?.token === orders.post.token) leavePost(orders.dataDir)
}

function end(timer: NodeJS.Timeout): void {
  clearInterval(timer)
  process.stdin.destroy()
}

/** After the service has ended: the post says whether it ended in order. */
async function afterStop(): Promise<void> {
  const config = loadConfig({ cwd: process.cwd(), env: process.env })
  const { dataDir, mode, keys, rules, account } = config
  const post = readPost(dataDir)
  if (!post || mode === 'replay') return
  const isSim = mode === 'sim'
  const pair = keys ?? (isSim ? { key: SIMULATOR_KEY, secret: SIMULATOR_SECRET } : undefined)
  if (!pair) return
  const { recvWindowMs, orderDeadlineMs } = rules.execution
  const urls = post.url === null ? undefined : { rest: post.url, ws: post.url.replace(/^http/, 'ws') }
  const access = {
    mode,
    keys: pair,
    region: account.region,
    speed: post.speed,
    recvWindowMs,
    orderDeadlineMs,
    ...(urls && { urls }),
  }
  // systemd gives it as long as a stop may take; the next start looks again.
  const sinceStop = startStopwatch()
  await clearBook(access, post, dataDir, () => sinceStop() > AFTER_STOP_MS)
}

const AFTER_STOP_MS = 30_000

/** @param isCalledOff - somebody watches again */
async function clearBook(
  access: Access,
  post: Post,
  dataDir: string,
  isCalledOff: () => boolean = () => false,
): Promise<boolean> {
  const telemetry = createTelemetry({ level: 'warn', secrets: [access.keys.key, access.keys.secret] })
  const { exchange, clock, close } = connect(access, telemetry, access.mode)
  const sinceStart = startStopwatch()
  const isOver = () => isCalledOff() || sinceStart() > GIVE_UP_MS || readPost(dataDir)?.token !== post.token
  while (!clock.isSure() && !isOver()) await clock.measure().catch(() => pause(250))
  const { cancelled, isClear } = await cancelResting(exchange, { salt: post.salt, isOver, failed: say })
  await close()
  say(
    `cancelled ${cancelled.length === 0 ? 'nothing' : cancelled.join(', ')}${isClear ? '' : ', and stopped watching'}`,
  )
  return isClear
}

const say = (text: string): void =>
  void process.stderr.write(`${new Date(wallMs()).toISOString()} guard: ${text}\n`)

await (process.argv.includes('--after-stop') ? afterStop() : guard())
