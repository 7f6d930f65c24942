/** The configuration as it may be shown: an allow-list, where of a secret only whether it is set is said. */

import type { z } from 'zod'
import { alertSecrets, alerts } from './alerts.ts'
import type { Config } from './config.ts'
import type { KeyNote } from './keys.ts'
import { LIVE_ACKNOWLEDGEMENT, sections } from './schema.ts'
import { addressOf } from './secrets.ts'
import { LIVELY } from './strategy.ts'

/** The values that no log line, page or error may show; `redaction` hides their parts too. */
export function secretsOf({ keys, apiToken, databaseUrl, alerts: { secrets } }: Config): string[] {
  const password = databaseUrl && new URL(databaseUrl).password
  const found = [keys?.key, keys?.secret, apiToken, databaseUrl, password, ...Object.values(secrets)]
  return found.flatMap(secret => (secret ? [secret] : []))
}

const isSet = (value: unknown) => (value === undefined ? 'not set' : 'set')
const openUrl = (url: string | undefined) => (url === undefined ? null : addressOf(url))

/** The configuration as it may be shown: of a secret, only whether it is set. */
export function shownConfig(config: Config) {
  const { alerts: settings, rules } = config
  return {
    file: config.file ?? null,
    mode: config.mode,
    host: config.host,
    port: config.port,
    allowedHosts: config.allowedHosts,
    dataDir: config.dataDir,
    databaseUrl: isSet(config.databaseUrl),
    apiToken: isSet(config.apiToken),
    keys: isSet(config.keys),
    seed: config.seed,
    speed: config.speed,
    exchangeUrl: openUrl(config.exchangeUrl),
    historyDir: config.historyDir ?? null,
    hostedInspectorUrl: openUrl(config.hostedInspectorUrl),
    logLevel: config.logLevel,
    rules: { strategy: rules.strategy, execution: rules.execution, limits: rules.limits },
    alerts: {
      ...Object.fromEntries(
        (Object.keys(alerts.shape) as (keyof typeof alerts.shape)[]).map(key => [key, settings[key] ?? null]),
      ),
      telegramUrl: openUrl(settings.telegramUrl || undefined),
      ...Object.fromEntries(
        (Object.keys(alertSecrets) as (keyof typeof alertSecrets)[]).map(name => [
          name,
          isSet(settings.secrets[name]),
        ]),
      ),
    },
  }
}

// A `hedgerow.yaml` to start from: every key of the schema with its meaning, unit and default, all commented out, so that
// the file says only what its owner changed.

const lively = Object.entries(LIVELY)
  .map(([key, value]) => `#   strategy.${key}: ${value}`)
  .join('\n')

const HEAD = `# Hedgerow: strategy and limits. Keys left commented out have the value shown.
# Fractions are fractions: 0.08 is 8 %. Lengths of time (…Ms) are written 90s, 15m, 12h or 3d; a plain
# number is milliseconds. Mode, port and folders come from the environment (HEDGEROW_…);
# secrets never stand in a file like this one.
# In mode sim, whose markets live for an afternoon, these are livelier unless set here:
${lively}
`

const WIDTH = 100

/** A hedgerow.yaml with every key, each explained and at its default. */
export function configTemplate(): string {
  const parts = Object.entries(sections).map(([name, { shape }]) => section(name, shape))
  const live = `# Mode live asks for this sentence, word for word:\n# acknowledgeLive: ${LIVE_ACKNOWLEDGEMENT}\n`
  return [HEAD, ...parts, live].join('\n')
}

function section(name: string, shape: Readonly<Record<string, z.ZodType>>): string {
  const keys = Object.entries(shape).map(([key, schema]) => {
    const { about, text } = schema.meta() as KeyNote
    return `${wrapped(about)}\n  # ${key}: ${text}\n`
  })
  return `${name}:\n${keys.join('\n')}`
}

function wrapped(text: string): string {
  const lines: string[] = ['  #']
  for (const word of `${text}.`.split(' ')) {
    const line = lines.at(-1) ?? ''
    if (line.length + word.length + 1 > WIDTH) lines.push(`  # ${word}`)
    else lines[lines.length - 1] = `${line} ${word}`
  }
  return lines.join('\n')
}
