/** The port's contract over the SDK against the simulator's server: the same adapter that talks to the real exchange. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { scaledClock, systemClock } from '../../../src/clock/clock.ts'
import { createBybitExchange } from '../../../src/exchange/bybit/venue.ts'
import { createSdkWire } from '../../../src/exchange/bybit/wire/sdk-wire.ts'
import { createSimulatedBybit } from '../../../src/exchange/simulator/create.ts'
import { startSimulatorServer } from '../../../src/exchange/simulator/server/server.ts'
import { exchangeContract } from '../../support/exchange/contract.ts'

const KEY = 'contract-key'
const SECRET = 'contract-secret'

test('a simulator that stops and starts again on its port is found again, with its account', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hedgerow-'))
  const begin = (port: number) =>
    startSimulatorServer({
      port,
      seed: 3,
      speed: 1,
      keys: [{ key: KEY, secret: SECRET }],
      balance: '5000',
      stateFile: join(folder, 'account.jsonl'),
      core: options => createSimulatedBybit(options),
    })
  const first = await begin(0)
  const clock = systemClock()
  const wire = createSdkWire({
    mode: 'sim',
    urls: { rest: first.url, ws: first.url.replace('http', 'ws') },
    key: KEY,
    secret: SECRET,
    clock,
    recvWindowMs: 5_000,
    log: () => {},
  })
  const exchange = createBybitExchange(wire, { name: 'sim', clock, orderDeadlineMs: 5_000, report: () => {} })
  const said: string[] = []
  exchange.watchAccount(fact => said.push(fact.kind))
  exchange.watchMarket([{ spot: 'BTCUSDT', perp: 'BTCUSDT' }], fact =>
    said.push('market' in fact ? `${fact.market} ${fact.kind}` : fact.kind),
  )
  const all = ['up', 'spot up', 'linear up', 'book', 'ticker']
  const until = (what: () => boolean) => vi.waitFor(() => expect(what()).toBe(true), { timeout: 60_000 })
  await until(() => all.every(word => said.includes(word)) && exchange.orderEntryReady())
  await first.close()
  await until(() => ['down', 'spot down', 'linear down'].every(word => said.includes(word)))
  expect(exchange.orderEntryReady()).toBe(false)
  said.length = 0
  const second = await begin(first.port)
  await until(() => all.every(word => said.includes(word)) && exchange.orderEntryReady())
  expect(await exchange.wallet()).toMatchObject({ coins: [{ coin: 'USDT', wallet: '5000' }] })
  await exchange.close()
  await second.close()
  rmSync(folder, { recursive: true })
})

for (const speed of [1, 60])
  exchangeContract(`the SDK and the simulator's server at speed ${speed}`, async () => {
    const server = await startSimulatorServer({
      port: 0,
      seed: 7,
      speed,
      keys: [{ key: KEY, secret: SECRET }],
      balance: '100000',
      core: options => createSimulatedBybit(options),
    })
    const clock = scaledClock({ startAtMs: server.nowMs(), speed })
    const urls = { rest: server.url, ws: server.url.replace('http', 'ws') }
    const open = () => {
      const wire = createSdkWire({
        mode: 'sim',
        urls,
        key: KEY,
        secret: SECRET,
        clock,
        recvWindowMs: 5_000,
        log: () => {},
      })
      return createBybitExchange(wire, {
        name: 'sim',
        clock,
        // Half a second of the machine's time at speed 60.
        orderDeadlineMs: 30_000,
        report: (kind, detail) => {
          throw new Error(`expected nothing left out, found ${kind}: ${detail}`)
        },
      })
    }
    const exchange = open()
    return {
      exchange,
      clock,
      balance: '100000',
      run: promise => promise,
      async until(what) {
        for (let tries = 0; !what(); tries++) {
          if (tries > 2_000) throw new Error('expected it to happen within 10 s')
          await pause(5)
        }
      },
      again: async () => open(),
      async close() {
        await exchange.close()
        await server.close()
      },
    }
  })
