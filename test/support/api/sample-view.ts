/**
 * An engine that stands still with a hedge of each kind that figures go wrong on, each answer made by the code that makes it in a
 * running one; and an engine that has nothing yet. For what pages and the API must tell of them.
 */
import { Decimal } from 'decimal.js'
import type { ActorDetail, EngineSummary } from '../../../src/api/engine-view.ts'
import type { HedgeDetail, StoredHedge } from '../../../src/api/rows/books.ts'
import type { DecisionRow } from '../../../src/api/rows/results.ts'
import type { AccountRow, Reconciliation } from '../../../src/api/rows/rows.ts'
import { loadConfig } from '../../../src/config/config.ts'
import { shownSettings } from '../../../src/config/settings.ts'
import { earnedDays } from '../../../src/domain/books/earned-days.ts'
import { earnedPeriods } from '../../../src/domain/books/earned-periods.ts'
import { hedgeResult } from '../../../src/domain/books/hedge-result.ts'
import { postingsOf } from '../../../src/domain/books/ledger.ts'
import { judgeEntry } from '../../../src/domain/entry/opportunity.ts'
import type { JsonObject } from '../../../src/domain/json.ts'
import type { MarketView } from '../../../src/domain/market/market-view.ts'
import { price, usdt } from '../../../src/domain/units.ts'
import { hedgeAccounts } from '../../../src/run/books/hedge-books.ts'
import { createClosings, exitRulesIn } from '../../../src/views/closing.ts'
import { holdingOf } from '../../../src/views/holdings.ts'
import { hedgeSummary, type LivingHedge, readHedge } from '../../../src/views/living-hedges.ts'
import { openProfit } from '../../../src/views/market-row.ts'
import { accountDelta, linesOf } from '../../../src/views/reconciliation.ts'
import { bookAround, borrowable, marketOn, NOW_MS, RULES, XRP } from '../domain/sample-market.ts'
import { playTrades, rowOf } from '../domain/sample-trades.ts'
import {
  failed,
  longCarry,
  multiplierCoin,
  restingInPart,
  reverseCarry,
  spreadInFlight,
} from '../machines/sample-hedges.ts'
import { CLOSED_ID, equity, history } from './sample-past.ts'
import { type SmallView, smallView } from './small-view.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

export const SAMPLES = [longCarry, reverseCarry, spreadInFlight, restingInPart, multiplierCoin, failed].map(
  sample => sample(),
)
const [LONG] = SAMPLES as [LivingHedge, ...LivingHedge[]]

/** One contract of the multiplied coin is a thousand of it: its spot is that much cheaper. */
function marketOf(symbol: string): MarketView {
  const { ticker, ...rest } = borrowable(marketOn(XRP))
  const spot = symbol.startsWith('1000') ? '0.0025' : '2.5'
  return {
    ...rest,
    spotBook: bookAround(new Decimal(spot), '10000000'),
    perpBook: bookAround(new Decimal('2.5'), '10000000'),
    ticker: { ...ticker, markPrice: price('2.5') },
  }
}

const booked = { fundingUsdt: usdt('3'), settlements: 6, coinFeesUsdt: usdt('1'), otherFeesUsdt: usdt('0') }
const holdingsNow = () =>
  SAMPLES.map(hedge =>
    holdingOf(hedge, { market: marketOf(hedge.context.plan.symbol), booked, nowMs: NOW_MS }),
  )

