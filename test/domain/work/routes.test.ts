/** Every route, both ways, whatever fills and whatever goes wrong: what the six ways of working two legs promise alike. */
import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type HedgePlan, perBaseMark } from '../../../src/domain/entry/plan.ts'
import { type Direction, ROUTES, type Route } from '../../../src/domain/instrument.ts'
import { isLevel, lotBase, smallestOrder } from '../../../src/domain/legs/balance.ts'
import type { FreshMarket } from '../../../src/domain/market/market-view.ts'
import { isRefusal } from '../../../src/domain/refusal.ts'
import { orderQty, price } from '../../../src/domain/units.ts'
import { partToKeep } from '../../../src/domain/work/part.ts'
import { lendingMarket, planFacing } from '../../support/domain/sample-account.ts'
import { anyGrid, bookAround, type Grid, RULES, withSpread, XRP } from '../../support/domain/sample-market.ts'
import { type Course, type Mishap, type Run, runHedge } from '../../support/machines/route-exchange.ts'
import { often } from '../../support/properties.ts'

/** A lot worth more than the fees of the whole hedge: here coins for them can be bought beforehand. */
const BTC: Grid = {
  midPrice: '60000',
  spotStep: '0.000001',
  lot: '0.001',
  multiplier: 1,
  spotMinUsdt: '5',
  perpMinUsdt: '5',
}
const DIRECTIONS: Direction[] = ['long-carry', 'reverse-carry']
const MAKERS: Route[] = ['maker-spot', 'maker-perp']

/** A market with a native spread on the pair's own grid, and a plan that is worked by this route. */
function world(grid: Grid, route: Route, direction: Direction): { market: FreshMarket; plan: HedgePlan } {
  const plan = planFacing(grid, { direction, firstLeg: route === 'perp-first' ? 'perp' : 'spot' })
  const { firstLeg: _told, ...rest } = plan
  // A native quantity is one that both legs can be ordered in.
  const coarse = Decimal.max(lotBase(plan), plan.spot.qtyStep)
  const isCommon = [lotBase(plan), plan.spot.qtyStep].every(step => coarse.mod(step).isZero())
  const qtyStep = orderQty(isCommon ? coarse : coarse.times(10))
  const tickSize = price(new Decimal(grid.midPrice).div(1_000_000))
  const native = withSpread(lendingMarket(grid), '1').spread
  if (!native) throw new Error('expected a spread, found none')
  const spread = { ...native, qtyStep, minQty: qtyStep, tickSize }
  return {
    market: { ...lendingMarket(grid), spread },
    plan: {
      ...rest,
      route,
      ...(route === 'perp-first' && { firstLeg: 'perp' as const }),
      spread: { symbol: spread.symbol, tickSize, qtyStep, minOrderQty: qtyStep, maxOrderQty: spread.maxQty },
    },
  }
}

const anyRoute = fc.constantFrom(...ROUTES)
const anyDirection = fc.constantFrom(...DIRECTIONS)
const anyPart = fc.oneof(fc.constant(0), fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true }))
const anyMishap = fc.constantFrom<Mishap>('none', 'none', 'rejected', 'lost', 'never', 'early', 'crossed')
const anyCourse: fc.Arbitrary<Course> = fc.record({
  // Fewer bad orders than the ladder has rungs: beyond it a person is called, which is another end.
  parts: fc.array(anyPart, { maxLength: RULES.execution.repairsMax }),
  mishaps: fc.array(anyMishap, { maxLength: 8 }),
  pieces: fc.array(anyPart, { maxLength: 60 }),
  calmPiece: fc.constantFrom(0, 0.3, 1),
  refused: fc.array(fc.constantFrom(null, null, 'the engine is reconciling'), { maxLength: 10 }),
  leaveAfter: fc.oneof(fc.constant(1_000_000), fc.integer({ min: 1, max: 8 })),
  cancelAfter: fc.oneof(fc.constant(1_000_000), fc.integer({ min: 1, max: 8 })),
})

