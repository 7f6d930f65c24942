import { Decimal } from 'decimal.js'
import { describe, expect, test } from 'vitest'
import type { Push } from '../../../../src/exchange/simulator/simulated.ts'
import { type Desk, HOUR, ioc, openDesk, START_MS, times } from '../../../support/exchange/simulator-core.ts'

type BookData = { s: string; b: [string, string][]; a: [string, string][]; u: number; seq: number }
type BookMessage = { type: string; ts: number; data: BookData }

/** A client's book: applies messages and complains like a strict one. */
function follow() {
  const sides = { b: new Map<string, string>(), a: new Map<string, string>() }
  let [u, seq] = [0, 0]
  const best = (side: 'b' | 'a') => {
    const prices = [...sides[side].keys()].map(Number)
    return side === 'b' ? Math.max(...prices) : Math.min(...prices)
  }
  return {
    sides,
    apply({ type, data }: BookMessage) {
      if (type === 'snapshot') {
        sides.b = new Map(data.b)
        sides.a = new Map(data.a)
      } else {
        expect(data.u).toBe(u + 1)
        expect(data.seq).toBeGreaterThan(seq)
        for (const side of ['b', 'a'] as const)
          for (const [price, size] of data[side]) {
            if (size === '0') expect(sides[side].delete(price), `deleted ${price}`).toBe(true)
            else sides[side].set(price, size)
          }
      }
      u = data.u
      seq = data.seq
      expect(best('b')).toBeLessThan(best('a'))
    },
  }
}

const asBook = (message: unknown) => message as BookMessage

/** Takes something from the book, so that its deltas are not only the market's own. */
function disturb(desk: Desk, place: { category: string; symbol: string }, side: string): void {
  const lots = place.symbol === 'SOLUSDT' ? '90' : '90000'
  desk.create({ ...place, side, orderType: 'Market', qty: place.category === 'spot' ? '200' : lots })
}

const heard = (desk: Desk, channel: string, topic: string) =>
  desk.core
    .takePushes()
    .filter(push => push.channel === channel && push.topic === topic)
    .map(push => asBook(push.message))

const onGrid = (value: string, step: string) => new Decimal(value).mod(step).isZero()

describe('order book streams', () => {
  test.each([
    ['public-linear', 50, 'SOLUSDT', '0.010', '0.1'],
    ['public-linear', 200, '1000PEPEUSDT', '0.0000010', '100'],
    ['public-spot', 50, 'BTCUSDT', '0.1', '0.000001'],
    ['public-spot', 200, 'WIFUSDT', '0.0001', '0.01'],
  ] as const)(
    '%s depth %i of %s: one snapshot, gapless deltas, exact depth, on the grid, equal to REST',
    (channel, depth, symbol, tick, lot) => {
      const desk = openDesk()
      const topic = `orderbook.${depth}.${symbol}`
      const place = { category: channel === 'public-spot' ? 'spot' : 'linear', symbol }
      desk.core.want(asked => asked === topic)
      const client = follow()
      for (const message of desk.core.subscribe(channel, topic) ?? []) client.apply(asBook(message))
      for (let second = 1; second <= 180; second++) {
        if (second % 20 === 0) disturb(desk, place, second % 40 ? 'Buy' : 'Sell')
        desk.core.advance(START_MS + second * 1000)
        for (const message of heard(desk, channel, topic)) client.apply(message)
        const rest = desk.get('/v5/market/orderbook', {
          ...place,
          limit: String(depth),
        }) as unknown as BookData
        expect(client.sides.b.size).toBe(depth)
        expect(Object.fromEntries(client.sides.b)).toEqual(Object.fromEntries(rest.b))
        expect(Object.fromEntries(client.sides.a)).toEqual(Object.fromEntries(rest.a))
      }
      const said = [...client.sides.a, ...client.sides.b]
      expect(
        said.every(([price, size]) => onGrid(price, tick) && onGrid(size, lot) && Number(size) > 0),
      ).toBe(true)
    },
  )

  test('a second subscriber hears the state the others were last told', () => {
    const desk = openDesk()
    const topic = 'orderbook.50.SOLUSDT'
    desk.core.want(asked => asked === topic)
    const [early, late] = [follow(), follow()]
    for (const message of desk.core.subscribe('public-linear', topic) ?? []) early.apply(asBook(message))
    for (let second = 1; second <= 30; second++) {
      desk.core.advance(START_MS + second * 1000)
      if (second === 10)
        for (const message of desk.core.subscribe('public-linear', topic) ?? []) late.apply(asBook(message))
      for (const push of desk.core.takePushes().filter(push => push.channel === 'public-linear')) {
        early.apply(asBook(push.message))
        if (second > 10) late.apply(asBook(push.message))
      }
    }
    expect(late.sides).toEqual(early.sides)
  })

  test('after a pause without subscribers, a topic begins with a snapshot', () => {
    const desk = openDesk()
    let wanted = true
    desk.core.want(asked => wanted && asked === 'orderbook.50.SOLUSDT')
    desk.core.subscribe('public-linear', 'orderbook.50.SOLUSDT')
    desk.core.advance(START_MS + 2000)
    wanted = false
    desk.core.advance(START_MS + 60_000)
    desk.core.takePushes()
    wanted = true
    desk.core.advance(START_MS + 61_000)
    const [push] = desk.core.takePushes().filter(one => one.channel === 'public-linear')
    expect(push?.message.type).toBe('snapshot')
  })

  test('level 1 says itself again after three quiet seconds at most, under the same u', () => {
    const desk = openDesk()
    desk.core.want(asked => asked === 'orderbook.1.1000PEPEUSDT')
    const said: BookMessage[] = []
    for (let second = 1; second <= 120; second++) {
      desk.core.takePushes()
      desk.core.advance(START_MS + second * 1000)
      said.push(...desk.core.takePushes().map(push => asBook(push.message)))
    }
    for (const [at, message] of said.entries()) {
      const before = said[at - 1]
      expect(message.type).toBe('snapshot')
      if (!before) continue
      expect(message.ts - before.ts).toBeLessThanOrEqual(3000)
      const same =
        JSON.stringify([message.data.b, message.data.a]) === JSON.stringify([before.data.b, before.data.a])
      expect(message.data.u).toBe(before.data.u + (same ? 0 : 1))
    }
  })
})

