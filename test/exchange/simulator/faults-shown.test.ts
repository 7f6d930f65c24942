/** Faults of what is shown: rows late, altered or missing, endpoints that fail, topics that fall silent on a line that lives. */
import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../../../src/clock/virtual-clock.ts'
import { createSimulatedBybit } from '../../../src/exchange/simulator/create.ts'
import { faultyIntercept, stuckTopics } from '../../../src/exchange/simulator/faults/core.ts'
import { createFaults } from '../../../src/exchange/simulator/faults/faults.ts'
import { faultyWire } from '../../../src/exchange/simulator/faults/in-process.ts'
import { type FaultPlanInput, faultPlan } from '../../../src/exchange/simulator/faults/plan.ts'
import { inProcessBybit } from '../../../src/exchange/simulator/in-process.ts'
import { openDesk, START_MS, UID } from '../../support/exchange/simulator-core.ts'
import { closeAfterEach, connect, start } from '../../support/exchange/simulator-server-fixture.ts'

closeAfterEach()

type Plan = NonNullable<FaultPlanInput['faults']>
/** A desk whose exchange shows things wrongly from the start. */
function shownWrongly(...planned: Plan) {
  const faults = createFaults({ faults: planned }, () => desk?.core.nowMs() ?? START_MS)
  faults.begin(START_MS)
  const desk: ReturnType<typeof openDesk> | undefined = openDesk({ intercept: faultyIntercept(faults) })
  return desk
}
const BUY = {
  category: 'spot',
  symbol: 'SOLUSDT',
  side: 'Buy',
  orderType: 'Market',
  marketUnit: 'baseCoin',
  qty: '10',
}

describe('rows', () => {
  test('one of the log is listed late, and then stays', () => {
    const desk = shownWrongly({ name: 'late-row', ms: 3_600_000, type: 'TRADE' })
    desk.placed(BUY)
    const types = () => desk.log().map(({ type }) => type)
    expect(types()).toEqual(['TRANSFER_IN'])
    desk.core.advance(START_MS + 3_599_000)
    expect(types()).toEqual(['TRANSFER_IN'])
    desk.core.advance(START_MS + 3_600_000)
    expect(types()).toEqual(['TRADE', 'TRADE', 'TRANSFER_IN'])
  })

  test('a share of the rows is late, the same ones each time they are asked for', () => {
    const desk = shownWrongly({ name: 'late-row', rate: 0.5 })
    for (let order = 0; order < 12; order++) desk.placed(BUY)
    const ids = () => desk.log().map(({ id }) => id)
    expect(ids()).toEqual(ids())
    expect(ids().length).toBeGreaterThan(4)
    expect(ids().length).toBeLessThan(21)
  })

  test('of one coin, position and order nobody can read, over REST and on the stream', () => {
    const desk = shownWrongly(
      {
        name: 'altered-row',
        what: '/v5/account/wallet',
        where: { coin: 'XRP' },
        set: { walletBalance: '1.2E-7' },
      },
      { name: 'altered-row', where: { symbol: 'SOLUSDT', size: '1.0' }, set: { positionStatus: 'Frozen' } },
      { name: 'altered-row', what: 'order', where: { symbol: 'XRPUSDT' }, set: { orderStatus: 'Paused' } },
    )
    desk.core.deposit(UID, 'XRP', '1')
    expect(desk.coin('XRP').walletBalance).toBe('1.2E-7')
    expect(desk.coin('USDT').walletBalance).toBe('100000')
    desk.placed({ category: 'linear', symbol: 'SOLUSDT', side: 'Sell', orderType: 'Market', qty: '1' })
    expect(desk.position('SOLUSDT')).toMatchObject({ positionStatus: 'Frozen' })
    desk.core.takePushes()
    desk.placed({ ...BUY, symbol: 'XRPUSDT' })
    expect(desk.pushes('order')).toMatchObject([{ orderStatus: 'Paused' }])
  })

  test('a list of instruments comes empty, with retCode 0', () => {
    const desk = shownWrongly({ name: 'empty-list', what: '/v5/market/instruments-info' })
    expect(desk.list('/v5/market/instruments-info', { category: 'linear' })).toEqual([])
    expect(desk.list('/v5/market/tickers', { category: 'linear' }).length).toBeGreaterThan(0)
  })

  test('a public endpoint fails for a span where it is named, and only then', () => {
    const named = {
      name: 'server-error',
      what: '/v5/spot-margin-trade/collateral',
      untilMs: 3_600_000,
    } as const
    const asked = (...planned: Plan) => shownWrongly(...planned).request('GET', named.what, {}, '').retCode
    expect(asked(named)).toBe(10016)
    expect(asked({ name: 'server-error' })).toBe(0)
    const desk = shownWrongly(named)
    desk.core.advance(START_MS + named.untilMs)
    expect(desk.request('GET', named.what, {}, '').retCode).toBe(0)
  })

  test.each([
    [{ name: 'altered-row', set: { a: '1' } }, 'faults.0.where: expected fields and their texts'],
    [{ name: 'slow-reply', type: 'TRADE' }, 'faults.0.type: expected nothing, only late-row has it'],
    [{ name: 'stuck-topic', heals: 'never' }, 'faults.0.heals: expected subscription or connection'],
  ])('%j is no plan', (fault, words) => {
    expect(() => faultPlan({ faults: [fault] })).toThrow(words)
  })
})

const TICKER = 'tickers.SOLUSDT'

