/**
 * Funding: what longs pay shorts at each settlement. Positive rates pay the short of a long-carry hedge.
 * Settlements are counted from the exchange's next instant and its present interval, never as horizon / 8 h:
 * Bybit moves contracts between 1, 2, 4 and 8 hours without notice.
 */
import { Decimal } from 'decimal.js'
import { type FundingRate, type OrderQty, type Price, type Usdt, usdt } from '../units.ts'

export const HOUR_MS = 3_600_000
const HOURS_A_YEAR = 8760

/** Present rate and schedule of one perpetual. */
export type FundingNow = { fundingRate: FundingRate; nextFundingAtMs: number; fundingIntervalMs: number }

/** The least and the most a rate may be at one settlement. */
export type FundingBounds = { min: FundingRate; max: FundingRate }

/** USDT that a short of `contracts` receives at one settlement: qty × mark × rate; negative is paid. */
export const fundingToShort = (contracts: OrderQty, markPrice: Price, rate: FundingRate): Usdt =>
  usdt(new Decimal(contracts).times(markPrice).times(rate))

/** How many settlements fall in (nowMs, nowMs + horizonMs]. A next instant that already passed is rolled on by whole intervals. */
export function settlementsWithin(
  schedule: Pick<FundingNow, 'nextFundingAtMs' | 'fundingIntervalMs'>,
  nowMs: number,
  horizonMs: number,
): number {
  const firstAtMs = nextSettlementAtMs(schedule, nowMs)
  const endMs = nowMs + horizonMs
  return firstAtMs > endMs ? 0 : 1 + Math.floor((endMs - firstAtMs) / schedule.fundingIntervalMs)
}

/** The first settlement after `nowMs`. Throws when the interval is not above 0. */
export function nextSettlementAtMs(
  { nextFundingAtMs, fundingIntervalMs }: Pick<FundingNow, 'nextFundingAtMs' | 'fundingIntervalMs'>,
  nowMs: number,
): number {
  if (!(fundingIntervalMs > 0))
    throw new Error(`funding interval: expected more than 0 ms, found ${fundingIntervalMs}`)
  if (nextFundingAtMs > nowMs) return nextFundingAtMs
  return nextFundingAtMs + fundingIntervalMs * (Math.floor((nowMs - nextFundingAtMs) / fundingIntervalMs) + 1)
}

/** Gross yearly rate on notional, a fraction: r × 8760 / h. Not compounded, before every cost. */
export const fundingApr = (rate: FundingRate, intervalMs: number): number =>
  new Decimal(rate).times(HOURS_A_YEAR).times(HOUR_MS).div(intervalMs).toNumber()

/** Funding so far and one settlement more; positive is received. */
export const addFunding = (soFar: Usdt, settled: Usdt): Usdt => usdt(new Decimal(soFar).plus(settled))

/** Settlements remembered by their instants: a day of hourly ones. */
const SETTLEMENTS_KEPT = 24

/** Is it one of those remembered, or older than all of them? @param known - instants, ascending */
export const isSettlementKnown = (known: readonly number[], atMs: number): boolean =>
  known.includes(atMs) || (known.length >= SETTLEMENTS_KEPT && atMs < (known[0] ?? 0))

/** The instants with this one, ascending; the oldest are let go. Rows may be listed late, so it need not be the newest. */
export const rememberSettlement = (known: readonly number[], atMs: number): number[] =>
  [...known, atMs].sort((a, b) => a - b).slice(-SETTLEMENTS_KEPT)

/** Has a settlement passed without its row in the books? A row that never comes is money that nobody looks for. */
export type SettlementWatch = {
  /** Since when the perpetual leg is held; 0 before it is. */
  hedgedAtMs: number
  /** Instant of the newest booked settlement; 0 for none. */
  lastSettlementAtMs: number
  /** As the ticker shows it; it may lag behind the instant that has just passed. */
  schedule: Pick<FundingNow, 'nextFundingAtMs' | 'fundingIntervalMs'>
}

/**
 * The instant of the settlement that is missing for longer than `graceMs`; undefined when nothing is. A hedge that came to
 * be at that very instant owes nothing. Rows carry the settlement's instant or a little after, never one before it.
 */
export function missedSettlementAtMs(
  { hedgedAtMs, lastSettlementAtMs, schedule }: SettlementWatch,
  nowMs: number,
  graceMs: number,
): number | undefined {
  if (hedgedAtMs === 0) return undefined
  const passedAtMs = nextSettlementAtMs(schedule, nowMs) - schedule.fundingIntervalMs
  const isOurs = hedgedAtMs < passedAtMs
  const isBooked = lastSettlementAtMs >= passedAtMs
  return isOurs && !isBooked && nowMs - passedAtMs > graceMs ? passedAtMs : undefined
}
