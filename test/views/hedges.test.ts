/** The one reader of living hedges, on a hedge of each kind that figures go wrong on. */
import { Decimal } from 'decimal.js'
import { describe, expect, test } from 'vitest'
import { holding } from '../../src/api/rows/rows.ts'
import type { MarketView } from '../../src/domain/market/market-view.ts'
import { amount, baseQty, fundingRate, orderQty, price, usdt } from '../../src/domain/units.ts'
import type { CoinBalance, Position } from '../../src/exchange/exchange.ts'
import { holdingOf } from '../../src/views/holdings.ts'
import { hedgeSummary, type LivingHedge, readHedge } from '../../src/views/living-hedges.ts'
import { accountDelta, linesOf } from '../../src/views/reconciliation.ts'
import { bookAround, marketOn, NOW_MS, XRP } from '../support/domain/sample-market.ts'
import {
  failed,
  longCarry,
  multiplierCoin,
  restingInPart,
  reverseCarry,
  spreadInFlight,
} from '../support/machines/sample-hedges.ts'

const HOUR_MS = 3_600_000

/** Prices per coin on spot and per contract of the perpetual. */
function market(spot: string, mark: string, rate = '0.001'): MarketView {
  const { ticker, ...rest } = marketOn(XRP)
  return {
    ...rest,
    spotBook: bookAround(new Decimal(spot), '1000'),
    ticker: { ...ticker, markPrice: price(mark), fundingRate: fundingRate(rate) },
  }
}

const valued = (hedge: LivingHedge, view: MarketView | undefined, coinFeesUsdt = '0') =>
  holdingOf(hedge, {
    market: view,
    booked: {
      fundingUsdt: usdt('3'),
      settlements: 6,
      coinFeesUsdt: usdt(coinFeesUsdt),
      otherFeesUsdt: usdt('0'),
    },
    nowMs: NOW_MS,
  })

