import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chooseRoute, type RouteChoice, type RouteEstimate } from '../../../src/domain/carry/route.ts'
import { ROUTES, type Route } from '../../../src/domain/instrument.ts'
import type { FreshMarket } from '../../../src/domain/market/market-view.ts'
import { isRefusal } from '../../../src/domain/refusal.ts'
import type { ExecutionRules, Rules } from '../../../src/domain/rules.ts'
import { baseQty, feeRate, orderQty, price } from '../../../src/domain/units.ts'
import { borrowable, marketOn, NOW_MS, RULES, withSpread, XRP } from '../../support/domain/sample-market.ts'

/** 800 XRP at 2.5: 2000 USDT, in four slices; books one basis point wide each way. */
const SIZES = { baseQty: baseQty('800'), sliceBaseQty: baseQty('200') }
const market = marketOn(XRP)

const rulesWith = (execution: Partial<ExecutionRules>, strategy: Partial<Rules['strategy']> = {}): Rules => ({
  ...RULES,
  strategy: { ...RULES.strategy, ...strategy },
  execution: { ...RULES.execution, ...execution },
})

function choose(view: FreshMarket, rules: Rules, direction: 'long-carry' | 'reverse-carry' = 'long-carry') {
  const choice = chooseRoute(view, SIZES, direction, rules, NOW_MS)
  if (isRefusal(choice)) throw new Error(`expected a route, found ${JSON.stringify(choice)}`)
  return choice
}
function estimateOf({ estimates }: RouteChoice, route: Route): RouteEstimate {
  const found = estimates.find(each => each.route === route)
  if (!found) throw new Error(`expected an estimate of ${route}, found none`)
  return found
}

describe('what a route costs', () => {
  const all = choose(withSpread(market, '0.5'), rulesWith({ routes: ROUTES }))

  test.each([
    // Four crossing fills are 31 bps; half a spread on each leg in, and one and a half times that out.
    ['spot-first', { feesUsdt: '6.2', slippageUsdt: '1', slippageInUsdt: '0.4', totalUsdt: '7.2' }],
    ['perp-first', { feesUsdt: '6.2', slippageUsdt: '1', totalUsdt: '7.2' }],
    ['parallel', { feesUsdt: '6.2', slippageUsdt: '1', totalUsdt: '7.2' }],
    // The perpetual rests on the way in: 3.5 bps less, and it earns the half spread that spot pays.
    ['maker-perp', { feesUsdt: '5.5', slippageUsdt: '0.6', slippageInUsdt: '0', totalUsdt: '6.1' }],
    // Spot's maker pays what its taker pays.
    ['maker-spot', { feesUsdt: '6.2', slippageUsdt: '0.6', totalUsdt: '6.8' }],
    // Half the fees of 31 bps; half a basis point in, and one and a half times that out.
    ['spread', { feesUsdt: '3.1', slippageUsdt: '0.25', slippageInUsdt: '0.1', totalUsdt: '3.35' }],
  ] as const)('by %s is as reckoned by hand', (route, cost) => {
    expect(estimateOf(all, route)).toMatchObject(cost)
  })

  test('counts what moves between the legs of all routes but the two that fill both at once', () => {
    const drifting = rulesWith({ routes: ROUTES, legGapMs: 3_600_000 }, { volatilityPerHour: 0.01 })
    const choice = choose(withSpread(market, '0.5'), drifting)
    // Twice the mean of the bad half of a move of 1 %: 2 × 0.01 / √(2π) of 2000.
    const drift = (2 * 0.01 * 2000) / Math.sqrt(2 * Math.PI)
    for (const { route, adverseUsdt } of choice.estimates)
      expect(Number(adverseUsdt)).toBeCloseTo(route === 'spread' || route === 'parallel' ? 0 : drift, 12)
    const calm = { ...withSpread(market, '0.5'), volatilityPerHour: 0 }
    expect(estimateOf(choose(calm, drifting), 'spot-first').adverseUsdt).toBe('0')
  })

  test('counts a miss once for legs one after the other, twice for legs at once, and never for the native order', () => {
    const missing = rulesWith({ routes: ROUTES, takerMissProbability: 0.1, slippageBpsMax: 10 })
    const choice = choose(withSpread(market, '0.5'), missing)
    // A tenth of 10 bps of 2000, in and out.
    expect(estimateOf(choice, 'spot-first').escalationUsdt).toBe('0.4')
    expect(estimateOf(choice, 'parallel').escalationUsdt).toBe('0.8')
    expect(estimateOf(choice, 'spread').escalationUsdt).toBe('0')
  })

  test('of a resting order that never fills is that of crossing, and adverse selection only taxes what fills', () => {
    const never = choose(market, rulesWith({ routes: ROUTES, makerFillProbability: 0, makerAdverseBps: 5 }))
    for (const route of ['maker-spot', 'maker-perp'] as const)
      expect(estimateOf(never, route).totalUsdt).toBe(estimateOf(never, 'spot-first').totalUsdt)
    const always = choose(market, rulesWith({ routes: ROUTES, makerFillProbability: 1, makerAdverseBps: 5 }))
    expect(estimateOf(always, 'maker-perp')).toMatchObject({ adverseUsdt: '1', escalationUsdt: '0' })
  })

  test('by the native spread uses its own fees where they are told', () => {
    const own = withSpread(market, '0')
    const rate = { taker: feeRate('0.0001'), maker: feeRate('0') }
    const told = own.spread && { ...own.spread, feeRates: { spot: rate, perp: rate } }
    const choice = choose({ ...own, ...(told && { spread: told }) }, rulesWith({ routes: ['spread'] }))
    expect(choice.chosen).toMatchObject({ route: 'spread', feesUsdt: '0.8', slippageUsdt: '0' })
  })
})

