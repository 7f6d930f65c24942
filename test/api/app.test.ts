import { expect, test } from 'vitest'
import { createApi } from '../../src/api/app.ts'
import { VirtualClock } from '../../src/clock/virtual-clock.ts'
import { silentTelemetry } from '../../src/telemetry/telemetry.ts'
import { smallView } from '../support/api/small-view.ts'

const TOKEN = 'a-token-of-the-tests-only'
const HEDGE = '/api/actors/hedge%2FAAAAAAAAAA'

function started(host = '127.0.0.1', allowedHosts: string[] = []) {
  const view = smallView()
  const clock = new VirtualClock(1_700_000_000_000)
  const api = createApi({
    view,
    token: TOKEN,
    host,
    allowedHosts,
    port: 8787,
    telemetry: silentTelemetry(),
    clock,
  })
  const ask = (path: string, init: RequestInit & { headers?: Record<string, string> } = {}) =>
    api.app.request(path, {
      ...init,
      headers: { host: '127.0.0.1:8787', authorization: `Bearer ${TOKEN}`, ...init.headers },
    })
  const post = (path: string, body?: unknown, headers: Record<string, string> = {}) =>
    ask(path, {
      method: 'POST',
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      headers: { 'content-type': 'application/json', ...headers },
    })
  return { view, clock, api, ask, post }
}

const READS = [
  '/api/engine',
  '/api/actors',
  HEDGE,
  `${HEDGE}/transitions`,
  '/api/charts/hedge',
  '/api/opportunities',
  '/api/hedges',
  '/api/hedges/AAAAAAAAAA',
  '/api/ledger',
  '/api/equity',
  '/api/funding',
]

/** With names or questions in them, which the description spells in its own way. */
const ASKED = [
  '/api/opportunities/BTCUSDT/decisions',
  '/api/quality?limit=5',
  '/api/profit?by=symbol',
  '/api/returns?by=week',
  '/api/closing?share=0.5',
]

test.each([...READS, ...ASKED])('%s answers with a token and is refused without one', async path => {
  const { api, ask } = started()
  expect((await ask(path)).status).toBe(200)
  const bare = await api.app.request(path, { headers: { host: 'localhost:8787' } })
  expect(bare.status).toBe(401)
  expect(bare.headers.get('content-type')).toBe('application/problem+json')
  expect(bare.headers.get('www-authenticate')).toContain('Bearer')
  const wrong = await ask(path, { headers: { authorization: `Bearer ${TOKEN}x` } })
  expect(wrong.status).toBe(401)
})

test('an actor is told with the names scripts rely on', async () => {
  const { ask } = started()
  const rows = (await (await ask('/api/actors?kind=hedge')).json()) as Record<string, unknown>[]
  expect(rows).toHaveLength(1)
  expect(rows[0]).toMatchObject({
    id: 'hedge/AAAAAAAAAA',
    kind: 'hedge',
    state: 'hedged',
    since: '2023-11-14T22:13:20.000Z',
    version: 3,
    restarts: 0,
    quarantined: false,
  })
})

test('unknown paths, actors, hedges and charts are 404 problems', async () => {
  const { ask, post } = started()
  for (const path of [
    '/api/nothing',
    '/api/actors/none',
    '/api/actors/none/transitions',
    '/api/hedges/x',
    '/api/charts/x',
  ]) {
    const answer = await ask(path)
    expect([path, answer.status]).toEqual([path, 404])
    expect(await answer.json()).toMatchObject({ type: 'about:blank', status: 404, title: 'Not Found' })
  }
  expect((await post('/api/actors/none/events', { type: 'hedge.unwind' })).status).toBe(404)
})

