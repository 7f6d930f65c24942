import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  bestAlternative,
  bestFirst,
  type EntryJudgement,
  judgeEntry,
} from '../../../src/domain/entry/opportunity.ts'
import { sizeHedge } from '../../../src/domain/entry/sizing.ts'
import { isOnGrid } from '../../../src/domain/grid.ts'
import { HOUR_MS } from '../../../src/domain/market/funding.ts'
import type { FreshMarket, MarketView } from '../../../src/domain/market/market-view.ts'
import { isRefusal } from '../../../src/domain/refusal.ts'
import type { Rules, StrategyRules } from '../../../src/domain/rules.ts'
import { baseQty, orderQty, price, usdt } from '../../../src/domain/units.ts'
import {
  anyGrid,
  bookAround,
  borrowable,
  marketOn,
  NOW_MS,
  RULES,
  withSpread,
  XRP,
} from '../../support/domain/sample-market.ts'

const market = marketOn(XRP)
const ruledBy = (strategy: Partial<StrategyRules>): Rules => ({
  ...RULES,
  strategy: { ...RULES.strategy, ...strategy },
})
const judge = (view: MarketView, rules = RULES) => judgeEntry(view, rules, NOW_MS)
const launched = (ageMs: number): FreshMarket => ({
  ...market,
  pair: { ...market.pair, perp: { ...market.pair.perp, launchedAtMs: NOW_MS - ageMs } },
})
const DAY_MS = 24 * HOUR_MS

describe('a symbol is left alone', () => {
  test('while it is younger than the rules ask, and not a millisecond longer', () => {
    expect(judge(launched(7 * DAY_MS)).verdict).toBe('tempting')
    expect(judge(launched(7 * DAY_MS - 1))).toMatchObject({
      verdict: 'quiet',
      because: 'listed-lately',
      found: `${7 * DAY_MS - 1} ms`,
      limit: `${7 * DAY_MS} ms`,
    })
    // The younger of both instruments counts.
    expect(judge({ ...launched(70 * DAY_MS), listedAtMs: NOW_MS - DAY_MS }).because).toBe('listed-lately')
  })

  test('when its delivery is announced, or the exchange warns of its coin', () => {
    const { pair } = market
    const delivered = { ...pair, perp: { ...pair.perp, deliveryAtMs: NOW_MS + 90 * DAY_MS } }
    expect(judge({ ...market, pair: delivered })).toMatchObject({
      verdict: 'quiet',
      because: 'delisting-announced',
    })
    const treated = { ...pair, spot: { ...pair.spot, specialTreatment: true as const } }
    expect(judge({ ...market, pair: treated })).toMatchObject({
      verdict: 'quiet',
      because: 'special-treatment',
    })
  })

  test('from half an hour before a maintenance until it is over', () => {
    const at = (fromMs: number, untilMs?: number) =>
      judge({
        ...market,
        maintenanceAtMs: NOW_MS + fromMs,
        ...(untilMs !== undefined && { maintenanceUntilMs: NOW_MS + untilMs }),
      })
    expect(at(30 * 60_000 + 1).verdict).toBe('tempting')
    expect(at(30 * 60_000)).toMatchObject({ because: 'maintenance', found: '1800000 ms' })
    expect(at(-1000, 1)).toMatchObject({ because: 'maintenance', found: '-1000 ms' })
    expect(at(-1000, 0).verdict).toBe('tempting')
  })

  test('for a while after its funding interval or cap changed', () => {
    const changed = (agoMs: number) => judge({ ...market, intervalChangedAtMs: NOW_MS - agoMs })
    expect(changed(8 * HOUR_MS).verdict).toBe('tempting')
    expect(changed(8 * HOUR_MS - 1)).toMatchObject({
      because: 'interval-changed',
      limit: `${8 * HOUR_MS} ms`,
    })
  })

  test('near auto-deleveraging, by rank or by the insurance pool', () => {
    expect(judge({ ...market, adl: { rank: 2 } }).verdict).toBe('tempting')
    expect(judge({ ...market, adl: { rank: 3 } })).toMatchObject({ because: 'adl-near', found: 'rank 3' })
    const pool = (pnlRatio: string) => judge({ ...market, adl: { rank: 0, pnlRatio, triggerRatio: '-0.3' } })
    expect(pool('-0.2399').verdict).toBe('tempting')
    expect(pool('-0.24')).toMatchObject({ because: 'adl-near', limit: 'above -0.24' })
  })
})

