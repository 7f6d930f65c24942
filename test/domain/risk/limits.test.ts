import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { roomUsdt } from '../../../src/domain/entry/sizing.ts'
import { isRefusal } from '../../../src/domain/refusal.ts'
import type { Exposure } from '../../../src/domain/risk/exposure.ts'
import { approve } from '../../../src/domain/risk/limits.ts'
import { usdt } from '../../../src/domain/units.ts'
import { RULES } from '../../support/domain/sample-market.ts'

const LIMITS = RULES.limits
const money = (cents: number) => usdt(new Decimal(cents).div(100))
const PLAN = {
  hedgeId: 'HEDGE00001',
  symbol: 'XRPUSDT',
  notionalUsdt: usdt('2000'),
  capitalUsdt: usdt('2500'),
}
const ACCOUNT: Exposure = {
  hedges: [],
  availableUsdt: usdt('2600'),
  reservedUsdt: usdt('0'),
  halted: false,
  maintenanceMarginRate: '0.1',
}

test('nothing over any limit is ever approved, and nothing inside all of them is refused', () => {
  const cents = fc.integer({ min: 0, max: 400_000 })
  const account = fc.record({
    open: fc.array(fc.tuple(fc.constantFrom('BTCUSDT', 'ETHUSDT', 'XRPUSDT'), cents), { maxLength: 6 }),
    available: fc.integer({ min: -10_000, max: 900_000 }),
    reserved: cents,
    halted: fc.boolean(),
    marginRate: fc.integer({ min: 0, max: 100 }),
  })
  fc.assert(
    fc.property(account, cents, cents, (raw, notional, capital) => {
      const exposure: Exposure = {
        hedges: raw.open.map(([symbol, open], i) => ({
          hedgeId: `OTHER0000${i}`,
          symbol,
          notionalUsdt: money(open),
        })),
        availableUsdt: money(raw.available),
        reservedUsdt: money(raw.reserved),
        halted: raw.halted,
        maintenanceMarginRate: `${raw.marginRate / 100}`,
      }
      const plan = { ...PLAN, notionalUsdt: money(notional), capitalUsdt: money(capital) }
      const totalCents = raw.open.reduce((sum, [, open]) => sum + open, notional)
      const inside =
        !raw.halted &&
        raw.open.every(([symbol]) => symbol !== 'XRPUSDT') &&
        raw.open.length < LIMITS.hedgesMax &&
        notional >= 5_000 &&
        notional <= 200_000 &&
        totalCents <= 600_000 &&
        raw.available - raw.reserved - capital >= 10_000 &&
        raw.marginRate < 50
      expect(isRefusal(approve(plan, exposure, LIMITS))).toBe(!inside)
    }),
    { numRuns: 500 },
  )
})

test('a plan exactly at its limits passes unchanged', () => {
  expect(approve(PLAN, ACCOUNT, LIMITS)).toEqual(PLAN)
})

test('a refusal names the limit, what was found, and what is allowed', () => {
  expect(approve(PLAN, { ...ACCOUNT, availableUsdt: usdt('2599.99') }, LIMITS)).toEqual({
    refused: 'free-margin',
    found: '99.99',
    limit: '100',
  })
  expect(approve({ ...PLAN, notionalUsdt: usdt('2000.000000000000000001') }, ACCOUNT, LIMITS)).toMatchObject({
    refused: 'hedge-too-large',
  })
  const hedges = [{ hedgeId: 'OTHER00001', symbol: 'BTCUSDT', notionalUsdt: usdt('4000.01') }]
  expect(approve(PLAN, { ...ACCOUNT, hedges }, LIMITS)).toEqual({
    refused: 'total-too-large',
    found: '6000.01',
    limit: '6000',
  })
  const five = ['A', 'B', 'C', 'D', 'E'].map(name => ({
    hedgeId: name,
    symbol: name,
    notionalUsdt: usdt('50'),
  }))
  expect(approve(PLAN, { ...ACCOUNT, hedges: five }, LIMITS)).toEqual({
    refused: 'too-many-hedges',
    found: '6',
    limit: '5',
  })
  expect(approve(PLAN, { ...ACCOUNT, hedges: five.slice(1) }, LIMITS)).toEqual(PLAN)
  expect(approve(PLAN, { ...ACCOUNT, halted: true }, LIMITS)).toMatchObject({ refused: 'halted' })
})