function expectEnd(plan: HedgePlan, { ended, held, why }: Run, grid: Grid) {
  expect(ended, why).not.toBe('failed')
  const spot = new Decimal(held.spotNetBase)
  if (ended === 'hedged') {
    expect(isLevel(plan, held)).toBe(true)
    expect(new Decimal(held.perpBase).gt(0)).toBe(true)
    return
  }
  expect(held.perpBase).toBe('0')
  expect(plan.direction === 'reverse-carry' ? spot.lte(0) : spot.gte(0)).toBe(true)
  const least = new Decimal(grid.spotMinUsdt).div(grid.midPrice).times('1.05')
  expect(spot.abs().lte(least.plus(new Decimal(plan.spot.qtyStep).times(2)))).toBe(true)
}

/** One slice with its rounding, and what is too little to order on either leg. */
function unhedgedMax(plan: HedgePlan): Decimal {
  const dust = Decimal.max(
    new Decimal(smallestOrder(plan.perp, plan.markPrice)).times(plan.perp.multiplier),
    smallestOrder(plan.spot, perBaseMark(plan)),
  )
  return lotBase(plan).times(2).plus(plan.spot.qtyStep).plus(plan.sliceBaseQty).plus(dust)
}

describe('promises 2, 4 and 5 by every route, both ways', () => {
  test('whatever fills, is lost, refused or cancelled, on any grid: hedged or flat, never more than a slice unhedged', () => {
    fc.assert(
      fc.property(
        fc.oneof(anyGrid, fc.constant(BTC)),
        anyRoute,
        anyDirection,
        anyCourse,
        (grid, route, direction, course) => {
          const { market, plan } = world(grid, route, direction)
          const run = runHedge(plan, market, course)
          expectEnd(plan, run, grid)
          expect(run.apartBaseMax.lte(unhedgedMax(plan)), `${run.apartBaseMax} of ${unhedgedMax(plan)}`).toBe(
            true,
          )
        },
      ),
      often(400),
    )
  })

  test('a perpetual that the exchange takes away in part is not built up again, and the hedge ends hedged or flat', () => {
    const anyTaking = fc.record({
      takenAfter: fc.integer({ min: 1, max: 12 }),
      takenPart: fc.constantFrom(0.1, 0.5, 0.99, 1),
      pieces: fc.array(anyPart, { maxLength: 20 }),
    })
    fc.assert(
      fc.property(anyGrid, anyRoute, anyDirection, anyTaking, (grid, route, direction, course) => {
        const { market, plan } = world(grid, route, direction)
        const run = runHedge(plan, market, course)
        if (run.ended !== 'hedged' || !run.taken) expectEnd(plan, run, grid)
        // What is too little to be sold stays, and is less than one spot order.
        const least = new Decimal(smallestOrder(plan.spot, perBaseMark(plan))).times('1.02')
        const apart = new Decimal(run.held.spotNetBase).minus(run.held.perpBase)
        if (run.ended === 'hedged')
          expect(apart.abs().lt(Decimal.max(least, lotBase(plan)).plus(plan.spot.qtyStep))).toBe(true)
        const isGrowing = ({ order }: Run['placed'][number]) => order.leg === 'perp' && !order.reduceOnly
        // One that was decided before the news may still be under way.
        const later = run.placed.slice(course.takenAfter + 1)
        if (run.taken) expect(later.filter(isGrowing)).toEqual([])
      }),
      often(200),
    )
  })

  test('on any books: prices jump, depth comes and goes', () => {
    const anyMarket = fc.record({
      mid: fc.integer({ min: 9_900, max: 10_100 }),
      basis: fc.integer({ min: 9_950, max: 10_050 }),
      depthUsdt: fc.constantFrom(0, 3, 40, 900, 50_000),
      awayBps: fc.constantFrom('0', '1', '30'),
    })
    fc.assert(
      fc.property(
        anyGrid,
        anyRoute,
        anyDirection,
        anyCourse,
        fc.array(anyMarket, { maxLength: 12 }),
        (grid, route, direction, course, seen) => {
          const { market, plan } = world(grid, route, direction)
          const markets = seen.map(({ mid, basis, depthUsdt, awayBps }) => {
            const spotMid = new Decimal(grid.midPrice).times(mid).div(10_000)
            const perpMid = spotMid.times(grid.multiplier).times(basis).div(10_000)
            const depth = (at: Decimal) => new Decimal(depthUsdt).div(at).toDecimalPlaces(12).toFixed()
            return {
              ...withSpread(market, awayBps, depth(spotMid)),
              spotBook: bookAround(spotMid.toSignificantDigits(12), depth(spotMid)),
              perpBook: bookAround(perpMid.toSignificantDigits(12), depth(perpMid)),
            }
          })
          const run = runHedge(plan, market, { ...course, parts: [], mishaps: [], markets })
          expectEnd(plan, run, grid)
        },
      ),
      often(200),
    )
  })
})

