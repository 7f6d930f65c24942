/**
 * The exchange of each mode, on its own time: `sim` brings its own simulator, the others speak to Bybit. One that does not
 * answer is waited for; what a person must mend is refused.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { wallMs } from '../clock/clock.ts'
import { type ExchangeClock, exchangeClock } from '../clock/exchange-clock.ts'
import type { Config, KeyPair } from '../config/config.ts'
import { examineAccount } from '../exchange/bybit/account-checks.ts'
import { hostsOf, type WireMode, type WireUrls } from '../exchange/bybit/hosts.ts'
import { createBybitExchange } from '../exchange/bybit/venue.ts'
import { createSdkWire } from '../exchange/bybit/wire/sdk-wire.ts'
import type { Wire } from '../exchange/bybit/wire/wire.ts'
import type { Exchange } from '../exchange/exchange.ts'
import { type Launch, type LaunchedSimulator, launchSimulator } from '../exchange/simulator/launch.ts'
import { SIMULATOR_KEY, SIMULATOR_SECRET } from '../exchange/simulator/server/accounts.ts'
import { statusOf } from '../exchange/simulator/server/control.ts'
import { isAlive } from '../store/embedded/home.ts'
import type { Log } from '../telemetry/log.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { managesAccount, needsOf } from './alerts/account-fitness.ts'
import { measuredWire } from './measured.ts'
import { type Pacer, startPacer } from './pacer.ts'
import { asStartFault, StartFault } from './start/data-folder.ts'
import type { Waiting } from './start/waiting.ts'

const LOOK_EVERY_MS = 2_000

/** @throws the simulator's own words when it cannot start the first time */
async function keptSimulator(launch: Launch, log: Log): Promise<Pick<LaunchedSimulator, 'url' | 'stop'>> {
  let simulator = await launchSimulator(launch)
  const { url } = simulator
  const ending = new AbortController()
  const keep = async () => {
    while (await rested(ending.signal)) {
      if (isAlive(simulator.pid) || (await statusOf(url))) continue
      try {
        // On the port it had: everything that speaks to it finds it again.
        simulator = await launchSimulator({ ...launch, port: Number(new URL(url).port) })
        log.warn('simulator.restarted', { url, pid: simulator.pid })
      } catch (error) {
        log.error('simulator.down', { error: error instanceof Error ? error.message : String(error) })
      }
    }
  }
  const kept = keep()
  return {
    url,
    async stop() {
      ending.abort()
      await kept
      await simulator.stop()
    },
  }
}

const rested = (signal: AbortSignal): Promise<boolean> =>
  pause(LOOK_EVERY_MS, true, { signal, ref: false }).catch(() => false)

export type Venue = {
  exchange: Exchange
  /** The exchange's time. */
  clock: ExchangeClock
  speed: number
  /** Where simulated time may slow down. */
  pacer?: Pacer
  /** Where it is, for people. */
  where: string
  /** How a process beside this one reaches the same account. */
  access: Access
  /** Ends what this process started; a simulator somebody else runs is left alone. */
  close(): Promise<void>
}

/** All that is needed to act on the account. Holds secrets: never logged, never stored. */
export type Access = {
  mode: WireMode
  urls?: WireUrls
  keys: KeyPair
  region: Config['account']['region']
  /** Engine milliseconds to one of the machine; the exchange's windows are that much wider. */
  speed: number
  recvWindowMs: number
  orderDeadlineMs: number
}

/** USDT that a new simulated account starts with. */
const SIMULATED_BALANCE = '100000'
const WAITED_FOR = 'the exchange'

/** Connects to the exchange of the configured mode. @throws StartFault for what waiting does not mend */
export async function openVenue(config: Config, telemetry: Telemetry, waiting: Waiting): Promise<Venue> {
  const { mode } = config
  if (mode === 'sim') return openSimulator(config, telemetry, waiting)
  if (mode !== 'live' && mode !== 'testnet' && mode !== 'demo')
    throw new StartFault(`mode ${mode}: not served by this command`)
  const { keys } = config
  if (!keys) throw new StartFault(`mode ${mode}: expected BYBIT_API_KEY and BYBIT_API_SECRET, found none`)
  const access = accessOf(config, { mode, keys, speed: 1 })
  return checked(connect(access, telemetry, `Bybit ${mode}`), config, telemetry, waiting)
}

async function openSimulator(config: Config, telemetry: Telemetry, waiting: Waiting): Promise<Venue> {
  const keys = config.keys ?? { key: SIMULATOR_KEY, secret: SIMULATOR_SECRET }
  const own = config.exchangeUrl
    ? undefined
    : await keptSimulator(
        {
          dataDir: config.dataDir,
          seed: config.seed,
          speed: config.speed,
          balance: SIMULATED_BALANCE,
          ...keys,
        },
        telemetry.log,
      ).catch(asStartFault())
  const url = config.exchangeUrl ?? own?.url ?? ''
  try {
    const { speed } = await waiting.until(WAITED_FOR, async () => {
      const status = await statusOf(url)
      if (!status)
        throw new Error(`expected a running simulator at ${url} (HEDGEROW_EXCHANGE_URL), found no answer`)
      return status
    })
    const urls = { rest: url, ws: url.replace(/^http/, 'ws') }
    const access = accessOf(config, { mode: 'sim', keys, urls, speed })
    const connected = connect(access, telemetry, url)
    const { clock, frameAgeMs } = connected
    const pacer = startPacer({ url, speed, clock, frameAgeMs, telemetry })
    const closeBoth = async () => {
      pacer.close()
      await connected.close()
    }
    const venue = await checked({ ...connected, pacer, close: closeBoth }, config, telemetry, waiting)
    const close = async () => {
      await venue.close()
      await own?.stop()
    }
    return { ...venue, close }
  } catch (error) {
    await own?.stop()
    throw error
  }
}

