/** A resting book on a living line stays fresh; on a silent or half-open one it ages or is called stale. */
import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../../../../src/clock/virtual-clock.ts'
import { createBybitExchange } from '../../../../src/exchange/bybit/venue.ts'
import { type KeptFact, keptFact } from '../../../support/exchange/kept-fact.ts'
import { SERVER_MS, scriptedWire } from '../../../support/exchange/scripted-wire.ts'

const frame = (
  depth: number,
  type: string,
  u: number,
  bids: string[][],
  asks: string[][],
  ts = SERVER_MS,
) => ({
  topic: `orderbook.${depth}.BTCUSDT`,
  type,
  ts,
  data: { s: 'BTCUSDT', b: bids, a: asks, u, seq: u },
})
const BIDS = [
  ['99', '1'],
  ['98', '5'],
]
const ASKS = [['101', '2']]
const deep = (u: number) => frame(50, 'snapshot', u, BIDS, ASKS)
const best = (ts: number, bid = ['99', '1'], ask = ['101', '2']) => frame(1, 'snapshot', 7, [bid], [ask], ts)

function watching() {
  const scripted = scriptedWire()
  const clock = new VirtualClock(SERVER_MS)
  const facts: KeptFact[] = []
  const reports: string[] = []
  const exchange = createBybitExchange(scripted, {
    name: 'scripted',
    clock,
    orderDeadlineMs: 5_000,
    report: kind => reports.push(kind),
  })
  exchange.watchMarket([{ spot: 'BTCUSDT', perp: 'BTCUSDT' }], fact => facts.push(keptFact(fact)))
  const spot = scripted.publicHears.get('spot')
  if (!spot) throw new Error('expected a stream of spot')
  const at = (ms: number, message: Record<string, unknown>) => {
    clock.advanceTo(SERVER_MS + ms)
    spot.message(message)
  }
  return { facts, reports, at, spot, resubscribed: scripted.resubscribed }
}

describe('a book that rests', () => {
  test('is told again, whole and at the new instant, each time its best level is sent again', () => {
    const { facts, at } = watching()
    at(0, deep(5))
    at(3_000, best(SERVER_MS + 3_000))
    at(6_000, best(SERVER_MS + 6_000))
    expect(facts).toHaveLength(3)
    expect(facts.at(-1)).toEqual({
      kind: 'book',
      book: { market: 'spot', symbol: 'BTCUSDT', bids: BIDS, asks: ASKS, atMs: SERVER_MS + 6_000 },
    })
  })

  test('goes on from where it was: the next change fits', () => {
    const { facts, at } = watching()
    at(0, deep(5))
    at(3_000, best(SERVER_MS + 3_000))
    at(3_500, frame(50, 'delta', 6, [['98', '0']], []))
    expect(facts.at(-1)).toMatchObject({ book: { bids: [['99', '1']] } })
  })

  test('is not told again while it moves: its own changes tell it', () => {
    const { facts, at } = watching()
    at(0, deep(5))
    for (let ms = 100; ms < 1_000; ms += 100) at(ms, best(SERVER_MS + ms))
    expect(facts).toHaveLength(1)
  })

  test('with an empty side is proven by a best level that has none there', () => {
    const { facts, at } = watching()
    at(0, frame(50, 'snapshot', 5, BIDS, []))
    at(3_000, frame(1, 'snapshot', 7, [['99', '1']], [], SERVER_MS + 3_000))
    expect(facts).toHaveLength(2)
  })
})

describe('a best level that differs', () => {
  test.each([
    ['in price', ['98.5', '1']],
    ['in size', ['99', '0.5']],
  ])('%s proves nothing: the book ages', (_name, bid) => {
    const { facts, at } = watching()
    at(0, deep(5))
    at(3_000, best(SERVER_MS + 3_000, bid))
    at(6_000, best(SERVER_MS + 6_000, bid))
    expect(facts).toHaveLength(1)
  })

  test('while the book says nothing for 10 seconds makes it stale, and it is subscribed again', () => {
    const { facts, at, resubscribed } = watching()
    at(0, deep(5))
    for (let ms = 3_000; ms <= 15_000; ms += 3_000) at(ms, best(SERVER_MS + ms, ['98.5', '1']))
    expect(facts.slice(1)).toMatchObject([{ kind: 'stale', market: 'spot', symbols: ['BTCUSDT'] }])
    expect(resubscribed).toEqual(['orderbook.50.BTCUSDT'])
  })

  test('of a book that moves is of another instant, and is let go however long that lasts', () => {
    const { facts, at } = watching()
    at(0, deep(5))
    for (let ms = 1_000; ms <= 60_000; ms += 1_000) {
      at(ms, best(SERVER_MS + ms, ['98.5', '1']))
      at(ms, frame(50, 'delta', 5 + ms / 1_000, [['97', String(ms)]], []))
    }
    expect(facts.some(({ kind }) => kind === 'stale')).toBe(false)
  })
})

describe('a book that is not trusted', () => {
  test('is not brought back by its best level, only by its snapshot', () => {
    const { facts, at, spot } = watching()
    at(0, deep(5))
    at(100, frame(50, 'delta', 9, [], []))
    at(3_100, best(SERVER_MS + 3_100))
    expect(facts.map(({ kind }) => kind)).toEqual(['book', 'stale'])
    spot.down('cut')
    at(6_100, best(SERVER_MS + 6_100))
    expect(facts.map(({ kind }) => kind)).toEqual(['book', 'stale', 'stale', 'down'])
  })

  test('nor does an unreadable best level prove anything: it is told', () => {
    const { facts, at, reports } = watching()
    at(0, deep(5))
    at(3_000, { topic: 'orderbook.1.BTCUSDT', type: 'snapshot', ts: SERVER_MS, data: { b: [['99']], a: [] } })
    at(6_000, { topic: 'orderbook.1.BTCUSDT', type: 'snapshot' })
    expect(facts).toHaveLength(1)
    expect(reports).toEqual(['unread-best-level'])
  })

  test('a refused best level leaves the book alone', () => {
    const { facts, spot, at } = watching()
    at(0, deep(5))
    spot.refused('orderbook.1.BTCUSDT', 'handler not found')
    expect(facts).toHaveLength(1)
  })
})
