/** Reverse carry, decision by decision: the mirror of what the tests of each decision say of long carry. */
import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { HedgePlan } from '../../../src/domain/entry/plan.ts'
import { type Holdings, lotBase, smallestOrder } from '../../../src/domain/legs/balance.ts'
import type { FreshMarket } from '../../../src/domain/market/market-view.ts'
import { baseQty, orderQty, price, usdt } from '../../../src/domain/units.ts'
import { nextUnwind } from '../../../src/domain/work/exit-steps.ts'
import { followOrder } from '../../../src/domain/work/follow.ts'
import { decideRepair } from '../../../src/domain/work/repair.ts'
import { nextSlice } from '../../../src/domain/work/slices.ts'
import {
  type Account,
  execute,
  holdingsOf,
  lendingMarket,
  planFacing,
  REVERSE,
} from '../../support/domain/sample-account.ts'
import { anyGrid, bookAround, type Grid, RULES, XRP } from '../../support/domain/sample-market.ts'

const planned = planFacing(XRP, REVERSE)
// As of a week's carry: a hedge is worth no more than it would cost to move its legs by a few percent.
const PLAN: HedgePlan = { ...planned, expected: { ...planned.expected, netUsdt: usdt('13.8') } }
const PERP_FIRST: HedgePlan = { ...PLAN, firstLeg: 'perp' }
const MARKET = lendingMarket(XRP)
const held = (owed: string, perp: string): Holdings => ({
  spotNetBase: baseQty(owed),
  perpBase: baseQty(perp),
})
const NOTHING = held('0', '0')

describe('entering reverse carry', () => {
  test('sells exactly a slice of borrowed coins below the bid, then buys that much perpetual above the ask', () => {
    expect(nextSlice(PLAN, NOTHING, MARKET, RULES)).toMatchObject({
      kind: 'order',
      order: {
        leg: 'spot',
        side: 'Sell',
        qty: '200',
        borrow: true,
        reduceOnly: false,
        limitPrice: '2.49726',
      },
    })
    expect(followOrder(PLAN, held('200', '0'), MARKET, 10)).toMatchObject({
      order: { leg: 'perp', side: 'Buy', qty: '200', borrow: false, reduceOnly: false },
    })
  })

  test('buys the perpetual first where the plan says so, and spot follows what was really bought', () => {
    expect(nextSlice(PERP_FIRST, NOTHING, MARKET, RULES)).toMatchObject({
      order: { leg: 'perp', side: 'Buy', qty: '200', borrow: false },
    })
    expect(followOrder(PERP_FIRST, held('0', '150.3'), MARKET, 10)).toMatchObject({
      order: { leg: 'spot', side: 'Sell', qty: '150.3', borrow: true },
    })
  })

  test('long carry may open with the perpetual too: spot is then bought with its fee on top', () => {
    const plan = planFacing(XRP, { direction: 'long-carry', firstLeg: 'perp' })
    expect(nextSlice(plan, NOTHING, MARKET, RULES)).toMatchObject({
      order: { leg: 'perp', side: 'Sell', qty: '200' },
    })
    expect(followOrder(plan, held('0', '99.9'), MARKET, 10)).toMatchObject({
      order: { leg: 'spot', side: 'Buy', qty: '100', borrow: false },
    })
  })

  test('a perpetual that opened leaves enough for spot to follow, whatever crumb spot already has', () => {
    // The smallest spot sale is 2.1 XRP: 2.5 of perpetual, on top of a crumb of 1, would leave 1.5.
    const plan = { ...PERP_FIRST, sliceBaseQty: baseQty('2.5') }
    expect(nextSlice(plan, held('11', '10'), MARKET, RULES)).toMatchObject({
      order: { leg: 'perp', qty: '3.5' },
    })
    expect(followOrder(plan, held('11', '13.5'), MARKET, 10)).toMatchObject({
      order: { leg: 'spot', side: 'Sell', qty: '2.5' },
    })
  })

  test('weighs what to do with a perpetual beyond spot that did not go first, instead of following it', () => {
    expect(followOrder(PLAN, held('100', '150'), MARKET, 10)).toEqual({ kind: 'none', because: 'balanced' })
  })

  test('opens neither leg while the lending pool is empty', () => {
    const { pair } = MARKET
    const empty = { ...MARKET, pair: { ...pair, spot: { ...pair.spot, marginTrading: false } } }
    for (const plan of [PLAN, PERP_FIRST])
      expect(nextSlice(plan, NOTHING, empty, RULES)).toMatchObject({ kind: 'wait', refused: 'market-closed' })
    // Our own last sale may have emptied it.
    const whole = { spotNetBase: PLAN.targetBaseQty, perpBase: PLAN.targetBaseQty }
    expect(nextSlice(PLAN, whole, empty, RULES)).toEqual({ kind: 'complete' })
  })

  test('tops the perpetual up when interest has passed what can be ordered, and not before', () => {
    expect(followOrder(PLAN, held('801.9', '800'), MARKET, 10)).toMatchObject({ because: 'below-minimum' })
    expect(followOrder(PLAN, held('802.06', '800'), MARKET, 10)).toMatchObject({
      order: { leg: 'perp', side: 'Buy', qty: '2' },
    })
  })
})

