/** The chat as a remote, over real HTTP against a small Telegram of the tests: who is heard, what is carried out, and once. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createBot } from '../../../src/alerts/remote/bot-api.ts'
import { startRemote } from '../../../src/alerts/remote/remote.ts'
import { systemClock } from '../../../src/clock/clock.ts'
import { remoteDesk } from '../../../src/run/alerts/remote-desk.ts'
import { redaction } from '../../../src/telemetry/redaction.ts'
import { BOT_TOKEN, CHAT, type SmallTelegram, startTelegram } from '../../support/alerts/telegram.ts'
import { type SmallView, smallView } from '../../support/api/small-view.ts'

type Line = { level: string; message: string; fields: unknown }

let telegram: SmallTelegram
let view: SmallView
let lines: Line[]
let counted: number
let stop: () => void

beforeEach(async () => {
  telegram = await startTelegram()
  view = smallView()
  lines = []
  counted = 0
  begin()
})
afterEach(() => {
  stop()
  telegram.close()
})

function begin(chat = CHAT, clock = systemClock()) {
  const say = (level: string) => (message: string, fields?: unknown) =>
    void lines.push({ level, message, fields })
  const log = {
    ...{ error: say('error'), warn: say('warn'), info: say('info'), debug: say('debug') },
    child: () => log,
  }
  stop = startRemote({
    bot: createBot({ token: BOT_TOKEN, url: telegram.url }),
    chat,
    desk: remoteDesk(view),
    telemetry: { log, inputCounted: () => void counted++ },
    wall: clock,
    redact: redaction([BOT_TOKEN]),
    pollMs: 1_000,
    pauseMs: { first: 5, last: 20 },
  })
}

/** Writes, and gives what the bot answers. */
async function ask(text: string, from: Parameters<SmallTelegram['write']>[1] = {}): Promise<string> {
  const answer = telegram.next()
  telegram.write(text, from)
  return answer
}
const commands = () => view.commands.map(({ what }) => what)

test('status, hedges and help are answered in the words of the terminal', async () => {
  expect(await ask('/status')).toMatch(/^2023-11-14 22:13.*\ntrading\nequity 100,000\.00 USDT\n/)
  expect(await ask('/hedges')).toBe('no hedge is open')
  expect(await ask('/help@HedgerowBot')).toContain('/flatten: halts and unwinds every hedge')
  expect(await ask('/dance')).toContain('Not known here: /dance')
  expect(commands()).toEqual([])
})

test('halt and resume are commands like any other: audited with who gave them and where', async () => {
  expect(await ask('/halt looking\u001b[2J at it')).toBe('The engine is now halted (step 1).')
  expect(view.summary().halt).toMatchObject({ by: 'telegram 7 (ann)', because: 'looking at it' })
  expect(view.commands[0]?.command).toMatchObject({ source: 'telegram', by: 'telegram 7 (ann)' })
  expect(await ask('/status')).toContain('by telegram 7 (ann): looking at it')
  expect(await ask('/resume')).toBe('The engine is now trading (step 1).')
  expect(await ask('/halt')).toContain('halted')
  expect(view.summary().halt).toMatchObject({ because: 'asked by a person' })
})

test('to flatten is asked back for, and done for the one who asked, with the code, once', async () => {
  const asked = await ask('/flatten')
  const code = /\/confirm (\d{4})/.exec(asked)?.[1] ?? ''
  expect(asked).toMatch(/^Halts the engine; no hedge is open\.\n/)
  expect(await ask(`/confirm ${code}`, { from: 8 })).toContain('Nothing waits to be confirmed')
  expect(await ask('/confirm 1')).toContain('That is not the code; nothing was done')
  expect(commands()).toEqual([])
  expect(await ask(`/confirm ${code}`)).toBe('The engine is now halted (step 1).')
  expect(await ask(`/confirm ${code}`)).toContain('Nothing waits to be confirmed')
  expect(commands()).toEqual(['flatten'])
})

test('a code that is guessed at is given up', async () => {
  const code = /\/confirm (\d{4})/.exec(await ask('/flatten'))?.[1] ?? ''
  for (const guess of ['1', '2', '3']) await ask(`/confirm ${guess}`)
  expect(await ask(`/confirm ${code}`)).toContain('Nothing waits to be confirmed')
  expect(commands()).toEqual([])
})

test('a code is good for a minute', async () => {
  stop()
  let laterMs = 0
  const clock = systemClock()
  begin(CHAT, { ...clock, nowMs: () => clock.nowMs() + laterMs })
  const code = /\/confirm (\d{4})/.exec(await ask('/flatten'))?.[1] ?? ''
  laterMs = 61_000
  expect(await ask(`/confirm ${code}`, { agoMs: -laterMs })).toContain('Nothing waits to be confirmed')
  expect(commands()).toEqual([])
})

test('any other chat is not answered: it is counted, and logged once', async () => {
  telegram.write('/halt', { chat: '-1002' })
  telegram.write('/flatten', { chat: '-1002', from: 66 })
  expect(await ask('/hedges')).toBe('no hedge is open')
  expect(telegram.sent.map(({ chat_id }) => chat_id)).toEqual([CHAT])
  expect([commands(), counted]).toEqual([[], 2])
  expect(lines.filter(({ message }) => message === 'telegram.stranger')).toHaveLength(1)
})

test('in a group of several bots only what is said to it, or to none by name, is a command', async () => {
  telegram.write('/halt@someother_bot')
  expect(await ask('/hedges@hedgerowbot')).toBe('no hedge is open')
  expect(await ask('/hedges')).toBe('no hedge is open')
  expect(commands()).toEqual([])
  expect(telegram.sent).toHaveLength(2)
})

test('what was written while the engine was away is not carried out, and is said so in one answer', async () => {
  stop()
  telegram.write('/halt now', { agoMs: 300_000 })
  telegram.write('/resume', { agoMs: 120_000 })
  const answer = telegram.next()
  begin()
  expect(await answer).toMatch(
    /^Not carried out.*\n\/halt now, sent 5 min.* ago\n\/resume, sent 2 min.* ago$/,
  )
  expect(commands()).toEqual([])
})

test('a command that is heard again after a restart is done once', async () => {
  await ask('/halt once')
  stop()
  // The engine died before Telegram heard that it was taken.
  const again = telegram.next()
  begin()
  expect(await again).toContain('halted')
  expect(new Set(view.commands.map(({ command }) => command.idempotencyKey)).size).toBe(1)
})

test('an outage is one line, is waited out, and tells no secret', async () => {
  telegram.away(true)
  await expect.poll(() => lines.map(({ message }) => message)).toContain('telegram.away')
  const before = telegram.polls.length
  telegram.away(false)
  expect(await ask('/hedges')).toBe('no hedge is open')
  expect(telegram.polls.length).toBeGreaterThan(before)
  expect(lines.filter(({ message }) => message === 'telegram.away')).toHaveLength(1)
  expect(JSON.stringify(lines)).not.toContain(BOT_TOKEN)
})

test('a token that Telegram does not know is told of without it', async () => {
  stop()
  const bot = createBot({ token: 'wrong-token-of-mine', url: telegram.url })
  await expect(bot.updates(0, 0, AbortSignal.timeout(5_000))).rejects.toThrow(
    /getUpdates: expected 2xx, found 404/,
  )
})
