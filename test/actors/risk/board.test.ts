/** The part of the board that warns, and what a hedge hears of it: who may look, who may leave, what must not be added. */
import { Decimal } from 'decimal.js'
import { describe, expect, test } from 'vitest'
import { coinsInTheWay } from '../../../actors/desk.ts'
import { createMarketBoard } from '../../../actors/market/board.ts'
import { createVolatility } from '../../../actors/market/danger-board.ts'
import type { EnginePorts } from '../../../actors/ports.ts'
import { alternativeTo, exitInputs } from '../../../actors/trading/scanner.ts'
import { VirtualClock } from '../../../src/clock/virtual-clock.ts'
import type { EntryJudgement } from '../../../src/domain/entry/opportunity.ts'
import { NO_SETTLEMENTS } from '../../../src/domain/market/funding-outlook.ts'
import { orderBudgetLeft } from '../../../src/domain/risk/quota.ts'
import { baseQty, fundingRate, price, usdt } from '../../../src/domain/units.ts'
import type { PerpTicker } from '../../../src/exchange/exchange.ts'
import { newRiskRefused } from '../../../src/run/new-risk.ts'
import { bookAround, marketOn, NOW_MS, RULES, VIP0, XRP } from '../../support/domain/sample-market.ts'
import { liveBook } from '../../support/exchange/kept-fact.ts'

const HOUR_MS = 3_600_000
const { pair } = marketOn(XRP)
const SYMBOL = pair.symbol

function board() {
  const clock = new VirtualClock(NOW_MS)
  const made = createMarketBoard(clock, [pair], VIP0)
  const ticker = (over: Partial<PerpTicker> = {}): PerpTicker => ({
    symbol: SYMBOL,
    markPrice: price('2.5'),
    indexPrice: price('2.5'),
    lastPrice: price('2.5'),
    fundingRate: fundingRate('0.0001'),
    nextFundingAtMs: NOW_MS + HOUR_MS,
    fundingIntervalMs: 8 * HOUR_MS,
    atMs: clock.nowMs(),
    ...over,
  })
  const hear = (over: Partial<PerpTicker> = {}) => made.hear({ kind: 'ticker', ticker: ticker(over) })
  return { clock, board: made, hear, view: () => made.view(SYMBOL) }
}

describe('the board', () => {
  test('says when the funding interval changed, even across a gap of the feed', () => {
    const { board: made, hear, view, clock } = board()
    hear()
    made.hear({ kind: 'down', market: 'linear', cause: 'cut' })
    hear()
    expect(view()?.intervalChangedAtMs).toBeUndefined()
    clock.advanceTo(NOW_MS + 5_000)
    hear({ fundingIntervalMs: HOUR_MS })
    expect(view()?.intervalChangedAtMs).toBe(NOW_MS + 5_000)
  })

  test('says when a cap of the rate changed, and takes the instrument as it is listed now', () => {
    const { board: made, view, clock } = board()
    expect(made.setPair(pair)).toBe(false)
    clock.advanceTo(NOW_MS + 1_000)
    expect(made.setPair({ ...pair, perp: { ...pair.perp, deliveryAtMs: NOW_MS + HOUR_MS } })).toBe(false)
    expect(view()?.pair.perp.deliveryAtMs).toBe(NOW_MS + HOUR_MS)
    expect(made.setPair({ ...pair, perp: { ...pair.perp, fundingRateMax: fundingRate('0.04') } })).toBe(true)
    expect(view()?.intervalChangedAtMs).toBe(NOW_MS + 1_000)
  })

  test('says where the basis usually stands once it has heard of it for a day, and nothing before', () => {
    const { board: made, hear, view, clock } = board()
    const at = (bps: number) => {
      const mid = new Decimal('2.5')
      const book = (middle: Decimal) => ({
        ...bookAround(middle, '1000'),
        symbol: SYMBOL,
        atMs: clock.nowMs(),
        depth: 1,
      })
      made.hear({
        kind: 'book',
        book: liveBook({ ...book(mid), market: 'spot', symbol: pair.spot.symbol }),
      })
      made.hear({
        kind: 'book',
        book: liveBook({ ...book(mid.times(1 + bps / 10_000)), market: 'linear' }),
      })
      hear()
    }
    for (let minute = 0; minute <= 23 * 60; minute += 10) {
      clock.advanceTo(NOW_MS + minute * 60_000)
      at(20)
      expect(view()?.basisModel).toBeUndefined()
    }
    for (let minute = 23 * 60; minute <= 25 * 60; minute += 10) {
      clock.advanceTo(NOW_MS + minute * 60_000)
      at(20)
    }
    expect(view()?.basisModel?.meanBps).toBeCloseTo(20, 6)
    // One look at a spike hardly moves it.
    clock.advanceTo(NOW_MS + 25 * HOUR_MS + 60_000)
    at(300)
    expect(view()?.basisModel?.meanBps).toBeLessThan(21)
  })

  test('keeps the mean of all perpetuals whose past is known beside each, and knows which were asked for', () => {
    const other = { ...pair, symbol: 'BUSDT' }
    const made = createMarketBoard(new VirtualClock(NOW_MS), [pair, other], VIP0)
    const memory = (perHour: number) => ({ ...NO_SETTLEMENTS, slowHours: 100, slowRate: perHour * 100 })
    expect(made.view(SYMBOL)?.funding).toBeUndefined()
    made.setFunding(SYMBOL, memory(0.0001))
    made.setFunding('BUSDT', memory(0.0003))
    expect(made.view(SYMBOL)?.funding?.marketPerHour).toBeCloseTo(0.0002, 12)
    expect(made.view('BUSDT')?.funding?.memory.slowRate).toBeCloseTo(0.03, 12)
    made.setFundingTried(SYMBOL)
    expect(made.isFundingTried()).toBe(false)
    made.setFundingTried('BUSDT')
    expect(made.isFundingTried()).toBe(true)
  })

  test('forgets a maintenance that is over', () => {
    const { board: made, view } = board()
    made.setMaintenance({ atMs: NOW_MS, untilMs: NOW_MS + HOUR_MS })
    expect(view()).toMatchObject({ maintenanceAtMs: NOW_MS, maintenanceUntilMs: NOW_MS + HOUR_MS })
    made.setMaintenance(null)
    expect(Object.keys(view() ?? {}).filter(key => key.startsWith('maintenance'))).toEqual([])
  })

  test('keeps rank and pool of deleveraging beside each other, whichever comes first', () => {
    const { board: made, view } = board()
    const alert = {
      coin: 'USDT',
      symbol: SYMBOL,
      balance: '1',
      adlTriggerThreshold: '1',
      adlStopRatio: '-0.1',
    }
    const pool = { ...alert, pnlRatio: '-0.2', insurancePnlRatio: '-0.3' }
    made.hear({ kind: 'adl-alert', alerts: [pool as never] })
    made.setAdlRank(SYMBOL, 4)
    expect(view()?.adl).toEqual({ rank: 4, pnlRatio: '-0.2', triggerRatio: '-0.3' })
    made.setAdlRank(SYMBOL, 0)
    expect(view()?.adl).toMatchObject({ rank: 0, pnlRatio: '-0.2' })
  })
})

