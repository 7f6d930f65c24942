/** Pushes become facts: whole and trusted ones only, and everything lost is said first. */
import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../../../../src/clock/virtual-clock.ts'
import { createBybitExchange } from '../../../../src/exchange/bybit/venue.ts'
import type { AccountFact } from '../../../../src/exchange/exchange.ts'
import { type KeptFact, keptFact } from '../../../support/exchange/kept-fact.ts'
import { SERVER_MS, scriptedWire } from '../../../support/exchange/scripted-wire.ts'

function watching() {
  const wire = scriptedWire()
  const clock = new VirtualClock(SERVER_MS)
  const reports: string[] = []
  const market: KeptFact[] = []
  const account: AccountFact[] = []
  const exchange = createBybitExchange(wire, {
    name: 'scripted',
    clock,
    orderDeadlineMs: 5_000,
    report: (kind, detail) => reports.push(`${kind}: ${detail}`),
  })
  exchange.watchMarket(
    [
      { spot: 'BTCUSDT', perp: 'BTCUSDT' },
      { spot: 'PEPEUSDT', perp: '1000PEPEUSDT' },
    ],
    fact => market.push(keptFact(fact)),
  )
  exchange.watchAccount(fact => account.push(fact))
  const [linear, spot] = [wire.publicHears.get('linear'), wire.publicHears.get('spot')]
  const own = wire.privateHear
  if (!linear || !spot || !own) throw new Error('expected three streams')
  return { wire, clock, reports, market, account, linear, spot, own }
}

const book = (symbol: string, type: string, u: number) => ({
  topic: `orderbook.50.${symbol}`,
  type,
  ts: SERVER_MS + u,
  data: { s: symbol, b: [['99', '1']], a: [['101', '1']], u, seq: u },
})
const TICKER = {
  symbol: 'BTCUSDT',
  markPrice: '100.1',
  indexPrice: '100',
  lastPrice: '100.2',
  fundingRate: '0.0001',
  nextFundingTime: String(SERVER_MS + 3_600_000),
  fundingIntervalHour: '8',
}
const ticker = (type: string, data: object, ts = SERVER_MS) => ({ topic: 'tickers.BTCUSDT', type, ts, data })