/** Three settlements and four fills, in one day and a half. */
function tradesOf(hedgeId: string) {
  const into = { spot: price('2.5'), perp: price('2.51') }
  const { fills, rows, mids } = playTrades([
    { ...trade('spot', 'Buy', '400', '2.5'), mids: into },
    { ...trade('linear', 'Sell', '400', '2.51'), mids: into },
    trade('spot', 'Sell', '399.6', '2.6'),
    trade('linear', 'Buy', '400', '2.605'),
  ])
  const at = (ms: number) => NOW_MS - 60 * HOUR_MS + (ms / 1000 < 2 ? 0 : 36 * HOUR_MS) + ms
  const paid = [8, 16, 24].map(hour =>
    rowOf({
      ...{ id: `f${hour}`, kind: 'settlement' as const, venueKind: 'SETTLEMENT', side: 'Sell' as const },
      ...{ funding: usdt('1.2') as never, qty: '400' as never, atMs: NOW_MS - (60 - hour) * HOUR_MS },
    }),
  )
  const named = (id: string) => id.replace('HEDGE00001', hedgeId)
  return {
    fills: fills.map(fill => ({
      ...fill,
      orderLinkId: named(fill.orderLinkId),
      filledAtMs: at(fill.filledAtMs),
    })),
    postings: [...rows.map(row => ({ ...row, atMs: at(row.atMs) })), ...paid]
      .toSorted((a, b) => a.atMs - b.atMs)
      .flatMap(row => postingsOf(row, () => hedgeId)),
    mids,
    funding: paid.map(({ id, symbol, qty, funding, atMs }) => ({
      ...{ transactionId: id, hedgeId, symbol, side: 'Sell', coin: 'USDT', amount: funding, qty },
      ...{ markPrice: '2.5', settledAtMs: atMs },
    })),
  }
}

const trade = (market: 'spot' | 'linear', side: 'Buy' | 'Sell', qty: string, at: string) => ({
  ...{ market, side, qty, price: at, feeRate: '0.001', mids: null, route: 'own' as const },
})

const decision = (
  about: 'entry' | 'exit',
  verdict: string,
  because: string,
  hoursAgo: number,
): DecisionRow => ({
  ...{
    symbol: 'XRPUSDT',
    about,
    verdict,
    because,
    direction: 'long-carry',
    atMs: NOW_MS - hoursAgo * HOUR_MS,
  },
  ...{ found: '0.12', limit: '0.05', detail: {} },
})

const closedPlan = { ...LONG.context.plan, hedgeId: CLOSED_ID }
const closedContext = {
  ...LONG.context,
  plan: closedPlan,
  enteredAtMs: NOW_MS - 60 * HOUR_MS,
  unwindBecause: 'carry-gone: found 31.2 bps saved by closing, limit 12.1 bps to enter again',
}

/** A hedge in whatever state, with what is booked of it. */
function detailOf({ actor, context }: LivingHedge, state: string): HedgeDetail {
  const { hedgeId } = context.plan
  const { funding, ...records } = tradesOf(hedgeId)
  const sinceMs = state === 'closed' ? NOW_MS - 24 * HOUR_MS : actor.sinceMs
  const facts = { context, state, sinceMs, ...records }
  const { days: _days, ...accounts } = hedgeAccounts(facts, {
    ...{ prices: { XRP: price('2.5') }, marks: { XRPUSDT: price('2.5') }, nowMs: NOW_MS },
  })
  const { fundingUsdt, feesUsdt } = accounts.profit
  return {
    ...hedgeSummary(context, { state, sinceMs }),
    ...{ fundingUsdt, feesUsdt, settlements: funding.length, ...accounts, funding, fills: records.fills },
    result: hedgeResult(records.postings, { XRP: price('2.5') }),
    decisions: {
      opened: decision('entry', 'tempting', 'carry-above-entry', 61),
      closed: state === 'closed' ? decision('exit', 'leave', 'carry-gone', 24) : null,
    },
  } as unknown as HedgeDetail
}

const closedDetail = () => detailOf({ ...LONG, context: closedContext }, 'closed')
const stored = (hedge: HedgeDetail): StoredHedge => {
  const { profit, carry } = hedge
  const { netUsdt, basisUsdt, slippageUsdt, borrowUsdt, dustUsdt } = profit
  const { realisedAprOnCapital } = carry
  return { ...hedge, ...{ netUsdt, basisUsdt, slippageUsdt, borrowUsdt, dustUsdt, realisedAprOnCapital } }
}

const stateOf = ({ actor }: LivingHedge) => actor.cell?.state ?? ''
const json = (value: unknown): JsonObject => JSON.parse(JSON.stringify(value)) as JsonObject

