/**
 * The situations a pair of legs may come into (carry.md d.5 to d.10), one row each: the hedge ends hedged or flat, the
 * ledger at 0, what stood unhedged within the configured bound.
 */
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../../src/config/config.ts'
import { usdt } from '../../../src/domain/units.ts'
import type { FaultPlanInput } from '../../../src/exchange/simulator/faults/plan.ts'
import { play, type Situation } from '../../support/simulation/situation.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
const SECOND_MS = 1_000
const wrong = (...faults: NonNullable<FaultPlanInput['faults']>): FaultPlanInput => ({ seed: 2, faults })
const create = { what: 'order.create' } as const
const stranger = (category: 'spot' | 'linear', side: 'Buy' | 'Sell', qty: string) => ({
  category,
  symbol: 'LINKUSDT',
  side,
  orderType: 'Market',
  qty,
  ...(category === 'spot' && { marketUnit: 'baseCoin' }),
})

const ENTERING: Situation[] = [
  { name: 'nothing goes wrong', minutes: 5, ends: 'hedged' },
  {
    name: 'thin books: orders fill in part and the rest is cancelled',
    minutes: 5,
    ends: 'hedged',
    rules: {
      execution: { depthFractionMax: 1, slippageBpsMax: 1, sliceNotionalUsdtMax: usdt('1500') },
      limits: { unhedgedNotionalUsdtMax: usdt('1500') },
    },
  },
  {
    name: 'acknowledgements are lost',
    wrong: wrong({ name: 'lost-ack', rate: 0.5 }),
    minutes: 5,
    ends: 'hedged',
  },
  {
    name: 'requests never arrive',
    wrong: wrong({ name: 'lost-request', rate: 0.4, times: 4, ...create }),
    minutes: 10,
    ends: 'hedged',
  },
  {
    name: 'a fill comes late: the answer is lost, the stream silent, the lists stale',
    wrong: wrong(
      { name: 'lost-ack', times: 2, ...create },
      { name: 'silent-private', untilMs: 60_000 },
      { name: 'stale-rest', ms: 20_000, untilMs: 60_000 },
    ),
    blindSeconds: 60,
    minutes: 10,
    ends: 'hedged',
  },
  {
    name: 'fills are told before their orders are acknowledged',
    wrong: wrong({ name: 'fill-before-ack', ms: 800 }),
    minutes: 5,
    ends: 'hedged',
  },
  {
    name: 'answers are 10000, 10016, HTTP 500, pages of HTML',
    wrong: wrong(
      { name: 'server-timeout', rate: 0.3 },
      { name: 'server-error', rate: 0.2 },
      { name: 'http-500', rate: 0.1 },
      { name: 'html-body', rate: 0.1 },
    ),
    minutes: 10,
    ends: 'hedged',
  },
  {
    name: 'orders are acknowledged and then rejected',
    meanwhile: (atMs, symbol) => [
      { kind: 'reject', market: 'linear', symbol, atMs, count: 3 },
      { kind: 'reject', market: 'spot', symbol, atMs, count: 1 },
    ],
    minutes: 10,
    ends: 'hedged',
  },
  {
    name: 'the price runs: one side is beyond its price limit, the other is priced anew',
    meanwhile: (atMs, symbol) =>
      Array.from(
        { length: 40 },
        (_, nth) =>
          ({
            kind: 'shock',
            symbol,
            atMs: atMs + nth * SECOND_MS,
            change: nth % 2 === 0 ? 0.03 : -0.03,
          }) as const,
      ),
    minutes: 10,
    ends: 'hedged',
  },
  {
    name: 'the least value of an order is raised between plan and order',
    meanwhile: (atMs, symbol) => [
      { kind: 'min-value', market: 'spot', symbol, atMs: atMs + 5 * SECOND_MS, minValue: '80' },
      { kind: 'min-value', market: 'linear', symbol, atMs: atMs + 5 * SECOND_MS, minValue: '80' },
    ],
    minutes: 10,
    ends: 'hedged',
  },
  {
    name: 'maintenance begins in the middle of it',
    meanwhile: atMs => [{ kind: 'maintenance', atMs: atMs + 6 * SECOND_MS, untilMs: atMs + 6 * MINUTE_MS }],
    minutes: 15,
    ends: 'hedged',
  },
]

