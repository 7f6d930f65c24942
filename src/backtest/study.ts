/**
 * A study of funding alone, for symbols without recorded prices: at each settlement the fitted model says what the next horizon
 * should pay, and the configured costs are taken off. No order, no book, no basis: it says how often a hedge would have been
 * wanted and what holding would have paid, not what a run would have earned.
 */
import { Decimal } from 'decimal.js'
import { estimateCarry } from '../domain/carry/carry.ts'
import { expectedRatePlain, expectedRateReverting, HOUR_MS } from '../domain/market/funding.ts'
import { fitFundingModel, SETTLED_MIN } from '../domain/market/funding-model.ts'
import type { FreshMarket } from '../domain/market/market-view.ts'
import type { Rules } from '../domain/rules.ts'
import { baseQty, feeRate, fundingRate, orderQty, price, usdt } from '../domain/units.ts'
import type { FundingPoint } from '../exchange/simulator/history/files.ts'
import type { NamedFees } from './fees.ts'

export type SymbolStudy = {
  symbol: string
  fromMs: number
  toMs: number
  settlements: number
  /** Settlements at which enough was known for a fit. */
  judged: number
  /** Mean of the recorded rates as a yearly fraction of notional, before every cost. */
  meanApr: number
  /** Judgements whose expected net carry on capital was above the entry bar. */
  wanted: number
  /** The best of all judgements, a yearly fraction on capital, and its instant. */
  bestApr: number | null
  bestAtMs: number | null
  /** Of the wanted ones: net carry expected, and what the horizon after them then paid, both as bps of notional. */
  expectedBps: number | null
  paidBps: number | null
  /** Holding from the first settlement to the last: rates less one round trip, bps of notional, and a year on capital. */
  heldNetBps: number
  heldApr: number
}

export type FundingStudy = {
  fromMs: number
  toMs: number
  files: string[]
  fees: NamedFees
  horizonHours: number
  entryAprMin: number
  halfSpreadBps: number
  /** One round trip as configured, and capital bound, per notional. */
  costBps: number
  capitalPerNotional: number
  symbols: SymbolStudy[]
}

const MONTH_MS = 30 * 24 * HOUR_MS
const HOURS_A_YEAR = 8760
const BPS = 10_000
/** No cap was recorded: none is assumed. */
const BOUNDS = { min: fundingRate('-1'), max: fundingRate('1') }

type StudyOf = {
  funding: ReadonlyMap<string, readonly FundingPoint[]>
  files: string[]
  rules: Rules
  fees: NamedFees
  halfSpreadBps: number
  symbols?: readonly string[] | undefined
  fromMs?: number | undefined
  toMs?: number | undefined
}

export function studyFunding(of: StudyOf, progress: (done: number) => void = () => {}): FundingStudy {
  const { funding, files, rules, fees, halfSpreadBps } = of
  const cost = flatCost(rules, fees, halfSpreadBps)
  const from = of.fromMs ?? Number.NEGATIVE_INFINITY
  const to = of.toMs ?? Number.POSITIVE_INFINITY
  const symbols: SymbolStudy[] = []
  const wanted = [...funding].filter(([symbol]) => of.symbols?.includes(symbol) ?? true)
  for (const [at, [symbol, points]] of wanted.entries()) {
    const inside = points.filter(({ atMs }) => atMs >= from - MONTH_MS && atMs < to)
    if (inside.some(({ atMs }) => atMs >= from)) symbols.push(studySymbol(symbol, inside, from, rules, cost))
    progress(at + 1)
  }
  const { horizonHours, entryAprMin } = rules.strategy
  return {
    fromMs: Math.min(...symbols.map(({ fromMs }) => fromMs)),
    toMs: Math.max(...symbols.map(({ toMs }) => toMs)),
    files,
    fees,
    horizonHours,
    entryAprMin,
    halfSpreadBps,
    costBps: cost.perNotional * BPS,
    capitalPerNotional: cost.capitalPerNotional,
    symbols: symbols.sort((a, b) => b.heldApr - a.heldApr),
  }
}

type Cost = { perNotional: number; capitalPerNotional: number }

type Signal = { expected: number; paid: number | null }
type Judged = { count: number; best: { apr: number; atMs: number } | undefined; wanted: Signal[] }

/** Judges each settlement from the first one inside on, by what was settled in the month before it. */
function judgeAll(points: readonly FundingPoint[], start: number, { strategy }: Rules, cost: Cost): Judged {
  const settled = points.map(({ atMs, rate }) => ({ rate: fundingRate(rate), settledAtMs: atMs }))
  const horizonMs = strategy.horizonHours * HOUR_MS
  const endMs = points.at(-1)?.atMs ?? 0
  const judged: Judged = { count: 0, best: undefined, wanted: [] }
  let oldest = 0
  for (const [at, point] of points.entries()) {
    while ((points[oldest]?.atMs ?? 0) < point.atMs - MONTH_MS) oldest++
    if (at < start || at - oldest < SETTLED_MIN) continue
    judged.count++
    const due = Math.floor(horizonMs / point.intervalMs)
    const expected = expectedOver(settled.slice(oldest, at + 1), point, due) - cost.perNotional
    const apr = (expected / cost.capitalPerNotional) * (HOURS_A_YEAR / strategy.horizonHours)
    if (apr > (judged.best?.apr ?? Number.NEGATIVE_INFINITY)) judged.best = { apr, atMs: point.atMs }
    if (!(apr > strategy.entryAprMin)) continue
    // What the records do not see to its end is not counted as paid.
    const isWhole = point.atMs + horizonMs <= endMs
    judged.wanted.push({
      expected,
      paid: isWhole ? sumWithin(points, at, horizonMs) - cost.perNotional : null,
    })
  }
  return judged
}

