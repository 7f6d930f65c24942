/**
 * The two ways in from the exchange: answers to what was asked, and frames of its streams. Good ones come from the simulated Bybit
 * and are spoilt on their way. Reads are refused as `ExchangeFailure`, money verbs never throw, a frame never does.
 */
import { setImmediate } from 'node:timers/promises'
import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { VirtualClock } from '../../../src/clock/virtual-clock.ts'
import { orderQty, price } from '../../../src/domain/units.ts'
import { createBybitExchange } from '../../../src/exchange/bybit/venue.ts'
import { envelope } from '../../../src/exchange/bybit/wire/sdk-rest.ts'
import type { Params } from '../../../src/exchange/bybit/wire/wire.ts'
import type { AccountFact, Exchange, MarketFact } from '../../../src/exchange/exchange.ts'
import { createSimulatedBybit } from '../../../src/exchange/simulator/create.ts'
import { scriptedWire } from '../../support/exchange/scripted-wire.ts'
import { edge, type Outcome, refusedBy } from './kit.ts'
import { cuts, spoils, spoiltText, spoiltTree, value } from './spoilt.ts'

const START_MS = Date.UTC(2026, 0, 5, 9)
const HOUR_MS = 3_600_000
const UID = '1'
const ORDER = {
  orderLinkId: 'AAAAAAAAAAES0001' as never,
  market: 'spot',
  symbol: 'BTCUSDT',
  side: 'Buy',
  qty: orderQty('0.001'),
  limitPrice: price('200000'),
  timeInForce: 'IOC',
  reduceOnly: false,
} as const

type Verb = { name: string; isMoney?: true; ask: (exchange: Exchange) => Promise<unknown> }
const VERBS: readonly Verb[] = [
  { name: 'placeOrder', isMoney: true, ask: one => one.placeOrder(ORDER) },
  {
    name: 'placeOrder of a spread',
    isMoney: true,
    ask: one => one.placeOrder({ ...ORDER, market: 'spread' }),
  },
  { name: 'cancelOrder', isMoney: true, ask: one => one.cancelOrder('linear', 'BTCUSDT', ORDER.orderLinkId) },
  { name: 'findOrder', isMoney: true, ask: one => one.findOrder('spot', 'BTCUSDT', ORDER.orderLinkId) },
  {
    name: 'findOrder of a spread',
    isMoney: true,
    ask: one => one.findOrder('spread', 'BTCUSDT', ORDER.orderLinkId),
  },
  { name: 'repay', isMoney: true, ask: one => one.repay('BTC') },
  { name: 'setLeverage', isMoney: true, ask: one => one.setLeverage('BTCUSDT', '3') },
  { name: 'setDeltaNeutral', isMoney: true, ask: one => one.setDeltaNeutral(true) },
  { name: 'setBeyondPriceLimit', isMoney: true, ask: one => one.setBeyondPriceLimit('spot', 'move') },
  { name: 'serverTimeMs', ask: one => one.serverTimeMs() },
  { name: 'instruments', ask: one => one.instruments() },
  { name: 'spreadInstruments', ask: one => one.spreadInstruments() },
  { name: 'turnovers', ask: one => one.turnovers('linear') },
  { name: 'orderBook', ask: one => one.orderBook('spot', 'BTCUSDT') },
  { name: 'account', ask: one => one.account() },
  { name: 'settings', ask: one => one.settings() },
  { name: 'leverage', ask: one => one.leverage('BTCUSDT') },
  { name: 'collateralSwitches', ask: one => one.collateralSwitches() },
  { name: 'feeRates', ask: one => one.feeRates('spot', 'BTCUSDT') },
  { name: 'wallet', ask: one => one.wallet(new Set(['USDT'])) },
  { name: 'positions', ask: one => one.positions(new Set(['BTCUSDT'])) },
  { name: 'openOrders', ask: one => one.openOrders() },
  { name: 'transactions', ask: one => one.transactions(START_MS, START_MS + HOUR_MS) },
  { name: 'fundingHistory', ask: one => one.fundingHistory('BTCUSDT', START_MS - 100 * HOUR_MS, START_MS) },
  { name: 'klines', ask: one => one.klines('linear', 'BTCUSDT', 60, START_MS - 10 * HOUR_MS, START_MS) },
  { name: 'collateralTiers', ask: one => one.collateralTiers() },
  { name: 'riskTiers', ask: one => one.riskTiers('BTCUSDT') },
  { name: 'borrowTerms', ask: one => one.borrowTerms('BTC') },
  { name: 'systemNotices', ask: one => one.systemNotices() },
  { name: 'adlAlerts', ask: one => one.adlAlerts() },
  { name: 'spotMarginReady', ask: one => one.spotMarginReady() },
  { name: 'delistings', ask: one => one.delistings() },
]

