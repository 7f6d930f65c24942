/**
 * The chat that hears alerts as a remote of the engine: a few commands, each carried out and audited like one of the API. Only
 * the configured chat is heard. A command is carried out once, soon after it was written or not at all; to unwind everything is
 * asked back for. Telegram may be away for as long as it likes: the engine does not notice.
 */
import { randomInt } from 'node:crypto'
import { type Clock, restFor } from '../../clock/clock.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import { lengthText } from '../../wording/figures.ts'
import { plainText } from '../../wording/plain-text.ts'
import { causeOf } from '../delivery/courier.ts'
import type { Bot, ChatMessage } from './bot-api.ts'

/** Who commands, and the key under which it is done once however often it is heard. */
export type Commander = { by: string; idempotencyKey: string }

/** What the engine answers, in words that are ready to be read. */
export type RemoteDesk = {
  status(): Promise<string>
  hedges(): Promise<string>
  halt(commander: Commander, because: string): Promise<string>
  resume(commander: Commander): Promise<string>
  /** What to unwind everything would mean now. */
  flattening(): string
  flatten(commander: Commander): Promise<string>
}

type RemoteParts = {
  bot: Bot
  /** The chat's number, or its @name. */
  chat: string
  desk: RemoteDesk
  telemetry: Pick<Telemetry, 'log' | 'inputCounted'>
  /** Wall time. */
  wall: Clock
  /** Hides secrets in what a failed call says. */
  redact: (text: string) => string
  pollMs?: number
  /** The first pause after a call that failed, and the longest. */
  pauseMs?: { first: number; last: number }
}

/** A command that is older is not carried out: what it was about may be over. */
const AGE_MS_MAX = 60_000
const CONFIRM_MS = 60_000
const CODE_TRIES_MAX = 3
const OLD_SHOWN_MAX = 5
const POLL_MS = 50_000
const PAUSE_MS = { first: 1_000, last: 60_000 }
const CAUSE_MAX = 200
const REASON_MAX = 200

const HELP = [
  '/status: what the engine is doing',
  '/hedges: what it holds',
  '/halt [reason]: no new risk; reducing stays allowed',
  '/resume: ends a halt',
  '/flatten: halts and unwinds every hedge; asks back first',
].join('\n')

/** Listens until told to stop. Never throws. */
export function startRemote(parts: RemoteParts): () => void {
  const { bot, telemetry, wall, redact, pollMs = POLL_MS, pauseMs: { first, last } = PAUSE_MS } = parts
  const closing = new AbortController()
  let username: string | undefined
  const answer = answering(parts, () => username, closing.signal)
  let offset = 0
  let failures = 0
  const listen = async () => {
    while (!closing.signal.aborted) {
      try {
        username ??= await bot.username(closing.signal)
        const { messages, next } = await bot.updates(offset, pollMs, closing.signal)
        if (failures > 0) telemetry.log.info('telegram.back', { failures })
        failures = 0
        offset = next
        await answer(messages)
      } catch (error) {
        if (closing.signal.aborted) return
        // Said once: an outage of hours is one line.
        if (failures++ === 0)
          telemetry.log.warn('telegram.away', { error: redact(causeOf(error)).slice(0, CAUSE_MAX) })
        const pauseNowMs = Math.min(last, first * 2 ** Math.min(failures - 1, 16))
        await restFor(wall, pauseNowMs, closing.signal)
      }
    }
  }
  void listen()
  return () => closing.abort()
}

type Asked = { code: string; fromId: string; untilMs: number; tries: number }