describe('the choice', () => {
  test('is the cheapest of what is allowed, and sums are sums', () => {
    const some = fc.subarray([...ROUTES], { minLength: 1 })
    const guess = fc.record({
      makerFillProbability: fc.double({ min: 0, max: 1, noNaN: true }),
      makerAdverseBps: fc.double({ min: 0, max: 20, noNaN: true }),
      takerMissProbability: fc.double({ min: 0, max: 1, noNaN: true }),
      legGapMs: fc.integer({ min: 0, max: 60_000 }),
    })
    const away = fc.integer({ min: 0, max: 30 })
    fc.assert(
      fc.property(some, guess, away, fc.boolean(), (routes, guesses, bps, reverse) => {
        const view = withSpread(borrowable(market), `${bps}`)
        const rules = rulesWith({ ...guesses, routes }, { volatilityPerHour: 0.01 })
        const direction = reverse ? 'reverse-carry' : 'long-carry'
        const choice = chooseRoute(view, SIZES, direction, rules, NOW_MS)
        if (isRefusal(choice)) {
          expect([reverse, routes]).toEqual([true, ['spread']])
          return
        }
        const { chosen, estimates, noSpread } = choice
        const wanted = reverse ? routes.filter(route => route !== 'spread') : routes
        expect(estimates.map(({ route }) => route).sort()).toEqual([...wanted].sort())
        expect(noSpread !== null).toBe(reverse && routes.includes('spread'))
        expect(chosen).toEqual(estimates[0])
        for (const each of estimates) {
          expect(new Decimal(chosen.totalUsdt).lte(each.totalUsdt)).toBe(true)
          const sum = Decimal.sum(each.feesUsdt, each.slippageUsdt, each.adverseUsdt, each.escalationUsdt)
          expect(sum.minus(each.totalUsdt).abs().lt('1e-15')).toBe(true)
        }
      }),
    )
  })

  test('prefers, at equal cost, spot first for long carry and the hedge first for reverse carry', () => {
    const rules = rulesWith({ routes: ['perp-first', 'parallel', 'spot-first'] })
    expect(choose(market, rules).chosen.route).toBe('spot-first')
    expect(choose(borrowable(market), rules, 'reverse-carry').chosen.route).toBe('perp-first')
  })

  test('costs the same in both directions on books that are the same on both sides', () => {
    const rules = rulesWith({ routes: ROUTES })
    const [long, reverse] = [choose(market, rules), choose(borrowable(market), rules, 'reverse-carry')]
    for (const { route, totalUsdt } of reverse.estimates)
      expect(totalUsdt).toBe(estimateOf(long, route).totalUsdt)
  })

  test('leaves the native spread out, and says why, unless a slice can be traded on both its sides now', () => {
    const rules = rulesWith({ routes: ['spread', 'spot-first'] })
    const good = withSpread(market, '0.5')
    const { spread } = good
    if (!spread) throw new Error('expected a native spread, found none')
    expect(choose(good, rules)).toMatchObject({ chosen: { route: 'spread' }, noSpread: null })
    const without = (change: Partial<FreshMarket>) => choose({ ...good, ...change }, rules)
    const cases: [Partial<FreshMarket>, string][] = [
      [{ spread: { ...spread, trading: false } }, 'spread-not-trading'],
      [{ spread: { ...spread, book: null } }, 'spread-stale'],
      [{ receivedAtMs: { ...good.receivedAtMs, spread: NOW_MS - 2001 } }, 'spread-stale'],
      [{ spread: { ...spread, minQty: orderQty('200.1') } }, 'spread-depth'],
      [{ spread: { ...spread, maxQty: orderQty('199.9') } }, 'spread-depth'],
      [
        {
          spread: {
            ...spread,
            book: { bids: [[price('0'), orderQty('199.9')]], asks: spread.book?.asks ?? [] },
          },
        },
        'spread-depth',
      ],
    ]
    for (const [change, refused] of cases)
      expect(without(change)).toMatchObject({ chosen: { route: 'spot-first' }, noSpread: { refused } })
    expect(choose(market, rules).noSpread).toMatchObject({ refused: 'spread-not-listed' })
    expect(chooseRoute(market, SIZES, 'long-carry', rulesWith({ routes: ['spread'] }), NOW_MS)).toEqual({
      refused: 'no-route',
      found: 'spread-not-listed',
      limit: 'one of spread',
    })
  })

  test('is refused where a book cannot fill a slice', () => {
    const thin = marketOn(XRP, '0.0005', '199')
    expect(chooseRoute(thin, SIZES, 'long-carry', RULES, NOW_MS)).toMatchObject({ refused: 'spot-depth' })
  })
})
