/**
 * What funding is expected to bring, from how a perpetual really paid. The mean of the hourly rate is kept at two speeds: what
 * is paid now, and what is paid in the long run. The gap between them fades. Where the history is short both lean on the mean
 * of the whole market, and the long mean is known only as well as its own past scatters. Estimates for judging: floats, from
 * which no amount of an order is ever made. Source: carry.md e.1.
 */
import { Decimal } from 'decimal.js'
import { type FundingBounds, type FundingNow, HOUR_MS, nextSettlementAtMs } from './funding.ts'
import {
  AHEAD,
  ALLOWANCE,
  FAST_HOURS,
  FAST_RATE,
  fadingOver,
  hearRate,
  LATER,
  lookAhead,
  NEXT,
  NOW,
  type OutlookRules,
  type RunningInterval,
  rateOver,
  reachOf,
  SCATTER,
  SLOW_HOURS,
  SLOW_RATE,
  SUMS,
} from './funding-sums.ts'

export type { OutlookRules } from './funding-sums.ts'

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
  const hours = spanHours(memory.settledAtMs, settledAtMs)
  return { ...heardFor(memory, new Decimal(rate).toNumber(), hours, rules), settledAtMs }
}

/** Hours that a settlement's rate stands for: since the one before it, bounded; 0, which says nothing, for a first one. */
export const spanHours = (beforeAtMs: number, settledAtMs: number): number =>
  beforeAtMs === 0 || settledAtMs <= beforeAtMs
    ? 0
    : Math.min(HOURS_MAX, Math.max(HOURS_MIN, (settledAtMs - beforeAtMs) / HOUR_MS))

const sums = new Float64Array(SUMS)
const ahead = new Float64Array(AHEAD)
const valueAt = (of: Float64Array, at: number): number => of[at] ?? 0

function laidOut({ slowHours, slowRate, fastHours, fastRate, scatter }: FundingMemory): void {
  sums[SLOW_HOURS] = slowHours
  sums[SLOW_RATE] = slowRate
  sums[FAST_HOURS] = fastHours
  sums[FAST_RATE] = fastRate
  sums[SCATTER] = scatter
}

function heardFor(memory: FundingMemory, rate: number, hours: number, rules: OutlookRules): FundingMemory {
  laidOut(memory)
  hearRate(sums, 0, sums, 0, rate, hours, fadingOver(hours, rules))
  return {
    settledAtMs: memory.settledAtMs,
    slowHours: valueAt(sums, SLOW_HOURS),
    slowRate: valueAt(sums, SLOW_RATE),
    fastHours: valueAt(sums, FAST_HOURS),
    fastRate: valueAt(sums, FAST_RATE),
    scatter: valueAt(sums, SCATTER),
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
  return outlookAt({ memory, marketPerHour: market }, ticker, ratesOf(ticker, bounds), rules, nowMs)
}

/** The running rate of a perpetual and its bounds as numbers: fractions for one interval. */
export type IntervalRates = { rate: number; min: number; max: number }

/** Reads them: for expectations, never for an amount. */
export const ratesOf = (
  { fundingRate }: Pick<FundingNow, 'fundingRate'>,
  { min, max }: FundingBounds,
): IntervalRates => ({
  rate: new Decimal(fundingRate).toNumber(),
  min: new Decimal(min).toNumber(),
  max: new Decimal(max).toNumber(),
})

/** The same with rates that were read before: it makes nothing of text. */
export function outlookAt(
  { memory, marketPerHour: market }: KnownFunding,
  schedule: Schedule,
  { rate, min, max }: IntervalRates,
  rules: OutlookRules,
  nowMs: number,
): FundingOutlook {
  const running = runningInterval(schedule, { min, max }, rules, nowMs)
  laidOut(memory)
  lookAhead(ahead, sums, 0, rate, market, running, rules)
  return {
    nowPerHour: valueAt(ahead, NOW),
    laterPerHour: valueAt(ahead, LATER),
    allowancePerHour: valueAt(ahead, ALLOWANCE),
    nextRate: valueAt(ahead, NEXT),
    intervalHours: running.intervalHours,
    fadeHours: rules.fundingFadeHours,
  }
}

type Schedule = Pick<FundingNow, 'nextFundingAtMs' | 'fundingIntervalMs'>

/** How far the running interval has come, and what a rate may be in it. */
export function runningInterval(
  schedule: Schedule,
  bounds: Pick<IntervalRates, 'min' | 'max'>,
  rules: OutlookRules,
  nowMs: number,
): RunningInterval {
  const intervalHours = schedule.fundingIntervalMs / HOUR_MS
  const leftMs = nextSettlementAtMs(schedule, nowMs) - nowMs
  const elapsed = Math.min(1, Math.max(0, 1 - leftMs / schedule.fundingIntervalMs))
  const fading = fadingOver(elapsed * intervalHours, rules)
  return {
    intervalHours,
    elapsed,
    fading,
    least: bounds.min / intervalHours,
    most: bounds.max / intervalHours,
  }
}

/** Sum of the rates expected at the next `settlements`, as the exchange states them: + is paid by longs. */
export function expectedRate(outlook: FundingOutlook, settlements: number): number {
  if (settlements <= 0) return 0
  const { nowPerHour, laterPerHour, nextRate, intervalHours, fadeHours } = outlook
  const { hours, faded } = reachOf(settlements, intervalHours, fadeHours)
  return rateOver(nextRate, nowPerHour, laterPerHour, hours, faded)
}

/** What the expectation over the next `settlements` is lowered by, whichever way the rates are hoped for. Never negative. */
export const allowanceOver = (
  { allowancePerHour, intervalHours }: FundingOutlook,
  settlements: number,
): number => allowancePerHour * intervalHours * Math.max(0, settlements)
