/** The bookkeeper over small ports: whose each row is by the time it is booked, and who hears of what nobody can explain. */
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createActor } from 'xstate'
import { createRecorder } from '../../actors/account/recorder.ts'
import { type Books, createBookkeeper } from '../../actors/bookkeeper.ts'
import type { EnginePorts } from '../../actors/ports.ts'
import type { PlainKind } from '../../actors/runtime/running.ts'
import { VirtualClock } from '../../src/clock/virtual-clock.ts'
import type { HedgeClaim } from '../../src/domain/books/row-owner.ts'
import type { TransactionRow } from '../../src/domain/books/transaction.ts'
import type { DustLot } from '../../src/domain/entry/plan.ts'
import { amount, baseQty, price } from '../../src/domain/units.ts'
import type { Telemetry } from '../../src/telemetry/telemetry.ts'
import { RULES } from '../support/domain/sample-market.ts'
import { fillOf, HEDGE_ID, rowOf } from '../support/domain/sample-trades.ts'
import { samplePlan } from '../support/machines/sample-hedge.ts'

const NOW_MS = samplePlan().decidedAtMs + 3_600_000

/** Books from `openedAtMs` on, over a wallet that always ties out. */
function small(rows: readonly TransactionRow[], over: Partial<Books> = {}) {
  const owners = new Map<string, string>()
  const raised: unknown[] = []
  const delivered: string[] = []
  let settled = 0
  const seen = new Set<string>()
  const books: Books = {
    span: async () => ({ openedAtMs: 0, newestAtMs: 0 }),
    open: async () => undefined,
    book: async entries => {
      const fresh = entries.filter(({ row }) => !seen.has(row.id))
      for (const { row, postings } of fresh) {
        seen.add(row.id)
        owners.set(row.id, postings[0]?.hedgeId ?? '')
      }
      return fresh.map(({ row }) => row)
    },
    accountBalances: async () => ({}),
    appendEquity: async () => undefined,
    dust: async () => [],
    passDust: async () => undefined,
    settleResults: async () => void settled++,
    ...over,
  }
  const clock = new VirtualClock(NOW_MS)
  const reads = { transactions: async (_fromMs: number): Promise<readonly TransactionRow[]> => rows }
  const telemetry = {
    log: { info: () => {}, warn: () => {} },
    ledgerResidual: () => {},
    fundingSettled: () => {},
    inputRefused: () => {},
  } as unknown as Telemetry
  const hedges: { kind: string; actor: object }[] = []
  const recorder = createRecorder({ keepFills: async () => {}, keepOrders: async () => {} }, telemetry)
  const world = {
    clock,
    telemetry,
    recorder,
    pace: 1,
    speed: 1,
    rules: RULES,
    alerts: { raise: (...args: unknown[]) => raised.push(args), clear: () => {} },
    exchange: {
      wallet: async () => ({ coins: [], availableUsdt: '0', equityUsdt: '0' }),
      serverTimeMs: async () => NOW_MS,
      transactions: async (fromMs: number) => reads.transactions(fromMs),
    },
    runtime: () => ({
      all: () => hedges,
      deliver: (id: string, { type }: { type: string }) => delivered.push(`${id} ${type}`),
    }),
  } as unknown as EnginePorts
  const live = (hedgeId: string, dust: readonly DustLot[] = []) => {
    const plan = { ...samplePlan(hedgeId), ...(dust.length > 0 && { dust }) }
    hedges.push({ kind: 'hedge', actor: { getSnapshot: () => ({ context: { plan } }) } })
  }
  const bookkeeper = createBookkeeper(() => world, books)
  /** Books while the clock runs on: a residual is looked at again and again. */
  const advance = async () => {
    let isDone = false
    const booked = bookkeeper.bookNow().finally(() => {
      isDone = true
    })
    while (!isDone) {
      await setImmediate()
      clock.step(clock.nowMs() + 1_000)
    }
    await booked
  }
  /** The service as its supervisor starts it. */
  const run = ({ plain }: PlainKind) => {
    const actor = createActor(plain({}))
    actor.start()
    return {
      end: () => actor.stop(),
      advance: async (untilMs: number) => {
        do for (let turn = 0; turn < 5; turn++) await setImmediate()
        while (clock.step(untilMs))
        clock.advanceTo(untilMs)
      },
    }
  }
  const { alerts } = world
  return {
    bookkeeper,
    recorder,
    owners,
    raised,
    delivered,
    reads,
    live,
    hedges,
    advance,
    run,
    clock,
    alerts,
    settled: () => settled,
  }
}

