/** What a request says beyond what its route knows is named, never dropped without a word. */
import { beforeEach, expect, test } from 'vitest'
import { createApi } from '../../../src/api/app.ts'
import { systemClock } from '../../../src/clock/clock.ts'
import { silentTelemetry } from '../../../src/telemetry/telemetry.ts'
import { type SmallView, smallView } from '../../support/api/small-view.ts'

const token = 'a-token-of-the-tests-1'
let view: SmallView
beforeEach(() => {
  view = smallView()
})

async function ask(method: string, path: string, body?: string, type = 'application/json') {
  const parts = { view, token, telemetry: silentTelemetry(), clock: systemClock() }
  const { app } = createApi({ ...parts, host: '127.0.0.1', port: 0 })
  const headers = { authorization: `Bearer ${token}`, host: '127.0.0.1', 'content-type': type }
  const answer = await app.request(path, { method, headers, ...(body !== undefined && { body }) })
  return { status: answer.status, told: (await answer.json()) as { detail?: string; note?: string } }
}

test.each([
  ['GET', '/api/actors?kindd=hedge', /^query: found "kindd".*expected kind, state$/],
  ['GET', '/api/engine?verbose=1', /^query: found "verbose".*expected none$/],
  ['POST', '/api/engine/resume?now=1', /^query: found "now"/],
  ['GET', '/api/actors/engine/transitions?from=3', /^query: found "from".*expected fromSeq, limit$/],
])('%s %s is refused with the name that it does not know', async (method, path, says) => {
  const { status, told } = await ask(method, path)
  expect([status, told.detail]).toEqual([400, expect.stringMatching(says)])
  expect(view.commands).toEqual([])
})

test.each([
  ['/api/engine/resume', '{"because":"x"}', /^body: found "because".*expected none$/],
  ['/api/session', '{"token":"abc","remember":true}', /^body: found "remember".*expected token$/],
  ['/api/engine/flatten', 'null', /^body: expected a JSON object .*, found null$/],
  ['/api/engine/halt', '[1]', /found a list$/],
  ['/api/engine/halt', '"now"', /found a string$/],
  ['/api/engine/halt', 'now', /found text that is not JSON$/],
  ['/api/actors/engine/events', 'null', /found null$/],
])('POST %s with %s is refused with one sentence', async (path, body, says) => {
  const { status, told } = await ask('POST', path, body)
  expect([status, told.detail]).toEqual([400, expect.stringMatching(says)])
  expect(view.commands).toEqual([])
})

test('a body of another type says which is expected', async () => {
  const { status, told } = await ask('POST', '/api/engine/halt', 'now', 'text/plain')
  expect([status, told.detail]).toEqual([415, 'content-type: expected application/json, found "text/plain"'])
})

test('a halt is not held up by a field that nobody knows: it is done, and the field is named', async () => {
  const { status, told } = await ask('POST', '/api/engine/halt', '{"reason":"smoke"}')
  expect([status, told.note]).toEqual([202, expect.stringContaining('reason')])
  expect(view.summary().halt).toMatchObject({ because: 'asked by a person' })
})

test('a body that is too large is refused with a sentence, and its connection ends', async () => {
  const parts = { view, token, telemetry: silentTelemetry(), clock: systemClock() }
  const server = await createApi({ ...parts, host: '127.0.0.1', port: 0 }).listen()
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const halt = (because: string) =>
    fetch(`${server.url}/api/engine/halt`, { method: 'POST', headers, body: JSON.stringify({ because }) })
  const large = await halt('x'.repeat(1_048_576))
  expect([large.status, await large.json()]).toEqual([
    413,
    expect.objectContaining({ detail: 'body: expected at most 65536 bytes' }),
  ])
  expect((await halt('smoke')).status).toBe(202)
  await server.close()
})
