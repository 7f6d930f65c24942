import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type EarnedDay, type EarnedFacts, earnedDays } from '../../../src/domain/books/earned-days.ts'
import { earnedPeriods, type HedgeDays } from '../../../src/domain/books/earned-periods.ts'
import { hedgeProfit } from '../../../src/domain/books/hedge-profit.ts'
import { postingsOf } from '../../../src/domain/books/ledger.ts'
import type { Fill } from '../../../src/domain/legs/order.ts'
import { amount, baseQty, usdt } from '../../../src/domain/units.ts'
import { anyTrade, HEDGE_ID, playTrades, rowOf, type Trade } from '../../support/domain/sample-trades.ts'
import { samplePlan } from '../../support/machines/sample-hedge.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** A Tuesday. */
const FIRST_MS = Date.UTC(2026, 0, 6)

const sample = samplePlan(HEDGE_ID)
/** 100 coins with 250 USDT of capital; funding of 24 USDT in 240 hours. */
const plan = {
  ...sample,
  targetBaseQty: baseQty('100'),
  capitalUsdt: usdt('250'),
  expected: { ...sample.expected, fundingUsdt: usdt('24'), horizonHours: 240 },
}

/** The same trades, each at its own hour since the first day. */
function playedAt(trades: readonly Trade[], hours: readonly number[], funding: [number, string][] = []) {
  const played = playTrades(trades)
  const at = (ms: number) => FIRST_MS + (hours[ms / 1000] ?? 0) * HOUR_MS
  const rows = [
    ...played.rows.map(row => ({ ...row, atMs: at(row.atMs) })),
    ...funding.map(([hour, paid]) =>
      rowOf({
        id: `f${hour}`,
        kind: 'settlement',
        funding: amount(paid),
        atMs: FIRST_MS + hour * HOUR_MS,
      }),
    ),
  ].toSorted((a, b) => a.atMs - b.atMs)
  const fills: Fill[] = played.fills.map(fill => ({ ...fill, filledAtMs: at(fill.filledAtMs) }))
  return { fills, postings: rows.flatMap(row => postingsOf(row, () => HEDGE_ID)) }
}

const netOf = ({ fills, postings }: Pick<EarnedFacts, 'fills' | 'postings'>) =>
  hedgeProfit({ plan, fills, postings, mids: {}, closed: true, prices: {}, markPrice: null })

const trade = (market: Trade['market'], side: Trade['side'], price: string, qty = '100'): Trade => ({
  ...{ market, side, qty, price, feeRate: '0.001', mids: null, route: 'own' },
})
const ROUND = [
  trade('spot', 'Buy', '2.5'),
  trade('linear', 'Sell', '2.5'),
  trade('spot', 'Sell', '2.6', '99.9'),
  trade('linear', 'Buy', '2.59'),
]

describe('what a hedge earned day by day', () => {
  test('sums to its result, whatever was traded on whatever days', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(anyTrade, fc.integer({ min: 0, max: 200 })), { minLength: 1, maxLength: 12 }),
        found => {
          const hours = found.map(([, hour]) => hour).toSorted((a, b) => a - b)
          const played = playedAt(
            found.map(([each]) => each),
            hours,
            [[9, '1.5']],
          )
          const final = netOf(played)
          const days = earnedDays({ plan, ...played, final, nowMs: FIRST_MS + 300 * HOUR_MS })
          const sum = (part: keyof EarnedDay) => Decimal.sum(0, ...days.map(day => day[part])).toFixed()
          expect(sum('netUsdt')).toBe(final.netUsdt)
          expect(sum('fundingUsdt')).toBe(final.fundingUsdt)
          expect(sum('feesUsdt')).toBe(final.feesUsdt)
        },
      ),
    )
  })

  test('buying a leg realises its fee and nothing else; closing both realises the basis', () => {
    const played = playedAt(ROUND, [12, 12, 60, 60], [[16, '0.4']])
    const days = earnedDays({ plan, ...played, final: netOf(played), nowMs: FIRST_MS + 90 * HOUR_MS })
    expect(days.map(({ dayMs }) => (dayMs - FIRST_MS) / DAY_MS)).toEqual([0, 1, 2])
    expect(days[0]).toMatchObject({ fundingUsdt: '0.4', feesUsdt: '-0.5', tradingUsdt: '0', netUsdt: '-0.1' })
    expect(days[1]).toMatchObject({ netUsdt: '0' })
    // The coins gained 9.99 by 2.5 to 2.6 on 99.9, the short lost 9.
    expect(days[2]?.tradingUsdt).toBe('0.99')
  })

  test('closing a part realises its share, and capital counts for the rest from then on', () => {
    const half = [
      ...[trade('spot', 'Buy', '2.5'), trade('linear', 'Sell', '2.5')],
      ...[trade('spot', 'Sell', '2.6', '50'), trade('linear', 'Buy', '2.58', '50')],
    ]
    const played = playedAt(half, [0, 0, 36, 36])
    const days = earnedDays({ plan, ...played, final: null, nowMs: FIRST_MS + 72 * HOUR_MS })
    // 50 coins gained 5, the short of as many lost 4; what is open stands at its cost.
    expect(days.map(({ tradingUsdt }) => tradingUsdt)).toEqual(['0', '1', '0'])
    expect(days.map(({ capitalUsdtHours }) => capitalUsdtHours)).toEqual(['6000', '4500', '3000'])
    expect(days.map(({ expectedFundingUsdt }) => expectedFundingUsdt)).toEqual(['2.4', '1.8', '1.2'])
  })

  test('capital counts for what was filled, while it was held', () => {
    const half = [trade('spot', 'Buy', '2.5', '50'), trade('linear', 'Sell', '2.5', '50')]
    const played = playedAt(half, [12, 12])
    const [first, second] = earnedDays({ plan, ...played, final: null, nowMs: FIRST_MS + 36 * HOUR_MS })
    expect(first).toMatchObject({ capitalUsdtHours: String(125 * 12), expectedFundingUsdt: '0.6' })
    expect(second).toMatchObject({ capitalUsdtHours: String(125 * 12), usedUntilMs: FIRST_MS + 36 * HOUR_MS })
  })
})

