import { Decimal } from 'decimal.js'
import { describe, expect, test } from 'vitest'
import {
  breakEvenHours,
  type CarryEstimate,
  estimateCarry,
  HORIZONS_HOURS,
} from '../../../src/domain/carry/carry.ts'
import { NO_SETTLEMENTS } from '../../../src/domain/market/funding-outlook.ts'
import type { FreshMarket } from '../../../src/domain/market/market-view.ts'
import { baseQty, orderQty, price } from '../../../src/domain/units.ts'
import { marketOn, NOW_MS, RULES, XRP } from '../../support/domain/sample-market.ts'

const SIZES = { baseQty: baseQty('800'), sliceBaseQty: baseQty('200') }

function carryOf(market: FreshMarket, sizes = SIZES, rules = RULES.strategy): CarryEstimate {
  const carry = estimateCarry(market, sizes, rules, NOW_MS)
  if ('refused' in carry) throw new Error(`expected a carry, found ${carry.refused}`)
  return carry
}

describe('break-even', () => {
  // Days to earn back a round trip, by its cost and the yearly funding rate, days = cost / yearly rate × 365.
  const table: [costBps: number, days: [apr: number, days: number][]][] = [
    [
      31,
      [
        [0.045, 25.1],
        [0.1095, 10.3],
        [0.2, 5.7],
        [0.5, 2.3],
        [1, 1.1],
      ],
    ],
    [
      24,
      [
        [0.045, 19.5],
        [0.1095, 8.0],
        [0.2, 4.4],
        [0.5, 1.8],
        [1, 0.9],
      ],
    ],
    [
      16.4,
      [
        [0.045, 13.3],
        [0.1095, 5.5],
        [0.2, 3.0],
        [0.5, 1.2],
        [1, 0.6],
      ],
    ],
    [
      15.5,
      [
        [0.045, 12.6],
        [0.1095, 5.2],
        [0.2, 2.8],
        [0.5, 1.1],
        [1, 0.6],
      ],
    ],
    [
      6,
      [
        [0.045, 4.9],
        [0.1095, 2.0],
        [0.2, 1.1],
        [0.5, 0.4],
        [1, 0.2],
      ],
    ],
  ]
  for (const [costBps, row] of table) {
    for (const [apr, days] of row) {
      for (const hours of [1, 4, 8]) {
        test(`of ${costBps} bps at ${apr} a year is about ${days} days on a ${hours} h contract too`, () => {
          const each = (apr * hours) / 8760
          const found = breakEvenHours(costBps / 10_000, held => each * Math.floor(held / hours))
          expect(Math.abs((found ?? Number.NaN) / 24 - days)).toBeLessThanOrEqual(0.06 + hours / 24)
        })
      }
    }
  }

  test('is never reached without funding, and at once without cost', () => {
    expect(breakEvenHours(0.003, () => 0)).toBeNull()
    expect(breakEvenHours(0.003, hours => -0.0001 * hours)).toBeNull()
    expect(breakEvenHours(-0.0001, hours => -0.0001 * hours)).toBe(0)
    // What fades before it has paid never pays.
    expect(breakEvenHours(0.003, hours => 0.002 * (1 - Math.exp(-hours / 168)))).toBeNull()
  })
})

