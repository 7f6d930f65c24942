/**
 * A fault of the configuration: which key, what was found, what was expected. A secret is never shown.
 */
import { fileShape } from './schema.ts'
import { shown } from './secrets.ts'

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
