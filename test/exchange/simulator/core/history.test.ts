import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Decimal } from 'decimal.js'
import { describe, expect, test } from 'vitest'
import { readHistory, type SymbolHistory } from '../../../../src/exchange/simulator/history/files.ts'
import { historyMarket } from '../../../../src/exchange/simulator/history/market.ts'
import { builtInUniverse } from '../../../../src/exchange/simulator/universe/universe.ts'
import { HOUR, openDesk } from '../../../support/exchange/simulator-core.ts'

const DATA = join(import.meta.dirname, '../../../../../shared/data')
const present = existsSync(DATA)
if (!present) console.warn('skipped: ../shared is not beside this checkout, history files are not read')

const FROM_MS = Date.UTC(2025, 9, 10)
const universe = builtInUniverse(['SOLUSDT', 'BNBUSDT'])

/** Ten hours of SOL with the sixth missing; settlements each 4 hours, the last after one hour only. */
const invented: SymbolHistory = {
  symbol: 'SOLUSDT',
  prices: [0, 1, 2, 3, 4, 6, 7, 8, 9].map(hour => ({
    atMs: FROM_MS + hour * HOUR,
    spotPrice: 200 + hour,
    perpPrice: 200.2 + hour,
  })),
  settlements: [
    { atMs: FROM_MS + 4 * HOUR, rate: '0.0001', intervalMs: 4 * HOUR },
    { atMs: FROM_MS + 8 * HOUR, rate: '-0.0002', intervalMs: 4 * HOUR },
    { atMs: FROM_MS + 9 * HOUR, rate: '0.0003', intervalMs: HOUR },
  ],
}

function replayDesk(symbols: readonly SymbolHistory[] = [invented], startAtMs = FROM_MS) {
  const market = historyMarket({ universe, symbols, startAtMs, halfSpreadBps: 1 })
  return openDesk({ universe, market, startAtMs })
}