/** One message after the other. A reply that cannot be sent is dropped: what was commanded is done. */
function answering(
  { bot, chat, desk, telemetry, wall, redact }: RemoteParts,
  username: () => string | undefined,
  signal: AbortSignal,
) {
  const confirmations = confirming(desk, wall)
  let strangers = 0
  const carryOut = (message: ChatMessage): Promise<string> | string => {
    const [, command = '', rest = ''] =
      /^\/([a-z]+)(?:@\w+)?(?:\s+([\s\S]*))?$/i.exec(message.text.trim()) ?? []
    const commander = commanderOf(message)
    switch (command.toLowerCase()) {
      case 'status':
        return desk.status()
      case 'hedges':
        return desk.hedges()
      case 'halt':
        return desk.halt(commander, plainText(rest, REASON_MAX) || 'asked by a person')
      case 'resume':
        return desk.resume(commander)
      case 'flatten':
        return confirmations.ask(message.fromId)
      case 'confirm':
        return confirmations.take(message.fromId, rest.trim(), commander)
      case 'help':
      case 'start':
        return HELP
      default:
        return `Not known here: ${plainText(message.text, 40)}\n${HELP}`
    }
  }
  const warn = (what: string, error: unknown) => {
    if (!signal.aborted) telemetry.log.warn(what, { error: redact(causeOf(error)).slice(0, CAUSE_MAX) })
  }
  const say = (chatId: string, text: string) =>
    bot.send(chatId, text, signal).catch(error => warn('telegram.unanswered', error))
  const isHeard = (message: ChatMessage): boolean => {
    if (!isOf(chat, message)) {
      telemetry.inputCounted('telegram')
      if (strangers++ === 0)
        telemetry.log.warn('telegram.stranger', { chat: message.chatId, from: message.fromId })
      return false
    }
    // Joins, pictures and the like are no commands; nor is what people say to each other in a group.
    const [isCommand, name] = /^\/(?:[a-z]+@(\w+))?/i.exec(message.text.trim()) ?? []
    // In a group of several bots a command may name another one.
    return isCommand !== undefined && (name === undefined || name.toLowerCase() === username()?.toLowerCase())
  }
  const isOld = ({ sentAtMs }: ChatMessage) => wall.nowMs() - sentAtMs > AGE_MS_MAX
  return async (messages: readonly ChatMessage[]): Promise<void> => {
    const heard = messages.filter(isHeard)
    const old = heard.filter(isOld)
    const [first] = old
    if (first) await say(first.chatId, oldText(old, wall.nowMs()))
    for (const message of heard.filter(each => !old.includes(each))) {
      const text = await Promise.resolve()
        .then(() => carryOut(message))
        .catch(error => {
          warn('telegram.failed', error)
          return 'The engine could not carry it out; its log says why.'
        })
      await say(message.chatId, text)
    }
  }
}

/** What was written while nobody listened: one answer for all of it. */
function oldText(old: readonly ChatMessage[], nowMs: number): string {
  const told = old
    .slice(-OLD_SHOWN_MAX)
    .map(({ text, sentAtMs }) => `${plainText(text, 40)}, sent ${lengthText(nowMs - sentAtMs)} ago`)
  return `Not carried out, since it is too old; send it again if it is still meant:\n${told.join('\n')}`
}

/** A command that cannot be taken back is carried out for a code that its sender is shown, once, within a minute. */
function confirming(desk: RemoteDesk, wall: Clock) {
  let asked: Asked | undefined
  return {
    ask(fromId: string): string {
      const code = String(randomInt(1_000, 10_000))
      asked = { code, fromId, untilMs: wall.nowMs() + CONFIRM_MS, tries: 0 }
      return `${desk.flattening()}\nTo do it send /confirm ${code} within a minute.`
    },
    async take(fromId: string, code: string, commander: Commander): Promise<string> {
      const known = asked
      if (!known || known.fromId !== fromId || wall.nowMs() > known.untilMs)
        return 'Nothing waits to be confirmed: /flatten asks anew.'
      if (known.code !== code) {
        if (++known.tries >= CODE_TRIES_MAX) asked = undefined
        return 'That is not the code; nothing was done.'
      }
      asked = undefined
      return desk.flatten(commander)
    },
  }
}

/** As the audit shows it: a name people chose proves nothing, the number is Telegram's. */
function commanderOf({ fromId, fromName, updateId, sentAtMs }: ChatMessage): Commander {
  const name = plainText(fromName, 40)
  const by = name === '' ? `telegram ${fromId}` : `telegram ${fromId} (${name})`
  return { by, idempotencyKey: `telegram-${updateId}-${sentAtMs}` }
}

const isOf = (chat: string, { chatId, chatName }: ChatMessage): boolean =>
  chat.startsWith('@') ? chat.slice(1).toLowerCase() === chatName.toLowerCase() : chat === chatId
