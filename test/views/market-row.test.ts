import { expect, test } from 'vitest'
import { fundingRate, price } from '../../src/domain/units.ts'
import type { Exchange, Kline } from '../../src/exchange/exchange.ts'
import { readMarketHistory } from '../../src/views/market-row.ts'
import { NOW_MS, pairOn, XRP } from '../support/domain/sample-market.ts'

const MINUTE_MS = 60_000
const candle = (atMs: number, close: string): Kline => ({
  ...{ atMs, open: price(close), high: price(close), low: price(close), close: price(close) },
})
const asked: string[] = []
const exchange = {
  fundingHistory: (symbol: string) => {
    asked.push(symbol)
    return Promise.resolve([{ symbol, rate: fundingRate('0.0001'), settledAtMs: NOW_MS - MINUTE_MS }])
  },
  klines: (market: string) =>
    Promise.resolve(
      market === 'linear'
        ? [candle(NOW_MS - 2 * MINUTE_MS, '2.525'), candle(NOW_MS - MINUTE_MS, '2.5')]
        : [candle(NOW_MS - 2 * MINUTE_MS, '0.0025')],
    ),
} as unknown as Exchange

test('a basis is told per coin, at the end of each candle that both markets have', async () => {
  const pair = pairOn({ ...XRP, multiplier: 1000 })
  const history = await readMarketHistory({ exchange, clock: { nowMs: () => NOW_MS } as never }, pair, 1)
  expect(history.basis).toEqual([{ atMs: NOW_MS - MINUTE_MS, bps: 100 }])
  expect(history.rates).toEqual([{ atMs: NOW_MS - MINUTE_MS, rate: '0.0001' }])
  expect(asked).toEqual(['XRPUSDT'])
})
