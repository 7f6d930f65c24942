/** Starts simulator servers and signs requests for them; everything opened is closed after the test. */
import { afterEach } from 'vitest'
import {
  restText,
  SIMULATOR_KEY,
  SIMULATOR_SECRET,
  sign,
  socketText,
} from '../../../src/exchange/simulator/server/accounts.ts'
import type { SimulatorOptions } from '../../../src/exchange/simulator/server/options.ts'
import { type SimulatorServer, startSimulatorServer } from '../../../src/exchange/simulator/server/server.ts'
import { type Peer, peer } from './simulator-server-peer.ts'
import { stubCore } from './simulator-server-stub.ts'

const keys = [{ key: SIMULATOR_KEY, secret: SIMULATOR_SECRET }]
const cleanups: (() => unknown)[] = []

/** To be called once by a test file. */
export function closeAfterEach(): void {
  afterEach(async () => {
    for (const clean of cleanups.splice(0).reverse()) await clean()
  })
}
export const onCleanup = (clean: () => unknown) => cleanups.push(clean)

export async function start(options: Partial<SimulatorOptions> = {}): Promise<SimulatorServer> {
  const server = await startSimulatorServer({
    port: 0,
    seed: 1,
    speed: 1,
    keys,
    balance: '1000',
    core: stubCore,
    ...options,
  })
  onCleanup(() => server.close())
  return server
}

export async function connect(server: SimulatorServer, path: string): Promise<Peer> {
  const socket = await peer(server.url.replace('http', 'ws') + path)
  onCleanup(() => socket.close())
  return socket
}

type Ask = {
  key?: string
  secret?: string
  sentAtMs?: number
  window?: string
  query?: string
  body?: string
}

export function ask(server: SimulatorServer, path: string, options: Ask = {}): Promise<Response> {
  const { key = SIMULATOR_KEY, secret = SIMULATOR_SECRET, window = '5000', query, body } = options
  const timestamp = String(options.sentAtMs ?? server.nowMs())
  const headers = {
    'X-BAPI-API-KEY': key,
    'X-BAPI-TIMESTAMP': timestamp,
    'X-BAPI-RECV-WINDOW': window,
    'X-BAPI-SIGN': sign(restText(timestamp, key, window, body ?? query ?? ''), secret),
    ...(body !== undefined && { 'Content-Type': 'application/json' }),
  }
  const url = `${server.url}${path}${query === undefined ? '' : `?${query}`}`
  return fetch(url, body === undefined ? { headers } : { headers, method: 'POST', body })
}

export const order = (id: string): string =>
  JSON.stringify({ category: 'linear', symbol: 'BTCUSDT', side: 'Buy', qty: '1', orderLinkId: id })

export function auth(server: SimulatorServer, expires: number | string, secret = SIMULATOR_SECRET) {
  return { op: 'auth', args: [SIMULATOR_KEY, expires, sign(socketText(expires), secret)], at: server.nowMs() }
}