describe('tickers', () => {
  test('linear: a snapshot of 27 keys, then changes only, quotes in pairs, adding up to REST', () => {
    const desk = openDesk()
    desk.core.want(asked => asked === 'tickers.SOLUSDT')
    const [first] = desk.core.subscribe('public-linear', 'tickers.SOLUSDT') ?? []
    const state = { ...(first?.data as Record<string, string>) }
    expect(Object.keys(state)).toHaveLength(27)
    for (let second = 1; second <= 90; second++) {
      desk.core.advance(START_MS + second * 1000)
      for (const { message } of desk.core.takePushes().filter(push => push.channel === 'public-linear')) {
        expect(message.type).toBe('delta')
        const data = message.data as Record<string, string>
        for (const side of ['bid1', 'ask1']) expect(`${side}Price` in data).toBe(`${side}Size` in data)
        Object.assign(state, data)
      }
      const rest = desk.one('/v5/market/tickers', { category: 'linear', symbol: 'SOLUSDT' })
      for (const [key, value] of Object.entries(rest)) if (key in state) expect(state[key], key).toBe(value)
    }
  })

  test('spot: full snapshots without quotes', () => {
    const desk = openDesk()
    desk.core.want(asked => asked === 'tickers.SOLUSDT')
    desk.core.advance(START_MS + 1000)
    const [push] = desk.core.takePushes().filter(one => one.channel === 'public-spot')
    expect(push?.message.type).toBe('snapshot')
    expect(Object.keys(push?.message.data as object).sort()).toEqual(
      [
        'symbol',
        'lastPrice',
        'highPrice24h',
        'lowPrice24h',
        'prevPrice24h',
        'volume24h',
        'turnover24h',
        'price24hPcnt',
        'usdIndexPrice',
      ].sort(),
    )
  })

  test('the running estimate moves once a minute and is what settles', () => {
    const desk = openDesk()
    const rate = () => desk.one('/v5/market/tickers', { category: 'linear', symbol: 'INJUSDT' }).fundingRate
    const settleAtMs = Math.ceil(START_MS / HOUR) * HOUR
    desk.core.advance(settleAtMs - 1000)
    const before = Number(rate())
    desk.core.advance(settleAtMs)
    const [settled] = desk.list('/v5/market/funding/history', {
      category: 'linear',
      symbol: 'INJUSDT',
      limit: '1',
    })
    expect(settled?.fundingRateTimestamp).toBe(String(settleAtMs))
    expect(Math.abs(Number(settled?.fundingRate) - before)).toBeLessThan(0.0001)
  })
})

