/** What is wrong with records that can be read: holes, rates filled forward, intervals that switch, bases that cannot be. */
import { HOUR_MS } from '../../domain/market/funding.ts'
import type { FundingPoint, HistoryRecords, PricePoint } from '../../exchange/simulator/history/files.ts'

type RecordFinding = {
  symbol: string
  kind:
    | 'missing settlements'
    | 'missing price hours'
    | 'filled forward'
    | 'interval switches'
    | 'impossible basis'
    | 'price jump'
  /** How many settlements or hours it concerns. */
  count: number
  fromMs: number
  toMs: number
  detail: string
}

/** Beyond this the two legs are not of one coin, or one of them is wrong. */
const BASIS_MAX = 0.05
/** Within one hour. */
const JUMP_MAX = 0.5
/** Fewer changes of a rate say nothing of when it changes. */
const CHANGES_MIN = 10

/** Every finding, by symbol; holes are joined into one finding each. */
export function checkRecords({ funding, prices }: HistoryRecords): RecordFinding[] {
  return [
    ...[...funding].flatMap(([symbol, points]) => [
      ...settlementHoles(symbol, points),
      ...filledForward(symbol, points),
      ...switches(symbol, points),
    ]),
    ...[...prices].flatMap(([symbol, points]) => [
      ...priceHoles(symbol, points),
      ...basis(symbol, points),
      ...jumps(symbol, points),
    ]),
  ].sort((a, b) => (a.symbol < b.symbol ? -1 : a.symbol > b.symbol ? 1 : a.fromMs - b.fromMs))
}

/** Settlements further apart than either interval says. */
function settlementHoles(symbol: string, points: readonly FundingPoint[]): RecordFinding[] {
  return points.flatMap((point, at): RecordFinding[] => {
    const before = points[at - 1]
    const usual = Math.max(point.intervalMs, before?.intervalMs ?? 0)
    if (!before || point.atMs - before.atMs <= usual) return []
    const count = Math.round((point.atMs - before.atMs) / usual) - 1
    return [
      {
        symbol,
        kind: 'missing settlements',
        count: Math.max(1, count),
        fromMs: before.atMs + before.intervalMs,
        toMs: point.atMs,
        detail: `none for ${(point.atMs - before.atMs) / HOUR_MS} h`,
      },
    ]
  })
}

/** Hourly rows whose rate only ever changes every fourth or eighth hour are one settlement written many times. */
function filledForward(symbol: string, points: readonly FundingPoint[]): RecordFinding[] {
  const hourly = points.filter(({ intervalMs }) => intervalMs === HOUR_MS)
  const changed = hourly.filter((point, at) => at > 0 && point.rate !== hourly[at - 1]?.rate)
  const every = [8, 4, 2].find(hours => changed.every(({ atMs }) => (atMs / HOUR_MS) % hours === 0))
  const [first, last] = [hourly[0], hourly.at(-1)]
  if (every === undefined || changed.length < CHANGES_MIN || !first || !last) return []
  return [
    {
      symbol,
      kind: 'filled forward',
      count: hourly.length,
      fromMs: first.atMs,
      toMs: last.atMs,
      detail: `hourly rows, but the rate changes every ${every} hours only: funding would be counted ${every} times`,
    },
  ]
}

function switches(symbol: string, points: readonly FundingPoint[]): RecordFinding[] {
  const at = points.filter((point, index) => index > 0 && point.intervalMs !== points[index - 1]?.intervalMs)
  const [first, last] = [at[0], at.at(-1)]
  if (!first || !last) return []
  const hours = [...new Set(points.map(({ intervalMs }) => intervalMs / HOUR_MS))].sort((a, b) => a - b)
  const detail = `intervals of ${hours.join(', ')} hours`
  return [
    { symbol, kind: 'interval switches', count: at.length, fromMs: first.atMs, toMs: last.atMs, detail },
  ]
}

function priceHoles(symbol: string, points: readonly PricePoint[]): RecordFinding[] {
  return points.flatMap((point, at): RecordFinding[] => {
    const expectedMs = (points[at - 1]?.atMs ?? point.atMs - HOUR_MS) + HOUR_MS
    const count = (point.atMs - expectedMs) / HOUR_MS
    return count > 0
      ? [
          {
            symbol,
            kind: 'missing price hours',
            count,
            fromMs: expectedMs,
            toMs: point.atMs,
            detail: `${count} h`,
          },
        ]
      : []
  })
}

function basis(symbol: string, points: readonly PricePoint[]): RecordFinding[] {
  const of = ({ perpPrice, spotPrice }: PricePoint) => perpPrice / spotPrice - 1
  // A contract of a thousand coins stands a thousand times as high: only what moves apart is impossible.
  const usual = median(points.map(({ perpPrice, spotPrice }) => perpPrice / spotPrice))
  const unit = usual > 5 ? 10 ** Math.round(Math.log10(usual)) : 1
  const found = points.filter(point => Math.abs((of(point) + 1) / unit - 1) > BASIS_MAX)
  const [first, last] = [found[0], found.at(-1)]
  if (!first || !last) return []
  const worst = Math.max(...found.map(point => Math.abs((of(point) + 1) / unit - 1)))
  const detail = `spot and perpetual up to ${(100 * worst).toFixed(1)} % apart`
  return [
    { symbol, kind: 'impossible basis', count: found.length, fromMs: first.atMs, toMs: last.atMs, detail },
  ]
}

function jumps(symbol: string, points: readonly PricePoint[]): RecordFinding[] {
  return points.flatMap((point, at): RecordFinding[] => {
    const before = points[at - 1]
    if (!before || point.atMs - before.atMs > HOUR_MS) return []
    const moved = point.perpPrice / before.perpPrice - 1
    return Math.abs(moved) > JUMP_MAX
      ? [
          {
            symbol,
            kind: 'price jump',
            count: 1,
            fromMs: before.atMs,
            toMs: point.atMs,
            detail: `${before.perpPrice} to ${point.perpPrice}`,
          },
        ]
      : []
  })
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 1
}
