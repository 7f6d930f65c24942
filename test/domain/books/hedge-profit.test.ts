import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { EarnedDay } from '../../../src/domain/books/earned-days.ts'
import {
  hedgeProfit,
  openPosition,
  type ProfitFacts,
  sumOfProfits,
} from '../../../src/domain/books/hedge-profit.ts'
import { postingsOf } from '../../../src/domain/books/ledger.ts'
import { ownersOfFills, ownersOfRows } from '../../../src/domain/books/row-owner.ts'
import type { TransactionRow } from '../../../src/domain/books/transaction.ts'
import { carryOutcome } from '../../../src/domain/carry/carry-outcome.ts'
import { price, usdt } from '../../../src/domain/units.ts'
import {
  anyExtra,
  anyTrade,
  fillOf,
  HEDGE_ID,
  playTrades,
  rowOf,
  type Trade,
} from '../../support/domain/sample-trades.ts'
import { samplePlan } from '../../support/machines/sample-hedge.ts'

const plan = samplePlan(HEDGE_ID)
const CLAIM = {
  hedgeId: HEDGE_ID,
  perpSymbol: 'XRPUSDT',
  spotSymbol: 'XRPUSDT',
  baseCoin: 'XRP',
  direction: 'reverse-carry' as const,
  fromMs: 0,
  untilMs: null,
}

type Played = Pick<ReturnType<typeof playTrades>, 'fills' | 'mids'> & { rows: readonly TransactionRow[] }

function profitOf({ fills, rows, mids }: Played, over: Partial<ProfitFacts> = {}) {
  const owners = ownersOfRows(rows, { claims: [CLAIM], ownersOfExecs: ownersOfFills(fills) })
  const postings = rows
    .flatMap(row => postingsOf(row, ({ id }) => owners.get(id)))
    .filter(({ hedgeId }) => hedgeId === HEDGE_ID)
  return hedgeProfit({
    plan,
    postings,
    fills,
    mids,
    closed: false,
    prices: { XRP: price('2.5') },
    markPrice: price('2.6'),
    ...over,
  })
}

const walletOf = (rows: readonly TransactionRow[], coin: string) =>
  rows.filter(row => row.coin === coin).reduce((sum, { change }) => sum.plus(change), new Decimal(0))

/** 100 XRP bought at 2.51 and 100 contracts sold at 2.53, decided at middles of 2.50 and 2.54; out at 2.60 and 2.605. */
const round = (route: Trade['route'] = 'own'): Trade[] => {
  const into = { spot: price('2.5'), perp: price('2.54') }
  const out = { spot: price('2.61'), perp: price('2.6') }
  return [
    { market: 'spot', side: 'Buy', qty: '100', price: '2.51', feeRate: '0.001', mids: into, route },
    { market: 'linear', side: 'Sell', qty: '99.9', price: '2.53', feeRate: '0.0005', mids: into, route },
    { market: 'spot', side: 'Sell', qty: '99.8', price: '2.6', feeRate: '0.001', mids: out, route },
    { market: 'linear', side: 'Buy', qty: '99.9', price: '2.605', feeRate: '0.0005', mids: out, route },
  ]
}

