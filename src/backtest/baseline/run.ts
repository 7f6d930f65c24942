/**
 * A fixed rule over the same history, on the same simulated exchange: a calculator, not the engine. It decides once an hour
 * from the last settled rate, trades each symbol's share of the capital by four crossing fills, and leaves when the engine does.
 */
import { HOUR_MS } from '../../domain/market/funding.ts'
import { fundingRate } from '../../domain/units.ts'
import { createSimulatedBybit } from '../../exchange/simulator/create.ts'
import type { FundingPoint, History, SymbolHistory } from '../../exchange/simulator/history/files.ts'
import { historyMarket } from '../../exchange/simulator/history/market.ts'
import type { Listing } from '../../exchange/simulator/universe/universe.ts'
import { fundingPaid } from '../engine-run.ts'
import { checkFunding } from '../replay/funding.ts'
import { END_OF_RECORDS, type EquitySample, UNWIND_BEFORE_END_MS } from '../replay/window.ts'
import { type BacktestRun, backtestRun } from '../run.ts'
import { type RecordedPrice, recordedPrices, type TradeFacts, tradeOf } from '../trades.ts'
import { ACCOUNT, type TradingDesk, tradingDesk } from '../trading-desk.ts'
import type { Variant } from '../variant.ts'
import type { BaselineRule } from './trader.ts'
import { type BaselineTrader, createBaselineTrader, type HeldLegs } from './trader.ts'

/** Decided this long after each hour, when the rate of a settlement is known to everybody. */
const DECIDE_AFTER_MS = 60_000

type Book = { listing: Listing; track: HourlyTrack; held: HeldLegs | undefined }

/** From the first hour of the history to its end, which closes what is open. */
export function baselineRun(history: History, variant: Variant, rule: BaselineRule): BacktestRun {
  const { fees, seed, capitalUsdt } = variant
  const { symbols, universe, fromMs: startAtMs } = history
  const core = createSimulatedBybit({
    seed,
    startAtMs,
    universe,
    market: historyMarket({ universe, symbols, startAtMs }),
    accounts: [{ uid: ACCOUNT, balances: { USDT: capitalUsdt } }],
    fees: fees.table,
  })
  const desk = tradingDesk(core)
  const recorded = recordedPrices(history)
  const trader = createBaselineTrader(desk, variant, recorded, symbols.length)
  const books = symbols.flatMap((each): Book[] => {
    const listing = universe.find('linear', each.symbol)?.listing
    return listing ? [{ listing, track: hourlyTrack(each), held: undefined }] : []
  })
  const equity: EquitySample[] = []
  const endAtMs = history.toMs - UNWIND_BEFORE_END_MS
  for (let hourMs = startAtMs; hourMs < endAtMs; hourMs += HOUR_MS) {
    core.advance(hourMs + DECIDE_AFTER_MS)
    for (const book of books) decide(book, rule, trader, core.nowMs())
    equity.push(desk.equity(hourMs))
  }
  core.advance(endAtMs)
  for (const { listing, held } of books) if (held) trader.leave(listing, held, END_OF_RECORDS, core.nowMs())
  core.advance(history.toMs - 1)
  equity.push(desk.equity(core.nowMs()))
  return ended({ history, variant, rule, facts: trader.facts, equity, desk, recorded })
}

function decide(book: Book, rule: BaselineRule, trader: BaselineTrader, nowMs: number): void {
  const { listing, track, held } = book
  const { hasPrice, last } = track(nowMs)
  // An hour without a price has no market: what is wanted waits.
  if (!hasPrice) return
  const { want, because } = rule.judge({
    settled: last ? { rate: fundingRate(last.rate), intervalMs: last.intervalMs } : null,
    heldMs: held ? nowMs - held.facts.openedAtMs : null,
  })
  if (want === 'enter' && !held) book.held = trader.enter(listing, because, nowMs)
  if (want === 'leave' && held) {
    trader.leave(listing, held, because, nowMs)
    book.held = undefined
  }
}

type HourlyTrack = (nowMs: number) => { hasPrice: boolean; last: FundingPoint | undefined }

/** What is known of a symbol at an instant; to be asked in the order of time. */
function hourlyTrack({ prices, settlements }: SymbolHistory): HourlyTrack {
  const hours = new Set(prices.map(({ atMs }) => atMs))
  let at = -1
  return nowMs => {
    while ((settlements[at + 1]?.atMs ?? Number.POSITIVE_INFINITY) <= nowMs) at++
    return { hasPrice: hours.has(Math.floor(nowMs / HOUR_MS) * HOUR_MS), last: settlements[at] }
  }
}

type Ended = {
  history: History
  variant: Variant
  rule: BaselineRule
  facts: readonly TradeFacts[]
  equity: EquitySample[]
  desk: TradingDesk
  recorded: RecordedPrice
}

function ended({ history, variant, rule, facts, equity, desk, recorded }: Ended): BacktestRun {
  const holds = (symbol: string, atMs: number) =>
    facts.find(
      each => each.symbol === symbol && each.openedAtMs < atMs && atMs <= (each.closedAtMs ?? history.toMs),
    )?.id
  const booked = desk.book(history.fromMs, holds)
  const lastPrices = Object.fromEntries(
    history.symbols.flatMap(({ symbol, prices }) => {
      const price = prices.at(-1)?.spotPrice
      const coin = history.universe.find('linear', symbol)?.listing.spot.baseCoin
      return price === undefined || coin === undefined ? [] : [[coin, String(price)]]
    }),
  )
  const trades = facts.map(each => tradeOf(each, booked, lastPrices, recorded))
  return backtestRun({
    name: rule.name,
    how: 'calculator',
    history,
    capitalUsdt: variant.capitalUsdt,
    postings: booked.postings,
    rows: booked.rows,
    trades,
    equity,
    decisions: null,
    events: desk.events,
    checks: {
      residuals: booked.residuals,
      funding: checkFunding(history, trades, fundingPaid(booked)),
      journal: null,
    },
  })
}