describe('a direction is left alone', () => {
  test('when the rules do not allow it, however well it pays', () => {
    const negative = borrowable(marketOn(XRP, '-0.0005'))
    expect(judge(negative)).toMatchObject({ verdict: 'tempting', direction: 'reverse-carry' })
    const longOnly = judge(negative, ruledBy({ directions: ['long-carry'] }))
    expect(longOnly).toMatchObject({
      verdict: 'quiet',
      because: 'carry-below-entry',
      direction: 'long-carry',
      other: { direction: 'reverse-carry', because: 'direction-not-allowed', limit: 'long-carry' },
    })
  })

  test('when the exchange takes no more of its collateral', () => {
    const collateral = { tiers: [{ upToBase: null, ratio: '0.9' }], enabled: true, restricted: true }
    expect(judge({ ...market, collateral })).toMatchObject({
      verdict: 'quiet',
      because: 'collateral-restricted',
    })
    expect(judge({ ...market, collateral: { ...collateral, restricted: false } }).verdict).toBe('tempting')
  })

  const negative = borrowable(marketOn(XRP, '-0.0005'))
  const loan = { hourlyRate: '0', availableBase: baseQty('2400'), marginTrading: true }
  const { borrow: _, ...unknown } = negative
  const margin = (marginTrading: boolean) => ({ ...negative.pair.spot, marginTrading })
  test.each<[string, MarketView]>([
    ['borrow-unknown', unknown],
    [
      'borrow-stale',
      { ...negative, receivedAtMs: { ...negative.receivedAtMs, borrow: NOW_MS - HOUR_MS - 1 } },
    ],
    ['margin-trading-off', { ...negative, borrow: { ...loan, marginTrading: false } }],
    ['margin-trading-off', { ...negative, pair: { ...negative.pair, spot: margin(false) } }],
    ['borrow-inventory', { ...negative, borrow: { ...loan, availableBase: baseQty('2399.9') } }],
  ])('when its coin cannot be borrowed: %s', (because, view) => {
    const judged = judge(view)
    const reverse = judged.direction === 'reverse-carry' ? judged : judged.other
    expect(reverse).toMatchObject({ verdict: 'quiet', because })
    // A hedge is 800 coins: three times that must be there.
    expect(judge({ ...negative, borrow: loan })).toMatchObject({ verdict: 'tempting' })
  })

  test('when a side of a book holds less than the slices it takes, the way out included', () => {
    // A slice is 200 coins, so each side must hold 400 within 10 bps.
    const side = (part: 'spotBook' | 'perpBook', which: 'bids' | 'asks', qty: string): FreshMarket => ({
      ...market,
      [part]: {
        ...market[part],
        [which]: [[bookAround(new Decimal(XRP.midPrice), qty)[which][0]?.[0] ?? price('0'), orderQty(qty)]],
      },
    })
    expect(judge(side('spotBook', 'bids', '400')).verdict).toBe('tempting')
    expect(judge(side('spotBook', 'bids', '399.9'))).toMatchObject({
      because: 'spot-exit-depth',
      found: '399.9',
      limit: '400',
    })
    expect(judge(side('perpBook', 'asks', '399.9')).because).toBe('perp-exit-depth')
    const shallow = ruledBy({ depthSlicesMin: 3 })
    expect(judge(side('spotBook', 'asks', '599'), shallow).because).toBe('spot-depth')
    expect(judge(side('perpBook', 'bids', '599'), shallow).because).toBe('perp-depth')
  })

  test('when its prices do not belong together: perpetual and spot, or spot and index', () => {
    const mid = new Decimal(XRP.midPrice)
    const at = (spot: string, perp: string): FreshMarket => ({
      ...market,
      spotBook: bookAround(mid.times(spot), '1000000'),
      perpBook: bookAround(mid.times(perp), '1000000'),
    })
    for (const [spot, perp] of [
      ['1', '1.5'],
      ['1', '0.1'],
      ['0.6', '1'],
      ['1', '1.031'],
    ] as const)
      expect(judge(at(spot, perp))).toMatchObject({
        verdict: 'quiet',
        because: 'basis-absurd',
        limit: '300 bps',
      })
    expect(judge(at('1', '1.5')).found).toBe('5000.0 bps: perpetual 3.75, spot 2.5')
    // Both legs agree, and the index is somewhere else.
    expect(judge(at('1.5', '1.5'))).toMatchObject({
      because: 'price-unlike-index',
      found: '5000.0 bps: spot 3.75, index 2.5',
    })
    expect(judge(at('1', '1.029')).because).not.toBe('basis-absurd')
    expect(judge(marketOn({ ...XRP, multiplier: 1000, lot: '0.0001' })).verdict).toBe('tempting')
  })

  test('while how it has paid was not read, however well the rate stands', () => {
    const { funding: _, ...unread } = marketOn(XRP, '0.0027')
    expect(judge(unread)).toMatchObject({ verdict: 'quiet', because: 'funding-unread', carry: null })
  })

  test('that idle money would earn as well', () => {
    const apr = judge(market).carry?.cautiousApr ?? Number.NaN
    expect(judge(market, ruledBy({ idleApr: apr - 0.051 })).verdict).toBe('tempting')
    expect(judge(market, ruledBy({ idleApr: apr - 0.049 }))).toMatchObject({ because: 'carry-below-entry' })
  })
})