describe('a market of recorded history', () => {
  test('steps on the hours only, and shows the recorded prices with a book around them', () => {
    const desk = replayDesk()
    expect(desk.core.nextDueAtMs()).toBe(FROM_MS + HOUR)
    desk.core.advance(FROM_MS + 2.5 * HOUR)
    const ticker = desk.one('/v5/market/tickers', { category: 'linear', symbol: 'SOLUSDT' })
    expect(ticker).toMatchObject({ markPrice: '202.200', indexPrice: '202.000' })
    const { bid, ask } = desk.touch('spot', 'SOLUSDT')
    expect(Number(bid)).toBeLessThan(202)
    expect(Number(ask)).toBeGreaterThan(202)
    expect((Number(ask) - Number(bid)) / 202).toBeLessThan(0.0003)
  })

  test('has no market in a missing hour, and none for a coin without history', () => {
    const desk = replayDesk()
    desk.core.advance(FROM_MS + 5.5 * HOUR)
    for (const symbol of ['SOLUSDT', 'BNBUSDT']) {
      expect(desk.list('/v5/market/tickers', { category: 'linear', symbol })).toEqual([])
      expect(desk.get('/v5/market/orderbook', { category: 'linear', symbol })).toMatchObject({ b: [], a: [] })
      expect(
        desk.create({ category: 'linear', symbol, side: 'Buy', orderType: 'Market', qty: '1' }).retCode,
      ).not.toBe(0)
      expect(desk.core.subscribe('public-linear', `orderbook.50.${symbol}`)).toEqual([])
    }
    const klines = desk.get('/v5/market/kline', { category: 'linear', symbol: 'SOLUSDT', interval: '60' })
      .list as string[][]
    expect(klines.map(([start]) => (Number(start) - FROM_MS) / HOUR)).toEqual([4, 3, 2, 1, 0])
    desk.core.advance(FROM_MS + 6 * HOUR)
    expect(
      desk.create({ category: 'linear', symbol: 'SOLUSDT', side: 'Buy', orderType: 'Market', qty: '1' })
        .retCode,
    ).toBe(0)
  })

  test('pays each recorded settlement at its mark, and never shows a rate before it was settled', () => {
    const desk = replayDesk()
    desk.create({ category: 'linear', symbol: 'SOLUSDT', side: 'Sell', orderType: 'Market', qty: '10' })
    const shown = () => desk.one('/v5/market/tickers', { category: 'linear', symbol: 'SOLUSDT' })
    expect(shown()).toMatchObject({
      fundingRate: '0',
      nextFundingTime: String(FROM_MS + 4 * HOUR),
      fundingIntervalHour: '4',
    })
    desk.core.advance(FROM_MS + 4 * HOUR)
    expect(shown()).toMatchObject({ fundingRate: '0.0001', nextFundingTime: String(FROM_MS + 8 * HOUR) })
    desk.core.advance(FROM_MS + 8 * HOUR)
    expect(shown()).toMatchObject({
      fundingRate: '-0.0002',
      nextFundingTime: String(FROM_MS + 9 * HOUR),
      fundingIntervalHour: '1',
    })
    desk.core.advance(FROM_MS + 10 * HOUR)
    const rows = desk.log({
      type: 'SETTLEMENT',
      startTime: String(FROM_MS),
      endTime: String(FROM_MS + 10 * HOUR),
    })
    const expected = [
      ['0.0003', 9],
      ['-0.0002', 8],
      ['0.0001', 4],
    ].map(([rate = '0', hour]) =>
      new Decimal(10)
        .times(200.2 + Number(hour))
        .times(rate)
        .toFixed(),
    )
    expect(rows.map(row => row.funding)).toEqual(expected)
  })

  test('charges interest at five past each hour, between its own steps', () => {
    const desk = replayDesk()
    const sale = { category: 'spot', symbol: 'SOLUSDT', side: 'Sell', orderType: 'Market', qty: '10' }
    expect(desk.create({ ...sale, isLeverage: '1' }).retCode).toBe(0)
    expect(desk.core.nextDueAtMs()).toBe(FROM_MS + 5 * 60_000)
    desk.core.advance(FROM_MS + 3 * HOUR)
    const rows = desk.log({
      type: 'INTEREST',
      startTime: String(FROM_MS),
      endTime: String(FROM_MS + 3 * HOUR),
    })
    expect(rows.map(row => (Number(row.transactionTime) - FROM_MS) / 60_000)).toEqual([125, 65, 5])
  })

  test('what was taken from the book comes back between the hours', () => {
    const desk = replayDesk()
    const before = desk.touch('linear', 'SOLUSDT')
    desk.create({ category: 'linear', symbol: 'SOLUSDT', side: 'Buy', orderType: 'Market', qty: '400' })
    expect(Number(desk.touch('linear', 'SOLUSDT').ask)).toBeGreaterThan(Number(before.ask))
    desk.core.advance(FROM_MS + 120_000)
    expect(desk.touch('linear', 'SOLUSDT')).toEqual(before)
  })
})

describe.skipIf(!present)('the recorded files', () => {
  test('are read whole, and every hole is told', () => {
    const { symbols, faults, fromMs, toMs } = readHistory(DATA)
    expect(symbols.map(({ symbol }) => symbol)).toEqual(['BNBUSDT', 'SOLUSDT'])
    for (const { symbol, prices, settlements } of symbols) {
      const missingMs = faults
        .filter(fault => fault.symbol === symbol && fault.kind === 'missing price hours')
        .reduce((total, fault) => total + fault.toMs - fault.fromMs, 0)
      expect(prices.length * HOUR + missingMs, symbol).toBe(toMs - fromMs)
      expect(settlements.length).toBeGreaterThan(500)
      for (const [at, point] of settlements.entries())
        expect(point.atMs).toBeGreaterThan(settlements[at - 1]?.atMs ?? 0)
    }
  })

  test('carry a short SOL position through a month, each settlement paid once', () => {
    const { symbols } = readHistory(DATA)
    const desk = replayDesk(symbols)
    desk.create({ category: 'linear', symbol: 'SOLUSDT', side: 'Sell', orderType: 'Market', qty: '10' })
    const toMs = FROM_MS + 6 * 24 * HOUR
    desk.core.advance(toMs)
    const rows = desk.log({ type: 'SETTLEMENT', startTime: String(FROM_MS), endTime: String(toMs) })
    const [sol] = symbols
    const due = sol?.settlements.filter(({ atMs }) => atMs > FROM_MS && atMs <= toMs) ?? []
    expect(rows.map(row => row.transactionTime)).toEqual(due.map(({ atMs }) => String(atMs)).reverse())
  })
})