const accessOf = (
  { account, rules }: Config,
  to: Omit<Access, 'region' | 'recvWindowMs' | 'orderDeadlineMs'>,
): Access => ({
  ...to,
  region: account.region,
  recvWindowMs: rules.execution.recvWindowMs,
  orderDeadlineMs: rules.execution.orderDeadlineMs,
})

type Connected = Venue & { frameAgeMs: () => number }

/** Opens the exchange over the network. Nothing is asked of it yet but its time. */
export function connect(access: Access, telemetry: Telemetry, where: string): Connected {
  const { mode, keys, urls, region, speed, recvWindowMs, orderDeadlineMs } = access
  const measured = Promise.withResolvers<void>()
  const clock = exchangeClock({
    startAtMs: wallMs(),
    speed,
    async read() {
      const atMs = await exchange.serverTimeMs()
      measured.resolve()
      return atMs
    },
    corrected: (byMs, why) => telemetry.log.warn('clock.corrected', { byMs, because: why }),
  })
  const wire = createSdkWire({
    mode,
    ...(urls ? { urls } : {}),
    ...keys,
    clock,
    measured: measured.promise,
    recvWindowMs,
    region,
    // The SDK repeats in its own words what is said once in ours.
    log: (kind, detail) =>
      telemetry.log[kind === 'sdk' ? 'debug' : 'info']('exchange.wire', { kind, detail }),
  })
  const heard = framesHeard(stampsHeard(wire, clock), clock)
  const exchange: Exchange = createBybitExchange(measuredWire(heard.wire, telemetry), {
    name: mode,
    clock,
    orderDeadlineMs,
    speed,
    report: (kind, detail) => telemetry.inputRefused(kind, detail),
  })
  const close = async () => {
    clock.close()
    await exchange.close()
  }
  return { exchange, clock, speed, where, access, frameAgeMs: heard.frameAgeMs, close }
}

/** Bybit: the request's time is outside of its window. */
const STAMP_REFUSED = 10002

/** A wire on which a refused stamp has the clock measured anew. */
function stampsHeard(wire: Wire, clock: ExchangeClock): Wire {
  const heard = async (asked: ReturnType<Wire['get']>) => {
    const reply = await asked
    if (reply.retCode === STAMP_REFUSED) clock.doubt('the exchange refused a stamp')
    return reply
  }
  return {
    ...wire,
    get: (path, params, signed) => heard(wire.get(path, params, signed)),
    post: (path, body) => heard(wire.post(path, body)),
    trade: (op, args, deadlineMs) => heard(wire.trade(op, args, deadlineMs)),
  }
}

/** A wire that knows how old the oldest public frame was that it heard since it was asked last. */
function framesHeard(wire: Wire, clock: ExchangeClock): { wire: Wire; frameAgeMs(): number } {
  let oldestMs = 0
  const publicStream: Wire['publicStream'] = (category, topics, hear) =>
    wire.publicStream(category, topics, {
      ...hear,
      message(message) {
        if (typeof message.ts === 'number') oldestMs = Math.max(oldestMs, clock.nowMs() - message.ts)
        hear.message(message)
      },
    })
  const frameAgeMs = () => {
    const ageMs = oldestMs
    oldestMs = 0
    return ageMs
  }
  return { wire: { ...wire, publicStream }, frameAgeMs }
}

/** Where nobody answered, why, and what a person looks at first. */
export function unanswered(
  { mode, urls, region }: Pick<Access, 'mode' | 'urls' | 'region'>,
  error: unknown,
): Error {
  const cause = error instanceof Error ? error.message : String(error)
  const at = urls?.rest ?? (mode === 'sim' ? mode : hostsOf(mode, region).rest)
  const look = /ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH/.test(cause)
    ? ': is this machine on the network?'
    : ''
  return new Error(`${at} does not answer (${cause})${look}`, { cause: error })
}

/** Waits until the exchange's time is known and its account was looked at. @throws StartFault with all that is wrong with it */
async function checked(venue: Venue, config: Config, { log }: Telemetry, waiting: Waiting): Promise<Venue> {
  const { exchange, clock } = venue
  try {
    await waiting.until(WAITED_FOR, async () => {
      // Its time first: nothing else can be asked with a stamp that is wrong.
      await clock.measure().catch(error => Promise.reject(unanswered(venue.access, error)))
      const at = { atMs: clock.nowMs(), manage: managesAccount(config) }
      const findings = await examineAccount(exchange, needsOf(config, []), at)
      const away = findings.find(({ grade }) => grade === 'away')
      if (away) throw new Error(away.says)
      for (const { name, grade, says } of findings)
        if (grade !== 'ok') log.info('account.finding', { check: name, grade, says })
      const faults = findings.filter(({ grade }) => grade === 'refuse')
      if (faults.length > 0) throw new StartFault(faults.map(({ says }) => says).join('\n'))
    })
    return venue
  } catch (error) {
    await venue.close()
    throw error
  }
}
