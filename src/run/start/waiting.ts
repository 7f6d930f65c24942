/**
 * What a start waits for instead of giving up: an exchange or a database that does not answer, an account that another engine
 * trades. Meanwhile systemd is asked for patience, whoever asks over HTTP hears why it is not ready, and after a minute
 * people are told. Nothing is half made: a start goes on where it waited.
 */
import { createServer, type Server } from 'node:http'
import type { Alerts } from '../../alerts/alerts.ts'
import { type Clock, restFor } from '../../clock/clock.ts'
import type { Log } from '../../telemetry/log.ts'
import type { Notifier } from '../service/notify.ts'
import { StartFault } from './data-folder.ts'

export type Waiting = {
  /**
   * Tries until it succeeds, with pauses that grow. @param what - named in the status: 'the exchange'
   * @throws StartFault as it came, and `StartStopped` when the process is told to stop
   */
  until<Result>(what: string, attempt: () => Promise<Result>): Promise<Result>
  /** The start is through, or over: the port is free again. */
  end(): Promise<void>
}

/** For starts that do not wait: what fails, fails. */
export const notWaiting: Waiting = { until: (_what, attempt) => attempt(), end: async () => {} }

/** Asked to stop while it was still starting. */
export class StartStopped extends Error {
  override name = 'StartStopped'
}

type WaitingPorts = {
  log: Log
  wall: Clock
  notifier: Notifier
  host: string
  /** 0: nobody knows where to ask, so nobody is answered. */
  port: number
  /** Aborted when the process is told to stop. */
  stopped: AbortSignal
  /** Made only when there is something to tell. */
  alerts: () => Alerts
}

const PAUSE_FIRST_MS = 500
const PAUSE_LAST_MS = 30_000
/** Bybit: an address that was refused with HTTP 403 is to be quiet for ten minutes. */
const PAUSE_BANNED_MS = 600_000
const TELL_AFTER_MS = 60_000
const ALERT = 'engine.waiting'

/** Waits for what a start needs, and says so to systemd, to whoever asks over HTTP, and after a minute to people. */
export function createWaiting(ports: WaitingPorts): Waiting {
  const { log, wall, notifier, stopped } = ports
  let room: Promise<Server | undefined> | undefined
  let reason = ''
  let alerted = false
  const said = (what: string, because: string, pauseMs: number, sinceMs: number) => {
    if (because !== reason) log.warn('start.waiting', { for: what, because, againInMs: pauseMs })
    reason = because
    room ??= openRoom(ports, () => reason)
    void notifier.status(`waiting for ${what}: ${because}`)
    if (alerted || wall.nowMs() - sinceMs < TELL_AFTER_MS) return
    alerted = true
    ports.alerts().raise('page', ALERT, { subject: what, because })
  }
  const over = (what: string, sinceMs: number) => {
    if (reason !== '') log.warn('start.going-on', { after: what, waitedMs: wall.nowMs() - sinceMs })
    if (alerted) ports.alerts().clear(ALERT, what)
    alerted = false
    reason = ''
  }
  return {
    async until(what, attempt) {
      const sinceMs = wall.nowMs()
      for (let tries = 0; ; tries++) {
        if (stopped.aborted) throw new StartStopped(`stopped while waiting for ${what}`)
        try {
          const found = await attempt()
          over(what, sinceMs)
          return found
        } catch (error) {
          if (error instanceof StartFault) throw error
          const because = error instanceof Error ? error.message : String(error)
          const pauseMs = pauseAfter(because, tries)
          said(what, because, pauseMs, sinceMs)
          await restFor(wall, pauseMs, stopped)
        }
      }
    },
    async end() {
      const server = await room
      room = undefined
      server?.closeAllConnections()
      await new Promise<void>(resolve => (server ? server.close(() => resolve()) : resolve()))
    },
  }
}

const pauseAfter = (because: string, tries: number): number =>
  /\bHTTP 403\b/.test(because) ? PAUSE_BANNED_MS : Math.min(PAUSE_LAST_MS, PAUSE_FIRST_MS * 2 ** tries)

/** Answers in the engine's place: alive, not ready, and why. Where the port cannot be had, nobody is answered. */
function openRoom({ host, port, log }: WaitingPorts, reason: () => string): Promise<Server | undefined> {
  if (port === 0) return Promise.resolve(undefined)
  const server = createServer(({ url }, response) => {
    const isAlive = url === '/healthz'
    const problem = { type: 'about:blank', title: 'The engine is starting', status: 503, detail: reason() }
    response
      .writeHead(isAlive ? 200 : 503, {
        'content-type': 'application/problem+json',
        'cache-control': 'no-store',
      })
      .end(JSON.stringify(isAlive ? { status: 'ok', starting: reason() } : problem))
  })
  return new Promise(resolve => {
    server.once('error', error => {
      log.warn('start.unheard', { error: error.message })
      resolve(undefined)
    })
    server.listen(port, host, () => resolve(server))
  })
}
