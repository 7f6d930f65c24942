/** Each way to people against a real server of its kind on this machine. */
import { afterEach, expect, test } from 'vitest'
import {
  type AlertChannel,
  type AlertMessage,
  discord,
  mail,
  slack,
  telegram,
  webhook,
} from '../../../src/alerts/channels.ts'
import type { Alert } from '../../../src/alerts/delivery/alert-log.ts'
import { createCourier, startHeartbeat } from '../../../src/alerts/delivery/courier.ts'
import { systemClock } from '../../../src/clock/clock.ts'
import { redaction } from '../../../src/telemetry/redaction.ts'
import { startChatServer, startMailServer } from '../../support/alerts/servers.ts'

const TOKEN = '123456:a-token-of-the-tests'
const alert: Alert = {
  alertId: 'hedge.failed@hedge:TEST000001@5',
  name: 'hedge.failed',
  subject: 'hedge:TEST000001',
  severity: 'page',
  message: 'A hedge has failed and needs a person',
  detail: { because: 'legs differ' },
  raisedAtMs: 5,
  clearedAtMs: null,
  acknowledgedAtMs: null,
  acknowledgedBy: null,
}
const message: AlertMessage = { occasion: 'raised', engine: 'sim-test', alert }
const ends: (() => Promise<void> | void)[] = []

afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

async function chatServer(...answers: Parameters<typeof startChatServer>) {
  const server = await startChatServer(...answers)
  ends.push(server.close)
  return server
}

type Told = { delivered: string[]; failed: [string, string, string][] }

function courier(ways: AlertChannel[], sendMsMax = 2_000, retryAfterMs: number[] = [1, 1]) {
  const told: Told = { delivered: [], failed: [] }
  const made = createCourier({
    ways,
    clock: systemClock(),
    redact: redaction([TOKEN]),
    delivered: way => told.delivered.push(way),
    failed: (...what) => told.failed.push(what),
    sendMsMax,
    retryAfterMs,
  })
  ends.push(made.close)
  return { ...made, told }
}

const send = (way: AlertChannel) => way.send(message, AbortSignal.timeout(5_000))

test('a program gets the whole alert as JSON', async () => {
  const { url, asked } = await chatServer()
  await send(webhook(`${url}/hook`))
  expect(asked[0]).toMatchObject({ method: 'POST', path: '/hook' })
  expect(JSON.parse(asked[0]?.body ?? '')).toMatchObject({ ...alert, occasion: 'raised', engine: 'sim-test' })
})

test('Slack, Discord and Telegram get the text in the field that each reads', async () => {
  const { url, asked } = await chatServer({ status: 200, body: '{"ok":true}' })
  await send(slack(`${url}/slack`))
  await send(discord(`${url}/discord`))
  await send(telegram({ token: TOKEN, chat: '-100', url: `${url}/` }))
  const [toSlack, toDiscord, toTelegram] = asked.map(({ body }) => JSON.parse(body))
  for (const text of [toSlack.text, toDiscord.content, toTelegram.text]) {
    expect(text).toContain('PAGE: A hedge has failed and needs a person (hedge:TEST000001)')
    expect(text).toContain('because: legs differ')
  }
  expect(toDiscord.allowed_mentions).toEqual({ parse: [] })
  expect(toTelegram.chat_id).toBe('-100')
  expect(asked[2]?.path).toBe(`/bot${TOKEN}/sendMessage`)
})

test('a mail server gets the alert as a mail, under the login', async () => {
  const server = await startMailServer()
  ends.push(server.close)
  const way = (user: string | undefined, password: string | undefined) =>
    mail({
      host: '127.0.0.1',
      port: server.port,
      security: 'none',
      user,
      password,
      from: 'engine@example.org',
      to: 'ann@example.org, bob@example.org',
    })
  await send(way('engine', 'sesame'))
  expect(server.mails).toHaveLength(1)
  expect(server.mails[0]).toMatchObject({
    from: 'engine@example.org',
    to: ['ann@example.org', 'bob@example.org'],
    login: ['engine', 'sesame'],
  })
  expect(server.mails[0]?.data).toContain('because: legs differ')
  await expect(send(way('engine', 'wrong'))).rejects.toThrow('535')
})

