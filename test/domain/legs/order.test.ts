import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  intentOf,
  type OrderLeg,
  type OrderPurpose,
  orderLinkId,
  orderPurposeOf,
  ownerOfOrder,
} from '../../../src/domain/legs/order.ts'

const LEGS: OrderLeg[] = ['spot', 'perp', 'spreadOrder']
const PURPOSES: OrderPurpose[] = ['enter', 'exit', 'repair', 'rebalance']
const named = fc.record({
  hedgeId: fc.stringMatching(/^[0-9A-Za-z]{10}$/),
  leg: fc.constantFrom(...LEGS),
  purpose: fc.constantFrom(...PURPOSES),
  step: fc.integer({ min: 0, max: 36 ** 4 - 1 }),
})

test('an order’s name tells its hedge, its leg and its purpose, and no two orders share one', () => {
  fc.assert(
    fc.property(named, named, (one, other) => {
      const id = orderLinkId(one.hedgeId, one.leg, one.purpose, one.step)
      expect(ownerOfOrder(id)).toEqual({ hedgeId: one.hedgeId, leg: one.leg })
      expect(orderPurposeOf(id)).toBe(one.purpose)
      expect(id).toMatch(/^[A-Za-z0-9_-]{1,36}$/)
      const same = JSON.stringify(one) === JSON.stringify(other)
      expect(id === orderLinkId(other.hedgeId, other.leg, other.purpose, other.step)).toBe(same)
    }),
  )
})

test('only an order that enters, or whose name is not ours, adds risk; its own word and reduce-only come first', () => {
  for (const purpose of PURPOSES) {
    const order = { orderLinkId: orderLinkId('intent0001', 'spot', purpose, 0), reduceOnly: false }
    expect(intentOf(order)).toBe(purpose === 'enter' ? 'enter' : 'reduce')
    expect(intentOf({ ...order, reduceOnly: true })).toBe('reduce')
    expect(intentOf({ ...order, reduceOnly: true, intent: 'enter' })).toBe('enter')
    expect(intentOf({ ...order, intent: 'reduce' })).toBe('reduce')
  }
  const foreign = 'by-hand' as ReturnType<typeof orderLinkId>
  expect(orderPurposeOf(foreign)).toBeUndefined()
  expect(intentOf({ orderLinkId: foreign, reduceOnly: false })).toBe('enter')
})

test('a name that only begins or ends like ours is a person’s', () => {
  const ours = 'HEDGE00001-SE0000'
  expect(ownerOfOrder(ours)).toEqual({ hedgeId: 'HEDGE00001', leg: 'spot' })
  expect(orderPurposeOf(ours)).toBe('enter')
  for (const name of [
    `${ours}0`,
    `x${ours}`,
    `${ours}-copy`,
    'HEDGE00001-QE0000',
    'HEDGE00001-SZ0000',
    'hedge-SE0000',
    '',
  ]) {
    expect(ownerOfOrder(name), name).toBeUndefined()
    expect(orderPurposeOf(name), name).toBeUndefined()
  }
})
