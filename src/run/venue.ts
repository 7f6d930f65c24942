/**
 * The exchange of each mode, with the clock that belongs to it: `sim` brings its own simulator and runs on its time,
 * the others speak to Bybit on the machine's time.
 */
import { type Clock, scaledClock, systemClock } from '../clock/clock.ts'
import type { Config, KeyPair } from '../config/config.ts'
import { examineAccount } from '../exchange/bybit/account-checks.ts'
import type { WireMode, WireUrls } from '../exchange/bybit/hosts.ts'
import { createBybitExchange } from '../exchange/bybit/venue.ts'
import { createSdkWire } from '../exchange/bybit/wire/sdk-wire.ts'
import type { Exchange } from '../exchange/exchange.ts'
import { launchSimulator } from '../exchange/simulator/launch.ts'
import { SIMULATOR_KEY, SIMULATOR_SECRET } from '../exchange/simulator/server/accounts.ts'
import { statusOf } from '../exchange/simulator/server/control.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { needsOf } from './alerts/account-fitness.ts'
import { asStartFault, StartFault } from './fault.ts'
import { measuredWire } from './measured.ts'

export type Venue = {
  exchange: Exchange
  clock: Clock
  speed: number
  /** Where it is, for people. */
  where: string
  /** Ends what this process started; a simulator somebody else runs is left alone. */
  close(): Promise<void>
}

/** USDT that a new simulated account starts with. */
const SIMULATED_BALANCE = '100000'

/** Connects to the exchange of the configured mode. @throws StartFault */
export async function openVenue(config: Config, telemetry: Telemetry): Promise<Venue> {
  if (config.mode === 'sim') return openSimulator(config, telemetry)
  if (config.mode === 'live' || config.mode === 'testnet' || config.mode === 'demo') {
    const { keys, mode } = config
    if (!keys) throw new StartFault(`mode ${mode}: expected BYBIT_API_KEY and BYBIT_API_SECRET, found none`)
    return connect(config, telemetry, { mode, clock: systemClock(), speed: 1, keys, close: async () => {} })
  }
  throw new StartFault(`mode ${config.mode}: not served by this command`)
}

async function openSimulator(config: Config, telemetry: Telemetry): Promise<Venue> {
  const keys = config.keys ?? { key: SIMULATOR_KEY, secret: SIMULATOR_SECRET }
  const own = config.exchangeUrl
    ? undefined
    : await launchSimulator({
        dataDir: config.dataDir,
        seed: config.seed,
        speed: config.speed,
        balance: SIMULATED_BALANCE,
        ...keys,
      }).catch(asStartFault())
  const close = async () => own?.stop()
  try {
    const url = config.exchangeUrl ?? own?.url ?? ''
    const urls = { rest: url, ws: url.replace(/^http/, 'ws') }
    const time = await simulatedTime(url)
    if (!time)
      throw new StartFault(`HEDGEROW_EXCHANGE_URL: expected a running simulator at ${url}, found no answer`)
    return await connect(config, telemetry, { mode: 'sim', ...time, keys, urls, close })
  } catch (error) {
    await close()
    throw error
  }
}

/** A busy machine answers late now and then; at 60 times the speed 20 ms are more than a second. */
const TIME_LOOKS = 5

/** The simulator's time, by the quickest of a few answers: half its trip is all that the clock can be off. */
async function simulatedTime(url: string): Promise<{ clock: Clock; speed: number } | undefined> {
  const machine = systemClock()
  let best: { clock: Clock; speed: number; tripMs: number } | undefined
  for (let look = 0; look < TIME_LOOKS; look++) {
    const askedAtMs = machine.nowMs()
    const status = await statusOf(url)
    if (!status) return undefined
    const tripMs = machine.nowMs() - askedAtMs
    const { nowMs, speed } = status
    if (best && tripMs >= best.tripMs) continue
    best = { clock: scaledClock({ startAtMs: nowMs + (tripMs / 2) * speed, speed }), speed, tripMs }
  }
  return best && { clock: best.clock, speed: best.speed }
}

type Connection = {
  mode: WireMode
  clock: Clock
  speed: number
  keys: KeyPair
  urls?: WireUrls
  close(): Promise<void>
}

async function connect(config: Config, telemetry: Telemetry, connection: Connection): Promise<Venue> {
  const { mode, clock, speed, keys, urls, close } = connection
  const { recvWindowMs, orderDeadlineMs } = config.rules.execution
  const wire = createSdkWire({
    mode,
    ...(urls ? { urls } : {}),
    ...keys,
    clock,
    recvWindowMs,
    region: config.account.region,
    log: (kind, detail) => telemetry.log.info('exchange.wire', { kind, detail }),
  })
  const report = (kind: string, detail: string) => telemetry.inputRefused(kind, detail)
  const exchange = createBybitExchange(measuredWire(wire, telemetry), {
    name: mode,
    clock,
    orderDeadlineMs,
    speed,
    report,
  })
  const { account } = config
  const at = { atMs: clock.nowMs(), manage: account.manage }
  const findings = await examineAccount(exchange, needsOf(config, []), at)
  for (const { name, grade, says } of findings)
    if (grade !== 'ok') telemetry.log.info('account.finding', { check: name, grade, says })
  const faults = findings
    .filter(({ grade }) => grade === 'refuse' || grade === 'away')
    .map(({ says }) => says)
  if (faults.length > 0) {
    await exchange.close()
    throw new StartFault(faults.join('\n'))
  }
  const where = urls?.rest ?? `Bybit ${mode}`
  return {
    exchange,
    clock,
    speed,
    where,
    async close() {
      await exchange.close()
      await close()
    },
  }
}
