/** The study of funding alone: the baselines as published, the costs whole, and nothing of the future known. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { engineRule, flatMarket } from '../../src/backtest/study/engine-rule.ts'
import { baselines, type FundingRule, HOLDING, twoSpeeds } from '../../src/backtest/study/rules.ts'
import { LEARN_MS, scoreOf } from '../../src/backtest/study/score.ts'
import { studiedRule, studyFunding } from '../../src/backtest/study/study.ts'
import { feeLevel } from '../../src/backtest/variant.ts'
import { judgeEntry } from '../../src/domain/entry/opportunity.ts'
import { HOUR_MS } from '../../src/domain/market/funding.ts'
import { type FundingPoint, readTables } from '../../src/exchange/simulator/history/tables.ts'
import { DAY_MS, defaultRules, FROM_MS } from '../support/backtest/invented.ts'

const fees = feeLevel('vip0') ?? {
  name: '',
  table: { spot: { taker: '0', maker: '0' }, linear: { taker: '0', maker: '0' } },
}
const ROUND_TRIP = 0.0031
const rules = defaultRules()

const points = (rates: readonly number[], hours = 8): FundingPoint[] =>
  rates.map((rate, at) => ({
    atMs: FROM_MS + at * hours * HOUR_MS,
    rate: rate.toFixed(8),
    intervalMs: hours * HOUR_MS,
  }))
const always = (rate: number, count = 180) => points(Array.from({ length: count }, () => rate))

/** The same walk of rates for every test that wants one: calm, then rich, then costly. */
function walk(seed: number, count: number): number[] {
  let state = seed
  const noise = () => {
    state = (state * 48271) % 2147483647
    return state / 2147483647 - 0.5
  }
  let level = 0.0001
  return Array.from({ length: count }, () => {
    level = 0.97 * level + 0.00001 + 0.0004 * noise()
    return level
  })
}

describe('a score', () => {
  test('receives from the settlement after the entry on and pays one round trip', () => {
    const score = scoreOf(HOLDING, { symbol: 'SOLUSDT', points: always(0.0001) }, ROUND_TRIP)
    const before = LEARN_MS / (8 * HOUR_MS)
    expect(score.judged).toBe(180 - before)
    expect(score.trades).toHaveLength(1)
    expect(score.funding).toBeCloseTo((180 - before - 1) * 0.0001, 12)
    expect(score.net).toBeCloseTo(score.funding - ROUND_TRIP, 12)
    expect(score.trades[0]).toMatchObject({ enteredAtMs: FROM_MS + LEARN_MS, atEnd: true })
  })

  test('trades from an instant on, and knows what was before it', () => {
    const from = FROM_MS + 40 * DAY_MS
    const score = scoreOf(HOLDING, { symbol: 'SOLUSDT', points: always(0.0001) }, ROUND_TRIP, from)
    expect(score.trades[0]?.enteredAtMs).toBe(from)
    expect(score.settlements).toBe(180 - 120)
  })
})

describe('nothing of the future', () => {
  const whole = points(walk(7, 400))
  const shuffled = [...whole.slice(0, 250), ...points(walk(99, 400)).slice(250)]
  const minds: FundingRule[] = [
    engineRule({
      rules: { ...rules, strategy: { ...rules.strategy, entryAprMin: 0.001 } },
      fees,
      halfSpreadBps: 0,
      marketPerHourAt: () => 0,
    }),
    ...baselines(ROUND_TRIP),
  ]
  test.each(minds)('$name decides the same whatever comes later', rule => {
    const asked = (series: readonly FundingPoint[]) => {
      const answers: string[] = []
      const mind = rule.begin('SOLUSDT')
      let held: { sinceMs: number } | null = null
      for (const point of series.slice(0, 250)) {
        const wish = mind({ ...point, value: Number(point.rate), hours: 8, learning: false }, held)
        answers.push(wish)
        if (wish === 'enter') held ??= { sinceMs: point.atMs }
        if (wish === 'leave') held = null
      }
      return answers
    }
    expect(asked(shuffled)).toEqual(asked(whole))
    const upTo = FROM_MS + 249 * 8 * HOUR_MS
    const entries = (series: readonly FundingPoint[]) =>
      scoreOf(rule, { symbol: 'SOLUSDT', points: series }, ROUND_TRIP)
        .trades.map(each => each.enteredAtMs)
        .filter(atMs => atMs <= upTo)
    expect(entries(shuffled)).toEqual(entries(whole))
  })
})

