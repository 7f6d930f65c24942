/** A market, rules and grids to judge: plain values that tests change one part of at a time. */
import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { floatsOf, type Glimpse } from '../../../src/domain/entry/pre-check.ts'
import type { HedgePair, PerpInstrument, SpotInstrument } from '../../../src/domain/instrument.ts'
import type { PairFeeRates } from '../../../src/domain/market/fees.ts'
import { HOUR_MS } from '../../../src/domain/market/funding.ts'
import type { KnownFunding } from '../../../src/domain/market/funding-outlook.ts'
import type { FreshMarket } from '../../../src/domain/market/market-view.ts'
import type { Level } from '../../../src/domain/market/order-book.ts'
import type { Rules } from '../../../src/domain/rules.ts'
import { baseQty, feeRate, fundingRate, orderQty, price, usdt } from '../../../src/domain/units.ts'

export const NOW_MS = Date.UTC(2026, 0, 5, 3)

/** Bybit's published non-VIP rates: spot 0.10 %, perpetual 0.055 % taker and 0.020 % maker. */
export const VIP0: PairFeeRates = {
  spot: { taker: feeRate('0.001'), maker: feeRate('0.001') },
  perp: { taker: feeRate('0.00055'), maker: feeRate('0.0002') },
}

export const RULES: Rules = {
  strategy: {
    symbols: ['XRPUSDT'],
    entryAprMin: 0.05,
    idleApr: 0,
    fundingFastHours: 48,
    fundingSlowHours: 1080,
    fundingFadeHours: 168,
    fundingMarketHours: 0,
    fundingAllowance: 0,
    exitJudgementsMin: 3,
    coolDownMs: HOUR_MS,
    settlementGuardMs: 60_000,
    capitalBuffer: 0.25,
    exitSlippageFactor: 1.5,
    basisStopBps: 100,
    basisStopMs: 300_000,
    basisEntryBpsMax: 300,
    takeProfitBps: 0,
    hedgeLossBpsMax: 0,
    judgeEveryMs: 5_000,
    directions: ['long-carry', 'reverse-carry'],
    gapSurvived: 0.5,
    // None: the sums of the tests are reckoned by hand.
    initialMarginRate: 0,
    maintenanceRate: 0.02,
    borrowMaintenanceRate: 0.04,
    reverseMarginRatio: 0.5,
    listingAgeMsMin: 7 * 24 * HOUR_MS,
    depthSlicesMin: 2,
    intervalQuietMs: 8 * HOUR_MS,
    maintenanceGuardMs: 30 * 60_000,
    basisAbortBps: 20,
    borrowCoverEntryMin: 3,
    borrowCoverExitMin: 0.5,
    adlRankMax: 3,
    adlRankExit: 5,
    adlTriggerNear: 0.2,
    // No guess by default: the sums of the tests are reckoned by hand.
    orphanProbability: 0,
    orphanRepairMs: 30_000,
    volatilityPerHour: 0,
    usdtRatePerHour: 0,
    usdtFreeBorrow: usdt('0'),
    exitHorizonHours: 336,
    reentryProbability: 0,
    holdMaxMs: 0,
    delistingRunOffMs: 24 * HOUR_MS,
    liquidationDistanceMin: 0.15,
  },
  execution: {
    sliceNotionalUsdtMax: usdt('500'),
    depthFractionMax: 0.5,
    slippageBpsMax: 10,
    entryDeadlineMs: 60_000,
    orderDeadlineMs: 3_000,
    orderSilenceMs: 2_000,
    recvWindowMs: 3_000,
    askEveryMs: 1_000,
    asksMin: 3,
    asksMax: 10,
    repairsMax: 3,
    squeezeSliceShare: 0.5,
    routes: ['spot-first'],
    makerFillProbability: 1,
    makerAdverseBps: 0,
    takerMissProbability: 0,
    legGapMs: 0,
    spreadFeeFactor: 0.5,
    makerRestMs: 5_000,
    makerTriesMax: 4,
  },
  limits: {
    hedgeNotionalUsdtMax: usdt('2000'),
    hedgeNotionalUsdtMin: usdt('50'),
    totalNotionalUsdtMax: usdt('6000'),
    hedgesMax: 5,
    freeMarginUsdtMin: usdt('100'),
    unhedgedNotionalUsdtMax: usdt('600'),
    unhedgedMsMax: 5_000,
    bookAgeMsMax: 2_000,
    tickerAgeMsMax: 60_000,
    maintenanceMarginRateMax: 0.5,
    symbolNotionalUsdtMax: usdt('6000'),
    feesDayUsdtMax: usdt('100'),
    lossDayUsdtMax: usdt('200'),
    drawDownMax: 0.1,
    orderReserveMin: 0.3,
    borrowAgeMsMax: HOUR_MS,
    solvencyWarnRate: 0.5,
    solvencyReduceRate: 0.7,
    solvencyFlattenRate: 0.85,
    solvencyGapNear: 0.2,
    solvencyGapFar: 0.5,
  },
}

