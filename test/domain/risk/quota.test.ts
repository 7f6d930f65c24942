/** The count of requests: what may leave, what is kept for exits, and that the exchange's word wins. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  ADDRESS,
  createQuota,
  defaultLimit,
  endpointOf,
  placingEndpoint,
} from '../../../src/domain/risk/quota.ts'

const NOW_MS = 1_700_000_000_000
const LINEAR = placingEndpoint('linear')
const read = (left: number, over: object = {}) => ({
  endpoint: LINEAR,
  limit: 10,
  left,
  resetAtMs: NOW_MS,
  readAtMs: NOW_MS,
  ...over,
})

describe('the limits that hold until the exchange says otherwise', () => {
  test.each([
    [placingEndpoint('linear'), 10],
    [placingEndpoint('spot'), 20],
    [placingEndpoint('spread'), 20],
    [endpointOf('/v5/order/cancel', 'spot'), 20],
    [endpointOf('/v5/order/amend', 'spot'), 10],
    [endpointOf('/v5/order/cancel', 'linear'), 10],
    [endpointOf('/v5/order/realtime', 'linear'), 50],
    [endpointOf('/v5/account/transaction-log'), 25],
    [endpointOf('/v5/account/fee-rate', 'spot'), 5],
    [endpointOf('/v5/account/no-convert-repay'), 1],
    [ADDRESS, 600],
  ])('%s: %i', (endpoint, limit) => {
    expect(defaultLimit(endpoint)).toBe(limit)
  })

  test('orders have a limit of their own in each market, reads one for all', () => {
    expect(endpointOf('/v5/order/create', 'spot')).not.toBe(endpointOf('/v5/order/create', 'linear'))
    expect(endpointOf('/v5/order/realtime', 'spot')).toBe(endpointOf('/v5/order/realtime', 'linear'))
  })
})

describe('what may leave', () => {
  test('entries stop at the share kept for exits, exits may use the last request, and a second later all is whole', () => {
    const quota = createQuota({ exitShare: 0.3 })
    let entered = 0
    while (quota.mayEnter(LINEAR, NOW_MS)) {
      quota.sent(LINEAR, NOW_MS)
      entered++
    }
    let left = 0
    while (quota.mayExit(LINEAR, NOW_MS)) {
      quota.sent(LINEAR, NOW_MS)
      left++
    }
    expect([entered, left]).toEqual([7, 3])
    expect(quota.mayExit(LINEAR, NOW_MS + 999)).toBe(false)
    expect(quota.mayEnter(LINEAR, NOW_MS + 1_000)).toBe(true)
  })

  test('whatever entries do, at any share and at any times, the kept share is there for exits at every moment', () => {
    const steps = fc.array(fc.record({ waitMs: fc.nat({ max: 400 }), tries: fc.nat({ max: 15 }) }), {
      maxLength: 30,
    })
    fc.assert(
      fc.property(steps, fc.double({ min: 0, max: 1, noNaN: true }), (plan, exitShare) => {
        const quota = createQuota({ exitShare })
        const sentAtMs: number[] = []
        let nowMs = NOW_MS
        for (const { waitMs, tries } of plan) {
          nowMs += waitMs
          for (let n = 0; n < tries; n++)
            if (quota.mayEnter(LINEAR, nowMs)) {
              quota.sent(LINEAR, nowMs)
              sentAtMs.push(nowMs)
            }
          const inWindow = sentAtMs.filter(atMs => atMs > nowMs - 1_000).length
          expect(inWindow).toBeLessThanOrEqual(10 - Math.ceil(10 * exitShare))
          expect(quota.use(nowMs).find(one => one.endpoint === LINEAR)?.left ?? 10).toBe(10 - inWindow)
        }
      }),
    )
  })

  test('one endpoint’s use is no other’s', () => {
    const quota = createQuota()
    for (let n = 0; n < 10; n++) quota.sent(LINEAR, NOW_MS)
    expect(quota.mayExit(LINEAR, NOW_MS)).toBe(false)
    expect(quota.mayEnter(placingEndpoint('spot'), NOW_MS)).toBe(true)
  })
})

describe('what the exchange says', () => {
  test('less left than we count is believed for the window: others use the same account', () => {
    const quota = createQuota()
    quota.heard(read(4))
    expect(quota.mayEnter(LINEAR, NOW_MS)).toBe(true)
    quota.sent(LINEAR, NOW_MS + 1)
    expect(quota.mayEnter(LINEAR, NOW_MS + 2)).toBe(false)
    expect(quota.mayExit(LINEAR, NOW_MS + 2)).toBe(true)
    expect(quota.mayEnter(LINEAR, NOW_MS + 1_001)).toBe(true)
  })

  test('another limit than the documented one is taken over, and the kept share grows with it', () => {
    const quota = createQuota({ exitShare: 0.3 })
    quota.heard(read(100, { limit: 100 }))
    for (let n = 0; n < 70; n++) quota.sent(LINEAR, NOW_MS + 1)
    expect(quota.mayEnter(LINEAR, NOW_MS + 2)).toBe(false)
    expect(quota.use(NOW_MS + 2)).toEqual([
      { endpoint: LINEAR, limit: 100, left: 30, leftToEnter: 0, blockedUntilMs: 0 },
    ])
  })

  test('nothing left holds everything back until the reset it names, and an absurd reset is not believed', () => {
    const quota = createQuota()
    quota.heard(read(0, { resetAtMs: NOW_MS + 1_500 }))
    expect(quota.mayExit(LINEAR, NOW_MS + 1_499)).toBe(false)
    expect(quota.mayExit(LINEAR, NOW_MS + 1_500)).toBe(true)
    quota.heard(read(0, { readAtMs: NOW_MS + 2_000, resetAtMs: NOW_MS + 86_400_000 }))
    expect(quota.mayExit(LINEAR, NOW_MS + 7_000)).toBe(true)
  })

  test('an older word does not undo a newer one', () => {
    const quota = createQuota()
    quota.heard(read(1, { readAtMs: NOW_MS + 10 }))
    quota.heard(read(9))
    expect(quota.reads(NOW_MS + 20)).toMatchObject([{ endpoint: LINEAR, left: 1 }])
  })

  test('a refusal for too many visits holds that endpoint back for a second', () => {
    const quota = createQuota()
    quota.refused(LINEAR, NOW_MS)
    expect(quota.mayExit(LINEAR, NOW_MS + 999)).toBe(false)
    expect(quota.mayExit(LINEAR, NOW_MS + 1_000)).toBe(true)
    expect(quota.mayEnter(placingEndpoint('spot'), NOW_MS)).toBe(true)
  })

  test('while the address is blocked nothing is entered anywhere for 10 minutes; exits over the socket still leave', () => {
    const quota = createQuota()
    quota.blocked(NOW_MS)
    expect(quota.mayEnter(LINEAR, NOW_MS + 599_999)).toBe(false)
    expect(quota.mayExit(LINEAR, NOW_MS + 1)).toBe(true)
    expect(quota.mayExit(ADDRESS, NOW_MS + 599_999)).toBe(false)
    expect(quota.mayEnter(LINEAR, NOW_MS + 600_000)).toBe(true)
  })

  test('one count heard by another says the same, a block included', () => {
    const [inner, outer] = [createQuota(), createQuota()]
    for (let n = 0; n < 8; n++) inner.sent(LINEAR, NOW_MS)
    inner.blocked(NOW_MS)
    for (const one of inner.reads(NOW_MS + 5)) outer.heard(one)
    expect(outer.mayEnter(LINEAR, NOW_MS + 5)).toBe(false)
    expect(outer.use(NOW_MS + 5).find(one => one.endpoint === LINEAR)).toMatchObject({ left: 2 })
    expect(outer.mayEnter(LINEAR, NOW_MS + 300_000)).toBe(false)
    expect(outer.mayEnter(LINEAR, NOW_MS + 600_000)).toBe(true)
  })
})
