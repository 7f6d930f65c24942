/** What hedges realised by day, week, month or in all, for each symbol and for all of them, and what a year of that would be. */
import { Decimal } from 'decimal.js'
import { type Usdt, usdt } from '../units.ts'
import type { EarnedDay } from './earned-days.ts'

/** UTC; a week begins on Monday. */
export type EarnedBy = 'day' | 'week' | 'month' | 'all'

export type HedgeDays = { hedgeId: string; symbol: string; days: readonly EarnedDay[] }

type EarnedPeriod = Pick<
  EarnedDay,
  'fundingUsdt' | 'feesUsdt' | 'borrowUsdt' | 'tradingUsdt' | 'netUsdt' | 'expectedFundingUsdt'
> & {
  fromMs: number
  untilMs: number
  /** '' for all symbols together. */
  symbol: string
  hedges: number
  /** In use, averaged over the time that any was. */
  capitalUsdt: Usdt
  /** How long any capital was in use: times that overlap count once. */
  usedMs: number
  /** Net on the capital used, a year, not compounded; null below a day of use. */
  apr: number | null
}

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const HOURS_A_YEAR = 8760

/** Oldest first; within a period all together first, then symbol by symbol. */
export function earnedPeriods(hedges: readonly HedgeDays[], by: EarnedBy, nowMs: number): EarnedPeriod[] {
  const groups = new Map<string, Group>()
  for (const { hedgeId, symbol, days } of hedges)
    for (const day of days)
      for (const shown of ['', symbol]) {
        const fromMs = beginningOf(by, day.dayMs)
        const key = `${String(fromMs).padStart(16, '0')} ${shown}`
        const group = groups.get(key) ?? { fromMs, symbol: shown, hedgeIds: new Set(), days: [] }
        group.hedgeIds.add(hedgeId)
        group.days.push(day)
        groups.set(key, group)
      }
  return [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => periodOf(group, by, nowMs))
}

type Group = { fromMs: number; symbol: string; hedgeIds: Set<string>; days: EarnedDay[] }

function periodOf({ fromMs, symbol, hedgeIds, days }: Group, by: EarnedBy, nowMs: number): EarnedPeriod {
  const sum = (part: keyof Omit<EarnedDay, 'dayMs' | 'usedFromMs' | 'usedUntilMs'>) =>
    days.reduce((total, day) => total.plus(day[part]), new Decimal(0))
  const usedMs = lengthOfUnion(days.map(({ usedFromMs, usedUntilMs }) => [usedFromMs, usedUntilMs]))
  const capitalHours = sum('capitalUsdtHours')
  const net = sum('netUsdt')
  const isAnnual = usedMs >= DAY_MS && capitalHours.gt(0)
  return {
    fromMs: by === 'all' ? Math.min(...days.map(({ usedFromMs }) => usedFromMs)) : fromMs,
    untilMs: by === 'all' ? nowMs : Math.min(nowMs, endOf(by, fromMs)),
    symbol,
    hedges: hedgeIds.size,
    fundingUsdt: usdt(sum('fundingUsdt')),
    feesUsdt: usdt(sum('feesUsdt')),
    borrowUsdt: usdt(sum('borrowUsdt')),
    tradingUsdt: usdt(sum('tradingUsdt')),
    netUsdt: usdt(net),
    expectedFundingUsdt: usdt(sum('expectedFundingUsdt')),
    capitalUsdt: usdt(usedMs > 0 ? capitalHours.times(HOUR_MS).div(usedMs).toDecimalPlaces(8) : capitalHours),
    usedMs,
    apr: isAnnual ? net.div(capitalHours).times(HOURS_A_YEAR).toNumber() : null,
  }
}

/** 1970 began on a Thursday, three days after a Monday. */
const MONDAY_MS = 4 * DAY_MS
const WEEK_MS = 7 * DAY_MS

function beginningOf(by: EarnedBy, dayMs: number): number {
  if (by === 'all') return 0
  if (by === 'day') return dayMs
  if (by === 'week') return Math.floor((dayMs - MONDAY_MS) / WEEK_MS) * WEEK_MS + MONDAY_MS
  const day = new Date(dayMs)
  return Date.UTC(day.getUTCFullYear(), day.getUTCMonth())
}

function endOf(by: EarnedBy, fromMs: number): number {
  if (by === 'day') return fromMs + DAY_MS
  if (by === 'week') return fromMs + WEEK_MS
  const day = new Date(fromMs)
  return Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1)
}

/** Of time spans that may overlap. */
function lengthOfUnion(spans: readonly (readonly [fromMs: number, untilMs: number])[]): number {
  let [length, reachedMs] = [0, Number.NEGATIVE_INFINITY]
  for (const [fromMs, untilMs] of spans.toSorted(([a], [b]) => a - b)) {
    if (untilMs <= reachedMs) continue
    length += untilMs - Math.max(fromMs, reachedMs)
    reachedMs = untilMs
  }
  return length
}