export type Grid = {
  midPrice: string
  spotStep: string
  lot: string
  multiplier: number
  spotMinUsdt: string
  perpMinUsdt: string
}

export const XRP: Grid = {
  midPrice: '2.5',
  spotStep: '0.01',
  lot: '0.1',
  multiplier: 1,
  spotMinUsdt: '5',
  perpMinUsdt: '5',
}

/** A pair on these grids; the tick is a hundred-thousandth of the price. */
export function pairOn(grid: Grid): HedgePair {
  const tick = (of: Decimal) => price(of.div(100_000).toSignificantDigits(1))
  const mid = new Decimal(grid.midPrice)
  const shared = {
    baseCoin: 'XRP',
    quoteCoin: 'USDT',
    trading: true,
    maxMarketQty: orderQty('1000000000000000'),
  }
  const spot: SpotInstrument = {
    ...shared,
    market: 'spot',
    symbol: 'XRPUSDT',
    tickSize: tick(mid),
    qtyStep: orderQty(grid.spotStep),
    minOrderQty: orderQty(grid.spotStep),
    minNotionalUsdt: usdt(grid.spotMinUsdt),
    marginTrading: false,
  }
  const perp: PerpInstrument = {
    ...shared,
    market: 'linear',
    symbol: 'XRPUSDT',
    tickSize: tick(mid.times(grid.multiplier)),
    qtyStep: orderQty(grid.lot),
    minOrderQty: orderQty(grid.lot),
    minNotionalUsdt: usdt(grid.perpMinUsdt),
    multiplier: grid.multiplier,
    fundingIntervalMs: 8 * HOUR_MS,
    fundingRateMax: fundingRate('0.005'),
    fundingRateMin: fundingRate('-0.005'),
    deliveryAtMs: 0,
    launchedAtMs: 0,
    status: 'Trading',
  }
  return { symbol: 'XRPUSDT', baseCoin: 'XRP', spot, perp }
}

/** One deep level a basis point either side of the middle. */
export function bookAround(mid: Decimal, qty: string) {
  const at = (factor: string): Level => [price(mid.times(factor)), orderQty(qty)]
  return { bids: [at('0.9999')], asks: [at('1.0001')] }
}

export function marketOn(grid: Grid, rate = '0.0005', depth = '1000000000000'): FreshMarket {
  const mid = new Decimal(grid.midPrice)
  const contract = mid.times(grid.multiplier)
  return {
    pair: pairOn(grid),
    spotBook: bookAround(mid, depth),
    perpBook: bookAround(contract, depth),
    ticker: {
      markPrice: price(contract),
      indexPrice: price(contract),
      fundingRate: fundingRate(rate),
      nextFundingAtMs: NOW_MS + 5 * HOUR_MS,
      fundingIntervalMs: 8 * HOUR_MS,
    },
    receivedAtMs: { spotBook: NOW_MS, perpBook: NOW_MS, ticker: NOW_MS },
    feeRates: VIP0,
    funding: paying(rate),
  }
}

