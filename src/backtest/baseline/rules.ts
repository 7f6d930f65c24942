/**
 * The rules a backtest is held against. They look at the last settled rate and at nothing else: no costs, no expectation.
 * Source of the two pairs: the playbook's e.9, which quotes them as the fixed thresholds that others publish.
 */
import { fundingApr, HOUR_MS } from '../../domain/market/funding.ts'
import type { FundingRate } from '../../domain/units.ts'

type Seen = {
  /** The last settled rate and its interval; null before the first. */
  settled: { rate: FundingRate; intervalMs: number } | null
  /** How long it is held; null while it is not. */
  heldMs: number | null
}
type Wish = { want: 'enter' | 'leave' | 'nothing'; because: string }
export type BaselineRule = { name: string; judge(seen: Seen): Wish }

const nothing: Wish = { want: 'nothing', because: '' }

/** Every symbol is hedged once, at the start, and held to the end. */
export const HOLD_ALL: BaselineRule = {
  name: 'hold all',
  judge: ({ heldMs }) =>
    heldMs === null ? { want: 'enter', because: 'every symbol is held from the start' } : nothing,
}

type Pair = { name: string; enterAbove: number; leaveBelow: number; holdMinMs: number; unit: string }

/** @param worthOf - the settled rate in the unit of the two thresholds */
const thresholds = (
  { name, enterAbove, leaveBelow, holdMinMs, unit }: Pair,
  worthOf: (rate: FundingRate, intervalMs: number) => number,
): BaselineRule => ({
  name,
  judge({ settled, heldMs }) {
    if (!settled) return nothing
    const value = worthOf(settled.rate, settled.intervalMs)
    const said = `${(100 * value).toFixed(4)} % ${unit}`
    if (heldMs === null)
      return value > enterAbove
        ? { want: 'enter', because: `${said} is above ${100 * enterAbove} %` }
        : nothing
    return value < leaveBelow && heldMs >= holdMinMs
      ? { want: 'leave', because: `${said} is below ${100 * leaveBelow} %` }
      : nothing
  },
})

const HOURS_A_YEAR = 8760
/** What a rate comes to in eight hours, whatever its own interval. */
const per8h = (rate: FundingRate, intervalMs: number) => (fundingApr(rate, intervalMs) * 8) / HOURS_A_YEAR

export const RATE_PAIR = thresholds(
  { name: 'thresholds .05/.01 %', enterAbove: 0.0005, leaveBelow: 0.0001, holdMinMs: 0, unit: 'in 8 h' },
  per8h,
)
export const APR_PAIR = thresholds(
  {
    name: 'thresholds +30/-15 %',
    enterAbove: 0.3,
    leaveBelow: -0.15,
    holdMinMs: 120 * HOUR_MS,
    unit: 'a year',
  },
  fundingApr,
)
export const BASELINES: readonly BaselineRule[] = [HOLD_ALL, RATE_PAIR, APR_PAIR]
