import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bufferRatio } from '../../../src/domain/carry/capital.ts'
import {
  type CollateralView,
  collateralCoins,
  collateralRatio,
  maintenanceUsdt,
} from '../../../src/domain/market/collateral.ts'
import {
  type AccountFacts,
  type HoldingFacts,
  hedgeLiquidationFactor,
  judgeSolvency,
  maintenanceRateAt,
  reliefOf,
  type SolvencyRules,
} from '../../../src/domain/risk/solvency.ts'
import { baseQty, usdt } from '../../../src/domain/units.ts'
import { RULES } from '../../support/domain/sample-market.ts'

const at = (ratio: string): CollateralView => ({
  tiers: [{ upToBase: null, ratio }],
  enabled: true,
  restricted: false,
})
const rules = (m = 0.02): SolvencyRules => ({ ...RULES.strategy, ...RULES.limits, maintenanceRate: m })

/** A long carry of 100 coins at 10 USDT with κ of its 1000 USDT beside it. */
const longCarry = (v: string, buffer: string, coin = 'XRP'): AccountFacts => ({
  usdt: usdt(new Decimal(buffer).times(1000)),
  holdings: [
    {
      coin,
      spotBase: baseQty('100'),
      perpBase: baseQty('-100'),
      price: '10',
      markPrice: '10',
      perpEntryPrice: '10',
      collateral: at(v),
    },
  ],
})

test('promise 12: no verdict is formed on what was not read, however badly it looks without it', () => {
  const unread = { ...longCarry('0', '0'), unknown: ['collateral of XRP'] }
  expect(judgeSolvency(unread, rules())).toMatchObject({
    verdict: 'unknown',
    found: 'collateral of XRP not read yet',
    liquidationUp: null,
  })
  expect(judgeSolvency(longCarry('0', '0'), rules()).verdict).toBe('flatten')
})

describe('collateral and risk tiers', () => {
  /** Bybit's published tiers of BTC. */
  const BTC: CollateralView = {
    tiers: [
      { upToBase: '10', ratio: '0.98' },
      { upToBase: '20', ratio: '0.95' },
      { upToBase: '30', ratio: '0.90' },
      { upToBase: '40', ratio: '0.85' },
      { upToBase: '50', ratio: '0.80' },
    ],
    enabled: true,
    restricted: false,
  }

  test('each band counts at its own ratio, and nothing above the last', () => {
    expect(collateralCoins('10', BTC).toFixed()).toBe('9.8')
    expect(collateralCoins('25', BTC).toFixed()).toBe('23.8')
    expect(collateralCoins('50', BTC).toFixed()).toBe('44.8')
    expect(collateralCoins('5000', BTC).toFixed()).toBe('44.8')
    expect(collateralCoins('10', { ...BTC, enabled: false }).toFixed()).toBe('0')
    expect(collateralRatio('0', BTC).toFixed()).toBe('0.98')
  })

  test('a larger holding never counts for less, and never at a better ratio', () => {
    const qty = fc.integer({ min: 0, max: 100_000 }).map(each => new Decimal(each).div(1000))
    fc.assert(
      fc.property(qty, qty, (one, two) => {
        const [less, more] = one.lt(two) ? [one, two] : [two, one]
        expect(collateralCoins(more, BTC).gte(collateralCoins(less, BTC))).toBe(true)
        expect(collateralRatio(more, BTC).lte(collateralRatio(less, BTC))).toBe(true)
      }),
    )
  })

  test('maintenance margin is value × rate − deduction, and goes on at the last rate', () => {
    const tiers = [
      { upToUsdt: '1000', maintenanceRate: '0.01' },
      { upToUsdt: '5000', maintenanceRate: '0.02' },
      { upToUsdt: '20000', maintenanceRate: '0.05' },
    ]
    expect(maintenanceUsdt('1000', tiers).toFixed()).toBe('10')
    // Deductions by the exchange's recursion: 1000 × 0.01 = 10, then 10 + 5000 × 0.03 = 160.
    expect(maintenanceUsdt('4000', tiers).toFixed()).toBe(new Decimal(4000 * 0.02 - 10).toFixed())
    expect(maintenanceUsdt('10000', tiers).toFixed()).toBe(new Decimal(10_000 * 0.05 - 160).toFixed())
    expect(maintenanceUsdt('40000', tiers).toFixed()).toBe(new Decimal(40_000 * 0.05 - 160).toFixed())
  })
})

