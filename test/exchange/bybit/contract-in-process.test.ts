/** The port's contract over the simulator in this process, on a virtual clock; and what its line can do to a request. */
import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../../../src/clock/virtual-clock.ts'
import { orderLinkId } from '../../../src/domain/legs/order.ts'
import { orderQty, price } from '../../../src/domain/units.ts'
import { createBybitExchange } from '../../../src/exchange/bybit/venue.ts'
import type { AccountFact, MarketFact } from '../../../src/exchange/exchange.ts'
import { createSimulatedBybit } from '../../../src/exchange/simulator/create.ts'
import { type InProcessFault, inProcessBybit } from '../../../src/exchange/simulator/in-process.ts'
import type { CoreRequest } from '../../../src/exchange/simulator/simulated.ts'
import { exchangeContract } from '../../support/exchange/contract.ts'
import { keptFact } from '../../support/exchange/kept-fact.ts'

const START_MS = Date.UTC(2026, 5, 1, 0, 30)
const UID = '10000001'

/** Lets promises settle, then moves the clock by one timer; again until `done`. */
async function drive(clock: VirtualClock, done: () => boolean): Promise<void> {
  for (let steps = 0; !done(); steps++) {
    await new Promise(resolve => setImmediate(resolve))
    if (done()) return
    if (steps > 20_000 || !clock.step(START_MS + 86_400_000))
      throw new Error('expected it to happen within a day')
  }
}

function start(fault: (request: CoreRequest) => InProcessFault = () => 'none', startAtMs = START_MS) {
  const clock = new VirtualClock(startAtMs)
  const core = createSimulatedBybit({
    seed: 7,
    startAtMs,
    accounts: [{ uid: UID, balances: { USDT: '100000' } }],
  })
  const shell = inProcessBybit({ core, clock, latencyMs: 5, fault })
  const open = () =>
    createBybitExchange(shell.wire(UID), {
      name: 'in-process',
      clock,
      orderDeadlineMs: 2_000,
      report: (kind, detail) => {
        throw new Error(`expected nothing left out, found ${kind}: ${detail}`)
      },
    })
  const run = async <T>(promise: Promise<T>): Promise<T> => {
    let settled = false
    promise.then(
      () => {
        settled = true
      },
      () => {
        settled = true
      },
    )
    await drive(clock, () => settled)
    return promise
  }
  return { clock, core, shell, open, run, until: (what: () => boolean) => drive(clock, what) }
}

exchangeContract('the simulator in this process', async () => {
  const { clock, shell, open, run, until } = start()
  return {
    exchange: open(),
    clock,
    balance: '100000',
    run,
    until,
    again: async () => open(),
    close: async () => shell.close(),
  }
})

const order = (step: number) => ({
  orderLinkId: orderLinkId('inprocess1', 'perp', 'enter', step),
  market: 'linear' as const,
  symbol: 'BTCUSDT',
  side: 'Buy' as const,
  qty: orderQty('0.01'),
  limitPrice: price('1000000'),
  timeInForce: 'IOC' as const,
  reduceOnly: false,
})