describe('volatility', () => {
  test('is silent for an hour, then the size of an hourly move', () => {
    const heard = createVolatility()
    for (let minute = 0; minute < 600; minute++) {
      heard.hear(minute % 2 === 0 ? '100' : '101', minute * 60_000)
      if (minute < 60) expect(heard.perHour()).toBeUndefined()
    }
    // Sixty moves of one per cent an hour: √60 per cent.
    expect(heard.perHour()).toBeCloseTo(Math.log(1.01) * Math.sqrt(60), 5)
  })

  test('does not grow with how often a price is told', () => {
    const [often, rarely] = [createVolatility(), createVolatility()]
    for (let second = 0; second < 7_300; second++) {
      const text = `${100 + (Math.floor(second / 60) % 3)}`
      often.hear(text, second * 1_000)
      if (second % 60 === 0) rarely.hear(text, second * 1_000)
    }
    expect(often.perHour()).toBe(rarely.perHour())
  })
})

test('a reverse carry is not opened where coins of the base lie free: a margin sale would sell them first', () => {
  const with_ = (spotBase: string) => ({
    holdings: [
      {
        coin: 'XRP',
        spotBase: baseQty(spotBase),
        perpBase: baseQty('0'),
        price: '2.5',
        markPrice: '2.5',
        perpEntryPrice: '0',
      },
    ],
  })
  expect(coinsInTheWay(pair, with_('0.09'))).toBeUndefined()
  expect(coinsInTheWay(pair, { holdings: [] })).toBeUndefined()
  expect(coinsInTheWay(pair, with_('-50'))).toBeUndefined()
  expect(coinsInTheWay(pair, with_('0.1'))).toMatch(/^coins-in-the-way: found 0.1 XRP, limit below 0.1$/)
})