describe.each(MAKERS)('an order that waits: %s', route => {
  test.each(DIRECTIONS)(
    '%s: every fill is hedged before any time passes',
    direction => {
      fc.assert(
        fc.property(fc.array(anyPart, { maxLength: 80 }), pieces => {
          const { market, plan } = world(XRP, route, direction)
          const { ended, apartMsMax } = runHedge(plan, market, { pieces })
          expect(ended).toBe('hedged')
          expect(apartMsMax).toBe(0)
        }),
        often(50),
      )
    },
    30_000,
  )

  test.each(DIRECTIONS)(
    '%s: nobody trades with it: it is tried again a few times, then the slice crosses',
    direction => {
      const { market, plan } = world(XRP, route, direction)
      const run = runHedge(plan, market, { calmPiece: 0 })
      const rested = run.placed.filter(({ order }) => order.rests).length
      expect(rested).toBeGreaterThan(0)
      expect(rested).toBeLessThanOrEqual(RULES.execution.makerTriesMax)
      expect(run).toMatchObject({ ended: 'hedged', held: { perpBase: plan.targetBaseQty } })
    },
  )

  test.each<[Mishap]>([['rejected'], ['crossed'], ['never']])(
    'always %s: it does not try for ever',
    mishap => {
      const { market, plan } = world(XRP, route, 'long-carry')
      const tries = RULES.execution.makerTriesMax
      const run = runHedge(plan, market, { mishaps: Array.from({ length: tries }, () => mishap) })
      expect(run.placed.slice(0, tries + 1).map(({ order }) => order.rests === true)).toEqual([
        ...Array.from({ length: tries }, () => true),
        false,
      ])
      expect(run.ended).toBe('hedged')
    },
  )
})

describe('native orders of both legs', () => {
  test('coins for their fees are bought once, and every slice leaves the legs level', () => {
    const { market, plan } = world(BTC, 'spread', 'long-carry')
    const { placed, ended, apartBaseMax } = runHedge(plan, market, { leaveAfter: 1_000_000 })
    expect(ended).toBe('hedged')
    const [first, ...slices] = placed.map(({ order }) => order.leg)
    expect(first).toBe('spot')
    expect(new Set(slices)).toEqual(new Set(['spreadOrder']))
    expect(placed.length).toBeGreaterThan(2)
    expect(apartBaseMax.lt(lotBase(plan))).toBe(true)
  })

  test('on a deep native book every slice but the last is as large as the plan allows', () => {
    const { market, plan } = world(BTC, 'spread', 'long-carry')
    const { placed } = runHedge(plan, market, { leaveAfter: 1_000_000 })
    const native = placed.filter(({ order }) => order.leg === 'spreadOrder').map(({ order }) => order.qty)
    expect(native.length).toBeGreaterThan(2)
    expect(new Set(native.slice(0, -1))).toEqual(new Set([plan.sliceBaseQty]))
  })

  test('whatever part of each fills, the legs are level within a lot', () => {
    fc.assert(
      fc.property(
        fc.array(anyPart, { maxLength: 12 }),
        fc.integer({ min: 1, max: 12 }),
        (parts, leaveAfter) => {
          const { market, plan } = world(BTC, 'spread', 'long-carry')
          const run = runHedge(plan, market, { parts: [1, ...parts], leaveAfter })
          expectEnd(plan, run, BTC)
          const native = run.placed.every(({ order }) => order.leg === 'spreadOrder' || order.leg === 'spot')
          if (native) expect(run.apartBaseMax.lte(lotBase(plan).times(2))).toBe(true)
        },
      ),
      often(100),
    )
  })

  test('reverse carry is worked leg by leg: nothing says that a native order borrows', () => {
    const { market, plan } = world(BTC, 'spread', 'reverse-carry')
    const { placed, ended } = runHedge(plan, market)
    expect(ended).toBe('hedged')
    expect(placed.map(({ order }) => order.leg)).not.toContain('spreadOrder')
  })
})

