/** Real mainnet frames through the real feed and book code: the recording is the witness of how Bybit really speaks. */
import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { orderBookBuilder } from '../../../../src/exchange/bybit/streams/order-books.ts'
import { tickerBuilder } from '../../../../src/exchange/bybit/streams/tickers.ts'
import {
  isUsdtPerpetual,
  perpInstrument,
  spotInstrument,
} from '../../../../src/exchange/bybit/translate/instruments.ts'

const folder = new URL('../../../../../shared/data/recorded/', import.meta.url)
const frames = new URL('bybit_v5_public_2026-08-09_45s.jsonl.gz', folder)
const present = existsSync(frames)
if (!present) console.log('skipped: no recording at ../shared/data/recorded beside the checkout')

const text = (name: string) => gunzipSync(readFileSync(new URL(name, folder))).toString()

type Line = { t: string; conn?: string; data?: string }

/** Levels of one side by price; a size of 0 takes one away. */
function apply(side: Map<string, string>, updates: readonly [string, string][]) {
  for (const [price, size] of updates)
    if (size === '0') side.delete(price)
    else side.set(price, size)
}

describe.skipIf(!present)('recorded mainnet frames', () => {
  const lines = present ? gunzipSync(readFileSync(frames)).toString().trim().split('\n') : []
  const pushes = lines
    .map(line => JSON.parse(line) as Line)
    .filter(line => line.t === 'recv' && line.data)
    .map(line => ({
      market: line.conn === 'BYBIT.ws.3' ? ('spot' as const) : ('linear' as const),
      message: JSON.parse(line.data ?? '') as Record<string, unknown>,
    }))
    .filter(({ message }) => typeof message.topic === 'string')

  test('every book frame is in sequence, never crosses, and 200 levels a side are held after each', () => {
    const books = new Map<string, ReturnType<typeof orderBookBuilder>>()
    const counts = { frames: 0, snapshots: 0, books: 0, levelsShownMax: 0 }
    for (const { market, message } of pushes) {
      const topic = String(message.topic)
      if (!topic.startsWith('orderbook.200.')) continue
      const symbol = topic.slice('orderbook.200.'.length)
      const builder = books.get(market + symbol) ?? orderBookBuilder(market, symbol)
      books.set(market + symbol, builder)
      const answer = builder.apply(message)
      counts.frames++
      if (message.type === 'snapshot') counts.snapshots++
      expect(answer).toMatchObject({ kind: 'book' })
      if (answer.kind !== 'book') continue
      counts.books++
      const { bids, asks } = answer.book
      counts.levelsShownMax = Math.max(counts.levelsShownMax, bids.length)
      expect(builder.depth()).toEqual({ bids: 200, asks: 200 })
      expect(Number(bids[0]?.[0])).toBeLessThan(Number(asks[0]?.[0]))
      expect(bids.every(([price], at) => at === 0 || Number(price) < Number(bids[at - 1]?.[0]))).toBe(true)
      expect(asks.every(([price], at) => at === 0 || Number(price) > Number(asks[at - 1]?.[0]))).toBe(true)
    }
    console.log('book frames:', counts, 'books of', [...books.keys()].join(' '))
    expect(counts.books).toBe(counts.frames)
    expect(counts.frames - counts.snapshots).toBeGreaterThan(2000)
    expect(books.size).toBe(6)
    expect(counts.levelsShownMax).toBe(50)
  })

  test('the built book equals one built by brute force from the same frames', () => {
    const [builder, bids, asks] = [
      orderBookBuilder('linear', 'BTCUSDT'),
      new Map<string, string>(),
      new Map<string, string>(),
    ]
    for (const { market, message } of pushes) {
      if (market !== 'linear' || message.topic !== 'orderbook.200.BTCUSDT') continue
      const data = message.data as { b: [string, string][]; a: [string, string][] }
      apply(bids, data.b)
      apply(asks, data.a)
      const answer = builder.apply(message)
      if (answer.kind !== 'book') throw new Error(`expected a book, found ${answer.kind}`)
      const best = [...bids].sort(([a], [b]) => Number(b) - Number(a)).slice(0, 50)
      expect(answer.book.bids).toEqual(best)
      expect(answer.book.asks).toEqual([...asks].sort(([a], [b]) => Number(a) - Number(b)).slice(0, 50))
    }
    expect(builder.depth()).toEqual({ bids: bids.size, asks: asks.size })
  })

  test('every linear ticker frame gives a whole ticker that agrees with the merged fields', () => {
    const builders = new Map<string, ReturnType<typeof tickerBuilder>>()
    const merged = new Map<string, Record<string, unknown>>()
    let seen = 0
    for (const { market, message } of pushes) {
      const topic = String(message.topic)
      if (market !== 'linear' || !topic.startsWith('tickers.')) continue
      const builder = builders.get(topic) ?? tickerBuilder()
      builders.set(topic, builder)
      const fields = { ...merged.get(topic), ...(message.data as Record<string, unknown>) }
      merged.set(topic, fields)
      const answer = builder.apply(message)
      if (answer.kind !== 'ticker') throw new Error(`expected a ticker, found ${JSON.stringify(answer)}`)
      seen++
      expect(Number(answer.ticker.markPrice)).toBe(Number(fields.markPrice))
      expect(Number(answer.ticker.lastPrice)).toBe(Number(fields.lastPrice))
      expect(Number(answer.ticker.fundingRate)).toBe(Number(fields.fundingRate))
      expect(answer.ticker.fundingIntervalMs).toBe(Number(fields.fundingIntervalHour) * 3_600_000)
      expect(answer.ticker.atMs).toBe(message.ts)
    }
    console.log('ticker frames:', seen, 'of', builders.size, 'symbols')
    expect(seen).toBeGreaterThan(700)
  })

  test('every listed instrument of mainnet can be translated', () => {
    const list = (name: string) =>
      (JSON.parse(text(name)) as { result: { list: Record<string, unknown>[] } }).result.list
    const spots = list('instruments-info_spot_2026-08-09.json.gz').map(spotInstrument)
    const coins = new Set(spots.filter(spot => spot.quoteCoin === 'USDT').map(spot => spot.baseCoin))
    const perps = list('instruments-info_linear_2026-08-09.json.gz')
      .filter(isUsdtPerpetual)
      .map(row => perpInstrument(row, coins))
    const multiplied = perps.filter(perp => perp.multiplier > 1).map(perp => perp.symbol)
    console.log(
      'instruments:',
      spots.length,
      'spot',
      perps.length,
      'perps, multiplied:',
      multiplied.join(' '),
    )
    expect(perps.length).toBeGreaterThan(650)
    expect(perps.find(perp => perp.symbol === '1000PEPEUSDT')?.multiplier).toBe(1000)
    expect(perps.find(perp => perp.symbol === 'SHIB1000USDT')?.multiplier).toBe(1000)
    expect(perps.find(perp => perp.symbol === '1INCHUSDT')?.multiplier).toBe(1)
    expect(new Set(perps.map(perp => perp.fundingIntervalMs / 3_600_000))).toEqual(new Set([1, 4, 8]))
  })
})