describe('of both directions', () => {
  test('the better one is told with the other’s reason, and that is never worse than either alone', () => {
    const bps = fc.integer({ min: -50, max: 50 })
    const rank = ({ verdict }: Pick<EntryJudgement, 'verdict'>) => (verdict === 'tempting' ? 1 : 0)
    fc.assert(
      fc.property(bps, fc.integer({ min: 0, max: 20 }), (paid, borrowed) => {
        const rate = new Decimal(paid).div(10_000).toFixed()
        const view = borrowable(marketOn(XRP, rate), new Decimal(borrowed).div(1_000_000).toFixed())
        const judged = judge(view)
        const { other } = judged
        if (!other || !judged.direction) throw new Error('expected both directions, found one')
        expect([judged.direction, other.direction].sort()).toEqual(['long-carry', 'reverse-carry'])
        expect(rank(judged)).toBeGreaterThanOrEqual(rank(other))
        if (rank(judged) === rank(other))
          expect(judged.carry?.cautiousApr).toBeGreaterThanOrEqual(other.carry?.cautiousApr ?? 0)
        expect(JSON.parse(JSON.stringify(judged))).toEqual(judged)
      }),
    )
  })

  test('a plan is judged in its own direction only, and given up when its basis has moved too far against it', () => {
    const again = (direction: 'long-carry' | 'reverse-carry', entryBasisBps: number, rate: string) =>
      judgeEntry(borrowable(marketOn(XRP, rate)), RULES, NOW_MS, { direction, entryBasisBps })
    // Long carry enters at −2 bps now, reverse carry at +2.
    expect(again('long-carry', 17.9, '0.0005')).toMatchObject({
      verdict: 'tempting',
      direction: 'long-carry',
    })
    expect(again('long-carry', 18.1, '0.0005')).toMatchObject({ because: 'basis-moved', limit: '20 bps' })
    expect(again('long-carry', -90, '0.0005').verdict).toBe('tempting')
    expect(again('reverse-carry', -17.9, '-0.0005').verdict).toBe('tempting')
    expect(again('reverse-carry', -18.1, '-0.0005').because).toBe('basis-moved')
    expect(again('reverse-carry', 0, '0.0005').because).toBe('carry-below-entry')
    expect(again('long-carry', 0, '0.0005').other).toBeUndefined()
  })
})

test('tempting symbols compete by their carry on capital, and the best of the others is the alternative', () => {
  const named = (symbol: string, rate: string) => ({ ...judge(marketOn(XRP, rate)), symbol })
  const all = [named('BUSDT', '0.0004'), named('AUSDT', '0.0005'), named('CUSDT', '0.00001')]
  expect(bestFirst(all).map(({ symbol }) => symbol)).toEqual(['AUSDT', 'BUSDT'])
  const apr = (symbol: string) => all.find(each => each.symbol === symbol)?.carry?.cautiousApr
  expect(bestAlternative(all, 'CUSDT')).toEqual({
    aprOnCapital: apr('AUSDT'),
    horizonHours: 2160,
    symbol: 'AUSDT',
  })
  expect(bestAlternative(all, 'AUSDT')?.aprOnCapital).toBe(apr('BUSDT'))
  expect(bestAlternative(all.slice(2), 'AUSDT')).toBeNull()
  expect(apr('CUSDT')).toBeLessThan(0.05)
})