describe('net carry', () => {
  test('is funding plus basis plus fees, each as reckoned by hand', () => {
    // 800 XRP at 2.5: 2000 USDT; 270 settlements of 5 bps in 90 days; books one basis point wide each way.
    const carry = carryOf(marketOn(XRP))
    expect(carry.notionalUsdt).toBe('2000')
    expect(carry.capitalUsdt).toBe('2500')
    expect(carry.horizonHours).toBe(2160)
    expect(carry.settlements).toBe(270)
    expect(carry.fundingUsdt).toBe('270')
    expect(carry.feesUsdt).toBe('-6.2')
    // In: half a spread on each leg, 2 bps. Out: the same times 1.5.
    expect(carry.basisUsdt).toBe('-1')
    expect(carry.netUsdt).toBe('262.8')
    expect(carry.aprOnCapital).toBeCloseTo((262.8 / 2500) * (8760 / 2160), 10)
    expect(carry.laterApr).toBeCloseTo((0.5475 * 2000) / 2500, 10)
    expect(carry.fundingApr).toBeCloseTo(0.5475, 10)
    // 7.2 USDT of cost against 1 USDT every eight hours: the eighth pays it, the first is five hours away.
    expect(carry.breakEvenHours).toBeCloseTo(61, 1)
  })

  test('counts a spread once: without fees and funding a round trip on frozen books costs the four half spreads', () => {
    const free = { taker: '0', maker: '0' } as FreshMarket['feeRates']['spot']
    const market = { ...marketOn(XRP, '0'), feeRates: { spot: free, perp: free } }
    const carry = carryOf(market, SIZES, { ...RULES.strategy, exitSlippageFactor: 1 })
    const [bid, ask] = [new Decimal('2.5').times('0.9999'), new Decimal('2.5').times('1.0001')]
    const roundTrip = bid.minus(ask).plus(bid.minus(ask)).times(800)
    expect(carry.netUsdt).toBe(roundTrip.toFixed())
  })

  test('earns the basis it enters above the one it leaves at, whatever the multiplier', () => {
    const plain = carryOf(marketOn(XRP))
    const thousand = carryOf(marketOn({ ...XRP, multiplier: 1000, lot: '0.0001' }))
    expect(thousand).toEqual(plain)
  })

  test('walks the books with a slice, so a thin second level makes it dearer', () => {
    const market = marketOn(XRP)
    const thin: FreshMarket = {
      ...market,
      spotBook: {
        bids: market.spotBook.bids,
        asks: [
          [price('2.50025'), orderQty('100')],
          [price('2.6'), orderQty('10000')],
        ],
      },
    }
    expect(new Decimal(carryOf(thin).netUsdt).lt(carryOf(market).netUsdt)).toBe(true)
    const tooThin = {
      ...market,
      spotBook: { bids: market.spotBook.bids, asks: [[price('2.5'), orderQty('1')] as const] },
    }
    expect(estimateCarry(tooThin, SIZES, RULES.strategy, NOW_MS)).toMatchObject({ refused: 'spot-depth' })
  })

  test('is refused while how the perpetual has paid was not read: a rate alone is no expectation', () => {
    const { funding: _, ...unread } = marketOn(XRP, '0.0027')
    expect(estimateCarry(unread, SIZES, RULES.strategy, NOW_MS)).toMatchObject({ refused: 'funding-unread' })
  })

  test('is held as long as pays best: a spike that fades for days, a steady rate for months', () => {
    const spike = {
      memory: { ...NO_SETTLEMENTS, settledAtMs: 1, fastHours: 100, fastRate: 0.4, slowHours: 1000 },
      marketPerHour: 0,
    }
    const rules = { ...RULES.strategy, fundingFadeHours: 24 }
    const market = marketOn(XRP, '0.032')
    const fading = carryOf({ ...market, funding: spike }, SIZES, rules)
    expect(fading.horizonHours).toBeLessThanOrEqual(72)
    expect(carryOf(marketOn(XRP)).horizonHours).toBe(2160)
    for (const carry of [fading, carryOf(marketOn(XRP))]) {
      expect(carry.path.map(({ hours }) => hours)).toEqual([...HORIZONS_HOURS])
      const most = Math.max(...carry.path.map(({ cautiousApr }) => cautiousApr))
      expect(carry.cautiousApr).toBeCloseTo(most, 9)
    }
  })

  test('decides by less than it expects, the less the wilder the past was', () => {
    const market = marketOn(XRP)
    const known = market.funding
    if (!known) throw new Error('expected a known past')
    const wild = { ...known, memory: { ...known.memory, scatter: 1000 * 0.0002 ** 2 } }
    const rules = { ...RULES.strategy, fundingAllowance: 1 }
    const carry = carryOf({ ...market, funding: wild }, SIZES, rules)
    // 0.02 % an hour of scatter, known from about ten independent stretches of 96 hours.
    const error = 0.0002 / Math.sqrt(1000 / 96)
    expect(Number(carry.allowanceUsdt)).toBeCloseTo(-error * 2160 * 2000, -1)
    expect(carry.cautiousApr).toBeLessThan(carry.aprOnCapital)
    expect(carryOf(market, SIZES, rules).cautiousApr).toBeCloseTo(carry.aprOnCapital, 2)
  })

  test('survives a trip through JSON', () => {
    const carry = carryOf(marketOn(XRP, '-0.0001'))
    expect(carry.breakEvenHours).toBeNull()
    expect(JSON.parse(JSON.stringify(carry))).toEqual(carry)
  })
})