describe('an open hedge, valued', () => {
  test.each([longCarry, reverseCarry, spreadInFlight, restingInPart, multiplierCoin, failed])(
    'is answered as the API documents it: %o',
    sample => {
      expect(holding.safeParse(valued(sample(), market('2.5', '2.5'))).error).toBeUndefined()
      expect(holding.safeParse(valued(sample(), undefined)).error).toBeUndefined()
    },
  )

  test('a long carry gains when the perpetual falls under its spot, and is paid a positive rate', () => {
    expect(valued(longCarry(), market('2.6', '2.58'), '1')).toMatchObject({
      basisUsdt: '12',
      feesUsdt: '-1.5',
      netUsdt: '13.5',
      deltaBase: '0',
      nextFundingUsdt: '1.032',
      fundingApr: 0.001 * 1095,
    })
  })

  test('a reverse carry gains when the perpetual rises over its spot, and is paid a negative rate', () => {
    expect(valued(reverseCarry(), market('2.6', '2.62', '-0.001'))).toMatchObject({
      basisUsdt: '12',
      feesUsdt: '-1.5',
      netUsdt: '13.5',
      nextFundingUsdt: '1.048',
      fundingRate: '-0.001',
      fundingApr: 0.001 * 1095,
    })
    expect(valued(reverseCarry(), market('2.6', '2.62', '0.001'))).toMatchObject({
      nextFundingUsdt: '-1.048',
      fundingApr: -0.001 * 1095,
    })
  })

  test('a coin sold by the thousand is valued by the coin', () => {
    expect(valued(multiplierCoin(), market('0.0026', '2.58'), '1')).toMatchObject({
      basisUsdt: '12',
      notionalUsdt: '1032',
      heldUsdt: '1000',
      filledShare: 1,
      nextFundingUsdt: '1.032',
    })
  })

  test('says what is held, not what was planned, and expects of that alone', () => {
    const quarter = valued(spreadInFlight(), market('2.5', '2.5'))
    expect(quarter).toMatchObject({
      plannedUsdt: '1000',
      heldUsdt: '250',
      filledShare: 0.25,
      capitalUsdt: '312.5',
      expectedNetUsdt: '2',
      expectedFundingSoFarUsdt: '0',
    })
    expect(quarter.ordersAtWork).toEqual([
      expect.objectContaining({ leg: 'both', side: 'Sell', filledQty: '0' }),
    ])
    // 50 of 200 hours.
    expect(valued(longCarry(), undefined)).toMatchObject({
      expectedNetUsdt: '8',
      // A quarter of 20 in funding, less all of the 12 that getting in and out costs.
      expectedNetSoFarUsdt: '-7',
      expectedFundingSoFarUsdt: '5',
    })
  })

  test('of which a part was closed, still knows what it got in at, and expects of each part for as long as it was held', () => {
    const { actor, context } = longCarry()
    const { spot, perp } = context
    // Half of it was sold 10 hours ago, at another price.
    const rest = {
      ...context,
      spot: { ...spot, base: baseQty('200'), cashUsdt: usdt('-400') },
      perp: { ...perp, base: baseQty('200'), cashUsdt: usdt('400') },
      beforeParts: { spot, perp },
      heldBefore: { coinMs: amount(String(400 * 40 * HOUR_MS)), untilMs: NOW_MS - 10 * HOUR_MS },
    }
    expect(valued({ actor, context: rest }, market('2.5', '2.5'))).toMatchObject({
      filledShare: 0.5,
      capitalUsdt: '625',
      entryBasisBps: valued(longCarry(), market('2.5', '2.5')).entryBasisBps,
      spot: { base: '200', entryPrice: valued(longCarry(), undefined).spot.entryPrice },
      expectedNetUsdt: '4',
      // Forty hours of all of it and ten of half.
      expectedFundingSoFarUsdt: '4.5',
      expectedNetSoFarUsdt: '-7.5',
    })
  })

  test('on its way out expects nothing more', () => {
    const { actor, context } = longCarry()
    expect(valued({ actor, context: { ...context, phase: 'unwinding' } }, undefined)).toMatchObject({
      expectedNetUsdt: null,
      expectedFundingSoFarUsdt: null,
    })
  })

  test('counts the fills of an order that still rests', () => {
    expect(valued(restingInPart(), market('2.5', '2.5'))).toMatchObject({
      spot: { base: '40', entryPrice: '2.5', valueUsdt: '100' },
      deltaBase: '40',
      deltaUsdt: '100',
      isLevel: false,
      feesUsdt: '-0.1',
    })
  })

  test('the delta of a reverse carry that lacks its perpetual is short', () => {
    const { actor, context } = reverseCarry()
    const naked = {
      actor,
      context: {
        ...context,
        perp: { ...context.perp, base: context.perp.base.replace('400', '100') as typeof context.perp.base },
      },
    }
    expect(valued(naked, market('2.5', '2.5'))).toMatchObject({ deltaBase: '-300', deltaUsdt: '-750' })
  })

  test('what no trusted feed prices is unknown, never 0', () => {
    expect(valued(longCarry(), undefined)).toMatchObject({
      notionalUsdt: null,
      deltaUsdt: null,
      basisUsdt: null,
      netUsdt: null,
      nextFundingUsdt: null,
      fundingApr: null,
      heldUsdt: '1000',
    })
  })

  test('a failed one shows its open leg and why', () => {
    expect(valued(failed(), market('2.5', '2.5'))).toMatchObject({
      state: 'failed',
      isLevel: false,
      deltaUsdt: '1000',
      heldUsdt: '0',
      because: 'spot-book-missing: found none, limit a book',
    })
  })
})

test('a stored hedge shows held beside planned', () => {
  const { context } = spreadInFlight()
  expect(hedgeSummary(context, { state: 'entering', sinceMs: 1 })).toMatchObject({
    plannedUsdt: '1000',
    plannedNetUsdt: '8',
    heldUsdt: '250',
    filledShare: 0.25,
    feesUsdt: '-0.375',
  })
})

const position = (symbol: string, side: Position['side'], qty: string, mark = '2.5'): Position => ({
  symbol,
  side,
  qty: orderQty(qty),
  entryPrice: price(mark),
  markPrice: price(mark),
  unrealisedPnl: usdt('0'),
  adlRank: 1,
  status: 'normal',
  reduceOnly: false,
  liquidationPrice: null,
  leverage: null,
  readAtMs: NOW_MS,
})
const coin = (name: string, wallet: string, { borrowed = '0', usdPrice = '2.5' } = {}): CoinBalance => {
  const owned = new Decimal(wallet).minus(borrowed)
  return {
    coin: name,
    wallet: amount(wallet),
    borrowed: amount(borrowed),
    spotBorrowed: amount(borrowed),
    accruedInterest: amount('0'),
    equity: amount(owned),
    usdValue: usdt(owned.times(usdPrice)),
    collateral: { taken: true, switchedOn: true, limit: 'free' },
  }
}