describe('the liquidation price of a long carry', () => {
  // Collateral ratio, maintenance rate, buffer, and the factor as it was worked out by hand.
  const table: [v: string, m: number, buffer: string, printed: string][] = [
    ['0.95', 0.005, '0', '18.2'],
    ['0.90', 0.01, '0', '9.1'],
    ['0.70', 0.02, '0', '3.1'],
    ['0.70', 0.02, '0.2', '3.75'],
    ['0.50', 0.02, '0.2', '2.3'],
    ['0', 0.02, '0.33', '1.30'],
    ['0', 0.02, '0.5', '1.47'],
  ]
  test.each(table)(
    'of collateral %s, maintenance %s and buffer %s is %s times the entry',
    (v, m, k, printed) => {
      const places = printed.split('.')[1]?.length ?? 0
      const closed = hedgeLiquidationFactor({
        buffer: new Decimal(k),
        collateral: new Decimal(v),
        maintenance: m,
      })
      expect(closed?.toFixed(places)).toBe(printed)
      const { liquidationUp, liquidationDown } = judgeSolvency(longCarry(v, k), rules(m))
      expect(liquidationUp).toBeCloseTo(closed?.toNumber() ?? Number.NaN, 9)
      expect(liquidationDown).toBeNull()
    },
  )

  test('is farther with more buffer and better collateral, and never where collateral is whole', () => {
    const tenth = fc.integer({ min: 0, max: 100 }).map(each => each / 100)
    const factor = (buffer: number, collateral: number) =>
      hedgeLiquidationFactor({ buffer, collateral, maintenance: 0.02 })
    fc.assert(
      fc.property(tenth, tenth, tenth, (buffer, v, more) => {
        expect(factor(buffer + more, v)?.gte(factor(buffer, v) ?? 0)).toBe(true)
        const better = factor(buffer, Math.min(1, v + more))
        expect(better?.gte(factor(buffer, v) ?? 0)).toBe(true)
      }),
    )
    expect(hedgeLiquidationFactor({ buffer: 0, collateral: 1.1, maintenance: 0.02 })).toBeNull()
  })

  test('sets the buffer: with it, a hedge by itself survives exactly the configured rise, or the operator’s buffer is larger', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 200 }), (v, gap) => {
        const strategy = { ...RULES.strategy, gapSurvived: gap / 100 }
        const size = { direction: 'long-carry' as const, base: new Decimal(100), notional: new Decimal(1000) }
        const buffer = bufferRatio(size, { collateral: at(`${v / 100}`) }, strategy)
        const factor = hedgeLiquidationFactor({ buffer, collateral: v / 100, maintenance: 0.02 })
        const needed = new Decimal(1 + gap / 100)
        if (buffer.eq(strategy.capitalBuffer)) expect(factor?.gte(needed.minus('1e-12'))).toBe(true)
        else expect(factor?.toFixed(12)).toBe(needed.toFixed(12))
      }),
    )
  })
})