describe('market facts', () => {
  test('books of both legs with their best levels, tickers and deleveraging alerts are asked for, each once', () => {
    const { wire } = watching()
    expect([...(wire.topics.get('spot') ?? [])].sort()).toEqual([
      'orderbook.1.BTCUSDT',
      'orderbook.1.PEPEUSDT',
      'orderbook.50.BTCUSDT',
      'orderbook.50.PEPEUSDT',
    ])
    expect([...(wire.topics.get('linear') ?? [])].sort()).toEqual([
      'adlAlert.USDT',
      'orderbook.1.1000PEPEUSDT',
      'orderbook.1.BTCUSDT',
      'orderbook.50.1000PEPEUSDT',
      'orderbook.50.BTCUSDT',
      'tickers.1000PEPEUSDT',
      'tickers.BTCUSDT',
    ])
  })

  test('the same symbol on spot and linear is two books', () => {
    const { market, spot, linear } = watching()
    spot.message(book('BTCUSDT', 'snapshot', 5))
    linear.message(book('BTCUSDT', 'snapshot', 900))
    spot.message(book('BTCUSDT', 'delta', 6))
    linear.message(book('BTCUSDT', 'delta', 901))
    expect(market.map(fact => fact.kind)).toEqual(['book', 'book', 'book', 'book'])
    expect(market.map(fact => fact.kind === 'book' && fact.book.market)).toEqual([
      'spot',
      'linear',
      'spot',
      'linear',
    ])
  })

  test('a gap is said as stale, the topic is subscribed again, and nothing of it is heard before its snapshot', () => {
    const { market, spot, wire, reports } = watching()
    spot.message(book('BTCUSDT', 'snapshot', 5))
    spot.message(book('BTCUSDT', 'delta', 7))
    spot.message(book('BTCUSDT', 'delta', 8))
    expect(market.slice(1)).toEqual([
      { kind: 'stale', market: 'spot', symbols: ['BTCUSDT'], cause: 'BTCUSDT: gap: update 7 after 5' },
    ])
    expect(wire.resubscribed).toEqual(['orderbook.50.BTCUSDT'])
    expect(reports).toHaveLength(1)
    spot.message(book('BTCUSDT', 'snapshot', 20))
    expect(market.at(-1)?.kind).toBe('book')
  })

  test('a topic whose snapshot does not come is asked for again, and no more once it came', () => {
    const { clock, spot, wire } = watching()
    spot.message(book('BTCUSDT', 'snapshot', 5))
    spot.message(book('BTCUSDT', 'delta', 7))
    clock.advanceTo(SERVER_MS + 11_000)
    expect(wire.resubscribed).toHaveLength(3)
    spot.message(book('BTCUSDT', 'snapshot', 20))
    clock.advanceTo(SERVER_MS + 60_000)
    expect(wire.resubscribed).toHaveLength(3)
  })

  test('a topic that breaks again and again is not subscribed again in a storm', () => {
    const { spot, wire, reports } = watching()
    for (let u = 0; u < 1_000; u += 10) {
      spot.message(book('BTCUSDT', 'snapshot', u + 2))
      spot.message(book('BTCUSDT', 'delta', u + 5))
    }
    expect(wire.resubscribed).toHaveLength(1)
    // The 1st, the 10th and the 100th of a kind.
    expect(reports).toHaveLength(3)
    expect(reports.at(-1)).toContain('100 times')
  })

  test('garbage on a socket makes every symbol of that market stale and takes all its topics anew', () => {
    const { market, linear, wire } = watching()
    linear.message(book('BTCUSDT', 'snapshot', 5))
    linear.garbage('a frame that is not JSON')
    expect(market.at(-1)).toMatchObject({
      kind: 'stale',
      market: 'linear',
      symbols: ['BTCUSDT', '1000PEPEUSDT'],
    })
    expect(wire.resubscribed).toHaveLength(4)
    linear.message(book('BTCUSDT', 'delta', 6))
    expect(market.at(-1)?.kind).toBe('stale')
  })

  test('after a cut the next books start from snapshots', () => {
    const { market, spot } = watching()
    spot.message(book('BTCUSDT', 'snapshot', 5))
    spot.down('cut')
    spot.message(book('BTCUSDT', 'delta', 6))
    expect(market.slice(1).map(fact => fact.kind)).toEqual(['stale', 'down'])
    spot.message(book('BTCUSDT', 'snapshot', 50))
    expect(market.at(-1)?.kind).toBe('book')
  })

  test('a refused topic makes its symbol stale', () => {
    const { market, linear, reports } = watching()
    linear.refused('tickers.BTCUSDT', 'handler not found')
    expect(market).toMatchObject([{ kind: 'stale', symbols: ['BTCUSDT'] }])
    expect(reports).toEqual(['refused-topic: linear tickers.BTCUSDT: handler not found'])
  })

  test('an unknown topic is counted and reported once, and harms nothing', () => {
    const { market, linear, reports } = watching()
    for (let n = 0; n < 5; n++)
      linear.message({ topic: 'tickers.DOGEUSDT', type: 'snapshot', ts: 1, data: {} })
    expect(reports).toEqual(['unknown-topic: linear tickers.DOGEUSDT'])
    expect(market).toEqual([])
  })
})

describe('deleveraging alerts', () => {
  const alert = (s: string, over: object = {}) => ({
    c: 'USDT',
    s,
    b: 1e-7,
    mb: '',
    i_pr: -0.3,
    pr: -0.28,
    adl_tt: 10000,
    adl_sr: -0.25,
    ...over,
  })
  const push = (...data: object[]) => ({ topic: 'adlAlert.USDT', type: 'snapshot', ts: SERVER_MS, data })

  test('of the watched perpetuals are heard, numbers as plain decimals', () => {
    const { market, linear } = watching()
    linear.message(push(alert('BTCUSDT'), alert('DOGEUSDT')))
    linear.message(push(alert('DOGEUSDT')))
    expect(market).toEqual([
      {
        kind: 'adl-alert',
        alerts: [
          {
            coin: 'USDT',
            symbol: 'BTCUSDT',
            balance: '0.0000001',
            pnlRatio: '-0.28',
            insurancePnlRatio: '-0.3',
            adlTriggerThreshold: '10000',
            adlStopRatio: '-0.25',
          },
        ],
      },
    ])
  })

  test('that cannot be read, or are not to be had, are told and harm no book', () => {
    const { market, linear, reports } = watching()
    linear.message(push(alert('BTCUSDT', { pr: null })))
    linear.refused('adlAlert.USDT', 'handler not found')
    expect(market).toEqual([])
    expect(reports.map(text => text.split(':')[0])).toEqual(['unread-alert', 'refused-topic'])
  })
})

