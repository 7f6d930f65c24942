/** Screening: the study's every entry and exit, room that is limited, stops over prices, and nothing of the future known. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type BookLimits, ONE_OF_EACH } from '../../../src/backtest/screen/book.ts'
import { screenCosts } from '../../../src/backtest/screen/costs.ts'
import { engineJudge, mindJudge } from '../../../src/backtest/screen/judge.ts'
import { fundingMatrix } from '../../../src/backtest/screen/matrix.ts'
import { screen } from '../../../src/backtest/screen/screen.ts'
import { engineRule, marketMeans } from '../../../src/backtest/study/engine-rule.ts'
import { baselines } from '../../../src/backtest/study/rules.ts'
import { scoreOf } from '../../../src/backtest/study/score.ts'
import { feeLevel } from '../../../src/backtest/variant.ts'
import { HOUR_MS } from '../../../src/domain/market/funding.ts'
import type { Rules } from '../../../src/domain/rules.ts'
import type { FundingPoint, PricePoint } from '../../../src/exchange/simulator/history/files.ts'
import { readTables } from '../../../src/exchange/simulator/history/tables.ts'
import { DAY_MS, defaultRules, FROM_MS } from '../../support/backtest/invented.ts'

const fees = feeLevel('vip0')
if (!fees) throw new Error('vip0: expected published fees, found none')
const rules = defaultRules()
const ROUND_TRIP = 0.0031

type Funding = ReadonlyMap<string, readonly FundingPoint[]>
const steady = (rate: number | ((at: number) => number), count: number, hours = 8): FundingPoint[] =>
  Array.from({ length: count }, (_, at) => ({
    atMs: FROM_MS + at * hours * HOUR_MS,
    rate: (typeof rate === 'number' ? rate : rate(at)).toFixed(8),
    intervalMs: hours * HOUR_MS,
  }))

/** Calm, rich and costly times of one coin, every interval Bybit has, and one that switches on the way. */
function walk(seed: number, count: number, hours: number): FundingPoint[] {
  let [state, level] = [seed, 0.0001]
  const noise = () => {
    state = (state * 48271) % 2147483647
    return state / 2147483647 - 0.5
  }
  return steady(
    () => {
      level = 0.985 * level + 0.000002 + 0.0007 * noise()
      return (level * hours) / 8
    },
    count,
    hours,
  )
}
function switching(seed: number): FundingPoint[] {
  const calm = walk(seed, 200, 8)
  const after = (calm.at(-1)?.atMs ?? 0) + HOUR_MS
  const quick = walk(seed + 1, 900, 1).map(point => ({ ...point, atMs: point.atMs - FROM_MS + after }))
  return [...calm, ...quick]
}
const lively: Funding = new Map([
  ['AUSDT', walk(11, 500, 8)],
  ['BUSDT', walk(12, 900, 4)],
  ['CUSDT', walk(13, 500, 8)],
  ['DUSDT', switching(14)],
])

type Set = { of?: Rules; limits?: BookLimits; half?: number; prices?: ReadonlyMap<string, PricePoint[]> }
function screened(funding: Funding, { of = rules, limits = ONE_OF_EACH, half = 0, prices }: Set = {}) {
  const matrix = fundingMatrix({ funding, ...(prices && { prices }) })
  const costs = screenCosts(of, fees ?? never(), half)
  return screen({ matrix, judge: engineJudge(matrix, of, costs), costs, limits, rules: of })
}
const never = (): never => {
  throw new Error('never')
}

type Told = { symbol: string; enteredAtMs: number; leftAtMs: number; funding: number }
const told = (trades: readonly Told[]) =>
  trades
    .map(({ symbol, enteredAtMs, leftAtMs, funding }) =>
      [symbol, enteredAtMs, leftAtMs, funding.toFixed(12)].join(' '),
    )
    .sort()
const inDecimals = (funding: Funding, half: number) => {
  const series = [...funding].map(([symbol, points]) => ({ symbol, points }))
  const rule = engineRule({
    rules,
    fees: fees ?? never(),
    halfSpreadBps: half,
    marketPerHourAt: marketMeans(series, rules),
  })
  return told(
    series.flatMap(each =>
      scoreOf(rule, each, ROUND_TRIP).trades.map(trade => ({ ...trade, symbol: each.symbol })),
    ),
  )
}

