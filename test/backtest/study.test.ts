import { describe, expect, test } from 'vitest'
import { feeLevel } from '../../src/backtest/fees.ts'
import { flatCost, studyFunding } from '../../src/backtest/study.ts'
import { HOUR_MS } from '../../src/domain/market/funding.ts'
import type { FundingPoint } from '../../src/exchange/simulator/history/files.ts'
import { DAY_MS, defaultRules, FROM_MS } from '../support/backtest/invented.ts'

const fees = feeLevel('vip0') ?? {
  name: '',
  table: { spot: { taker: '0', maker: '0' }, linear: { taker: '0', maker: '0' } },
}
const rules = defaultRules()
const points = (rates: readonly string[], hours = 8): FundingPoint[] =>
  rates.map((rate, at) => ({ atMs: FROM_MS + at * hours * HOUR_MS, rate, intervalMs: hours * HOUR_MS }))
const study = (rates: readonly string[], hours = 8) => {
  const found = studyFunding({
    funding: new Map([['SOLUSDT', points(rates, hours)]]),
    files: [],
    rules,
    fees,
    halfSpreadBps: 0,
  })
  const [symbol] = found.symbols
  if (!symbol) throw new Error('study: expected a symbol, found none')
  return { ...found, symbol }
}

describe('the cost of a round trip', () => {
  test('is four fees, the spread in, and out again by the configured factor', () => {
    const [narrow, wide] = [flatCost(rules, fees, 0), flatCost(rules, fees, 2)]
    // 31 bps of fees; the orphan leg and the interest that are configured are less than one more.
    expect(narrow.perNotional * 10_000).toBeGreaterThan(31)
    expect(narrow.perNotional * 10_000).toBeLessThan(32)
    const perHalfSpread = 2 + 2 * rules.strategy.exitSlippageFactor
    expect((wide.perNotional - narrow.perNotional) * 10_000).toBeCloseTo(2 * perHalfSpread, 6)
    expect(narrow.capitalPerNotional).toBeCloseTo(1 + rules.strategy.capitalBuffer, 9)
  })
})

describe('a study of funding', () => {
  test('takes the rates less one round trip for holding, a year on capital', () => {
    const { symbol, costBps, capitalPerNotional } = study(Array.from({ length: 90 }, () => '0.0001'))
    expect(symbol.heldNetBps).toBeCloseTo(90 - costBps, 9)
    expect(symbol.heldApr).toBeCloseTo((((90 - costBps) / 10_000 / capitalPerNotional) * 365) / 30, 9)
    expect(symbol.meanApr).toBeCloseTo(0.0001 * 3 * 365, 9)
  })

  test('wants a hedge only where the horizon pays more than it costs, and says what it then paid', () => {
    const quiet = study(Array.from({ length: 90 }, () => '0.0001')).symbol
    expect(quiet.judged).toBe(60)
    expect(quiet.wanted).toBe(0)
    expect(quiet.expectedBps).toBeNull()
    // Three settlements of 20 bps in a day: 60 less the cost, and no reason to expect another rate.
    const rich = study(Array.from({ length: 90 }, () => '0.002'))
    expect(rich.symbol.wanted).toBe(60)
    expect(rich.symbol.expectedBps).toBeCloseTo(60 - rich.costBps, 9)
    expect(rich.symbol.paidBps).toBeCloseTo(60 - rich.costBps, 9)
  })

  test('counts the settlements of the horizon by the interval of the symbol', () => {
    const hourly = study(
      Array.from({ length: 90 }, () => '0.00025'),
      1,
    )
    expect(hourly.symbol.expectedBps).toBeCloseTo(24 * 2.5 - hourly.costBps, 9)
  })

  test('expects a spike to fade by the fitted model', () => {
    const rates = [...Array.from({ length: 89 }, (_, at) => (at % 2 ? '0.0001' : '0.00012')), '0.01']
    const { symbol } = study(rates)
    // Had the spike been taken to stay, the day would bring 300 bps.
    const apr = ((300 - 32) / 10_000 / 1.3) * 365
    expect(symbol.bestAtMs).toBe(FROM_MS + 89 * 8 * HOUR_MS)
    expect(symbol.bestApr).toBeLessThan(apr / 2)
  })

  test('cuts the span but knows the month before it', () => {
    const { symbols } = studyFunding({
      funding: new Map([['SOLUSDT', points(Array.from({ length: 120 }, () => '0.0001'))]]),
      files: [],
      rules,
      fees,
      halfSpreadBps: 0,
      fromMs: FROM_MS + 20 * DAY_MS,
      toMs: FROM_MS + 30 * DAY_MS,
    })
    expect(symbols[0]).toMatchObject({ settlements: 30, judged: 30, fromMs: FROM_MS + 20 * DAY_MS })
  })
})
