/** The configuration as it may be shown: an allow-list, where of a secret only whether it is set is said. */
import { alertSecrets, alerts } from './alerts.ts'
import type { Config } from './config.ts'
import { addressOf } from './secrets.ts'

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
