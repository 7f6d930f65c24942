/** The real engine over recorded days: the same bytes twice, books that tie out, every trade explained. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Decimal } from 'decimal.js'
import { beforeAll, describe, expect, test } from 'vitest'
import { tiesOut } from '../../src/backtest/run.ts'
import { feeLevel } from '../../src/backtest/variant.ts'
import { type BacktestReport, backtestVariants } from '../../src/backtest/variants.ts'
import { backtestText } from '../../src/cli/text/backtest.ts'
import { HOUR_MS } from '../../src/domain/market/funding.ts'
import { type History, readHistory } from '../../src/exchange/simulator/history/files.ts'
import { DAY_MS, defaultRules, historyOfDays, invented } from '../support/backtest/invented.ts'

const DATA = join(import.meta.dirname, '../../../shared/data')
const present = existsSync(DATA)
if (!present) console.warn('skipped: ../shared is not beside this checkout, no recorded days are run')

const fees = feeLevel('vip0')
if (!fees) throw new Error('vip0: expected published fees, found none')
const wish = (history: History) => ({
  history,
  coverage: [{ symbol: 'LONELYUSDT', prices: null, funding: { fromMs: 0, toMs: 1 } }],
  rules: defaultRules(),
  file: null,
  patient: true,
  compare: false,
  fees,
  routes: null,
  spread: true,
  capitalUsdt: null,
  seed: 5,
})

test('the same history and seed give the same bytes, another seed other books', async () => {
  const rich = invented({ days: 3, rates: ['0.0005', '0.0004', '0.0005', '-0.0002'] })
  const history = historyOfDays([rich, { ...rich, symbol: 'BNBUSDT' }], 3)
  const once = JSON.stringify(await backtestVariants(wish(history)))
  expect(JSON.parse(once).variants[0].runs[0].trades.length).toBeGreaterThan(0)
  expect(JSON.stringify(await backtestVariants(wish(history)))).toBe(once)
  expect(JSON.stringify(await backtestVariants({ ...wish(history), seed: 6 }))).not.toBe(once)
})

test('where nothing is worth doing nothing is done, and the reasons and the best that was seen are told', async () => {
  const poor = invented({ days: 2, rates: ['0.00001'] })
  const report = await backtestVariants({ ...wish(historyOfDays([poor], 2)), patient: false })
  const [engine] = report.variants[0]?.runs ?? []
  expect(engine?.trades).toEqual([])
  expect(engine?.figures.netUsdt).toBe('0')
  const reason = engine?.decisions?.notTaken.find(({ because }) => because === 'carry-below-entry')
  const { idleApr, entryAprMin } = defaultRules().strategy
  const hurdle = idleApr + entryAprMin
  expect(reason).toMatchObject({ symbol: 'SOLUSDT', direction: 'long-carry', limit: String(hurdle) })
  expect(reason?.times).toBeGreaterThan(100)
  expect(Number(reason?.foundMin)).toBeLessThanOrEqual(Number(reason?.foundMax))
  expect(Number(reason?.foundMax)).toBeLessThanOrEqual(hurdle)
  const text = backtestText(report)
  expect(text).toContain('nothing was worth opening: the best net carry ever seen was ')
  expect(text).toContain('net carry of ')
  expect(text).toContain('1 symbols have funding and no prices (--study studies them): LONELYUSDT')
})

describe.skipIf(!present)('ten recorded days', () => {
  let report: BacktestReport
  beforeAll(async () => {
    const history = readHistory(DATA, { fromMs: Date.UTC(2025, 7, 21), toMs: Date.UTC(2025, 7, 31) })
    report = await backtestVariants(wish(history))
  })
  const engine = () => {
    const run = report.variants[0]?.runs[0]
    if (!run) throw new Error('report: expected a run, found none')
    return run
  }

  test('tie out: no residual, nothing unexplained, no hedge left, no settlement missed', () => {
    expect(report.tiesOut).toBe(true)
    for (const run of report.variants[0]?.runs ?? []) {
      expect(tiesOut(run), run.name).toBe(true)
      expect(Object.values(run.checks.residuals).every(residual => residual === '0')).toBe(true)
    }
    expect(engine().checks.journal?.differences).toEqual([])
  })

  test('are paid what the files say, to the last digit', () => {
    const { funding } = engine().checks
    expect(funding.payments).toBeGreaterThan(10)
    expect(funding.bookedUsdt).toBe(funding.recordedUsdt)
    expect(engine().figures.fundingUsdt).toBe(funding.bookedUsdt)
  })

  test('are explained trade by trade: what was expected by part, what came by part, why it was left', () => {
    const { trades } = engine()
    expect(trades.length).toBeGreaterThan(0)
    const text = backtestText(report)
    for (const trade of trades) {
      expect(trade.expected?.routes?.map(({ route }) => route)).toContain(trade.route)
      expect(trade.expected?.breakEvenHours).toBeGreaterThan(0)
      const { fundingUsdt, feesUsdt, slippageUsdt, basisUsdt, interestUsdt, netUsdt } = trade
      expect(Decimal.sum(fundingUsdt, feesUsdt, slippageUsdt, basisUsdt, interestUsdt).toFixed()).toBe(
        netUsdt,
      )
      expect(trade.closedAtMs).toBeGreaterThan(trade.openedAtMs)
      expect(trade.leftBecause).not.toBe('still open')
      expect(text).toContain(`${trade.id} ${trade.symbol}`)
    }
  })

  test('make the account worth what the trades made', () => {
    const { equity, figures } = engine()
    const change = new Decimal(equity.at(-1)?.equityUsdt ?? 0).minus(report.capitalUsdt)
    // What is left as dust is valued at the index by the one, at the last book by the other.
    expect(change.minus(figures.netUsdt).abs().toNumber()).toBeLessThan(0.01)
    expect(equity.length).toBeGreaterThan((10 * DAY_MS) / HOUR_MS - 3)
  })
})

test('the native spread halves the fees where it may be taken', async () => {
  const history = historyOfDays([invented({ days: 2, rates: ['0.0006'] })], 2)
  const of = async (spread: boolean) => {
    const { variants } = await backtestVariants({ ...wish(history), spread })
    const [trade] = variants[0]?.runs[0]?.trades ?? []
    if (!trade) throw new Error('run: expected a hedge, found none')
    return trade
  }
  const [native, legs] = [await of(true), await of(false)]
  expect(native.route).toBe('spread')
  expect(legs.route).not.toBe('spread')
  expect(native.fundingUsdt).toBe(legs.fundingUsdt)
  expect(Number(native.feesUsdt) / Number(legs.feesUsdt)).toBeCloseTo(0.5, 1)
  expect(native.costBps).toBeLessThan(20)
  expect(legs.costBps).toBeGreaterThan(31)
})

test('variants differ in fees and in the spread route, and baselines are run once for the same fees', async () => {
  const history = historyOfDays([invented({ days: 1, rates: ['0.0001'] })], 1)
  const report = await backtestVariants({ ...wish(history), compare: true })
  expect(report.variants.map(({ name }) => name)).toEqual([
    'vip0, with the spread route',
    'vip0, without the spread route',
    'vip3, with the spread route',
    'vip3, without the spread route',
  ])
  expect(report.variants.map(({ allTakerBps }) => Math.round(allTakerBps * 10) / 10)).toEqual([
    31, 31, 22, 22,
  ])
  const [withSpread, without, better] = report.variants
  expect(withSpread?.routes).toContain('spread')
  expect(without?.routes).not.toContain('spread')
  expect(without?.runs[1]).toBe(withSpread?.runs[1])
  const paid = (of: typeof better) => Number(of?.runs[1]?.figures.feesUsdt)
  expect(paid(better) / paid(without)).toBeCloseTo(22 / 31, 2)
})
