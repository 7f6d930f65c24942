/**
 * A loopback server that speaks Bybit's V5 wire protocol around the simulated exchange: REST, public, private and trade sockets,
 * for the same adapter that talks to the real one and for any outside client. Listens on 127.0.0.1 only.
 * It owns what the core does not know: keys, signatures, limits, sockets, the clock and the file that keeps the account.
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { scaledClock } from '../../../clock/clock.ts'
import { clockOffsetMs } from '../faults/core.ts'
import { createFaults, type Faults } from '../faults/faults.ts'
import { type Fault, msOf } from '../faults/plan.ts'
import { faultyDeliver, faultyLimits } from '../faults/wire.ts'
import { playRecording } from '../history/recorded-frames.ts'
import type { CoreReply, CoreRequest, Push } from '../simulated.ts'
import { type Accounts, accountsOf } from './accounts.ts'
import { answerControl, type SimulatorStatus } from './control.ts'
import { createPacing, drive } from './driver.ts'
import type { SimulatorOptions } from './options.ts'
import { rateLimits } from './rate-limits.ts'
import { answerRest } from './rest.ts'
import { claim, resumeCore } from './resume.ts'
import { deliverAsIs } from './sockets/connection.ts'
import { fanOut, openSockets, playOut, type SocketHub } from './sockets/hub.ts'
import { type Gate, privateHandler } from './sockets/private.ts'
import { publicHandlers } from './sockets/public.ts'
import { tradeHandler } from './sockets/trade.ts'

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

type Ends = {
  hear(pushes: Push[]): void
  fail(error: Error): void
}

/** The exchange behind the server: as it was left or new, moved by its clock, with its faults; counts what is asked of it. */
function openExchange(options: SimulatorOptions, accounts: Accounts, { hear, fail }: Ends) {
  const { speed, seed } = options
  let coreMs = () => 0
  // A plan that came with the start needs no keeping: it comes with the next one too.
  const faults = createFaults(
    options.faults ?? {},
    () => coreMs(),
    () => {
      if (kept()) driver.keep(keep())
    },
  )
  const { core, state, file, unfunded, kept, keep } = resumeCore(options, accounts, faults)
  coreMs = core.nowMs
  const startedAtMs = core.nowMs()
  const clock = scaledClock({ startAtMs: startedAtMs, speed })
  const pacing = createPacing(clock, speed)
  const driver = drive({ core, clock, speed, isPaced: pacing.isOn, file, state, hear, fail })
  let requests = 0
  let orders = 0
  return {
    core,
    clock,
    driver,
    pacing,
    faults,
    startedAtMs,
    /** Writes the present plan of faults down. */
    keepFaults: () => driver.keep(keep()),
    ask(request: CoreRequest) {
      requests++
      const reply = driver.ask(request)
      if (reply.retCode === 0 && request.path.endsWith('create')) orders++
      return reply
    },
    requests: () => requests,
    status: (peers: number) => ({
      nowMs: driver.nowMs(),
      speed,
      pace: pacing.pace(),
      seed,
      pid: process.pid,
      peers,
      orders,
      startedAtMs,
    }),
    /** Funds accounts that are new, and starts the windows of the faults. */
    begin() {
      for (const uid of unfunded) driver.deposit(uid, 'USDT', options.balance)
      if (!kept()) faults.begin(core.nowMs())
    },
  }
}

function serve(http: Server, options: SimulatorOptions, release: () => void): SimulatorServer {
  const { speed } = options
  const accounts = accountsOf(options.keys)
  let closing: (() => void) | undefined
  let broken: Error | undefined
  const fail = (error: Error) => {
    broken = error
    closing?.()
    options.failed?.(error)
  }
  const isPlayed = (channel: Push['channel'], topic: string) => player?.plays(channel, topic) ?? false
  const hear = (pushes: Push[]) => fanOut(hub, pushes, isPlayed)
  const exchange = openExchange(options, accounts, { hear, fail })
  const { core, clock, driver, faults, ask } = exchange
  const status = () => exchange.status(peersOf(hub))
  const player = playRecording(options.recorded, clock, frame => playOut(hub, frame))
  const later = (run: () => void, delayMs: number) => void clock.setTimeout(run, delayMs)
  const deliver = faultyDeliver(faults, later, options.deliver ?? deliverAsIs)
  const limits = faultyLimits(faults, rateLimits(driver.nowMs, options.requestsPer5s ?? 60_000))
  const nowMs = () => driver.nowMs() + clockOffsetMs(faults)
  const gate = { accounts, speed, nowMs, keyRefusal: keyRefusalOf(driver.ask) }
  const hub: SocketHub = openSockets(http, {
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
  exchange.begin()
  if (broken) throw broken
  const looking = setInterval(humanHand(faults, accounts.all[0]?.uid ?? '', driver.ask).look, HUMAN_LOOK_MS)
  const control = {
    accounts,
    status,
    stopAsked: options.stopAsked,
    pacing: exchange.pacing,
    faults,
    ask: driver.ask,
    kept: exchange.keepFaults,
  }
  const rest = { ...gate, limits, deliver, ask }
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
  return {
    url: urlOf(http),
    port: Number(new URL(urlOf(http)).port),
    nowMs: driver.nowMs,
    status,
    traffic: () => ({ requests: exchange.requests(), sockets: [...hub.connections()].length }),
    close: () => closeAll(http, [closing, driver.close, release]),
  }
}

const peersOf = (hub: SocketHub): number =>
  [...hub.connections()].filter(({ channel }) => channel === 'private' || channel === 'trade').length

/** Asks the exchange whether a key opens a socket. */
const keyRefusalOf =
  (ask: (request: CoreRequest) => CoreReply): Gate['keyRefusal'] =>
  (uid, key, address) => {
    const asked = { via: 'rest', method: 'GET', path: '/simulator/key', params: {} } as const
    const { retCode, retMsg } = ask({ ...asked, uid, key, address })
    return retCode === 0 ? undefined : { code: retCode, text: retMsg }
  }

/** Resolves when no connection is left. */
async function closeAll(http: Server, ways: readonly ((() => void) | undefined)[]): Promise<void> {
  const closed = new Promise<void>(resolve => http.once('close', () => resolve()))
  for (const close of ways) close?.()
  await closed
}

/** Somebody else at the same account, whose orders no engine decided: `look` places what is due. */
function humanHand(faults: Faults, uid: string, ask: (request: CoreRequest) => unknown): { look(): void } {
  const triedAtMs = new Map<Fault, number>()
  return {
    look() {
      const due = faults.holds('human-trades')
      if (!due?.order) return
      if (faults.nowMs() < (triedAtMs.get(due) ?? Number.NEGATIVE_INFINITY) + msOf(due)) return
      triedAtMs.set(due, faults.nowMs())
      if (!faults.strikes('human-trades')) return
      ask({ via: 'rest', method: 'POST', path: '/v5/order/create', params: { ...due.order }, uid })
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
