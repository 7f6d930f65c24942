import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { HedgePlan } from '../../../src/domain/entry/plan.ts'
import { sizeHedge } from '../../../src/domain/entry/sizing.ts'
import { isOnGrid } from '../../../src/domain/grid.ts'
import type { Holdings } from '../../../src/domain/legs/balance.ts'
import type { FreshMarket } from '../../../src/domain/market/market-view.ts'
import { isRefusal } from '../../../src/domain/refusal.ts'
import { baseQty, orderQty, price, usdt } from '../../../src/domain/units.ts'
import { decideRepair, judgeBalance, toleranceBps } from '../../../src/domain/work/repair.ts'
import {
  anyGrid,
  bookAround,
  type Grid,
  marketOn,
  NOW_MS,
  RULES,
  XRP,
} from '../../support/domain/sample-market.ts'

const ACCOUNT = {
  hedges: [],
  availableUsdt: usdt('100000'),
  reservedUsdt: usdt('0'),
  halted: false,
  maintenanceMarginRate: '0',
}

function planOn(grid: Grid): HedgePlan {
  const plan = sizeHedge('HEDGE00001', marketOn(grid), ACCOUNT, RULES, NOW_MS)
  if (isRefusal(plan)) throw new Error(`expected a plan, found ${JSON.stringify(plan)}`)
  // As of a week's carry: a hedge is worth no more than it would cost to move its legs by a few percent.
  return { ...plan, expected: { ...plan.expected, netUsdt: usdt('13.8') } }
}

const PLAN = planOn(XRP)
const MARKET = marketOn(XRP)
const held = (spot: string, perp: string): Holdings => ({
  spotNetBase: baseQty(spot),
  perpBase: baseQty(perp),
})
const balance = (of: Holdings, wholeMs = 0) =>
  judgeBalance(PLAN, of, price('2.5'), RULES.limits, NOW_MS - wholeMs, NOW_MS)
const repair = (of: Holdings, market: FreshMarket = MARKET, attempt = 0) =>
  decideRepair(PLAN, of, market, RULES, attempt)

describe('balance', () => {
  test('is whole while spot is above the perpetual by less than a lot', () => {
    expect(balance(held('100.09', '100'))).toEqual({ kind: 'balanced', dustBase: '0.09' })
    expect(balance(held('0', '0'))).toEqual({ kind: 'balanced', dustBase: '0' })
  })

  test('calls what neither leg could order dust, not an orphan', () => {
    // 1.5 XRP are 3.75 USDT, under both minimums of 5.
    expect(balance(held('101.5', '100'), 3_600_000)).toEqual({ kind: 'balanced', dustBase: '1.5' })
    expect(balance(held('102.5', '100'))).toMatchObject({
      kind: 'unhedged',
      baseQty: '2.5',
      notionalUsdt: '6.25',
    })
  })

  test('passes the notional bound above 600 USDT and not at it', () => {
    expect(balance(held('340', '100'))).toMatchObject({ breached: 'none', notionalUsdt: '600' })
    expect(balance(held('340.1', '100'))).toMatchObject({
      breached: 'notional',
      found: '600.25',
      limit: '600',
    })
  })

  test('passes the time bound after 5 s and not at it, on either side', () => {
    expect(balance(held('150', '100'), 5000)).toMatchObject({ breached: 'none' })
    expect(balance(held('150', '100'), 5001)).toMatchObject({ breached: 'time', limit: '5000 ms' })
    expect(balance(held('100', '150'), 5001)).toMatchObject({ breached: 'time', baseQty: '-50' })
  })
})

