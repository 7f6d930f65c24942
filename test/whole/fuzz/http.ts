/** The HTTP API: whatever is asked of it is answered, and what is refused is refused as a problem with its reason. */
import fc from 'fast-check'
import { createApi } from '../../../src/api/app.ts'
import { VirtualClock } from '../../../src/clock/virtual-clock.ts'
import { silentTelemetry } from '../../../src/telemetry/telemetry.ts'
import { sampleView } from '../../support/api/sample-view.ts'
import { edge, type Outcome } from './kit.ts'
import { spoils, spoiltTree, text, value } from './spoilt.ts'

const TOKEN = 'a-token-of-the-tests-only'
const METHODS = ['GET', 'GET', 'GET', 'POST', 'POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'] as const
const QUERY =
  'limit before cursor hedge symbol by hours from until state kind last open account name market'.split(' ')
const HEADERS = [
  'idempotency-key',
  'hedgerow-operator',
  'if-none-match',
  'origin',
  'cookie',
  'accept',
  'last-event-id',
  'host',
]
const BODIES = [
  { type: 'hedge.unwind', because: 'a person' },
  { because: 'lunch' },
  { because: 'lunch', until: '2026-01-05T03:00:00Z' },
  { token: TOKEN },
  { code: 'abc' },
  { ids: ['1', '2'] },
]
const ANSWER_MAX = 4 * 1024 * 1024

const asked = fc.record({
  method: fc.constantFrom(...METHODS),
  route: fc.nat(200),
  named: fc.array(fc.oneof(fc.constantFrom('engine', 'XRPUSDT', 'hedge'), text), {
    minLength: 2,
    maxLength: 2,
  }),
  isKnown: fc.boolean(),
  query: fc.array(fc.tuple(fc.oneof(fc.constantFrom(...QUERY), text), text), { maxLength: 4 }),
  headers: fc.array(fc.tuple(fc.constantFrom(...HEADERS), text), { maxLength: 3 }),
  type: fc.constantFrom(
    'application/json',
    'application/json',
    'text/plain',
    'application/x-www-form-urlencoded',
    '',
  ),
  body: fc.oneof(
    fc
      .record({ good: fc.constantFrom(...BODIES), spoilt: spoils })
      .map(({ good, spoilt }) => JSON.stringify(spoiltTree(good, spoilt))),
    value.map(one => JSON.stringify(one)),
    text,
    fc.constantFrom('x'.repeat(70_000), '['.repeat(30_000), '{"a":'.repeat(5_000)),
  ),
  signedIn: fc.constantFrom(true, true, true, false),
})
type Asked = typeof asked extends fc.Arbitrary<infer One> ? One : never

/** As a client would send it; undefined where no client can. */
function requestOf(one: Asked, paths: readonly string[]): Request | undefined {
  const template = paths[one.route % paths.length] ?? '/'
  const words = [...one.named]
  const path = template.replace(/\{[^}]+\}/g, () => {
    const word = words.shift() ?? ''
    return one.isKnown ? 'engine' : encoded(word)
  })
  const query = one.query.map(([name, said]) => `${encoded(name)}=${encoded(said)}`).join('&')
  try {
    const headers = new Headers({ host: 'localhost' })
    if (one.signedIn) headers.set('authorization', `Bearer ${TOKEN}`)
    for (const [name, said] of one.headers) headers.set(name, said)
    if (one.type !== '') headers.set('content-type', one.type)
    const hasBody = !['GET', 'HEAD'].includes(one.method)
    return new Request(`http://localhost${path}${query && `?${query}`}`, {
      method: one.method,
      headers,
      ...(hasBody && { body: one.body }),
    })
  } catch {
    return undefined
  }
}

const encoded = (word: string) =>
  word.isWellFormed() ? encodeURIComponent(word) : word.replace(/[^\w]/g, '%zz')

/** @throws what is wrong with the answer */
async function judged(answer: Response): Promise<Outcome> {
  const { status } = answer
  const type = answer.headers.get('content-type') ?? ''
  if (/event-stream/.test(type)) {
    await answer.body?.cancel()
    return 'accepted'
  }
  const said = await answer.text()
  if (said.length > ANSWER_MAX) throw new Error(`an answer of ${said.length} characters`)
  if (status >= 500 && status !== 503) throw new Error(`status ${status}: ${said}`)
  if (status < 400) return 'accepted'
  if (answer.headers.get('content-type')?.includes('application/problem+json') && said !== '') {
    const problem = JSON.parse(said) as { status: number; detail?: string }
    if (problem.status !== status || !problem.detail) throw new Error(`a problem without its reason: ${said}`)
  }
  return 'refused'
}

export const http = edge({
  name: 'HTTP API',
  share: 26,
  cases: asked,
  open() {
    // People's seconds pass between two requests: the rate limit is another promise.
    const clock = new VirtualClock(Date.UTC(2026, 0, 5))
    const { app } = createApi({
      ...{
        view: sampleView(),
        token: TOKEN,
        host: '127.0.0.1',
        port: 8787,
        telemetry: silentTelemetry(),
        clock,
      },
    })
    const documented =
      app.getOpenAPI31Document({ openapi: '3.1.0', info: { title: '', version: '' } }).paths ?? {}
    const paths = [
      ...Object.keys(documented),
      '/',
      '/metrics',
      '/api/{any}',
      '/{any}/{other}',
      '/openapi.json',
    ]
    return {
      async take(one) {
        const request = requestOf(one, paths)
        if (!request) return 'refused'
        clock.advanceTo(clock.nowMs() + 10_000)
        return judged(await app.request(request))
      },
    }
  },
})
