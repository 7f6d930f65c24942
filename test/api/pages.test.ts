/** What the pages rest on: built files under the strict policy, frames over a WebSocket, answers compared by their print. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { createApi } from '../../src/api/app.ts'
import { reducePoints } from '../../src/api/routes/books.ts'
import type { Holding } from '../../src/api/rows/rows.ts'
import { systemClock } from '../../src/clock/clock.ts'
import { silentTelemetry } from '../../src/telemetry/telemetry.ts'
import { smallView } from '../support/api/small-view.ts'

const TOKEN = 'a-token-of-the-tests-only'
/** Figures are told about once a second. */
const SOON = { timeout: 10_000 }
const HEDGE = '/api/actors/hedge%2FAAAAAAAAAA/events'

let pages: string
const closing: (() => Promise<void>)[] = []
beforeEach(() => {
  pages = mkdtempSync(path.join(tmpdir(), 'hedgerow-pages-'))
})
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  rmSync(pages, { recursive: true })
})

function started() {
  const view = smallView()
  const api = createApi({
    view,
    token: TOKEN,
    host: '127.0.0.1',
    port: 0,
    pages,
    telemetry: silentTelemetry(),
    clock: systemClock(),
  })
  const ask = (at: string, init: RequestInit & { headers?: Record<string, string> } = {}) =>
    api.app.request(at, {
      ...init,
      headers: { host: '127.0.0.1:0', authorization: `Bearer ${TOKEN}`, ...init.headers },
    })
  return { view, api, ask }
}

function build() {
  mkdirSync(path.join(pages, 'assets'))
  writeFileSync(path.join(pages, 'index.html'), '<!doctype html><title>built</title>')
  writeFileSync(path.join(pages, 'assets', 'index-abc.js'), 'export {}')
  writeFileSync(path.join(pages, 'secret.txt'), 'not for anybody')
}

describe('the built pages', () => {
  test.each(['/', '/hedges/AAAAAAAAAA', '/opportunities', '/ledger', '/inspector/hedge%3AX'])(
    '%s is the built page, under the strict policy',
    async at => {
      build()
      const answer = await started().ask(at)
      expect(await answer.text()).toContain('built')
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'self'")
    },
  )

  test.each(['/api/nothing', '/nothing', '/assets/none.js', '/assets/..%2Fsecret.txt', '/secret.txt'])(
    '%s is no page: 404',
    async at => {
      build()
      const answer = await started().ask(at)
      expect(answer.status).toBe(404)
      expect(answer.headers.get('content-type')).toBe('application/problem+json')
    },
  )

  test('a person at an address of no page gets one with a way back, and the status says that it is none', async () => {
    build()
    const { ask } = started()
    const headers = { accept: 'text/html,application/xhtml+xml' }
    const lost = await ask('/nowhere/at/all', { headers })
    expect(lost.status).toBe(404)
    expect(await lost.text()).toContain('built')
    for (const at of ['/api/nothing', '/assets/none.js'])
      expect((await ask(at, { headers })).headers.get('content-type')).toBe('application/problem+json')
    expect((await ask('/openapi.json', { headers })).status).toBe(200)
  })

  test('a file whose name carries its print is kept by browsers for good, the page is asked for again', async () => {
    build()
    const { ask } = started()
    const file = await ask('/assets/index-abc.js')
    expect(file.headers.get('cache-control')).toContain('immutable')
    expect(file.headers.get('content-type')).toContain('text/javascript')
    const page = await ask('/')
    expect(page.headers.get('cache-control')).toBe('no-cache')
    const again = await ask('/', { headers: { 'if-none-match': page.headers.get('etag') ?? '' } })
    expect(again.status).toBe(304)
  })

  test('without them the plain page is served, and it shows at once when they are built', async () => {
    const { ask } = started()
    expect(await (await ask('/')).text()).toContain('/page/page.js')
    expect((await ask('/ledger')).status).toBe(404)
    build()
    expect(await (await ask('/')).text()).toContain('built')
  })
})

test.each(['/api/opportunities', '/api/opportunities/BTCUSDT/decisions', '/api/quality', '/api/profit'])(
  'an answer of %s that is the same as last time is not sent again',
  async path => {
    const { ask } = started()
    const first = await ask(path)
    const etag = first.headers.get('etag') ?? ''
    expect(etag).not.toBe('')
    expect((await ask(path, { headers: { 'if-none-match': etag } })).status).toBe(304)
  },
)

test('a command made for an older version is refused with the row as it is now, by header or by query', async () => {
  const { ask, view } = started()
  const post = (at: string, headers: Record<string, string> = {}) =>
    ask(at, {
      method: 'POST',
      body: JSON.stringify({ type: 'hedge.unwind' }),
      headers: { 'content-type': 'application/json', ...headers },
    })
  for (const answer of [await post(HEDGE, { 'if-match': '"2"' }), await post(`${HEDGE}?expect=2`)]) {
    expect(answer.status).toBe(409)
    expect(await answer.json()).toMatchObject({ state: 'hedged', version: 3, legal: [{}, {}] })
  }
  expect(view.commands).toEqual([])
  expect((await post(`${HEDGE}?expect=3`)).status).toBe(202)
})