describe('the verdict on an account', () => {
  test('rates rise with the price under a long carry, and a reverse one hardly moves', () => {
    const reverse: AccountFacts = {
      usdt: usdt('1300'),
      holdings: [
        {
          coin: 'XRP',
          spotBase: baseQty('-100'),
          perpBase: baseQty('100'),
          price: '10',
          markPrice: '10',
          perpEntryPrice: '10',
        },
      ],
    }
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 120 }), fc.integer({ min: 1, max: 50 }), (from, more) => {
        const [low, high] = [from / 100, (from + more) / 100]
        const rate = (account: AccountFacts, factor: number) => maintenanceRateAt(account, rules(), factor)
        expect(rate(longCarry('0', '0.9'), high)?.gt(rate(longCarry('0', '0.9'), low) ?? 0) ?? true).toBe(
          true,
        )
        // A debt and a perpetual of the same size: the balance stays 300, only maintenance follows the price.
        expect(rate(reverse, high)?.toFixed(9)).toBe(new Decimal(high).times(60).div(300).toFixed(9))
      }),
    )
  })

  test('follows the thresholds: warn at 50 %, reduce at 70 %, flatten at 85 %, each reached and not a hair before', () => {
    // After +20 % of everything 24 USDT of maintenance stand against the buffer less 200.
    const withRate = (rate: number) => judgeSolvency(longCarry('0', `${(200 + 24 / rate) / 1000}`), rules())
    expect(withRate(0.499).verdict).toBe('warn')
    expect(withRate(0.499).limit).toBe('1')
    expect(withRate(0.501)).toMatchObject({ verdict: 'warn', limit: '0.5' })
    expect(withRate(0.699)).toMatchObject({ verdict: 'warn' })
    expect(withRate(0.701)).toMatchObject({ verdict: 'reduce', limit: '0.7' })
    expect(withRate(0.851)).toMatchObject({ verdict: 'flatten', limit: '0.85' })
    expect(withRate(0.851).found).toBe('0.8510 after +0.2 on all prices')
    expect(judgeSolvency(longCarry('0', '0.19'), rules())).toMatchObject({
      verdict: 'flatten',
      found: 'no balance left after +0.2 on all prices',
    })
  })

  test('the far gap only warns, when the account would not survive it', () => {
    expect(judgeSolvency(longCarry('0', '0.5'), rules())).toMatchObject({ verdict: 'warn', limit: '1' })
    expect(judgeSolvency(longCarry('0', '0.54'), rules())).toMatchObject({ verdict: 'ok', limit: '0.5' })
  })

  test('sees one coin’s rise that another’s fall would hide', () => {
    const long = longCarry('0', '0.3')
    const [held] = long.holdings
    if (!held) throw new Error('expected a holding, found none')
    // A naked long of the same size in another coin: together they do not move.
    const other: HoldingFacts = { ...held, coin: 'DOGE', spotBase: baseQty('0'), perpBase: baseQty('100') }
    const both: AccountFacts = { usdt: usdt('300'), holdings: [held, other] }
    expect(maintenanceRateAt(both, rules(), 1.2)?.lt('0.2')).toBe(true)
    expect(judgeSolvency(both, rules()).found).toContain('on ')
    expect(judgeSolvency(both, rules()).found).toMatch(/on (XRP|DOGE)$/)
  })

  test('an account without anything is well, and a verdict survives a trip through JSON', () => {
    const empty = judgeSolvency({ usdt: usdt('0'), holdings: [] }, rules())
    expect(empty).toMatchObject({ verdict: 'ok', liquidationUp: null, liquidationDown: null })
    const judged = judgeSolvency(longCarry('0', '0.1'), rules())
    expect(JSON.parse(JSON.stringify(judged))).toEqual(judged)
  })
})

describe('shrinking', () => {
  const three: AccountFacts = {
    usdt: usdt('700'),
    holdings: ['A', 'B', 'C'].flatMap(coin => longCarry('0', '0', coin).holdings),
  }
  const hedge = (hedgeId: string, coin: string, part = '1') => ({
    hedgeId,
    coin,
    spotBase: baseQty(new Decimal(100).times(part)),
    perpBase: baseQty(new Decimal(-100).times(part)),
  })

  test('names the one hedge whose end makes the account safest', () => {
    const hedges = [hedge('H1', 'A', '0.2'), hedge('H2', 'B'), hedge('H3', 'C', '0.5')]
    expect(judgeSolvency(three, rules()).verdict).toBe('reduce')
    expect(reliefOf(three, hedges, rules())?.hedgeId).toBe('H2')
  })

  test('names none where no end helps', () => {
    expect(reliefOf(three, [hedge('H1', 'D')], rules())).toBeUndefined()
    expect(reliefOf(three, [], rules())).toBeUndefined()
  })

  test('names one even where nothing is left of the balance', () => {
    const broke = { ...three, usdt: usdt('-2950') }
    expect(reliefOf(broke, [hedge('H1', 'A'), hedge('H2', 'B')], rules())?.hedgeId).toMatch(/^H[12]$/)
  })
})
