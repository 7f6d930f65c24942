import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { executionQuality, qualityTotals } from '../../../src/domain/books/execution-quality.ts'
import type { Fill } from '../../../src/domain/legs/order.ts'
import { amount, orderQty, price } from '../../../src/domain/units.ts'
import { fillOf, HEDGE_ID } from '../../support/domain/sample-trades.ts'
import { samplePlan } from '../../support/machines/sample-hedge.ts'

const plan = samplePlan(HEDGE_ID)
const MIDS = { spot: price('2.5'), perp: price('2.5') }

const spot = (at: string, filledAtMs: number, over: Partial<Fill> = {}): Fill =>
  fillOf({ execId: `s${filledAtMs}`, price: price(at), filledAtMs, ...over })
const perp = (at: string, filledAtMs: number, over: Partial<Fill> = {}): Fill =>
  fillOf({
    execId: `p${filledAtMs}`,
    market: 'linear',
    side: 'Sell',
    price: price(at),
    filledAtMs,
    orderLinkId: `${HEDGE_ID}-PE0000`,
    ...over,
  })
const qualityOf = (fills: readonly Fill[], mids = {}) => executionQuality({ plan, fills, mids })

describe('the quality of an execution', () => {
  test('measures how long and how much one leg stood alone, and nothing while both are level', () => {
    const fills = [
      spot('2', 0),
      perp('2', 500),
      spot('2', 10_000),
      perp('2', 10_200, { qty: orderQty('40') }),
    ]
    const more = [...fills, perp('2', 10_700, { qty: orderQty('60') })]
    // 100 coins at 2 for half a second; 100 for 0.2 s and then 60 for half a second more.
    expect(qualityOf(more)).toMatchObject({ legGapMs: 700, unhedgedNotionalSeconds: 100 + 40 + 60 })
    expect(qualityOf([...more].reverse())).toEqual(qualityOf(more))
  })

  test('does not take for a gap what is below a lot of the perpetual, such as the fee of a spot buy', () => {
    const fee = { fee: amount('0.00009'), feeCoin: plan.baseCoin }
    expect(qualityOf([spot('2', 0, fee), perp('2', 0), spot('2', 9_000), perp('2', 9_000)]).legGapMs).toBe(0)
  })

  test('counts what the fills were worse than their middles, in bps of what was traded, and what rested', () => {
    const fills = [spot('2.505', 0), perp('2.495', 10, { maker: true })]
    const mids = { [`${HEDGE_ID}-SE0000`]: MIDS, [`${HEDGE_ID}-PE0000`]: MIDS }
    expect(qualityOf(fills, mids).slippageBps).toBeCloseTo(20, 1)
    expect(qualityOf(fills, mids).makerRatio).toBeCloseTo(0.499, 3)
    expect(qualityOf(fills).slippageBps).toBeNull()
    expect(qualityOf([])).toMatchObject({
      makerRatio: null,
      slippageBps: null,
      entryShortfallBps: null,
      legGapMs: 0,
    })
  })

  test('holds the basis got in at against the one planned: worse is above 0', () => {
    const at = (perpPrice: string) => qualityOf([spot('2.5', 0), perp(perpPrice, 10)]).entryShortfallBps ?? 0
    expect(at('2.5')).toBeCloseTo(plan.expected.entryBasisBps, 8)
    expect(at('2.4975') - at('2.5')).toBeCloseTo(10, 8)
  })

  test('holds fees and slippage against four crossing fills at the plan’s fees', () => {
    const each = { qty: plan.targetBaseQty as unknown as Fill['qty'] }
    const fee = (rate: number, at: number) => ({
      fee: amount(String(Number(plan.targetBaseQty) * at * rate)),
    })
    const mark = Number(plan.markPrice)
    const fills = [
      spot(plan.markPrice, 0, { ...each, ...fee(0.001, mark) }),
      perp(plan.markPrice, 1, { ...each, ...fee(0.00055, mark) }),
      spot(plan.markPrice, 2, {
        ...each,
        ...fee(0.001, mark),
        side: 'Sell',
        orderLinkId: `${HEDGE_ID}-SX0001`,
      }),
      perp(plan.markPrice, 3, {
        ...each,
        ...fee(0.00055, mark),
        side: 'Buy',
        orderLinkId: `${HEDGE_ID}-PX0001`,
      }),
    ]
    expect(qualityOf(fills).allTakerBps).toBeCloseTo(31, 8)
    expect(qualityOf(fills).costBps).toBeCloseTo(31, 6)
    expect(qualityTotals([qualityOf(fills)]).roundTripBps).toBeCloseTo(31, 6)
  })

  test('names a hedge whose leg had to be repaired', () => {
    const repaired = qualityOf([spot('2.5', 0), perp('2.5', 9, { orderLinkId: `${HEDGE_ID}-PR0001` })])
    expect(repaired.repairs).toBe(1)
    expect(qualityTotals([repaired, qualityOf([spot('2.5', 0)])]).orphanRate).toBe(0.5)
    expect(qualityTotals([])).toMatchObject({
      hedges: 0,
      orphanRate: null,
      roundTripBps: null,
      legGapMsMax: 0,
    })
  })

  test('does not depend on the order of telling, nor on hearing a fill twice', () => {
    const anyFills = fc.array(
      fc.record({
        atMs: fc.integer({ min: 0, max: 60_000 }),
        qty: fc.integer({ min: 1, max: 900 }),
        isSpot: fc.boolean(),
      }),
      { maxLength: 9 },
    )
    fc.assert(
      fc.property(anyFills, made => {
        const fills = made.map(({ atMs, qty, isSpot }, at) =>
          (isSpot ? spot : perp)('2.5', atMs * 100 + at, { execId: `e${at}`, qty: orderQty(String(qty)) }),
        )
        const found = qualityOf(fills)
        expect(qualityOf([...fills.toReversed(), ...fills])).toEqual(found)
        expect(found.unhedgedNotionalSeconds).toBeGreaterThanOrEqual(0)
      }),
    )
  })
})