const day = (at: number, netUsdt: string, [fromHour, untilHour] = [0, 24]): EarnedDay => ({
  dayMs: FIRST_MS + at * DAY_MS,
  ...{ fundingUsdt: usdt(netUsdt), feesUsdt: usdt('0'), borrowUsdt: usdt('0'), tradingUsdt: usdt('0') },
  netUsdt: usdt(netUsdt),
  capitalUsdtHours: usdt(String(1000 * (untilHour - fromHour))),
  expectedFundingUsdt: usdt('1'),
  usedFromMs: FIRST_MS + at * DAY_MS + fromHour * HOUR_MS,
  usedUntilMs: FIRST_MS + at * DAY_MS + untilHour * HOUR_MS,
})
const hedge = (hedgeId: string, symbol: string, ...days: EarnedDay[]): HedgeDays => ({
  hedgeId,
  symbol,
  days,
})
const NOW_MS = FIRST_MS + 400 * DAY_MS

describe('what was earned by period', () => {
  test('a year of it is reckoned on the capital in use', () => {
    const [account, symbol] = earnedPeriods([hedge('A', 'XRPUSDT', day(0, '1'))], 'day', NOW_MS)
    expect(account).toMatchObject({ symbol: '', capitalUsdt: '1000', apr: 0.365, usedMs: DAY_MS })
    expect(symbol).toMatchObject({ symbol: 'XRPUSDT', netUsdt: '1' })
  })

  test('nothing is annualised below a day of use, however many hedges share it', () => {
    const short = (id: string) => hedge(id, 'XRPUSDT', day(0, '1', [0, 14]))
    const [account] = earnedPeriods([short('A'), short('B')], 'day', NOW_MS)
    expect(account).toMatchObject({ hedges: 2, usedMs: 14 * HOUR_MS, capitalUsdt: '2000', apr: null })
    const long = hedge('C', 'XRPUSDT', day(0, '1', [0, 14]), day(1, '1', [0, 10]))
    expect(earnedPeriods([long], 'all', NOW_MS)[0]?.apr).toBeCloseTo((2 / 24_000) * 8760, 12)
  })

  test('weeks begin on Monday, months on the first, each in its own rows', () => {
    const days = [day(0, '1'), day(5, '2'), day(6, '4'), day(26, '8')]
    const nets = (by: 'week' | 'month') =>
      earnedPeriods([hedge('A', 'XRPUSDT', ...days)], by, NOW_MS)
        .filter(({ symbol }) => symbol === '')
        .map(({ fromMs, untilMs, netUsdt }) => [
          new Date(fromMs).toISOString().slice(0, 10),
          new Date(untilMs).toISOString().slice(0, 10),
          netUsdt,
        ])
    expect(nets('week')).toEqual([
      ['2026-01-05', '2026-01-12', '3'],
      ['2026-01-12', '2026-01-19', '4'],
      ['2026-01-26', '2026-02-02', '8'],
    ])
    expect(nets('month')).toEqual([
      ['2026-01-01', '2026-02-01', '7'],
      ['2026-02-01', '2026-03-01', '8'],
    ])
  })

  test('the account is the sum of its symbols', () => {
    const rows = earnedPeriods(
      [hedge('A', 'XRPUSDT', day(0, '1')), hedge('B', 'SOLUSDT', day(0, '2'), day(1, '3'))],
      'all',
      NOW_MS,
    )
    expect(rows.map(({ symbol, netUsdt, hedges }) => [symbol, netUsdt, hedges])).toEqual([
      ['', '6', 2],
      ['SOLUSDT', '5', 1],
      ['XRPUSDT', '1', 1],
    ])
  })

  test('where nothing was earned yet there are no rows', () => {
    expect(earnedPeriods([], 'all', NOW_MS)).toEqual([])
  })
})