const newCore = () =>
  createSimulatedBybit({
    seed: 1,
    startAtMs: START_MS,
    accounts: [{ uid: UID, balances: { USDT: '100000', BTC: '1' } }],
  })

/** Turns of the event loop, each a minute of the exchange's time, until an answer is given up as lost. */
const TURNS_MAX = 400

async function settled<Answer>(clock: VirtualClock, asked: Promise<Answer>): Promise<Answer> {
  let isOver = false
  const over = () => {
    isOver = true
  }
  asked.then(over, over)
  for (let turn = 0; turn < TURNS_MAX && !isOver; turn++) {
    await setImmediate()
    if (turn > 4 && !isOver) while (clock.step(clock.nowMs() + 60_000)) if (isOver) break
  }
  if (!isOver) throw new Error('no answer came, however long it was waited for')
  return asked
}

const answerCases = fc.record({
  verb: fc.nat(VERBS.length - 1),
  // Which of the answers to one verb are spoilt: the first, or all.
  isFirstAlone: fc.boolean(),
  result: spoils,
  whole: fc.oneof(
    { weight: 8, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.record({ body: value }) },
  ),
  retCode: fc.constantFrom(
    0,
    0,
    0,
    0,
    0,
    10000,
    10001,
    10002,
    10003,
    10006,
    10016,
    110001,
    110007,
    110072,
    170131,
    -1,
    1e9,
  ),
})

type Now = typeof answerCases extends fc.Arbitrary<infer One> ? One : never

/** An adapter whose answers are spoilt as `now` says. */
function spoiltExchange() {
  const core = newCore()
  const clock = new VirtualClock(START_MS)
  const state: { now: Now | undefined; asked: number } = { now: undefined, asked: 0 }
  const answer = (via: 'rest' | 'trade', method: 'GET' | 'POST', path: string, params: Params) => {
    const reply = core.request({ via, method, path, params: { ...params }, uid: UID })
    const { now } = state
    if (!now || (now.isFirstAlone && state.asked++ > 0)) return envelope(reply, text => text)
    const body = now.whole
      ? now.whole.body
      : { ...reply, retCode: now.retCode || reply.retCode, result: spoiltTree(reply.result, now.result) }
    return envelope(body, text => text)
  }
  const wire = scriptedWire({
    get: (path, params) => answer('rest', 'GET', path, params),
    post: (path, params) => answer('rest', 'POST', path, params),
    trade: (op, params) => answer('trade', 'POST', op, params),
  })
  const exchange = createBybitExchange(wire, {
    name: 'fuzz',
    clock,
    orderDeadlineMs: 5_000,
    report: () => {},
  })
  return { exchange, clock, state }
}

/** Adapter and exchange are made anew after so many cases: a key that was once refused stays so. */
const RENEWED_EVERY = 40

export const answers = edge({
  name: 'REST and trade answers',
  share: 26,
  cases: answerCases,
  open() {
    let count = 0
    let desk = spoiltExchange()
    return {
      async take(one): Promise<Outcome> {
        if (count++ % RENEWED_EVERY === 0) desk = spoiltExchange()
        const verb = VERBS[one.verb]
        if (!verb) return 'refused'
        desk.state.now = one
        desk.state.asked = 0
        try {
          sound(await settled(desk.clock, verb.ask(desk.exchange)))
          return 'accepted'
        } catch (error) {
          if (verb.isMoney) throw error
          return refusedBy(error, ['ExchangeFailure'])
        }
      },
    }
  },
})

/** Fields of an answer that are amounts; an id may well be the word NaN. */
const AMOUNT = /qty|price|fee$|amount|rate|usd|wallet|borrow|equity|interest|leverage|turnover|bid|ask/i