describe('repair or unwind', () => {
  test('completes the perpetual when the carry is worth it', () => {
    expect(repair(held('150.05', '100'))).toMatchObject({
      kind: 'repair',
      order: { leg: 'perp', side: 'Sell', qty: '50', reduceOnly: false },
      because: 'cheaper',
    })
  })

  test('counts fee and slippage of either way, and for unwinding the fee already spent', () => {
    // 50 XRP sold at 2.49975, the middle being 2.5: 0.0125 of slippage on either market.
    const value = new Decimal(50).times('2.49975')
    const repairCost = value.times('0.00055').plus('0.0125')
    const unwindCost = value.times('0.001').times(2).plus('0.0125')
    expect(repair(held('150', '100'))).toMatchObject({
      repairCostUsdt: repairCost.toFixed(),
      unwindCostUsdt: unwindCost.toFixed(),
    })
  })

  test('gives a lot back when the perpetual is above spot by less than a lot', () => {
    expect(repair(held('99.95', '100'))).toMatchObject({
      kind: 'unwind',
      order: { leg: 'perp', side: 'Buy', qty: '0.1', reduceOnly: true },
    })
  })

  test('buys the missing spot with its fee on top', () => {
    expect(repair(held('100', '150'))).toMatchObject({
      kind: 'repair',
      order: { leg: 'spot', side: 'Buy', qty: '50.06', reduceOnly: false },
    })
  })

  test('unwinds when the perpetual fell away from spot by more than the trade earns', () => {
    const fallen = { ...MARKET, perpBook: bookAround(new Decimal('2.4'), '1000000') }
    expect(repair(held('150', '100'), fallen)).toMatchObject({
      kind: 'unwind',
      order: { leg: 'spot', side: 'Sell', qty: '50' },
      because: 'cheaper',
    })
  })

  test('unwinds when the tries to repair are used up', () => {
    expect(repair(held('150', '100'), MARKET, 2)).toMatchObject({ kind: 'repair' })
    expect(repair(held('150', '100'), MARKET, 3)).toMatchObject({
      kind: 'unwind',
      because: 'repairs-exhausted',
    })
  })

  test('only reduces the larger leg when the exchange took from the smaller: it is not built up again', () => {
    const whole = held('800', '760')
    expect(repair(whole)).toMatchObject({ kind: 'repair', order: { leg: 'perp' } })
    const cut = decideRepair(PLAN, whole, MARKET, RULES, 0, { cut: true })
    expect(cut).toMatchObject({
      kind: 'unwind',
      because: 'cut',
      repairCostUsdt: null,
      order: { leg: 'spot', side: 'Sell' },
    })
  })

  test('takes the way that is open when the other market is dark or does not trade', () => {
    expect(decideRepair(PLAN, held('150', '100'), { ...MARKET, perpBook: null }, RULES, 0)).toMatchObject({
      kind: 'unwind',
      because: 'only-way',
      repairCostUsdt: null,
    })
    const { pair } = MARKET
    const halted = { ...MARKET, pair: { ...pair, spot: { ...pair.spot, trading: false } } }
    expect(repair(held('150', '100'), halted, 9)).toMatchObject({ kind: 'repair', because: 'only-way' })
    const dark = { ...MARKET, spotBook: null, perpBook: null }
    expect(decideRepair(PLAN, held('150', '100'), dark, RULES, 0)).toEqual({
      kind: 'wait',
      because: 'book-missing',
    })
  })

  test('prefers the leg whose book is not empty behind the best level', () => {
    const thin: FreshMarket = {
      ...MARKET,
      perpBook: {
        bids: [
          [price('2.49975'), orderQty('1')],
          [price('2.3'), orderQty('10000')],
        ],
        asks: MARKET.perpBook.asks,
      },
    }
    expect(repair(held('350', '100'), thin)).toMatchObject({ kind: 'unwind' })
  })

  test('always orders on the leg’s grid, never more than is unhedged plus a step, and gets closer to whole', () => {
    fc.assert(
      fc.property(anyGrid, fc.integer({ min: -400, max: 400 }), fc.nat(5), (grid, lots, attempt) => {
        const plan = planOn(grid)
        const lot = new Decimal(plan.perp.qtyStep).times(plan.perp.multiplier)
        const perp = new Decimal(plan.targetBaseQty)
        const of = {
          perpBase: baseQty(perp),
          spotNetBase: baseQty(Decimal.max(0, perp.plus(lot.times(lots).times('0.7')))),
        }
        const before = new Decimal(of.spotNetBase).minus(of.perpBase)
        const decision = decideRepair(plan, of, marketOn(grid), RULES, attempt)
        if (decision.kind === 'balanced' || decision.kind === 'wait') return
        const { order } = decision
        const facts = plan[order.leg]
        const size = new Decimal(order.qty).times(facts.multiplier)
        expect(isOnGrid(order.qty, facts.qtyStep)).toBe(true)
        const buysSpot = order.leg === 'spot' && order.side === 'Buy'
        const most = before
          .abs()
          .div(buysSpot ? 0.999 : 1)
          .plus(before.lt(0) ? new Decimal(facts.qtyStep).times(facts.multiplier) : 0)
        expect(size.lte(most)).toBe(true)
        const moved = buysSpot ? size.times('0.999') : size.times(before.lt(0) ? 1 : -1)
        const after = before.plus(moved)
        expect(after.gte(0)).toBe(true)
        expect(after.lt(Decimal.max(lot, plan.spot.qtyStep))).toBe(true)
      }),
    )
  })
})

test('each attempt may go twice as far as the one before, inside the tightest price band, or as far as the rules say', () => {
  expect([0, 1, 2, 3, 10, 99].map(attempt => toleranceBps(attempt, 10))).toEqual([10, 20, 40, 45, 45, 45])
  expect(toleranceBps(3, 80)).toBe(80)
})
