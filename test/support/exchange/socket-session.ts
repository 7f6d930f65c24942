/** One lying server and one wire per test, and ears for both. No test that uses it ends with a secret in a log. */
import { afterEach, beforeEach, expect, vi } from 'vitest'
import { systemClock } from '../../../src/clock/clock.ts'
import { createSdkWire } from '../../../src/exchange/bybit/wire/sdk-wire.ts'
import type { Wire } from '../../../src/exchange/bybit/wire/wire.ts'
import { type LyingBybit, startLyingBybit } from './lying-bybit.ts'

export const KEY = 'key-that-must-not-leak'
const SECRET = 'secret-that-must-not-leak'
export const TRADE = '/v5/trade'
export const PRIVATE = '/v5/private'
export const LINEAR = '/v5/public/linear'
export const SPOT = '/v5/public/spot'

export let server: LyingBybit
export let wire: Wire
export let logged: string[]

/** Opens the wire under test on the lying server; the default patience is short, so that stuck sockets are soon renewed. */
export function open(changes: { patienceMs?: number; pulseMs?: number; mode?: 'sim' | 'demo' } = {}): void {
  wire = createSdkWire({
    mode: 'sim',
    urls: server,
    key: KEY,
    secret: SECRET,
    clock: systemClock(),
    recvWindowMs: 5_000,
    patienceMs: 300,
    log: (kind, detail) => logged.push(`${kind} ${detail}`),
    ...changes,
  })
}

beforeEach(async () => {
  logged = []
  server = await startLyingBybit()
})
afterEach(async () => {
  await wire.close()
  await server.close()
  expect(logged.join('\n')).not.toContain('must-not-leak')
})

export const until = (what: () => unknown) =>
  vi.waitFor(() => expect(what()).toBeTruthy(), { timeout: 60_000, interval: 5 })
export const sent = (path: string, op: string) =>
  server.heard.filter(one => one.path === path && one.frame.op === op)
export const order = { category: 'linear', symbol: 'BTCUSDT', orderLinkId: 'link' }

/** Listens to a private stream and keeps what it says. */
export function listen() {
  const said: string[] = []
  wire.privateStream(['order', 'execution', 'position', 'wallet'], {
    message: message => said.push(`message ${String(message.topic)}`),
    up: () => said.push('up'),
    down: cause => said.push(`down ${cause}`),
  })
  return said
}

/** Listens to a public stream and keeps what it says. */
export function watch(category: 'spot' | 'linear', topics: string[]) {
  const said: string[] = []
  const stream = wire.publicStream(category, topics, {
    message: message => said.push(`message ${String(message.topic)}`),
    up: () => said.push('up'),
    down: cause => said.push(`down ${cause}`),
    garbage: detail => said.push(`garbage ${detail}`),
    refused: topic => said.push(`refused ${topic}`),
  })
  return { said, stream }
}
