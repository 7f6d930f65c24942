/** Bad input gets Bybit's own answers and never ends, stops or bends the exchange: 10,000 requests nobody should send. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createSimulatedBybit } from '../../../src/exchange/simulator/create.ts'
import { GETS, GOOD, OPS, POSTS, params } from './malformed-arbitraries.ts'

const route = fc.oneof(
  fc.constantFrom(...GETS).map(path => ({ via: 'rest' as const, method: 'GET' as const, path })),
  fc.constantFrom(...POSTS).map(path => ({ via: 'rest' as const, method: 'POST' as const, path })),
  fc
    .constantFrom(...OPS)
    .map(op => ({ via: 'trade' as const, method: 'POST' as const, path: `order.${op}` })),
)

const START_AT_MS = Date.UTC(2026, 0, 5, 9)
const UID = '1'

test('the core answers 10,000 bad requests in its envelope, and its markets and the account go on', () => {
  const core = createSimulatedBybit({
    seed: 1,
    startAtMs: START_AT_MS,
    accounts: [{ uid: UID, balances: { USDT: '100000' } }],
  })
  let atMs = START_AT_MS
  fc.assert(
    fc.property(route, params, fc.constantFrom(UID, UID, ''), (asked, spoilt, uid) => {
      const reply = core.request({ ...asked, params: spoilt, uid })
      expect(typeof reply.retCode).toBe('number')
      expect(typeof reply.retMsg).toBe('string')
      expect(reply.time).toBe(core.nowMs())
      expect(JSON.parse(JSON.stringify(reply))).toMatchObject({ retCode: reply.retCode })
      atMs += 50
      core.advance(atMs)
      core.takePushes()
    }),
    { numRuns: 10_000, seed: 1, endOnFailure: true },
  )
  const { result } = core.request({
    via: 'rest',
    method: 'GET',
    path: '/v5/account/wallet-balance',
    params: { accountType: 'UNIFIED' },
    uid: UID,
  })
  expect(JSON.stringify(result)).not.toMatch(/NaN|Infinity|undefined/)
  const order = { ...GOOD, orderType: 'Market', price: '' }
  expect(
    core.request({ via: 'trade', method: 'POST', path: 'order.create', params: order, uid: UID }),
  ).toMatchObject({
    retCode: 0,
  })
  expect(() => JSON.stringify(core.save())).not.toThrow()
})
