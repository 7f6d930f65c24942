/**
 * The configuration: read once at the start, frozen, whole. Strategy and limits come from `hedgerow.yaml`, the rest from
 * the environment, secrets only from the environment or systemd credentials. Unknown keys are refused, and all faults
 * are reported together, each with its key, what was found and what was expected; a secret is never shown.
 */
import { existsSync, readFileSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import { join, resolve } from 'node:path'
import { parseDocument } from 'yaml'
import type { Rules } from '../domain/rules.ts'
import { type AlertSettings, alertSettings } from './alerts.ts'
import { brokenRelations } from './relations.ts'
import {
  type AccountRules,
  environmentShape,
  everyKey,
  fileShape,
  type KeyValues,
  type LOG_LEVELS,
  type Mode,
  sections,
} from './schema.ts'
import {
  type ConfigFault,
  ConfigFaults,
  credentialFile,
  fault,
  faultsOf,
  isRecord,
  SECRET_VARIABLES,
  shown,
} from './secrets.ts'
import { LIVELY } from './strategy.ts'

// Where configuration comes from, as text: the YAML file, the environment, systemd's credentials. Names that nobody knows
// are faults here; values are judged by the schema.

type Environment = Readonly<Record<string, string | undefined>>
type Read = { values: Record<string, unknown>; faults: ConfigFault[] }

/** The sections of a file, every scalar as its text. */
function readFile(path: string): Read {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    return oneFault(path, (error as NodeJS.ErrnoException).code ?? String(error), 'a file that can be read')
  }
  // The failsafe schema gives every scalar as its text: no amount passes through a float.
  const document = parseDocument(text, { schema: 'failsafe' })
  if (document.errors.length > 0) {
    const faults = document.errors.map(({ message }) =>
      fault(path, message.split('\n')[0] ?? message, 'YAML'),
    )
    return { values: {}, faults }
  }
  let content: unknown
  try {
    content = document.toJS()
  } catch (error) {
    // Aliases of aliases: a few lines that would fill the memory.
    return oneFault(
      path,
      error instanceof Error ? error.message : String(error),
      'YAML without aliases of aliases',
    )
  }
  if (content === '' || content === null) return { values: {}, faults: [] }
  if (!isRecord(content))
    return oneFault(path, shown(path, content), 'sections such as strategy: and limits:')
  return readSections(content)
}

function readSections(content: Record<string, unknown>): Read {
  const read: Read = { values: {}, faults: [] }
  for (const [key, value] of Object.entries(content)) {
    // A section whose keys are all commented out is an empty one.
    if (Object.hasOwn(fileShape, key)) read.values[key] = value === '' || value === null ? undefined : value
    else read.faults.push(fault(key, shown(key, value), unknownFileKey(key)))
  }
  return read
}

const unknownFileKey = (key: string) =>
  Object.hasOwn(environmentShape, key)
    ? 'this key in the environment, not in a file'
    : `one of the known keys: ${Object.keys(fileShape).join(', ')}`

/** Our variables and credentials; a variable wins over a credential of the same meaning. */
function readEnvironment(env: Environment): Read {
  const read: Read = { values: {}, faults: [] }
  const credentials = env.CREDENTIALS_DIRECTORY
  if (credentials) {
    for (const key of SECRET_VARIABLES) {
      const path = join(credentials, credentialFile(key))
      if (existsSync(path)) read.values[key] = readFileSync(path, 'utf8').trim()
    }
  }
  for (const [key, value] of Object.entries(env)) {
    // An empty variable is how people unset one in a compose or unit file.
    if (value === undefined || value === '') continue
    if (Object.hasOwn(environmentShape, key)) read.values[key] = value
    else if (key.startsWith('HEDGEROW_')) read.faults.push(fault(key, shown(key, value), knownVariables()))
  }
  return read
}

const knownVariables = () => {
  const names = Object.keys(environmentShape).filter(name => name.startsWith('HEDGEROW_'))
  return `one of the known variables: ${names.join(', ')}`
}

const oneFault = (...of: Parameters<typeof fault>): Read => ({ values: {}, faults: [fault(...of)] })

export type KeyPair = { key: string; secret: string }

export type Config = {
  readonly mode: Mode
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** Names this machine is called by, beyond loopback and `host`: the API answers to no others. */
  readonly allowedHosts: readonly string[]
  /** An absolute path. */
  readonly dataDir: string
  /** Absent: the engine starts its embedded PostgreSQL. */
  readonly databaseUrl: string | undefined
  /** Absent: the token file of the data folder is used, and made at the first start. */
  readonly apiToken: string | undefined
  readonly seed: number
  /** Engine time over wall time; 1 outside sim. */
  readonly speed: number
  /** A running simulator (sim only); absent: the engine starts its own. */
  readonly exchangeUrl: string | undefined
  /** Recorded history, an absolute path (replay only); absent: beside the checkout. */
  readonly historyDir: string | undefined
  /** Where the hosted inspector is; absent: it is off. Never set in mode live. */
  readonly hostedInspectorUrl: string | undefined
  readonly logLevel: (typeof LOG_LEVELS)[number]
  readonly keys: KeyPair | undefined
  readonly rules: Rules
  readonly account: AccountRules
  readonly alerts: AlertSettings
  /** The file that was read, if any. */
  readonly file: string | undefined
}

type Sources = {
  cwd: string
  env: Environment
  /** `--config`, else HEDGEROW_CONFIG: must exist. Without either `hedgerow.yaml` of `cwd` is read when it is there. */
  file?: string | undefined
}