describe('klines and trades', () => {
  test('a closed minute is confirmed once, and REST shows the same candle', () => {
    const desk = openDesk()
    desk.core.want(asked => asked === 'kline.1.SOLUSDT')
    const confirmed: Record<string, string | number | boolean>[] = []
    for (let second = 1; second <= 300; second++) {
      desk.core.advance(START_MS + second * 1000)
      for (const { message } of desk.core.takePushes().filter(push => push.channel === 'public-linear'))
        confirmed.push(...(message.data as typeof confirmed).filter(row => row.confirm))
    }
    expect(confirmed.map(row => row.start)).toEqual([0, 1, 2, 3, 4].map(minute => START_MS + minute * 60_000))
    const rest = desk.get('/v5/market/kline', {
      category: 'linear',
      symbol: 'SOLUSDT',
      interval: '1',
      limit: '6',
    }).list as string[][]
    for (const row of confirmed) {
      const [, open, high, low, close] = rest.find(([start]) => start === String(row.start)) ?? []
      expect([row.open, row.high, row.low, row.close].map(Number)).toEqual(
        [open, high, low, close].map(Number),
      )
    }
  })

  test('trades of the stream are those REST lists', () => {
    const desk = openDesk()
    desk.core.want(asked => asked === 'publicTrade.SOLUSDT')
    desk.core.subscribe('public-linear', 'publicTrade.SOLUSDT')
    desk.core.advance(START_MS + 10_000)
    const ids = desk.core
      .takePushes()
      .filter((push: Push) => push.channel === 'public-linear')
      .flatMap(push => (push.message.data as { i: string }[]).map(trade => trade.i))
    const rest = desk.list('/v5/market/recent-trade', { category: 'linear', symbol: 'SOLUSDT', limit: '60' })
    expect(ids.length).toBeGreaterThan(0)
    expect(rest.map(trade => trade.execId)).toEqual(expect.arrayContaining(ids))
  })

  test('klines have a past from the first moment, newest first, without holes', () => {
    const desk = openDesk()
    for (const path of ['kline', 'mark-price-kline', 'index-price-kline', 'premium-index-price-kline']) {
      const rows = desk.get(`/v5/market/${path}`, {
        category: 'linear',
        symbol: 'SOLUSDT',
        interval: '60',
        limit: '24',
      }).list as string[][]
      expect(rows).toHaveLength(24)
      for (const [at, row] of rows.entries()) {
        expect(row).toHaveLength(path === 'kline' ? 7 : 5)
        if (at > 0) expect(Number(rows[at - 1]?.[0]) - Number(row[0])).toBe(HOUR)
      }
    }
  })
})

test.each([1, 30, 60])('klines first asked for after %i hours are whole, and join without a jump', hours => {
  const desk = openDesk()
  desk.core.advance(START_MS + hours * HOUR)
  const place = { category: 'linear', symbol: 'SOLUSDT', interval: '60', limit: '45' }
  const rows = desk.get('/v5/market/kline', place).list as string[][]
  expect(rows).toHaveLength(45)
  for (const [at, [start = '', open = '', high = '', low = '', close = '']] of rows.entries()) {
    expect(Number(low)).toBeGreaterThan(0)
    expect(Math.max(Number(open), Number(close))).toBeLessThanOrEqual(Number(high))
    const later = rows[at - 1]
    if (!later) continue
    expect(Number(later[0]) - Number(start)).toBe(HOUR)
    expect(Math.abs(Number(later[1]) / Number(close) - 1)).toBeLessThan(0.004)
  }
})

describe('the private stream', () => {
  test('tells a resting order, its fill, the position and the wallet, in order', () => {
    const desk = openDesk()
    desk.core.takePushes()
    const { ask } = desk.touch('linear', 'SOLUSDT')
    desk.create(
      ioc('linear', 'SOLUSDT', 'Buy', '5', times(ask, 0.99, 2), { timeInForce: 'GTC', orderLinkId: 'p-1' }),
    )
    const resting = desk.core.takePushes()
    expect(resting.map(push => push.topic)).toEqual(['position', 'order'])
    expect(resting[1]?.message).toMatchObject({
      topic: 'order',
      data: [{ orderStatus: 'New', orderLinkId: 'p-1', category: 'linear' }],
    })
    desk.create(ioc('linear', 'SOLUSDT', 'Buy', '5', times(ask, 1.002, 2)))
    const taken = desk.core.takePushes()
    expect(taken.map(push => push.topic)).toEqual(['execution', 'position', 'order', 'wallet'])
    expect(taken.every(push => push.channel === 'private' && push.uid === '1001')).toBe(true)
    expect(taken[1]?.message).toMatchObject({
      data: [{ side: 'Buy', size: '5.0', entryPrice: expect.any(String) }],
    })
  })

  test('execution ids and log ids are never used twice', () => {
    const desk = openDesk()
    for (let at = 0; at < 40; at++)
      desk.create({
        category: at % 2 ? 'spot' : 'linear',
        symbol: 'SOLUSDT',
        side: at % 4 < 2 ? 'Buy' : 'Sell',
        orderType: 'Market',
        marketUnit: 'baseCoin',
        qty: '3',
      })
    const ids = [...desk.fills('linear'), ...desk.fills('spot')].map(fill => fill.execId)
    expect(new Set(ids).size).toBe(ids.length)
    const rows = desk.log().map(row => row.id)
    expect(new Set(rows).size).toBe(rows.length)
  })
})

test('every reply and push leaves through one function, which may drop, double or change it', () => {
  const desk = openDesk({
    intercept: out => {
      if (out.kind === 'reply') return [{ ...out, reply: { ...out.reply, retMsg: 'seen' } }]
      return out.push.topic === 'order' ? [out, out] : out.push.topic === 'wallet' ? [] : [out]
    },
  })
  expect(desk.request('GET', '/v5/market/time').retMsg).toBe('seen')
  desk.create({ category: 'linear', symbol: 'SOLUSDT', side: 'Buy', orderType: 'Market', qty: '1' })
  const topics = desk.core.takePushes().map(push => push.topic)
  expect(topics.filter(topic => topic === 'order')).toHaveLength(2)
  expect(topics).not.toContain('wallet')
})
