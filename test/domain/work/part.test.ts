/** How much of a hedge stays when a part is closed, and which part is none. */
import { describe, expect, test } from 'vitest'
import { bindsOf } from '../../../src/domain/risk/limits.ts'
import { baseQty, usdt } from '../../../src/domain/units.ts'
import { partToKeep } from '../../../src/domain/work/part.ts'
import { planOn } from '../../support/domain/sample-account.ts'
import { XRP } from '../../support/domain/sample-market.ts'

const plan = planOn(XRP)
const held = (perpBase: string) => ({ perpBase: baseQty(perpBase) })

describe('the rest of a hedge', () => {
  test('is on the lot grid of the perpetual: the part is cut down to whole lots', () => {
    expect(partToKeep(plan, held('800'), '0.25')).toEqual({ keepBase: '600' })
    const thousands = planOn({ ...XRP, midPrice: '0.00001', multiplier: 1000, lot: '1' })
    expect(partToKeep(thousands, held('7000000'), '0.1234567')).toEqual({ keepBase: '6136000' })
  })

  test('below what both legs can be ordered in is refused, and so is such a part', () => {
    expect(partToKeep(plan, held('800'), '0.999')).toMatchObject({ refused: 'rest-too-small' })
    expect(partToKeep(plan, held('800'), '0.001')).toMatchObject({ refused: 'part-too-small' })
    expect(partToKeep(plan, held('3'), '0.5')).toMatchObject({ refused: 'part-too-small' })
  })

  test('of no share, all of it or no number is refused', () => {
    for (const share of ['0', '1', '1.2', '-0.5', '', 'NaN', '50%', '1e-1'])
      expect(partToKeep(plan, held('800'), share), share).toMatchObject({ refused: 'no-share' })
  })

  test('binds its share of the notional and of the cash the plan reserves, never more than the plan', () => {
    const whole = {
      ...plan,
      targetBaseQty: baseQty('800'),
      notionalUsdt: usdt('2000'),
      capitalUsdt: usdt('2500'),
    }
    const fees = { ...whole, expected: { ...plan.expected, feesUsdt: usdt('-8') } }
    expect(bindsOf(fees, baseQty('600'))).toEqual({ notionalUsdt: '1500', reserveUsdt: '1881' })
    expect(bindsOf(fees, baseQty('801'))).toEqual({ notionalUsdt: '2000', reserveUsdt: '2508' })
  })
})