describe('beside the live functions in decimals', () => {
  test.each([0, 2.5])('every entry, exit and payment is the same at %d bps of half spread', half => {
    const expected = inDecimals(lively, half)
    expect(expected.length).toBeGreaterThan(5)
    expect(told(screened(lively, { half }).trades)).toEqual(expected)
  })

  test('so is each baseline’s, beside the study’s', () => {
    const matrix = fundingMatrix({ funding: lively })
    const costs = screenCosts(rules, fees, 0)
    for (const rule of baselines(ROUND_TRIP)) {
      const expected = [...lively].flatMap(([symbol, points]) =>
        scoreOf(rule, { symbol, points }, ROUND_TRIP).trades.map(trade => ({ ...trade, symbol })),
      )
      const found = screen({ matrix, judge: mindJudge(matrix, rule), costs, limits: ONE_OF_EACH, rules })
      expect(told(found.trades)).toEqual(told(expected))
    }
  })

  const RECORDED = join(
    import.meta.dirname,
    '../../../../shared/data/funding/bybit_usdt_perp_funding_2025-08_2026-08.csv.gz',
  )
  test.skipIf(!existsSync(RECORDED))('and on recorded contracts that switch, list and end', () => {
    const some = ['INJUSDT', 'TONUSDT', 'TSLAUSDT']
    const all = readTables(RECORDED, { nowMs: Date.UTC(2026, 10, 1) }).flatMap(each => each.funding)
    const funding = new Map(
      all.filter(({ symbol }) => some.includes(symbol)).map(each => [each.symbol, each.points]),
    )
    expect(funding.size).toBe(some.length)
    expect(told(screened(funding).trades)).toEqual(inDecimals(funding, 0))
  })
})

test('nothing of the future is known: whatever comes later, what was done until then stays', () => {
  const cutMs = FROM_MS + 120 * DAY_MS
  const shuffled = new Map(
    [...lively].map(([symbol, points]) => {
      const later = points.filter(({ atMs }) => atMs > cutMs)
      const rates = later.map(({ rate }) => rate).reverse()
      return [
        symbol,
        points.map((point, at) => {
          const place = at - (points.length - later.length)
          return place < 0 ? point : { ...point, rate: rates[place] ?? point.rate }
        }),
      ]
    }),
  )
  const limits = { ...ONE_OF_EACH, capital: 2, hedgesMax: 2 }
  const until = (funding: Funding) => {
    const { trades } = screened(funding, { limits })
    return {
      entries: trades
        .filter(each => each.enteredAtMs <= cutMs)
        .map(each => `${each.symbol} ${each.enteredAtMs}`)
        .sort(),
      whole: told(trades.filter(each => each.leftAtMs <= cutMs)),
    }
  }
  const [before, after] = [until(lively), until(shuffled)]
  expect(before.entries.length).toBeGreaterThan(1)
  expect(after).toEqual(before)
  expect(told(screened(shuffled, { limits }).trades)).not.toEqual(told(screened(lively, { limits }).trades))
})