test('a mail server without TLS gets nothing where TLS is asked for', async () => {
  const server = await startMailServer()
  ends.push(server.close)
  const { port } = server
  const way = mail({
    host: '127.0.0.1',
    port,
    security: 'starttls',
    user: 'engine',
    password: 'sesame',
    from: 'engine@example.org',
    to: 'ann@example.org',
  })
  await expect(send(way)).rejects.toThrow()
  expect(server.mails).toEqual([])
})

test('a message that is refused is tried again, and once it is taken nobody hears of it', async () => {
  const { url, asked } = await chatServer({ status: 500, body: '' }, { status: 429, body: '' })
  const { tell, settled, told } = courier([webhook(url)])
  tell(message)
  await settled(10_000)
  expect(asked).toHaveLength(3)
  expect(told).toEqual({ delivered: ['webhook'], failed: [] })
})

test('a way that stays shut is told of with its cause, without its secret, and holds up no other way', async () => {
  const { url, asked } = await chatServer()
  const refusing = await chatServer(
    ...Array.from({ length: 3 }, () => ({ status: 403, body: `no ${TOKEN}` })),
  )
  const shut = telegram({ token: TOKEN, chat: '1', url: 'http://127.0.0.1:1' })
  const { tell, settled, told } = courier([shut, slack(refusing.url), webhook(url)])
  tell(message)
  await settled(20_000)
  expect(asked).toHaveLength(1)
  expect(told.delivered).toEqual(['webhook'])
  const causes = Object.fromEntries(told.failed.map(([way, cause]) => [way, cause]))
  expect(Object.keys(causes).sort()).toEqual(['slack', 'telegram'])
  expect(causes.slack).toContain('403')
  expect(JSON.stringify(causes)).not.toContain(TOKEN)
})

test('a server that never answers is given up in time', async () => {
  const { url } = await chatServer('never')
  const { tell, settled, told } = courier([webhook(url)], 50, [])
  tell(message)
  await settled(20_000)
  expect(told.failed).toEqual([['webhook', 'not taken within 50 ms', 'failed']])
})

test('a redirect is not followed: it would carry the message elsewhere', async () => {
  const elsewhere = await chatServer()
  const { url } = await chatServer({ status: 307, body: '', location: elsewhere.url })
  await expect(send(webhook(url))).rejects.toThrow()
  expect(elsewhere.asked).toEqual([])
})

test('a queue that grows over its bound drops the oldest, and says so', async () => {
  const { url } = await chatServer('never')
  const { tell, told } = courier([webhook(url)], 60_000)
  for (let at = 0; at < 150; at++) tell(message)
  expect(told.failed.length).toBeGreaterThan(40)
  expect(told.failed.every(([, , outcome]) => outcome === 'dropped')).toBe(true)
})

test('what says that a way is down does not go that way', async () => {
  const { url, asked } = await chatServer()
  const { tell, settled, told } = courier([webhook(url), slack(url)])
  tell({ ...message, alert: { ...alert, name: 'alert.undelivered', subject: 'slack' } })
  await settled(10_000)
  expect(told.delivered).toEqual(['webhook'])
  expect(asked).toHaveLength(1)
})

test("the dead man's switch is pressed while all is well, and its failures are told", async () => {
  const { url, asked } = await chatServer(
    { status: 200, body: '' },
    { status: 200, body: '' },
    { status: 404, body: '' },
  )
  const failed = Promise.withResolvers<string>()
  let beats = 0
  let looks = 0
  const stop = startHeartbeat({
    url: `${url}/ping`,
    everyMs: 1,
    clock: systemClock(),
    // Well, well, ill, well: the ill one must not be pressed.
    isHealthy: () => ++looks !== 3,
    beaten: () => beats++,
    failed: failed.resolve,
  })
  ends.push(stop)
  expect(await failed.promise).toContain('404')
  stop()
  expect(beats).toBe(2)
  expect(looks).toBe(4)
  expect(asked[0]).toMatchObject({ method: 'GET', path: '/ping' })
})
