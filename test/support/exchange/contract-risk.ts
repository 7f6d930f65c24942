/** The part of the port's contract about spreads, resting and borrowing orders, and danger; see contract.ts. */
import { Decimal } from 'decimal.js'
import { expect, test } from 'vitest'
import type { Clock } from '../../../src/clock/clock.ts'
import { spreadSide } from '../../../src/domain/instrument.ts'
import {
  type OrderLookup,
  type OrderRequest,
  orderLinkId,
  type Placement,
} from '../../../src/domain/legs/order.ts'
import type { SpreadOrderBook } from '../../../src/domain/risk/risk-facts.ts'
import { orderQty, price } from '../../../src/domain/units.ts'
import type { AccountFact, Exchange, MarketFact, OrderBook } from '../../../src/exchange/exchange.ts'

export type ContractVenue = {
  exchange: Exchange
  clock: Clock
  /** USDT the account was given. */
  balance: string
  /** Lets time pass until the promise settles. */
  run<T>(promise: Promise<T>): Promise<T>
  /** Lets time pass until `what()` is true. */
  until(what: () => boolean): Promise<void>
  /** A second exchange on the same account, as a restarted engine makes it. */
  again(): Promise<Exchange>
  close(): Promise<void>
}

/** What the tests of the contract share. */
export type ContractTools = {
  venue(): ContractVenue
  account: readonly AccountFact[]
  market: readonly MarketFact[]
  books: ReadonlyMap<string, OrderBook>
  spreadBook(): SpreadOrderBook | undefined
  best(of: 'spot' | 'linear', side: 'bids' | 'asks'): Decimal
  /** An order that fills at once. */
  taker(of: 'spot' | 'linear', side: 'Buy' | 'Sell', qty: string): OrderRequest
  find(order: OrderRequest): Promise<OrderLookup>
  place(order: OrderRequest): Promise<Placement>
}

const PERP = 'BTCUSDT'
export const SPREAD = 'BTCUSDT_BTC/USDT'