describe('room that is limited', () => {
  const funding = new Map([
    ['POORUSDT', steady(0.0001, 200)],
    ['RICHUSDT', steady(0.0004, 200)],
    ['MIDUSDT', steady(0.0002, 200)],
  ])

  test('goes to the best on its capital, and says what it was held against', () => {
    const { trades } = screened(funding, {
      limits: { ...ONE_OF_EACH, capital: 1000, hedgeMax: 100, hedgesMax: 2 },
    })
    expect(trades.map(({ symbol }) => symbol).sort()).toEqual(['MIDUSDT', 'RICHUSDT'])
    const rich = trades.find(({ symbol }) => symbol === 'RICHUSDT')
    expect(rich?.before?.symbol).toBe('MIDUSDT')
    expect(rich?.expectedApr).toBeGreaterThan(rich?.before?.apr ?? Number.POSITIVE_INFINITY)
  })

  test('a share of one coin, a reserve, and free money are kept', () => {
    const limits = { ...ONE_OF_EACH, capital: 1000, hedgeMax: 500, coinShareMax: 0.1 }
    const sizes = (of: BookLimits) => screened(funding, { limits: of }).trades.map(({ notional }) => notional)
    for (const size of sizes(limits)) expect(size).toBeCloseTo(100, 6)
    const reserved = sizes({ ...limits, coinShareMax: 1, reserveShare: 0.9 })
    expect(reserved[0]).toBeCloseTo(100 / (1.4 + 0.0031), 6)
    expect(sizes({ ...limits, freeMin: 1000 })).toEqual([])
  })

  test('goes past a symbol whose group is full, and sizes one by what its group has left', () => {
    const limits = { ...ONE_OF_EACH, capital: 1000, hedgeMax: 100, hedgesMax: 2, hedgeMin: 10 }
    const held = (groupShareMax: number) =>
      screened(funding, { limits: { ...limits, groups: [['RICHUSDT', 'MIDUSDT']], groupShareMax } }).trades
    const whole = held(0.1)
    expect(whole.map(({ symbol }) => symbol).sort()).toEqual(['POORUSDT', 'RICHUSDT'])
    const sizes = held(0.15).map(({ symbol, notional }) => [symbol, Math.round(notional)])
    expect(sizes.sort()).toEqual([
      ['MIDUSDT', 50],
      ['RICHUSDT', 100],
    ])
  })

  test('is made for a better one when that pays for the way, and not for one that is hardly better', () => {
    const later = (rate: number) =>
      new Map([
        ['HELDUSDT', steady(at => (at < 150 ? 0.0002 : 0.00004), 360)],
        ['NEWUSDT', steady(at => (at < 150 ? -0.0001 : rate), 360)],
      ])
    const limits = { ...ONE_OF_EACH, capital: 1000, hedgeMax: 100, hedgesMax: 1 }
    const left = (rate: number) => screened(later(rate), { limits }).trades[0]
    expect(left(0.001)).toMatchObject({ symbol: 'HELDUSDT', because: 'better-elsewhere' })
    expect(left(0.00006)).toMatchObject({ symbol: 'HELDUSDT', because: 'end' })
  })
})

describe('stops over hourly prices', () => {
  const funding = new Map([['SOLUSDT', steady(0.0002, 200)]])
  const prices = (basisAt: (hour: number) => number) =>
    new Map([
      [
        'SOLUSDT',
        Array.from({ length: 1600 }, (_, hour) => ({
          atMs: FROM_MS + hour * HOUR_MS,
          spotPrice: 100,
          perpPrice: 100 + basisAt(hour),
        })),
      ],
    ])
  const patient = { ...rules, strategy: { ...rules.strategy, basisStopMs: 2 * HOUR_MS } }
  const of = (basisAt: (hour: number) => number) =>
    screened(funding, { of: patient, prices: prices(basisAt) }).trades

  test('a basis that stays past the stop ends the hedge at what it cost', () => {
    const [trade] = of(hour => (hour >= 1003 ? 4 : 0))
    expect(trade).toMatchObject({ because: 'loss-stop', leftAtMs: FROM_MS + 1005 * HOUR_MS })
    expect(trade?.basis).toBeCloseTo(-0.04, 9)
  })

  test('a spike of one hour is not sold', () => {
    expect(of(hour => (hour === 1003 ? 4 : 0))[0]?.because).toBe('end')
  })

  test('an hour without a price is not traded in', () => {
    const gap = new Map(
      [...prices(() => 0)].map(([symbol, points]) => [symbol, points.filter((_, hour) => hour > 900)]),
    )
    const [trade] = screened(funding, { prices: gap }).trades
    expect(trade?.enteredAtMs).toBe(FROM_MS + 904 * HOUR_MS)
  })
})

test('the equity of each day adds up to what the trades made', () => {
  const limits = { ...ONE_OF_EACH, capital: 10, hedgeMax: 1 }
  const { equity, trades } = screened(lively, { limits, half: 1 })
  const net = trades.reduce((sum, trade) => sum + trade.net, 0)
  expect(equity[0]).toBe(10)
  expect((equity.at(-1) ?? 0) - 10).toBeCloseTo(net, 9)
  for (const { funding, fees: paid, slippage, basis, net: left } of trades)
    expect(left).toBeCloseTo(funding + paid + slippage + basis, 12)
})
