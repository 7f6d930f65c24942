/**
 * The port's contract: what every exchange behind it must do, whatever carries it. One suite, run over the SDK against the
 * simulator's server and over the simulator in the same process; the engine may rely on each sentence.
 */
import { Decimal } from 'decimal.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type OrderRequest, orderLinkId } from '../../../src/domain/legs/order.ts'
import type { SpreadOrderBook } from '../../../src/domain/risk/risk-facts.ts'
import { orderQty, price } from '../../../src/domain/units.ts'
import type { AccountFact, Exchange, MarketFact, OrderBook } from '../../../src/exchange/exchange.ts'
import {
  type ContractTools,
  type ContractVenue,
  riskContract,
  SPREAD,
  spreadContract,
} from './contract-risk.ts'

const PERP = 'BTCUSDT'

export const exchangeContract = (name: string, start: () => Promise<ContractVenue>) =>
  describe(`the exchange port over ${name}`, () => {
    let venue: ContractVenue
    let exchange: Exchange
    let steps = 0
    const market: MarketFact[] = []
    const account: AccountFact[] = []
    const books = new Map<string, OrderBook>()
    let spreadBook: SpreadOrderBook | undefined

    beforeAll(async () => {
      venue = await start()
      exchange = venue.exchange
      exchange.watchAccount(fact => account.push(fact))
      exchange.watchMarket([{ spot: PERP, perp: PERP, spread: SPREAD }], fact => {
        market.push(fact)
        if (fact.kind === 'book') books.set(fact.book.market, fact.book.copy())
        if (fact.kind === 'spread-book') spreadBook = fact
      })
      await venue.until(
        () =>
          books.size === 2 &&
          spreadBook !== undefined &&
          account.some(fact => fact.kind === 'up') &&
          exchange.orderEntryReady(),
      )
    })
    afterAll(async () => {
      await venue.close()
    })

    const best = (of: 'spot' | 'linear', side: 'bids' | 'asks') => {
      const level = books.get(of)?.[side][0]
      if (!level) throw new Error(`expected a ${of} book with ${side}`)
      return new Decimal(level[0])
    }
    /** An order that fills at once: its limit is 1 % through the book. */
    const taker = (of: 'spot' | 'linear', side: 'Buy' | 'Sell', qty: string): OrderRequest => {
      const through = side === 'Buy' ? best(of, 'asks').times('1.004') : best(of, 'bids').times('0.996')
      return {
        orderLinkId: orderLinkId('contract01', of === 'spot' ? 'spot' : 'perp', 'enter', steps++),
        market: of,
        symbol: PERP,
        side,
        qty: orderQty(qty),
        limitPrice: price(through.toDecimalPlaces(1)),
        timeInForce: 'IOC',
        reduceOnly: false,
      }
    }
    /** An order that rests: far below the book. */
    const maker = (of: 'spot' | 'linear', qty: string): OrderRequest => ({
      ...taker(of, 'Buy', qty),
      limitPrice: price(best(of, 'bids').times('0.997').toDecimalPlaces(1)),
      timeInForce: 'PostOnly',
    })
    const find = (order: OrderRequest) =>
      venue.run(exchange.findOrder(order.market, order.symbol, order.orderLinkId))
    const place = (order: OrderRequest) => venue.run(exchange.placeOrder(order))

    const tools: ContractTools = {
      venue: () => venue,
      account,
      market,
      books,
      spreadBook: () => spreadBook,
      best,
      taker,
      find,
      place,
    }

    test('server time is the clock’s, within a second of the exchange’s own speed', async () => {
      const beforeMs = venue.clock.nowMs()
      const serverMs = await venue.run(exchange.serverTimeMs())
      expect(serverMs).toBeGreaterThanOrEqual(beforeMs - 1_000)
      expect(serverMs).toBeLessThanOrEqual(venue.clock.nowMs() + 1_000)
    })

    test('instruments have grids above 0, and the pair is on both markets', async () => {
      const { spot, perps } = await venue.run(exchange.instruments())
      expect(spot.map(one => one.symbol)).toContain(PERP)
      expect(perps.map(one => one.symbol)).toContain(PERP)
      for (const one of [...spot, ...perps]) {
        expect(Number(one.tickSize)).toBeGreaterThan(0)
        expect(Number(one.qtyStep)).toBeGreaterThan(0)
        expect(Number(one.minNotionalUsdt)).toBeGreaterThan(0)
      }
      for (const perp of perps) expect(perp.fundingIntervalMs % 3_600_000).toBe(0)
      for (const market of ['spot', 'linear'] as const)
        expect(Number((await venue.run(exchange.turnovers(market)))[PERP])).toBeGreaterThan(0)
    })

    test('the account is unified and one-way, holds its balance, and has fees above 0', async () => {
      expect(await venue.run(exchange.account())).toMatchObject({
        uid: expect.stringMatching(/^\d+$/),
        isReadOnly: false,
        permissions: { spot: true, contract: true, withdraw: false },
        accountType: 'unified',
        marginMode: 'regular',
        positionMode: 'one-way',
      })
      const held = await venue.run(exchange.wallet())
      expect(held.coins.find(one => one.coin === 'USDT')?.wallet).toBe(venue.balance)
      expect(Number(held.availableUsdt)).toBeGreaterThan(0)
      for (const of of ['spot', 'linear'] as const) {
        const fees = await venue.run(exchange.feeRates(of, PERP))
        expect(Number(fees.taker)).toBeGreaterThan(0)
      }
      expect(await venue.run(exchange.positions())).toEqual([])
      expect(await venue.run(exchange.openOrders())).toEqual([])
    })

    test('market facts are whole: sorted uncrossed books of both legs, a ticker with its next settlement', async () => {
      await venue.until(() => market.some(fact => fact.kind === 'ticker'))
      expect(
        market
          .filter(fact => fact.kind === 'up')
          .map(fact => fact.market)
          .sort(),
      ).toEqual(['linear', 'spot'])
      for (const book of books.values()) {
        expect(Number(book.bids[0]?.[0])).toBeLessThan(Number(book.asks[0]?.[0]))
        expect(book.bids.length).toBeLessThanOrEqual(50)
      }
      const ticker = market.findLast(fact => fact.kind === 'ticker')?.ticker
      expect(ticker?.symbol).toBe(PERP)
      expect(ticker?.nextFundingAtMs).toBeGreaterThan(ticker?.atMs ?? Number.POSITIVE_INFINITY)
      expect(Number(ticker?.markPrice)).toBeGreaterThan(0)
      expect(market.filter(fact => fact.kind === 'stale')).toEqual([])
    })

    test('a spot buy is heard of, found with all its fills, and its fee is taken in the coin', async () => {
      const order = taker('spot', 'Buy', '0.02')
      expect(await place(order)).toMatchObject({ kind: 'accepted' })
      await venue.until(() =>
        account.some(
          fact =>
            fact.kind === 'order' &&
            fact.report.orderLinkId === order.orderLinkId &&
            fact.report.status === 'filled',
        ),
      )
      const heard = account.flatMap(fact => (fact.kind === 'fill' ? [fact.fill] : []))
      const found = await find(order)
      if (found.kind !== 'found') throw new Error(`expected a found order, found ${JSON.stringify(found)}`)
      expect(found.report).toMatchObject({ status: 'filled', filledQty: '0.02', qty: '0.02' })
      const total = found.fills.reduce((sum, fill) => sum.plus(fill.qty), new Decimal(0))
      expect(total.toFixed()).toBe('0.02')
      await venue.until(() =>
        found.fills.every(fill =>
          account.some(fact => fact.kind === 'fill' && fact.fill.execId === fill.execId),
        ),
      )
      for (const fill of found.fills) {
        expect(fill).toMatchObject({ feeCoin: 'BTC', cause: 'trade', orderLinkId: order.orderLinkId })
        expect(Number(fill.price)).toBeLessThanOrEqual(Number(order.limitPrice))
        const same = heard.find(one => one.execId === fill.execId)
        if (same) expect(same).toEqual(fill)
      }
      const paid = found.fills.reduce((sum, fill) => sum.plus(fill.fee), new Decimal(0))
      const held = (await venue.run(exchange.wallet())).coins.find(one => one.coin === 'BTC')
      expect(held?.wallet).toBe(new Decimal('0.02').minus(paid).toFixed())
    })

    test('a perpetual short becomes a position, its fee is in USDT', async () => {
      const order = taker('linear', 'Sell', '0.019')
      expect(await place(order)).toMatchObject({ kind: 'accepted' })
      await venue.until(() => account.some(fact => fact.kind === 'position' && fact.position.side === 'Sell'))
      expect(await venue.run(exchange.positions())).toMatchObject([
        { symbol: PERP, side: 'Sell', qty: '0.019' },
      ])
      const found = await find(order)
      expect(found).toMatchObject({ kind: 'found', report: { status: 'filled', filledQty: '0.019' } })
      if (found.kind === 'found') for (const fill of found.fills) expect(fill.feeCoin).toBe('USDT')
    })

    test.each(['spot', 'linear'] as const)(
      'a resting %s order is open, is cancelled, and cancelling again is as good',
      async of => {
        const order = maker(of, '0.01')
        expect(await place(order)).toMatchObject({ kind: 'accepted' })
        expect(await find(order)).toMatchObject({
          kind: 'found',
          report: { status: 'open', filledQty: '0' },
          fills: [],
        })
        expect((await venue.run(exchange.openOrders())).map(one => one.orderLinkId)).toEqual([
          order.orderLinkId,
        ])
        const cancel = () => venue.run(exchange.cancelOrder(of, PERP, order.orderLinkId))
        expect(await cancel()).toBe(true)
        await venue.until(() =>
          account.some(
            fact =>
              fact.kind === 'order' &&
              fact.report.orderLinkId === order.orderLinkId &&
              fact.report.status === 'cancelled',
          ),
        )
        expect(await find(order)).toMatchObject({ kind: 'found', report: { status: 'cancelled' } })
        expect(await cancel()).toBe(true)
        expect(await venue.run(exchange.openOrders())).toEqual([])
      },
    )

    test.each(['spot', 'linear'] as const)(
      'the same %s order id twice is one order, and says so',
      async of => {
        const order = maker(of, '0.01')
        expect(await place(order)).toMatchObject({ kind: 'accepted' })
        expect(await place(order)).toEqual({ kind: 'unknown', cause: 'duplicate' })
        const mine = (await venue.run(exchange.openOrders())).filter(
          one => one.orderLinkId === order.orderLinkId,
        )
        expect(mine).toHaveLength(1)
        await venue.run(exchange.cancelOrder(of, PERP, order.orderLinkId))
      },
    )

    test.each(['spot', 'linear'] as const)(
      'a post-only %s order that would take is accepted, then cancelled: an ack is no outcome',
      async of => {
        const order: OrderRequest = { ...taker(of, 'Buy', '0.01'), timeInForce: 'PostOnly' }
        expect(await place(order)).toMatchObject({ kind: 'accepted' })
        const last = () =>
          account.findLast(fact => fact.kind === 'order' && fact.report.orderLinkId === order.orderLinkId)
        await venue.until(() => last() !== undefined)
        expect(last()).toMatchObject({
          report: { filledQty: '0', rejectReason: 'EC_PostOnlyWillTakeLiquidity' },
        })
        expect(await find(order)).toMatchObject({ kind: 'found', fills: [] })
        expect(await venue.run(exchange.openOrders())).toEqual([])
      },
    )

    test('an IOC that finds no price ends cancelled without a fill', async () => {
      const order: OrderRequest = { ...maker('linear', '0.01'), timeInForce: 'IOC' }
      expect(await place(order)).toMatchObject({ kind: 'accepted' })
      await venue.until(() =>
        account.some(
          fact =>
            fact.kind === 'order' &&
            fact.report.orderLinkId === order.orderLinkId &&
            fact.report.status !== 'open',
        ),
      )
      expect(await find(order)).toMatchObject({
        kind: 'found',
        report: { status: 'cancelled', filledQty: '0' },
        fills: [],
      })
    })

    test('an order below the minimum, above the balance or off the reduce-only rule is rejected for its reason', async () => {
      expect(await place(taker('spot', 'Buy', '0.00001'))).toMatchObject({
        kind: 'rejected',
        reason: 'below-minimum',
      })
      expect(await place(taker('spot', 'Buy', '90'))).toMatchObject({
        kind: 'rejected',
        reason: 'insufficient-balance',
      })
      expect(await place({ ...taker('linear', 'Sell', '0.01'), reduceOnly: true })).toMatchObject({
        kind: 'rejected',
        reason: 'reduce-only',
      })
    })

    test('an order never sent is absent, at the exchange’s time', async () => {
      const found = await find(taker('spot', 'Buy', '0.01'))
      expect(found.kind).toBe('absent')
      if (found.kind === 'absent')
        expect(Math.abs(found.serverAtMs - venue.clock.nowMs())).toBeLessThan(60_000)
    })

    test('a restarted engine sees the same account: position, orders and their fills', async () => {
      const order = maker('spot', '0.01')
      await place(order)
      const second = await venue.again()
      expect((await venue.run(second.openOrders())).map(one => one.orderLinkId)).toEqual([order.orderLinkId])
      expect(await venue.run(second.positions())).toMatchObject([{ qty: '0.019', side: 'Sell' }])
      await venue.until(() => second.orderEntryReady())
      expect(await venue.run(second.cancelOrder('spot', PERP, order.orderLinkId))).toBe(true)
      await second.close()
      expect(await find(order)).toMatchObject({ report: { status: 'cancelled' } })
    })

    test('the transaction log ties out to the wallet, coin by coin', async () => {
      const nowMs = venue.clock.nowMs()
      const rows = await venue.run(exchange.transactions(nowMs - 86_400_000, nowMs + 60_000))
      expect(rows.some(row => row.kind === 'trade')).toBe(true)
      expect(rows.some(row => row.kind === 'transfer-in')).toBe(true)
      expect(new Set(rows.map(row => row.id)).size).toBe(rows.length)
      const sums = new Map<string, Decimal>()
      for (const row of rows) {
        const change = new Decimal(row.cashFlow).plus(row.funding).minus(row.fee)
        expect(change.toFixed()).toBe(new Decimal(row.change).toFixed())
        const sum = (sums.get(row.coin) ?? new Decimal(0)).plus(row.change)
        sums.set(row.coin, sum)
        expect(sum.toFixed()).toBe(new Decimal(row.balanceAfter).toFixed())
      }
      for (const coin of (await venue.run(exchange.wallet())).coins)
        expect((sums.get(coin.coin) ?? new Decimal(0)).toFixed()).toBe(new Decimal(coin.wallet).toFixed())
    })

    spreadContract(tools)
    riskContract(tools)

    test('klines and funding history come oldest first, within what was asked for', async () => {
      const toMs = venue.clock.nowMs()
      const fromMs = toMs - 48 * 3_600_000
      for (const of of ['spot', 'linear'] as const) {
        const klines = await venue.run(exchange.klines(of, PERP, 60, fromMs, toMs))
        expect(klines.every((one, at) => at === 0 || one.atMs > (klines[at - 1]?.atMs ?? 0))).toBe(true)
        expect(klines.every(one => one.atMs >= fromMs && one.atMs < toMs)).toBe(true)
        for (const { open, high, low, close } of klines) {
          expect(Number(high)).toBeGreaterThanOrEqual(Math.max(Number(open), Number(close)))
          expect(Number(low)).toBeLessThanOrEqual(Math.min(Number(open), Number(close)))
        }
      }
      const prints = await venue.run(exchange.fundingHistory(PERP, fromMs, toMs))
      expect(
        prints.every((one, at) => at === 0 || one.settledAtMs > (prints[at - 1]?.settledAtMs ?? 0)),
      ).toBe(true)
      for (const print of prints) expect(print.settledAtMs % 3_600_000).toBe(0)
    })
  })
