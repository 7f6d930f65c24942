/**
 * The one schema of the configuration: `hedgerow.yaml` (strategy, execution, limits, acknowledgement) and the environment.
 * Everything has a careful default, so `npm start` needs nothing. Relations between keys are in `relations.ts`.
 */
import { isIP } from 'node:net'
import { z } from 'zod'
import { REGIONS } from '../exchange/bybit/hosts.ts'
import { alertSecrets, alerts } from './alerts.ts'
import { execution } from './execution.ts'
import { lengthKey, noted, optionalText, plainNumber, textKey, wholeKey, wordKey } from './keys.ts'
import { limits } from './limits.ts'
import { strategy } from './strategy.ts'

// The sections of the file: strategy, execution and limits give exactly the `Rules` of the domain, with the careful defaults
// of a small account that pays the highest fees; `account` says where it is registered and what the engine may set on it.

const DAY_MS = 86_400_000

export type AccountRules = z.output<typeof accountKeys>

const accountKeys = z.strictObject({
  region: noted(wordKey(REGIONS, 'global'), {
    about: `The Bybit site the account is registered at, in mode live (one of ${REGIONS.join(', ')})`,
    text: 'global',
  }),
  manage: noted(
    wordKey(['true', 'false'], 'false').transform(word => word === 'true'),
    {
      about:
        'The engine sets leverage, spot margin, Delta Neutral Mode and price-limit handling itself; otherwise it only says what to change. On the simulator that it starts itself it always does',
      text: 'false',
    },
  ),
  leverage: wholeKey({
    min: 0,
    max: 100,
    unit: 'times',
    or: '0',
    about: 'Leverage that every tracked perpetual must have; 0 leaves it as it is',
  }),
  keyExpiryAlertMs: lengthKey({
    min: DAY_MS,
    max: 365 * DAY_MS,
    or: String(14 * DAY_MS),
    about: 'An API key that expires within this raises an alert',
  }),
})

export const sections = { strategy, execution, limits, account: accountKeys, alerts }

/** What `acknowledgeLive` must say, word for word, before real money is touched. */
export const LIVE_ACKNOWLEDGEMENT = 'I understand that this trades real money'
const MODES = ['sim', 'replay', 'demo', 'testnet', 'live'] as const
export type Mode = (typeof MODES)[number]
export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const

/** The keys a file may hold. */
export const fileShape = {
  strategy: sections.strategy.prefault({}),
  execution: sections.execution.prefault({}),
  limits: sections.limits.prefault({}),
  account: sections.account.prefault({}),
  alerts: sections.alerts.prefault({}),
  acknowledgeLive: z
    .literal(LIVE_ACKNOWLEDGEMENT, { error: `the sentence "${LIVE_ACKNOWLEDGEMENT}"` })
    .optional(),
}

const isHost = (text: string) =>
  isIP(text) !== 0 || /^(?=.{1,253}$)[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(text)
const hasScheme = (...schemes: string[]) => {
  return (text: string) => URL.canParse(text) && schemes.includes(new URL(text).protocol)
}
/** Only its origin is let into the page's policy: nothing but a plain host may stand there. */
const isInspectorUrl = (text: string) => {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, username, password } = new URL(text)
  const name = hostname.replace(/^\[|\]$/g, '')
  const isHere = name === 'localhost' || name === '127.0.0.1' || name === '::1'
  const isSafe = protocol === 'https:' || (protocol === 'http:' && isHere)
  return isSafe && isHost(name) && username === '' && password === ''
}
/** An address is none, and may hold a password. */
const isFolder = (text: string) => text.trim() !== '' && !text.includes('://')
const isCredential = (text: string) => /^[\x21-\x7e]{4,512}$/.test(text)
const credential = (what: string) =>
  optionalText({ matches: isCredential, expected: `${what}: 4 to 512 printable characters` })
const whole = (max: number, or: string, what: string) =>
  wholeKey({ min: 0, max, unit: what, or, about: what })

/** The environment's keys, secrets among them. */
export const environmentShape = {
  HEDGEROW_MODE: wordKey(MODES, 'sim'),
  HEDGEROW_PORT: whole(65_535, '8787', 'TCP port, 0 for any free one'),
  HEDGEROW_HOST: textKey({ matches: isHost, expected: 'a host name or IP address', or: '127.0.0.1' }),
  HEDGEROW_ALLOWED_HOSTS: optionalText({
    matches: text => text.split(',').every(name => isHost(name.trim())),
    expected: 'host names with commas between',
  }),
  HEDGEROW_DATA_DIR: textKey({ matches: isFolder, expected: 'a folder', or: '.hedgerow' }),
  HEDGEROW_CONFIG: optionalText({ matches: isFolder, expected: 'a file' }),
  HEDGEROW_SERVICE: optionalText({
    matches: text => /^[\w.@-]{1,64}$/.test(text),
    expected: 'the name of a service',
  }),
  HEDGEROW_DATABASE_URL: optionalText({
    matches: hasScheme('postgres:', 'postgresql:'),
    expected: 'a URL such as postgres://user:password@host:5432/hedgerow',
  }),
  HEDGEROW_API_TOKEN: optionalText({
    matches: text => /^[\w.~+/=-]{16,256}$/.test(text),
    expected: '16 to 256 characters of A-Z a-z 0-9 . _ ~ + / = -',
  }),
  HEDGEROW_SEED: whole(4_294_967_295, '1', 'seed of all chance'),
  HEDGEROW_SPEED: plainNumber({ min: 0.1, max: 1000, unit: 'times as fast as the wall clock' }).optional(),
  HEDGEROW_EXCHANGE_URL: optionalText({
    matches: hasScheme('http:', 'https:'),
    expected: 'the http URL of a running simulator, such as http://127.0.0.1:9797',
  }),
  HEDGEROW_HISTORY_DIR: optionalText({ matches: isFolder, expected: 'a folder' }),
  HEDGEROW_HOSTED_INSPECTOR_URL: optionalText({
    matches: isInspectorUrl,
    expected: 'the https URL of an inspector (http on this machine only), without a user name',
  }),
  HEDGEROW_LOG: wordKey(LOG_LEVELS, 'info'),
  BYBIT_API_KEY: credential('an API key'),
  BYBIT_API_SECRET: credential('an API secret'),
  ...alertSecrets,
}

export const everyKey = z.strictObject({ ...fileShape, ...environmentShape })
export type KeyValues = z.output<typeof everyKey>