function studySymbol(
  symbol: string,
  points: readonly FundingPoint[],
  from: number,
  rules: Rules,
  cost: Cost,
): SymbolStudy {
  const start = points.findIndex(({ atMs }) => atMs >= from)
  const { count, best, wanted } = judgeAll(points, start, rules, cost)
  const held = points.slice(start)
  const [first, last] = [held[0], held.at(-1)]
  const heldMs = Math.max(1, (last?.atMs ?? 0) - (first?.atMs ?? 0) + (first?.intervalMs ?? 0))
  const gross = held.reduce((sum, { rate }) => sum.plus(rate), new Decimal(0)).toNumber()
  const net = gross - cost.perNotional
  const perYear = (HOURS_A_YEAR * HOUR_MS) / heldMs
  return {
    symbol,
    fromMs: first?.atMs ?? 0,
    toMs: last?.atMs ?? 0,
    settlements: held.length,
    judged: count,
    meanApr: gross * perYear,
    wanted: wanted.length,
    bestApr: best?.apr ?? null,
    bestAtMs: best?.atMs ?? null,
    expectedBps: mean(wanted.map(({ expected }) => expected * BPS)),
    paidBps: mean(wanted.flatMap(({ paid }) => (paid === null ? [] : [paid * BPS]))),
    heldNetBps: net * BPS,
    heldApr: (net / cost.capitalPerNotional) * perYear,
  }
}

const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length

/** The rates expected over the next `due` settlements, by the same model as a judgement's; a fraction of notional. */
function expectedOver(
  known: Parameters<typeof fitFundingModel>[0],
  { rate, intervalMs, atMs }: FundingPoint,
  due: number,
): number {
  const model = fitFundingModel(known)
  const now = { fundingRate: fundingRate(rate), fundingIntervalMs: intervalMs, nextFundingAtMs: atMs }
  const sum = model ? expectedRateReverting(now, model, BOUNDS, due) : expectedRatePlain(now.fundingRate, due)
  return new Decimal(sum).toNumber()
}

/** The rates settled after one of them, up to a span later. */
function sumWithin(points: readonly FundingPoint[], at: number, spanMs: number): number {
  const from = points[at]
  let sum = new Decimal(0)
  for (const { atMs, rate } of points.slice(at + 1)) {
    if (!from || atMs > from.atMs + spanMs) break
    sum = sum.plus(rate)
  }
  return sum.toNumber()
}

/**
 * One round trip as configured, on a flat market: the carry of a hedge whose funding is 0, per notional. Costs are linear in
 * notional here, so one sum serves every symbol.
 */
export function flatCost(rules: Rules, fees: NamedFees, halfSpreadBps: number): Cost {
  const qty = baseQty('1000')
  const carry = estimateCarry(
    flatMarket(fees, halfSpreadBps),
    { baseQty: qty, sliceBaseQty: qty },
    rules.strategy,
    0,
  )
  if ('refused' in carry) throw new Error(`flat market: expected a sum, found ${carry.refused}`)
  const notional = new Decimal(carry.notionalUsdt)
  return {
    perNotional: new Decimal(carry.netUsdt).neg().div(notional).toNumber(),
    capitalPerNotional: new Decimal(carry.capitalUsdt).div(notional).toNumber(),
  }
}

/** Both legs at 1 USDT, deep, and half a spread wide on each side; nothing is settled. */
function flatMarket({ table }: NamedFees, halfSpreadBps: number): FreshMarket {
  const half = new Decimal(halfSpreadBps).div(BPS)
  const side = (at: Decimal) => [[price(at), orderQty('1000000000')]] as const
  const book = { bids: side(new Decimal(1).minus(half)), asks: side(half.plus(1)) }
  const rates = ({ taker, maker }: typeof table.spot) => ({ taker: feeRate(taker), maker: feeRate(maker) })
  const instrument = {
    symbol: 'FLATUSDT',
    baseCoin: 'FLAT',
    quoteCoin: 'USDT',
    trading: true,
    tickSize: price('0.000001'),
    qtyStep: orderQty('0.000001'),
    minOrderQty: orderQty('0.000001'),
    minNotionalUsdt: usdt('0'),
    maxMarketQty: orderQty('1000000000'),
  }
  return {
    pair: {
      symbol: 'FLATUSDT',
      baseCoin: 'FLAT',
      spot: { ...instrument, market: 'spot', marginTrading: false },
      perp: {
        ...instrument,
        market: 'linear',
        multiplier: 1,
        fundingIntervalMs: 8 * HOUR_MS,
        fundingRateMax: BOUNDS.max,
        fundingRateMin: BOUNDS.min,
        deliveryAtMs: 0,
        launchedAtMs: 0,
        status: 'Trading',
      },
    },
    spotBook: book,
    perpBook: book,
    ticker: {
      markPrice: price('1'),
      indexPrice: price('1'),
      fundingRate: fundingRate('0'),
      nextFundingAtMs: 8 * HOUR_MS,
      fundingIntervalMs: 8 * HOUR_MS,
    },
    receivedAtMs: { spotBook: 0, perpBook: 0, ticker: 0 },
    feeRates: { spot: rates(table.spot), perp: rates(table.linear) },
  }
}