/** Nothing that is no number is given for one. */
function sound(answer: unknown): void {
  JSON.stringify(answer, (name, each: unknown) => {
    if (typeof each === 'number' && !Number.isFinite(each)) throw new Error(`${name}: ${each} in an answer`)
    if (AMOUNT.test(name) && /^(-?Infinity|NaN)$/.test(String(each)))
      throw new Error(`${name}: ${each} in an answer`)
    return each
  })
}

type Frame = { channel: string; message: object }

/** Frames of every stream, as an hour with a few orders brings them. */
function goodFrames(): Frame[] {
  const core = newCore()
  core.want(topic => /BTCUSDT|BTC|^(order|execution|position|wallet)|status|spread/.test(topic))
  const found: Frame[] = []
  for (let step = 1; step <= 60; step++) {
    if (step % 10 === 0)
      for (const category of ['spot', 'linear'])
        core.request({
          ...{ via: 'trade', method: 'POST', path: 'order.create', uid: UID },
          params: {
            category,
            symbol: 'BTCUSDT',
            side: 'Buy',
            orderType: 'Market',
            qty: '0.01',
            marketUnit: 'baseCoin',
            orderLinkId: `AAAAAAAAAAES${step}`,
          },
        })
    core.advance(START_MS + step * 1_000)
    found.push(...core.takePushes().map(({ channel, message }) => ({ channel, message })))
  }
  const of = (name: string) => found.filter(({ channel }) => channel === name)
  return [...new Set(found.map(({ channel }) => channel))].flatMap(name => [
    ...of(name).slice(0, 60),
    ...of(name).slice(-20),
  ])
}

const frameCases = fc.array(
  fc.record({
    at: fc.nat(100_000),
    spoilt: spoils,
    cuts: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: cuts }),
    isPrivate: fc.boolean(),
  }),
  { minLength: 1, maxLength: 3 },
)

function whole(fact: MarketFact | AccountFact): void {
  sound(fact.kind === 'book' ? fact.book.copy() : fact)
  if (fact.kind === 'book') {
    const { bid, ask } = fact.book
    for (const [at, qty] of [bid, ask].flatMap(level => (level ? [level] : []))) positive(at, qty)
    if (bid && ask && new Decimal(bid[0]).gte(ask[0]))
      throw new Error(`a crossed book: ${bid[0]} over ${ask[0]}`)
  }
  if (fact.kind === 'ticker') positive(fact.ticker.markPrice, fact.ticker.indexPrice)
  if (fact.kind === 'fill') positive(fact.fill.qty, fact.fill.price)
}

function positive(...amounts: readonly string[]): void {
  for (const amount of amounts)
    if (!new Decimal(amount).gt(0)) throw new Error(`expected more than 0, found ${amount}`)
}

export const frames = edge({
  name: 'socket frames',
  share: 30,
  cases: frameCases,
  open() {
    const good = goodFrames()
    const clock = new VirtualClock(START_MS)
    const wire = scriptedWire()
    const exchange = createBybitExchange(wire, {
      name: 'fuzz',
      clock,
      orderDeadlineMs: 5_000,
      report: () => {},
    })
    let facts = 0
    const hear = (fact: MarketFact | AccountFact) => {
      facts++
      whole(fact)
    }
    exchange.watchMarket([{ spot: 'BTCUSDT', perp: 'BTCUSDT' }], hear)
    exchange.watchAccount(hear)
    const publicOf = (channel: string) => {
      const name = channel.replace(/^public-/, '')
      return name === 'spot' || name === 'linear' || name === 'spread' || name === 'status'
        ? wire.publicHears.get(name)
        : undefined
    }
    return {
      take(several): Outcome {
        const before = facts
        for (const { at, spoilt, cuts: cut } of several) {
          const frame = good[at % good.length]
          if (!frame) continue
          clock.advanceTo(clock.nowMs() + 100)
          const text = spoiltText(JSON.stringify(spoiltTree(frame.message, spoilt)) ?? '', cut)
          const hears = publicOf(frame.channel)
          if (hears?.frame?.(text)) continue
          const parsed = parsedOf(text)
          if (parsed === undefined) hears?.garbage('no JSON')
          else if (hears) hears.message(parsed)
          else wire.privateHear?.message(parsed)
        }
        return facts > before ? 'accepted' : 'refused'
      },
      close: () => exchange.close(),
    }
  },
})

/** As the socket gives it: an object, or nothing that can be read. */
function parsedOf(text: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : undefined
  } catch {
    return undefined
  }
}
