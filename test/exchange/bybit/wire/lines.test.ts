/** What the SDK does not know by itself, against a server that tells lies: spreads' own topics and socket, limits, a silent line. */
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../../../src/clock/clock.ts'
import { orderLinkId } from '../../../../src/domain/legs/order.ts'
import { orderQty, price } from '../../../../src/domain/units.ts'
import { createBybitExchange } from '../../../../src/exchange/bybit/venue.ts'
import type { AccountFact, Exchange, MarketFact } from '../../../../src/exchange/exchange.ts'
import { ok, send, truth } from '../../../support/exchange/lying-bybit.ts'
import {
  LINEAR,
  open,
  PRIVATE,
  SPOT,
  sent,
  server,
  TRADE,
  until,
  wire,
} from '../../../support/exchange/socket-session.ts'

const SPREADS = '/v5/public/spread'
const SPREAD = 'SOLUSDT_SOL/USDT'

function venue(changes: Parameters<typeof open>[0] = {}): Exchange {
  open(changes)
  return createBybitExchange(wire, {
    name: 'lying',
    clock: systemClock(),
    orderDeadlineMs: 5_000,
    report: () => {},
  })
}

const book = (depth: number, symbol: string) => ({
  topic: `orderbook.${depth}.${symbol}`,
  type: 'snapshot',
  ts: 1_700_000_000_000,
  data: { s: symbol, b: [['-0.2', '1']], a: [['0.1', '1']], u: 5, seq: 5 },
})

describe('spreads', () => {
  test('their private topics are asked for on the authenticated line, also after a drop, and are heard', async () => {
    const facts: AccountFact[] = []
    venue().watchAccount(fact => facts.push(fact))
    await until(() => facts.length === 1)
    server.drop(PRIVATE)
    await until(() => facts.filter(({ kind }) => kind === 'up').length === 2)
    const asked = sent(PRIVATE, 'subscribe').map(one => (one.frame.args as string[]).toSorted())
    const topics = ['execution', 'order', 'position', 'spread.execution', 'spread.order', 'wallet']
    expect(asked).toEqual([topics, topics])
    const row = { category: 'combination', symbol: SPREAD, execId: 'c', orderId: 'o', orderLinkId: 'link' }
    const leg = {
      category: 'future_leg',
      symbol: 'SOLUSDT',
      side: 'Sell',
      execId: 'p',
      parentExecId: 'c',
      execType: 'FutureSpread',
      execQty: '2',
      execPrice: '124.1',
      execFee: '0.04',
      execTime: '1700000000000',
    }
    const push = (data: object) =>
      server.push(PRIVATE, { topic: 'spread.execution', id: 'x', creationTime: 1, data: [data] })
    push(leg)
    push(row)
    await until(() => facts.some(fact => fact.kind === 'fill' && fact.fill.orderLinkId === 'link'))
  })

  test('an account that is refused them hears everything else, and is not asked again', async () => {
    server.says.set(PRIVATE, (frame, socket, connection) => {
      const args = (frame.args as string[] | undefined) ?? []
      if (frame.op === 'subscribe' && args.includes('spread.order'))
        send(socket, {
          success: false,
          ret_msg: 'error:no permission',
          req_id: frame.req_id,
          op: 'subscribe',
        })
      else truth(PRIVATE)(frame, socket, connection)
    })
    const facts: AccountFact[] = []
    venue().watchAccount(fact => facts.push(fact))
    await until(() => facts.length === 1)
    server.drop(PRIVATE)
    await until(() => facts.filter(({ kind }) => kind === 'up').length === 2)
    expect(facts.map(({ kind }) => kind)).toEqual(['up', 'down', 'up'])
    const last = sent(PRIVATE, 'subscribe').at(-1)
    expect(last?.connection).toBe(2)
    expect(String(last?.frame.args)).toBe('order,execution,position,wallet')
  })

  test('the demo, which has none, is asked for none', async () => {
    const facts: AccountFact[] = []
    venue({ mode: 'demo' }).watchAccount(fact => facts.push(fact))
    await until(() => facts.length === 1)
    expect(String(sent(PRIVATE, 'subscribe')[0]?.frame.args)).not.toContain('spread')
  })

  test('their books come over a socket of their own', async () => {
    const facts: MarketFact[] = []
    const pair = { spot: 'SOLUSDT', perp: 'SOLUSDT', spread: SPREAD }
    venue().watchMarket([pair], fact => facts.push(fact))
    await until(() => sent(SPREADS, 'subscribe').length === 1)
    expect(sent(SPREADS, 'subscribe')[0]?.frame.args).toEqual([`orderbook.25.${SPREAD}`])
    server.push(SPREADS, book(25, SPREAD))
    await until(() => facts.some(({ kind }) => kind === 'spread-book'))
    server.drop(SPREADS)
    await until(() => facts.some(({ kind }) => kind === 'spread-stale'))
    expect(facts.some(({ kind }) => kind === 'stale' || kind === 'down')).toBe(false)
  })
})