export function spreadContract({ venue, account, spreadBook, best, find, place }: ContractTools): void {
  const exchange = () => venue().exchange
  const spreadOrder = (step: number, over: Partial<OrderRequest> = {}): OrderRequest => {
    const bid = spreadBook()?.bids[0]
    if (!bid) throw new Error('expected a spread book with bids')
    return {
      orderLinkId: orderLinkId('contract01', 'spreadOrder', 'enter', step),
      market: 'spread',
      symbol: SPREAD,
      side: spreadSide('long-carry'),
      qty: orderQty('0.01'),
      // 5 USDT below the best: it takes whatever moves meanwhile.
      limitPrice: price(new Decimal(bid[0]).minus(5).toDecimalPlaces(1)),
      timeInForce: 'IOC',
      reduceOnly: false,
      ...over,
    }
  }

  test('the native spread of a pair is listed with its legs, and its book is sorted, uncrossed and near both legs’', async () => {
    const { perps } = await venue().run(exchange().instruments())
    const found = (await venue().run(exchange().spreadInstruments())).find(one => one.symbol === SPREAD)
    expect(found).toMatchObject({ baseCoin: 'BTC', perp: PERP, spot: PERP })
    expect(perps.find(one => one.symbol === PERP)?.status).toBe('Trading')
    const { bids = [], asks = [] } = spreadBook() ?? {}
    expect(Number(bids[0]?.[0])).toBeLessThan(Number(asks[0]?.[0]))
    const between = best('linear', 'bids').minus(best('spot', 'asks'))
    expect(
      between
        .minus(bids[0]?.[0] ?? 0)
        .abs()
        .toNumber(),
    ).toBeLessThan(best('spot', 'bids').times(0.01).toNumber())
  })

  test('selling the spread sells the perpetual and buys spot; both legs’ fills are heard and found under its name, and the log has their ids', async () => {
    const order = spreadOrder(0)
    expect(await place(order)).toEqual({ kind: 'accepted', orderId: expect.any(String) })
    const fillsHeard = () =>
      account.flatMap(fact =>
        fact.kind === 'fill' && fact.fill.orderLinkId === order.orderLinkId ? [fact.fill] : [],
      )
    await venue().until(
      () =>
        account.some(
          fact =>
            fact.kind === 'order' &&
            fact.report.market === 'spread' &&
            fact.report.orderLinkId === order.orderLinkId &&
            fact.report.status === 'filled',
        ) && fillsHeard().length >= 2,
    )
    const found = await find(order)
    if (found.kind !== 'found') throw new Error(`expected a found order, found ${JSON.stringify(found)}`)
    expect(found.report).toMatchObject({ status: 'filled', filledQty: '0.01', market: 'spread' })
    const legs = (of: 'linear' | 'spot') => found.fills.filter(fill => fill.market === of)
    for (const of of ['linear', 'spot'] as const) {
      const total = legs(of).reduce((sum, fill) => sum.plus(fill.qty), new Decimal(0))
      expect(total.toFixed()).toBe('0.01')
    }
    for (const fill of legs('linear'))
      expect(fill).toMatchObject({ side: 'Sell', feeCoin: 'USDT', cause: 'trade' })
    for (const fill of legs('spot'))
      expect(fill).toMatchObject({ side: 'Buy', feeCoin: 'BTC', cause: 'trade' })
    const ids = found.fills.map(fill => fill.execId).sort()
    await venue().until(() => fillsHeard().length >= ids.length)
    expect(
      fillsHeard()
        .map(fill => fill.execId)
        .sort(),
    ).toEqual(ids)
    const nowMs = venue().clock.nowMs()
    const rows = await venue().run(exchange().transactions(nowMs - 3_600_000, nowMs + 60_000))
    const logged = new Set(rows.map(row => row.tradeId))
    expect(ids.filter(id => !logged.has(id))).toEqual([])
  })

  test('a resting spread order is open, is one under its id, is cancelled, and cancelling again is as good', async () => {
    const ask = new Decimal(spreadBook()?.asks[0]?.[0] ?? 0)
    const order = spreadOrder(1, {
      timeInForce: 'PostOnly',
      limitPrice: price(ask.plus(150).toDecimalPlaces(1)),
    })
    expect(await place(order)).toEqual({ kind: 'accepted', orderId: expect.any(String) })
    expect(await place(order)).toEqual({ kind: 'unknown', cause: 'duplicate' })
    expect(await find(order)).toMatchObject({
      kind: 'found',
      report: { status: 'open', filledQty: '0' },
      fills: [],
    })
    expect((await venue().run(exchange().openOrders())).map(one => one.orderLinkId)).toEqual([
      order.orderLinkId,
    ])
    const cancel = () => venue().run(exchange().cancelOrder('spread', SPREAD, order.orderLinkId))
    expect(await cancel()).toBe(true)
    expect(await find(order)).toMatchObject({ kind: 'found', report: { status: 'cancelled' } })
    expect(await cancel()).toBe(true)
    expect((await find(spreadOrder(2))).kind).toBe('absent')
  })
}