describe('notices of maintenance', () => {
  const notice = { id: 'a', title: 't', state: 'scheduled', begin: '1', end: '2', product: [1, 2] }
  const push = (...data: object[]) => ({ topic: 'system.status', ts: SERVER_MS, data })

  test('are heard from a socket of their own, an unreadable one harms no other, and its drop harms nothing', () => {
    const { wire, market, reports } = watching()
    expect(wire.topics.get('status')).toEqual(['system.status'])
    const status = wire.publicHears.get('status')
    status?.message(push(notice, { ...notice, id: 'b', state: 'paused' }))
    status?.message({ topic: 'system.status' })
    status?.down('cut')
    expect(market).toEqual([
      {
        kind: 'system-notice',
        notices: [
          { id: 'a', title: 't', state: 'scheduled', fromMs: 1, toMs: 2, products: ['futures', 'spot'] },
        ],
      },
    ])
    expect(reports).toEqual([expect.stringMatching(/^unread-notice: b/)])
  })
})

describe('tickers', () => {
  test('a delta changes only what it holds, and every fact is whole, in milliseconds', () => {
    const { market, linear } = watching()
    linear.message(ticker('snapshot', TICKER))
    linear.message(ticker('delta', { symbol: 'BTCUSDT', fundingRate: '-0.0003' }, SERVER_MS + 100))
    linear.message(ticker('delta', { symbol: 'BTCUSDT', volume24h: '1' }, SERVER_MS + 200))
    const last = market.at(-1)
    expect(last).toEqual({
      kind: 'ticker',
      ticker: {
        symbol: 'BTCUSDT',
        markPrice: '100.1',
        indexPrice: '100',
        lastPrice: '100.2',
        fundingRate: '-0.0003',
        nextFundingAtMs: SERVER_MS + 3_600_000,
        fundingIntervalMs: 8 * 3_600_000,
        atMs: SERVER_MS + 200,
      },
    })
    expect(market).toHaveLength(3)
  })

  test('a change of the funding interval comes through', () => {
    const { market, linear } = watching()
    linear.message(ticker('snapshot', TICKER))
    linear.message(ticker('delta', { fundingIntervalHour: '1' }))
    expect(market.at(-1)).toMatchObject({ ticker: { fundingIntervalMs: 3_600_000 } })
  })

  test('a delta before the snapshot is waited out', () => {
    const { market, linear } = watching()
    linear.message(ticker('delta', { markPrice: '1' }))
    expect(market).toEqual([])
  })

  test.each([
    ['a mark price that is no decimal', { markPrice: '1e3.5' }],
    ['an empty funding rate', { fundingRate: '' }],
    ['an interval of 0', { fundingIntervalHour: '0' }],
    ['no next settlement', { nextFundingTime: '' }],
  ])('%s makes the symbol stale and takes the topic anew', (_name, wrong) => {
    const { market, linear, wire } = watching()
    linear.message(ticker('snapshot', TICKER))
    linear.message(ticker('delta', wrong))
    expect(market.at(-1)).toMatchObject({ kind: 'stale', symbols: ['BTCUSDT'] })
    expect(wire.resubscribed).toEqual(['tickers.BTCUSDT'])
  })
})

