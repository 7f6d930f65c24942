/** Native spreads as they are pushed: fills joined to their order's name, books with signed prices. */
import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../../../../src/clock/virtual-clock.ts'
import { orderLinkId } from '../../../../src/domain/legs/order.ts'
import { createBybitExchange } from '../../../../src/exchange/bybit/venue.ts'
import type { Envelope, Params } from '../../../../src/exchange/bybit/wire/wire.ts'
import type { AccountFact, MarketFact } from '../../../../src/exchange/exchange.ts'
import { list, reply, type Script, SERVER_MS, scriptedWire } from '../../../support/exchange/scripted-wire.ts'

const SPREAD = 'SOLUSDT_SOL/USDT'
const LINK = orderLinkId('0123456789', 'spreadOrder', 'enter', 0)

function venue(script: Partial<Script> = {}) {
  const wire = scriptedWire(script)
  const clock = new VirtualClock(SERVER_MS)
  const reports: string[] = []
  const exchange = createBybitExchange(wire, {
    name: 'scripted',
    clock,
    orderDeadlineMs: 5_000,
    report: (kind, detail) => reports.push(`${kind}: ${detail}`),
  })
  return { wire, clock, exchange, reports }
}

const leg = (category: string, side: string, execQty: string, over: object = {}) => ({
  symbol: 'SOLUSDT',
  side,
  execPrice: '124.1',
  execTime: '1700000000004',
  execValue: '248.2',
  execType: 'FutureSpread',
  category,
  execQty,
  execFee: '0.039712',
  execId: `${category}-${side}-${execQty}`,
  ...over,
})
const openRow = { symbol: SPREAD, orderLinkId: LINK, orderId: 'o1', side: 'Sell', qty: '2', price: '-0.015' }
describe('the account’s stream', () => {
  function watching(script: Partial<Script> = {}) {
    const { wire, exchange, reports } = venue(script)
    const facts: AccountFact[] = []
    exchange.watchAccount(fact => facts.push(fact))
    const hear = wire.privateHear
    if (!hear) throw new Error('expected a private stream')
    const push = (topic: string, ...data: object[]) =>
      hear.message({ topic, id: 'x', creationTime: SERVER_MS, data })
    return { wire, hear, facts, push, reports }
  }
  const combination = (execId: string) => ({
    category: 'combination',
    symbol: SPREAD,
    execId,
    parentExecId: '',
    orderId: 'o1',
    orderLinkId: LINK,
    side: 'Sell',
    execTime: '1700000000000',
  })
  const legRow = (category: string, execId: string, parentExecId: string) => ({
    ...leg(category, category === 'future_leg' ? 'Sell' : 'Buy', '2', { execId, parentExecId }),
    feeCoin: category === 'future_leg' ? 'USDT' : 'SOL',
    orderId: '',
    orderLinkId: '',
    isMaker: true,
  })
  const named = { kind: 'fill', fill: { orderLinkId: LINK, orderId: 'o1', maker: true } }

  test('is asked for both spread topics, and for neither where there are none', () => {
    expect(watching().wire.privateTopics).toEqual([
      'order',
      'execution',
      'position',
      'wallet',
      'spread.order',
      'spread.execution',
    ])
    expect(watching({ spreads: false }).wire.privateTopics).toEqual([
      'order',
      'execution',
      'position',
      'wallet',
    ])
  })

  test('gives each leg’s fill its order’s name, whichever half comes first', () => {
    const { facts, push } = watching()
    push('spread.execution', legRow('future_leg', 'p1', 'c1'))
    expect(facts).toEqual([])
    push('spread.execution', combination('c1'))
    push('spread.execution', legRow('spot_leg', 's1', 'c1'))
    expect(facts).toMatchObject([
      { ...named, fill: { ...named.fill, execId: 'p1', market: 'linear', side: 'Sell', feeCoin: 'USDT' } },
      { ...named, fill: { ...named.fill, execId: 's1', market: 'spot', side: 'Buy', feeCoin: 'SOL' } },
    ])
  })

  test('tells a leg’s fill once, though it is pushed as an execution without a name as well', () => {
    const { facts, push } = watching()
    push('execution', { ...legRow('linear', 'p1', 'c1'), category: 'linear' })
    push('spread.execution', combination('c1'), legRow('future_leg', 'p1', 'c1'))
    expect(facts).toMatchObject([{ ...named, fill: { ...named.fill, execId: 'p1' } }])
  })

  test('loses halves that wait when the connection drops: the reconciliation reads them', () => {
    const { facts, push, hear } = watching()
    push('spread.execution', legRow('future_leg', 'p1', 'c1'))
    hear.down('cut')
    push('spread.execution', combination('c1'))
    expect(facts).toEqual([{ kind: 'down', cause: 'cut' }])
  })

  test('names a leg whose combination never comes, and is not filled up by them', () => {
    const { push, reports } = watching()
    for (let n = 0; n < 2_001; n++) push('spread.execution', legRow('future_leg', `p${n}`, `c${n}`))
    expect(reports).toEqual(['nameless-leg: no combination c0 for its legs'])
  })

  test('tells the combination as the order, never its legs’ own orders', () => {
    const { facts, push } = watching()
    const row = {
      ...openRow,
      category: 'combination',
      orderStatus: 'PartiallyFilled',
      cumExecQty: '0.5',
      rejectReason: 'EC_NoError',
      updatedTime: '1700000000005',
    }
    push('spread.order', row, { ...row, category: 'future_leg', symbol: 'SOLUSDT', orderLinkId: '' })
    expect(facts).toMatchObject([
      { kind: 'order', report: { market: 'spread', orderLinkId: LINK, status: 'open', filledQty: '0.5' } },
    ])
  })

  test('says an unreadable row as a drop and an up', () => {
    const { facts, push } = watching()
    push('spread.order', { ...openRow, category: 'combination', orderStatus: 'Halted' })
    expect(facts.map(({ kind }) => kind)).toEqual(['down', 'up'])
  })
})

