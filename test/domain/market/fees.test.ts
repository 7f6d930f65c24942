import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isOnGrid } from '../../../src/domain/grid.ts'
import {
  ALL_TAKER,
  grossForNet,
  netBaseReceived,
  roundTripFeesUsdt,
  roundTripRate,
} from '../../../src/domain/market/fees.ts'
import { baseQty, feeRate, orderQty, usdt } from '../../../src/domain/units.ts'
import { VIP0 } from '../../support/domain/sample-market.ts'

describe('four fills', () => {
  test('cost 31 bps of notional at VIP0 when all are taker, 24 when the perpetual is maker', () => {
    expect(roundTripRate(VIP0).times(10_000).toFixed()).toBe('31')
    const perpMaker = { ...ALL_TAKER, perpIn: 'maker', perpOut: 'maker' } as const
    expect(roundTripRate(VIP0, perpMaker).times(10_000).toFixed()).toBe('24')
    expect(roundTripFeesUsdt(usdt('10000'), VIP0)).toBe('31')
  })
})

describe('the fee of a spot buy', () => {
  test('is taken from the coins: 0.005 BTC at 0.1 % leaves 0.004995', () => {
    expect(netBaseReceived(orderQty('0.005'), feeRate('0.001'))).toBe('0.004995')
  })

  test('takes no coins when it is a rebate', () => {
    expect(netBaseReceived(orderQty('1'), feeRate('-0.0001'))).toBe('1')
  })

  test('is bought on top, so that the net is enough and not a step too much', () => {
    const steps = fc.integer({ min: -6, max: 2 }).map(power => new Decimal(10).pow(power))
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000_000 }),
        steps,
        fc.integer({ min: -20, max: 500 }),
        (units, step, tenthBps) => {
          const wanted = baseQty(new Decimal(units).div(1000))
          const rate = feeRate(new Decimal(tenthBps).div(100_000))
          const gross = grossForNet(wanted, rate, orderQty(step))
          expect(isOnGrid(gross, step)).toBe(true)
          expect(new Decimal(netBaseReceived(gross, rate)).gte(wanted)).toBe(true)
          const less = orderQty(new Decimal(gross).minus(step))
          expect(new Decimal(netBaseReceived(less, rate)).lt(wanted)).toBe(true)
        },
      ),
    )
  })
})
