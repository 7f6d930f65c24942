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
  // An entry of a list is as open as the list.
  const named = key.replace(/\.\d+$/, '')
  const isOpen = OPEN_VARIABLES.has(named) || OPEN_KEYS.has(named) || named === 'acknowledgeLive'
  if (Array.isArray(value)) return isOpen ? listText(value) : 'a list'
  if (typeof value === 'object' && value !== null) return 'keys and values'
  if (!isOpen) return 'a value that is not shown'
  return JSON.stringify(withoutSecrets(String(value))).slice(0, SHOWN_MAX)
}

const withoutSecrets = (text: string): string =>
  text.includes('://') || text.includes('@') ? addressOf(text) : text

/** What somebody wrote more than once is what they look for. */
function listText(list: readonly unknown[]): string {
  if (list.length === 0) return 'an empty list'
  const entries = list.map(entry => (typeof entry === 'object' ? '…' : withoutSecrets(String(entry))))
  const twice = [...new Set(entries.filter((entry, at) => entries.indexOf(entry) !== at))]
  const whole = `[${entries.join(', ')}]`
  const shownList = whole.length <= SHOWN_MAX ? whole : `${whole.slice(0, SHOWN_MAX)}…`
  return twice.length === 0 ? shownList : `${shownList}, with ${twice.slice(0, 3).join(', ')} more than once`
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
  const section = `keys beneath it, such as ${key}: with "name: value" on lines of its own`
  return [fault(key, shown(key, valueAt(raw, at)), expected ? section : issue.message)]
}

/** Whether it is an object with keys, and no list. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const valueAt = (from: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((at, key) => {
    if (Array.isArray(at)) return at[Number(key)]
    return isRecord(at) && Object.hasOwn(at, key) ? at[key] : undefined
  }, from)