/** What a glimpse shows of it. */
export function bestOf(market: FreshMarket): Glimpse {
  const { ticker, funding, basisModel } = market
  const best = ({ bids, asks }: FreshMarket['spotBook']) => ({
    bestBid: Number(bids[0]?.[0]),
    bestAsk: Number(asks[0]?.[0]),
  })
  return {
    floats: floatsOf(market, ticker),
    schedule: ticker,
    funding,
    basisModel,
    spotBook: best(market.spotBook),
    perpBook: best(market.perpBook),
  }
}

/** A perpetual that has paid this rate each eight hours for ever, and nothing else. */
export function paying(rate: string): KnownFunding {
  const hours = 1_000
  const perHour = Number(rate) / 8
  const memory = {
    settledAtMs: NOW_MS - 3 * HOUR_MS,
    slowHours: hours,
    slowRate: perHour * hours,
    fastHours: hours,
    fastRate: perHour * hours,
    scatter: 0,
  }
  return { memory, marketPerHour: 0 }
}

/** The same market where the coin can be borrowed, at this rate per hour. */
export function borrowable(market: FreshMarket, hourlyRate = '0', availableBase = '1000000'): FreshMarket {
  const spot = { ...market.pair.spot, marginTrading: true }
  return {
    ...market,
    pair: { ...market.pair, spot },
    borrow: { hourlyRate, availableBase: baseQty(availableBase), marginTrading: true },
    receivedAtMs: { ...market.receivedAtMs, borrow: NOW_MS },
  }
}

/** The same market with a native spread around its basis, each side this many bps of the price away, and this deep. */
export function withSpread(market: FreshMarket, awayBps: string, depth = '1000000'): FreshMarket {
  const away = new Decimal(market.ticker.markPrice)
    .div(market.pair.perp.multiplier)
    .times(awayBps)
    .div(10_000)
  return {
    ...market,
    spread: {
      symbol: 'XRPUSDT_XRP/USDT',
      book: { bids: [[price(away.neg()), orderQty(depth)]], asks: [[price(away), orderQty(depth)]] },
      tickSize: price('0.0001'),
      qtyStep: orderQty('0.1'),
      minQty: orderQty('0.1'),
      maxQty: orderQty('1000000'),
      trading: true,
    },
    receivedAtMs: { ...market.receivedAtMs, spread: NOW_MS },
  }
}

const step = fc
  .tuple(fc.constantFrom('1', '2', '5'), fc.integer({ min: -6, max: 3 }))
  .map(([digit, power]) => new Decimal(10).pow(power).times(digit))

/** Any two grids and any price, each lot worth at most about 20 USDT so that a hedge of 2000 is possible. */
export const anyGrid: fc.Arbitrary<Grid> = fc
  .record({
    spotStep: step,
    lot: step,
    multiplier: fc.constantFrom(1, 1000, 10_000),
    cents: fc.integer({ min: 1, max: 2000 }),
    spotMinUsdt: fc.constantFrom('0', '1', '5'),
    perpMinUsdt: fc.constantFrom('0', '5', '20'),
  })
  .map(({ spotStep, lot, multiplier, cents, spotMinUsdt, perpMinUsdt }) => ({
    // A price such that the coarser of the two steps is worth up to 20 USDT.
    midPrice: new Decimal(cents)
      .div(100)
      .div(Decimal.max(spotStep, lot.times(multiplier)))
      .toSignificantDigits(8)
      .toFixed(),
    spotStep: spotStep.toFixed(),
    lot: lot.toFixed(),
    multiplier,
    spotMinUsdt,
    perpMinUsdt,
  }))
