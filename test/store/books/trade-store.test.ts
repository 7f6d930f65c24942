import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Fill, OrderReport } from '../../../src/domain/legs/order.ts'
import { amount, orderQty, price } from '../../../src/domain/units.ts'
import { createTradeStore, type TradeStore } from '../../../src/store/books/trade-store.ts'
import type { Database } from '../../../src/store/database.ts'
import type { Lease } from '../../../src/store/lease.ts'
import { ACCOUNT, openTestDatabase, takeTestLease } from '../../support/store/test-database.ts'

const HEDGE = 'A1B2000001'
const ORDER = `${HEDGE}-SE0000`

let database: Database
let lease: Lease
let store: TradeStore
beforeAll(async () => {
  database = await openTestDatabase()
  lease = await takeTestLease(database)
  store = createTradeStore(database, { account: ACCOUNT, epoch: lease.epoch })
})
afterAll(async () => {
  await lease.release()
  await database.close()
})

const fill = (execId: string, over: Partial<Fill> = {}): Fill => ({
  execId,
  orderLinkId: ORDER,
  orderId: 'venue order',
  market: 'spot',
  symbol: 'BTCUSDT',
  side: 'Buy',
  cause: 'trade',
  qty: orderQty('0.000001'),
  price: price('97123.4'),
  fee: amount('0.000000001'),
  feeCoin: 'BTC',
  maker: false,
  filledAtMs: 10,
  ...over,
})

const report = (over: Partial<OrderReport> = {}): OrderReport => ({
  orderLinkId: ORDER,
  orderId: 'venue order',
  market: 'spot',
  symbol: 'BTCUSDT',
  side: 'Buy',
  qty: orderQty('0.5'),
  filledQty: orderQty('0'),
  status: 'open',
  rejectReason: '',
  updatedAtMs: 10,
  ...over,
})

describe('the trade store', () => {
  test('keeps each execution once, under the hedge its order names', async () => {
    await store.keepFills([fill('a'), fill('b', { filledAtMs: 11 })])
    await store.keepFills([
      fill('b', { filledAtMs: 11 }),
      fill('a'),
      fill('by hand', { orderLinkId: 'mine' }),
    ])
    expect(await store.fillsOfHedge(HEDGE)).toEqual([
      { ...fill('a'), hedgeId: HEDGE },
      { ...fill('b', { filledAtMs: 11 }), hedgeId: HEDGE },
    ])
  })

  test('keeps the newest word on an order, whatever order the words come in', async () => {
    const closed = report({ status: 'filled', filledQty: orderQty('0.5'), updatedAtMs: 30 })
    await store.keepOrders([report(), closed, report({ filledQty: orderQty('0.2'), updatedAtMs: 20 })])
    await store.keepOrders([report({ filledQty: orderQty('0.3'), updatedAtMs: 25 })])
    expect(await store.ordersOfHedge(HEDGE)).toEqual([{ ...closed, hedgeId: HEDGE }])
  })

  test('keeps a spread order, which is of no single market, under its hedge', async () => {
    const spreadOrder = report({
      orderLinkId: `${HEDGE}-CE0000`,
      market: 'spread',
      symbol: 'BTCUSDT_BTC/USDT',
      updatedAtMs: 40,
    })
    await store.keepOrders([spreadOrder])
    expect(await store.ordersOfHedge(HEDGE)).toContainEqual({ ...spreadOrder, hedgeId: HEDGE })
  })
})