test('a legal event is accepted; an illegal one is refused with what would be legal', async () => {
  const { post, view } = started()
  const first = await post(`${HEDGE}/events`, { type: 'hedge.unwind' }, { 'hedgerow-operator': 'ada' })
  expect(first.status).toBe(202)
  expect(await first.json()).toEqual({ accepted: true, state: 'unwinding', version: 4, replayed: false })
  expect(first.headers.get('idempotency-key')).toMatch(/.{10}/)
  expect(view.commands[0]).toMatchObject({
    command: { by: 'ada', source: 'api' },
    event: { type: 'hedge.unwind' },
  })
  const second = await post(`${HEDGE}/events`, { type: 'hedge.unwind' })
  expect(second.status).toBe(409)
  expect(await second.json()).toMatchObject({
    state: 'unwinding',
    version: 4,
    legal: [{ type: 'order.filled', manual: false }],
  })
})

test('the same idempotency key acts once, and serves no other command', async () => {
  const { post, view } = started()
  const key = { 'idempotency-key': 'monday-1' }
  expect((await post(`${HEDGE}/events`, { type: 'hedge.unwind' }, key)).status).toBe(202)
  const again = await post(`${HEDGE}/events`, { type: 'hedge.unwind' }, key)
  expect(again.status).toBe(202)
  expect(again.headers.get('idempotency-replayed')).toBe('true')
  expect(view.actor('hedge/AAAAAAAAAA')?.version).toBe(4)
  expect((await post('/api/engine/halt', { because: 'test' }, key)).status).toBe(422)
})

test.each([
  ['nothing', undefined, 'asked by a person'],
  ['an empty body', '', 'asked by a person'],
  ['an empty object', {}, 'asked by a person'],
  ['an empty reason', { because: '  ' }, 'asked by a person'],
  ['a reason that is no text', { because: 7 }, 'asked by a person'],
  ['a long reason', { because: 'x'.repeat(4000) }, 'x'.repeat(200)],
  ['control sequences', { because: 'a\u001b[31m\u0007b\r\nadmitted: c\u0000' }, 'a b admitted: c'],
  ['half of a pair', { because: 'down \ud83d' }, 'down \ufffd'],
])('halt never fails for its reason: %s', async (_, body, because) => {
  const { post, view } = started()
  expect((await post('/api/engine/halt', body)).status).toBe(202)
  expect(view.summary().halt?.because).toBe(because)
})

test.each(['halt', 'resume', 'flatten'])(
  '%s takes no body, an empty one, and an empty object',
  async name => {
    const { post, ask } = started()
    const path = `/api/engine/${name}`
    expect((await ask(path, { method: 'POST' })).status).toBe(202)
    for (const body of [undefined, '', {}]) expect((await post(path, body)).status).toBe(202)
  },
)

test('an event decided on an older state is refused', async () => {
  const { post, view } = started()
  const stale = await post(`${HEDGE}/events`, { type: 'hedge.unwind' }, { 'if-match': '"2"' })
  expect(stale.status).toBe(409)
  expect(view.commands).toEqual([])
  expect((await post(`${HEDGE}/events`, { type: 'hedge.unwind' }, { 'if-match': '"3"' })).status).toBe(202)
})

test.each([
  ['no type', {}],
  ['a type that is no text', { type: 7 }],
  ['a reserved type', { type: 'xstate.done.actor.leg' }],
])('an event with %s is 422 with the faulty field', async (_, body) => {
  const { post, view } = started()
  const answer = await post(`${HEDGE}/events`, body)
  expect(answer.status).toBe(422)
  const { faults } = (await answer.json()) as { faults: { field: string; expected: string }[] }
  expect(faults[0]?.field).toMatch(/^json/)
  expect(view.commands).toEqual([])
})

test('broken JSON, a missing body, another content type and a long body are refused, not obeyed', async () => {
  const { post, ask, view } = started()
  expect((await post(`${HEDGE}/events`, '{"type":')).status).toBe(400)
  expect((await post(`${HEDGE}/events`)).status).toBe(422)
  const plain = await ask(`${HEDGE}/events`, {
    method: 'POST',
    body: '{"type":"hedge.unwind"}',
    headers: { 'content-type': 'text/plain' },
  })
  expect([400, 415, 422]).toContain(plain.status)
  const long = await post(`${HEDGE}/events`, { type: 'hedge.unwind', because: 'x'.repeat(70_000) })
  expect(long.status).toBe(413)
  expect(view.commands).toEqual([])
})