function actorOf(hedge: LivingHedge): ActorDetail {
  const state = stateOf(hedge)
  return {
    ...{ id: hedge.actor.id, kind: 'hedge', state, sinceMs: hedge.actor.sinceMs, version: 7 },
    ...{ restarts: 0, quarantined: false, parentId: 'hedges-1', context: json(hedge.context), timers: [] },
    legalEvents: [
      { type: 'hedge.unwind', manual: true, to: 'unwinding.work.deciding' },
      ...(state.startsWith('hedged') ? [{ type: 'hedge.unwind-part', manual: true }] : []),
      ...(state === 'failed' ? [{ type: 'hedge.retry', manual: true, to: 'entering.work.deciding' }] : []),
      { type: 'order.filled', manual: false },
    ],
  }
}

const STEPS = [
  { type: 'plan.confirmed', from: '', to: 'entering.work.deciding' },
  { type: 'legs.level', from: 'entering.work.deciding', to: 'hedged.watching' },
].map(({ type, from, to }, seq) => ({
  ...{ seq, atMs: NOW_MS - (60 - seq) * HOUR_MS, event: { type }, from, to, effects: [] },
}))

const market = (state: string) => ({
  ...{ markPrice: '2.5', fundingRate: '0.0005', fundingIntervalMs: 8 * HOUR_MS },
  ...{ nextFundingAtMs: NOW_MS + 5 * HOUR_MS, basisBps: 4, depthUsdt: '250000' },
  ...{ state, stateBecause: '', engineRefuses: null },
})
const opportunities = () => [
  json({ ...judgeEntry(marketOn(XRP), RULES, NOW_MS), market: market('hedged') }),
  json({
    ...{
      symbol: '1000XRPUSDT',
      verdict: 'quiet',
      because: 'carry-below-entry',
      found: '0.01',
      limit: '0.05',
    },
    ...{ direction: 'long-carry', carry: null, judgedAtMs: NOW_MS, market: market('hedged'), exit: null },
  }),
  json({
    ...{
      symbol: 'SOLUSDT',
      verdict: 'blind',
      because: 'spot-book-stale',
      found: '9000 ms',
      limit: '2000 ms',
    },
    ...{ carry: null, judgedAtMs: NOW_MS, market: market('idle.quiet'), exit: null },
  }),
]

const account = (): AccountRow => ({
  ...{ equityUsdt: '10012.5', availableUsdt: '4200', initialMarginRate: '0.2' },
  ...{ maintenanceMarginRate: '0.04', maintenanceMarginLimit: 0.5, readAtMs: NOW_MS, orderEntryReady: true },
  ...{ clockSkewMs: 2, roundTripMs: 9, quota: [] },
  coins: [{ coin: 'USDT', wallet: '5000', borrowed: '0', usdValue: '5000' }],
})

/** As the hedges say, and half an ether that nobody claims. */
function reconciliation(): Reconciliation {
  const claims = SAMPLES.map(({ context }) => readHedge(context).claim)
  const position = {
    ...{
      symbol: 'ETHUSDT',
      side: 'Buy',
      qty: '0.5',
      entryPrice: '3000',
      markPrice: '3000',
      unrealisedPnl: '0',
    },
    ...{
      adlRank: 1,
      status: 'normal',
      reduceOnly: false,
      liquidationPrice: null,
      leverage: null,
      readAtMs: NOW_MS,
    },
  } as never
  const venue = { positions: [position], coins: [], openOrders: [] }
  const moving = new Set(claims.map(({ hedgeId }) => hedgeId))
  const lines = linesOf(claims, venue, { inFlight: [], moving })
  return { readAtMs: NOW_MS, inFlight: [], ...accountDelta(lines, venue), lines }
}

const summary = (hedges: EngineSummary['hedges']): Partial<EngineSummary> => ({
  ...{ nowMs: NOW_MS, startedAtMs: NOW_MS - 3 * DAY_MS, speed: 1, hedges, equityUsdt: '10012.5' },
})

const settingsNow = () => ({
  ...shownSettings(loadConfig({ cwd: '/nowhere', env: { HEDGEROW_PORT: '9001' } })),
  readAtMs: NOW_MS - 3 * DAY_MS,
})