describe('repair or unwind of reverse carry', () => {
  const repair = (of: Holdings, market: FreshMarket = MARKET, attempt = 0) =>
    decideRepair(PLAN, of, market, RULES, attempt)

  test('counts fee, slippage and what was already spent, as for long carry', () => {
    // 50 XRP of perpetual bought at 2.50025, the middle being 2.5; 50.05 coins bought back: 50 and the fee taken from them.
    const repaired = new Decimal(50).times('2.50025')
    const unwound = new Decimal('50.05').times('2.50025')
    const slip = (qty: string) => new Decimal(qty).times('0.00025')
    expect(repair(held('150', '100'))).toMatchObject({
      kind: 'repair',
      because: 'cheaper',
      order: { leg: 'perp', side: 'Buy', qty: '50', reduceOnly: false },
      repairCostUsdt: repaired.times('0.00055').plus(slip('50')).toFixed(),
      unwindCostUsdt: unwound.times('0.001').times(2).plus(slip('50.05')).toFixed(),
    })
  })

  test('buys back when the perpetual has run away upwards, the side that costs reverse carry', () => {
    const risen = { ...MARKET, perpBook: bookAround(new Decimal('2.6'), '1000000') }
    expect(repair(held('150', '100'), risen)).toMatchObject({
      kind: 'unwind',
      order: { leg: 'spot', side: 'Buy', qty: '50.05', borrow: false },
      because: 'cheaper',
    })
    const fallen = { ...MARKET, perpBook: bookAround(new Decimal('2.4'), '1000000') }
    expect(repair(held('150', '100'), fallen)).toMatchObject({ kind: 'repair' })
  })

  test('borrows the missing coins, or gives the perpetual back when there is nothing to borrow', () => {
    expect(repair(held('100', '150'))).toMatchObject({
      kind: 'repair',
      order: { leg: 'spot', side: 'Sell', qty: '50', borrow: true },
    })
    const { pair } = MARKET
    const empty = { ...MARKET, pair: { ...pair, spot: { ...pair.spot, marginTrading: false } } }
    expect(repair(held('100', '150'), empty)).toMatchObject({
      kind: 'unwind',
      because: 'only-way',
      order: { leg: 'perp', side: 'Sell', qty: '50', reduceOnly: true },
    })
  })

  test('trims the perpetual where what spot lacks is too small to order', () => {
    expect(repair(held('98.5', '100'))).toMatchObject({
      kind: 'unwind',
      order: { leg: 'perp', side: 'Sell', qty: '1.5', reduceOnly: true },
    })
  })

  test('leaves coins that were bought back beyond the debt alone', () => {
    expect(repair(held('-3', '0'))).toEqual({ kind: 'balanced', dustBase: '0' })
  })

  test('makes the legs level in one order, in either way, on any grid', () => {
    fc.assert(
      fc.property(anyGrid, fc.integer({ min: -400, max: 400 }), fc.nat(5), (grid, lots, attempt) => {
        const plan = planFacing(grid, REVERSE)
        const account = accountOf(
          plan,
          new Decimal(plan.targetBaseQty),
          lotBase(plan).times(lots).times('0.7'),
        )
        const decision = decideRepair(plan, holdingsOf(plan, account), lendingMarket(grid), RULES, attempt)
        if (decision.kind === 'balanced' || decision.kind === 'wait') return
        const after = holdingsOf(plan, execute(plan, account, decision.order, 1))
        const apart = new Decimal(after.spotNetBase).minus(after.perpBase)
        expect(apart.gte(0)).toBe(true)
        expect(apart.lt(Decimal.max(lotBase(plan), plan.spot.qtyStep))).toBe(true)
      }),
    )
  })
})

/** Coins owed beyond (or short of) a perpetual of whole lots. */
const accountOf = (plan: HedgePlan, perp: Decimal, beyond: Decimal): Account => ({
  coins: Decimal.max(0, perp.plus(beyond)).neg(),
  contracts: perp.div(plan.perp.multiplier),
})

