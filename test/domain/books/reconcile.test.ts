import { describe, expect, test } from 'vitest'
import { type Claim, reconcile, type VenueHoldings } from '../../../src/domain/books/reconcile.ts'
import { orderLinkId } from '../../../src/domain/legs/order.ts'
import { amount, baseQty, orderQty } from '../../../src/domain/units.ts'

const CLAIM: Claim = {
  hedgeId: 'HEDGE00001',
  baseCoin: 'XRP',
  perpSymbol: 'XRPUSDT',
  spotNetBase: baseQty('800.05'),
  perpContracts: orderQty('800'),
  perpQtyStep: orderQty('0.1'),
  spotQtyStep: orderQty('0.01'),
}
const coin = (name: string, wallet: string) => ({ coin: name, wallet: amount(wallet) })
const position = (symbol: string, qty: string, side: 'Buy' | 'Sell' | 'flat') => ({
  symbol,
  qty: orderQty(qty),
  side,
})
const VENUE: VenueHoldings = {
  coins: [coin('USDT', '5000'), coin('XRP', '800.05')],
  positions: [position('XRPUSDT', '800', 'Sell')],
  openOrders: [],
}
const differences = (change: Partial<VenueHoldings>, claims = [CLAIM], orders: string[] = []) =>
  reconcile(claims, orders, { ...VENUE, ...change })

test('nothing is told when hedges and exchange agree, and cash is nobody’s', () => {
  expect(differences({})).toEqual([])
  expect(differences({ coins: [coin('USDT', '1'), coin('XRP', '800.05')] })).toEqual([])
})

describe('positions', () => {
  test('a smaller, absent or turned short is a missing leg', () => {
    for (const positions of [
      [position('XRPUSDT', '799.9', 'Sell')],
      [],
      [position('XRPUSDT', '0', 'flat')],
      [position('XRPUSDT', '800', 'Buy')],
    ])
      expect(differences({ positions })).toMatchObject([
        { kind: 'missing-position', subject: 'XRPUSDT', hedgeIds: ['HEDGE00001'], weight: 'broken' },
      ])
  })

  test('of a reverse hedge, a smaller or turned long is a missing leg, and a larger one is somebody else’s', () => {
    const reverse: Claim = { ...CLAIM, spotNetBase: baseQty('-800'), perpContracts: orderQty('-800') }
    const owed = { ...coin('XRP', '0'), spotBorrowed: amount('800') }
    const shown = (qty: string, side: 'Buy' | 'Sell' | 'flat') =>
      differences({ coins: [owed], positions: [position('XRPUSDT', qty, side)] }, [reverse])
    expect(shown('800', 'Buy')).toEqual([])
    for (const found of [shown('799.9', 'Buy'), shown('0', 'flat'), shown('800', 'Sell')])
      expect(found).toMatchObject([{ kind: 'missing-position', weight: 'broken' }])
    expect(shown('800.1', 'Buy')).toMatchObject([
      { kind: 'foreign-position', weight: 'information', found: '800.1 contracts long' },
    ])
  })

  test('what is more than claimed, or stands where nothing is claimed, is somebody else’s: information', () => {
    expect(differences({ positions: [position('XRPUSDT', '800.1', 'Sell')] })).toMatchObject([
      {
        kind: 'foreign-position',
        weight: 'information',
        found: '800.1 contracts short',
        expected: '800 contracts short',
      },
    ])
    const flat = { ...CLAIM, perpContracts: orderQty('0') }
    expect(differences({ positions: [position('XRPUSDT', '5', 'Buy')] }, [flat])).toMatchObject([
      { kind: 'foreign-position', weight: 'information' },
    ])
    const both = [...VENUE.positions, position('BTCUSDT', '1', 'Buy')]
    expect(differences({ positions: both })).toMatchObject([
      { kind: 'foreign-position', subject: 'BTCUSDT', hedgeIds: [], weight: 'information' },
    ])
  })
})

describe('coins', () => {
  test('one spot step is tolerated, more is a missing leg', () => {
    expect(differences({ coins: [coin('XRP', '800.04')] })).toEqual([])
    expect(differences({ coins: [coin('XRP', '800.039')] })).toMatchObject([
      { kind: 'short-spot', subject: 'XRP', weight: 'broken', expected: '800.05' },
    ])
    expect(differences({ coins: [] })).toMatchObject([{ kind: 'short-spot', found: '0' }])
  })

  test('what people own besides is information', () => {
    expect(differences({ coins: [coin('XRP', '900'), coin('BTC', '0.5')] })).toMatchObject([
      { kind: 'foreign-spot', subject: 'XRP', weight: 'information' },
      { kind: 'foreign-spot', subject: 'BTC', weight: 'information', hedgeIds: [] },
    ])
  })

  test('hedges of one coin are added up', () => {
    const second = {
      ...CLAIM,
      hedgeId: 'HEDGE00002',
      spotNetBase: baseQty('100'),
      perpContracts: orderQty('100'),
    }
    const claims = [CLAIM, second]
    expect(
      differences(
        { coins: [coin('XRP', '900.05')], positions: [position('XRPUSDT', '900', 'Sell')] },
        claims,
      ),
    ).toEqual([])
    expect(differences({}, claims)).toMatchObject([
      { kind: 'missing-position', hedgeIds: ['HEDGE00001', 'HEDGE00002'] },
      { kind: 'short-spot' },
    ])
  })
})

describe('orders', () => {
  const ours = orderLinkId('HEDGE00001', 'spot', 'enter', 7)

  test('an open order that no hedge knows is told when it is a person’s and stops things when its name is ours', () => {
    const openOrders = [
      { orderLinkId: 'by-hand', symbol: 'XRPUSDT' },
      { orderLinkId: ours, symbol: 'XRPUSDT' },
    ]
    expect(differences({ openOrders })).toMatchObject([
      { kind: 'foreign-order', subject: 'by-hand', weight: 'information' },
      { kind: 'foreign-order', subject: ours, hedgeIds: ['HEDGE00001'], weight: 'broken' },
    ])
    expect(differences({ openOrders: openOrders.slice(1) }, [CLAIM], [ours])).toEqual([])
  })

  test('an order we hold open that is not there has to be asked about', () => {
    expect(differences({}, [CLAIM], [ours])).toMatchObject([
      { kind: 'missing-order', subject: ours, hedgeIds: ['HEDGE00001'], weight: 'broken' },
    ])
  })
})