describe('books of spreads', () => {
  const frame = (type: string, u: number, bid: string, ask: string) => ({
    topic: `orderbook.25.${SPREAD}`,
    type,
    ts: SERVER_MS + u,
    data: { s: SPREAD, b: [[bid, '4.7']], a: [[ask, '3']], u, seq: u },
  })
  const rest = (u: number) => ({
    s: SPREAD,
    b: [['-0.2', '1']],
    a: [['0.1', '1']],
    u,
    ts: SERVER_MS + u,
    seq: u,
    cts: SERVER_MS,
  })
  const settle = () => new Promise(resolve => setImmediate(resolve))

  function watching(get: (path: string, params: Params) => Envelope | Promise<Envelope> = () => list()) {
    const { wire, clock, exchange, reports } = venue({ get })
    const facts: MarketFact[] = []
    const watch = exchange.watchMarket([{ spot: 'SOLUSDT', perp: 'SOLUSDT', spread: SPREAD }], fact =>
      facts.push(fact),
    )
    const hear = wire.publicHears.get('spread')
    if (!hear) throw new Error('expected a stream of spreads')
    return { wire, clock, facts, hear, reports, watch }
  }

  test('have a stream of their own, asked for only where a spread is named', () => {
    expect(watching().wire.topics.get('spread')).toEqual([`orderbook.25.${SPREAD}`])
    const { wire, exchange } = venue()
    exchange.watchMarket([{ spot: 'SOLUSDT', perp: 'SOLUSDT' }], () => {})
    expect(wire.topics.has('spread')).toBe(false)
  })

  test('take negative prices, best first, across zero', () => {
    const { facts, hear } = watching()
    hear.message(frame('snapshot', 5, '-0.21', '0.3'))
    hear.message(frame('delta', 9, '-0.2', '0.05'))
    expect(facts.at(-1)).toEqual({
      kind: 'spread-book',
      symbol: SPREAD,
      bids: [
        ['-0.2', '4.7'],
        ['-0.21', '4.7'],
      ],
      asks: [
        ['0.05', '3'],
        ['0.3', '3'],
      ],
      atMs: SERVER_MS + 9,
    })
  })

  test('that cross, or go back in time, are stale until their next snapshot, and nothing else is', () => {
    const { facts, hear, wire } = watching()
    hear.message(frame('snapshot', 5, '-0.2', '0.3'))
    hear.message(frame('delta', 6, '0.4', '0.5'))
    expect(facts.at(-1)).toMatchObject({ kind: 'spread-stale', symbols: [SPREAD] })
    expect(wire.resubscribed).toEqual([`orderbook.25.${SPREAD}`])
    hear.message(frame('delta', 7, '-0.1', '0.2'))
    expect(facts.at(-1)?.kind).toBe('spread-stale')
    hear.message(frame('snapshot', 8, '-0.1', '0.2'))
    hear.message(frame('delta', 8, '-0.1', '0.2'))
    expect(facts.slice(-2).map(({ kind }) => kind)).toEqual(['spread-book', 'spread-stale'])
    expect(facts.some(({ kind }) => kind === 'stale' || kind === 'down')).toBe(false)
  })

  test('are read over REST while their stream says nothing, and no more once it speaks', async () => {
    let asks = 0
    const { facts, hear, clock, watch } = watching(path => {
      if (path === '/v5/spread/orderbook') asks++
      return reply(rest(asks))
    })
    clock.advanceTo(SERVER_MS + 3_000)
    await settle()
    expect(facts.at(-1)).toMatchObject({ kind: 'spread-book', bids: [['-0.2', '1']], asks: [['0.1', '1']] })
    clock.advanceTo(SERVER_MS + 5_000)
    hear.message(frame('snapshot', 5, '-0.21', '0.3'))
    clock.advanceTo(SERVER_MS + 6_000)
    await settle()
    expect(asks).toBe(1)
    watch.close()
    clock.advanceTo(SERVER_MS + 60_000)
    await settle()
    expect(asks).toBe(1)
  })

  test('read over REST do not overtake what the stream said meanwhile', async () => {
    let answer = (_reply: Envelope) => {}
    const { facts, hear, clock } = watching(
      () =>
        new Promise(resolve => {
          answer = resolve
        }),
    )
    clock.advanceTo(SERVER_MS + 3_000)
    await settle()
    hear.message(frame('snapshot', 5, '-0.21', '0.3'))
    answer(reply(rest(1)))
    await settle()
    expect(facts.filter(({ kind }) => kind === 'spread-book')).toHaveLength(1)
  })

  test('that cannot be read either are told as such, and age', async () => {
    const { facts, clock, reports } = watching(() => reply({}, 10016, 'Server error'))
    clock.advanceTo(SERVER_MS + 3_000)
    await settle()
    expect(reports.join()).toContain('unread-spread-book')
    expect(facts).toEqual([])
  })
})