describe('unwinding reverse carry', () => {
  test('buys back an even share with the fee on top, and sells that much perpetual', () => {
    expect(nextUnwind(PLAN, held('800.03', '800'), MARKET, RULES, 10)).toMatchObject({
      last: false,
      spot: { leg: 'spot', side: 'Buy', qty: '200.21', borrow: false },
      perp: { leg: 'perp', side: 'Sell', qty: '200', reduceOnly: true },
    })
  })

  test('closes no more perpetual than the coins its share of the depth really brings', () => {
    const thin = { ...MARKET, spotBook: bookAround(new Decimal(XRP.midPrice), '200') }
    expect(nextUnwind(PLAN, held('800', '800'), thin, RULES, 10)).toMatchObject({
      spot: { qty: '100' },
      perp: { qty: '99.9' },
    })
  })

  test('buys the last coins whole, so that nothing is owed', () => {
    expect(nextUnwind(PLAN, held('100.03', '100'), MARKET, RULES, 10)).toMatchObject({
      last: true,
      spot: { side: 'Buy', qty: '100.14' },
      perp: { side: 'Sell', qty: '100' },
    })
  })

  test('buys as much beside a debt below the smallest order as can be sold again; less than that is dust', () => {
    const bought = nextUnwind(PLAN, held('0.07', '0'), MARKET, RULES, 10)
    expect(bought).toMatchObject({ kind: 'slice', spot: { side: 'Buy' }, perp: null })
    expect(Number(bought.kind === 'slice' && bought.spot?.qty)).toBeCloseTo(2.27, 1)
    expect(nextUnwind(PLAN, held('-2.2', '0'), MARKET, RULES, 10)).toMatchObject({
      kind: 'slice',
      spot: { side: 'Sell', qty: '2.2', borrow: false },
      perp: null,
    })
    expect(nextUnwind(PLAN, held('-1.928', '0'), MARKET, RULES, 10)).toEqual({
      kind: 'flat',
      dustBase: '1.928',
    })
  })

  test('closes a perpetual whose debt is gone', () => {
    expect(nextUnwind(PLAN, held('-0.4', '150'), MARKET, RULES, 10)).toMatchObject({
      spot: null,
      perp: { side: 'Sell', qty: '150', reduceOnly: true },
      last: true,
    })
  })

  test('a slice of one lot closes that lot, though interest has raised the debt beyond it', () => {
    const coarse = '200'
    const plan: HedgePlan = {
      ...PLAN,
      perp: { ...PLAN.perp, qtyStep: orderQty(coarse), minOrderQty: orderQty(coarse) },
      sliceBaseQty: baseQty(coarse),
    }
    expect(nextUnwind(plan, held('600.5', '600'), MARKET, RULES, 10)).toMatchObject({ perp: { qty: coarse } })
  })

  test('ends with nothing owed and no perpetual, from any state, whatever part of each order fills', () => {
    const anyPart = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(
        anyGrid,
        fc.nat(5000),
        fc.integer({ min: -300, max: 300 }),
        fc.array(anyPart, { maxLength: 60 }),
        (grid, lots, steps, parts) => {
          const plan = planFacing(grid, REVERSE)
          const perp = Decimal.min(lotBase(plan).times(lots), plan.targetBaseQty)
          const beyond = new Decimal(plan.spot.qtyStep).times(steps).times('0.37')
          const end = unwound(plan, accountOf(plan, perp, beyond), grid, parts)
          expect(end.contracts.isZero()).toBe(true)
          expect(end.coins.gte(0)).toBe(true)
          // Every order that owed less than the smallest one may have left that much; none leaves more.
          const least = new Decimal(smallestOrder(plan.spot, price(new Decimal(grid.midPrice))))
          expect(end.coins.lte(least.plus(plan.spot.qtyStep))).toBe(true)
        },
      ),
    )
  })
})

/** Fills `parts` of the orders of each slice, then all of them, until the hedge is flat. */
function unwound(plan: HedgePlan, start: Account, grid: Grid, parts: readonly number[]): Account {
  const left = [...parts]
  let account = start
  for (let turn = 0; turn < 5000; turn++) {
    const next = nextUnwind(plan, holdingsOf(plan, account), lendingMarket(grid), RULES, 10)
    if (next.kind === 'flat') return account
    if (next.kind === 'wait') throw new Error(`expected a slice, found ${JSON.stringify(next)}`)
    for (const order of [next.spot, next.perp])
      if (order) account = execute(plan, account, order, left.shift() ?? 1)
  }
  throw new Error(`expected an end, found ${JSON.stringify(account)} after 5000 slices`)
}