const FLIPPING = {
  exitJudgementsMin: 2,
  reentryProbability: 0,
  fundingFastHours: 1,
  fundingSlowHours: 4,
  fundingFadeHours: 4,
  fundingMarketHours: 0,
  exitHorizonHours: 6,
}
const STANDING: Situation[] = [
  {
    name: 'funding turns against it',
    rules: { strategy: FLIPPING },
    after: (nowMs, symbol) => [
      { kind: 'premium', symbol, atMs: nowMs + SECOND_MS, premium: -0.02, untilMs: nowMs + 12 * HOUR_MS },
    ],
    minutes: 300,
    ends: 'flat',
  },
  {
    name: 'the funding interval becomes one hour',
    after: (nowMs, symbol) => [{ kind: 'interval', symbol, atMs: nowMs + MINUTE_MS, hours: 1 }],
    minutes: 200,
    ends: 'hedged',
  },
  {
    name: 'half of the perpetual is deleveraged',
    after: (nowMs, symbol) => [{ kind: 'adl', symbol, atMs: nowMs + MINUTE_MS, share: '0.5' }],
    minutes: 10,
    ends: 'hedged',
  },
  {
    name: 'all of the perpetual is deleveraged',
    after: (nowMs, symbol) => [{ kind: 'adl', symbol, atMs: nowMs + MINUTE_MS }],
    minutes: 10,
    ends: 'flat',
  },
  {
    name: 'deleveraged while the private stream is silent',
    wrong: wrong({ name: 'silent-private', fromMs: 3 * MINUTE_MS, untilMs: 5 * MINUTE_MS }),
    after: (nowMs, symbol) => [{ kind: 'adl', symbol, atMs: nowMs + 3 * MINUTE_MS, share: '0.5' }],
    blindSeconds: 120,
    minutes: 15,
    ends: 'hedged',
  },
  {
    name: 'its perpetual is to be delisted in a day',
    after: (nowMs, symbol) => [{ kind: 'delisting', symbol, atMs: nowMs + 24 * HOUR_MS + 15 * MINUTE_MS }],
    minutes: 45,
    ends: 'flat',
  },
  {
    name: 'its perpetual is delisted within the hour',
    after: (nowMs, symbol) => [{ kind: 'delisting', symbol, atMs: nowMs + HOUR_MS }],
    minutes: 70,
    ends: 'flat',
  },
  {
    name: 'maintenance',
    after: nowMs => [{ kind: 'maintenance', atMs: nowMs + MINUTE_MS, untilMs: nowMs + 11 * MINUTE_MS }],
    minutes: 20,
    ends: 'hedged',
  },
  {
    name: 'the service restarts and forgets its closed orders',
    after: nowMs => [{ kind: 'restart', atMs: nowMs + MINUTE_MS }],
    minutes: 5,
    ends: 'hedged',
  },
  {
    name: 'its risk limit is cut',
    after: (nowMs, symbol) => [{ kind: 'risk-limit', symbol, atMs: nowMs + MINUTE_MS, share: '0.00001' }],
    minutes: 20,
    ends: 'flat',
  },
  {
    name: 'its coin is no collateral any more and the price rises',
    balances: { USDT: '2600' },
    after: (nowMs, symbol, coin) => [
      { kind: 'collateral-ratio', coin, atMs: nowMs + MINUTE_MS, ratio: '0' },
      { kind: 'shock', symbol, atMs: nowMs + 2 * MINUTE_MS, change: 0.35, overMs: 12 * MINUTE_MS },
    ],
    minutes: 30,
    ends: 'flat',
  },
  {
    name: 'a person sells a part of its coins',
    stranger: [stranger('spot', 'Sell', '20')],
    minutes: 10,
    ends: 'hedged',
  },
  {
    name: 'a person buys back a part of its perpetual',
    stranger: [stranger('linear', 'Buy', '20')],
    minutes: 10,
    ends: 'hedged',
  },
  {
    name: 'a person buys the same coin',
    stranger: [stranger('spot', 'Buy', '5')],
    foreignLots: 49.95,
    minutes: 10,
    ends: 'hedged',
  },
]

const REVERSE: Situation[] = [
  {
    name: 'a borrowed coin bears interest for hours, then a person lets go',
    direction: 'reverse-carry',
    minutes: 150,
    unwinds: true,
    ends: 'flat',
  },
  {
    name: 'the borrowed coin is recalled',
    direction: 'reverse-carry',
    after: (nowMs, _symbol, coin) => [{ kind: 'recall', coin, atMs: nowMs + MINUTE_MS }],
    minutes: 30,
    ends: 'flat',
  },
  {
    name: 'acknowledgements are lost on the reverse way',
    direction: 'reverse-carry',
    wrong: wrong({ name: 'lost-ack', rate: 0.5 }),
    minutes: 10,
    unwinds: true,
    ends: 'flat',
  },
]

const { limits } = loadConfig({ cwd: '/', env: { HEDGEROW_MODE: 'replay' } }).rules
/** Notional and time together, and the time in which the exchange told nothing true. */
const boundOf = ({ blindSeconds = 0, rules }: Situation): number =>
  Number(rules?.limits?.unhedgedNotionalUsdtMax ?? limits.unhedgedNotionalUsdtMax) *
  (limits.unhedgedMsMax / 1_000 + blindSeconds)

describe.each([
  ['entering', ENTERING],
  ['while hedged', STANDING],
  ['reverse carry', REVERSE],
])('%s', (_part, situations) => {
  test.each(situations)('$name: it ends $ends, and everything is accounted for', async situation => {
    const ending = await play(situation)
    expect(ending.fatal).toEqual([])
    expect(ending.last, JSON.stringify(ending)).toBe(situation.ends === 'flat' ? 'closed' : 'hedged')
    expect(Math.abs(ending.lotsApart)).toBeLessThan(1)
    if (ending.last === 'closed')
      expect([ending.contracts, ending.owed, ending.openOrders]).toEqual(['0', '0', 0])
    expect(Object.entries(ending.residuals).filter(([, residual]) => residual !== '0')).toEqual([])
    expect(ending.unexplained).toBe(0)
    expect(ending.orders.names).toBe(ending.orders.asked)
    expect(ending.orders.asked).toBeGreaterThan(1)
    expect(ending.apartNotionalSecondsMax).toBeLessThanOrEqual(boundOf(situation))
  })
})
