import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isRefusal } from '../../../src/domain/refusal.ts'
import type { Exposure } from '../../../src/domain/risk/exposure.ts'
import { approve } from '../../../src/domain/risk/limits.ts'
import { riskState } from '../../../src/domain/risk/risk-state.ts'
import { usdt } from '../../../src/domain/units.ts'
import { RULES } from '../../support/domain/sample-market.ts'

const LIMITS = RULES.limits
const PLAN = {
  hedgeId: 'HEDGE00001',
  symbol: 'XRPUSDT',
  notionalUsdt: usdt('2000'),
  capitalUsdt: usdt('2500'),
  expected: { feesUsdt: usdt('-6.2') },
}
const ACCOUNT: Exposure = {
  hedges: [],
  availableUsdt: usdt('10000'),
  reservedUsdt: usdt('0'),
  halted: false,
  maintenanceMarginRate: '0.1',
}
const solvency = (verdict: 'ok' | 'warn' | 'reduce' | 'flatten' | 'unknown') => ({
  verdict,
  found: '0.9 now',
  limit: '0.7',
})

type Case = [
  name: string,
  inside: Partial<Exposure>,
  outside: Partial<Exposure>,
  state: 'reducing' | 'halted',
]
const cases: Case[] = [
  ['daily-loss', { pnlTodayUsdt: usdt('-199.99') }, { pnlTodayUsdt: usdt('-200') }, 'halted'],
  [
    'draw-down',
    { equityUsdt: usdt('9000.01'), peakEquityUsdt: usdt('10000') },
    { equityUsdt: usdt('9000'), peakEquityUsdt: usdt('10000') },
    'halted',
  ],
  ['margin-rate', { maintenanceMarginRate: '0.4999' }, { maintenanceMarginRate: '0.5' }, 'reducing'],
  ['solvency', { solvency: solvency('warn') }, { solvency: solvency('reduce') }, 'reducing'],
  ['solvency', { solvency: solvency('ok') }, { solvency: solvency('unknown') }, 'reducing'],
  ['margin-rate', { maintenanceMarginRate: '0' }, { maintenanceMarginRate: null }, 'reducing'],
  ['order-rate', { orderBudgetLeft: 0.3 }, { orderBudgetLeft: 0.29 }, 'reducing'],
]

describe('the limits of the account', () => {
  test.each(cases)(
    '%s refuses a plan and sets the state exactly where it is reached',
    (name, inside, outside, state) => {
      const within = { ...ACCOUNT, ...inside }
      const beyond = { ...ACCOUNT, ...outside }
      expect(approve(PLAN, within, LIMITS)).toEqual(PLAN)
      expect(riskState(within, LIMITS)).toMatchObject({ state: 'trading', setBy: null })
      const refused = approve(PLAN, beyond, LIMITS)
      expect(refused).toMatchObject({ refused: name })
      const risk = riskState(beyond, LIMITS)
      expect(risk).toMatchObject({ state, because: name, setBy: expect.stringMatching(/^limits\.\w+$/) })
      expect(risk.found).toBe(isRefusal(refused) ? refused.found : '')
      expect(JSON.parse(JSON.stringify(risk))).toEqual(risk)
    },
  )

  test('the churn budget counts the whole round trip of the plan that asks, and alone sets the state only when it is spent', () => {
    const spent = (fees: string) => ({ ...ACCOUNT, feesTodayUsdt: usdt(fees) })
    expect(approve(PLAN, spent('93.8'), LIMITS)).toEqual(PLAN)
    expect(approve(PLAN, spent('93.81'), LIMITS)).toEqual({
      refused: 'churn-budget',
      found: '100.01',
      limit: '100',
    })
    expect(riskState(spent('100'), LIMITS).state).toBe('trading')
    expect(riskState(spent('100.01'), LIMITS)).toMatchObject({
      state: 'reducing',
      setBy: 'limits.feesDayUsdtMax',
    })
  })

  test('what is held in the symbol by others counts against it', () => {
    const foreign = (held: string, symbol = 'XRPUSDT') => ({
      ...ACCOUNT,
      foreignNotionalUsdt: { [symbol]: usdt(held) },
    })
    expect(approve(PLAN, foreign('4000'), LIMITS)).toEqual(PLAN)
    expect(approve(PLAN, foreign('4000.01'), LIMITS)).toEqual({
      refused: 'symbol-too-large',
      found: '6000.01',
      limit: '6000',
    })
    expect(approve(PLAN, foreign('9000', 'BTCUSDT'), LIMITS)).toEqual(PLAN)
  })

  test('what the exposure leaves out is not checked', () => {
    expect(approve(PLAN, ACCOUNT, LIMITS)).toEqual(PLAN)
  })

  test('the limit of a symbol holds though nobody else holds anything in it', () => {
    const limits = { ...LIMITS, symbolNotionalUsdtMax: usdt('500') }
    expect(approve(PLAN, ACCOUNT, limits)).toMatchObject({ refused: 'symbol-too-large', limit: '500' })
  })

  test('a person’s halt comes first and is told by name; money lost comes before margin that is short', () => {
    const bad = { ...ACCOUNT, pnlTodayUsdt: usdt('-500'), maintenanceMarginRate: '0.9' }
    expect(riskState(bad, LIMITS, { by: 'anna', because: 'looks odd' })).toEqual({
      state: 'halted',
      because: 'halted',
      found: 'looks odd',
      limit: 'not halted',
      setBy: 'anna',
    })
    expect(riskState(bad, LIMITS)).toMatchObject({ state: 'halted', setBy: 'limits.lossDayUsdtMax' })
  })
})

test('a plan is approved only while the state is trading', () => {
  const cents = (max: number) => fc.integer({ min: -max, max }).map(each => usdt(new Decimal(each).div(100)))
  const account = fc.record(
    {
      pnlTodayUsdt: cents(40_000),
      feesTodayUsdt: cents(20_000),
      equityUsdt: cents(1_000_000),
      peakEquityUsdt: cents(1_000_000),
      orderBudgetLeft: fc.double({ min: 0, max: 1, noNaN: true }),
      solvency: fc.constantFrom('ok', 'warn', 'reduce', 'flatten').map(verdict => solvency(verdict)),
      maintenanceMarginRate: fc.constantFrom('0', '0.4', '0.5', '1'),
    },
    { requiredKeys: ['maintenanceMarginRate'] },
  )
  fc.assert(
    fc.property(account, facts => {
      const exposure: Exposure = { ...ACCOUNT, ...facts }
      const { state } = riskState(exposure, LIMITS)
      const answer = approve(PLAN, exposure, LIMITS)
      if (!isRefusal(answer)) expect(state).toBe('trading')
      // The plan's own fees are the only thing the state does not know.
      else if (state === 'trading') expect(answer.refused).toBe('churn-budget')
    }),
    { numRuns: 500 },
  )
})
