/** Cash is real: what plans reserve, all of them together, is there, stays there, and nothing is ever borrowed for them. */
import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { capitalRatio, capitalRatioUpTo } from '../../../src/domain/carry/capital.ts'
import { accountAfter } from '../../../src/domain/entry/after-entry.ts'
import type { HedgePlan } from '../../../src/domain/entry/plan.ts'
import { sizeHedge } from '../../../src/domain/entry/sizing.ts'
import { isRefusal } from '../../../src/domain/refusal.ts'
import { type Exposure, freeUsdt, reservedOf } from '../../../src/domain/risk/exposure.ts'
import { approve, reserveUsdt } from '../../../src/domain/risk/limits.ts'
import { judgeSolvency } from '../../../src/domain/risk/solvency.ts'
import type { Rules } from '../../../src/domain/rules.ts'
import { NO_BASE, usdt } from '../../../src/domain/units.ts'
import {
  anyGrid,
  borrowable,
  type Grid,
  marketOn,
  NOW_MS,
  RULES,
  XRP,
} from '../../support/domain/sample-market.ts'

const rules: Rules = {
  ...RULES,
  strategy: { ...RULES.strategy, initialMarginRate: 0.1 },
  limits: { ...RULES.limits, hedgesMax: 50, totalNotionalUsdtMax: usdt('1000000') },
}
const { capitalBuffer } = rules.strategy
const { freeMarginUsdtMin } = rules.limits

/** A hedge that was granted, and the share of its spot leg that is bought. */
type Granted = { plan: HedgePlan; done: number }

/** An account of USDT alone on which plans are granted and carried out, each a share further. */
function desk(depositUsdt: number) {
  const granted: Granted[] = []
  const spent = ({ plan, done }: Granted) => new Decimal(plan.notionalUsdt).times(done)
  const cash = () => granted.reduce((left, each) => left.minus(spent(each)), new Decimal(depositUsdt))
  const exposure = (): Exposure => {
    const hedges = granted.map(({ plan }) => ({
      hedgeId: plan.hedgeId,
      symbol: plan.symbol,
      notionalUsdt: plan.notionalUsdt,
      reserveUsdt: reserveUsdt(plan),
    }))
    const known = {
      spotCashUsdt: Object.fromEntries(
        granted.map(each => [each.plan.hedgeId, usdt(spent(each).neg().toDecimalPlaces(18))]),
      ),
      whole: granted.filter(({ done }) => done === 1).map(({ plan }) => plan.hedgeId),
    }
    return {
      hedges,
      availableUsdt: usdt(cash().toDecimalPlaces(18)),
      cashUsdt: usdt(cash().toDecimalPlaces(18)),
      ...reservedOf(hedges, known),
      halted: false,
      maintenanceMarginRate: '0',
    }
  }
  return { granted, cash, exposure }
}

const wish = fc.record({ grid: anyGrid, done: fc.constantFrom(0, 0.3, 1) })

test('with any deposit and any set of hedges, reserved cash is there, and the buffer is left when all are whole', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 200, max: 100_000 }),
      fc.array(wish, { minLength: 1, maxLength: 12 }),
      (depositUsdt, wishes) => {
        const account = desk(depositUsdt)
        wishes.forEach(({ grid, done }, nth) => {
          const market = marketOn(grid)
          const symbol = `S${nth}USDT`
          const pair = { ...market.pair, symbol }
          const plan = sizeHedge(`HEDGE${nth}`, { ...market, pair }, account.exposure(), rules, NOW_MS)
          if (isRefusal(plan)) return
          // What sizing finds room for, no limit refuses.
          expect(isRefusal(approve(plan, account.exposure(), rules.limits))).toBe(false)
          account.granted.push({ plan, done })
          const { reservedUsdt } = account.exposure()
          expect(account.cash().minus(reservedUsdt).gte(freeMarginUsdtMin)).toBe(true)
        })
        const notional = account.granted.reduce(
          (sum, { plan }) => sum.plus(plan.notionalUsdt),
          new Decimal(0),
        )
        const fees = account.granted.reduce(
          (sum, { plan }) => sum.plus(plan.expected.feesUsdt),
          new Decimal(0),
        )
        for (const each of account.granted) each.done = 1
        const left = account.cash().plus(fees)
        if (account.granted.length > 0)
          expect(left.gte(notional.times(capitalBuffer).plus(freeMarginUsdtMin))).toBe(true)
      },
    ),
    { numRuns: 300 },
  )
})

