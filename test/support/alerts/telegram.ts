/** A small Telegram on this machine: the two methods of its Bot API that the engine uses, over real HTTP, with long polling. */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a group calls the bot. */
const BOT_NAME = 'HedgerowBot'
export const BOT_TOKEN = '123456:a-token-of-the-tests'
export const CHAT = '-1001'

type Update = { update_id: number; message: object }
type Waiting = { response: ServerResponse; offset: number; timer: NodeJS.Timeout }

export type SmallTelegram = Awaited<ReturnType<typeof startTelegram>>

/** Answers as Telegram does; while it is away every connection is cut. */
export async function startTelegram() {
  const updates: Update[] = []
  const sent: { chat_id: string; text: string }[] = []
  const heard: ((text: string) => void)[] = []
  const polls: number[] = []
  let waiting: Waiting | undefined
  let isAway = false
  let count = 100

  const say = (response: ServerResponse, result: unknown) =>
    void response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ ok: true, result }))
  const flush = (isLate = false) => {
    if (!waiting) return
    const { response, offset, timer } = waiting
    const found = updates.filter(({ update_id }) => update_id >= offset)
    if (found.length === 0 && !isLate) return
    clearTimeout(timer)
    waiting = undefined
    say(response, found)
  }
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += String(chunk)
    if (isAway) return void request.socket.destroy()
    const body = JSON.parse(text)
    if (request.url === `/bot${BOT_TOKEN}/getUpdates`) {
      polls.push(body.offset)
      // What was asked beyond is known to be taken.
      updates.splice(0, updates.findLastIndex(({ update_id }) => update_id < body.offset) + 1)
      const timer = setTimeout(() => flush(true), body.timeout * 1000)
      waiting = { response, offset: body.offset, timer }
      return flush()
    }
    if (request.url === `/bot${BOT_TOKEN}/getMe`)
      return say(response, { id: 1, is_bot: true, username: BOT_NAME })
    if (request.url !== `/bot${BOT_TOKEN}/sendMessage`)
      return void response.writeHead(404).end(JSON.stringify({ ok: false, description: 'Not Found' }))
    sent.push(body)
    say(response, { message_id: sent.length })
    heard.shift()?.(body.text)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent,
    /** The offsets that were asked from. */
    polls,
    /** Somebody writes; `agoMs` before now. */
    write(text: string, { chat = CHAT, from = 7, name = 'ann', agoMs = 0 } = {}) {
      const date = Math.floor((Date.now() - agoMs) / 1000)
      const message = { chat: { id: Number(chat) }, from: { id: from, username: name }, text, date }
      updates.push({ update_id: ++count, message })
      flush()
    },
    /** The next message of the bot. */
    next: () => new Promise<string>(resolve => heard.push(resolve)),
    away(is: boolean) {
      isAway = is
      if (is) server.closeAllConnections()
    },
    close() {
      clearTimeout(waiting?.timer)
      server.closeAllConnections()
      server.close()
    },
  }
}