describe('topics', () => {
  /** What a listener hears of the SOL ticker and another topic in each of some spans. */
  function heard(
    plan: Plan,
    between: (stream: { resubscribe(topic: string): void }, again: () => void) => void,
  ) {
    const clock = new VirtualClock(START_MS)
    const faults = createFaults({ faults: plan }, () => clock.nowMs())
    const core = createSimulatedBybit({ seed: 3, startAtMs: START_MS, intercept: faultyIntercept(faults) })
    const line = inProcessBybit({ core, clock, stuck: stuckTopics(faults) })
    faults.begin(START_MS)
    const counts: Record<string, number> = {}
    const hear = {
      message: ({ topic }: Record<string, unknown>) => {
        counts[String(topic)] = (counts[String(topic)] ?? 0) + 1
      },
      up() {},
      down() {},
      garbage() {},
      refused() {},
    }
    const open = () => line.wire('').publicStream('linear', [TICKER, 'orderbook.50.SOLUSDT'], hear)
    let stream = open()
    const span = () => {
      for (const topic of Object.keys(counts)) counts[topic] = 0
      clock.advanceTo(clock.nowMs() + 30_000)
      return { ticker: (counts[TICKER] ?? 0) > 5, book: (counts['orderbook.50.SOLUSDT'] ?? 0) > 5 }
    }
    clock.advanceTo(START_MS + 1_000)
    const before = span()
    between(stream, () => {
      stream.close()
      stream = open()
    })
    const after = span()
    line.close()
    return { before, after }
  }
  const STUCK = { name: 'stuck-topic', what: 'tickers.', times: 1 } as const
  const quiet = { ticker: false, book: true }
  const whole = { ticker: true, book: true }

  test('one is stuck until it is subscribed again', () => {
    expect(heard([STUCK], () => {})).toEqual({ before: quiet, after: quiet })
    expect(heard([STUCK], stream => stream.resubscribe(TICKER))).toEqual({ before: quiet, after: whole })
  })

  test('one is stuck until the connection is renewed', () => {
    const fault = { ...STUCK, heals: 'connection' } as const
    expect(heard([fault], stream => stream.resubscribe(TICKER))).toEqual({ before: quiet, after: quiet })
    expect(heard([fault], (_, again) => again())).toEqual({ before: quiet, after: whole })
  })

  test('all are silent on a connection that lives, whoever subscribes', () => {
    const none = { ticker: false, book: false }
    expect(heard([{ name: 'silent-public' }], (_, again) => again())).toEqual({ before: none, after: none })
  })

  test('over the wire one topic is stuck until it is subscribed again', async () => {
    const server = await start({
      core: createSimulatedBybit,
      speed: 20,
      faults: { faults: [{ ...STUCK, what: TICKER }] },
    })
    const socket = await connect(server, '/v5/public/linear')
    const subscribe = async () => {
      socket.send({ op: 'subscribe', args: [TICKER, 'kline.1.SOLUSDT'] })
      await socket.next(({ op }) => op === 'subscribe')
    }
    const topics = async (count: number) => {
      const found = new Set<unknown>()
      for (let at = 0; at < count; at++)
        found.add((await socket.next(({ topic }) => topic !== undefined)).topic)
      return found
    }
    await subscribe()
    expect([...(await topics(10))]).toEqual(['kline.1.SOLUSDT'])
    socket.send({ op: 'unsubscribe', args: [TICKER] })
    await socket.next(({ op }) => op === 'unsubscribe')
    await subscribe()
    expect((await topics(10)).has(TICKER)).toBe(true)
  })
})

test('HTTP 403 bars the address for ten minutes, in one process as over the wire', async () => {
  const clock = new VirtualClock(START_MS)
  const faults = createFaults({ faults: [{ name: 'forbidden-burst', times: 1 }] }, () => clock.nowMs())
  faults.begin(START_MS)
  const core = createSimulatedBybit({ seed: 3, startAtMs: START_MS })
  const line = inProcessBybit({ core, clock })
  const wire = faultyWire(line.wire(UID), faults, clock)
  const ask = async () => {
    const answer = wire.get('/v5/market/time', {}, false)
    const settled = answer.then(
      ({ retCode }) => retCode,
      (error: Error) => error.message,
    )
    clock.advanceTo(clock.nowMs() + 1_000)
    return settled
  }
  expect(await ask()).toBe('HTTP 403')
  clock.advanceTo(START_MS + 590_000)
  expect(await ask()).toBe('HTTP 403')
  clock.advanceTo(START_MS + 600_000)
  expect(await ask()).toBe(0)
  line.close()
})

test('a key that opens nothing has no private stream, and hears why', () => {
  const clock = new VirtualClock(START_MS)
  const core = createSimulatedBybit({
    seed: 3,
    startAtMs: START_MS,
    accounts: [{ uid: UID, balances: { USDT: '1' } }],
  })
  core.schedule({ kind: 'key', key: 'gone', atMs: START_MS, refusedWith: 10003 })
  const line = inProcessBybit({ core, clock })
  const told: string[] = []
  const hear = { message() {}, up: () => told.push('up'), down: (cause: string) => told.push(cause) }
  clock.advanceTo(START_MS + 2_000)
  line.wire(UID, 'gone').privateStream(['order'], hear)
  line.wire(UID, 'other').privateStream(['order'], hear)
  clock.advanceTo(START_MS + 3_000)
  line.close()
  expect(told).toEqual(['10003 API key is invalid.', 'up'])
})
