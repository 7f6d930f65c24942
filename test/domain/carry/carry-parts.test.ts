import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CarryEstimate, type CarryOf, estimateCarry } from '../../../src/domain/carry/carry.ts'
import { chooseRoute } from '../../../src/domain/carry/route.ts'
import type { FreshMarket } from '../../../src/domain/market/market-view.ts'
import { isRefusal } from '../../../src/domain/refusal.ts'
import type { StrategyRules } from '../../../src/domain/rules.ts'
import { baseQty, usdt } from '../../../src/domain/units.ts'
import { borrowable, marketOn, NOW_MS, RULES, withSpread, XRP } from '../../support/domain/sample-market.ts'

const SIZES = { baseQty: baseQty('800'), sliceBaseQty: baseQty('200') }
const market = marketOn(XRP)

function carryOf(view: FreshMarket, of: CarryOf = {}, strategy: Partial<StrategyRules> = {}): CarryEstimate {
  const carry = estimateCarry(view, SIZES, { ...RULES.strategy, ...strategy }, NOW_MS, of)
  if (isRefusal(carry)) throw new Error(`expected a carry, found ${JSON.stringify(carry)}`)
  return carry
}
const REVERSE = { direction: 'reverse-carry' } as const
const sumOf = (carry: CarryEstimate) =>
  Decimal.sum(
    carry.fundingUsdt,
    carry.basisUsdt,
    carry.feesUsdt,
    carry.adverseUsdt,
    carry.escalationUsdt,
    carry.borrowUsdt,
    carry.interestUsdt,
    carry.orphanUsdt,
  ).toFixed()

describe('a reverse carry', () => {
  test('earns negative funding less the borrow, each as reckoned by hand', () => {
    // 270 settlements of −5 bps on 2000; 2160 hours at 0.1 bps; fees and basis as those of a long carry.
    const carry = carryOf(borrowable(marketOn(XRP, '-0.0005'), '0.00001'), REVERSE)
    expect(carry).toMatchObject({
      direction: 'reverse-carry',
      fundingUsdt: '270',
      feesUsdt: '-6.2',
      basisUsdt: '-1',
      borrowUsdt: '-43.2',
      interestUsdt: '0',
      netUsdt: '219.6',
      capitalUsdt: '1500',
    })
    expect(carry.fundingApr).toBeCloseTo(0.5475, 10)
    // 7.2 of cost against 1 every eight hours, the first in five, less 0.02 an hour: the ninth pays it.
    expect(carry.breakEvenHours).toBeCloseTo(69, 1)
    expect(carry.entryBasisBps).toBeCloseTo(2, 10)
    expect(carry.exitBasisBps).toBeCloseTo(-3, 10)
  })

  test('never pays back when the borrow eats the funding, and is refused where its rate is not known', () => {
    const dear = borrowable(marketOn(XRP, '-0.0005'), '0.0000625')
    expect(carryOf(dear, REVERSE).breakEvenHours).toBeNull()
    expect(estimateCarry(market, SIZES, RULES.strategy, NOW_MS, REVERSE)).toMatchObject({
      refused: 'borrow-unknown',
    })
  })

  test('is the mirror of a long carry: funding with the other sign, everything else the same where nothing is borrowed', () => {
    const rate = fc.integer({ min: -50, max: 50 }).map(bps => new Decimal(bps).div(10_000).toFixed())
    fc.assert(
      fc.property(rate, paid => {
        const mirrored = new Decimal(paid).neg().toFixed()
        const long = carryOf(marketOn(XRP, paid))
        const reverse = carryOf(borrowable(marketOn(XRP, mirrored)), REVERSE)
        expect(reverse.netUsdt).toBe(long.netUsdt)
        expect(reverse.breakEvenHours).toEqual(long.breakEvenHours)
        expect(reverse.fundingApr).toBeCloseTo(long.fundingApr, 12)
      }),
    )
  })
})

