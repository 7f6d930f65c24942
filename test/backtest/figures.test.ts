import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { drawDownOf, figuresOf } from '../../src/backtest/run.ts'
import type { Trade } from '../../src/backtest/trades.ts'
import { allTakerBps, capitalFor, feeLevel, readFees, shareUsdt } from '../../src/backtest/variant.ts'
import { chartLines } from '../../src/cli/text/backtest.ts'
import { amount, usdt } from '../../src/domain/units.ts'
import { DAY_MS, defaultRules, FROM_MS, variantOf } from '../support/backtest/invented.ts'

const trade = (from: number, to: number, more: Partial<Trade> = {}): Trade => ({
  id: 'X',
  symbol: 'SOLUSDT',
  direction: 'long-carry',
  route: 'parallel',
  state: 'closed',
  openedAtMs: FROM_MS + from * DAY_MS,
  closedAtMs: FROM_MS + to * DAY_MS,
  notionalUsdt: usdt('1000'),
  expected: null,
  because: '',
  leftBecause: '',
  fundingUsdt: usdt('10'),
  feesUsdt: usdt('-3.1'),
  slippageUsdt: usdt('-0.4'),
  basisUsdt: usdt('0.5'),
  interestUsdt: usdt('0'),
  netUsdt: usdt('7'),
  settlements: 3,
  fills: 4,
  turnoverUsdt: usdt('4000'),
  costBps: 35,
  dust: [{ coin: 'SOL', qty: amount('0') }],
  ...more,
})
const figures = (trades: Trade[]) =>
  figuresOf({
    trades,
    equity: [],
    capitalUsdt: usdt('2000'),
    fromMs: FROM_MS,
    toMs: FROM_MS + 73 * DAY_MS,
    accountInterestUsdt: usdt('-1'),
  })

describe('figures of a run', () => {
  test('net, interest of the account included, is measured on capital and by the year', () => {
    const found = figures([trade(0, 10), trade(20, 30)])
    expect(found.netUsdt).toBe('13')
    expect(found.interestUsdt).toBe('-1')
    expect(found.returnOnCapital).toBeCloseTo(13 / 2000, 12)
    expect(found.aprOnCapital).toBeCloseTo((13 / 2000) * 5, 12)
    expect(found.timesTurned).toBe(4)
    expect(found.costBps).toBeCloseTo(35, 9)
  })

  test('a day with two hedges is one day in the market and two days of hedges', () => {
    const found = figures([trade(0, 10), trade(5, 12), trade(20, 21, { closedAtMs: null })])
    expect(found.daysInMarket).toBeCloseTo(12 + 53, 9)
    expect(found.hedgeDays).toBeCloseTo(10 + 7 + 53, 9)
  })

  test('nothing done is nothing, and no cost is made up', () => {
    const found = figures([])
    expect(found).toMatchObject({ trades: 0, turnoverUsdt: '0', costBps: null, daysInMarket: 0 })
  })
})

describe('draw-down', () => {
  test('is the largest fall from a peak before it', () => {
    expect(drawDownOf(['100', '110', '99', '120', '114'])).toBeCloseTo(0.1, 12)
    expect(drawDownOf(['100', '101', '102'])).toBe(0)
    expect(drawDownOf([])).toBe(0)
  })

  test('never exceeds one, and is 0 just when nothing falls', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1 }), values => {
        const found = drawDownOf(values.map(String))
        const falls = values.some((value, at) => at > 0 && value < (values[at - 1] ?? 0))
        expect(found).toBeGreaterThanOrEqual(0)
        expect(found).toBeLessThan(1)
        expect(found > 0).toBe(falls)
      }),
    )
  })
})

describe('fees', () => {
  test.each([
    ['vip0', 31],
    ['vip1', 24],
    ['vip3', 22],
    ['VIP5', 16.4],
    ['supreme', 15],
  ])('four crossing fills at %s cost %d bps', (name, bps) => {
    const level = feeLevel(name)
    expect(level && allTakerBps(level)).toBeCloseTo(bps, 9)
  })

  test('a file of fees is read exactly, and each wrong key is named', () => {
    const own = { taker: '0.0005', maker: '-0.0001' }
    expect(readFees('own', { spot: own, perp: own }).table.linear).toEqual(own)
    expect(() => readFees('own', { spot: own, perp: { taker: 'cheap' } })).toThrow(
      /own: perp.taker: expected a fraction such as 0.001, found cheap; perp.maker/,
    )
    expect(feeLevel('vip9')).toBeUndefined()
  })
})

describe('capital', () => {
  test('is what the limits let the symbols bind, rounded up to a thousand', () => {
    // 2 × 2000 USDT × 1.3 and 100 kept free are 5300; five hedges are all that may be held.
    expect(capitalFor(defaultRules(), 2)).toBe('6000')
    expect(capitalFor(defaultRules(), 50)).toBe('14000')
  })

  test('is shared so that no hedge is above its limit and the buffer stays', () => {
    expect(shareUsdt(variantOf(['SOLUSDT']), 1)).toBe('2000')
    expect(Number(shareUsdt({ ...variantOf(['SOLUSDT']), capitalUsdt: usdt('2700') }, 2))).toBeCloseTo(
      1000,
      9,
    )
  })
})

describe('the chart of equity', () => {
  const label = (value: number) => String(value)

  test('names its highest and lowest value and draws the last of each column', () => {
    const lines = chartLines([1, 5, 1], { width: 3, height: 2, label })
    expect(lines[0]).toMatch(/^5 │/)
    expect(lines[1]).toMatch(/^1 │/)
    expect(lines.map(line => line.slice(3).padEnd(3))).toEqual([' █ ', '▁█▁'])
  })

  test('keeps to its width, however long the run, and draws a flat line flat', () => {
    const lines = chartLines(
      Array.from({ length: 1000 }, () => 7),
      { width: 20, height: 3, label },
    )
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(23)
    expect(new Set(lines.at(-1)?.slice(3)).size).toBe(1)
  })
})
