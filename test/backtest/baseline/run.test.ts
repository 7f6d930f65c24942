/** Fixed rules on the simulated exchange: what they do, what it costs, and that the engine is measured by the same rule. */
import { Decimal } from 'decimal.js'
import { describe, expect, test } from 'vitest'
import { baselineRun } from '../../../src/backtest/baseline/run.ts'
import { APR_PAIR, HOLD_ALL, RATE_PAIR } from '../../../src/backtest/baseline/trader.ts'
import { engineRun } from '../../../src/backtest/engine-run.ts'
import { tiesOut } from '../../../src/backtest/run.ts'
import { HOUR_MS } from '../../../src/domain/market/funding.ts'
import { fundingRate, usdt } from '../../../src/domain/units.ts'
import {
  DAY_MS,
  FROM_MS,
  HOLDS,
  historyOfDays,
  invented,
  variantOf,
} from '../../support/backtest/invented.ts'

const seen = (rate: string, hours: number, heldHours: number | null) => ({
  settled: { rate: fundingRate(rate), intervalMs: hours * HOUR_MS },
  heldMs: heldHours === null ? null : heldHours * HOUR_MS,
})

describe('the published thresholds', () => {
  test.each([
    ['0.00051', 8, null, 'enter'],
    ['0.0005', 8, null, 'nothing'],
    // The same rate each hour is eight times as much in eight hours.
    ['0.00007', 1, null, 'enter'],
    ['0.00007', 8, null, 'nothing'],
    ['0.00009', 8, 1, 'leave'],
    ['0.0001', 8, 1, 'nothing'],
    ['0.00002', 1, 1, 'nothing'],
  ] as const)('.05/.01 %% in 8 h: %s each %i h, held %s h, is %s', (rate, hours, held, want) => {
    expect(RATE_PAIR.judge(seen(rate, hours, held)).want).toBe(want)
  })

  test.each([
    // 30 % a year is 0.000274 in eight hours.
    ['0.00028', 8, null, 'enter'],
    ['0.00027', 8, null, 'nothing'],
    ['-0.00014', 8, 120, 'leave'],
    ['-0.00014', 8, 119, 'nothing'],
    ['-0.00013', 8, 500, 'nothing'],
  ] as const)('+30/-15 %% a year: %s each %i h, held %s h, is %s', (rate, hours, held, want) => {
    expect(APR_PAIR.judge(seen(rate, hours, held)).want).toBe(want)
  })

  test('nothing is wanted before the first settlement, save by the one who holds anyway', () => {
    for (const rule of [RATE_PAIR, APR_PAIR])
      expect(rule.judge({ settled: null, heldMs: null }).want).toBe('nothing')
    expect(HOLD_ALL.judge({ settled: null, heldMs: null }).want).toBe('enter')
    expect(HOLD_ALL.judge({ settled: null, heldMs: DAY_MS }).want).toBe('nothing')
  })
})

describe('holding all', () => {
  const days = 3
  const rates = ['0.0003', '-0.0001', '0.00025']
  const history = historyOfDays([invented({ days, rates })], days)
  const run = baselineRun(history, variantOf(['SOLUSDT']), HOLD_ALL)
  const [trade] = run.trades

  test('opens once, at the start, with its share, and closes when the records end', () => {
    expect(run.trades).toHaveLength(1)
    expect(trade?.openedAtMs).toBeLessThan(FROM_MS + HOUR_MS)
    expect(trade?.closedAtMs).toBeGreaterThan(FROM_MS + days * DAY_MS - HOUR_MS)
    expect(trade?.notionalUsdt).toBe('2000')
    expect(trade?.leftBecause).toBe('the records end')
  })

  test('is paid each rate on its quantity at the recorded price, to the last digit', () => {
    // 10 contracts at 200 USDT; the eight settlements of three days after the first midnight.
    const sum = Decimal.sum('0.0003', '-0.0001', new Decimal('0.00025').times(6))
    expect(trade?.settlements).toBe(8)
    expect(trade?.fundingUsdt).toBe(sum.times(2000).toFixed())
    expect(run.checks.funding.bookedUsdt).toBe(run.checks.funding.recordedUsdt)
  })

  test('pays four taker fees and the spread, and nothing else while the price does not move', () => {
    const turnover = Number(trade?.turnoverUsdt)
    // Two fills at 10 bps and two at 5.5 bps, of about 2000 USDT each.
    expect(turnover / 8000).toBeCloseTo(1, 2)
    expect(Number(trade?.feesUsdt) / -6.2).toBeCloseTo(1, 2)
    expect(Number(trade?.slippageUsdt)).toBeLessThan(0)
    expect(trade?.costBps).toBeGreaterThan(31)
    expect(trade?.costBps).toBeLessThan(36)
    expect(Math.abs(Number(trade?.basisUsdt))).toBeLessThan(0.05)
  })

  test('adds up, ties out, and the account is worth what the trade made', () => {
    const { fundingUsdt, feesUsdt, slippageUsdt, basisUsdt, interestUsdt, netUsdt } = run.figures
    const parts = Decimal.sum(fundingUsdt, feesUsdt, slippageUsdt, basisUsdt, interestUsdt)
    expect(parts.toFixed()).toBe(netUsdt)
    expect(run.checks.residuals).toMatchObject({ USDT: '0', SOL: '0' })
    expect(tiesOut(run)).toBe(true)
    expect(Number(run.equity.at(-1)?.equityUsdt) - 10_000).toBeCloseTo(Number(netUsdt), 2)
  })

  test('earns the basis that closes', () => {
    const closing = invented({ days, rates, perpPrice: hour => (hour < 12 ? 201 : 200) })
    const { trades } = baselineRun(historyOfDays([closing], days), variantOf(['SOLUSDT']), HOLD_ALL)
    // Short at 201, bought back at 200: one USDT for each of 9.9 coins.
    expect(Number(trades[0]?.basisUsdt)).toBeCloseTo(9.9, 1)
  })

  test('shares the capital between the symbols', () => {
    const two = [invented({ days, rates }), invented({ symbol: 'BNBUSDT', days, rates })]
    const poor = { ...variantOf(['SOLUSDT', 'BNBUSDT']), capitalUsdt: '2700' as never }
    const { trades } = baselineRun(historyOfDays(two, days), poor, HOLD_ALL)
    // (2700 − 100 kept free) / 1.3 for the buffer, in two.
    expect(trades.map(({ notionalUsdt }) => Math.round(Number(notionalUsdt) / 100))).toEqual([10, 10])
  })
})