const spreadLeg = rowOf({ id: 'leg', market: 'spot', tradeId: 'exec-1', cashFlow: amount('5'), atMs: NOW_MS })
const settlement = rowOf({ id: 'paid', kind: 'settlement', funding: amount('1'), atMs: NOW_MS })

test('a spread’s row is its hedge’s by the execution heard, or by the one stored before this process began', async () => {
  const heard = small([spreadLeg])
  heard.recorder.fill(fillOf({ execId: 'exec-1', orderLinkId: `${HEDGE_ID}-CE0000` }))
  await heard.bookkeeper.bookNow()
  expect(heard.owners.get('leg')).toBe(HEDGE_ID)

  const asked: string[][] = []
  const stored = small([spreadLeg], {
    ownersOfExecs: async ids => {
      asked.push([...ids])
      return new Map([['spot/exec-1', 'STORED0001']])
    },
  })
  await stored.bookkeeper.bookNow()
  expect(stored.owners.get('leg')).toBe('STORED0001')
  expect(asked).toEqual([['exec-1']])
})

test('a settlement booked after its hedge has ended is still that hedge’s, also across a restart', async () => {
  const rows: TransactionRow[] = []
  const same = small(rows)
  same.live('GONE000001')
  await same.bookkeeper.bookNow()
  same.hedges.length = 0
  rows.push(settlement)
  await same.bookkeeper.bookNow()
  expect(same.owners.get('paid')).toBe('GONE000001')

  const ended: HedgeClaim = {
    ...{ hedgeId: 'ENDED00001', perpSymbol: 'XRPUSDT', spotSymbol: 'XRPUSDT', baseCoin: 'XRP' },
    ...{ direction: 'long-carry', fromMs: 0, untilMs: NOW_MS - 1_000 },
  }
  const restarted = small([settlement], { endedClaims: async () => [ended] })
  await restarted.bookkeeper.bookNow()
  expect(restarted.owners.get('paid')).toBe('ENDED00001')
})

test('a row that no rule explains is told by name, once', async () => {
  const odd = rowOf({
    id: 'odd',
    kind: 'other',
    venueKind: 'AUTO_DEDUCTION',
    cashFlow: amount('-3'),
    atMs: 7,
  })
  const { bookkeeper, raised, owners } = small([odd, settlement])
  await bookkeeper.bookNow()
  await bookkeeper.bookNow()
  expect(owners.get('odd')).toBe('')
  expect(raised).toEqual([
    [
      'ticket',
      'ledger.suspense',
      { subject: 'odd', kind: 'AUTO_DEDUCTION', coin: 'USDT', symbol: 'XRPUSDT', change: '-3', atMs: 7 },
    ],
  ])
})

test('results are written when something was booked or a hedge opened or closed, and not every time', async () => {
  const { bookkeeper, live, settled } = small([settlement])
  await bookkeeper.bookNow()
  await bookkeeper.bookNow()
  expect(settled()).toBe(1)
  live('COMES00001')
  await bookkeeper.bookNow()
  expect(settled()).toBe(2)
})

const LOTS: DustLot[] = [{ hedgeId: 'GONE000001', base: baseQty('1.9'), priceUsdt: price('2.6') }]

test('coins that a hedge began with are passed to it once, even when it was over before anybody looked', async () => {
  const passed: unknown[] = []
  const newestAtMs = samplePlan().decidedAtMs - 5_000
  const over: Partial<Books> = {
    span: async () => ({ openedAtMs: 0, newestAtMs }),
    passDust: async (lots, to, atMs) => void passed.push({ lots, to, atMs }),
  }
  const expected = (hedgeId: string, atMs: number) => ({ lots: LOTS, to: { hedgeId, baseCoin: 'XRP' }, atMs })
  const running = small([], over)
  running.live('COMES00001', LOTS)
  await running.bookkeeper.bookNow()
  await running.bookkeeper.bookNow()
  // Newer than the newest row, it would hide the rows between.
  expect(passed).toEqual([expected('COMES00001', newestAtMs)])

  passed.length = 0
  const ended: HedgeClaim = {
    ...{ hedgeId: 'ENDED00001', perpSymbol: 'XRPUSDT', spotSymbol: 'XRPUSDT', baseCoin: 'XRP' },
    ...{ direction: 'long-carry', fromMs: 7, untilMs: NOW_MS - 1_000, dust: LOTS },
  }
  await small([], { ...over, endedClaims: async () => [ended] }).bookkeeper.bookNow()
  expect(passed).toEqual([expected('ENDED00001', 7)])
})

