/** The port's contract over the SDK against the simulator's server: the same adapter that talks to the real exchange. */
import { setTimeout as pause } from 'node:timers/promises'
import { scaledClock } from '../../src/clock.ts'
import { createSdkWire } from '../../src/exchange/bybit/sdk-wire.ts'
import { createBybitExchange } from '../../src/exchange/bybit/venue.ts'
import { createSimulatedBybit } from '../../src/exchange/simulator/create.ts'
import { startSimulatorServer } from '../../src/exchange/simulator/server.ts'
import { exchangeContract } from './contract.ts'

const KEY = 'contract-key'
const SECRET = 'contract-secret'

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
