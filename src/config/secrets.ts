/**
 * The one list of what is secret, and what a fault may show: a value that no known, open key holds is never printed, not even
 * in the sentence that refuses it.
 */
import { alertSecrets } from './alerts.ts'
import { environmentShape, fileShape, sections } from './schema.ts'

/** The variables whose values no line, page, file or error may hold. */
export const SECRET_VARIABLES: readonly string[] = [
  'BYBIT_API_KEY',
  'BYBIT_API_SECRET',
  'HEDGEROW_API_TOKEN',
  'HEDGEROW_DATABASE_URL',
  ...Object.keys(alertSecrets),
]

/** systemd hands each as a file of this name: those of the unit's LoadCredential lines. */
export const credentialFile = (variable: string): string => variable.toLowerCase().replaceAll('_', '-')

/** The secrets of an environment that was not read yet. */
export const secretsIn = (env: Readonly<Record<string, string | undefined>>): string[] =>
  SECRET_VARIABLES.flatMap(name => env[name] ?? [])

/** An address without whatever else a URL may carry: who signs in, its path, its question. */
export function addressOf(url: string): string {
  if (!URL.canParse(url)) return 'an address that is not shown'
  const { protocol, host } = new URL(url)
  return `${protocol}//${host}`
}

const OPEN_VARIABLES = new Set(Object.keys(environmentShape).filter(name => !SECRET_VARIABLES.includes(name)))
const OPEN_KEYS = new Set(
  Object.entries(sections).flatMap(([section, { shape }]) =>
    Object.keys(shape).map(key => `${section}.${key}`),
  ),
)
const SHOWN_MAX = 120

/** What was found, as a fault may say it. @param key - its dotted path, or the variable's name */
export function shown(key: string, value: unknown): string {
  if (value === undefined) return 'nothing'
  if (!OPEN_VARIABLES.has(key) && !OPEN_KEYS.has(key) && key !== 'acknowledgeLive')
    return 'a value that is not shown'
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'keys and values'
  const text = String(value)
  const isAddress = text.includes('://') || text.includes('@')
  return JSON.stringify(isAddress ? addressOf(text) : text).slice(0, SHOWN_MAX)
}

/**
 * A fault of the configuration: which key, what was found, what was expected. A secret is never shown.
 */
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

/** One fault, as it is shown: what was found must not be a secret. */
export const fault = (key: string, found: string, expected: string): ConfigFault => ({ key, found, expected })
type Issue = { code?: string | undefined; path: PropertyKey[]; message: string; keys?: string[] }

/** A fault of the schema in our words. */
export function faultsOf(issue: Issue, raw: unknown): ConfigFault[] {
  const at = issue.path.map(String)
  if (issue.code === 'unrecognized_keys') {
    return (issue.keys ?? []).map(name => {
      const path = [...at, name]
      return fault(
        path.join('.'),
        shown(path.join('.'), valueAt(raw, path)),
        `a known key of ${at.join('.') || 'the file'}`,
      )
    })
  }
  // A map in place of a section has no text of ours; the other messages are the expectations themselves.
  const expected = at.length === 1 && Object.hasOwn(fileShape, at[0] ?? '') && issue.code === 'invalid_type'
  const key = at.join('.')
  return [fault(key, shown(key, valueAt(raw, at)), expected ? 'keys and values' : issue.message)]
}

/** Whether it is an object with keys, and no list. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const valueAt = (from: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((at, key) => {
    if (Array.isArray(at)) return at[Number(key)]
    return isRecord(at) && Object.hasOwn(at, key) ? at[key] : undefined
  }, from)
