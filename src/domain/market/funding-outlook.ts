/**
 * What funding is expected to bring, from how a perpetual really paid. The mean of the hourly rate is kept at two speeds: what
 * is paid now, and what is paid in the long run. The gap between them fades. Where the history is short both lean on the mean
 * of the whole market, and the long mean is known only as well as its own past scatters. Estimates for judging: floats, from
 * which no amount of an order is ever made. Source: carry.md e.1.
 */
import { Decimal } from 'decimal.js'
import type { StrategyRules } from '../rules.ts'
import { type FundingBounds, type FundingNow, HOUR_MS, nextSettlementAtMs } from './funding.ts'

/** One settlement as it was: the fraction of notional that longs paid, and when. */
type Settled = { rate: string; settledAtMs: number }

/** Sums over the settlements that were read, each fading with the hours since. Plain JSON; `rate` sums are fractions. */
export type FundingMemory = {
  /** The newest settlement; 0 for none. */
  settledAtMs: number
  slowHours: number
  slowRate: number
  fastHours: number
  fastRate: number
  /** Σ hours × (fast mean − slow mean)², faded like the slow sums. */
  scatter: number
}

/** Read, and nothing was there. Not to be taken for what was not read yet: that is no memory at all. */
export const NO_SETTLEMENTS: FundingMemory = {
  settledAtMs: 0,
  slowHours: 0,
  slowRate: 0,
  fastHours: 0,
  fastRate: 0,
  scatter: 0,
}

/** What is known of one perpetual's past, and the mean of all perpetuals that are known, per hour. */
export type KnownFunding = { memory: FundingMemory; marketPerHour: number }

export type OutlookRules = Pick<
  StrategyRules,
  'fundingFastHours' | 'fundingSlowHours' | 'fundingFadeHours' | 'fundingMarketHours' | 'fundingAllowance'
>

/** A pause this long or longer is no interval: rows are missing. */
const HOURS_MAX = 24
const HOURS_MIN = 0.5

/** The memory with one settlement more, given oldest first; what is not newer changes nothing. The first only starts the clock. */
export function hearSettlement(
  memory: FundingMemory,
  { rate, settledAtMs }: Settled,
  rules: OutlookRules,
): FundingMemory {
  if (settledAtMs <= memory.settledAtMs) return memory
  if (memory.settledAtMs === 0) return { ...memory, settledAtMs }
  const hours = (settledAtMs - memory.settledAtMs) / HOUR_MS
  const bounded = Math.min(HOURS_MAX, Math.max(HOURS_MIN, hours))
  return { ...heardFor(memory, new Decimal(rate).toNumber(), bounded, rules), settledAtMs }
}

function heardFor(
  memory: FundingMemory,
  rate: number,
  hours: number,
  { fundingFastHours, fundingSlowHours }: OutlookRules,
): FundingMemory {
  const slow = Math.exp(-hours / fundingSlowHours)
  const fast = Math.exp(-hours / fundingFastHours)
  const slowHours = memory.slowHours * slow + hours
  const slowRate = memory.slowRate * slow + rate
  const fastHours = memory.fastHours * fast + hours
  const fastRate = memory.fastRate * fast + rate
  const gap = fastRate / fastHours - slowRate / slowHours
  return {
    settledAtMs: memory.settledAtMs,
    slowHours,
    slowRate,
    fastHours,
    fastRate,
    scatter: memory.scatter * slow + gap * gap * hours,
  }
}

/** Mean rate per hour of these perpetuals together, each by the hours that are known of it; 0 while none is. */
export function marketPerHour(memories: Iterable<FundingMemory>): number {
  let [hours, rate] = [0, 0]
  for (const { slowHours, slowRate } of memories) {
    hours += slowHours
    rate += slowRate
  }
  return hours > 0 ? rate / hours : 0
}

/** Rates per hour as fractions of notional, + is paid by longs. */
export type FundingOutlook = {
  nowPerHour: number
  laterPerHour: number
  /** How far the mean in the long run may be off: the allowance of the rules, times its standard error. */
  allowancePerHour: number
  /** The next settlement's rate: what its interval has shown so far, and the present mean for the rest of it. */
  nextRate: number
  intervalHours: number
  fadeHours: number
}

/**
 * What is expected from here on. The running interval counts as heard for as long as it runs: its rate is the exchange's
 * estimate from the premium so far. Means are held inside the rate's own bounds.
 */
export function fundingOutlook(
  { memory, marketPerHour: market }: KnownFunding,
  ticker: FundingNow,
  bounds: FundingBounds,
  rules: OutlookRules,
  nowMs: number,
): FundingOutlook {
  const intervalHours = ticker.fundingIntervalMs / HOUR_MS
  const leftMs = nextSettlementAtMs(ticker, nowMs) - nowMs
  const elapsed = Math.min(1, Math.max(0, 1 - leftMs / ticker.fundingIntervalMs))
  const rate = new Decimal(ticker.fundingRate).toNumber()
  const [least, most] = [bounds.min, bounds.max].map(bound => new Decimal(bound).toNumber() / intervalHours)
  const heard = elapsed > 0 ? heardFor(memory, rate * elapsed, elapsed * intervalHours, rules) : memory
  const { fundingFastHours, fundingSlowHours, fundingMarketHours } = rules
  const inside = (perHour: number) => Math.min(most ?? perHour, Math.max(least ?? perHour, perHour))
  const later = leaningOn(market, fundingMarketHours, heard.slowRate, heard.slowHours)
  const fastWeight = (fundingMarketHours * fundingFastHours) / fundingSlowHours
  const now = inside(leaningOn(later, fastWeight, heard.fastRate, heard.fastHours))
  return {
    nowPerHour: now,
    laterPerHour: inside(later),
    allowancePerHour: rules.fundingAllowance * standardError(heard, rules),
    nextRate: elapsed * rate + (1 - elapsed) * now * intervalHours,
    intervalHours,
    fadeHours: rules.fundingFadeHours,
  }
}

/** A mean over known hours that counts so many hours of something else beside them. */
const leaningOn = (other: number, weight: number, rate: number, hours: number): number =>
  hours + weight > 0 ? (rate + other * weight) / (hours + weight) : other

/** Of the slow mean: rates nearer together than two fast spans say the same thing. */
function standardError({ slowHours, scatter }: FundingMemory, { fundingFastHours }: OutlookRules): number {
  if (slowHours <= 0) return 0
  return Math.sqrt(scatter / slowHours / Math.max(1, slowHours / (2 * fundingFastHours)))
}

/** Sum of the rates expected at the next `settlements`, as the exchange states them: + is paid by longs. */
export function expectedRate(outlook: FundingOutlook, settlements: number): number {
  if (settlements <= 0) return 0
  const { nowPerHour, laterPerHour, nextRate, intervalHours, fadeHours } = outlook
  const faded = (hours: number) => fadeHours * (1 - Math.exp(-hours / fadeHours))
  const hours = (settlements - 1) * intervalHours
  const gap = nowPerHour - laterPerHour
  return nextRate + laterPerHour * hours + gap * (faded(hours + intervalHours) - faded(intervalHours))
}

/** What the expectation over the next `settlements` is lowered by, whichever way the rates are hoped for. Never negative. */
export const allowanceOver = (
  { allowancePerHour, intervalHours }: FundingOutlook,
  settlements: number,
): number => allowancePerHour * intervalHours * Math.max(0, settlements)