/** With everything there. */
export function sampleView(): SmallView {
  const view = smallView()
  const { summary: before } = view
  const closings = createClosings(
    {
      runtime: { all: () => SAMPLES.map(({ actor }) => actor) },
      board: { view: marketOf },
      ports: { rules: RULES, clock: { nowMs: () => NOW_MS } },
    } as unknown as Parameters<typeof createClosings>[0],
    holdingsNow,
  )
  const details = new Map([
    ...SAMPLES.map(hedge => [hedge.context.plan.hedgeId, detailOf(hedge, stateOf(hedge))] as const),
    [CLOSED_ID, closedDetail()] as const,
  ])
  const { fills, postings, funding } = tradesOf(CLOSED_ID)
  const { profit } = closedDetail()
  const hedgeDays = [
    {
      ...{ hedgeId: CLOSED_ID, symbol: 'XRPUSDT' },
      days: earnedDays({
        plan: closedPlan,
        fills,
        postings,
        final: { netUsdt: usdt(profit.netUsdt) },
        nowMs: NOW_MS,
      }),
    },
  ]
  return Object.assign(view, {
    summary: () => ({ ...before(), ...summary({ hedged: 3, entering: 2, failed: 1 }) }),
    holdings: holdingsNow,
    closing: closings,
    exitRules: (hedgeId: string) => {
      const hedge = SAMPLES.find(({ context }) => context.plan.hedgeId === hedgeId)
      const around = { judged: undefined, maintenanceMarginRate: '0.04', rules: RULES, nowMs: NOW_MS }
      return hedge && exitRulesIn(hedge, { view: marketOf(hedge.context.plan.symbol), ...around })
    },
    actors: () => SAMPLES.map(actorOf),
    transitions: (id: string, fromSeq: number) =>
      Promise.resolve(id.startsWith('hedge:') ? STEPS.filter(({ seq }) => seq >= fromSeq) : undefined),
    actor: (id: string) => SAMPLES.filter(({ actor }) => actor.id === id).map(actorOf)[0],
    hedges: () => Promise.resolve([...details.values()].map(each => json(stored(each)))),
    hedge: (id: string) => Promise.resolve(details.get(id) && json(details.get(id))),
    opportunities,
    history,
    decisions: (symbol: string) =>
      Promise.resolve({
        rows: [
          decision('exit', 'hold', 'carry-stays', 2),
          decision('entry', 'tempting', 'carry-above-entry', 61),
        ].map(row => ({ ...row, symbol })),
        next: null,
      }),
    settings: settingsNow,
    account: () => Promise.resolve(account()),
    reconciliation: () => Promise.resolve(reconciliation()),
    profit: () => Promise.resolve({ rows: [], open: openProfit(holdingsNow()) }),
    returns: (by: 'day' | 'week' | 'month' | 'all') =>
      Promise.resolve({ by, rows: earnedPeriods(hedgeDays, by, NOW_MS) }),
    equity: () => Promise.resolve(equity()),
    funding: () => Promise.resolve({ rows: funding.map(json), next: null }),
    fundingTotals: () =>
      Promise.resolve([{ atMs: NOW_MS - (NOW_MS % DAY_MS), symbol: 'XRPUSDT', amountUsdt: '3.6' }]),
    ledger: () =>
      Promise.resolve({ rows: postings.map(json), next: null, residuals: { USDT: '0', XRP: '0' } }),
  } satisfies Partial<SmallView>)
}

/** An engine that was just begun: all is known, and there is nothing. */
export function emptyView(): SmallView {
  const view = smallView()
  const { summary: before } = view
  return Object.assign(view, {
    summary: () => ({ ...before(), ...summary({}) }),
    actors: () => [],
    actor: () => undefined,
    hedges: () => Promise.resolve([]),
    opportunities: () => [],
    decisions: () => Promise.resolve({ rows: [], next: null }),
    account: () => Promise.resolve(account()),
    equity: () => Promise.resolve([]),
    ledger: () => Promise.resolve({ rows: [], next: null, residuals: { USDT: '0' } }),
  } satisfies Partial<SmallView>)
}
