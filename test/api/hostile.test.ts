import { connect } from 'node:net'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { rateLimit } from '../../src/api/access/guard.ts'
import { createApi } from '../../src/api/app.ts'
import { createLiveFeed } from '../../src/api/routes/live-feed.ts'
import type { Listening } from '../../src/api/server.ts'
import { systemClock } from '../../src/clock/clock.ts'
import { VirtualClock } from '../../src/clock/virtual-clock.ts'
import { silentTelemetry } from '../../src/telemetry/telemetry.ts'
import { type SmallView, smallView } from '../support/api/small-view.ts'
import { often } from '../support/properties.ts'

const TOKEN = 'a-token-of-the-tests-only'
const newApi = (view: SmallView, port = 8787) =>
  createApi({
    view,
    token: TOKEN,
    host: '127.0.0.1',
    port,
    telemetry: silentTelemetry(),
    clock: systemClock(),
  })

describe('whatever is sent', () => {
  test('a body is obeyed, or refused as a problem that says why; never a failure of the engine', async () => {
    const post = (body: string, path: string) =>
      // A new engine each time: the rate limit is another promise.
      newApi(smallView()).app.request(path, {
        method: 'POST',
        body,
        headers: { host: 'localhost', authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      })
    const paths = ['/api/actors/hedge%2FAAAAAAAAAA/events', '/api/engine/halt', '/api/session']
    const bodies = fc.oneof(
      fc.string(),
      fc.json(),
      fc.json().map(text => `{"type":"hedge.unwind","data":${text}}`),
    )
    await fc.assert(
      fc.asyncProperty(bodies, fc.constantFrom(...paths), async (body, path) => {
        const answer = await post(body, path)
        expect([202, 400, 401, 409, 422]).toContain(answer.status)
        if (answer.status === 202) return
        const problem = (await answer.json()) as { status: number; detail: string }
        expect(problem.status).toBe(answer.status)
        expect(problem.detail).not.toBe('')
      }),
      often(150),
    )
  })

  test('a path is answered or 404, and an id of any spelling is one actor', async () => {
    const { app } = newApi(smallView())
    const headers = { host: 'localhost', authorization: `Bearer ${TOKEN}` }
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }), async id => {
        fc.pre(!['.', '..'].includes(id) && id.isWellFormed())
        const answer = await app.request(`/api/actors/${encodeURIComponent(id)}`, { headers })
        const expected = id === 'engine' ? 200 : id.includes('\0') ? 400 : 404
        expect(answer.status).toBe(expected)
      }),
      often(150),
    )
  })

  test.each([
    '/api/charts/__proto__',
    '/api/charts/constructor',
    '/api/charts/toString',
    '/api/hedges/%00',
    '/api/actors/%00/transitions',
    '/api/opportunities/%00/decisions',
    '/api/ledger?hedge=%00',
    '/api/funding?symbol=a%00b',
  ])('%s is the caller’s fault, and said so', async path => {
    const { app } = newApi(smallView())
    const headers = { host: 'localhost', authorization: `Bearer ${TOKEN}` }
    const answer = await app.request(path, { headers })
    expect(path.includes('%00') ? 400 : 404).toBe(answer.status)
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
  })

  test('a token that differs anywhere opens nothing', async () => {
    const { app } = newApi(smallView())
    const wrong = fc.oneof(
      fc.string(),
      fc.string().map(tail => TOKEN + tail),
      fc.nat(TOKEN.length - 1).map(end => TOKEN.slice(0, end)),
    )
    await fc.assert(
      fc.asyncProperty(wrong, async token => {
        const value = `Bearer ${token}`
        fc.pre(token !== TOKEN && token.trim() !== TOKEN && /^[\x20-\x7e]*$/.test(value))
        const answer = await app.request('/api/engine', {
          headers: { host: 'localhost', authorization: value },
        })
        expect(answer.status).toBe(401)
      }),
      often(100),
    )
  })
})