describe('promises 2, 4 and 5 when a part is closed', () => {
  const anyShare = fc.constantFrom('0.1', '0.25', '0.5', '0.75', '0.9')

  test('whatever fills, is lost or refused, on any grid and route, both ways: the rest is hedged, never more than a slice unhedged', () => {
    fc.assert(
      fc.property(
        fc.oneof(anyGrid, fc.constant(BTC)),
        anyRoute,
        anyDirection,
        anyShare,
        // The entry fills whole: what is tried here comes after it.
        fc.record({
          parts: fc.array(anyPart, { maxLength: RULES.execution.repairsMax }),
          mishaps: fc.array(anyMishap, { maxLength: 8 }),
        }),
        (grid, route, direction, share, course) => {
          const { market, plan } = world(grid, route, direction)
          const whole = runHedge(plan, market)
          const later = <Each>(calm: Each, list: readonly Each[]) => [
            ...Array.from({ length: whole.placed.length }, () => calm),
            ...list,
          ]
          const run = runHedge(plan, market, {
            parts: later(1, course.parts),
            mishaps: later('none', course.mishaps),
            closesPart: share,
          })
          expectEnd(plan, run, grid)
          expect(run.apartBaseMax.lte(unhedgedMax(plan)), `${run.apartBaseMax} of ${unhedgedMax(plan)}`).toBe(
            true,
          )
        },
      ),
      often(150),
    )
  })

  test('when its orders fill, what is left is what was asked for: within a lot, a spot step and the smallest order', () => {
    fc.assert(
      fc.property(
        fc.oneof(anyGrid, fc.constant(BTC)),
        anyRoute,
        anyDirection,
        anyShare,
        (grid, route, direction, share) => {
          const { market, plan } = world(grid, route, direction)
          const { ended, held, heldWhole } = runHedge(plan, market, { closesPart: share })
          if (!heldWhole) throw new Error('expected a hedge that is hedged, found none')
          expect(ended).toBe('hedged')
          const rest = partToKeep(plan, heldWhole, share)
          const keep = isRefusal(rest) ? heldWhole.perpBase : rest.keepBase
          const least = new Decimal(smallestOrder(plan.spot, perBaseMark(plan)))
          const slack = lotBase(plan).plus(plan.spot.qtyStep).plus(least.times('1.05'))
          expect(new Decimal(held.perpBase).minus(keep).abs().lte(slack), `${held.perpBase} of ${keep}`).toBe(
            true,
          )
          expect(isLevel(plan, held)).toBe(true)
        },
      ),
      often(150),
    )
  })

  test.each(DIRECTIONS)(
    '%s: exactly a quarter of a hedge of many lots is closed, both legs level within a lot',
    direction => {
      const { market, plan } = world(XRP, 'parallel', direction)
      const { held, heldWhole } = runHedge(plan, market, { closesPart: '0.25' })
      const quarter = new Decimal(heldWhole?.perpBase ?? 0).div(4)
      expect(new Decimal(held.perpBase).minus(quarter.times(3)).abs().lt(lotBase(plan))).toBe(true)
      expect(new Decimal(held.spotNetBase).minus(held.perpBase).gte(0)).toBe(true)
      expect(new Decimal(held.spotNetBase).minus(held.perpBase).lt(lotBase(plan))).toBe(true)
    },
  )

  test('the spread route closes a part as orders of both legs', () => {
    const { market, plan } = world(BTC, 'spread', 'long-carry')
    const { placed, held, heldWhole } = runHedge(plan, market, { closesPart: '0.5' })
    const closing = placed.filter(({ order }) => order.purpose === 'exit').map(({ order }) => order.leg)
    expect(closing.length).toBeGreaterThan(0)
    expect(new Set(closing)).toEqual(new Set(['spreadOrder']))
    expect(new Decimal(held.perpBase).div(heldWhole?.perpBase ?? 1).toNumber()).toBeCloseTo(0.5, 1)
  })
})
