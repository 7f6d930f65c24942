/**
 * Telegram's Bot API as far as a remote needs it: messages that wait, and one to send. Every answer is checked before it is
 * believed, and every call ends by its own deadline or with the signal.
 * @see https://core.telegram.org/bots/api#getupdates
 */
const TELEGRAM_URL = 'https://api.telegram.org'
const TEXT_MAX = 4_000
const ANSWER_BYTES_MAX = 1_048_576
const UPDATES_MAX = 20
/** Beyond what a question waits for by itself. */
const GRACE_MS = 10_000

export type BotAddress = { token: string; url?: string | undefined }

/** Where a method of the bot is asked: the token is in it. */
const botUrl = ({ token, url }: BotAddress, method: string): string =>
  `${(url || TELEGRAM_URL).replace(/\/+$/, '')}/bot${token}/${method}`

/** A message as it was written; what is no text has none. */
export type ChatMessage = {
  updateId: number
  chatId: string
  /** Of a public chat, without its @; '' for others. */
  chatName: string
  /** Who wrote it: their number, and what they call themselves. */
  fromId: string
  fromName: string
  text: string
  sentAtMs: number
}

export type Bot = {
  /** Messages after `offset`, waiting for the first up to `waitMs`. Messages of no known shape are left out. @throws when there is no answer */
  updates(
    offset: number,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<{ messages: ChatMessage[]; next: number }>
  /** What a group calls the bot, without its @. @throws when there is no answer */
  username(signal: AbortSignal): Promise<string>
  /** @throws when it was not taken */
  send(chatId: string, text: string, signal: AbortSignal): Promise<void>
}

/** A bot that is asked over HTTP. Nothing is sent before it is called. */
export function createBot(address: BotAddress): Bot {
  const call = async (method: string, body: object, msMax: number, signal: AbortSignal): Promise<unknown> => {
    const answer = await fetch(botUrl(address, method), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'hedgerow' },
      body: JSON.stringify(body),
      // The URL is a secret: it is never carried elsewhere.
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(msMax)]),
    })
    const text = (await answer.text()).slice(0, ANSWER_BYTES_MAX)
    if (!answer.ok) throw new Error(`${method}: expected 2xx, found ${answer.status} ${text.slice(0, 200)}`)
    const told: unknown = JSON.parse(text)
    if (!isRecord(told) || told.ok !== true) throw new Error(`${method}: expected an answer with ok true`)
    return told.result
  }
  return {
    async updates(offset, waitMs, signal) {
      const asked = {
        offset,
        limit: UPDATES_MAX,
        timeout: Math.floor(waitMs / 1000),
        allowed_updates: ['message'],
      }
      const result = await call('getUpdates', asked, waitMs + GRACE_MS, signal)
      if (!Array.isArray(result)) throw new Error('getUpdates: expected a list')
      const ids = result.map(update => (isRecord(update) ? Number(update.update_id) : Number.NaN))
      const next = Math.max(offset, ...ids.filter(Number.isSafeInteger).map(id => id + 1))
      return { messages: result.flatMap(update => messageIn(update) ?? []), next }
    },
    async username(signal) {
      const result = await call('getMe', {}, GRACE_MS, signal)
      if (!isRecord(result) || typeof result.username !== 'string')
        throw new Error('getMe: expected a username')
      return result.username
    },
    async send(chatId, text, signal) {
      const body = { chat_id: chatId, text: text.slice(0, TEXT_MAX), disable_web_page_preview: true }
      await call('sendMessage', body, GRACE_MS, signal)
    },
  }
}

function messageIn(update: unknown): ChatMessage | undefined {
  if (!isRecord(update) || !Number.isSafeInteger(update.update_id) || !isRecord(update.message))
    return undefined
  const { chat, from, text, date } = update.message
  if (!isRecord(chat) || !Number.isSafeInteger(chat.id)) return undefined
  const who = isRecord(from) ? from : {}
  return {
    updateId: Number(update.update_id),
    chatId: String(chat.id),
    chatName: textOf(chat.username),
    fromId: textOf(who.id) || 'unknown',
    fromName: textOf(who.username) || textOf(who.first_name),
    text: textOf(text),
    // What has no time is as old as can be: nothing is carried out for it.
    sentAtMs: Number.isSafeInteger(date) ? Number(date) * 1000 : 0,
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : ''
