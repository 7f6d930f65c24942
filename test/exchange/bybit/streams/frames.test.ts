/** Frames read by their bytes tell what the same frames tell when they are parsed; what is of another form is left to be parsed. */
import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../../../../src/clock/virtual-clock.ts'
import { bestLevelsOf, topicOf } from '../../../../src/exchange/bybit/streams/frames.ts'
import { tickerBuilder } from '../../../../src/exchange/bybit/streams/tickers.ts'
import { createBybitExchange } from '../../../../src/exchange/bybit/venue.ts'
import { type KeptFact, keptFact } from '../../../support/exchange/kept-fact.ts'
import { SERVER_MS, scriptedWire } from '../../../support/exchange/scripted-wire.ts'

type Row = Record<string, unknown>

const WHOLE = {
  symbol: 'BTCUSDT',
  markPrice: '100.1',
  indexPrice: '100',
  lastPrice: '100.2',
  fundingRate: '0.0001',
  nextFundingTime: String(SERVER_MS + 3_600_000),
  fundingIntervalHour: '8',
}
const ticker = (type: string, data: object, ts = SERVER_MS) => ({
  topic: 'tickers.BTCUSDT',
  type,
  data,
  cs: 7,
  ts,
})
const book = (depth: number, type: string, b: string[][], a: string[][], u: number, ts = SERVER_MS) => ({
  topic: `orderbook.${depth}.BTCUSDT`,
  type,
  ts,
  data: { s: 'BTCUSDT', b, a, u, seq: u },
  cts: ts - 3,
})

/** Two adapters that hear the same frames: one shown their bytes first, the other only ever what they parse to. */
function two() {
  const clock = new VirtualClock(SERVER_MS)
  const one = () => {
    const wire = scriptedWire()
    const heard: KeptFact[] = []
    const reports: string[] = []
    const exchange = createBybitExchange(wire, {
      name: 'scripted',
      clock,
      orderDeadlineMs: 5_000,
      report: (kind, detail) => reports.push(`${kind} ${detail}`),
    })
    exchange.watchMarket([{ spot: 'BTCUSDT', perp: 'BTCUSDT' }], fact => heard.push(keptFact(fact)))
    const linear = wire.publicHears.get('linear')
    if (!linear) throw new Error('expected a stream of linear')
    return { heard, reports, linear, resubscribed: wire.resubscribed }
  }
  const [bytes, parsed] = [one(), one()]
  let taken = 0
  return {
    bytes,
    parsed,
    taken: () => taken,
    hear(text: string) {
      clock.advanceTo(clock.nowMs() + 700)
      if (bytes.linear.frame?.(text)) taken++
      else bytes.linear.message(JSON.parse(text) as Row)
      parsed.linear.message(JSON.parse(text) as Row)
    },
  }
}

/** Fields that say nothing of interest, those that do, and words that only look like them. */
const anyField = fc.record(
  Object.fromEntries(
    ['bid1Price', 'ask1Size', 'openInterest', 'markPrice', 'fundingRate', 'markPriceX', 'symbols'].map(
      name => [name, fc.constantFrom('1.5', '0.0001', '', '7')],
    ),
  ),
  { requiredKeys: [] },
)
const anyPrice = fc.constantFrom('99', '98.5', '99.0')
const anyFrame = fc.oneof(
  anyField.map(data => ticker('delta', { symbol: 'BTCUSDT', ...data })),
  anyField.map(data => ticker('snapshot', { ...WHOLE, ...data })),
  fc
    .tuple(anyPrice, fc.constantFrom('1', '2'))
    .map(([at, qty]) => book(1, 'snapshot', [[at, qty]], [['101', '2']], 7)),
  fc.constant(book(1, 'snapshot', [], [], 7)),
  fc.constant(book(50, 'snapshot', [['99', '1']], [['101', '2']], 5)),
)

