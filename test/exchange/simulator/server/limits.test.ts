/** The simulator's request limits, in the simulator's own time. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rateLimits } from '../../../../src/exchange/simulator/server/rate-limits.ts'

const at = () => {
  let nowMs = 1_000_000
  const limits = rateLimits(() => nowMs, 600)
  return { limits, pass: (ms: number) => (nowMs += ms), now: () => nowMs }
}
const create = (category: string, uid = '1', cost = 1) =>
  [uid, 'POST', '/v5/order/create', category, cost] as const

test('no rolling second ever holds more than the limit, and a request is refused only when it would', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 }), pauses => {
      const { limits, pass, now } = at()
      const taken: number[] = []
      for (const pause of pauses) {
        pass(pause)
        const recent = taken.filter(time => time > now() - 1000).length
        const limit = limits.account(...create('linear'))
        expect(limit.granted).toBe(recent < 10 ? 1 : 0)
        expect(limit.left).toBe(Math.max(0, 10 - recent - 1))
        if (limit.granted > 0) taken.push(now())
      }
    }),
  )
})

test('accounts, endpoints and categories are counted apart; a batch costs its orders', () => {
  const { limits } = at()
  for (let i = 0; i < 10; i++) expect(limits.account(...create('linear')).granted).toBe(1)
  expect(limits.account(...create('linear')).granted).toBe(0)
  expect(limits.account(...create('linear', '2')).granted).toBe(1)
  expect(limits.account(...create('spot'))).toMatchObject({ granted: 1, max: 20, left: 19 })
  expect(limits.account('1', 'POST', '/v5/order/cancel', 'linear', 1).granted).toBe(1)
  expect(limits.account('1', 'POST', '/v5/order/create-batch', 'linear', 7)).toMatchObject({ left: 3 })
  expect(limits.account('1', 'POST', '/v5/order/create-batch', 'linear', 4)).toMatchObject({
    granted: 3,
    left: 0,
  })
})

test('the reset instant is when the oldest counted request leaves the window', () => {
  const { limits, pass, now } = at()
  const firstMs = now()
  for (let i = 0; i < 10; i++) {
    limits.account(...create('linear'))
    pass(10)
  }
  const refused = limits.account(...create('linear'))
  expect(refused).toMatchObject({ granted: 0, resetAtMs: firstMs + 1000 })
  pass(refused.resetAtMs - now())
  expect(limits.account(...create('linear')).granted).toBe(1)
})

test('an address has 600 requests in 5 seconds', () => {
  const { limits, pass } = at()
  const allowed = Array.from({ length: 601 }, () => limits.address('127.0.0.1'))
  expect(allowed.lastIndexOf(true)).toBe(599)
  pass(5000)
  expect(limits.address('127.0.0.1')).toBe(true)
})
