/** `/simulator/schedule`: what is to happen, said over the control route, checked strictly, done at its instant, kept over a restart. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import type { JsonObject } from '../../../../src/domain/json.ts'
import { createSimulatedBybit } from '../../../../src/exchange/simulator/create.ts'
import type { SimulatorOptions } from '../../../../src/exchange/simulator/server/options.ts'
import type { SimulatorServer } from '../../../../src/exchange/simulator/server/server.ts'
import {
  closeAfterEach,
  connect,
  onCleanup,
  start,
} from '../../../support/exchange/simulator-server-fixture.ts'

closeAfterEach()

const HOUR = 3_600_000
const real = (more: Partial<SimulatorOptions> = {}) =>
  start({ core: createSimulatedBybit, speed: 0.01, ...more })
const folder = () => {
  const made = mkdtempSync(join(tmpdir(), 'hedgerow-'))
  onCleanup(() => rmSync(made, { recursive: true, force: true }))
  return join(made, 'account.json')
}

async function post(server: SimulatorServer, body: JsonObject | string) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const answer = await fetch(`${server.url}/simulator/schedule`, { method: 'POST', body: text })
  return { status: answer.status, body: (await answer.json()) as JsonObject }
}
const agenda = async (server: SimulatorServer) =>
  (await (await fetch(`${server.url}/simulator/schedule`)).json()) as {
    nowMs: number
    agenda: (JsonObject & { kind: string; atMs: number })[]
  }

test('every kind can be scheduled, by its instant or from now on, and is listed soonest first', async () => {
  const server = await real()
  const { nowMs } = await agenda(server)
  const happenings: JsonObject[] = [
    { kind: 'delisting', symbol: 'WIFUSDT', inMs: HOUR },
    { kind: 'listing', market: 'linear', symbol: 'DOGEUSDT', inMs: 2 * HOUR },
    { kind: 'adl', symbol: 'SOLUSDT', inMs: 3 * HOUR, share: '0.5' },
    { kind: 'premium', symbol: 'SOLUSDT', inMs: 4 * HOUR, premium: -0.02, forMs: HOUR },
    { kind: 'interval', symbol: 'SOLUSDT', inMs: 5 * HOUR, hours: 1 },
    { kind: 'shock', symbol: 'BTCUSDT', inMs: 6 * HOUR, change: -0.2 },
    { kind: 'cascade', symbol: 'BTCUSDT', inMs: 7 * HOUR, change: -0.3, overMs: 60_000, premium: -0.02 },
    { kind: 'restart', inMs: 8 * HOUR },
    { kind: 'maintenance', inMs: 9 * HOUR, forMs: 600_000, markets: ['spot'], title: 'Upgrade' },
    { kind: 'lending', coin: 'SOL', inMs: 10 * HOUR, inventory: '5' },
    { kind: 'recall', coin: 'SOL', inMs: 11 * HOUR },
    { kind: 'collateral', coin: 'SOL', inMs: 12 * HOUR, restriction: 2 },
    { kind: 'collateral-ratio', coin: 'SOL', inMs: 13 * HOUR, ratio: '0.5' },
    { kind: 'min-value', market: 'spot', symbol: 'SOLUSDT', inMs: 14 * HOUR, minValue: '10' },
    { kind: 'risk-limit', symbol: 'SOLUSDT', inMs: 15 * HOUR, share: '0.1' },
    { kind: 'reject', market: 'linear', symbol: 'SOLUSDT', inMs: 16 * HOUR, count: 2 },
  ]
  for (const happening of [...happenings].reverse())
    expect(await post(server, happening), String(happening.kind)).toMatchObject({ status: 200 })
  const listed = await agenda(server)
  expect(listed.agenda.map(({ kind }) => kind)).toEqual(happenings.map(({ kind }) => kind))
  expect(listed.agenda[0]?.atMs).toBeGreaterThanOrEqual(nowMs + HOUR)
  expect(await post(server, { kind: 'restart', atMs: nowMs + 9 * HOUR })).toMatchObject({ status: 200 })
})

test.each<[string, JsonObject | string, RegExp]>([
  ['no JSON', '{', /expected a JSON object/],
  ['no kind', {}, /kind: expected one of delisting, listing, adl/],
  ['an unknown kind', { kind: 'quake', inMs: 1 }, /kind: expected one of .*, found "quake"/],
  ['no instant', { kind: 'restart' }, /atMs: expected an instant/],
  ['the past', { kind: 'restart', atMs: 1 }, /atMs is past: expected \d+ or later, found 1/],
  ['a negative wait', { kind: 'restart', inMs: -1 }, /inMs: expected simulated milliseconds/],
  ['an unknown symbol', { kind: 'adl', symbol: 'NOPE', inMs: 1 }, /symbol invalid: NOPE/],
  ['an unknown coin', { kind: 'recall', coin: 'NOPE', inMs: 1 }, /coin invalid: NOPE/],
  [
    'a misspelt key',
    { kind: 'recall', coin: 'SOL', inMs: 1, all: true },
    /all: expected a known key of recall/,
  ],
  [
    'a share as a number',
    { kind: 'adl', symbol: 'SOLUSDT', inMs: 1, share: 0.5 },
    /share: expected a fraction/,
  ],
  [
    'a share above 1',
    { kind: 'risk-limit', symbol: 'SOLUSDT', inMs: 1, share: '2' },
    /share: expected a fraction/,
  ],
  [
    'three hours',
    { kind: 'interval', symbol: 'SOLUSDT', inMs: 1, hours: 3 },
    /hours: expected 1, 2, 4 or 8, found 3/,
  ],
  [
    'a fall of all',
    { kind: 'shock', symbol: 'SOLUSDT', inMs: 1, change: -1 },
    /change: expected a fraction from -0.95/,
  ],
  [
    'an end before the start',
    { kind: 'maintenance', inMs: 5000, untilMs: 1 },
    /untilMs: expected later than/,
  ],
])('%s is refused with what was expected and what was found', async (_what, body, words) => {
  const server = await real()
  const answer = await post(server, body)
  expect(answer.status).toBe(422)
  expect(answer.body.error).toMatch(words)
  expect((await agenda(server)).agenda).toEqual([])
})

test('only programs on this machine may schedule, and only here', async () => {
  const server = await real()
  const body = JSON.stringify({ kind: 'restart', inMs: 1000 })
  const at = `${server.url}/simulator/schedule`
  expect((await fetch(at, { method: 'POST', body, headers: { origin: 'http://evil' } })).status).toBe(403)
  expect((await fetch(`${server.url}/v5/simulator/schedule`, { method: 'POST', body })).status).not.toBe(200)
  expect((await agenda(server)).agenda).toEqual([])
})

describe('a restart', () => {
  test('keeps the agenda', async () => {
    const stateFile = folder()
    const before = await real({ stateFile })
    await post(before, { kind: 'shock', symbol: 'BTCUSDT', inMs: HOUR, change: -0.1 })
    const listed = (await agenda(before)).agenda
    await before.close()
    expect((await agenda(await real({ stateFile }))).agenda).toEqual(listed)
  })

  test('keeps the faults set while it ran, with what they have used up, over those it is started with', async () => {
    const stateFile = folder()
    const faults = { faults: [{ name: 'http-500' as const, what: '/v5/market/tickers' }] }
    const before = await real({ stateFile, faults })
    const plan = { seed: 5, faults: [{ name: 'http-500', what: '/v5/market/time', times: 3 }] }
    const put = (server: SimulatorServer, body: object) =>
      fetch(`${server.url}/simulator/faults`, { method: 'PUT', body: JSON.stringify(body) })
    const statusOf = async (server: SimulatorServer) => (await fetch(`${server.url}/v5/market/time`)).status
    const report = async (server: SimulatorServer) =>
      (await fetch(`${server.url}/simulator/faults`)).json() as Promise<{
        beganAtMs: number
        faults: JsonObject[]
      }>
    await put(before, plan)
    const { beganAtMs } = await report(before)
    expect([await statusOf(before), await statusOf(before)]).toEqual([500, 500])
    await before.close()
    const after = await real({ stateFile, faults })
    expect(await report(after)).toMatchObject({
      seed: 5,
      beganAtMs,
      faults: [{ name: 'http-500', struck: 2 }],
    })
    expect([await statusOf(after), await statusOf(after)]).toEqual([500, 200])
    await put(after, {})
    await after.close()
    expect((await report(await real({ stateFile, faults }))).faults).toEqual([])
  })
})

test('maintenance is told by REST and by /v5/public/misc/status as it comes and goes', async () => {
  const server = await real({ speed: 20 })
  const socket = await connect(server, '/v5/public/misc/status')
  socket.send({ op: 'subscribe', args: ['system.status'] })
  await socket.next(({ op, success }) => op === 'subscribe' && success === true)
  await post(server, { kind: 'maintenance', inMs: 4_000, forMs: 4_000, title: 'Upgrade' })
  const stateOf = async () => {
    const told = await socket.next(({ topic }) => topic === 'system.status')
    return (told.data as JsonObject[])[0]
  }
  expect(await stateOf()).toMatchObject({ state: 'scheduled', title: 'Upgrade', product: [1, 2] })
  expect(await stateOf()).toMatchObject({ state: 'ongoing' })
  expect(await stateOf()).toMatchObject({ state: 'completed' })
  await vi.waitFor(async () => {
    const answer = await fetch(`${server.url}/v5/system/status`)
    expect(await answer.json()).toMatchObject({ retCode: 0, result: { list: [{ title: 'Upgrade' }] } })
  })
})
