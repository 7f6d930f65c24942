/**
 * Rules over settled funding alone, one mind per symbol. A mind is shown one settlement after the other and answers at once:
 * what was not shown yet cannot decide. The four here are the baselines that every rule is held against.
 */
import type { FundingPoint } from '../../exchange/simulator/history/files.ts'

export type SettlementSeen = FundingPoint & {
  /** The rate as a number: it judges, and no amount is made from it. */
  value: number
  /** Since the settlement before, bounded to 0.5 … 24; of the first 8. */
  hours: number
  /** Still in the days that only teach: an answer is not acted upon. */
  learning: boolean
}
type HeldSince = { sinceMs: number }
type Wish = 'enter' | 'leave' | 'nothing'
/** Shown each settlement once, in order. What it earns counts from the settlement after the answer on. */
export type Mind = (seen: SettlementSeen, held: HeldSince | null) => Wish
export type FundingRule = { name: string; begin(symbol: string): Mind }

const HOURS_A_YEAR = 8760

const DO_NOTHING: FundingRule = { name: 'do nothing', begin: () => () => 'nothing' }

export const HOLDING: FundingRule = {
  name: 'hold all',
  begin: () => (_, held) => (held ? 'nothing' : 'enter'),
}

/** In above 30 % a year, out below −15 %, on the last rate alone, held for five days at least. Source: playbook e.9. */
const FIXED_THRESHOLD: FundingRule = {
  name: 'fixed threshold',
  begin:
    () =>
    ({ value, hours, atMs }, held) => {
      const apr = (value / hours) * HOURS_A_YEAR
      if (!held) return apr > 0.3 ? 'enter' : 'nothing'
      return apr < -0.15 && atMs - held.sinceMs >= 120 * 3_600_000 ? 'leave' : 'nothing'
    },
}

const FAST_HOURS = 48
const SLOW_HOURS = 1080
/** The gap between both means is taken to fade over a week. */
const FADE_HOURS = 168
const HORIZONS_HOURS = [24, 72, 168, 336, 720, 2160]
const ENTRY_APR_MIN = 0.03
const EXIT_HORIZON_HOURS = 336
const EXIT_LOSS = -0.002

/**
 * The thirty-line rule: the mean of the hourly rate at two speeds; in when the best of six horizons pays more than 3 % a year
 * after the round trip, out when two weeks are expected to cost more than 20 bps. A floor, not a target: it knows neither
 * basis nor capital nor caps.
 * @param roundTrip - four fills and every spread, a fraction of notional
 */
export const twoSpeeds = (roundTrip: number): FundingRule => ({
  name: 'two speeds',
  begin() {
    let fast: number | undefined
    let slow = 0
    return ({ value, hours }, held) => {
      const hourly = value / hours
      if (fast === undefined) {
        fast = hourly
        slow = hourly
      } else {
        fast += (1 - Math.exp(-hours / FAST_HOURS)) * (hourly - fast)
        slow += (1 - Math.exp(-hours / SLOW_HOURS)) * (hourly - slow)
      }
      const gap = (fast - slow) * FADE_HOURS
      const over = (horizon: number) => slow * horizon + gap * (1 - Math.exp(-horizon / FADE_HOURS))
      if (held) return over(EXIT_HORIZON_HOURS) < EXIT_LOSS ? 'leave' : 'nothing'
      const best = Math.max(
        ...HORIZONS_HOURS.map(horizon => ((over(horizon) - roundTrip) / horizon) * HOURS_A_YEAR),
      )
      return best > ENTRY_APR_MIN ? 'enter' : 'nothing'
    }
  },
})

/** In the order in which a table shows them. */
export const baselines = (roundTrip: number): FundingRule[] => [
  DO_NOTHING,
  HOLDING,
  FIXED_THRESHOLD,
  twoSpeeds(roundTrip),
]
