/** A sweep: the same bytes from the same seed and records, simple rules always beside it, and luck told as luck. */
import { describe, expect, test } from 'vitest'
import { sweepPage } from '../../../src/backtest/report/sweep-page.ts'
import { axisOf, drawn, grid, SweepFault } from '../../../src/backtest/sweep/grid.ts'
import {
  deepestFall,
  luckiestSharpe,
  momentsOf,
  normalQuantile,
  sharpeProbability,
  yearlyRange,
} from '../../../src/backtest/sweep/statistics.ts'
import { madeIn, type SweepOf, sweepParameters, walkForward } from '../../../src/backtest/sweep/sweep.ts'
import { feeLevel } from '../../../src/backtest/variant.ts'
import { sweepText } from '../../../src/cli/commands/sweep.ts'
import { HOUR_MS } from '../../../src/domain/market/funding.ts'
import type { FundingPoint } from '../../../src/exchange/simulator/history/files.ts'
import { DAY_MS, defaultRules, FROM_MS } from '../../support/backtest/invented.ts'

const rates = (base: number, swing: number): FundingPoint[] =>
  Array.from({ length: 600 }, (_, at) => ({
    atMs: FROM_MS + at * 8 * HOUR_MS,
    rate: (base + swing * Math.sin(at / 40)).toFixed(8),
    intervalMs: 8 * HOUR_MS,
  }))

function wish(of: Partial<SweepOf> = {}): SweepOf {
  const fees = feeLevel('vip0')
  if (!fees) throw new Error('vip0: expected published fees, found none')
  return {
    funding: new Map([
      ['AUSDT', rates(0.0001, 0.0003)],
      ['BUSDT', rates(0.00005, 0.0001)],
    ]),
    prices: new Map(),
    files: ['invented'],
    rules: defaultRules(),
    fees,
    halfSpreadBps: 0,
    capital: 5000,
    axes: ['entryAprMin=0,0.01', 'fundingFastHours=24,48'].map(axisOf),
    trials: 100,
    trainDays: 60,
    testDays: 40,
    seed: 1,
    workers: 1,
    ...of,
  }
}