export function riskContract({ venue, account, market, books, taker, find, place }: ContractTools): void {
  const exchange = () => venue().exchange
  test('an order that takes part and rests is open with what it filled, and its fills are heard', async () => {
    const placed = async (side: 'Buy' | 'Sell'): Promise<{ order: OrderRequest; found: OrderLookup }> => {
      const [touch] = books.get('linear')?.[side === 'Buy' ? 'asks' : 'bids'] ?? []
      const order: OrderRequest = {
        ...taker('linear', side, new Decimal(touch?.[1] ?? 0).times(3).toFixed()),
        limitPrice: price(touch?.[0] ?? ''),
        timeInForce: 'GTC',
      }
      expect(await place(order)).toEqual({ kind: 'accepted', orderId: expect.any(String) })
      return { order, found: await find(order) }
    }
    const isPart = (found: OrderLookup) =>
      found.kind === 'found' && found.report.status === 'open' && Number(found.report.filledQty) > 0
    // The market moves between the look and the order: now and then it is as it was seen. Sides in turn, to stay small.
    let { order, found } = await placed('Buy')
    for (let tries = 0; tries < 40 && !isPart(found); tries++) {
      await venue().run(exchange().cancelOrder('linear', PERP, order.orderLinkId))
      ;({ order, found } = await placed(tries % 2 === 0 ? 'Sell' : 'Buy'))
    }
    if (found.kind !== 'found') throw new Error(`expected a found order, found ${JSON.stringify(found)}`)
    expect(found.report.status).toBe('open')
    expect(Number(found.report.filledQty)).toBeGreaterThan(0)
    const { fills } = found
    expect(fills.length).toBeGreaterThan(0)
    await venue().until(() =>
      account.some(
        fact =>
          fact.kind === 'order' &&
          fact.report.orderLinkId === order.orderLinkId &&
          fact.report.status === 'open' &&
          Number(fact.report.filledQty) > 0,
      ),
    )
    await venue().until(() =>
      fills.every(fill => account.some(fact => fact.kind === 'fill' && fact.fill.execId === fill.execId)),
    )
    // Meanwhile the rest of it may have been filled, which ends it as well.
    expect(await venue().run(exchange().cancelOrder('linear', PERP, order.orderLinkId))).toBe(true)
    expect(await find(order)).toMatchObject({
      report: { status: expect.stringMatching(/^(cancelled|filled)$/) },
    })
  })

  test('a coin that is not owned is sold only by an order that borrows, and what is bought back pays the debt', async () => {
    expect(await venue().run(exchange().spotMarginReady())).toBe(true)
    const terms = await venue().run(exchange().borrowTerms('BTC'))
    expect(Number(terms.hourlyRate)).toBeGreaterThan(0)
    expect(Number(terms.availableBase)).toBeGreaterThan(0)
    const owned =
      (await venue().run(exchange().wallet())).coins.find(one => one.coin === 'BTC')?.wallet ?? '0'
    const qty = new Decimal(owned).plus('0.02').toDecimalPlaces(3).toFixed()
    expect(await place(taker('spot', 'Sell', qty))).toMatchObject({
      kind: 'rejected',
      reason: 'insufficient-balance',
    })
    const order = { ...taker('spot', 'Sell', qty), borrow: true }
    expect(await place(order)).toEqual({ kind: 'accepted', orderId: expect.any(String) })
    expect(await find(order)).toMatchObject({ kind: 'found', report: { status: 'filled', filledQty: qty } })
    const debt = (await venue().run(exchange().wallet())).coins.find(one => one.coin === 'BTC')
    expect(Number(debt?.spotBorrowed)).toBeGreaterThan(0.019)
    expect(Number((await venue().run(exchange().borrowTerms('BTC'))).borrowedBase)).toBeGreaterThan(0.019)
    expect(await place(taker('spot', 'Buy', '0.03'))).toEqual({
      kind: 'accepted',
      orderId: expect.any(String),
    })
    const after = (await venue().run(exchange().wallet())).coins.find(one => one.coin === 'BTC')
    expect(after?.spotBorrowed).toBe('0')
    // Nothing is owed, or no repayment is taken at this minute: either way it is said, not thrown.
    expect(await venue().run(exchange().repay('BTC'))).toMatchObject({ kind: 'refused' })
  })

  test('what threatens a position and its collateral can be read', async () => {
    const [before] = await venue().run(exchange().positions())
    const more = taker('linear', before?.side === 'Sell' ? 'Sell' : 'Buy', '0.01')
    expect(await place(more)).toEqual({ kind: 'accepted', orderId: expect.any(String) })
    const [held] = await venue().run(exchange().positions())
    expect(held).toMatchObject({ status: 'normal', reduceOnly: false })
    expect(held?.adlRank).toBeGreaterThanOrEqual(1)
    expect(Number(held?.leverage)).toBeGreaterThan(0)
    const collateral = await venue().run(exchange().collateralTiers())
    expect(collateral.USDT).toMatchObject({ enabled: true, restricted: false })
    expect(collateral.BTC?.tiers.length).toBeGreaterThan(0)
    const tiers = await venue().run(exchange().riskTiers(PERP))
    expect(Number(tiers[0]?.maintenanceRate)).toBeGreaterThan(0)
    for (const [at, tier] of tiers.entries())
      expect(Number(tier.upToUsdt)).toBeGreaterThan(Number(tiers[at - 1]?.upToUsdt ?? 0))
    const alerts = await venue().run(exchange().adlAlerts())
    expect(alerts.find(one => one.symbol === PERP)).toMatchObject({
      coin: 'USDT',
      insurancePnlRatio: '-0.3',
    })
    expect(Array.isArray(await venue().run(exchange().systemNotices()))).toBe(true)
    await venue().until(() => market.some(fact => fact.kind === 'adl-alert'))
  })

  test('what was asked for is counted against the limits', () => {
    const quota = exchange().quota()
    const placing = quota.find(({ endpoint }) => endpoint === '/v5/order/create linear')
    expect(placing?.limit).toBeGreaterThan(0)
    expect(quota.find(({ endpoint }) => endpoint === 'address')?.limit).toBe(600)
  })
}
