/** A connection that is up and says nothing of a topic: taken anew, then renewed, within bounds; also for spreads. */
import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../../../../src/clock/virtual-clock.ts'
import { createBybitExchange } from '../../../../src/exchange/bybit/venue.ts'
import type { MarketFact } from '../../../../src/exchange/exchange.ts'
import { reply, SERVER_MS, scriptedWire } from '../../../support/exchange/scripted-wire.ts'

const TOUCH = 'orderbook.1.BTCUSDT'
const TICKER = 'tickers.BTCUSDT'
const SPREAD = 'orderbook.25.BTCUSDT_SPREAD'

function watching({ speed = 1 } = {}) {
  const clock = new VirtualClock(SERVER_MS)
  const wire = scriptedWire({ get: () => reply({}) })
  const reports: string[] = []
  const facts: MarketFact[] = []
  const exchange = createBybitExchange(wire, {
    name: 'test',
    clock,
    orderDeadlineMs: 5_000,
    speed,
    report: kind => reports.push(kind),
  })
  const pair = { spot: 'BTCUSDT', perp: 'BTCUSDT', spread: 'BTCUSDT_SPREAD' }
  const subscription = exchange.watchMarket([pair], fact => facts.push(fact))
  for (const hear of wire.publicHears.values()) hear.up()
  const push = (category: 'linear' | 'spot' | 'spread', topic: string) =>
    wire.publicHears.get(category)?.message({ topic, type: 'snapshot', ts: clock.nowMs(), data: {} })
  /** Time goes by, and all but the named topics are heard each second. */
  const pass = (ms: number, silent: readonly string[]) => {
    const untilMs = clock.nowMs() + ms
    while (clock.nowMs() < untilMs) {
      clock.advanceTo(Math.min(untilMs, clock.nowMs() + 1_000))
      if (!silent.includes(TICKER)) push('linear', TICKER)
      if (!silent.includes(TOUCH)) push('linear', TOUCH)
      if (!silent.includes('spot')) push('spot', TOUCH)
      if (!silent.includes(SPREAD)) push('spread', SPREAD)
    }
  }
  const asked = (topic: string) => wire.resubscribed.filter(name => name === topic).length
  return { wire, clock, pass, push, reports, asked, facts, subscription }
}

describe('a topic that falls silent while its connection lives', () => {
  test.each([
    ['a ticker', TICKER, 36_000, 31_000],
    ['a best level', TOUCH, 21_000, 16_000],
    ['a spread', SPREAD, 66_000, 61_000],
  ] as const)(
    '%s is subscribed again within its bound, and not before',
    (_name, topic, byMs, notBeforeMs) => {
      const { wire, pass, asked, reports } = watching()
      pass(notBeforeMs - 1_500, [topic])
      const before = asked(topic)
      pass(byMs - notBeforeMs + 1_500, [topic])
      expect(asked(topic)).toBeGreaterThan(before)
      expect(reports).toContain('silent-topic')
      expect(wire.renewed).toEqual([])
    },
  )

  test('what answers when subscribed again costs no connection', () => {
    const { wire, pass, push } = watching()
    pass(36_000, [TICKER])
    push('linear', TICKER)
    pass(60_000, [])
    expect(wire.renewed).toEqual([])
  })

  test('what stays silent has its connection renewed within 50 s, then after a minute, two, four…', () => {
    const { wire, pass, reports } = watching()
    pass(50_000, [TICKER])
    expect(wire.renewed).toEqual([TICKER])
    expect(reports).toContain('silent-line')
    pass(3_600_000, [TICKER])
    expect(wire.renewed.length).toBeGreaterThanOrEqual(5)
    expect(wire.renewed.length).toBeLessThanOrEqual(8)
  })

  test('every topic silent at once is one renewal of each line', () => {
    const { wire, pass } = watching()
    pass(50_000, [TICKER, TOUCH, 'spot'])
    expect(wire.renewed).toEqual([expect.any(String), expect.any(String)])
  })

  test('nothing is expected of a connection that is down, nor of a topic that is refused, nor after closing', () => {
    const { wire, pass, subscription, asked } = watching()
    wire.publicHears.get('linear')?.down('cut')
    wire.publicHears.get('spot')?.refused(TOUCH, 'handler not found')
    pass(120_000, [TICKER, TOUCH, 'spot'])
    expect([asked(TICKER), asked(TOUCH)]).toEqual([0, 0])
    wire.publicHears.get('linear')?.up()
    subscription.close()
    pass(120_000, [TICKER, TOUCH, 'spot'])
    expect([asked(TICKER), asked(TOUCH), wire.renewed.length]).toEqual([0, 0, 0])
  })

  test('a simulator that runs faster is given as much of the machine’s time', () => {
    const { wire, pass, asked } = watching({ speed: 60 })
    pass(600_000, [TICKER])
    expect([asked(TICKER), wire.renewed.length]).toEqual([0, 0])
    pass(1_800_000, [TICKER])
    expect(asked(TICKER)).toBeGreaterThan(0)
  })
})
