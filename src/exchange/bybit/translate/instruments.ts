/** Instruments of V5 in our words, with what is read beside them: collateral, risk limits and lending. */
import { Decimal } from 'decimal.js'
import type { PerpInstrument, SpotInstrument } from '../../../domain/instrument.ts'
import { contractMultiplier } from '../../../domain/market/pairing.ts'
import type { BorrowTerms, CollateralTerms, RiskBand } from '../../../domain/risk/risk-facts.ts'
import { amount, fundingRate, orderQty, price, usdt } from '../../../domain/units.ts'
import { ExchangeFailure, type Kline, type SettledFunding } from '../../exchange.ts'
import {
  decimalAt,
  decimalOr,
  garbled,
  instantAt,
  integerAt,
  type Row,
  rowOf,
  rowsAt,
  textAt,
} from './fields.ts'

const MINUTE_MS = 60_000

/** A spot row of `/v5/market/instruments-info`. Spot minOrderQty is deprecated by Bybit in favour of minOrderAmt, yet still sent. */
export function spotInstrument(row: Row): SpotInstrument {
  const lots = rowOf(row.lotSizeFilter, 'lotSizeFilter')
  return {
    market: 'spot',
    symbol: textAt(row, 'symbol'),
    baseCoin: textAt(row, 'baseCoin'),
    quoteCoin: textAt(row, 'quoteCoin'),
    trading: textAt(row, 'status') === 'Trading',
    tickSize: price(decimalAt(rowOf(row.priceFilter, 'priceFilter'), 'tickSize')),
    qtyStep: orderQty(decimalAt(lots, 'basePrecision')),
    minOrderQty: orderQty(decimalAt(lots, 'minOrderQty')),
    minNotionalUsdt: usdt(decimalAt(lots, 'minOrderAmt')),
    maxMarketQty: orderQty(
      decimalAt(lots, 'maxMarketOrderQty' in lots ? 'maxMarketOrderQty' : 'maxOrderQty'),
    ),
    ...(row.stTag === '1' && { specialTreatment: true as const }),
    // Bybit: 'none', 'both', 'utaOnly', or 'normalSpotOnly', which is for accounts of the older kind.
    marginTrading: ['both', 'utaOnly'].includes(textAt(row, 'marginTrading')),
  }
}

/**
 * A linear perpetual's row. Bybit: `fundingInterval` in minutes, `deliveryTime` '0' unless a delisting is announced.
 *
 * @param spotCoins - base coins on spot: they tell 1000PEPE (1000 of PEPE) from 1INCH (a name)
 * @throws ExchangeFailure for a field that cannot be read
 */
export function perpInstrument(row: Row, spotCoins: ReadonlySet<string>): PerpInstrument {
  const lots = rowOf(row.lotSizeFilter, 'lotSizeFilter')
  const intervalMinutes = integerAt(row, 'fundingInterval')
  if (intervalMinutes <= 0) throw garbled('fundingInterval', 'minutes above 0', row.fundingInterval)
  const { multiplier } = contractMultiplier(textAt(row, 'baseCoin'), spotCoins)
  return {
    market: 'linear',
    symbol: textAt(row, 'symbol'),
    baseCoin: textAt(row, 'baseCoin'),
    quoteCoin: textAt(row, 'quoteCoin'),
    trading: textAt(row, 'status') === 'Trading' && row.isPreListing !== true,
    tickSize: price(decimalAt(rowOf(row.priceFilter, 'priceFilter'), 'tickSize')),
    qtyStep: orderQty(decimalAt(lots, 'qtyStep')),
    minOrderQty: orderQty(decimalAt(lots, 'minOrderQty')),
    minNotionalUsdt: usdt(decimalAt(lots, 'minNotionalValue')),
    maxMarketQty: orderQty(decimalAt(lots, 'maxMktOrderQty')),
    multiplier,
    fundingIntervalMs: intervalMinutes * MINUTE_MS,
    fundingRateMax: fundingRate(decimalAt(row, 'upperFundingRate')),
    fundingRateMin: fundingRate(decimalAt(row, 'lowerFundingRate')),
    deliveryAtMs: integerAt(row, 'deliveryTime'),
    launchedAtMs: integerAt(row, 'launchTime'),
    status: textAt(row, 'status'),
  }
}

/** Is this linear row a USDT perpetual (not a dated future, not settled in USDC)? */
export const isUsdtPerpetual = (row: Row): boolean =>
  row.contractType === 'LinearPerpetual' && row.quoteCoin === 'USDT' && row.settleCoin === 'USDT'

