/**
 * What the live functions charge, taken from them once: a hedge judged on a market that pays nothing shows its costs at every
 * horizon, the capital it binds, and what the way back would cost. So a screen has no cost of its own.
 */
import { Decimal } from 'decimal.js'
import { HORIZONS_HOURS } from '../../domain/carry/carry.ts'
import { hurdleOf, judgeEntry } from '../../domain/entry/opportunity.ts'
import { idlePerHour, wayBackRate } from '../../domain/exit/carry-exit.ts'
import { NO_SETTLEMENTS } from '../../domain/market/funding-outlook.ts'
import type { Rules } from '../../domain/rules.ts'
import { feeRate } from '../../domain/units.ts'
import { flatMarket } from '../study/engine-rule.ts'
import type { NamedFees } from '../variant.ts'

/** Fractions of notional, but for the hurdle. */
export type ScreenCosts = {
  /** Of each of the horizons: getting in and out, mishaps, interest. */
  byHorizon: readonly number[]
  capitalPerNotional: number
  wayBack: number
  idlePerHour: number
  /** Net carry on capital, a year, that an entry must beat. */
  hurdle: number
  /** Of one way, in or out: both legs. */
  feesOneWay: number
  slippageOneWay: number
}

const BPS = 10_000
/** Long after a market that began at 0 was listed. */
const LATE_MS = Date.UTC(2020, 0, 1)

/** @throws when the rules let no long carry be judged at all: its direction is not allowed, or no size fits */
export function screenCosts(rules: Rules, fees: NamedFees, halfSpreadBps: number): ScreenCosts {
  const market = {
    ...flatMarket(fees, halfSpreadBps),
    funding: { memory: NO_SETTLEMENTS, marketPerHour: 0 },
    receivedAtMs: { spotBook: LATE_MS, perpBook: LATE_MS, ticker: LATE_MS },
  }
  const judged = judgeEntry(market, rules, LATE_MS)
  const { carry, because, found, limit } =
    judged.direction === 'long-carry' ? judged : (judged.other ?? judged)
  if (carry?.direction !== 'long-carry')
    throw new Error(
      `screen: expected a long carry that can be judged, found ${because}: ${found}, limit ${limit}`,
    )
  const { notionalUsdt, capitalUsdt, path } = carry
  const hedge = {
    entryBasisBps: 0,
    hedgedAtMs: 0,
    maintenanceMarginRate: null,
    notionalUsdt,
    capitalUsdt,
  }
  const { spot, linear } = fees.table
  return {
    byHorizon: HORIZONS_HOURS.map(
      hours => -(path.find(each => each.hours === hours)?.netBps ?? Number.NaN) / BPS,
    ),
    capitalPerNotional: new Decimal(capitalUsdt).div(notionalUsdt).toNumber(),
    wayBack: wayBackRate(hedge, market, rules.strategy),
    idlePerHour: idlePerHour(hedge, rules),
    hurdle: hurdleOf(rules),
    feesOneWay: Decimal.sum(feeRate(spot.taker), feeRate(linear.taker)).toNumber(),
    slippageOneWay: (2 * halfSpreadBps) / BPS,
  }
}
