/**
 * What the account file rests on: the core is a function of its inputs and their instants. How often time was moved, who
 * listened and what was read in between leave no trace in what is saved.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { JsonObject } from '../../../../src/domain/json.ts'
import type { Input } from '../../../../src/exchange/simulator/account/account-file.ts'
import { createSimulatedBybit } from '../../../../src/exchange/simulator/create.ts'
import { advanceTo, replayInputs } from '../../../../src/exchange/simulator/server/driver.ts'
import type { CoreRequest, SimulatedBybit } from '../../../../src/exchange/simulator/simulated.ts'
import { often } from '../../../support/properties.ts'

// Just before a funding settlement, so that a run crosses one.
const START_MS = Date.UTC(2026, 0, 5, 7, 59, 40)
const uid = '10000001'

const step = fc.record({
  pauseMs: fc.integer({ min: 1, max: 20_000 }),
  act: fc.constantFrom('buy spot', 'sell perp', 'rest perp', 'cancel all', 'read', 'listen', 'nothing'),
  qty: fc.integer({ min: 1, max: 900 }),
})

function request(act: string, qty: number, core: SimulatedBybit): CoreRequest | undefined {
  const post = (path: string, params: JsonObject): CoreRequest => ({
    via: 'rest',
    method: 'POST',
    path,
    params,
    uid,
  })
  const size = (qty / 1000).toFixed(3)
  const perp = { category: 'linear', symbol: 'BTCUSDT' }
  const market = { orderType: 'Market', qty: size }
  if (act === 'buy spot')
    return post('/v5/order/create', {
      ...perp,
      ...market,
      category: 'spot',
      side: 'Buy',
      marketUnit: 'baseCoin',
    })
  if (act === 'sell perp') return post('/v5/order/create', { ...perp, ...market, side: 'Sell' })
  if (act === 'cancel all') return post('/v5/order/cancel-all', perp)
  if (act !== 'rest perp') return undefined
  const price = Math.floor(bestBid(core) * (1 - qty / 1_000_000)).toFixed(1)
  return post('/v5/order/create', { ...perp, side: 'Buy', orderType: 'Limit', qty: size, price })
}

function bestBid(core: SimulatedBybit): number {
  const params = { category: 'linear', symbol: 'BTCUSDT', limit: '1' }
  const reply = core.request({ via: 'rest', method: 'GET', path: '/v5/market/orderbook', params, uid: '' })
  return Number((reply.result as { b: string[][] }).b[0]?.[0])
}

test('a core that was watched, read and moved in small steps is replayed from its inputs alone, byte for byte', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), fc.array(step, { maxLength: 40 }), (seed, steps) => {
      const live = createSimulatedBybit({ seed, startAtMs: START_MS })
      const saved = live.save()
      const deposit = { uid, coin: 'USDT', amount: '500000' }
      const inputs: Input[] = [{ atMs: START_MS, deposit }]
      live.deposit(uid, deposit.coin, deposit.amount)
      for (const { pauseMs, act, qty } of steps) {
        for (let moved = 0; moved < pauseMs; moved += 700) live.advance(live.nowMs() + 700)
        live.takePushes()
        if (act === 'listen') {
          live.want(() => true)
          live.subscribe('public-linear', 'orderbook.50.BTCUSDT')
        }
        const asked = request(act, qty, live)
        if (asked) inputs.push({ atMs: live.nowMs(), request: asked })
        if (asked) live.request(asked)
      }
      const again = createSimulatedBybit({ seed, startAtMs: START_MS, saved })
      replayInputs(again, JSON.parse(JSON.stringify(inputs)) as Input[])
      advanceTo(again, live.nowMs())
      expect(JSON.stringify(again.save())).toBe(JSON.stringify(live.save()))
    }),
    often(15),
  )
})