describe('on the socket', () => {
  const open: Listening[] = []
  afterEach(async () => {
    for (const listening of open.splice(0)) await listening.close()
  })
  const listening = async () => {
    const view = smallView()
    const server = await newApi(view, 0).listen()
    open.push(server)
    return { view, server }
  }

  /** Writes raw bytes and reads until the other end closes. */
  const raw = (port: number, text: string) =>
    new Promise<string>((resolve, reject) => {
      let answer = ''
      const socket = connect(port, '127.0.0.1', () => socket.write(text))
      socket.on('data', chunk => {
        answer += String(chunk)
      })
      socket.on('error', reject)
      socket.on('close', () => resolve(answer))
    })

  test('a body without a length is bounded too', async () => {
    const { server, view } = await listening()
    const chunk = `${(0x8000).toString(16)}\r\n${' '.repeat(0x8000)}\r\n`
    const head = [
      'POST /api/engine/halt HTTP/1.1',
      `Host: 127.0.0.1:${server.port}`,
      `Authorization: Bearer ${TOKEN}`,
      'Content-Type: application/json',
      'Transfer-Encoding: chunked',
      'Connection: close',
    ]
    const answer = await raw(server.port, `${head.join('\r\n')}\r\n\r\n${chunk.repeat(3)}0\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
    expect(view.commands).toEqual([])
  })

  test('no Host, or two of them, get nowhere', async () => {
    const { server } = await listening()
    expect(await raw(server.port, 'GET /api/engine HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 (400|403) /)
    const two = 'GET /metrics HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n'
    expect(await raw(server.port, two)).toMatch(/^HTTP\/1\.1 (400|403) /)
  })

  test('a reader that never reads costs a bounded number of frames, and leaves no trace when it goes', async () => {
    const { server, view } = await listening()
    for (let index = 0; index < 2000; index += 1) view.move(`hedge/${index}`, 'hedged')
    let frames = 0
    const { actors } = view
    view.actors = () => {
      frames += 1
      return actors()
    }
    const socket = connect(server.port, '127.0.0.1')
    socket.pause()
    socket.write(`GET /api/live HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`)
    await expect.poll(() => frames).toBeGreaterThan(0)
    for (let index = 0; index < 2000; index += 1) view.move(`hedge/${index}`, 'entering')
    socket.destroy()
    // Another reader still gets its frames.
    const answer = await fetch(`${server.url}/api/live`, { headers: { authorization: `Bearer ${TOKEN}` } })
    const first = await answer.body?.getReader().read()
    expect(first?.done).toBe(false)
    expect(frames).toBeLessThan(50)
  })
})

test('moves come in any order: a reader that follows its cursor always ends with the present', () => {
  const step = fc.record({
    id: fc.nat(5).map(n => `hedge/${n}`),
    what: fc.constantFrom('hedged', 'unwinding', 'gone'),
    read: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const view = smallView()
      const feed = createLiveFeed(view)
      const seen = new Map<string, string>()
      let cursor: string | undefined
      const read = () => {
        const frame = feed.frame(cursor)
        if (!frame) return
        cursor = frame.cursor
        if (frame.reset) seen.clear()
        for (const { id, state } of frame.rows) seen.set(id, state)
        for (const id of frame.removed) seen.delete(id)
      }
      for (const { id, what, read: now } of steps) {
        if (what === 'gone') view.remove(id)
        else view.move(id, what)
        if (now) read()
      }
      read()
      expect(Object.fromEntries(seen)).toEqual(
        Object.fromEntries(view.actors().map(({ id, state }) => [id, state])),
      )
      expect(feed.hasMoved(cursor)).toBe(false)
    }),
    often(200),
  )
})

test('over any stretch of time a caller gets at most its burst and its rate', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(2000), { minLength: 1, maxLength: 200 }), pausesMs => {
      const clock = new VirtualClock(0)
      const take = rateLimit(clock)
      let taken = 0
      for (const pauseMs of pausesMs) {
        clock.setTimeout(() => {}, pauseMs)
        clock.step()
        if (take('somebody') === 0) taken += 1
      }
      expect(taken).toBeLessThanOrEqual(20 + Math.ceil((clock.nowMs() / 1000) * 5))
    }),
    often(100),
  )
})
