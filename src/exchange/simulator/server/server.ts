/**
 * A loopback server that speaks Bybit's V5 wire protocol around the simulated exchange: REST, public, private and trade sockets,
 * for the same adapter that talks to the real one and for any outside client. Listens on 127.0.0.1 only.
 * It owns what the core does not know: keys, signatures, limits, sockets, the clock and the file that keeps the account.
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { scaledClock } from '../../../clock/clock.ts'
import { clockOffsetMs } from '../faults/core.ts'
import { createFaults } from '../faults/faults.ts'
import { humanHand } from '../faults/human.ts'
import { faultyDeliver, faultyLimits } from '../faults/wire.ts'
import { playRecording } from '../history/recorded-frames.ts'
import type { CoreRequest, Push } from '../simulated.ts'
import { accountsOf } from './accounts.ts'
import { claim } from './claim.ts'
import { answerControl, type SimulatorStatus } from './control.ts'
import { deliverAsIs } from './deliver.ts'
import { drive } from './driver.ts'
import { fanOut, playOut } from './fan-out.ts'
import type { SimulatorOptions } from './options.ts'
import { rateLimits } from './rate-limits.ts'
import { answerRest } from './rest.ts'
import { resume } from './resume.ts'
import { type Hub, openSockets } from './sockets.ts'
import { privateHandler } from './sockets-private.ts'
import { publicHandlers } from './sockets-public.ts'
import { tradeHandler } from './sockets-trade.ts'

export type SimulatorServer = {
  /** `http://127.0.0.1:PORT`; the sockets are on the same port. */
  url: string
  port: number
  nowMs(): number
  status(): SimulatorStatus
  /** Requests and socket messages so far, and sockets open now: is anybody there? */
  traffic(): { requests: number; sockets: number }
  /** Saves, then closes every connection. */
  close(): Promise<void>
}

/** Bybit allows 1,000 market-data sockets per address and category. */
const CONNECTIONS_MAX = 2_000
/** How closely a person's hand keeps its times, in wall milliseconds. */
const HUMAN_LOOK_MS = 50

/** Starts the server. Rejects with one clear line when the port is taken or the state file cannot be used. */
export async function startSimulatorServer(options: SimulatorOptions): Promise<SimulatorServer> {
  const http = createServer({ requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 65_000 })
  http.maxConnections = CONNECTIONS_MAX
  await listen(http, options.port)
  let release = () => {}
  try {
    if (options.stateFile) release = await claim(options.stateFile, urlOf(http))
    return serve(http, options, release)
  } catch (error) {
    release()
    http.close()
    throw error
  }
}

const urlOf = (http: Server): string => `http://127.0.0.1:${(http.address() as AddressInfo).port}`

function serve(http: Server, options: SimulatorOptions, release: () => void): SimulatorServer {
  const { speed, seed } = options
  const accounts = accountsOf(options.keys)
  let coreMs = () => 0
  // A plan that came with the start needs no keeping: it comes with the next one too.
  const faults = createFaults(
    options.faults ?? {},
    () => coreMs(),
    () => {
      if (kept()) driver.keep(keep())
    },
  )
  const { core, state, file, unfunded, kept, keep } = resume(options, accounts, faults)
  coreMs = core.nowMs
  const startedAtMs = core.nowMs()
  const clock = scaledClock({ startAtMs: startedAtMs, speed })
  const later = (run: () => void, delayMs: number) => void clock.setTimeout(run, delayMs)
  const deliver = faultyDeliver(faults, later, options.deliver ?? deliverAsIs)
  let requests = 0
  let orders = 0
  let closing: (() => void) | undefined
  let broken: Error | undefined
  const fail = (error: Error) => {
    broken = error
    closing?.()
    options.failed?.(error)
  }
  const player = playRecording(options.recorded, clock, frame => playOut(hub, frame))
  const isPlayed = (channel: Push['channel'], topic: string) => player?.plays(channel, topic) ?? false
  const hear = (pushes: Push[]) => fanOut(hub, pushes, isPlayed)
  const hand = humanHand(faults, accounts.all[0]?.uid ?? '', request => driver.ask(request))
  const driver = drive({ core, clock, speed, file, state, hear, fail })
  const ask = (request: CoreRequest) => {
    requests++
    const reply = driver.ask(request)
    if (reply.retCode === 0 && request.path.endsWith('create')) orders++
    return reply
  }
  const limits = faultyLimits(faults, rateLimits(driver.nowMs, options.requestsPer5s ?? 60_000))
  const shownMs = () => driver.nowMs() + clockOffsetMs(faults)
  const gate = { accounts, speed, nowMs: shownMs }
  const hub: Hub = openSockets(http, {
    deliver,
    bufferedBytesMax: options.bufferedBytesMax ?? 4_194_304,
    handlers: {
      ...publicHandlers(
        () => hub,
        (channel, topic) => player?.first(channel, topic) ?? driver.subscribe(channel, topic),
      ),
      private: privateHandler(gate),
      trade: tradeHandler({ ...gate, limits, ask }),
    },
  })
  core.want(hub.isWanted)
  for (const uid of unfunded) driver.deposit(uid, 'USDT', options.balance)
  if (broken) throw broken
  if (!kept()) faults.begin(core.nowMs())
  const looking = setInterval(hand.look, HUMAN_LOOK_MS)
  const status = () => ({ nowMs: driver.nowMs(), speed, seed, pid: process.pid, orders, startedAtMs })
  const rest = { accounts, limits, deliver, speed, startedAtMs, nowMs: shownMs, ask }
  const control = {
    status,
    stopAsked: options.stopAsked,
    faults,
    ask: driver.ask,
    kept: () => driver.keep(keep()),
  }
  http.on('request', (request, response) => {
    if (request.url?.startsWith('/simulator/')) answerControl(request, response, control)
    else answerRest(request, response, rest)
  })
  closing = () => {
    player?.close()
    clearInterval(looking)
    hub.close()
    http.close()
    http.closeAllConnections()
  }
  const url = urlOf(http)
  return {
    url,
    port: Number(new URL(url).port),
    nowMs: driver.nowMs,
    status,
    traffic: () => ({ requests, sockets: [...hub.connections()].length }),
    async close() {
      const closed = new Promise<void>(resolve => http.once('close', () => resolve()))
      closing()
      driver.close()
      release()
      await closed
    },
  }
}

function listen(http: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new Error(`port ${port} of 127.0.0.1 is in use`) : error),
    )
    http.listen(port, '127.0.0.1', resolve)
  })
}
