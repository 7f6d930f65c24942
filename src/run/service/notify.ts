/**
 * Tells systemd how the engine is: READY, STATUS, WATCHDOG, STOPPING (sd_notify(3)). Does nothing outside systemd.
 *
 * The protocol needs a unix datagram socket and Node has none; the npm packages that add one are native addons that are
 * built on each machine. `systemd-notify` comes with every systemd and waits until its message was taken (a barrier), so
 * a message is not lost because its sender is gone. The sender is then a child of the engine, and an unprivileged child
 * cannot speak as its parent: the unit says NotifyAccess=all. That lets every process of the unit speak, so the socket
 * is taken out of the environment at the start: the embedded PostgreSQL must not say READY for us.
 */
import { execFile } from 'node:child_process'
import type { Clock } from '../../clock/clock.ts'
import type { Log } from '../../telemetry/log.ts'

type Environment = Record<string, string | undefined>

export type Notifier = {
  /** Is systemd listening? */
  readonly enabled: boolean
  /** It is starting, however long that takes: asks systemd for patience until `ready` or `stopping`. Returns how to stop. */
  starting(): () => void
  /** The engine is reconciled and serves. Only now `systemctl start` returns. */
  ready(status: string): Promise<void>
  /** One line for `systemctl status`. */
  status(text: string): Promise<void>
  stopping(status: string): Promise<void>
  /** Feeds the watchdog while `isHealthy` says so; systemd restarts an engine that fell silent. Returns how to stop. */
  watch(isHealthy: () => boolean): () => void
}

type NotifierOptions = {
  env: Environment
  pid: number
  /** Wall time. */
  clock: Clock
  log: Log
}

/** Longer than the barrier of `systemd-notify`, which waits 5 s. */
const SEND_MS = 10_000

/** A process that froze while it started sends none of these, and is ended by systemd in time. */
const EXTEND_EVERY_MS = 30_000
const EXTEND_BY_MS = 120_000

/** Takes systemd's variables out of `env`, so that no child inherits them. */
export function createNotifier({ env, pid, clock, log }: NotifierOptions): Notifier {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: watchdog, WATCHDOG_PID: watchdogPid, PATH } = env
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete env[name]

  let last = Promise.resolve()
  let endStart = () => {}
  const send = (...lines: string[]) => {
    if (!socket) return Promise.resolve()
    // One after the other: READY must not overtake a STATUS said before it.
    last = last.then(() => run(lines, { NOTIFY_SOCKET: socket, PATH }, log))
    return last
  }
  const meant = watchdogPid === undefined || watchdogPid === String(pid)
  const intervalMs = meant ? Number(watchdog ?? 0) / 1000 : 0
  return {
    enabled: socket !== undefined,
    starting: () => {
      if (!socket) return () => {}
      endStart = every(clock, EXTEND_EVERY_MS, () => void send(`EXTEND_TIMEOUT_USEC=${EXTEND_BY_MS * 1_000}`))
      return endStart
    },
    ready: status => {
      endStart()
      return send('READY=1', statusLine(status))
    },
    status: text => send(statusLine(text)),
    stopping: status => {
      endStart()
      return send('STOPPING=1', statusLine(status))
    },
    watch: isHealthy => {
      if (!socket || !(intervalMs > 0)) return () => {}
      return every(clock, intervalMs / 3, () => {
        if (isHealthy()) void send('WATCHDOG=1')
        else log.warn('watchdog.withheld', { intervalMs })
      })
    },
  }
}

const statusLine = (text: string) => `STATUS=${text.replace(/\s+/g, ' ').slice(0, 200)}`

function run(lines: readonly string[], env: Environment, log: Log): Promise<void> {
  return new Promise(resolve => {
    execFile('systemd-notify', [...lines], { env, timeout: SEND_MS }, error => {
      // A message that was not taken is systemd's to judge: it starts a service again that falls silent.
      if (error) log.error('systemd.untold', { lines: lines.join(' '), error: error.message })
      resolve()
    })
  })
}

function every(clock: Clock, ms: number, run: () => void): () => void {
  let timer = clock.setTimeout(tick, 0)
  function tick() {
    run()
    timer = clock.setTimeout(tick, ms)
  }
  return () => clock.clearTimeout(timer)
}
