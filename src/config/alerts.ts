/**
 * Who hears of alerts and when: the `alerts:` section of the file. Everything is off until it is named; what is secret
 * (tokens, passwords, URLs that hold a token) comes from the environment or systemd credentials only.
 */
import { z } from 'zod'
import { lengthKey, noted, optionalText, wholeKey, wordKey } from './keys.ts'

const DAY_MS = 86_400_000
const MAIL = /^[^\s@,<>"]{1,64}@[^\s@,<>"]{1,253}$/
const isMail = (text: string) => MAIL.test(text.trim())
const isHttpUrl = (text: string) => URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol)

/** Text that is absent unless set; in the generated file it stands empty. */
const named = (about: string, expected: string, matches: (text: string) => boolean) =>
  noted(optionalText({ matches: text => text === '' || matches(text), expected }), { about, text: '' })

/** Security of the way to the mail server. */
const SECURITY = ['starttls', 'tls', 'none'] as const

export const alerts = z.strictObject({
  severityMin: noted(wordKey(['ticket', 'page'], 'ticket'), {
    about: 'The least severity that is sent out: ticket sends everything, page only what wakes a person',
    text: 'ticket',
  }),
  escalateAfterMs: lengthKey({
    min: 10_000,
    max: DAY_MS,
    or: '900000',
    about: 'A page that nobody acknowledges is sent again after this (of the wall clock)',
  }),
  escalationsMax: wholeKey({
    min: 0,
    max: 100,
    unit: 'times',
    or: '4',
    about: 'How often a page is sent again',
  }),
  telegramChat: named(
    'Telegram: the chat to write to; its token is HEDGEROW_ALERT_TELEGRAM_TOKEN',
    "a chat's number, such as -1001234567890, or its @name",
    text => /^(-?\d{1,20}|@\w{3,64})$/.test(text),
  ),
  telegramRemote: noted(
    wordKey(['true', 'false'], 'false').transform(word => word === 'true'),
    {
      about:
        'Telegram: may the same chat command the engine (status, hedges, halt, resume, flatten)? Everybody in it then may',
      text: 'false',
    },
  ),
  telegramUrl: named("Telegram: another server than Telegram's own", 'an http or https URL', isHttpUrl),
  mailTo: named('E-mail: recipients, separated by commas', 'mail addresses with commas between', text =>
    text.split(',').every(isMail),
  ),
  mailFrom: named('E-mail: the sender', 'a mail address', isMail),
  smtpHost: named('E-mail: the server', 'a host name or IP address', text => /^[\w.:-]{1,253}$/.test(text)),
  smtpPort: wholeKey({ min: 1, max: 65_535, unit: 'TCP port', or: '587', about: 'E-mail: its port' }),
  smtpSecurity: noted(wordKey(SECURITY, 'starttls'), {
    about: 'E-mail: starttls, tls from the first byte, or none (a relay on this machine)',
    text: 'starttls',
  }),
  smtpUser: named(
    'E-mail: the login; its password is HEDGEROW_ALERT_SMTP_PASSWORD',
    'a login without spaces',
    text => /^\S{1,254}$/.test(text),
  ),
  heartbeatEveryMs: lengthKey({
    min: 1_000,
    max: DAY_MS,
    or: '60000',
    about:
      "Dead man's switch: how often HEDGEROW_ALERT_HEARTBEAT_URL is called while all is well (of the wall clock)",
  }),
  settlementMissedMs: lengthKey({
    min: 10_000,
    max: DAY_MS,
    or: '600000',
    about: 'A funding settlement not booked after this raises an alert',
  }),
  orderUnknownMs: lengthKey({
    min: 1_000,
    max: DAY_MS,
    or: '60000',
    about: 'An order with an unknown outcome for this long raises an alert',
  }),
  clockOffMsMax: lengthKey({
    min: 10,
    max: 60_000,
    or: '1000',
    about: "Largest difference between the engine's clock and the exchange's (of the wall clock)",
  }),
})

const url = optionalText({ matches: isHttpUrl, expected: 'an http or https URL' })
const credential = optionalText({
  matches: text => /^[\x21-\x7e]{4,512}$/.test(text),
  expected: '4 to 512 printable characters',
})

/** All of these are secrets: a chat's webhook URL is its password. */
export const alertSecrets = {
  HEDGEROW_ALERT_WEBHOOK_URL: url,
  HEDGEROW_ALERT_SLACK_URL: url,
  HEDGEROW_ALERT_DISCORD_URL: url,
  HEDGEROW_ALERT_TELEGRAM_TOKEN: credential,
  HEDGEROW_ALERT_SMTP_PASSWORD: credential,
  HEDGEROW_ALERT_HEARTBEAT_URL: url,
}

type AlertKeys = z.output<typeof alerts>
type SecretKey = keyof typeof alertSecrets

/** The section and its secrets together; what is absent is off. */
export type AlertSettings = AlertKeys & {
  secrets: Readonly<Partial<Record<SecretKey, string>>>
}

/** The keys of the file with the secrets of the environment; one that is not set is left out. */
export function alertSettings(
  keys: AlertKeys,
  values: { [Key in SecretKey]?: string | undefined },
): AlertSettings {
  const found = (Object.keys(alertSecrets) as SecretKey[]).flatMap(key => {
    const value = values[key]
    return value === undefined ? [] : [[key, value] as const]
  })
  return { ...keys, secrets: Object.fromEntries(found) }
}
