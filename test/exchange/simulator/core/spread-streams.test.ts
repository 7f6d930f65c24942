/** The public side of native spreads: a book that is what a taker gets, tickers, trades, and a socket path of their own. */
import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../../src/domain/json.ts'
import { createSimulatedBybit } from '../../../../src/exchange/simulator/create.ts'
import { builtInUniverse } from '../../../../src/exchange/simulator/universe/universe.ts'
import { type Desk, openDesk, type Row, sum } from '../../../support/exchange/simulator-core.ts'
import { closeAfterEach, connect, start } from '../../../support/exchange/simulator-server-fixture.ts'

closeAfterEach()

const universe = builtInUniverse(['BTCUSDT', 'SOLUSDT', 'WIFUSDT'])
const SYMBOL = 'SOLUSDT_SOL/USDT'
const BOOK = `orderbook.25.${SYMBOL}`
type Rows = [string, string][]
type Frame = { type: string; topic: string; data: { b: Rows; a: Rows; u: number; seq: number } }

const rest = (desk: Desk, limit: string) =>
  desk.get('/v5/spread/orderbook', { symbol: SYMBOL, limit }) as unknown as { b: Rows; a: Rows }
const numbers = (rows: Rows) => rows.map(([price]) => Number(price))

describe('the book', () => {
  test('is what a taker gets: its levels are the prices and quantities of the fills', () => {
    const desk = openDesk({ universe })
    const { a } = rest(desk, '25')
    const qty = sum(a.slice(0, 3).map(([, size]) => size)).toFixed()
    const order = { symbol: SYMBOL, side: 'Buy', orderType: 'Market', qty }
    expect(desk.request('POST', '/v5/spread/order/create', order)).toMatchObject({ retCode: 0 })
    const got = new Map<string, Decimal>()
    for (const { execPrice = '', execQty } of desk.list('/v5/spread/execution/list', { limit: '50' }))
      got.set(execPrice, (got.get(execPrice) ?? new Decimal(0)).plus(execQty ?? 0))
    const levels = a.slice(0, 3).map(([price, size]) => [new Decimal(price).toFixed(), size])
    expect([...got].map(([price, size]) => [price, size.toFixed()]).sort()).toEqual(levels.sort())
  })

  test('has at most 25 levels a side, sorted outward and never crossed, and one level unless more are asked for', () => {
    const desk = openDesk({ universe })
    const { b, a } = rest(desk, '25')
    expect(numbers(b)).toEqual(numbers(b).sort((x, y) => y - x))
    expect(numbers(a)).toEqual(numbers(a).sort((x, y) => x - y))
    expect(Math.max(...numbers(b))).toBeLessThan(Math.min(...numbers(a)))
    expect([b.length, a.length]).toEqual([25, 25])
    const best = desk.get('/v5/spread/orderbook', { symbol: SYMBOL }) as unknown as { b: Rows; a: Rows }
    expect([best.b, best.a]).toEqual([b.slice(0, 1), a.slice(0, 1)])
  })

  test('is streamed as a snapshot and deltas with u + 1 that give the same book as REST', () => {
    const desk = openDesk({ universe })
    desk.core.want(topic => topic === BOOK)
    desk.core.takePushes()
    const sides = { b: new Map<string, string>(), a: new Map<string, string>() }
    const apply = ({ type, data }: Frame) => {
      for (const name of ['b', 'a'] as const) {
        if (type === 'snapshot') sides[name].clear()
        for (const [price, size] of data[name]) {
          if (size === '0') expect(sides[name].delete(price)).toBe(true)
          else sides[name].set(price, size)
        }
      }
    }
    const [first] = (desk.core.subscribe('public-spread', BOOK) ?? []) as unknown as Frame[]
    if (!first) throw new Error('expected a snapshot, found none')
    apply(first)
    let { u, seq } = first.data
    for (let second = 0; second < 120; second++) {
      desk.core.advance(desk.core.nowMs() + 1_000)
      for (const { channel, message } of desk.core.takePushes()) {
        const frame = message as unknown as Frame
        expect([channel, frame.type, frame.data.u]).toEqual(['public-spread', 'delta', u + 1])
        expect(frame.data.seq).toBeGreaterThan(seq)
        u = frame.data.u
        seq = frame.data.seq
        apply(frame)
      }
      const shown = rest(desk, '25')
      expect([...sides.b].sort(([x], [y]) => Number(y) - Number(x))).toEqual(shown.b)
      expect([...sides.a].sort(([x], [y]) => Number(x) - Number(y))).toEqual(shown.a)
    }
    expect(u).toBeGreaterThan(first.data.u + 50)
  })
})

