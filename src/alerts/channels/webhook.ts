/**
 * Ways that are one HTTP POST: any program's webhook (the whole alert as JSON), and the chats that take one line of
 * text in their own field. Redirects are refused: they would carry a message, and a URL that is a secret, elsewhere.
 */
import type { Way } from '../delivery/courier.ts'
import { type AlertMessage, subjectLine, textOf } from './message.ts'

const TEXT_MAX = 1_900

/** For programs: everything, as JSON. */
export const webhook = (url: string): Way => ({
  name: 'webhook',
  async send(message, signal) {
    const { occasion, engine, alert } = message
    await post(url, { occasion, engine, text: subjectLine(message), ...alert }, signal)
  },
})

/** Slack and what copies it: `{text}`. */
export const slack = (url: string): Way => chat('slack', url, text => ({ text }))

/** Discord: `{content}`, and nobody is mentioned whatever a text says. */
export const discord = (url: string): Way =>
  chat('discord', url, content => ({ content, allowed_mentions: { parse: [] } }))

const chat = (name: string, url: string, body: (text: string) => object): Way => ({
  name,
  send: async (message: AlertMessage, signal) => {
    await post(url, body(textOf(message).slice(0, TEXT_MAX)), signal)
  },
})

/** Posts JSON; the answer's text when it was taken. @throws when the answer is not 2xx */
export async function post(url: string, body: object, signal: AbortSignal): Promise<string> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': 'hedgerow' },
    body: JSON.stringify(body),
    redirect: 'error',
    signal,
  })
  const text = (await answer.text()).slice(0, TEXT_MAX)
  if (!answer.ok) throw new Error(`expected 2xx, found ${answer.status} ${text}`)
  return text
}