describe('limits', () => {
  const headers = (limit: string, left: string) => ({
    'X-Bapi-Limit': limit,
    'X-Bapi-Limit-Status': left,
    'X-Bapi-Limit-Reset-Timestamp': '1700000000000',
  })

  test('are read from REST’s headers', async () => {
    server.onRest = (_request, response) =>
      response.writeHead(200, headers('25', '11')).end(JSON.stringify(ok({ list: [] })))
    const exchange = venue()
    await exchange.transactions(0, 1)
    expect(exchange.quota()).toContainEqual(
      expect.objectContaining({ endpoint: '/v5/account/transaction-log', limit: 25, left: 11 }),
    )
  })

  test('are read from the trade socket’s header', async () => {
    server.says.set(TRADE, (frame, socket, connection) =>
      frame.op === 'order.create'
        ? send(socket, {
            reqId: frame.reqId,
            retCode: 0,
            retMsg: 'OK',
            op: frame.op,
            data: { orderId: 'o' },
            header: { ...headers('40', '12'), Timenow: '1700000000000' },
          })
        : truth(TRADE)(frame, socket, connection),
    )
    const exchange = venue()
    await until(() => exchange.orderEntryReady())
    await exchange.placeOrder({
      orderLinkId: orderLinkId('0123456789', 'perp', 'enter', 0),
      market: 'linear',
      symbol: 'BTCUSDT',
      side: 'Sell',
      qty: orderQty('1'),
      limitPrice: price('1'),
      timeInForce: 'IOC',
      reduceOnly: false,
    })
    expect(exchange.quota()).toContainEqual(
      expect.objectContaining({ endpoint: '/v5/order/create linear', limit: 40, left: 12 }),
    )
  })

  test('that are not numbers say nothing: our own count holds', async () => {
    server.onRest = (_request, response) =>
      response.writeHead(200, headers('many', '')).end(JSON.stringify(ok({ list: [] })))
    const exchange = venue()
    await exchange.transactions(0, 1)
    expect(exchange.quota()).toContainEqual(
      expect.objectContaining({ endpoint: '/v5/account/transaction-log', limit: 25, left: 24 }),
    )
  })

  test('an address that is blocked has nothing left', async () => {
    server.onRest = (_request, response) => response.writeHead(403).end('access too frequent')
    const exchange = venue()
    await expect(exchange.wallet()).rejects.toMatchObject({ kind: 'unreachable' })
    expect(exchange.quota()).toContainEqual(expect.objectContaining({ endpoint: 'address', left: 0 }))
  })
})

test('notices of maintenance have a socket of their own; testnet and demo have none', async () => {
  const facts: MarketFact[] = []
  const pair = { spot: 'SOLUSDT', perp: 'SOLUSDT' }
  const STATUS = '/v5/public/misc/status'
  venue().watchMarket([pair], fact => facts.push(fact))
  await until(() => sent(STATUS, 'subscribe').length === 1)
  expect(sent(STATUS, 'subscribe')[0]?.frame.args).toEqual(['system.status'])
  const notice = { id: 'a', title: 't', state: 'ongoing', begin: '1', end: '2', product: [] }
  server.push(STATUS, { topic: 'system.status', ts: 1, data: [notice] })
  await until(() => facts.some(({ kind }) => kind === 'system-notice'))
  await wire.close()
  expect(venue({ mode: 'demo' }).name).toBe('lying')
  expect(wire.notices).toBe(false)
})

test('a line that goes silent makes its books stale, and the other market’s stay', async () => {
  server.says.set(SPOT, (message, socket, connection) =>
    message.op === 'ping' && connection === 1 ? undefined : truth(SPOT)(message, socket, connection),
  )
  const facts: MarketFact[] = []
  venue({ pulseMs: 500 }).watchMarket([{ spot: 'SOLUSDT', perp: 'SOLUSDT' }], fact => facts.push(fact))
  const ofSpot = (kind: string) =>
    facts.filter(fact => fact.kind === kind && 'market' in fact && fact.market === 'spot').length
  await until(() => ofSpot('up') === 1 && server.sockets.get(LINEAR)?.size)
  await until(() => ofSpot('stale') === 1 && ofSpot('down') === 1)
  await until(() => ofSpot('up') === 2)
  expect(facts.some(fact => fact.kind === 'stale' && fact.market === 'linear')).toBe(false)
})
