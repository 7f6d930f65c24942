/**
 * `doctor`: is this machine fit to run the engine, and if one runs, is it well? Each check says what it expected and
 * what it found; none of them changes anything.
 */
import { accessSync, constants, existsSync, mkdtempSync, rmSync, statfsSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { tokenPath } from '../../api/access/token.ts'
import type { Config } from '../../config/config.ts'
import { BYBIT_HOSTS } from '../../exchange/bybit/hosts.ts'
import { type Client, engineClient } from '../kit/client.ts'
import { CliFailure, explained } from '../kit/failure.ts'
import { dim, green, print, printJson, red } from '../kit/output.ts'
import { readConfig } from '../kit/read-config.ts'

type Finding = { name: string; ok: boolean; detail: string }

const NODE_MAJOR_MIN = 24
const FREE_MIB_MIN = 512

type Options = { config?: string; json?: boolean; url?: string }

export async function doctor({ config, json, ...where }: Options): Promise<void> {
  const findings = await examine(config, engineClient(where))
  if (json) printJson(findings)
  else for (const finding of findings) print(line(finding, widthOf(findings)))
  const bad = findings.filter(({ ok }) => !ok).length
  if (bad > 0) throw new CliFailure(`${bad} of ${findings.length} checks failed`)
}

const widthOf = (findings: readonly Finding[]) => Math.max(...findings.map(({ name }) => name.length))

const line = ({ name, ok, detail }: Finding, width: number) =>
  `${ok ? green('ok     ') : red('failing')}  ${name.padEnd(width)}  ${dim(detail)}`

async function examine(file: string | undefined, client: Client): Promise<Finding[]> {
  const findings = [node()]
  const config = readConfiguration(file, findings)
  if (!config) return findings
  findings.push(dataFolder(config), disk(config), token(config))
  const ready = await engine(client)
  findings.push(...ready)
  // A running engine holds the port; without one it must be free.
  if (ready[0]?.detail.startsWith('not running')) findings.push(await port(config))
  if (config.mode !== 'sim' && config.mode !== 'replay') findings.push(await reachable(config))
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
  const freeMib = Math.floor((bavail * bsize) / 2 ** 20)
  return {
    name: 'disk',
    ok: freeMib >= FREE_MIB_MIN,
    detail: `${freeMib} MiB free; expected ${FREE_MIB_MIN} or more`,
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
async function reachable({ mode }: Config): Promise<Finding> {
  const environment = mode === 'demo' || mode === 'testnet' ? mode : 'live'
  const url = `${BYBIT_HOSTS[environment].rest}/v5/market/time`
  const name = 'exchange'
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5000) })
    return { name, ok: answer.ok, detail: `${url}: HTTP ${answer.status}` }
  } catch (error) {
    return { name, ok: false, detail: `${url}: ${codeOf(error)}` }
  }
}

const codeOf = (error: unknown) => {
  const { code, cause, message } = error as NodeJS.ErrnoException & { cause?: { code?: string } }
  return code ?? cause?.code ?? message
}
