/**
 * The engine's own decision functions as a rule over settled funding: the same entry and exit judgements as live, on a market
 * where both legs stand at 1 USDT, deep and half a spread wide on each side, and nothing moves but the rates.
 */
import { Decimal } from 'decimal.js'
import { judgeEntry } from '../../domain/entry/opportunity.ts'
import { judgeExit } from '../../domain/exit/judge-exit.ts'
import { type ExitMemory, type HeldHedge, NO_MEMORY } from '../../domain/exit/judgement.ts'
import { HOUR_MS } from '../../domain/market/funding.ts'
import {
  type FundingMemory,
  hearSettlement,
  marketPerHour,
  NO_SETTLEMENTS,
} from '../../domain/market/funding-outlook.ts'
import type { FreshMarket } from '../../domain/market/market-view.ts'
import type { Rules } from '../../domain/rules.ts'
import { baseQty, feeRate, fundingRate, orderQty, price, usdt } from '../../domain/units.ts'
import type { FundingPoint } from '../../exchange/simulator/history/files.ts'
import type { NamedFees } from '../variant.ts'
import type { FundingRule, Mind, SettlementSeen } from './rules.ts'

const BPS = 10_000
/** Judged this long after a settlement, when its rate is known to everybody. */
const AFTER_MS = 60_000
const SLICE = baseQty('1000')

type EngineOf = {
  rules: Rules
  fees: NamedFees
  halfSpreadBps: number
  /** The mean of the whole market as known at an instant, per hour. */
  marketPerHourAt: (atMs: number) => number
}

/** @param of - `marketPerHourAt`: nothing later than the instant may be in it */
export function engineRule({ rules, fees, halfSpreadBps, marketPerHourAt }: EngineOf): FundingRule {
  const flat = flatMarket(fees, halfSpreadBps)
  return { name: 'hedgerow', begin: symbol => beginMind(symbol, flat, rules, marketPerHourAt) }
}

function beginMind(
  symbol: string,
  flat: FreshMarket,
  rules: Rules,
  marketPerHourAt: (atMs: number) => number,
): Mind {
  const learn = learner(symbol, flat, rules, marketPerHourAt)
  let hedge: HeldHedge | null = null
  let memory: ExitMemory = NO_MEMORY
  let leftAtMs = Number.NEGATIVE_INFINITY
  /** Between two settlements the engine judges the same facts many times over: as often as its patience asks. */
  const wantsOut = (of: HeldHedge, market: FreshMarket, nowMs: number) => {
    for (let times = 0; times < Math.max(1, rules.strategy.exitJudgementsMin); times++) {
      const judged = judgeExit(of, market, rules, memory, nowMs)
      memory = judged
      if (judged.verdict === 'leave') return true
    }
    return false
  }
  return (seen, held) => {
    const marketAt = learn(seen)
    if (seen.learning) return 'nothing'
    const nowMs = seen.atMs + AFTER_MS
    if (held && hedge) {
      if (!wantsOut(hedge, marketAt(nowMs), nowMs)) return 'nothing'
      hedge = null
      leftAtMs = nowMs
      return 'leave'
    }
    if (nowMs - leftAtMs < rules.strategy.coolDownMs) return 'nothing'
    hedge = entered(marketAt(nowMs), rules, nowMs)
    memory = NO_MEMORY
    return hedge ? 'enter' : 'nothing'
  }
}

/** Keeps what is known of the past of a symbol, and says what its market looks like after each settlement. */
function learner(
  symbol: string,
  flat: FreshMarket,
  { strategy }: Rules,
  marketPerHourAt: (atMs: number) => number,
): (seen: SettlementSeen) => (nowMs: number) => FreshMarket {
  let memory: FundingMemory = NO_SETTLEMENTS
  let intervalBeforeMs: number | undefined
  let intervalChangedAtMs: number | undefined
  return ({ atMs, rate, intervalMs }) => {
    if ((intervalBeforeMs ?? intervalMs) !== intervalMs) intervalChangedAtMs = atMs
    intervalBeforeMs = intervalMs
    memory = hearSettlement(memory, { rate, settledAtMs: atMs }, strategy)
    return nowMs => {
      return {
        ...flat,
        pair: { ...flat.pair, symbol },
        ticker: {
          ...flat.ticker,
          fundingRate: fundingRate(rate),
          nextFundingAtMs: atMs + intervalMs,
          fundingIntervalMs: intervalMs,
        },
        receivedAtMs: { spotBook: nowMs, perpBook: nowMs, ticker: nowMs },
        funding: { memory, marketPerHour: marketPerHourAt(atMs) },
        ...(intervalChangedAtMs !== undefined && { intervalChangedAtMs }),
      }
    }
  }
}

function entered(market: FreshMarket, rules: Rules, nowMs: number): HeldHedge | null {
  const { verdict, carry } = judgeEntry(market, rules, nowMs)
  if (verdict !== 'tempting' || carry?.direction !== 'long-carry') return null
  return {
    entryBasisBps: carry.entryBasisBps,
    hedgedAtMs: nowMs,
    maintenanceMarginRate: '0',
    direction: carry.direction,
    baseQty: carry.baseQty,
    sliceBaseQty: SLICE,
    notionalUsdt: carry.notionalUsdt,
    capitalUsdt: carry.capitalUsdt,
    markPrice: market.ticker.markPrice,
  }
}

/** Both legs at 1 USDT, deep, half a spread wide on each side; no cap of the rate was recorded and none is assumed. */
export function flatMarket({ table }: NamedFees, halfSpreadBps: number): FreshMarket {
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
        fundingRateMax: fundingRate('1'),
        fundingRateMin: fundingRate('-1'),
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

/** The mean rate per hour of all these series together as it was known at any instant: nothing later is in it. */
export function marketMeans(
  series: readonly { points: readonly FundingPoint[] }[],
  { strategy }: Rules,
): (atMs: number) => number {
  const all = series.flatMap(({ points }, index) => points.map(({ atMs, rate }) => ({ atMs, rate, index })))
  all.sort((a, b) => a.atMs - b.atMs)
  const memories = series.map(() => NO_SETTLEMENTS)
  const instants: number[] = []
  const means: number[] = []
  for (const [at, { atMs, rate, index }] of all.entries()) {
    memories[index] = hearSettlement(memories[index] ?? NO_SETTLEMENTS, { rate, settledAtMs: atMs }, strategy)
    if (all[at + 1]?.atMs === atMs) continue
    instants.push(atMs)
    means.push(marketPerHour(memories))
  }
  return atMs => means[lastAt(instants, atMs)] ?? 0
}

/** Index of the last instant not after this one; −1 when all are later. */
function lastAt(instants: readonly number[], atMs: number): number {
  let [low, high] = [0, instants.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((instants[middle] ?? 0) > atMs) high = middle
    else low = middle + 1
  }
  return low - 1
}
