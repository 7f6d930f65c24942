import { describe, expect, test } from 'vitest'
import { lifeFilter } from '../../../src/domain/entry/filters.ts'
import { withHeldPairs } from '../../../src/run/start/tracked-pairs.ts'
import { planOn } from '../../support/domain/sample-account.ts'
import { marketOn, NOW_MS, pairOn, RULES, XRP } from '../../support/domain/sample-market.ts'

const pair = pairOn(XRP)
const plan = planOn(XRP)

describe('pairs that hold a hedge', () => {
  test('are tracked as listed when the configuration names them no more, and begin nothing new', () => {
    const [held, ...others] = withHeldPairs([], [plan, plan], { spot: [pair.spot], perps: [pair.perp] })
    expect(others).toEqual([])
    expect(held).toEqual({ ...pair, runOff: true })
    if (!held) throw new Error('expected a pair')
    const refused = lifeFilter({ ...marketOn(XRP), pair: held }, RULES.strategy, NOW_MS)
    expect(refused?.refused).toBe('run-off')
  })

  test('are as planned and do not trade where the exchange lists them no more', () => {
    const [held] = withHeldPairs([], [plan], { spot: [pair.spot], perps: [] })
    expect(held?.spot).toEqual(pair.spot)
    expect(held?.perp).toMatchObject({
      symbol: plan.perp.symbol,
      qtyStep: plan.perp.qtyStep,
      minOrderQty: plan.perp.minOrderQty,
      multiplier: plan.perp.multiplier,
      trading: false,
    })
    const [gone] = withHeldPairs([], [plan], { spot: [], perps: [] })
    expect(gone?.spot).toMatchObject({
      symbol: plan.spot.symbol,
      tickSize: plan.spot.tickSize,
      trading: false,
    })
  })

  test('that are configured stay as they are', () => {
    expect(withHeldPairs([pair], [plan], { spot: [pair.spot], perps: [pair.perp] })).toEqual([pair])
  })
})

test('a coin that the exchange marks as in trouble begins nothing new', () => {
  const marked = { ...pair, spot: { ...pair.spot, specialTreatment: true as const } }
  const refused = lifeFilter({ ...marketOn(XRP), pair: marked }, RULES.strategy, NOW_MS)
  expect(refused).toMatchObject({ refused: 'special-treatment', found: pair.spot.symbol })
})