test('bad queries and keys are 422', async () => {
  const { ask, post } = started()
  expect((await ask('/api/ledger?limit=0')).status).toBe(422)
  expect((await ask('/api/equity?sinceMs=yesterday')).status).toBe(422)
  expect((await ask('/api/profit?by=moon')).status).toBe(422)
  expect((await ask('/api/quality?limit=0')).status).toBe(422)
  expect((await ask('/api/returns?by=moon')).status).toBe(422)
  for (const share of ['0', '1.1', 'half'])
    expect((await ask(`/api/closing?share=${share}`)).status).toBe(422)
  expect((await ask('/api/closing?hedge=NOBODY')).status).toBe(404)
  expect((await ask('/api/hedges/NOBODY/exit')).status).toBe(404)
  expect((await post('/api/engine/resume', undefined, { 'idempotency-key': 'x'.repeat(300) })).status).toBe(
    422,
  )
})

test('halt, resume and flatten reach the engine with the reason given', async () => {
  const { post, ask } = started()
  expect((await post('/api/engine/halt', { because: 'maintenance' })).status).toBe(202)
  expect(await (await ask('/api/engine')).json()).toMatchObject({
    state: 'halted',
    halt: { because: 'maintenance' },
  })
  expect((await post('/api/engine/resume')).status).toBe(202)
  expect((await ask('/api/engine/halt', { method: 'POST' })).status).toBe(202)
  expect((await post('/api/engine/flatten')).status).toBe(202)
  expect((await post('/api/engine/halt', '{"because":')).status).toBe(400)
})

test('readiness is 503 with the parts that are not ready', async () => {
  const { api, view } = started()
  const bare = (path: string) => api.app.request(path, { headers: { host: 'localhost' } })
  expect((await bare('/readyz')).status).toBe(200)
  view.readiness = [{ name: 'account-feed', ok: false, detail: 'not authenticated' }]
  const answer = await bare('/readyz')
  expect(answer.status).toBe(503)
  expect(await answer.json()).toEqual({ status: 'failing', parts: view.readiness })
  expect((await bare('/healthz')).status).toBe(200)
})

test('a host name that is not ours is refused everywhere, so rebinding a name gets nowhere', async () => {
  const { ask } = started()
  for (const path of ['/', '/healthz', '/metrics', '/api/engine']) {
    expect((await ask(path, { headers: { host: 'evil.example:8787' } })).status).toBe(403)
    expect((await ask(path, { headers: { host: '192.0.2.1:8787' } })).status).toBe(403)
  }
  expect((await ask('/', { headers: { host: '[::1]:8787' } })).status).toBe(200)
  const open = started('0.0.0.0')
  expect((await open.ask('/', { headers: { host: '192.0.2.1:8787' } })).status).toBe(200)
  expect((await open.ask('/', { headers: { host: 'evil.example' } })).status).toBe(403)
  const named = started('127.0.0.1', ['engine.example'])
  expect((await named.ask('/', { headers: { host: 'Engine.Example:443' } })).status).toBe(200)
})

test('another page cannot command the engine, not even one on another port of this host', async () => {
  const { post, view } = started()
  const attempts = [
    { origin: 'http://127.0.0.1:4899' },
    { origin: 'null' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'cross-site' },
  ]
  for (const headers of attempts)
    expect((await post('/api/engine/halt', {}, headers as Record<string, string>)).status).toBe(403)
  expect(view.commands).toEqual([])
  const own = { origin: 'http://127.0.0.1:8787', 'sec-fetch-site': 'same-origin' }
  expect((await post('/api/engine/halt', {}, own)).status).toBe(202)
})

