import { describe, expect, test } from 'vitest'
import type { MarketView } from '../../../src/domain/market/market-view.ts'
import { baseQty } from '../../../src/domain/units.ts'
import { nextStep, stuckBecause, waitsForVenue } from '../../../src/domain/work/steps.ts'
import { factsOf, planOn } from '../../support/domain/sample-account.ts'
import { marketOn, NOW_MS, RULES, XRP } from '../../support/domain/sample-market.ts'

const MINUTE_MS = 60_000
const maintained: MarketView = {
  ...marketOn(XRP),
  maintenanceAtMs: NOW_MS - MINUTE_MS,
  maintenanceUntilMs: NOW_MS + MINUTE_MS,
}
const shut = (leg: 'spot' | 'perp'): MarketView => {
  const market = marketOn(XRP)
  return { ...market, pair: { ...market.pair, [leg]: { ...market.pair[leg], trading: false } } }
}
const whole = factsOf(planOn(XRP), {
  phase: 'unwinding',
  spotNetBase: baseQty('400'),
  perpBase: baseQty('400'),
})
const apart = factsOf(planOn(XRP), {
  phase: 'unwinding',
  spotNetBase: baseQty('400'),
  repairs: 3,
  setbacks: 3,
  unbalancedSinceMs: NOW_MS - 2 * MINUTE_MS,
})
const step = (facts: typeof whole, market: MarketView, nowMs = NOW_MS) =>
  nextStep(facts, market, RULES, null, nowMs)

describe('a hedge that leaves stays whole', () => {
  test('through a maintenance, and goes on when it is over', () => {
    expect(step(whole, maintained)).toMatchObject({ kind: 'wait' })
    expect(step(whole, maintained, NOW_MS + MINUTE_MS)).toMatchObject({ kind: 'order' })
  })

  test('before a maintenance it goes on leaving', () => {
    expect(step(whole, maintained, NOW_MS - MINUTE_MS - 1)).toMatchObject({ kind: 'order' })
  })

  test.each(['spot', 'perp'] as const)('while the market of its %s leg does not trade', leg => {
    expect(step(whole, shut(leg))).toMatchObject({ kind: 'wait' })
  })

  test('but sells the coins that are left when the perpetual was delivered', () => {
    const delivered = factsOf(planOn(XRP), { phase: 'unwinding', spotNetBase: baseQty('400') })
    expect(step(delivered, shut('perp'))).toMatchObject({
      kind: 'order',
      order: { leg: 'spot', side: 'Sell', qty: delivered.plan.sliceBaseQty },
    })
  })
})

describe('legs that are apart in a maintenance', () => {
  test('are tried a minute apart once two orders were in vain, as one of both markets may be open', () => {
    expect(step(apart, maintained)).toMatchObject({ kind: 'wait' })
    const market = { ...maintained, maintenanceUntilMs: NOW_MS + 10 * MINUTE_MS }
    expect(step(apart, market, NOW_MS + MINUTE_MS - 1)).toMatchObject({ kind: 'wait' })
    expect(step(apart, market, NOW_MS + MINUTE_MS)).toMatchObject({ kind: 'order' })
    expect(step({ ...apart, setbacks: 1 }, market)).toMatchObject({ kind: 'order' })
  })

  test('call no person before it is over', () => {
    const often = { ...apart, repairs: 10, setbacks: 10 }
    expect(stuckBecause(often, RULES, maintained, NOW_MS)).toBeNull()
    expect(stuckBecause(often, RULES, maintained, NOW_MS + MINUTE_MS)).toMatch(/after 10 orders/)
  })

  test('outside of one nothing is held back', () => {
    expect(waitsForVenue(apart, false, marketOn(XRP), NOW_MS)).toBeNull()
  })
})

test('a maintenance without an end lasts until it is told to be over', () => {
  const { maintenanceUntilMs: _, ...endless } = maintained
  expect(waitsForVenue(whole, true, endless, NOW_MS + 1_000 * MINUTE_MS)).toMatch(/maintenance/)
})