/** One V5 kline `[start, open, high, low, close, volume, turnover]`. @throws ExchangeFailure */
export function kline(columns: unknown): Kline {
  if (!Array.isArray(columns)) throw garbled('kline', 'a list of columns', columns)
  const [start, open, high, low, close] = columns
  const row = { start, open, high, low, close }
  return {
    atMs: instantAt(row, 'start'),
    open: price(decimalAt(row, 'open')),
    high: price(decimalAt(row, 'high')),
    low: price(decimalAt(row, 'low')),
    close: price(decimalAt(row, 'close')),
  }
}

const INTERVALS = new Map([
  ...[1, 3, 5, 15, 30, 60, 120, 240, 360, 720].map(m => [m, String(m)] as const),
  [1440, 'D'],
  [10080, 'W'],
])

/** Bybit's word for a kline's length. @throws ExchangeFailure for a length it does not have */
export function klineInterval(minutes: number): string {
  const word = INTERVALS.get(minutes)
  if (word) return word
  throw new ExchangeFailure(
    'refused',
    `kline interval: expected one of ${[...INTERVALS.keys()].join(', ')} minutes, found ${minutes}`,
  )
}

/** One settlement: what longs paid shorts, as a fraction of the position's value. @throws ExchangeFailure */
export const settledFunding = (row: Row): SettledFunding => ({
  symbol: textAt(row, 'symbol'),
  rate: fundingRate(decimalAt(row, 'fundingRate')),
  settledAtMs: instantAt(row, 'fundingRateTimestamp'),
})

/** Collateral, risk limits and lending of V5 in our words. */
function flagAt(row: Row, field: string): boolean {
  const value = row[field]
  if (typeof value !== 'boolean') throw garbled(field, 'true or false', value)
  return value
}

const byDecimal = (a: string | null, b: string | null): number => {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1
  return new Decimal(a).cmp(b)
}

/** The tiers of one row of spot-margin-trade/collateral. Bybit: an upper end of '' is without end. */
export const collateralTiers = (row: Row): CollateralTerms['tiers'] =>
  rowsAt(row, 'collateralRatioList')
    .map(tier => ({
      upToBase: decimalOr(tier, 'maxQty', '') || null,
      ratio: decimalAt(tier, 'collateralRatio'),
    }))
    .sort((a, b) => byDecimal(a.upToBase, b.upToBase))

/** A coin counts when the exchange takes it and the account's switch is on (collateral-info). */
export const isCollateral = (row: Row): boolean =>
  flagAt(row, 'marginCollateral') && flagAt(row, 'collateralSwitch')

/** Initial rate × the most leverage is 1, whatever the tier: far from it the rates are in another unit than ours. */
const UNIT_LEAST = 0.5
const UNIT_MOST = 2

/** One row of market/risk-limit. The first tier's deduction comes as ''. @throws ExchangeFailure */
export function riskBand(row: Row): RiskBand {
  const initialRate = decimalAt(row, 'initialMargin')
  const leverageMax = decimalAt(row, 'maxLeverage')
  const unit = new Decimal(initialRate).times(leverageMax)
  if (unit.lt(UNIT_LEAST) || unit.gt(UNIT_MOST))
    throw garbled('initialMargin', `a fraction, as leverage ${leverageMax} has it`, initialRate)
  return {
    upToUsdt: usdt(decimalAt(row, 'riskLimitValue')),
    maintenanceRate: decimalAt(row, 'maintenanceMargin'),
    initialRate,
    deductionUsdt: usdt(decimalOr(row, 'mmDeduction', '0')),
    leverageMax,
  }
}

/** @param inventory - what the platform has to lend, where it says so */
export function borrowTerms(row: Row, inventory: string | undefined): BorrowTerms {
  const own = new Decimal(decimalOr(row, 'availableToBorrow', '0'))
  const available = inventory === undefined ? own : Decimal.min(own, inventory)
  return {
    coin: textAt(row, 'currency'),
    hourlyRate: decimalAt(row, 'hourlyBorrowRate'),
    availableBase: amount(available),
    freeLimit: amount(decimalOr(row, 'freeBorrowingLimit', '0')),
    borrowedBase: amount(decimalOr(row, 'borrowAmount', '0')),
    marginTrading: flagAt(row, 'borrowable'),
  }
}
