/**
 * The channels an alert can go over, and what is said on each: to machines the whole alert as JSON, to people a few lines.
 * Webhooks and chats are one HTTP POST whose redirects are refused: they would carry a message, and a URL that is a secret,
 * elsewhere.
 */
import { createTransport } from 'nodemailer'
import type { Alert } from './delivery/alert-log.ts'
import { createBot } from './remote/bot-api.ts'

export type Occasion = 'raised' | 'worse' | 'escalated' | 'cleared'

export type AlertMessage = {
  occasion: Occasion
  /** Which engine speaks: its mode and account. */
  engine: string
  alert: Alert
}

const HEAD: Record<Occasion, string> = {
  raised: '',
  worse: 'WORSE, ',
  escalated: 'NOBODY HAS ACKNOWLEDGED, ',
  cleared: 'OVER: ',
}

/** The first line of a message: what it is about. */
/** One channel to people. Rejects when the message was not taken; gives up when the signal aborts. */
export type AlertChannel = { name: string; send(message: AlertMessage, signal: AbortSignal): Promise<void> }

function subjectLine({ occasion, engine, alert }: AlertMessage): string {
  const weight = occasion === 'cleared' ? '' : `${alert.severity.toUpperCase()}: `
  const about = alert.subject === '' ? '' : ` (${alert.subject})`
  return `${HEAD[occasion]}${weight}${alert.message}${about} [hedgerow ${engine}]`
}

/** The whole message as plain text; no line of it is markup. */
function textOf(message: AlertMessage): string {
  const { alert } = message
  const details = Object.entries(alert.detail).map(([name, value]) => `${name}: ${plain(value)}`)
  const times = [`since ${iso(alert.raisedAtMs)}`]
  if (alert.clearedAtMs !== null) times.push(`until ${iso(alert.clearedAtMs)}`)
  return [subjectLine(message), ...details, times.join(' '), `RUNBOOK.md: ${alert.name}`].join('\n')
}

const iso = (atMs: number) => new Date(atMs).toISOString()
const plain = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

const TEXT_MAX = 1_900

/** For programs: everything, as JSON. */
export const webhook = (url: string): AlertChannel => ({
  name: 'webhook',
  async send(message, signal) {
    const { occasion, engine, alert } = message
    await post(url, { occasion, engine, text: subjectLine(message), ...alert }, signal)
  },
})

/** Slack and what copies it: `{text}`. */
export const slack = (url: string): AlertChannel => chat('slack', url, text => ({ text }))

/** Discord: `{content}`, and nobody is mentioned whatever a text says. */
export const discord = (url: string): AlertChannel =>
  chat('discord', url, content => ({ content, allowed_mentions: { parse: [] } }))

const chat = (name: string, url: string, body: (text: string) => object): AlertChannel => ({
  name,
  send: async (message: AlertMessage, signal) => {
    await post(url, body(textOf(message).slice(0, TEXT_MAX)), signal)
  },
})

/** Posts JSON. @throws when the answer is not 2xx */
async function post(url: string, body: object, signal: AbortSignal): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': 'hedgerow' },
    body: JSON.stringify(body),
    redirect: 'error',
    signal,
  })
  const text = (await answer.text()).slice(0, TEXT_MAX)
  if (!answer.ok) throw new Error(`expected 2xx, found ${answer.status} ${text}`)
}

/** Alerts by e-mail over SMTP. A new connection for each message: alerts are rare and a kept one would have died. */
type MailOptions = {
  host: string
  port: number
  /** `none` only for a relay on the same machine. */
  security: 'starttls' | 'tls' | 'none'
  user: string | undefined
  password: string | undefined
  from: string
  /** Addresses with commas between. */
  to: string
}

const STEP_MS_MAX = 8_000

/** Mail over SMTP, on a new connection for each message: alerts are rare and a kept one would have died. */
export const mail = ({ host, port, security, user, password, from, to }: MailOptions): AlertChannel => ({
  name: 'mail',
  async send(message, signal) {
    const transport = createTransport({
      host,
      port,
      secure: security === 'tls',
      requireTLS: security === 'starttls',
      ignoreTLS: security === 'none',
      ...(user && password ? { auth: { user, pass: password } } : {}),
      connectionTimeout: STEP_MS_MAX,
      greetingTimeout: STEP_MS_MAX,
      socketTimeout: STEP_MS_MAX,
      disableFileAccess: true,
      disableUrlAccess: true,
    })
    const give = () => transport.close()
    signal.addEventListener('abort', give, { once: true })
    try {
      await transport.sendMail({ from, to, subject: subjectLine(message), text: textOf(message) })
    } finally {
      signal.removeEventListener('abort', give)
      transport.close()
    }
  },
})

type TelegramOptions = { token: string; chat: string; url?: string | undefined }

/** A message to one chat, through a bot. */
export const telegram = ({ chat, ...address }: TelegramOptions): AlertChannel => ({
  name: 'telegram',
  send: (message, signal) => createBot(address).send(chat, textOf(message), signal),
})
