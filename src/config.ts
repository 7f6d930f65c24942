/**
 * The configuration: read once at the start, frozen, whole. Strategy and limits come from `hedgerow.yaml`, the rest from
 * the environment, secrets only from the environment or systemd credentials. Unknown keys are refused, and all faults
 * are reported together, each with its key, what was found and what was expected; a secret is never shown.
 */
import { existsSync, readFileSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import { join, resolve } from 'node:path'
import { parseDocument } from 'yaml'
import { brokenRelations } from './config-relations.ts'
import {
  environmentShape,
  everyKey,
  fileShape,
  type KeyValues,
  type LOG_LEVELS,
  type Mode,
  sections,
} from './config-schema.ts'
import type { Rules } from './domain/rules.ts'

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
  readonly logLevel: (typeof LOG_LEVELS)[number]
  readonly keys: KeyPair | undefined
  readonly rules: Rules
  /** The file that was read, if any. */
  readonly file: string | undefined
}

export type ConfigFault = { key: string; found: string; expected: string }

/** Every fault of the configuration at once. The command line turns it into exit code 2. */
export class ConfigFaults extends Error {
  override name = 'ConfigFaults'
  readonly faults: readonly ConfigFault[]
  constructor(faults: readonly ConfigFault[]) {
    super(faults.map(({ key, found, expected }) => `${key}: expected ${expected}; found ${found}`).join('\n'))
    this.faults = faults
  }
}

type Sources = {
  cwd: string
  env: Readonly<Record<string, string | undefined>>
  /** `--config`: must exist. Without it `hedgerow.yaml` of `cwd` is read when it is there. */
  file?: string | undefined
}

/** systemd hands each credential as a file; the names are those of the unit's LoadCredential lines. */
const CREDENTIAL_FILES: Record<string, string> = {
  BYBIT_API_KEY: 'bybit-api-key',
  BYBIT_API_SECRET: 'bybit-api-secret',
  HEDGEROW_DATABASE_URL: 'hedgerow-database-url',
  HEDGEROW_API_TOKEN: 'hedgerow-api-token',
}

/** Reads, checks and freezes the configuration. @throws ConfigFaults with all that is wrong. */
export function loadConfig({ cwd, env, file }: Sources): Config {
  const path = file ? resolve(cwd, file) : join(cwd, 'hedgerow.yaml')
  const wanted = file !== undefined || existsSync(path)
  const fromFile = wanted ? readFile(path) : { values: {}, faults: [] }
  const fromEnv = readEnvironment(env)
  const raw = { ...fromFile.values, ...fromEnv.values }
  const parsed = everyKey.safeParse(raw, { reportInput: false })
  const faults = [...fromFile.faults, ...fromEnv.faults]
  if (!parsed.success) faults.push(...parsed.error.issues.flatMap(issue => faultsOf(issue, raw)))
  const relations = brokenRelations(parsed.success ? parsed.data : readable(raw))
  faults.push(...relations.map(({ key, found, expected }) => ({ key, found: shown(key, found), expected })))
  if (!parsed.success || faults.length > 0) throw new ConfigFaults(faults)
  return deepFreeze(assemble(parsed.data, cwd, wanted ? path : undefined))
}

/** What a client needs to find a running engine. */
export type Connection = { url: string; dataDir: string; apiToken: string | undefined }

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
export function loadConnection({ cwd, env }: Omit<Sources, 'file'>): Connection {
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

/** The values that no log line, page or error may show. */
export function secretsOf(config: Config): string[] {
  const password = config.databaseUrl ? new URL(config.databaseUrl).password : ''
  const secrets = [config.keys?.key, config.keys?.secret, config.apiToken, config.databaseUrl, password]
  return secrets.flatMap(secret => (secret ? [secret] : []))
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
    logLevel: values.HEDGEROW_LOG,
    keys: key && secret ? { key, secret } : undefined,
    rules: { strategy, execution, limits },
    file,
  }
}

type Read = { values: Record<string, unknown>; faults: ConfigFault[] }

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
  const content: unknown = document.toJS()
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

function readEnvironment(env: Sources['env']): Read {
  const read: Read = { values: {}, faults: [] }
  const credentials = env.CREDENTIALS_DIRECTORY
  if (credentials) {
    for (const [key, name] of Object.entries(CREDENTIAL_FILES)) {
      const path = join(credentials, name)
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

type Issue = { code?: string | undefined; path: PropertyKey[]; message: string; keys?: string[] }

function faultsOf(issue: Issue, raw: unknown): ConfigFault[] {
  const at = issue.path.map(String)
  if (issue.code === 'unrecognized_keys') {
    return (issue.keys ?? []).map(name => {
      const path = [...at, name]
      return fault(
        path.join('.'),
        shown(name, valueAt(raw, path)),
        `a known key of ${at.join('.') || 'the file'}`,
      )
    })
  }
  // A map in place of a section has no text of ours; the other messages are the expectations themselves.
  const expected = at.length === 1 && Object.hasOwn(fileShape, at[0] ?? '') && issue.code === 'invalid_type'
  const key = at.join('.')
  return [fault(key, shown(key, valueAt(raw, at)), expected ? 'keys and values' : issue.message)]
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

const SECRET = /key|secret|token|password|database/i

function shown(key: string, value: unknown): string {
  if (value === undefined) return 'nothing'
  if (SECRET.test(key)) return 'a value that is not shown'
  return (JSON.stringify(value) ?? String(value)).slice(0, 120)
}

const fault = (key: string, found: string, expected: string): ConfigFault => ({ key, found, expected })
const oneFault = (...of: Parameters<typeof fault>): Read => ({ values: {}, faults: [fault(...of)] })

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const valueAt = (from: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((at, key) => {
    if (Array.isArray(at)) return at[Number(key)]
    return isRecord(at) && Object.hasOwn(at, key) ? at[key] : undefined
  }, from)

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) deepFreeze(part)
    Object.freeze(value)
  }
  return value
}