describe('the profit of a hedge', () => {
  test('adds up to the change of the wallets and the open position, whatever was traded by whatever route', () => {
    fc.assert(
      fc.property(
        fc.array(anyTrade, { maxLength: 12 }),
        fc.array(anyExtra, { maxLength: 5 }),
        (trades, extra) => {
          const played = playTrades(trades)
          const rows = [...played.rows, ...extra]
          const profit = profitOf({ ...played, rows })
          const { qty, cost } = openPosition(played.fills.filter(({ market }) => market === 'linear'))
          const open = qty.times(new Decimal('2.6').minus(cost))
          const worth = walletOf(rows, 'USDT').plus(walletOf(rows, 'XRP').times('2.5')).plus(open)
          expect(profit.netUsdt).toBe(worth.toDecimalPlaces(18).toFixed())
          const { fundingUsdt, feesUsdt, basisUsdt, slippageUsdt, borrowUsdt, dustUsdt } = profit
          const parts = Decimal.sum(fundingUsdt, feesUsdt, basisUsdt, slippageUsdt, borrowUsdt, dustUsdt)
          expect(parts.toFixed()).toBe(profit.netUsdt)
          expect(Decimal.sum(profit.realisedUsdt, profit.unrealisedUsdt).toFixed()).toBe(profit.netUsdt)
        },
      ),
    )
  })

  test('is the same by a native spread, whose rows name no order, as by two orders', () => {
    expect(profitOf(playTrades(round('spread')))).toEqual(profitOf(playTrades(round())))
  })

  test('counts as slippage what each fill was worse than the middle of its decision, and the rest as basis', () => {
    const profit = profitOf(playTrades(round()), { closed: true, prices: {} })
    // 100 × 0.01 and 99.9 × 0.01 on the way in, 99.8 × 0.01 and 99.9 × 0.005 on the way out.
    expect(profit.slippageUsdt).toBe('-3.4965')
    // 100 coins bought at 2.50: 99.8 sold at 2.61, 0.1 paid as a fee worth 2.51, 0.1 left over at 2.60; contracts 2.54 to 2.60.
    expect(profit.basisUsdt).toBe('4.995')
    expect(profit.unrealisedUsdt).toBe('0')
    expect(profit.measuredShare).toBe(1)
  })

  test('leaves to basis the slippage of orders whose middles are not known, and says so', () => {
    const played = playTrades(round().map(trade => ({ ...trade, mids: null })))
    const [with_, without] = [profitOf(playTrades(round())), profitOf(played)]
    expect(without).toMatchObject({ slippageUsdt: '0', measuredShare: 0, netUsdt: with_.netUsdt })
    expect(without.basisUsdt).toBe(Decimal.add(with_.basisUsdt, with_.slippageUsdt).toFixed())
  })

  test('moves nothing but dust with the price once it is closed', () => {
    const played = playTrades(round())
    const at = (xrp: string) => profitOf(played, { closed: true, prices: { XRP: price(xrp) } })
    const { dustUsdt: dust, netUsdt: net, realisedUsdt, ...rest } = at('2.6')
    const later = at('3.6')
    expect(dust).toBe('0')
    expect(later).toMatchObject({ ...rest, unrealisedUsdt: '0.1', dustUsdt: '0.1', realisedUsdt })
    expect(new Decimal(later.netUsdt).minus(net).toFixed()).toBe('0.1')
  })

  test('takes what the exchange took from a leg by itself for the hedge of that symbol', () => {
    const forced = round().map((trade, at) => (at === 3 ? { ...trade, route: 'forced' as const } : trade))
    const [own, taken] = [profitOf(playTrades(round())), profitOf(playTrades(forced))]
    expect(taken.netUsdt).toBe(own.netUsdt)
  })

  test('counts interest on the borrowed coin, and none of what nobody borrowed', () => {
    const borrowed = rowOf({
      id: 'i',
      kind: 'interest',
      coin: 'XRP',
      symbol: '',
      cashFlow: amountOf('-0.2'),
      atMs: 9,
    })
    const usdt = rowOf({ id: 'u', kind: 'interest', symbol: '', cashFlow: amountOf('-7'), atMs: 9 })
    const played = playTrades(round())
    const profit = profitOf({ ...played, rows: [...played.rows, borrowed, usdt] })
    expect(new Decimal(profit.borrowUsdt).toFixed()).toBe(new Decimal('-0.2').times('2.6').toFixed())
  })

  test('of several hedges is the sum of each part', () => {
    const one = profitOf(playTrades(round()), { closed: true })
    const two = sumOfProfits([one, one])
    expect(two.netUsdt).toBe(Decimal.add(one.netUsdt, one.netUsdt).toFixed())
    expect(Decimal.sum(...Object.values(two)).toFixed()).toBe(Decimal.mul(two.netUsdt, 2).toFixed())
  })
})

const amountOf = (text: string) => rowOf({ cashFlow: text as never }).change

/** A day on which 500 USDT of capital were in use for so many hours. */
const used = (hours: number): EarnedDay => ({
  ...{ dayMs: 0, fundingUsdt: usdt('0'), feesUsdt: usdt('0'), borrowUsdt: usdt('0'), tradingUsdt: usdt('0') },
  ...{ netUsdt: usdt('0'), capitalUsdtHours: usdt(String(500 * hours)), expectedFundingUsdt: usdt('1') },
  ...{ usedFromMs: 0, usedUntilMs: hours * 3_600_000 },
})

describe('expected beside realised carry', () => {
  test('names each part once: the lines of either side add up to their net', () => {
    const played = playTrades(round())
    const profit = profitOf(played, { closed: true })
    const { lines, heldHours, realisedAprOnCapital } = carryOutcome(
      { plan, enteredAtMs: 1, untilMs: 1 + 36_000_000, days: [used(20)] },
      profit,
    )
    for (const side of ['expectedUsdt', 'expectedSoFarUsdt', 'realisedUsdt'] as const) {
      const parts = lines.filter(({ part }) => part !== 'net').map(line => line[side])
      const net = lines.find(({ part }) => part === 'net')?.[side]
      expect(Decimal.sum(...parts).toFixed()).toBe(net)
    }
    expect(heldHours).toBe(10)
    expect(realisedAprOnCapital).toBeNull()
  })

  test('a year is reckoned on the capital that was really used, and only from a day of use on', () => {
    const profit = profitOf(playTrades(round()), { closed: true })
    const days = [used(20), used(12)]
    const { realisedAprOnCapital, expectedFundingSoFarUsdt } = carryOutcome(
      { plan, enteredAtMs: 1, untilMs: 1 + 36_000_000, days },
      profit,
    )
    expect(realisedAprOnCapital).toBeCloseTo((Number(profit.realisedUsdt) / 16_000) * 8760, 10)
    expect(expectedFundingSoFarUsdt).toBe('2')
  })
})

describe('an open position', () => {
  test('keeps its cost while it shrinks, averages while it grows, and begins anew when it turns round', () => {
    const fill = (side: 'Buy' | 'Sell', qty: string, at: string) =>
      fillOf({ side, qty: qty as never, price: price(at) })
    const openAfter = (...fills: Parameters<typeof fill>[]) => {
      const { qty, cost } = openPosition(fills.map(each => fill(...each)))
      return [qty.toFixed(), cost.toFixed()]
    }
    expect(openAfter(['Sell', '10', '2'], ['Sell', '10', '3'])).toEqual(['-20', '2.5'])
    expect(openAfter(['Sell', '10', '2'], ['Buy', '4', '9'])).toEqual(['-6', '2'])
    expect(openAfter(['Sell', '10', '2'], ['Buy', '14', '9'])).toEqual(['4', '9'])
    expect(openAfter(['Sell', '10', '2'], ['Buy', '10', '9'])).toEqual(['0', '0'])
  })
})