describe('another opportunity', () => {
  const entry = (symbol: string, aprOnCapital: number) =>
    [
      symbol,
      {
        symbol,
        verdict: 'tempting',
        carry: { cautiousApr: aprOnCapital, horizonHours: 168 },
      } as unknown as EntryJudgement,
    ] as const
  const entries = new Map([entry('AUSDT', 0.9), entry('BUSDT', 0.5), entry('CUSDT', 0.3)])
  const world = (hedgesMax: number, states: Record<string, string>): EnginePorts =>
    ({
      rules: { ...RULES, limits: { ...RULES.limits, hedgesMax } },
      risk: () => ({ account: { availableUsdt: usdt('100000'), maintenanceMarginRate: '0' } }),
      runtime: () => ({
        all: () => [],
        get: (id: string) =>
          id === 'desk'
            ? {
                actor: {
                  getSnapshot: () => ({
                    context: { hedges: { H1: { symbol: 'CUSDT', notionalUsdt: '100', reserveUsdt: '140' } } },
                  }),
                },
              }
            : { cell: { state: states[id.replace('symbol:', '')] ?? 'idle.quiet' } },
      }),
    }) as unknown as EnginePorts

  test('is a reason to leave only where there is no room beside', () => {
    expect(alternativeTo(world(2, {}), entries, 'CUSDT')).toBeNull()
    expect(alternativeTo(world(1, {}), entries, 'CUSDT')).toEqual({
      symbol: 'AUSDT',
      aprOnCapital: 0.9,
      horizonHours: 168,
    })
  })

  test('is never one that is hedged, cooling down or blocked', () => {
    const states = { AUSDT: 'hedged', BUSDT: 'idle.cooling' }
    expect(alternativeTo(world(1, states), entries, 'CUSDT')).toBe(null)
    expect(alternativeTo(world(1, { AUSDT: 'failed.delisted' }), entries, 'CUSDT')?.aprOnCapital).toBe(0.5)
  })
})

test('at reduce a hedge by itself does not leave, as the desk lets go of one at a time; at flatten every one does', () => {
  const { board: made } = board()
  const told = (verdict: string) =>
    exitInputs(
      {
        board: made,
        risk: () => ({ solvency: { verdict, found: '', limit: '' }, reduceOnly: new Set([SYMBOL]) }),
      } as never,
      SYMBOL,
      null,
    )
  expect(told('reduce')).toMatchObject({ solvency: { verdict: 'warn' }, reduceOnly: true })
  expect(told('flatten').solvency?.verdict).toBe('flatten')
})

describe('promise 9: new risk', () => {
  const read = (endpoint: string, left: number) => ({
    endpoint,
    limit: 10,
    left,
    resetAtMs: 0,
    readAtMs: NOW_MS,
  })
  type Set = {
    state?: string
    judgedAtMs?: number | undefined
    left?: number
    rank?: number
    maintenanceInMs?: number
  }
  function refused(
    { state = 'trading', left = 10, rank = 0, maintenanceInMs, ...set }: Set,
    symbol?: string,
  ) {
    const { board: made, clock } = board()
    made.setAdlRank(SYMBOL, rank)
    if (maintenanceInMs !== undefined) {
      const atMs = NOW_MS + maintenanceInMs
      made.setMaintenance({ atMs, untilMs: atMs + HOUR_MS })
    }
    const judgedAtMs = 'judgedAtMs' in set ? set.judgedAtMs : NOW_MS
    const world = {
      clock,
      pace: 1,
      board: made,
      rules: RULES,
      risk: () => judgedAtMs !== undefined && { judgedAtMs },
      exchange: {
        orderEntryReady: () => true,
        keyRefusal: () => undefined,
        quota: () => [read('/v5/order/create linear', left)],
      },
      runtime: () => ({
        all: () => [],
        get: () => ({
          cell: { state },
          actor: {
            getSnapshot: () => ({ context: { risk: { because: 'solvency', found: '0.8', limit: '0.7' } } }),
          },
        }),
      }),
    } as unknown as EnginePorts
    const journal = { health: () => ({ oldestPendingMs: 0 }) }
    return newRiskRefused(world, { journal, isOwner: () => true } as never, symbol)
  }

  test('may be taken where nothing is against it', () => {
    expect(refused({})).toBeNull()
    expect(refused({ left: 3, maintenanceInMs: HOUR_MS, rank: 5 })).toBeNull()
  })

  test.each([
    ['the account was never judged', { judgedAtMs: undefined }, 'the account has not been judged yet'],
    ['it was judged too long ago', { judgedAtMs: NOW_MS - 200_000 }, 'the account was judged 200000 ms ago'],
    ['the engine reduces', { state: 'reducing' }, 'the engine is reducing (solvency: found 0.8, limit 0.7)'],
    ['what is left of the quota is for exits', { left: 2 }, 'order quota: 0.20 left, 0.3 kept for exits'],
    ['a maintenance is near', { maintenanceInMs: 60_000 }, 'maintenance from 2026-01-05T03:01:00.000Z'],
  ])('is refused while %s', (_, set, because) => {
    expect(refused(set)).toBe(because)
  })

  test('is refused in a symbol whose position may be deleveraged next, and only there', () => {
    expect(refused({ rank: 3 }, SYMBOL)).toBe('adl-near: found rank 3, limit below 3')
    expect(refused({ rank: 2 }, SYMBOL)).toBeNull()
  })

  test('counts the scarcest way by which an order leaves, and nothing else', () => {
    expect(orderBudgetLeft([])).toBeUndefined()
    expect(orderBudgetLeft([read('/v5/account/wallet-balance', 0)])).toBeUndefined()
    expect(orderBudgetLeft([read('/v5/order/create spot', 9), read('/v5/order/create linear', 4)])).toBe(0.4)
  })
})