test('a login link opens one session once; its cookie is no token and is named with the port', async () => {
  const { api } = started()
  const link = new URL(api.loginLink())
  const code = new URLSearchParams(link.hash.slice(1)).get('login')
  const host = { host: '127.0.0.1:8787', 'content-type': 'application/json' }
  const signIn = () =>
    api.app.request('/api/session', { method: 'POST', headers: host, body: JSON.stringify({ token: code }) })
  const first = await signIn()
  expect(first.status).toBe(204)
  const cookie = first.headers.get('set-cookie') ?? ''
  expect(cookie).toMatch(/^hedgerow-8787=/)
  expect(cookie).toContain('HttpOnly')
  expect(cookie).toContain('SameSite=Strict')
  expect(cookie).not.toContain(TOKEN)
  expect((await signIn()).status).toBe(401)
  const session = { ...host, cookie: cookie.split(';')[0] ?? '' }
  expect((await api.app.request('/api/engine', { headers: session })).status).toBe(200)
  expect((await api.app.request('/api/session', { method: 'DELETE', headers: session })).status).toBe(204)
  expect((await api.app.request('/api/engine', { headers: session })).status).toBe(401)
})

test('a session ends by itself', async () => {
  const { api, clock } = started()
  const headers = { host: 'localhost:8787', 'content-type': 'application/json' }
  const answer = await api.app.request('/api/session', {
    method: 'POST',
    headers,
    body: JSON.stringify({ token: TOKEN }),
  })
  const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? ''
  const engine = () => api.app.request('/api/engine', { headers: { ...headers, cookie } })
  expect((await engine()).status).toBe(200)
  clock.setTimeout(() => {}, 8 * 86_400_000)
  clock.step()
  expect((await engine()).status).toBe(401)
})

test('commands beyond a burst wait for their turn, whatever name they give themselves', async () => {
  const { post, clock } = started()
  const send = (index: number) =>
    post('/api/engine/resume', undefined, { 'hedgerow-operator': `robot${index}` })
  const statuses = []
  for (let index = 0; index < 25; index += 1) statuses.push((await send(index)).status)
  expect(statuses.filter(status => status === 202)).toHaveLength(20)
  const refused = await send(26)
  expect(refused.status).toBe(429)
  expect(refused.headers.get('retry-after')).toBe('1')
  clock.setTimeout(() => {}, 1000)
  clock.step()
  expect((await send(27)).status).toBe(202)
})

test('metrics ask for a token when the caller is not known to be on this machine', async () => {
  const { api, ask } = started()
  expect((await api.app.request('/metrics', { headers: { host: 'localhost' } })).status).toBe(401)
  const answer = await ask('/metrics')
  expect(await answer.text()).toBe('hedgerow_actors 2\n')
})

test('the description is OpenAPI 3.1 and lists every route of the design', async () => {
  const { ask } = started()
  const spec = (await (await ask('/openapi.json')).json()) as {
    openapi: string
    paths: Record<string, object>
  }
  expect(spec.openapi).toBe('3.1.0')
  const wanted = READS.map(path => path.replace('hedge%2FAAAAAAAAAA', '{id}').replace('AAAAAAAAAA', '{id}'))
  const posts = [
    '/api/actors/{id}/events',
    '/api/engine/halt',
    '/api/engine/resume',
    '/api/engine/flatten',
    '/healthz',
    '/readyz',
    '/metrics',
    '/api/live',
  ]
  for (const path of [...wanted.map(path => path.replace('charts/hedge', 'charts/{kind}')), ...posts])
    expect(Object.keys(spec.paths)).toContain(path)
  expect(await (await ask('/docs')).text()).toContain('/api/engine/halt')
})

test('pages carry a policy that runs nothing inline and loads nothing from elsewhere', async () => {
  const { ask } = started()
  for (const path of ['/', '/docs', '/page/page.js', '/page/page.css']) {
    const answer = await ask(path)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'self'")
    const text = await answer.text()
    expect(text).not.toMatch(/https?:\/\/(?!www\.w3\.org)/)
    expect(text).not.toMatch(/<script(?![^>]*src=)|\son\w+="|style="/)
  }
})

test('a view that throws is a 500 problem without its words', async () => {
  const { ask, view } = started()
  view.opportunities = () => {
    throw new Error('the password is sesame')
  }
  const answer = await ask('/api/opportunities')
  expect(answer.status).toBe(500)
  expect(await answer.text()).not.toContain('sesame')
})