test('whatever is ordered, both legs are filled in the same quantity or neither is', () => {
  const orders = fc.array(
    fc.record({
      side: fc.constantFrom('Buy', 'Sell'),
      timeInForce: fc.constantFrom('GTC', 'IOC', 'FOK', 'PostOnly'),
      qty: fc.integer({ min: 1, max: 4_000 }).map(lots => new Decimal(lots).div(10).toFixed()),
      away: fc.integer({ min: -30, max: 30 }),
    }),
    { minLength: 1, maxLength: 8 },
  )
  fc.assert(
    fc.property(orders, fc.integer({ min: 1, max: 1_000 }), (asked, seed) => {
      const desk = openDesk({ universe, seed })
      for (const { away, ...one } of asked) {
        const { askPrice = '0' } = desk.one('/v5/spread/tickers', { symbol: SYMBOL })
        const price = new Decimal(askPrice).plus(away / 100).toFixed(2)
        desk.request('POST', '/v5/spread/order/create', { symbol: SYMBOL, orderType: 'Limit', ...one, price })
        desk.core.advance(desk.core.nowMs() + 20_000)
      }
      const [linear, spot] = ['linear', 'spot'].map(category =>
        desk.fills(category, { execType: 'FutureSpread' }),
      )
      const parents = (rows: Row[] = []) =>
        rows.map(row => `${row.parentExecId} ${Number(row.execQty)}`).sort()
      expect(parents(linear)).toEqual(parents(spot))
      const legs = desk.list('/v5/order/history', { category: 'linear', limit: '50' })
      expect(new Set(legs.map(row => row.orderId)).size).toBe(legs.length)
      expect(sum(legs.map(row => row.cumExecQty)).eq(sum((linear ?? []).map(row => row.execQty)))).toBe(true)
    }),
    { numRuns: 25, seed: 1 },
  )
})

test('tickers are whole snapshots; trades of the stream are those of recent-trade', () => {
  const desk = openDesk({ universe })
  const [tickers, trades] = [`tickers.${SYMBOL}`, `publicTrade.${SYMBOL}`]
  desk.core.want(topic => topic === tickers || topic === trades)
  desk.core.takePushes()
  expect(desk.core.subscribe('public-spread', trades)).toEqual([])
  const [first] = desk.core.subscribe('public-spread', tickers) ?? []
  expect(first).toMatchObject({ type: 'snapshot', data: { symbol: SYMBOL } })
  const told: Row[] = []
  let tickersTold = 0
  for (let second = 0; second < 300; second++) {
    desk.core.advance(desk.core.nowMs() + 1_000)
    for (const { topic, message } of desk.core.takePushes())
      if (topic === trades) told.push(...(message.data as unknown as Row[]))
      else {
        tickersTold++
        expect(Object.keys(message.data as JsonObject)).toEqual(Object.keys(first?.data as JsonObject))
        const row = message.data as unknown as Row
        expect(Number(row.bidPrice)).toBeLessThan(Number(row.askPrice))
        expect(Number(row.lowPrice24h)).toBeLessThanOrEqual(Number(row.highPrice24h))
        expect([row.bidPrice, row.askPrice]).toContain(row.lastPrice)
      }
  }
  expect(tickersTold).toBeGreaterThan(200)
  expect(told.length).toBeGreaterThan(3)
  expect(Object.keys(told[0] ?? {})).toEqual(['T', 's', 'S', 'v', 'p', 'L', 'i', 'seq'])
  const recent = desk.list('/v5/spread/recent-trade', { symbol: SYMBOL, limit: '1000' })
  const ids = told.map(row => row.i).reverse()
  expect(recent.map(row => row.execId).slice(0, ids.length)).toEqual(ids)
  expect(recent[0]).toMatchObject({ symbol: SYMBOL, seq: expect.any(String), time: String(told.at(-1)?.T) })
})

test('spreads have a socket path and public REST of their own', async () => {
  const server = await start({ core: createSimulatedBybit, speed: 20 })
  const socket = await connect(server, '/v5/public/spread')
  socket.send({ op: 'subscribe', args: [BOOK], req_id: '7' })
  expect(await socket.next(({ op }) => op === 'subscribe')).toMatchObject({ success: true, req_id: '7' })
  expect(await socket.next(({ topic }) => topic === BOOK)).toMatchObject({ type: 'snapshot' })
  expect(await socket.next(({ type }) => type === 'delta')).toMatchObject({ topic: BOOK })
  socket.send({ op: 'subscribe', args: ['orderbook.50.BTCUSDT'] })
  expect(await socket.next(({ op }) => op === 'subscribe')).toMatchObject({ success: false })
  const answer = await fetch(`${server.url}/v5/spread/recent-trade?symbol=${encodeURIComponent(SYMBOL)}`)
  expect(await answer.json()).toMatchObject({ retCode: 0, result: { list: expect.any(Array) } })
})
