import { request } from 'node:http'
import { createServer } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createApi } from '../../src/api/app.ts'
import { STREAMS_MAX } from '../../src/api/routes/live.ts'
import type { Frame } from '../../src/api/routes/live-feed.ts'
import { type Listening, PortInUse } from '../../src/api/server.ts'
import { systemClock } from '../../src/clock/clock.ts'
import { silentTelemetry } from '../../src/telemetry/telemetry.ts'
import { smallView } from '../support/api/small-view.ts'

const TOKEN = 'a-token-of-the-tests-only'
const open: Listening[] = []

afterEach(async () => {
  for (const listening of open.splice(0)) await listening.close()
})

async function listening(port = 0) {
  const view = smallView()
  const api = createApi({
    view,
    token: TOKEN,
    host: '127.0.0.1',
    port,
    telemetry: silentTelemetry(),
    clock: systemClock(),
  })
  const server = await api.listen()
  open.push(server)
  return { view, api, server }
}

const auth = { authorization: `Bearer ${TOKEN}` }

/** fetch sets Host itself: only a raw request can lie about it. */
const statusOf = (url: string, headers: Record<string, string>) =>
  new Promise<number>((resolve, reject) => {
    const sent = request(url, { headers }, answer => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
    sent.on('error', reject).end()
  })

test('a port serves the API, the page and metrics, and refuses a foreign Host', async () => {
  const { server, api } = await listening()
  expect((await fetch(`${server.url}/api/engine`, { headers: auth })).status).toBe(200)
  expect((await fetch(`${server.url}/api/engine`)).status).toBe(401)
  expect((await fetch(`${server.url}/api/live`)).status).toBe(401)
  expect((await fetch(`${server.url}/`)).status).toBe(200)
  expect(await (await fetch(`${server.url}/metrics`)).text()).toContain('hedgerow_')
  expect(await statusOf(`${server.url}/metrics`, { 'x-forwarded-for': '192.0.2.1' })).toBe(401)
  expect(await statusOf(`${server.url}/api/engine`, { ...auth, host: 'evil.example' })).toBe(403)
  expect(await statusOf(`${server.url}/api/engine`, { ...auth, origin: 'http://127.0.0.1:1' })).toBe(403)
  expect(api.loginLink()).toMatch(new RegExp(`^${server.url}/#login=`))
})

test('a taken port is one clear sentence', async () => {
  const other = createServer()
  await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
  const address = other.address()
  const port = typeof address === 'object' && address ? address.port : 0
  await expect(listening(port)).rejects.toThrow(PortInUse)
  await expect(listening(port)).rejects.toThrow(`port ${port} on 127.0.0.1 is taken`)
  await new Promise(resolve => other.close(resolve))
})

/** Reads events of one stream until `enough` says so, then leaves. */
async function follow(url: string, headers: Record<string, string> = {}) {
  const leave = new AbortController()
  const answer = await fetch(`${url}/api/live`, { headers: { ...auth, ...headers }, signal: leave.signal })
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  const next = async (event: string): Promise<{ id: string; data: Frame & { state: string } }> => {
    for (;;) {
      const end = text.indexOf('\n\n')
      if (end < 0) {
        const { value, done } = (await reader?.read()) ?? { value: '', done: true }
        if (done) throw new Error('the stream ended')
        text += value
        continue
      }
      const lines = text.slice(0, end).split('\n')
      text = text.slice(end + 2)
      const field = (name: string) =>
        lines.find(line => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? ''
      if (field('event') === event) return { id: field('id'), data: JSON.parse(field('data')) }
    }
  }
  return { answer, next, leave: () => leave.abort() }
}

test('a stream starts with everything, then tells what moved and what is gone', async () => {
  const { server, view } = await listening()
  const stream = await follow(server.url)
  expect(stream.answer.headers.get('content-type')).toContain('text/event-stream')
  const first = await stream.next('state')
  expect(first.data.reset).toBe(true)
  expect(first.data.rows.map(({ id }) => id)).toEqual(['engine', 'hedge/AAAAAAAAAA'])
  expect((await stream.next('engine')).data.state).toBe('trading')
  view.move('hedge/AAAAAAAAAA', 'unwinding')
  view.move('hedge/AAAAAAAAAA', 'closed')
  const second = await stream.next('state')
  expect(second.data).toMatchObject({ reset: false, rows: [{ id: 'hedge/AAAAAAAAAA', state: 'closed' }] })
  view.remove('hedge/AAAAAAAAAA')
  expect((await stream.next('state')).data).toEqual({ reset: false, rows: [], removed: ['hedge/AAAAAAAAAA'] })
  stream.leave()
})

test('a reader that comes back gets what moved meanwhile; one of an earlier process starts anew', async () => {
  const { server, view } = await listening()
  const first = await follow(server.url)
  const { id } = await first.next('state')
  first.leave()
  view.move('hedge/AAAAAAAAAA', 'unwinding')
  const second = await follow(server.url, { 'last-event-id': id })
  expect((await second.next('state')).data).toMatchObject({ reset: false, rows: [{ state: 'unwinding' }] })
  second.leave()
  for (const cursor of ['earlier-1', 'nonsense', `${id}99`]) {
    const stream = await follow(server.url, { 'last-event-id': cursor })
    expect((await stream.next('state')).data.reset).toBe(true)
    stream.leave()
  }
})

test('streams are bounded, and a reader that left makes room', async () => {
  const { server } = await listening()
  const streams = []
  for (let index = 0; index < STREAMS_MAX; index += 1) streams.push(await follow(server.url))
  const status = async () => {
    const stream = await follow(server.url)
    stream.leave()
    return stream.answer.status
  }
  expect(await status()).toBe(503)
  for (const stream of streams) stream.leave()
  await expect.poll(status).toBe(200)
})

test('closing ends every stream and stops listening to the engine', async () => {
  const { server, view } = await listening()
  const stream = await follow(server.url)
  await stream.next('state')
  expect(view.listeners()).toBe(1)
  await open.pop()?.close()
  expect(view.listeners()).toBe(0)
  await expect(fetch(`${server.url}/healthz`)).rejects.toThrow()
  await expect(stream.next('state')).rejects.toThrow()
})