describe('what a plan binds', () => {
  const tiers = fc
    .array(
      fc.tuple(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 0, max: 60 }),
      ),
      {
        minLength: 1,
        maxLength: 5,
      },
    )
    .map(bands => {
      let top = 0
      return bands.map(([width, maintenance, initial], i) => {
        top += width * 100
        return {
          upToUsdt: i === bands.length - 1 ? null : `${top}`,
          maintenanceRate: `${maintenance / 100}`,
          initialRate: `${initial / 100}`,
        }
      })
    })

  test('is never more, of a smaller hedge, than the largest was reckoned with: whatever the tiers do', () => {
    const size = (notional: number) => ({
      direction: 'long-carry' as const,
      base: new Decimal(notional),
      notional: new Decimal(notional),
    })
    const collateral = { tiers: [{ upToBase: null, ratio: '0' }], enabled: true, restricted: false }
    fc.assert(
      fc.property(
        tiers,
        fc.integer({ min: 1, max: 5_000 }),
        fc.integer({ min: 1, max: 5_000 }),
        (riskTiers, a, b) => {
          const [small, large] = [Math.min(a, b), Math.max(a, b)]
          const margin = { riskTiers, collateral }
          const bound = capitalRatioUpTo(size(large), margin, rules.strategy)
          expect(capitalRatio(size(small), margin, rules.strategy).lte(bound)).toBe(true)
        },
      ),
    )
  })

  test('holds the initial margin of the tier, where that is more than the leverage asks', () => {
    const at = (initialRate: string) => {
      const market = {
        ...marketOn(XRP),
        riskTiers: [{ upToUsdt: null, maintenanceRate: '0.02', initialRate }],
      }
      const plan = sizeHedge('HEDGE00001', market, desk(100_000).exposure(), rules, NOW_MS)
      if (isRefusal(plan)) throw new Error(`expected a plan, found ${plan.refused}`)
      return new Decimal(plan.capitalUsdt).div(plan.notionalUsdt).toNumber()
    }
    expect(at('0.05')).toBeCloseTo(1 + 0.1 + 0.25, 12)
    expect(at('0.4')).toBeCloseTo(1 + 0.4 + 0.25, 12)
  })
})

describe('cash', () => {
  const hedge = { hedgeId: 'HEDGE00001', reserveUsdt: usdt('1400') }

  test('stays reserved while a hedge lives: what its spot leg cost is in the coin, the rest is not free', () => {
    const none = { spotCashUsdt: {}, whole: [] }
    expect(reservedOf([hedge], none)).toEqual({ reservedUsdt: '1400', pendingUsdt: '1400' })
    const part = { spotCashUsdt: { HEDGE00001: usdt('-400') }, whole: [] }
    expect(reservedOf([hedge], part)).toEqual({ reservedUsdt: '1000', pendingUsdt: '1000' })
    const whole = { spotCashUsdt: { HEDGE00001: usdt('-1001') }, whole: ['HEDGE00001'] }
    expect(reservedOf([hedge], whole)).toEqual({ reservedUsdt: '399', pendingUsdt: '0' })
  })

  test('that a reverse carry received for borrowed coins is owed, and binds itself', () => {
    const sold = { spotCashUsdt: { HEDGE00001: usdt('2000') }, whole: ['HEDGE00001'] }
    expect(reservedOf([hedge], sold).reservedUsdt).toBe('3400')
  })

  test('is free only as far as both the wallet and the exchange say so', () => {
    const free = (cash: string, available: string) =>
      freeUsdt({
        cashUsdt: usdt(cash),
        availableUsdt: usdt(available),
        reservedUsdt: usdt('400'),
        pendingUsdt: usdt('100'),
      }).toNumber()
    expect(free('1000', '5000')).toBe(600)
    expect(free('1000', '500')).toBe(400)
    // Collateral in coins is no cash.
    expect(free('-50', '5000')).toBe(-450)
  })
})