test('a new hedge begins with what is left over only where no hedge holds the coin and the books tie out', async () => {
  const { bookkeeper, live, hedges } = small([], { dust: async () => LOTS })
  expect(await bookkeeper.dust('XRP')).toEqual(LOTS)
  live('COMES00001')
  expect(await bookkeeper.dust('XRP')).toEqual([])
  hedges.length = 0
  expect(await bookkeeper.dust('XRP')).toEqual(LOTS)

  const untied = small([], {
    dust: async () => LOTS,
    accountBalances: async () => ({ 'wallet:XRP': amount('3') }),
  })
  await untied.advance()
  expect(await untied.bookkeeper.dust('XRP')).toEqual([])
})

test('books that cannot be read are tried again by themselves, later and later; after ten minutes a person is told, until they can', async () => {
  let isDown = true
  const asked: number[] = []
  const raised = new Set<string>()
  const { bookkeeper, run, clock, alerts } = small([], {
    span: async () => {
      asked.push(clock.nowMs())
      if (isDown) throw new Error('HTTP 500')
      return { openedAtMs: 0, newestAtMs: 0 }
    },
  })
  alerts.raise = (_severity, name) => void raised.add(name)
  alerts.clear = name => void raised.delete(name)
  const stop = run(bookkeeper.kind)
  await stop.advance(NOW_MS + 9 * 60_000)
  const gaps = asked.slice(1).map((atMs, n) => atMs - (asked[n] ?? 0))
  expect(gaps.slice(0, 6)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000])
  expect([...raised]).toEqual([])
  await stop.advance(NOW_MS + 12 * 60_000)
  expect([...raised]).toEqual(['ledger.late'])
  isDown = false
  await stop.advance(NOW_MS + 13 * 60_000)
  expect([...raised]).toEqual([])
  stop.end()
})

test('a settlement that was booked just before a crash is told to its hedge by the next process, and once', async () => {
  const asked: number[] = []
  const next = small([settlement], {
    span: async () => ({ openedAtMs: 0, newestAtMs: NOW_MS }),
    book: async () => [],
  })
  next.reads.transactions = async fromMs => {
    asked.push(fromMs)
    return [settlement]
  }
  next.live('COMES00001')
  await next.bookkeeper.bookNow()
  await next.bookkeeper.bookNow()
  expect(next.delivered).toEqual(['hedge:COMES00001 funding.settled'])
  expect(asked.map(fromMs => NOW_MS - fromMs)).toEqual([6 * 3_600_000, 10_000])
})

test('the whole span is read again every ten minutes, and within half a minute, then every two, while something is missing', async () => {
  const asked: number[] = []
  let missing = '0'
  const { bookkeeper, reads, run, clock } = small([], {
    span: async () => ({ openedAtMs: 0, newestAtMs: NOW_MS }),
    accountBalances: async () => ({ 'wallet:XRP': amount(missing) }),
  })
  reads.transactions = async fromMs => {
    if (NOW_MS - fromMs > 10_000) asked.push(clock.nowMs() - NOW_MS)
    return []
  }
  const books = run(bookkeeper.kind)
  await books.advance(NOW_MS + 25 * 60_000)
  expect(asked).toEqual([0, 600_000, 1_200_000])
  missing = '3'
  asked.length = 0
  await books.advance(NOW_MS + 35 * 60_000)
  const gaps = asked.slice(1).map((atMs, n) => atMs - (asked[n] ?? 0))
  expect((asked[0] ?? 0) - 25 * 60_000).toBeLessThanOrEqual(65_000)
  expect(Math.max(...gaps)).toBeLessThanOrEqual(155_000)
  books.end()
})