describe('each part of the carry', () => {
  test('is in the net, whatever the guesses', () => {
    const strategy = fc.record({
      orphanProbability: fc.double({ min: 0, max: 1, noNaN: true }),
      volatilityPerHour: fc.double({ min: 0, max: 0.1, noNaN: true }),
      usdtRatePerHour: fc.double({ min: 0, max: 0.001, noNaN: true }),
      capitalBuffer: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    fc.assert(
      fc.property(strategy, fc.boolean(), (guesses, reverse) => {
        const view = borrowable(marketOn(XRP, reverse ? '-0.0005' : '0.0005'), '0.00001')
        const carry = carryOf(view, reverse ? REVERSE : {}, guesses)
        expect(sumOf(carry)).toBe(carry.netUsdt)
        for (const cost of [carry.interestUsdt, carry.orphanUsdt, carry.borrowUsdt])
          expect(new Decimal(cost).lte(0)).toBe(true)
        expect(JSON.parse(JSON.stringify(carry))).toEqual(carry)
      }),
    )
  })

  test('an orphan costs its chance × (a crossing fee + the move until it is repaired), and nothing by the native spread', () => {
    const guesses = { orphanProbability: 0.02, orphanRepairMs: 36_000, volatilityPerHour: 0.01 }
    // 0.02 × (0.001 + 0.01 × √0.01) × 2000
    expect(Number(carryOf(market, {}, guesses).orphanUsdt)).toBeCloseTo(-0.08, 12)
    const view = withSpread(market, '0.5')
    const rules = { ...RULES, execution: { ...RULES.execution, routes: ['spread' as const] } }
    const choice = chooseRoute(view, SIZES, 'long-carry', rules, NOW_MS)
    if (isRefusal(choice)) throw new Error('expected a route')
    const native = carryOf(view, { route: choice.chosen }, guesses)
    expect(native).toMatchObject({ route: 'spread', orphanUsdt: '0', feesUsdt: '-3.1', basisUsdt: '-0.25' })
  })

  test('interest on negative USDT grows with volatility and rate, falls with the buffer and what is lent free', () => {
    const interest = (strategy: Partial<StrategyRules>) =>
      new Decimal(
        carryOf(market, {}, { usdtRatePerHour: 0.00001, volatilityPerHour: 0.02, ...strategy }).interestUsdt,
      ).neg()
    const base = interest({})
    expect(base.gt(0)).toBe(true)
    expect(interest({ volatilityPerHour: 0.03 }).gt(base)).toBe(true)
    expect(interest({ capitalBuffer: 0.5 }).lt(base)).toBe(true)
    expect(interest({ usdtFreeBorrow: usdt('500') }).toFixed(12)).toBe(
      interest({ capitalBuffer: 0.5 }).toFixed(12),
    )
    expect(interest({ usdtRatePerHour: 0.00002 }).div(base).toFixed(9)).toBe('2.000000000')
    expect(interest({ usdtRatePerHour: 0 }).toFixed()).toBe('0')
    // Without a buffer the mean shortfall of a normal move is σ√t / √(2π): over the horizon, two thirds of the last one.
    const bare = interest({ capitalBuffer: 0 })
    const expected = (2 / 3) * 0.02 * Math.sqrt(2160) * 2160 * 0.3989423 * 2000 * 0.00001
    expect(bare.div(expected).minus(1).abs().lt('0.005')).toBe(true)
  })

  test('a basis above its mean is income of a long carry as it returns, and a cost of a reverse one', () => {
    const basisModel = { meanBps: -100, halfLifeHours: 168 }
    const [still, moving] = [carryOf(market), carryOf({ ...market, basisModel })]
    // It then pays best to hold for two half-lives: three quarters of 100 bps on 2000 have returned.
    expect(moving.horizonHours).toBe(336)
    expect(Number(moving.basisUsdt) - Number(still.basisUsdt)).toBeCloseTo(15, 9)
    const reverse = carryOf({ ...borrowable(market), basisModel }, REVERSE)
    expect(Number(reverse.basisUsdt)).toBeCloseTo(-1 - 20 * (1 - 2 ** (-2160 / 168)), 9)
  })

  test('poor collateral binds more capital, good collateral no less than the operator’s buffer', () => {
    const withRatio = (ratio: string, enabled = true) =>
      carryOf({
        ...market,
        collateral: { tiers: [{ upToBase: null, ratio }], enabled, restricted: false },
      }).capitalUsdt
    // 1.5 × (1 − v + 0.02) of 2000, or 1.25 of it.
    expect(withRatio('0.95')).toBe('2500')
    expect(withRatio('0')).toBe('3060')
    expect(withRatio('0.95', false)).toBe('3060')
    expect(carryOf({ ...market, riskTiers: [{ upToUsdt: null, maintenanceRate: '0.1' }] }).capitalUsdt).toBe(
      '2500',
    )
  })
})
