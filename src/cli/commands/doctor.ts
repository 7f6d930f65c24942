/**
 * `doctor`: is this machine fit to run the engine, and if one runs, is it well? Each check says what it expected and
 * what it found; none of them changes anything.
 */
import {
  accessSync,
  constants,
  existsSync,
  globSync,
  mkdtempSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { diskSeverity, freeMiB } from '../../alerts/rules.ts'
import { tokenPath } from '../../api/access/sessions.ts'
import { systemClock } from '../../clock/clock.ts'
import { type Config, readConfig } from '../../config/config.ts'
import { type AccountFinding, examineAccount } from '../../exchange/bybit/account-checks.ts'
import { hostsOf, type WireMode, type WireUrls } from '../../exchange/bybit/hosts.ts'
import { createBybitExchange } from '../../exchange/bybit/venue.ts'
import { createSdkWire } from '../../exchange/bybit/wire/sdk-wire.ts'
import { needsOf } from '../../run/alerts/account-fitness.ts'
import { trackedPairs, tradedEnough } from '../../run/start/tracked-pairs.ts'
import { type Client, engineClient } from '../kit/client.ts'
import { CliFailure, explained } from '../kit/failure.ts'
import { dim, green, print, printJson, red, yellow } from '../kit/output.ts'

/** `advice`: it is in order, and could be better or will not stay so. */
type Finding = { name: string; ok: boolean; detail: string; advice?: true }

const NODE_MAJOR_MIN = 24

type Options = { config?: string; json?: boolean; url?: string }

/** Prints each finding. @throws CliFailure when one is bad */
export async function doctor({ config, json, ...where }: Options): Promise<void> {
  const findings = await examine(config, engineClient(where))
  if (json) printJson(findings)
  else for (const finding of findings) print(line(finding, widthOf(findings)))
  const bad = findings.filter(({ ok }) => !ok).length
  if (bad > 0) throw new CliFailure(`${bad} of ${findings.length} checks failed`)
}

const widthOf = (findings: readonly Finding[]) => Math.max(...findings.map(({ name }) => name.length))

const line = ({ name, ok, detail, advice }: Finding, width: number) =>
  `${ok ? (advice ? yellow('look at') : green('ok     ')) : red('failing')}  ${name.padEnd(width)}  ${dim(detail)}`

async function examine(file: string | undefined, client: Client): Promise<Finding[]> {
  const findings = [node(), ...service()]
  const config = readConfiguration(file, findings)
  if (!config) return findings
  findings.push(dataFolder(config), disk(config), token(config))
  const ready = await engine(client)
  findings.push(...ready)
  // A running engine holds the port; without one it must be free.
  if (ready[0]?.detail.startsWith('not running')) findings.push(await port(config))
  if (config.mode === 'live' || config.mode === 'testnet' || config.mode === 'demo') {
    const url = hostsOf(config.mode, config.account.region).rest
    const answer = await reachable(url)
    findings.push(answer)
    if (answer.ok) findings.push(...(await account(config, { mode: config.mode })))
  } else if (config.mode === 'sim' && config.exchangeUrl && config.keys) {
    const urls = { rest: config.exchangeUrl, ws: config.exchangeUrl.replace(/^http/, 'ws') }
    findings.push(...(await account(config, { mode: 'sim', urls })))
  }
  return findings
}

function node(): Finding {
  const major = Number(process.versions.node.split('.')[0])
  return {
    name: 'node',
    ok: major >= NODE_MAJOR_MIN,
    detail: `${process.versions.node}; expected ${NODE_MAJOR_MIN} or later`,
  }
}

/** Which installation is looked at: a service is easily asked about another one's folder. */
function service(): Finding[] {
  const name = 'service'
  const asked = process.env.HEDGEROW_SERVICE
  if (asked)
    return [{ name, ok: true, detail: `${asked}.service, with its own folder, environment and credentials` }]
  const units = globSync('/etc/systemd/system/hedgerow*.service').map(path => basename(path, '.service'))
  const detail = `this shell's own installation, not that of ${units.join(', ')}: for those run ${units.map(unit => `\`${unit} doctor\``).join(', ')}`
  return units.length === 0 ? [] : [{ name, ok: true, detail, advice: true }]
}

function readConfiguration(file: string | undefined, findings: Finding[]): Config | undefined {
  try {
    const config = readConfig(file)
    findings.push({ name: 'configuration', ok: true, detail: config.file ?? 'defaults and environment' })
    return config
  } catch (error) {
    findings.push({ name: 'configuration', ok: false, detail: explained(error).text })
    return undefined
  }
}

function dataFolder({ dataDir }: Config): Finding {
  // The folder is made at the first start: then it is its nearest parent that must allow it.
  let folder = dataDir
  while (!existsSync(folder)) folder = dirname(folder)
  try {
    accessSync(folder, constants.W_OK | constants.X_OK)
    rmSync(mkdtempSync(join(folder, '.hedgerow-doctor-')), { recursive: true })
    return { name: 'data folder', ok: true, detail: dataDir }
  } catch (error) {
    return { name: 'data folder', ok: false, detail: `${folder} cannot be written: ${codeOf(error)}` }
  }
}

function disk({ dataDir }: Config): Finding {
  let folder = dataDir
  while (!existsSync(folder)) folder = dirname(folder)
  const { bavail, bsize } = statfsSync(folder)
  const freeBytes = bavail * bsize
  const severity = diskSeverity(freeBytes)
  return {
    name: 'disk',
    ok: severity !== 'page',
    detail: `${freeMiB(freeBytes)} MiB free`,
    ...(severity === 'ticket' && { advice: true }),
  }
}

function token({ dataDir, apiToken }: Config): Finding {
  const name = 'API token'
  if (apiToken) return { name, ok: true, detail: 'from the environment' }
  const path = tokenPath(dataDir)
  if (!existsSync(path)) return { name, ok: true, detail: 'made at the first start' }
  const mode = statSync(path).mode & 0o777
  const detail = `${path}, mode ${mode.toString(8)}; expected 600`
  return { name, ok: (mode & 0o077) === 0, detail }
}

async function engine(client: Client): Promise<Finding[]> {
  const answer = await fetch(`${client.url}/readyz`, { signal: AbortSignal.timeout(5000) }).catch(
    () => undefined,
  )
  if (!answer) return [{ name: 'engine', ok: true, detail: `not running at ${client.url}` }]
  const body = (await answer.json().catch(() => undefined)) as { parts?: Finding[] } | undefined
  if (!Array.isArray(body?.parts))
    return [{ name: 'engine', ok: false, detail: `something else answers at ${client.url}` }]
  const parts = body.parts.map(({ name, ok, detail }) => ({ name: `engine: ${name}`, ok, detail }))
  return [
    { name: 'engine', ok: answer.ok, detail: `${answer.ok ? 'ready' : 'not ready'} at ${client.url}` },
    ...parts,
  ]
}

function port({ host, port: wanted }: Config): Promise<Finding> {
  return new Promise(resolve => {
    const server = createServer()
    const found = (ok: boolean, detail: string) => resolve({ name: 'port', ok, detail })
    server.once('error', error => found(false, `${wanted} on ${host}: ${codeOf(error)}; set HEDGEROW_PORT`))
    server.listen(wanted, host, () => server.close(() => found(true, `${wanted} on ${host} is free`)))
  })
}

/** Public and unsigned: no key is used to look. */
async function reachable(rest: string): Promise<Finding> {
  const url = `${rest}/v5/market/time`
  const name = 'exchange'
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5000) })
    return { name, ok: answer.ok, detail: `${url}: HTTP ${answer.status}` }
  } catch (error) {
    return { name, ok: false, detail: `${url}: ${codeOf(error)}` }
  }
}

/** A machine's clock this far off is corrected, and should be repaired all the same. */
const CLOCK_OFF_MS = 1_000

/** The account and its key by the engine's own list of checks. Signed reads only: nothing is changed. */
async function account(config: Config, to: { mode: WireMode; urls?: WireUrls }): Promise<Finding[]> {
  const { keys, rules } = config
  if (!keys)
    return [{ name: 'API key', ok: false, detail: 'expected BYBIT_API_KEY and BYBIT_API_SECRET, found none' }]
  const clock = systemClock()
  const { recvWindowMs, orderDeadlineMs } = rules.execution
  const { region } = config.account
  const wire = createSdkWire({ ...to, ...keys, region, clock, recvWindowMs, log: () => {} })
  const exchange = createBybitExchange(wire, { name: to.mode, clock, orderDeadlineMs, report: () => {} })
  try {
    const machineMs = clock.nowMs()
    clock.align(await exchange.serverTimeMs())
    const offMs = machineMs - clock.nowMs()
    const { strategy } = rules
    const traded = await tradedEnough(strategy, exchange)
    const { pairs } = trackedPairs(await exchange.instruments(), strategy.symbols, [], traded)
    const at = { atMs: clock.nowMs(), manage: false }
    const findings = await examineAccount(exchange, needsOf(config, pairs), at)
    return [clockFinding(offMs), ...findings.map(accountLine)]
  } catch (error) {
    return [{ name: 'account', ok: false, detail: explained(error).text }]
  } finally {
    await exchange.close()
  }
}

const clockFinding = (offMs: number): Finding => {
  const isOff = Math.abs(offMs) > CLOCK_OFF_MS
  const detail = `${Math.abs(offMs)} ms ${offMs > 0 ? 'ahead of' : 'behind'} the exchange's`
  const advice = `${detail}: the engine uses the exchange's time; synchronise this machine's clock anyway (NTP)`
  return { name: 'clock', ok: true, detail: isOff ? advice : detail, ...(isOff && { advice: true }) }
}

const accountLine = ({ name, grade, says }: AccountFinding): Finding => ({
  name: `account: ${name}`,
  ok: grade !== 'refuse' && grade !== 'away',
  detail: says,
  ...((grade === 'advice' || grade === 'warn') && { advice: true }),
})

const codeOf = (error: unknown) => {
  const { code, cause, message } = error as NodeJS.ErrnoException & { cause?: { code?: string } }
  return code ?? cause?.code ?? message
}