describe('shares of the equity', () => {
  const at = (equityUsdt: string | undefined, shares: Partial<typeof LIMITS>) =>
    approve(
      PLAN,
      { ...ACCOUNT, ...(equityUsdt !== undefined && { equityUsdt: usdt(equityUsdt) }) },
      { ...LIMITS, ...shares },
    )

  test('the stricter of amount and share counts, so the book grows with the account up to the amount', () => {
    expect(at('20000', { hedgeShareMax: 0.1 })).toEqual(PLAN)
    expect(at('19999', { hedgeShareMax: 0.1 })).toEqual({
      refused: 'hedge-too-large',
      found: PLAN.notionalUsdt,
      limit: '1999.9',
    })
    expect(at('1000000', { hedgeShareMax: 0.1, hedgeNotionalUsdtMax: usdt('1999') })).toMatchObject({
      refused: 'hedge-too-large',
      limit: '1999',
    })
    expect(at('10000', { totalShareMax: 0.19 })).toMatchObject({ refused: 'total-too-large', limit: '1900' })
    expect(at('10000', { coinShareMax: 0.15 })).toMatchObject({ refused: 'symbol-too-large', limit: '1500' })
  })

  test('a reserve stays free, whatever the amount says', () => {
    const free = { ...ACCOUNT, equityUsdt: usdt('10000') }
    const reserved = (reserveShareMin: number) => approve(PLAN, free, { ...LIMITS, reserveShareMin })
    expect(reserved(0.01)).toEqual(PLAN)
    expect(reserved(0.0101)).toMatchObject({ refused: 'free-margin', limit: '101' })
  })

  test('of an equity that is not known no share is known, and nothing new passes; without shares none is asked', () => {
    expect(at(undefined, {})).toEqual(PLAN)
    for (const share of ['hedgeShareMax', 'totalShareMax', 'coinShareMax', 'reserveShareMin'] as const)
      expect(at(undefined, { [share]: 0.5 }), share).toHaveProperty('refused')
    expect(at('-5', { totalShareMax: 1 })).toMatchObject({ refused: 'total-too-large', limit: '0' })
  })
})

describe('a group of symbols that move together', () => {
  const groups = [
    ['XRPUSDT', 'ADAUSDT'],
    ['XRPUSDT', 'BTCUSDT', 'ETHUSDT'],
  ]
  const hedge = (symbol: string, notional: string) => ({
    hedgeId: `H${symbol}`,
    symbol,
    notionalUsdt: usdt(notional),
  })
  const account = { ...ACCOUNT, equityUsdt: usdt('10000') }
  const limits = { ...LIMITS, groups, groupShareMax: 0.4 }
  const asked = (exposure: Partial<Exposure>, of = limits) => approve(PLAN, { ...account, ...exposure }, of)

  test('holds no more than its share together, whoever opened it, and the fullest group counts', () => {
    expect(asked({ hedges: [hedge('BTCUSDT', '2000')] })).toEqual(PLAN)
    expect(asked({ hedges: [hedge('BTCUSDT', '2000.01')] })).toEqual({
      refused: 'group-too-large',
      found: '4000.01',
      limit: '4000',
    })
    const foreignNotionalUsdt = { ADAUSDT: usdt('2001') }
    expect(asked({ foreignNotionalUsdt })).toMatchObject({ refused: 'group-too-large', found: '4001' })
  })

  test('leaves alone what is in none, and holds nothing while no share is set', () => {
    expect(asked({ hedges: [hedge('DOGEUSDT', '4000')] })).toEqual(PLAN)
    expect(asked({ hedges: [hedge('BTCUSDT', '4000')] }, { ...limits, groupShareMax: 0 })).toEqual(PLAN)
  })

  test('has no room while the equity is not known', () => {
    const { equityUsdt: _, ...unread } = account
    expect(approve(PLAN, unread, limits)).toMatchObject({ refused: 'group-too-large', limit: '0' })
  })

  test('leaves a plan as much room as it has', () => {
    const exposure = { ...account, availableUsdt: usdt('100000'), hedges: [hedge('BTCUSDT', '3100')] }
    const room = (symbol: string) => roomUsdt(exposure, { ...RULES, limits }, symbol)
    expect(room('XRPUSDT')).toBe('900')
    expect(Number(room('DOGEUSDT'))).toBeGreaterThan(900)
  })
})

test('what others hold of a symbol counts against what one symbol may hold', () => {
  const limits = { ...LIMITS, symbolNotionalUsdtMax: usdt('2500') }
  const held = (symbol: string, notional: string) =>
    approve(PLAN, { ...ACCOUNT, foreignNotionalUsdt: { [symbol]: usdt(notional) } }, limits)
  expect(held('XRPUSDT', '500')).toEqual(PLAN)
  expect(held('XRPUSDT', '500.01')).toEqual({ refused: 'symbol-too-large', found: '2500.01', limit: '2500' })
  expect(held('BTCUSDT', '500.01')).toEqual(PLAN)
})

test('the fees of the way in and out count against the day’s budget before they are paid', () => {
  const limits = { ...LIMITS, feesDayUsdtMax: usdt('100') }
  const plan = { ...PLAN, capitalUsdt: usdt('2400'), expected: { feesUsdt: usdt('-6.2') } }
  const paid = (feesTodayUsdt: string) =>
    approve(plan, { ...ACCOUNT, feesTodayUsdt: usdt(feesTodayUsdt) }, limits)
  expect(paid('93.8')).toEqual(plan)
  expect(paid('93.81')).toEqual({ refused: 'churn-budget', found: '100.01', limit: '100' })
})