describe('the line', () => {
  test('a lost request is unknown and the order does not exist', async () => {
    const lost = start(({ path }) => (path === 'order.create' ? 'lose-request' : 'none'))
    const exchange = lost.open()
    expect(await lost.run(exchange.placeOrder(order(1)))).toMatchObject({ kind: 'unknown' })
    expect(lost.clock.nowMs() - START_MS).toBe(2_000)
    expect(await lost.run(exchange.findOrder('linear', 'BTCUSDT', order(1).orderLinkId))).toMatchObject({
      kind: 'absent',
    })
  })

  test('a lost reply is unknown, and the order lives: it is found with its fills', async () => {
    const lost = start(({ path }) => (path === 'order.create' ? 'lose-reply' : 'none'))
    const exchange = lost.open()
    const facts: AccountFact[] = []
    exchange.watchAccount(fact => facts.push(fact))
    await lost.until(() => facts.length > 0)
    const { perps } = await lost.run(exchange.instruments())
    expect(perps.length).toBeGreaterThan(0)
    const asked = await book(lost.open(), lost.until)
    const crossing = { ...order(2), limitPrice: price(asked) }
    expect(await lost.run(exchange.placeOrder(crossing))).toMatchObject({ kind: 'unknown' })
    expect(await lost.run(exchange.findOrder('linear', 'BTCUSDT', crossing.orderLinkId))).toMatchObject({
      kind: 'found',
      report: { status: 'filled', filledQty: '0.01' },
    })
    expect(facts.some(fact => fact.kind === 'fill')).toBe(true)
  })

  /** The worst ask of the book: an order at it fills. */
  async function book(
    exchange: ReturnType<ReturnType<typeof start>['open']>,
    until: (what: () => boolean) => Promise<void>,
  ) {
    let found: string | undefined
    const watch = exchange.watchMarket([{ spot: 'BTCUSDT', perp: 'BTCUSDT' }], fact => {
      if (fact.kind === 'book' && fact.book.market === 'linear') found = fact.book.copy().asks.at(-1)?.[0]
    })
    await until(() => found !== undefined)
    watch.close()
    return found ?? ''
  }

  test('a cut fails what is under way at once, says down everywhere, and lets nothing pass until it is mended', async () => {
    const { shell, open, run, until } = start()
    const exchange = open()
    const market: MarketFact[] = []
    const account: AccountFact[] = []
    exchange.watchMarket([{ spot: 'BTCUSDT', perp: 'BTCUSDT' }], fact => market.push(fact))
    exchange.watchAccount(fact => account.push(fact))
    await until(() => account.length > 0 && market.filter(fact => fact.kind === 'book').length > 3)
    const placing = exchange.placeOrder(order(3))
    shell.cut('cable')
    expect(await placing).toMatchObject({ kind: 'unknown', cause: 'cable' })
    expect(account.at(-1)).toEqual({ kind: 'down', cause: 'cable' })
    expect(market.filter(fact => fact.kind === 'down')).toHaveLength(2)
    expect(exchange.orderEntryReady()).toBe(false)
    expect(await exchange.placeOrder(order(4))).toMatchObject({ kind: 'rejected' })
    await expect(run(exchange.wallet())).rejects.toMatchObject({ kind: 'unreachable' })
    const heard = market.length
    shell.mend()
    await until(() => market.slice(heard).filter(fact => fact.kind === 'book').length >= 4)
    expect(market.slice(heard).some(fact => fact.kind === 'stale')).toBe(false)
    expect(account.at(-1)).toEqual({ kind: 'up' })
  })

  test('a closed wire hears nothing more, and the exchange goes on for the others', async () => {
    const { clock, open, run, until } = start()
    const [first, second] = [open(), open()]
    const heard: MarketFact[] = []
    first.watchMarket([{ spot: 'ETHUSDT', perp: 'ETHUSDT' }], fact => heard.push(fact))
    await until(() => heard.some(fact => fact.kind === 'book'))
    await first.close()
    const before = heard.length
    expect(await first.placeOrder(order(5))).toMatchObject({ kind: 'rejected' })
    const untilMs = clock.nowMs() + 60_000
    await until(() => clock.nowMs() > untilMs)
    expect(heard).toHaveLength(before)
    expect(await run(second.wallet())).toMatchObject({ coins: [{ coin: 'USDT' }] })
  })

  test('two runs of the same seed hear the same facts at the same instants', async () => {
    const hear = async () => {
      const { clock, open, until } = start()
      const facts: string[] = []
      open().watchMarket(
        [
          { spot: 'BTCUSDT', perp: 'BTCUSDT' },
          { spot: 'ETHUSDT', perp: 'ETHUSDT' },
        ],
        fact => facts.push(`${clock.nowMs()} ${JSON.stringify(keptFact(fact))}`),
      )
      await until(() => facts.length >= 200)
      return facts.slice(0, 200)
    }
    expect(await hear()).toEqual(await hear())
  })

  test('a settlement is heard as a funding fill whose fee is what the log books, with the sign turned', async () => {
    // Bybit: an execution's funding fee is positive when paid, a log row's funding is positive when received.
    const { clock, open, run, until } = start(() => 'none', Date.UTC(2026, 5, 1, 7, 59))
    const exchange = open()
    const facts: AccountFact[] = []
    exchange.watchAccount(fact => facts.push(fact))
    await until(() => facts.length > 0)
    const bid = await book(open(), until)
    await run(exchange.placeOrder({ ...order(6), limitPrice: price(bid) }))
    await until(() => facts.some(fact => fact.kind === 'fill' && fact.fill.cause === 'funding'))
    const funding = facts.flatMap(fact =>
      fact.kind === 'fill' && fact.fill.cause === 'funding' ? [fact.fill] : [],
    )
    const nowMs = clock.nowMs()
    const rows = await run(exchange.transactions(nowMs - 3_600_000, nowMs + 1_000))
    const settlement = rows.filter(row => row.kind === 'settlement')
    expect(funding).toHaveLength(1)
    expect(settlement).toHaveLength(1)
    expect(Number(settlement[0]?.funding)).toBe(-Number(funding[0]?.fee))
    expect(Number(funding[0]?.fee)).not.toBe(0)
    const [print] = await run(exchange.fundingHistory('BTCUSDT', nowMs - 3_600_000, nowMs + 1))
    expect(print?.settledAtMs).toBe(Date.UTC(2026, 5, 1, 8))
    // Long: pays when the rate is positive.
    expect(Math.sign(Number(funding[0]?.fee))).toBe(Math.sign(Number(print?.rate)))
  })
})
