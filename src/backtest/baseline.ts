/**
 * A fixed rule over the same history, on the same simulated exchange: a calculator, not the engine. It decides once an hour
 * from the last settled rate, trades each symbol's share of the capital by four crossing fills, and leaves when the engine does.
 */
import { Decimal } from 'decimal.js'
import { floorTo } from '../domain/grid.ts'
import { grossForNet, netBaseReceived } from '../domain/market/fees.ts'
import { HOUR_MS } from '../domain/market/funding.ts'
import { baseQty, feeRate, fundingRate, orderQty, type Usdt, usdt } from '../domain/units.ts'
import { createSimulatedBybit } from '../exchange/simulator/create.ts'
import type { History, SymbolHistory } from '../exchange/simulator/history/files.ts'
import { historyMarket } from '../exchange/simulator/history/market.ts'
import { builtInUniverse, type Listing } from '../exchange/simulator/universe/universe.ts'
import type { BaselineRule } from './baseline-rules.ts'
import { fundingPaid } from './engine-run.ts'
import { checkFunding } from './replay/funding.ts'
import { END_OF_RECORDS, type EquityPoint, UNWIND_BEFORE_END_MS } from './replay/window.ts'
import { type BacktestRun, backtestRun } from './run.ts'
import { type RecordedPrice, recordedPrices, type TradeFacts, tradeOf } from './trades.ts'
import { ACCOUNT, type TradingDesk, tradingDesk } from './trading-desk.ts'
import { shareUsdt, type Variant } from './variant.ts'

/** Decided this long after each hour, when the rate of a settlement is known to everybody. */
const DECIDE_AFTER_MS = 60_000

type Held = { facts: TradeFacts; slices: Decimal[]; coins: Decimal; steps: number }
type Book = { listing: Listing; history: SymbolHistory; held: Held | undefined }

export function baselineRun(history: History, variant: Variant, rule: BaselineRule): BacktestRun {
  const { fees, seed, capitalUsdt } = variant
  const universe = builtInUniverse(history.symbols.map(({ symbol }) => symbol))
  const { symbols, fromMs: startAtMs } = history
  const core = createSimulatedBybit({
    seed,
    startAtMs,
    universe,
    market: historyMarket({ universe, symbols, startAtMs }),
    accounts: [{ uid: ACCOUNT, balances: { USDT: capitalUsdt } }],
    fees: fees.table,
  })
  const desk = tradingDesk(core)
  const recorded = recordedPrices(history, universe)
  const trader = createTrader(desk, variant, recorded, symbols.length)
  const books = symbols.flatMap((each): Book[] => {
    const listing = universe.find('linear', each.symbol)?.listing
    return listing ? [{ listing, history: each, held: undefined }] : []
  })
  const equity: EquityPoint[] = []
  const endAtMs = history.toMs - UNWIND_BEFORE_END_MS
  for (let hourMs = startAtMs; hourMs < endAtMs; hourMs += HOUR_MS) {
    core.advance(hourMs + DECIDE_AFTER_MS)
    for (const book of books) decide(book, rule, trader, core.nowMs())
    equity.push(desk.equity(hourMs))
  }
  core.advance(endAtMs)
  for (const book of books) if (book.held) trader.leave(book, END_OF_RECORDS, core.nowMs())
  core.advance(history.toMs - 1)
  equity.push(desk.equity(core.nowMs()))
  return ended({ history, variant, rule, facts: trader.facts, equity, desk, recorded })
}

function decide(book: Book, rule: BaselineRule, trader: Trader, nowMs: number): void {
  const { history, held } = book
  // An hour without a price has no market: what is wanted waits.
  if (!history.prices.some(({ atMs }) => atMs === Math.floor(nowMs / HOUR_MS) * HOUR_MS)) return
  const last = history.settlements.findLast(({ atMs }) => atMs <= nowMs)
  const { want, because } = rule.judge({
    settled: last ? { rate: fundingRate(last.rate), intervalMs: last.intervalMs } : null,
    heldMs: held ? nowMs - held.facts.openedAtMs : null,
  })
  if (want === 'enter' && !held) trader.enter(book, because, nowMs)
  if (want === 'leave' && held) trader.leave(book, because, nowMs)
}

