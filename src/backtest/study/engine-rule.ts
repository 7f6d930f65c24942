/**
 * The engine's own decision functions as a rule over settled funding: the same entry and exit judgements as live, on a market
 * where both legs stand at 1 USDT, deep and half a spread wide on each side, and nothing moves but the rates.
 */
import { Decimal } from 'decimal.js'
import { judgeEntry } from '../../domain/entry/opportunity.ts'
import { judgeExit } from '../../domain/exit/judge-exit.ts'
import type { HeldHedge } from '../../domain/exit/judgement.ts'
import { HOUR_MS } from '../../domain/market/funding.ts'
import { fitFundingModel, type Settled } from '../../domain/market/funding-model.ts'
import type { FreshMarket } from '../../domain/market/market-view.ts'
import type { Rules } from '../../domain/rules.ts'
import { baseQty, feeRate, fundingRate, orderQty, price, usdt } from '../../domain/units.ts'
import type { NamedFees } from '../fees.ts'
import type { FundingRule, Mind, SettlementSeen } from './rules.ts'

const BPS = 10_000
/** What is known of a symbol's past at a judgement, as live. */
const KNOWN_MS = 30 * 24 * HOUR_MS
/** Judged this long after a settlement, when its rate is known to everybody. */
const AFTER_MS = 60_000
const SLICE = baseQty('1000')

type EngineOf = { rules: Rules; fees: NamedFees; halfSpreadBps: number }

export function engineRule({ rules, fees, halfSpreadBps }: EngineOf): FundingRule {
  const flat = flatMarket(fees, halfSpreadBps)
  return { name: 'hedgerow', begin: symbol => beginMind(symbol, flat, rules) }
}

function beginMind(symbol: string, flat: FreshMarket, rules: Rules): Mind {
  const learn = learner(symbol, flat)
  let hedge: HeldHedge | null = null
  let inARow = 0
  let leftAtMs = Number.NEGATIVE_INFINITY
  /** Between two settlements the engine judges the same facts many times over: as often as its patience asks. */
  const wantsOut = (of: HeldHedge, market: FreshMarket, { rate, atMs }: SettlementSeen, nowMs: number) => {
    const lastSettled = { rate: fundingRate(rate), settledAtMs: atMs }
    for (let times = 0; times < Math.max(1, rules.strategy.exitJudgementsMin); times++) {
      const judged = judgeExit(of, market, rules, inARow, nowMs, { lastSettled })
      inARow = judged.judgementsInARow
      if (judged.verdict === 'leave') return true
    }
    return false
  }
  return (seen, held) => {
    const marketAt = learn(seen)
    if (seen.learning) return 'nothing'
    const nowMs = seen.atMs + AFTER_MS
    if (held && hedge) {
      if (!wantsOut(hedge, marketAt(nowMs), seen, nowMs)) return 'nothing'
      hedge = null
      leftAtMs = nowMs
      return 'leave'
    }
    if (nowMs - leftAtMs < rules.strategy.coolDownMs) return 'nothing'
    hedge = entered(marketAt(nowMs), rules, nowMs)
    inARow = 0
    return hedge ? 'enter' : 'nothing'
  }
}

/** Keeps what is known of the past of a symbol, and says what its market looks like after each settlement. */
function learner(
  symbol: string,
  flat: FreshMarket,
): (seen: SettlementSeen) => (nowMs: number) => FreshMarket {
  const settled: Settled[] = []
  let intervalBeforeMs: number | undefined
  let intervalChangedAtMs: number | undefined
  return ({ atMs, rate, intervalMs }) => {
    if ((intervalBeforeMs ?? intervalMs) !== intervalMs) intervalChangedAtMs = atMs
    intervalBeforeMs = intervalMs
    settled.push({ rate: fundingRate(rate), settledAtMs: atMs })
    while ((settled[0]?.settledAtMs ?? 0) < atMs - KNOWN_MS) settled.shift()
    return nowMs => {
      const fundingModel = fitFundingModel(settled)
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
        ...(fundingModel && { fundingModel }),
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
    breakEvenHours: carry.breakEvenHours,
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