function compared(hedges: LivingHedge[], venue: { positions?: Position[]; coins?: CoinBalance[] }) {
  const facts = hedges.map(({ context }) => readHedge(context))
  const inFlight = facts.flatMap(({ orders }) => orders.map(({ orderLinkId }) => orderLinkId))
  const moving = new Set(facts.filter(({ orders }) => orders.length > 0).map(({ claim }) => claim.hedgeId))
  const shown = { positions: [], coins: [], openOrders: [], ...venue }
  const lines = linesOf(
    facts.map(({ claim }) => claim),
    shown,
    { inFlight, moving },
  )
  return { lines, ...accountDelta(lines, shown) }
}
const verdicts = (of: ReturnType<typeof compared>) =>
  Object.fromEntries(of.lines.map(({ what, subject, verdict }) => [`${what} ${subject}`, verdict]))

describe('what hedges say beside what the exchange shows', () => {
  test('a healthy hedge of either direction is the same on both sides, and the account is level', () => {
    const long = compared([longCarry()], {
      positions: [position('XRPUSDT', 'Sell', '400')],
      coins: [coin('XRP', '400'), coin('USDT', '5000', { usdPrice: '1' })],
    })
    expect(verdicts(long)).toEqual({ 'position XRPUSDT': 'same', 'coin XRP': 'same' })
    expect(long).toMatchObject({ deltaUsdt: '0.00', unclaimedUsdt: '0.00' })
    const reverse = compared([reverseCarry()], {
      positions: [position('XRPUSDT', 'Buy', '400')],
      coins: [coin('XRP', '0', { borrowed: '400' })],
    })
    expect(verdicts(reverse)).toEqual({ 'position XRPUSDT': 'same', 'coin XRP': 'same' })
    expect(reverse.lines[0]).toMatchObject({ engine: '400', exchange: '400', difference: '0' })
    expect(reverse.lines[1]).toMatchObject({ engine: '-400', exchange: '-400', difference: '0' })
    expect(reverse).toMatchObject({ deltaUsdt: '0.00', unclaimedUsdt: '0.00' })
  })

  test('a coin sold by the thousand is compared by contracts and by coins', () => {
    const found = compared([multiplierCoin()], {
      positions: [position('1000XRPUSDT', 'Sell', '400')],
      coins: [coin('XRP', '400000', { usdPrice: '0.0025' })],
    })
    expect(verdicts(found)).toEqual({ 'position 1000XRPUSDT': 'same', 'coin XRP': 'same' })
    expect(found.deltaUsdt).toBe('0.00')
  })

  test('while a spread order is on its way its hedge is moving, not broken', () => {
    const found = compared([spreadInFlight()], {
      positions: [position('XRPUSDT', 'Sell', '200')],
      coins: [coin('XRP', '100')],
    })
    expect(verdicts(found)).toEqual({
      'position XRPUSDT': 'moving',
      'coin XRP': 'same',
      'order SPREAD0001-CE0001': 'moving',
    })
  })

  test('a leg that is gone is broken, whichever way the hedge faces', () => {
    const found = compared([reverseCarry()], {
      positions: [position('XRPUSDT', 'Buy', '100')],
      coins: [coin('XRP', '0', { borrowed: '400' })],
    })
    expect(verdicts(found)).toEqual({ 'position XRPUSDT': 'broken', 'coin XRP': 'same' })
    expect(found.lines[0]).toMatchObject({ difference: '-300', differenceUsdt: '-750.00' })
    expect(found.deltaUsdt).toBe('-750.00')
  })

  test('what belongs to no hedge adds to the account’s delta; a little of a coin is dust', () => {
    const found = compared([], {
      positions: [position('ETHUSDT', 'Buy', '0.5', '3000')],
      coins: [coin('XRP', '2'), coin('SOL', '4', { usdPrice: '150' })],
    })
    expect(verdicts(found)).toEqual({
      'position ETHUSDT': 'unclaimed',
      'coin SOL': 'unclaimed',
      'coin XRP': 'dust',
    })
    expect(found).toMatchObject({ deltaUsdt: '2105.00', unclaimedUsdt: '2100.00' })
  })
})