test('no hedge is larger than what one symbol may hold, whoever holds the rest', () => {
  const sized = (foreign: string | undefined) => {
    const account = {
      ...desk(100_000).exposure(),
      ...(foreign && { foreignNotionalUsdt: { [marketOn(XRP).pair.symbol]: usdt(foreign) } }),
    }
    const limited = { ...rules, limits: { ...rules.limits, symbolNotionalUsdtMax: usdt('500') } }
    const plan = sizeHedge('HEDGE00001', marketOn(XRP), account, limited, NOW_MS)
    return isRefusal(plan) ? plan.refused : Number(plan.notionalUsdt)
  }
  expect(sized(undefined)).toBeLessThanOrEqual(500)
  expect(sized(undefined)).toBeGreaterThan(490)
  expect(sized('300')).toBeLessThanOrEqual(200)
  expect(sized('490')).toBe('no-room')
})

test('a share of the equity sizes the hedge with the account, and a reserve leaves its part of the cash alone', () => {
  const sized = (equity: string, shares: Partial<typeof rules.limits>) => {
    const account = { ...desk(100_000).exposure(), equityUsdt: usdt(equity) }
    const plan = sizeHedge(
      'HEDGE00001',
      marketOn(XRP),
      account,
      { ...rules, limits: { ...rules.limits, ...shares } },
      NOW_MS,
    )
    return isRefusal(plan) ? plan.refused : Number(plan.notionalUsdt)
  }
  expect(sized('5000', { hedgeShareMax: 0.1 })).toBeLessThanOrEqual(500)
  expect(sized('5000', { hedgeShareMax: 0.1 })).toBeGreaterThan(490)
  expect(sized('8000', { hedgeShareMax: 0.1 })).toBeGreaterThan(790)
  expect(sized('400', { hedgeShareMax: 0.1 })).toBe('no-room')
  expect(sized('100000', { reserveShareMin: 0.995 })).toBeLessThan(500)
})

describe('the account after an entry', () => {
  const grids: readonly Grid[] = [XRP, { ...XRP, multiplier: 1000 }]
  test.each(grids)(
    'holds both legs of the plan, paid from its USDT, in either direction (x$multiplier)',
    grid => {
      for (const direction of ['long-carry', 'reverse-carry'] as const) {
        const market = borrowable(
          marketOn(grid, direction === 'long-carry' ? '0.0005' : '-0.0005'),
          '0',
          '1000000000',
        )
        const plan = sizeHedge('HEDGE00001', market, desk(10_000).exposure(), rules, NOW_MS, direction)
        if (isRefusal(plan)) throw new Error(`expected a plan, found ${plan.refused}`)
        const before = { usdt: usdt('10000'), holdings: [] }
        const underway = { plan, margin: {}, spotNetBase: NO_BASE, perpBase: NO_BASE }
        const after = accountAfter(before, [underway])
        const sign = direction === 'long-carry' ? 1 : -1
        const [held] = after.holdings
        expect(held?.spotBase).toBe(new Decimal(plan.targetBaseQty).times(sign).toFixed())
        expect(held?.perpBase).toBe(new Decimal(plan.targetBaseQty).times(-sign).toFixed())
        expect(
          new Decimal(after.usdt).plus(new Decimal(plan.notionalUsdt).times(sign)).toNumber(),
        ).toBeCloseTo(10_000, 6)
        // Nothing is left to do of one that is whole.
        const whole = { ...underway, spotNetBase: plan.targetBaseQty, perpBase: plan.targetBaseQty }
        expect(accountAfter(after, [whole]).usdt).toBe(after.usdt)
      }
    },
  )

  test('is judged with its coin’s collateral: poor collateral beside little cash is refused', () => {
    const plan = sizeHedge('HEDGE00001', marketOn(XRP), desk(10_000).exposure(), rules, NOW_MS)
    if (isRefusal(plan)) throw new Error(`expected a plan, found ${plan.refused}`)
    const verdict = (cash: string, ratio: string) => {
      const collateral = { tiers: [{ upToBase: null, ratio }], enabled: true, restricted: false }
      const underway = { plan, margin: { collateral }, spotNetBase: NO_BASE, perpBase: NO_BASE }
      const after = accountAfter({ usdt: usdt(cash), holdings: [] }, [underway])
      return judgeSolvency(after, { ...rules.limits, ...rules.strategy }).verdict
    }
    expect(verdict('10000', '0.9')).toBe('ok')
    expect(verdict('2200', '0')).toBe('flatten')
  })
})