test('whatever comes, the same facts are heard from the bytes as from the parsed frames', () => {
  let taken = 0
  fc.assert(
    fc.property(fc.array(anyFrame, { minLength: 1, maxLength: 40 }), frames => {
      const both = two()
      for (const [at, frame] of frames.entries()) both.hear(JSON.stringify({ ...frame, ts: SERVER_MS + at }))
      expect(both.bytes.heard).toEqual(both.parsed.heard)
      expect(both.bytes.reports).toEqual(both.parsed.reports)
      expect(both.bytes.resubscribed).toEqual(both.parsed.resubscribed)
      taken += both.taken()
    }),
    { numRuns: 300 },
  )
  expect(taken).toBeGreaterThan(300)
})

describe('left to be parsed is', () => {
  const delta = JSON.stringify(ticker('delta', { symbol: 'BTCUSDT', bid1Price: '1' }))
  const whole = () => {
    const builder = tickerBuilder()
    builder.apply(ticker('snapshot', WHOLE))
    return builder
  }

  test('nothing of a delta that is exactly of its form', () => {
    expect(whole().applyFrame(delta)).toMatchObject({ kind: 'ticker', ticker: { markPrice: '100.1' } })
  })

  test.each([
    ['another symbol than the topic’s', delta.replace('"symbol":"BTC', '"symbol":"ETH')],
    ['an escape in a name', delta.replace('bid1Price', String.raw`mark\u0050rice`)],
    ['an escape in a value', delta.replace('"1"', String.raw`"1\""`)],
    ['a value that is no text', delta.replace('"1"', '1')],
    ['a frame cut short', delta.slice(0, -1)],
    ['a frame with more behind it', `${delta} `],
    ['two symbols', delta.replace('"bid1Price"', '"symbol":"BTCUSDT","bid1Price"')],
    ['no value', delta.replace(',"bid1Price":"1"', ',"bid1Price"')],
    ['a snapshot', delta.replace('delta', 'snapshot')],
  ])('%s', (_name, text) => {
    expect(whole().applyFrame(text)).toBeUndefined()
  })

  test('a delta before its snapshot', () => {
    expect(tickerBuilder().applyFrame(delta)).toBeUndefined()
  })

  test.each([
    [
      'two levels of one side',
      JSON.stringify(
        book(
          1,
          'snapshot',
          [
            ['1', '1'],
            ['0.5', '1'],
          ],
          [],
          7,
        ),
      ),
    ],
    ['a delta', JSON.stringify(book(1, 'delta', [['1', '1']], [], 7))],
    ['a deep book', JSON.stringify(book(50, 'snapshot', [['1', '1']], [], 7))],
    ['a level that is no pair', JSON.stringify(book(1, 'snapshot', [['1']], [], 7))],
  ])('a best level with %s', (_name, text) => {
    expect(bestLevelsOf(text)).toBeUndefined()
  })

  test('a frame that does not begin with its topic', () => {
    expect(topicOf('{"success":true,"op":"subscribe"}')).toBeUndefined()
    expect(topicOf('{"topic":"cut')).toBeUndefined()
  })
})

const recording = new URL(
  '../../../../../shared/data/recorded/bybit_v5_public_2026-08-09_45s.jsonl.gz',
  import.meta.url,
)
const present = existsSync(recording)
if (!present) console.log('skipped: no recording at ../shared/data/recorded beside the checkout')

test.skipIf(!present)(
  'recorded ticker frames make the same tickers from their bytes, most without being parsed',
  () => {
    const texts = gunzipSync(readFileSync(recording))
      .toString()
      .trim()
      .split('\n')
      .map(line => String((JSON.parse(line) as Row).data))
      .filter(text => text.startsWith('{"topic":"tickers.BTCUSDT"') && !text.includes('"usdIndexPrice"'))
    const [bytes, parsed] = [tickerBuilder(), tickerBuilder()]
    let taken = 0
    for (const text of texts) {
      const message = JSON.parse(text) as Row
      const answer = bytes.applyFrame(text)
      if (answer) taken++
      expect(answer ?? bytes.apply(message)).toEqual(parsed.apply(message))
    }
    expect(taken).toBeGreaterThan(texts.length / 2)
  },
)
