/** Every setting with its value, its default and its meaning, from the allow-list of what may be shown. */
import type { Config } from './config.ts'
import type { KeyNote } from './keys.ts'
import { environmentShape, sections } from './schema.ts'
import { shownConfig } from './shown-config.ts'
import { LIVELY } from './strategy.ts'

/** Text for people; of a secret only whether it is set. `section` is one of the file's, or `environment`. */
type Setting = {
  section: string
  key: string
  value: string
  isDefault: boolean
  default: string
  about: string
}
type Shown = ReturnType<typeof shownConfig>

/** The settings of a run; of secrets only whether they are set. */
export function shownSettings(config: Config): { file: string | null; mode: string; settings: Setting[] } {
  const shown = shownConfig(config)
  const values: Readonly<Record<keyof typeof sections, Readonly<Record<string, unknown>>>> = {
    ...shown.rules,
    account: config.account,
    alerts: shown.alerts,
  }
  const ofFile = (Object.keys(sections) as (keyof typeof sections)[]).flatMap(section =>
    sectionSettings(section, values[section], config.mode),
  )
  return {
    file: shown.file,
    mode: shown.mode,
    settings: [...ofFile, ...environmentSettings(shown)],
  }
}

function sectionSettings(
  section: keyof typeof sections,
  values: Readonly<Record<string, unknown>>,
  mode: Config['mode'],
): Setting[] {
  const { shape } = sections[section]
  const lively = section === 'strategy' && mode === 'sim' ? LIVELY : {}
  const defaults = Object.fromEntries(
    Object.entries(shape).map(([key, schema]) => [key, schema.safeParse(lively[key]).data]),
  )
  return Object.entries(shape).map(([key, schema]) => {
    const { about } = schema.meta() as KeyNote
    return setting({ section, key, about, value: values[key], or: defaults[key] })
  })
}

type Env = keyof typeof environmentShape
type Told = { of: (shown: Shown) => unknown; about: string }

const ENVIRONMENT: Partial<Record<Env, Told>> = {
  HEDGEROW_MODE: { of: ({ mode }) => mode, about: 'Which exchange, and whether the money is real' },
  HEDGEROW_HOST: { of: ({ host }) => host, about: 'Where these pages and the API listen' },
  HEDGEROW_PORT: { of: ({ port }) => port, about: 'And on which TCP port' },
  HEDGEROW_ALLOWED_HOSTS: {
    of: ({ allowedHosts }) => allowedHosts,
    about: 'Other names by which this machine is called',
  },
  HEDGEROW_DATA_DIR: {
    of: ({ dataDir }) => dataDir,
    about: 'The folder of the database, the token and logs',
  },
  HEDGEROW_DATABASE_URL: {
    of: ({ databaseUrl }) => databaseUrl,
    about: 'The PostgreSQL server; not set: one is started in the data folder',
  },
  HEDGEROW_API_TOKEN: {
    of: ({ apiToken }) => apiToken,
    about: 'What programs sign in with; not set: the token file of the data folder',
  },
  BYBIT_API_KEY: { of: ({ keys }) => keys, about: 'The key of the account, with its secret' },
  HEDGEROW_SEED: { of: ({ seed }) => seed, about: 'The seed of all chance in mode sim' },
  HEDGEROW_SPEED: { of: ({ speed }) => speed, about: 'Engine time over wall time in mode sim' },
  HEDGEROW_EXCHANGE_URL: { of: ({ exchangeUrl }) => exchangeUrl, about: 'A simulator that runs already' },
  HEDGEROW_HISTORY_DIR: { of: ({ historyDir }) => historyDir, about: 'Recorded history for mode replay' },
  HEDGEROW_HOSTED_INSPECTOR_URL: {
    of: ({ hostedInspectorUrl }) => hostedInspectorUrl,
    about: 'Another inspector that a page of ours may frame; not set: none',
  },
  HEDGEROW_LOG: { of: ({ logLevel }) => logLevel, about: 'How much is logged' },
}

/** A folder is told whole, whatever was written. */
const SAME: Readonly<Record<string, (value: string) => boolean>> = {
  HEDGEROW_DATA_DIR: value => value.endsWith('/.hedgerow'),
  HEDGEROW_SPEED: value => value === '60' || value === '1',
}

function environmentSettings(shown: Shown): Setting[] {
  const entries = Object.entries(ENVIRONMENT) as [Env, Told][]
  return entries.map(([key, { of, about }]) => {
    const or: unknown = environmentShape[key].safeParse(undefined).data
    const found = setting({ section: 'environment', key, about, value: of(shown), or })
    return { ...found, isDefault: found.isDefault || (SAME[key]?.(found.value) ?? false) }
  })
}

type Given = { section: string; key: string; about: string; value: unknown; or: unknown }

function setting({ section, key, about, value, or }: Given): Setting {
  const [text, usual] = [textOf(value), textOf(or)]
  return { section, key, value: text, isDefault: text === usual, default: usual, about }
}

const textOf = (value: unknown): string => {
  if (value === undefined || value === null || value === '') return 'not set'
  if (Array.isArray(value)) return value.length === 0 ? 'not set' : value.join(', ')
  return String(value)
}
