import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  baseToContracts,
  ceilTo,
  contractsToBase,
  floorTo,
  isOnGrid,
  priceOnTick,
} from '../../src/domain/grid.ts'
import { orderQty, price } from '../../src/domain/units.ts'

const anyDecimal = fc
  .tuple(fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }), fc.integer({ min: 0, max: 12 }))
  .map(([digits, places]) => new Decimal(digits.toString()).div(new Decimal(10).pow(places)))
const anyStep = fc
  .tuple(fc.integer({ min: 1, max: 99 }), fc.integer({ min: -8, max: 3 }))
  .map(([digits, power]) => new Decimal(10).pow(power).times(digits))

describe('a step grid', () => {
  test('floors and ceils to neighbours that enclose the value', () => {
    fc.assert(
      fc.property(anyDecimal, anyStep, (value, step) => {
        const low = floorTo(value, step)
        const high = ceilTo(value, step)
        expect(isOnGrid(low, step) && isOnGrid(high, step)).toBe(true)
        expect(low.lte(value) && high.gte(value)).toBe(true)
        expect(high.minus(low).toFixed()).toBe(isOnGrid(value, step) ? '0' : step.toFixed())
      }),
    )
  })

  test('refuses a step that is not above 0', () => {
    expect(() => floorTo('1', '0')).toThrow('step: expected a decimal above 0, found 0')
    expect(() => ceilTo('1', '-1')).toThrow('found -1')
  })

  test('keeps thirds and other endless fractions exact', () => {
    expect(floorTo('0.3', '0.1').toFixed()).toBe('0.3')
    expect(floorTo(new Decimal(1).div(3).times(3), '1').toFixed()).toBe('0')
    expect(ceilTo('1.0000000000000000000001', '1').toFixed()).toBe('2')
  })
})

describe('a price tick', () => {
  test('is never worse than wanted on the passive side and never better on the aggressive side', () => {
    fc.assert(
      fc.property(
        anyDecimal.filter(value => value.gt(0)),
        anyStep,
        fc.constantFrom('Buy' as const, 'Sell' as const),
        (wanted, step, side) => {
          const tick = price(step)
          const sign = side === 'Buy' ? 1 : -1
          expect(
            new Decimal(priceOnTick(wanted, tick, side, 'passive')).minus(wanted).times(sign).lte(0),
          ).toBe(true)
          expect(
            new Decimal(priceOnTick(wanted, tick, side, 'aggressive')).minus(wanted).times(sign).gte(0),
          ).toBe(true)
        },
      ),
    )
  })
})

test('contracts of a multiplied perpetual become base coins and back without loss', () => {
  expect(contractsToBase(orderQty('12.5'), 1000)).toBe('12500')
  fc.assert(
    fc.property(anyDecimal, fc.constantFrom(1, 1000, 10_000, 1_000_000), (contracts, multiplier) => {
      const text = orderQty(contracts)
      expect(baseToContracts(contractsToBase(text, multiplier), multiplier)).toBe(text)
    }),
  )
})