describe('a plan', () => {
  const exposure = {
    hedges: [],
    availableUsdt: usdt('2000'),
    reservedUsdt: usdt('0'),
    halted: false,
    maintenanceMarginRate: '0.01',
  }
  const plan = (view: FreshMarket, direction: 'long-carry' | 'reverse-carry', rules = RULES) => {
    const made = sizeHedge('HEDGE00001', view, exposure, rules, NOW_MS, direction)
    if (isRefusal(made)) throw new Error(`expected a plan, found ${JSON.stringify(made)}`)
    return made
  }

  test('carries its direction, its route, and every route it was chosen from', () => {
    const execution = { ...RULES.execution, routes: ['spread', 'spot-first', 'perp-first'] as const }
    const long = plan(withSpread(market, '0.5'), 'long-carry', { ...RULES, execution })
    expect(long).toMatchObject({
      direction: 'long-carry',
      route: 'spread',
      spread: { symbol: 'XRPUSDT_XRP/USDT' },
    })
    expect(long.expected.routes?.map(({ route }) => route)).toEqual(['spread', 'spot-first', 'perp-first'])
    const reverse = plan(borrowable(marketOn(XRP, '-0.0005')), 'reverse-carry', { ...RULES, execution })
    expect(reverse).toMatchObject({ direction: 'reverse-carry', route: 'perp-first', firstLeg: 'perp' })
    expect(reverse.expected.direction).toBe('reverse-carry')
    expect(JSON.parse(JSON.stringify(long))).toEqual(long)
  })

  test('of a reverse carry lands on the grid, inside the limits, whatever the two grids and the multiplier', () => {
    fc.assert(
      fc.property(anyGrid, grid => {
        const view = borrowable(marketOn(grid, '-0.0005'), '0', '1000000000000000000')
        const made = sizeHedge(
          'HEDGE00001',
          view,
          { ...exposure, availableUsdt: usdt('100000') },
          RULES,
          NOW_MS,
          'reverse-carry',
        )
        if (isRefusal(made)) throw new Error(`expected a plan, found ${JSON.stringify(made)}`)
        const lot = new Decimal(made.perp.qtyStep).times(made.perp.multiplier)
        expect(isOnGrid(made.targetBaseQty, lot)).toBe(true)
        expect(isOnGrid(made.sliceBaseQty, lot)).toBe(true)
        expect(new Decimal(made.notionalUsdt).lte(RULES.limits.hedgeNotionalUsdtMax)).toBe(true)
        const sliceUsdt = new Decimal(made.sliceBaseQty).times(grid.midPrice)
        expect(sliceUsdt.lte(RULES.execution.sliceNotionalUsdtMax)).toBe(true)
        expect(sliceUsdt.gte(new Decimal(grid.perpMinUsdt).times('1.1'))).toBe(true)
        // The mirror of the long carry of the same market, whose funding is as good.
        const long = sizeHedge(
          'HEDGE00001',
          marketOn(grid),
          { ...exposure, availableUsdt: usdt('100000') },
          RULES,
          NOW_MS,
        )
        expect(isRefusal(long) ? long : long.targetBaseQty).toBe(made.targetBaseQty)
      }),
    )
  })

  test('never binds more than is free, whatever the collateral, the risk tiers and the direction', () => {
    const hundredth = fc.integer({ min: 0, max: 100 }).map(each => `${each / 100}`)
    fc.assert(
      fc.property(hundredth, hundredth, fc.boolean(), (best, maintenance, reverse) => {
        const view: FreshMarket = {
          ...borrowable(market),
          collateral: {
            tiers: [
              { upToBase: '100', ratio: best },
              { upToBase: '400', ratio: `${Number(best) / 2}` },
            ],
            enabled: true,
            restricted: false,
          },
          riskTiers: [
            { upToUsdt: '500', maintenanceRate: '0.01' },
            { upToUsdt: null, maintenanceRate: maintenance },
          ],
        }
        const made = sizeHedge(
          'HEDGE00001',
          view,
          exposure,
          RULES,
          NOW_MS,
          reverse ? 'reverse-carry' : 'long-carry',
        )
        if (isRefusal(made)) throw new Error(`expected a plan, found ${JSON.stringify(made)}`)
        expect(new Decimal(made.capitalUsdt).plus(RULES.limits.freeMarginUsdtMin).lte('2000')).toBe(true)
      }),
    )
  })
})
