/**
 * Where configuration comes from, as text: the YAML file, the environment, systemd's credentials. Names that nobody knows
 * are faults here; values are judged by the schema.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseDocument } from 'yaml'
import { environmentShape, fileShape } from './schema.ts'
import { type ConfigFault, credentialFile, fault, isRecord, SECRET_VARIABLES, shown } from './secrets.ts'

export type Environment = Readonly<Record<string, string | undefined>>
type Read = { values: Record<string, unknown>; faults: ConfigFault[] }

/** The sections of a file, every scalar as its text. */
export function readFile(path: string): Read {
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
export function readEnvironment(env: Environment): Read {
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