describe('account facts', () => {
  const push = (topic: string, ...data: object[]) => ({ topic, id: 'x', creationTime: SERVER_MS, data })

  test('up and down pass as they are', () => {
    const { account, own } = watching()
    own.up()
    own.down('cut')
    expect(account).toEqual([{ kind: 'up' }, { kind: 'down', cause: 'cut' }])
  })

  test('funding comes as an execution and is named so, positive when paid', () => {
    const { account, own } = watching()
    const funding = {
      category: 'linear',
      symbol: 'BTCUSDT',
      execId: 'f1',
      execType: 'Funding',
      execQty: '0.5',
      execPrice: '100',
      execFee: '-0.005',
      feeCurrency: '',
      orderId: '1',
      orderLinkId: '',
      side: 'Sell',
      isMaker: false,
      execTime: '1700000000000',
    }
    own.message(push('execution', funding))
    expect(account).toMatchObject([
      { kind: 'fill', fill: { cause: 'funding', fee: '-0.005', feeCoin: 'USDT' } },
    ])
  })

  test('a closed position is flat, and the socket’s entryPrice is the entry price', () => {
    const { account, own } = watching()
    const row = {
      category: 'linear',
      symbol: 'BTCUSDT',
      markPrice: '1',
      unrealisedPnl: '0',
      entryPrice: '64000',
    }
    own.message(push('position', { ...row, side: 'Sell', size: '0.5' }, { ...row, side: '', size: '0' }))
    expect(account).toMatchObject([
      { position: { side: 'Sell', qty: '0.5', entryPrice: '64000', readAtMs: SERVER_MS } },
      { position: { side: 'flat', qty: '0' } },
    ])
  })

  test('a cancel that loses the race to a fill gives two Filled messages, and both say filled', () => {
    const { account, own } = watching()
    const row = {
      category: 'linear',
      symbol: 'BTCUSDT',
      orderId: '1',
      orderLinkId: 'link',
      side: 'Buy',
      qty: '1',
      cumExecQty: '1',
      orderStatus: 'Filled',
      rejectReason: 'EC_NoError',
      updatedTime: '1700000000000',
    }
    own.message(push('order', row))
    own.message(
      push('order', { ...row, cancelType: 'CancelByUser', rejectReason: 'EC_OrigClOrdIDDoesNotExist' }),
    )
    expect(account).toMatchObject([
      { report: { status: 'filled', filledQty: '1', rejectReason: '' } },
      { report: { status: 'filled', filledQty: '1', rejectReason: 'EC_OrigClOrdIDDoesNotExist' } },
    ])
  })

  test.each([
    ['Cancelled', 'cancelled'],
    ['PartiallyFilledCanceled', 'cancelled'],
    ['Deactivated', 'cancelled'],
    ['Rejected', 'rejected'],
    ['PartiallyFilled', 'open'],
    ['Untriggered', 'open'],
  ])('Bybit’s %s is %s, with the quantity that was filled', (orderStatus, status) => {
    const { account, own } = watching()
    const row = {
      category: 'spot',
      symbol: 'BTCUSDT',
      orderId: '1',
      orderLinkId: 'link',
      side: 'Buy',
      qty: '1',
    }
    own.message(push('order', { ...row, cumExecQty: '0.30', orderStatus, updatedTime: '1700000000000' }))
    expect(account).toMatchObject([{ report: { status, filledQty: '0.3' } }])
  })

  test('rows of options and inverse contracts are not ours', () => {
    const { account, own } = watching()
    own.message(push('order', { category: 'option', symbol: 'X' }))
    own.message(push('execution', { category: 'inverse', symbol: 'X' }))
    own.message(push('position', { category: 'inverse', symbol: 'X' }))
    expect(account).toEqual([])
  })

  test('a row that cannot be read is said as a drop and an up, so that the account is reconciled', () => {
    const { account, own, reports } = watching()
    own.message(push('order', { category: 'linear', symbol: 'BTCUSDT', orderStatus: 'Halted' }))
    expect(account.map(fact => fact.kind)).toEqual(['down', 'up'])
    expect(reports.join()).toContain('Halted')
  })

  test.each(['greeks', 'execution.fast'])(
    'the private topic %s is not ours: reported, harms nothing',
    topic => {
      const { account, own, reports } = watching()
      own.message(push(topic, {}))
      expect(account).toEqual([])
      expect(reports).toEqual([`unknown-topic: private ${topic}`])
    },
  )
})