/** Reads, checks and freezes the configuration. @throws ConfigFaults with all that is wrong. */
export function loadConfig({ cwd, env, file }: Sources): Config {
  // An address is no file, and may hold a password: the schema refuses it without showing it.
  const { HEDGEROW_CONFIG: config = '' } = env
  const named = file ?? (config === '' || config.includes('://') ? undefined : config)
  const path = resolve(cwd, named ?? 'hedgerow.yaml')
  const wanted = named !== undefined || existsSync(path)
  const fromFile = wanted ? readFile(path) : { values: {}, faults: [] }
  const fromEnv = readEnvironment(env)
  const raw = asOfMode({ ...fromFile.values, ...fromEnv.values })
  const parsed = everyKey.safeParse(raw, { reportInput: false })
  const faults = [...fromFile.faults, ...fromEnv.faults]
  if (!parsed.success) faults.push(...parsed.error.issues.flatMap(issue => faultsOf(issue, raw)))
  const relations = brokenRelations(parsed.success ? parsed.data : readable(raw))
  faults.push(...relations.map(({ key, found, expected }) => ({ key, found: shown(key, found), expected })))
  if (!parsed.success || faults.length > 0) throw new ConfigFaults(faults)
  return deepFreeze(assemble(parsed.data, cwd, wanted ? path : undefined))
}

/** What a client needs to find a running engine. */
export type EngineConnection = { url: string; dataDir: string; apiToken: string | undefined }

const connectionKeys = everyKey.pick({
  HEDGEROW_HOST: true,
  HEDGEROW_PORT: true,
  HEDGEROW_DATA_DIR: true,
  HEDGEROW_API_TOKEN: true,
})

/**
 * Where the engine of this environment listens. Reads nothing else: asking a running engine must not fail because this
 * shell lacks its keys. @throws ConfigFaults
 */
export function loadConnection({ cwd, env }: Omit<Sources, 'file'>): EngineConnection {
  const { values } = readEnvironment(env)
  const wanted = Object.keys(connectionKeys.shape).map(key => [key, values[key]])
  const parsed = connectionKeys.safeParse(Object.fromEntries(wanted))
  if (!parsed.success) throw new ConfigFaults(parsed.error.issues.flatMap(issue => faultsOf(issue, values)))
  const {
    HEDGEROW_HOST: host,
    HEDGEROW_PORT: port,
    HEDGEROW_DATA_DIR: dataDir,
    HEDGEROW_API_TOKEN: apiToken,
  } = parsed.data
  // An engine that listens everywhere also listens here.
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return {
    url: `http://${isIPv6(name) ? `[${name}]` : name}:${port}`,
    dataDir: resolve(cwd, dataDir),
    apiToken,
  }
}

/** With the lively rules of mode sim under what the file says. */
function asOfMode(raw: Record<string, unknown>): Record<string, unknown> {
  const { strategy = {} } = raw
  const isSim = (raw.HEDGEROW_MODE ?? 'sim') === 'sim'
  return isSim && isRecord(strategy) ? { ...raw, strategy: { ...LIVELY, ...strategy } } : raw
}

function assemble(values: KeyValues, cwd: string, file: string | undefined): Config {
  const { BYBIT_API_KEY: key, BYBIT_API_SECRET: secret, strategy, execution, limits } = values
  return {
    mode: values.HEDGEROW_MODE,
    host: values.HEDGEROW_HOST,
    port: values.HEDGEROW_PORT,
    allowedHosts: values.HEDGEROW_ALLOWED_HOSTS?.split(',').map(name => name.trim()) ?? [],
    dataDir: resolve(cwd, values.HEDGEROW_DATA_DIR),
    databaseUrl: values.HEDGEROW_DATABASE_URL,
    apiToken: values.HEDGEROW_API_TOKEN,
    seed: values.HEDGEROW_SEED,
    speed: values.HEDGEROW_MODE === 'sim' ? (values.HEDGEROW_SPEED ?? 60) : 1,
    exchangeUrl: values.HEDGEROW_EXCHANGE_URL,
    historyDir: values.HEDGEROW_HISTORY_DIR && resolve(cwd, values.HEDGEROW_HISTORY_DIR),
    hostedInspectorUrl: values.HEDGEROW_HOSTED_INSPECTOR_URL,
    logLevel: values.HEDGEROW_LOG,
    keys: key && secret ? { key, secret } : undefined,
    rules: { strategy, execution, limits },
    account: values.account,
    alerts: alertSettings(values.alerts, values),
    file,
  }
}

/** Each key that can be read by itself, for the relations; the others are left out. */
function readable(raw: Record<string, unknown>): Partial<KeyValues> {
  const values: Record<string, unknown> = {}
  for (const [name, schema] of Object.entries(everyKey.shape)) {
    const whole = schema.safeParse(raw[name])
    values[name] = whole.success ? whole.data : readableKeys(name, raw[name])
  }
  return values as Partial<KeyValues>
}

function readableKeys(section: string, found: unknown): Record<string, unknown> | undefined {
  const shape = Object.hasOwn(sections, section)
    ? sections[section as keyof typeof sections].shape
    : undefined
  if (!shape || !isRecord(found)) return undefined
  const read = Object.entries(shape).map(([key, schema]) => [key, schema.safeParse(found[key]).data])
  return Object.fromEntries(read)
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) deepFreeze(part)
    Object.freeze(value)
  }
  return value
}

/**
 * The configuration as a command reads it: the file named or found here, and this shell's environment. @throws ConfigFaults
 */
export const readConfig = (file: string | undefined): Config =>
  loadConfig({ cwd: process.cwd(), env: process.env, file })