describe('the two speeds', () => {
  test('enter when the best horizon pays 3 % a year after the round trip, and not below', () => {
    const trades = (rate: number) =>
      scoreOf(twoSpeeds(ROUND_TRIP), { symbol: 'X', points: always(rate) }, ROUND_TRIP).trades.length
    // Over 90 days: 270 settlements less 31 bps, a year, is 3 % at 0.3886 bps a settlement.
    expect(trades(0.000039)).toBe(1)
    expect(trades(0.0000385)).toBe(0)
  })

  test('leave when two weeks are expected to cost more than 20 bps', () => {
    const rates = [...Array.from({ length: 120 }, () => 0.0002), ...Array.from({ length: 60 }, () => -0.0006)]
    const [trade] = scoreOf(twoSpeeds(ROUND_TRIP), { symbol: 'X', points: points(rates) }, ROUND_TRIP).trades
    expect(trade?.atEnd).toBe(false)
    expect(trade?.leftAtMs).toBeGreaterThan(FROM_MS + 120 * 8 * HOUR_MS)
    expect(trade?.leftAtMs).toBeLessThan(FROM_MS + 135 * 8 * HOUR_MS)
  })
})

describe('the engine in the study', () => {
  test('judges by the live functions: its first entry is their first tempting verdict', () => {
    const rates = [...Array.from({ length: 100 }, () => 0.00001), ...Array.from({ length: 80 }, () => 0.003)]
    const series = points(rates)
    const [trade] = scoreOf(
      engineRule({ rules, fees, halfSpreadBps: 0, marketPerHourAt: () => 0 }),
      { symbol: 'X', points: series },
      ROUND_TRIP,
    ).trades
    expect(trade?.enteredAtMs).toBeGreaterThanOrEqual(FROM_MS + 100 * 8 * HOUR_MS)
    const quiet = judgeEntry(flatMarket(fees, 0), rules, 0)
    expect(quiet.verdict).toBe('quiet')
  })

  test('is charged the same round trip as the baselines, spreads included', () => {
    const of = (halfSpreadBps: number) =>
      studyFunding({
        funding: new Map([['X', always(0.001)]]),
        files: [],
        rules,
        fees,
        halfSpreadBps,
        symbols: ['X'],
      })
    expect(of(0).roundTripBps).toBeCloseTo(31, 9)
    expect(of(1.5).roundTripBps).toBeCloseTo(37, 9)
    expect(of(0).rules.map(({ name }) => name)).toEqual([
      'hedgerow',
      'do nothing',
      'hold all',
      'fixed threshold',
      'two speeds',
    ])
  })
})

/** Sums of decimal texts by whole numbers alone: nothing of the code under test is in it. */
function sumOfTexts(texts: readonly string[]): bigint {
  const DIGITS = 30
  return texts.reduce((sum, text) => {
    const [, sign, whole = '0', part = '', power = '0'] =
      /^(-?)(\d+)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(text) ?? []
    const scaled = BigInt(whole + part) * 10n ** BigInt(DIGITS - part.length + Number(power))
    return sum + (sign === '-' ? -scaled : scaled)
  }, 0n)
}

const RECORDED = join(import.meta.dirname, '../../../shared/data/funding')
describe.skipIf(!existsSync(RECORDED))('recorded funding', () => {
  test('the funding of every symbol is what its rates add up to, to the last digit', () => {
    const [file] = ['bybit_usdt_perp_funding_2025-08_2026-08.csv.gz']
    const series = readTables(join(RECORDED, file), { nowMs: Date.UTC(2026, 10, 1) }).flatMap(
      each => each.funding,
    )
    for (const { symbol, points: recorded } of series) {
      const { exactFunding, funding, trades } = scoreOf(
        twoSpeeds(ROUND_TRIP),
        { symbol, points: recorded },
        ROUND_TRIP,
      )
      const inside = recorded.filter(({ atMs }) =>
        trades.some(({ enteredAtMs, leftAtMs }) => atMs > enteredAtMs && atMs <= leftAtMs),
      )
      const independent = sumOfTexts(inside.map(({ rate }) => rate))
      expect(sumOfTexts([exactFunding]), symbol).toBe(independent)
      expect(funding, symbol).toBeCloseTo(Number(exactFunding), 12)
    }
    expect(series).toHaveLength(51)
  })

  // Net bps per symbol and year of the rule as published, at 31 bps a round trip, with hold-all beside it.
  test.each([
    ['bybit_usdt_perp_funding_2025-08_2026-08.csv.gz', 51, 172, 65, 81, 0.51],
    ['binance_usdm_funding_20coins_2020_2025-11.csv.gz', 21, 1032, 290, 179, 0.69],
  ] as const)(
    '%s: the two-speed rule earns what it is known to earn',
    (file, symbols, net, all, trades, held) => {
      const series = readTables(join(RECORDED, file), { nowMs: Date.UTC(2026, 10, 1) }).flatMap(
        each => each.funding,
      )
      const [hold, two] = [HOLDING, twoSpeeds(ROUND_TRIP)].map(rule =>
        studiedRule(
          rule.name,
          series.map(each => scoreOf(rule, each, ROUND_TRIP)),
        ),
      )
      expect(series).toHaveLength(symbols)
      expect(Math.round(two?.netBpsPerSymbolYear ?? 0)).toBe(net)
      expect(Math.round(hold?.netBpsPerSymbolYear ?? 0)).toBe(all)
      expect(two?.trades).toBe(trades)
      expect(two?.heldShare).toBeCloseTo(held, 2)
    },
  )
})
