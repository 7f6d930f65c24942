/** Collateral, risk limits and lending of V5 in our words. */
import { Decimal } from 'decimal.js'
import type { BorrowTerms, CollateralTerms, RiskBand } from '../../../domain/risk/risk-facts.ts'
import { amount, usdt } from '../../../domain/units.ts'
import { decimalAt, decimalOr, garbled, type Row, rowsAt, textAt } from './fields.ts'

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
