/** What is left of a sweep's best after the number of tries is taken into account. */
import {
  dailyChanges,
  dailyReturns,
  luckiestSharpe,
  momentsOf,
  sharpeOf,
  sharpeProbability,
  yearly,
  yearlyRange,
} from './statistics.ts'
import type { Trial, WholeTrial } from './trial.ts'

const BPS = 10_000

export type SweepLuck = {
  tries: number
  /** Of the best by this ratio, a year; and what the luckiest of so many worthless tries would show. */
  bestSharpe: number
  luckiestSharpe: number
  /** Deflated: how likely the best one's true ratio is above what luck alone shows, 0 to 1. */
  deflated: number
  /** How likely the configured rule's true ratio is above 0: it was not chosen here, so no try is counted against it. */
  configured: number
  /** Share of the trials whose units earn more than those of the two-speed rule. */
  aboveTwoSpeeds: number
  /** The configured rule less the two speeds, bps per symbol and year: the middle nine tenths of the days drawn anew in blocks. */
  ahead: { low: number; high: number } | null
}

type LuckOf = {
  trials: readonly Trial[]
  configured: WholeTrial
  against: WholeTrial
  symbols: number
  seed: number
}

/** @param of - at least one trial; `against` is the two-speed rule */
export function luckOf({ trials, configured, against, symbols, seed }: LuckOf): SweepLuck {
  const moments = trials.map(({ equity }) => momentsOf(dailyReturns(equity)))
  const ratios = moments.map(sharpeOf)
  const at = ratios.reduce((most, ratio, index) => (ratio > (ratios[most] ?? 0) ? index : most), 0)
  const luckiest = luckiestSharpe(ratios)
  const best = moments[at]
  const inBps = ({ units }: WholeTrial) => dailyChanges(units.equity).map(value => (value / symbols) * BPS)
  const other = inBps(against)
  return {
    tries: trials.length,
    bestSharpe: yearly(ratios[at] ?? 0),
    luckiestSharpe: yearly(luckiest),
    deflated: best ? sharpeProbability(best, luckiest) : 0,
    configured: sharpeProbability(momentsOf(dailyReturns(configured.equity)), 0),
    aboveTwoSpeeds:
      trials.filter(({ netBps }) => netBps > against.netBps).length / Math.max(1, trials.length),
    ahead: yearlyRange(
      inBps(configured).map((value, day) => value - (other[day] ?? 0)),
      seed,
    ),
  }
}