test('an alert that stands is taken once; one that does not is 404', async () => {
  const { ask, view } = started()
  view.standing.push({
    alertId: 'feed.silent@spot@1',
    name: 'feed.silent',
    subject: 'spot',
    severity: 'ticket',
    message: 'Market data has fallen silent',
    detail: {},
    raisedAtMs: 1,
    clearedAtMs: null,
    acknowledgedAtMs: null,
    acknowledgedBy: null,
  })
  const take = (id: string) =>
    ask(`/api/alerts/${encodeURIComponent(id)}/acknowledge`, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    })
  const taken = await take('feed.silent@spot@1')
  expect(taken.status).toBe(202)
  expect(await taken.json()).toMatchObject({ acknowledgedBy: 'token' })
  expect((await take('nothing')).status).toBe(404)
})

describe('the WebSocket', () => {
  type Message = { event: string; data: { reset?: boolean; rows?: { id: string }[]; removed?: string[] } }

  const dial = async (headers: Record<string, string>) => {
    const { view, api } = started()
    const server = await api.listen()
    closing.push(() => server.close())
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/api/ws`, { headers })
    const messages: Message[] = []
    socket.on('message', text => messages.push(JSON.parse(String(text)) as Message))
    return { view, socket, messages }
  }

  test('tells the same frames as the stream: everything first, then what moved and what is held', async () => {
    const { view, messages } = await dial({ authorization: `Bearer ${TOKEN}` })
    await expect.poll(() => messages.map(({ event }) => event)).toContain('holdings')
    expect(messages[0]).toMatchObject({ event: 'state', data: { reset: true } })
    expect(messages[0]?.data.rows?.map(({ id }) => id)).toEqual(['engine', 'hedge/AAAAAAAAAA'])
    view.held = [{ id: 'AAAAAAAAAA' } as Holding]
    view.move('hedge/AAAAAAAAAA', 'unwinding')
    const frames = (event: string) => messages.filter(message => message.event === event)
    await expect.poll(() => frames('state').at(-1)?.data).toMatchObject({ reset: false, rows: [{}] })
    await expect.poll(() => frames('holdings').at(-1)?.data, SOON).toMatchObject({ reset: false, rows: [{}] })
    view.held = []
    await expect.poll(() => frames('holdings').at(-1)?.data.removed, SOON).toEqual(['AAAAAAAAAA'])
  })

  test.each([
    ['nobody', {}, 401],
    ['a page of another origin', { authorization: `Bearer ${TOKEN}`, origin: 'http://evil.example' }, 403],
  ])('is refused to %s', async (_, headers, status) => {
    const { socket } = await dial(headers as Record<string, string>)
    const refused = await new Promise<string>(resolve =>
      socket.once('error', error => resolve(error.message)),
    )
    expect(refused).toContain(String(status))
  })
})

test('a curve is thinned without losing its ends, its highs or its lows', () => {
  const values = fc.array(fc.integer({ min: 0, max: 1e6 }), { minLength: 1, maxLength: 500 })
  fc.assert(
    fc.property(values, fc.integer({ min: 4, max: 60 }), (curve, most) => {
      const points = curve.map((value, at) => ({ atMs: at, equityUsdt: String(value) }))
      const kept = reducePoints(points, most)
      const heights = kept.map(({ equityUsdt }) => Number(equityUsdt))
      expect(kept.length).toBeLessThanOrEqual(Math.max(most, 4))
      expect([kept[0], kept.at(-1)]).toEqual([points[0], points.at(-1)])
      expect([Math.min(...heights), Math.max(...heights)]).toEqual([Math.min(...curve), Math.max(...curve)])
      expect(kept.map(({ atMs }) => atMs)).toEqual(kept.map(({ atMs }) => atMs).toSorted((a, b) => a - b))
    }),
  )
})

describe('a session', () => {
  const cookieOf = async (api: ReturnType<typeof started>['api']) => {
    const answer = await api.app.request('/api/session', {
      method: 'POST',
      headers: { host: '127.0.0.1:0', 'content-type': 'application/json' },
      body: JSON.stringify({ token: TOKEN }),
    })
    return answer.headers.get('set-cookie')?.split(';')[0] ?? ''
  }
  const asks = async (cookie: string) =>
    (await started().api.app.request('/api/engine', { headers: { host: '127.0.0.1:0', cookie } })).status

  test('goes on when the engine was started again under the page', async () => {
    const cookie = await cookieOf(started().api)
    expect(await asks(cookie)).toBe(200)
  })

  test('that was extended or signed with another key is invalid', async () => {
    const cookie = await cookieOf(started().api)
    const [name = '', value = ''] = cookie.split('=')
    const [id = '', endsAt = '', seal = ''] = value.split('.')
    for (const forged of [
      `${id}.${Number(endsAt) + 1}.${seal}`,
      `${id}.${endsAt}.${seal.toLowerCase()}`,
      `${id}.${endsAt}.`,
    ])
      expect(await asks(`${name}=${forged}`)).toBe(401)
  })
})