describe('a whole sweep', () => {
  test('gives the same bytes however many threads there are, and others for another seed', async () => {
    const text = async (of: Partial<SweepOf>) =>
      JSON.stringify(await sweepParameters(wish({ trials: 3, ...of })))
    const one = await text({})
    expect(await text({ workers: 3 })).toBe(one)
    expect(await text({ seed: 2 })).not.toBe(one)
  })

  test('has every simple rule in its table, and a window is judged on days after those it chose on', async () => {
    const report = await sweepParameters(wish())
    const simple = ['do nothing', 'hold all', 'fixed threshold', 'two speeds']
    expect(report.rules.map(({ name }) => name)).toEqual(['hedgerow', ...simple])
    expect(report.trials).toHaveLength(4)
    expect(report.walk.windows.length).toBeGreaterThan(1)
    for (const { train, test: judged, rules } of report.walk.windows) {
      expect(judged.fromMs).toBe(train.toMs)
      expect(rules.map(({ name }) => name)).toEqual(['chosen', 'as configured', ...simple])
    }
    expect(report.sensitivity.map(({ sets }) => sets)).toEqual([2, 2, 2, 2])
    expect(report.luck.tries).toBe(4)
    expect(report.rules[1]).toMatchObject({ aprOnCapital: 0, trades: 0 })
    expect(sweepText(report)).toContain('worthless tries')
  })

  test('its page fetches nothing, runs nothing, and shows text as text', async () => {
    const report = await sweepParameters(wish({ files: ['<b>bold</b>.csv'] }))
    const page = sweepPage(report, { data: 'd1', configuration: 'c1', code: 'e1' })
    expect(page).toContain("default-src 'none'")
    expect(page).not.toMatch(/<script|<link|<img|src=|href=|url\(|@import|https?:/)
    expect(page).toContain('&lt;b&gt;bold&lt;/b&gt;.csv')
    for (const part of ['two speeds', 'Walk-forward', 'Sensitivity', 'not compounded', 'd1', 'c1', 'e1'])
      expect(page).toContain(part)
    expect(page.match(/<polyline/g)).toHaveLength(10)
  })

  test('a history too short for one window says so in place of a table', async () => {
    const report = await sweepParameters(wish({ trainDays: 300 }))
    expect(report.walk.windows).toEqual([])
    expect(sweepText(report)).toContain('shorter than 300 and 40 days')
  })
})

describe('parameters', () => {
  test.each([
    ['entryAprMin=0.01,cheap', /entryAprMin: expected .*found cheap/],
    ['fundingFastHours=0', /fundingFastHours: expected .*found 0/],
    ['symbols=BTCUSDT', /symbols: expected one of entryAprMin/],
    ['entryAprMin', /values with commas/],
    ['entryAprMin=1=2', /values with commas/],
  ])('%s is refused in words', (text, says) => {
    expect(() => axisOf(text)).toThrow(SweepFault)
    expect(() => axisOf(text)).toThrow(says)
  })

  test('a grid is every combination once, a part of it is the same for the same seed, and no key appears twice', () => {
    const axes = ['entryAprMin=0,0.01,0.01', 'fundingAllowance=0,0.5,1'].map(axisOf)
    const all = grid(axes)
    expect(new Set(all.map(each => JSON.stringify(each))).size).toBe(6)
    expect(drawn(all, 3, 5)).toEqual(drawn(all, 3, 5))
    expect(new Set(drawn(all, 4, 9)).size).toBe(4)
    expect(drawn(all, 99, 1)).toEqual(all)
    expect(() => grid([...axes, ...axes])).toThrow(/expected once/)
  })
})

describe('what may be luck', () => {
  test('the best of many worthless tries looks good, the more the better', () => {
    const spread = (count: number) => Array.from({ length: count }, (_, at) => (at % 2 === 0 ? 0.1 : -0.1))
    expect(luckiestSharpe([0.3])).toBe(0)
    // Of ten standard deviations' draws the largest is expected at 1.57, of a hundred at 2.53.
    expect(luckiestSharpe(spread(10)) / 0.1).toBeCloseTo(1.57, 1)
    expect(luckiestSharpe(spread(100)) / 0.1).toBeCloseTo(2.53, 1)
  })

  test('a ratio is the surer the longer it was held, and less sure with a long bad tail', () => {
    const days = (count: number, worst: number) =>
      momentsOf(
        Float64Array.from({ length: count }, (_, at) =>
          at % 50 === 7 ? worst : at % 2 === 0 ? 0.003 : -0.001,
        ),
      )
    expect(sharpeProbability(days(100, 0.001), 0)).toBeLessThan(sharpeProbability(days(1000, 0.001), 0))
    const calm = days(400, -0.004)
    const tailed = { ...calm, skew: -5, kurtosis: 40 }
    expect(sharpeProbability(tailed, 0.1)).toBeLessThan(sharpeProbability(calm, 0.1))
    expect(sharpeProbability(calm, 0)).toBeGreaterThan(sharpeProbability(calm, 0.2))
    expect(normalQuantile(0.975)).toBeCloseTo(1.959964, 5)
  })

  test('a range of draws holds what the days came to, and is the same for the same seed', () => {
    const days = Float64Array.from({ length: 300 }, (_, at) => 0.001 * Math.sin(at) + 0.0002)
    const range = yearlyRange(days, 3)
    const year = (days.reduce((sum, value) => sum + value, 0) / 300) * 365
    expect(range?.low).toBeLessThan(year)
    expect(range?.high).toBeGreaterThan(year)
    expect(yearlyRange(days, 3)).toEqual(range)
    expect(yearlyRange(days.subarray(0, 30), 3)).toBeNull()
  })

  test('a fall is measured from the highest before it', () => {
    expect(deepestFall(Float64Array.of(100, 110, 99, 120, 90))).toBeCloseTo(0.25, 12)
  })
})

test('windows follow each other and the last is at least half as long', () => {
  const span = { fromMs: 0, toMs: 190 * DAY_MS }
  const windows = walkForward(span, 90, 30)
  expect(windows.map(({ test: judged }) => [judged.fromMs / DAY_MS, judged.toMs / DAY_MS])).toEqual([
    [90, 120],
    [120, 150],
    [150, 180],
  ])
  const equity = Float64Array.from({ length: 191 }, (_, at) => 100 + at)
  expect(madeIn(equity, 0, { fromMs: 10 * DAY_MS, toMs: 40 * DAY_MS })).toBeCloseTo(0.3, 12)
})