test('a threshold opens after the settlement that shows it and closes after the one that ends it', () => {
  const days = 3
  const rates = ['0.0001', '0.0006', '0.0006', '0.00005']
  const history = historyOfDays([invented({ days, rates })], days)
  const { trades } = baselineRun(history, variantOf(['SOLUSDT']), RATE_PAIR)
  expect(trades).toHaveLength(1)
  const hours = [trades[0]?.openedAtMs, trades[0]?.closedAtMs].map(atMs =>
    Math.floor(((atMs ?? 0) - FROM_MS) / HOUR_MS),
  )
  expect(hours).toEqual([16, 32])
  // Of the two settlements inside, the second is the one that drove it out.
  expect(trades[0]?.fundingUsdt).toBe(new Decimal('0.00065').times(2000).toFixed())
})

test('a missing hour is no market: what is wanted waits for the next', () => {
  const whole = invented({ days: 2, rates: ['0.0001'] })
  const history = historyOfDays([{ ...whole, prices: whole.prices.slice(5) }], 2)
  const { trades } = baselineRun(history, variantOf(['SOLUSDT']), HOLD_ALL)
  expect(Math.floor(((trades[0]?.openedAtMs ?? 0) - FROM_MS) / HOUR_MS)).toBe(5)
})

test('where the engine holds too, both come to the same', async () => {
  const days = 4
  const rates = ['0.0003', '-0.0001', '0.00025', '0.0004']
  const moving = invented({
    days,
    rates,
    spotPrice: hour => 200 + Math.sin(hour / 7),
    perpPrice: hour => 200.1 + Math.sin(hour / 7),
  })
  const history = historyOfDays([moving], days)
  const held = baselineRun(history, variantOf(['SOLUSDT']), HOLD_ALL)
  const ran = await engineRun(history, variantOf(['SOLUSDT'], HOLDS))
  expect(tiesOut(ran)).toBe(true)
  expect(ran.trades).toHaveLength(1)
  const [engine, calculator] = [ran.trades[0], held.trades[0]]
  expect(engine?.settlements).toBe(calculator?.settlements)
  expect(engine?.notionalUsdt).toBe(calculator?.notionalUsdt)
  expect(engine?.fundingUsdt).toBe(calculator?.fundingUsdt)
  for (const part of ['feesUsdt', 'turnoverUsdt'] as const)
    expect(Number(engine?.[part]) / Number(calculator?.[part]), part).toBeCloseTo(1, 3)
  for (const part of ['slippageUsdt', 'basisUsdt', 'netUsdt'] as const)
    expect(Math.abs(Number(engine?.[part]) - Number(calculator?.[part])), part).toBeLessThan(0.1)
})

describe('the least that an exchange takes', () => {
  const days = 2
  const priced = (price: number) =>
    invented({ symbol: 'AVAXUSDT', days, rates: ['0.0003'], spotPrice: () => price, perpPrice: () => price })
  const variant = variantOf(['AVAXUSDT'])

  test('a last slice that would be too small goes with the one before it, and no order is refused', () => {
    for (const price of [9.27, 9.28, 9.3, 9.41]) {
      const run = baselineRun(historyOfDays([priced(price)], days), variant, HOLD_ALL)
      expect(run.events).toEqual([])
      expect(run.trades[0]?.closedAtMs).not.toBeNull()
      expect(tiesOut(run)).toBe(true)
    }
  })

  test('a share below the smallest order is an event of the run, and the run goes on', () => {
    const poor = { ...variant, capitalUsdt: usdt('104') }
    const run = baselineRun(historyOfDays([priced(9.3)], days), poor, HOLD_ALL)
    expect(run.trades).toEqual([])
    expect(run.events[0]).toMatchObject({
      symbol: 'AVAXUSDT',
      what: expect.stringMatching(/^not entered: .* USDT are less/),
    })
    expect(tiesOut(run)).toBe(true)
  })

  test('an order the exchange refuses is an event, its leg is not held, and the run goes on', () => {
    const history = historyOfDays([priced(9.3)], days)
    const poor = {
      ...variant,
      capitalUsdt: usdt('504'),
      rules: { ...variant.rules, limits: { ...variant.rules.limits, freeMarginUsdtMin: usdt('-5000') } },
    }
    const run = baselineRun(history, poor, HOLD_ALL)
    expect(run.events.length).toBeGreaterThan(0)
    expect(run.events.every(({ what }) => /filled, /.test(what))).toBe(true)
    expect(run.checks.residuals.USDT).toBe('0')
  })
})
