/** A Telegram bot that writes to one chat. The token is part of the URL, so no error may show it. */
import type { Way } from '../delivery/courier.ts'
import { textOf } from './message.ts'
import { post } from './webhook.ts'

const TELEGRAM_URL = 'https://api.telegram.org'
const TEXT_MAX = 4_000

type TelegramOptions = { token: string; chat: string; url?: string | undefined }

/** @see https://core.telegram.org/bots/api#sendmessage */
export const telegram = ({ token, chat, url }: TelegramOptions): Way => {
  const address = `${(url || TELEGRAM_URL).replace(/\/+$/, '')}/bot${token}/sendMessage`
  return {
    name: 'telegram',
    async send(message, signal) {
      const body = { chat_id: chat, text: textOf(message).slice(0, TEXT_MAX), disable_web_page_preview: true }
      const answer: unknown = JSON.parse(await post(address, body, signal))
      const isTaken = typeof answer === 'object' && answer !== null && 'ok' in answer && answer.ok === true
      if (!isTaken) throw new Error(`expected an answer with ok true, found ${JSON.stringify(answer)}`)
    },
  }
}
