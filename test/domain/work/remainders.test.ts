/** What an order left over and no further order can take: it is never asked for again, and nothing is left unhedged for it. */
import { Decimal } from 'decimal.js'
import { describe, expect, test } from 'vitest'
import { isLevel } from '../../../src/domain/legs/balance.ts'
import { baseQty, usdt } from '../../../src/domain/units.ts'
import type { StepFacts } from '../../../src/domain/work/step.ts'
import { nextStep } from '../../../src/domain/work/steps.ts'
import { FACINGS, lendingMarket, planFacing } from '../../support/domain/sample-account.ts'
import { NOW_MS, RULES, XRP } from '../../support/domain/sample-market.ts'

const MARKET = lendingMarket(XRP)

describe.each(FACINGS)('a remainder, %o', facing => {
  const plan = planFacing(XRP, facing)
  const facts = (spot: string, perp: string, changes: Partial<StepFacts> = {}): StepFacts => ({
    plan,
    phase: 'entering',
    overdue: false,
    unwindBecause: null,
    repairs: 1,
    unbalancedSinceMs: 0,
    resting: null,
    reprices: 0,
    spotNetBase: baseQty(spot),
    perpBase: baseQty(perp),
    ...changes,
  })
  const next = (of: StepFacts) => nextStep(of, MARKET, RULES, null, NOW_MS)

  test('of spot that neither leg can order is dust: the next slice is opened as if it were not there', () => {
    expect(next(facts('401.5', '400'))).toMatchObject({ purpose: 'enter', order: { leg: facing.firstLeg } })
    expect(next(facts('401.5', '400', { phase: 'hedged' }))).toEqual({ kind: 'done' })
  })

  test('of spot that is too small for the perpetual alone is trimmed on spot', () => {
    const coarse = { ...plan, perp: { ...plan.perp, minNotionalUsdt: usdt('20') } }
    expect(next(facts('404', '400', { plan: coarse }))).toMatchObject({
      purpose: 'repair',
      order: { leg: 'spot', qty: '4', side: facing.direction === 'long-carry' ? 'Sell' : 'Buy' },
    })
  })

  test('of the perpetual that is too small for spot is trimmed on the perpetual', () => {
    expect(next(facts('398.5', '400'))).toMatchObject({
      purpose: 'repair',
      order: { leg: 'perp', qty: '1.5', reduceOnly: true },
    })
  })

  test('that interest leaves below a lot changes nothing', () => {
    expect(isLevel(plan, { spotNetBase: baseQty('400.0999'), perpBase: baseQty('400') })).toBe(true)
  })

  test('of an unwinding that is worth no order stays as dust if it is held, and is bought back if it is owed with as much as can be sold again', () => {
    const step = next(facts('1.5', '0', { phase: 'unwinding', repairs: 0 }))
    if (facing.direction === 'long-carry') return expect(step).toEqual({ kind: 'done' })
    expect(step).toMatchObject({ purpose: 'exit', order: { leg: 'spot', side: 'Buy' } })
    const bought = step.kind === 'order' ? new Decimal(step.order.qty) : new Decimal(0)
    const spare = bought.times(new Decimal(1).minus(plan.fees.spot.taker)).minus('1.5')
    const again = next(facts(spare.neg().toFixed(), '0', { phase: 'unwinding', repairs: 0 }))
    expect(again).toMatchObject({ purpose: 'exit', order: { leg: 'spot', side: 'Sell', borrow: false } })
    const sold = again.kind === 'order' ? new Decimal(again.order.qty) : new Decimal(0)
    const left = sold.minus(spare)
    expect(left.abs().lt(plan.spot.qtyStep)).toBe(true)
    expect(next(facts(left.toFixed(), '0', { phase: 'unwinding', repairs: 0 }))).toEqual({ kind: 'done' })
  })
})