type Trader = {
  facts: TradeFacts[]
  enter(book: Book, because: string, nowMs: number): void
  leave(book: Book, because: string, nowMs: number): void
}

function createTrader(desk: TradingDesk, variant: Variant, recorded: RecordedPrice, symbols: number): Trader {
  const { rules, fees } = variant
  const share = shareUsdt(variant, symbols)
  const taker = feeRate(fees.table.spot.taker)
  const facts: TradeFacts[] = []
  return {
    facts,
    enter(book, because, nowMs) {
      const { listing } = book
      const { perp, spot, multiplier } = listing
      const mark = new Decimal(recorded('linear', perp.symbol, nowMs))
      const lot = perp.qty.step.times(multiplier)
      const inLots = (value: Usdt) => floorTo(new Decimal(value).div(mark).times(multiplier), lot)
      const target = inLots(share)
      const slices = sliced(target, Decimal.max(lot, inLots(rules.execution.sliceNotionalUsdtMax)))
      const fact: TradeFacts = {
        id: `BASE${String(facts.length).padStart(6, '0')}`,
        symbol: perp.symbol,
        direction: 'long-carry',
        route: 'spot-first',
        state: 'hedged',
        openedAtMs: nowMs,
        closedAtMs: null,
        notionalUsdt: usdt(target.times(mark).div(multiplier).toDecimalPlaces(18)),
        expected: null,
        because,
        leftBecause: 'still open',
      }
      let coins = new Decimal(0)
      for (const [step, slice] of slices.entries()) {
        const gross = new Decimal(grossForNet(baseQty(slice), taker, orderQty(spot.qty.step)))
        const order = { hedgeId: fact.id, purpose: 'enter', step } as const
        desk.cross({ ...order, leg: 'spot', symbol: spot.symbol, side: 'Buy', qty: gross })
        desk.cross({ ...order, leg: 'perp', symbol: perp.symbol, side: 'Sell', qty: slice.div(multiplier) })
        coins = coins.plus(netBaseReceived(orderQty(gross), taker))
      }
      facts.push(fact)
      book.held = { facts: fact, slices, coins, steps: slices.length }
    },
    leave(book, because, nowMs) {
      const { listing, held } = book
      if (!held) return
      const { perp, spot, multiplier } = listing
      const { id } = held.facts
      let left = floorTo(held.coins, spot.qty.step)
      for (const [at, slice] of held.slices.entries()) {
        const isLast = at === held.slices.length - 1
        const order = { hedgeId: id, purpose: 'exit', step: held.steps + at } as const
        const coins = isLast ? left : Decimal.min(left, floorTo(slice, spot.qty.step))
        desk.cross({ ...order, leg: 'spot', symbol: spot.symbol, side: 'Sell', qty: coins })
        desk.cross({ ...order, leg: 'perp', symbol: perp.symbol, side: 'Buy', qty: slice.div(multiplier) })
        left = left.minus(coins)
      }
      Object.assign(held.facts, { state: 'closed', closedAtMs: nowMs, leftBecause: because })
      book.held = undefined
    },
  }
}

/** A quantity in slices of at most so much, the last one smaller. */
function sliced(whole: Decimal, most: Decimal): Decimal[] {
  const slices: Decimal[] = []
  for (let left = whole; left.gt(0); left = left.minus(slices.at(-1) ?? left))
    slices.push(Decimal.min(left, most))
  return slices
}

type Ended = {
  history: History
  variant: Variant
  rule: BaselineRule
  facts: readonly TradeFacts[]
  equity: EquityPoint[]
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
      return price === undefined ? [] : [[coinOf(symbol), String(price)]]
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
    checks: {
      residuals: booked.residuals,
      funding: checkFunding(history, trades, fundingPaid(booked)),
      journal: null,
    },
  })
}

const coinOf = (symbol: string) =>
  builtInUniverse([symbol]).find('linear', symbol)?.listing.spot.baseCoin ?? ''
