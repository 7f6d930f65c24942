/**
 * Tables of one contract as one list. Exchanges are kept apart: of several one is taken, the one that is asked for, else Bybit,
 * else those that name none, and the others are reported. Where two tables differ, the first by name counts and it is reported.
 */
import type { ByContract, FundingPoint, LegPrices } from './tables.ts'

type Joined<Point> = { lists: Map<string, Point[]>; faults: string[]; notes: string[] }
type Merge<Point> = (before: Point, next: Point) => Point | null

export const joinedFunding = (
  recorded: readonly ByContract<FundingPoint>[],
  exchange?: string,
): Joined<FundingPoint> =>
  joined('funding', recorded, exchange, (before, next) => (before.rate === next.rate ? before : null))

/** A table may have one leg of an hour and another table the other. */
export const joinedPrices = (
  recorded: readonly ByContract<LegPrices>[],
  exchange?: string,
): Joined<LegPrices> =>
  joined('prices', recorded, exchange, (before, next) =>
    (before.spot ?? next.spot) === (next.spot ?? before.spot) &&
    (before.perp ?? next.perp) === (next.perp ?? before.perp)
      ? { atMs: before.atMs, spot: before.spot ?? next.spot, perp: before.perp ?? next.perp }
      : null,
  )

function joined<Point extends { atMs: number }>(
  kind: string,
  recorded: readonly ByContract<Point>[],
  wanted: string | undefined,
  merge: Merge<Point>,
): Joined<Point> {
  const result: Joined<Point> = { lists: new Map(), faults: [], notes: [] }
  for (const [symbol, tables] of Map.groupBy(recorded, each => each.symbol)) {
    const byExchange = Map.groupBy(tables, each => each.exchange)
    const [taken, ...others] = [...byExchange.keys()].sort(
      (a, b) => rank(a, wanted) - rank(b, wanted) || (a < b ? -1 : 1),
    )
    if (taken === undefined || (wanted !== undefined && taken !== wanted && taken !== '')) continue
    if (others.length > 0)
      result.notes.push(
        `${symbol}: ${kind} of ${nameOf(taken)} are taken; ${others.map(nameOf).join(', ')} ${others.length > 1 ? 'are' : 'is'} there too (--exchange)`,
      )
    result.lists.set(
      symbol,
      merged(`${kind} of ${symbol}`, byExchange.get(taken) ?? [], merge, result.faults),
    )
  }
  return result
}

function merged<Point extends { atMs: number }>(
  what: string,
  tables: readonly ByContract<Point>[],
  merge: Merge<Point>,
  faults: string[],
): Point[] {
  const [first] = tables
  if (tables.length === 1 && first) return first.points
  const points = new Map<number, Point>()
  let [clashes, firstAtMs] = [0, 0]
  for (const next of tables.flatMap(each => each.points)) {
    const before = points.get(next.atMs)
    const both = before ? merge(before, next) : next
    if (both) points.set(next.atMs, both)
    else if (clashes++ === 0) firstAtMs = next.atMs
  }
  if (clashes > 0)
    faults.push(
      `${what}: ${clashes} instants differ between its tables, the first at ${new Date(firstAtMs).toISOString()}; the first table by name counts`,
    )
  return [...points.values()].sort((a, b) => a.atMs - b.atMs)
}

const rank = (exchange: string, wanted: string | undefined): number =>
  exchange === wanted ? 0 : exchange === 'bybit' ? 1 : exchange === '' ? 2 : 3
const nameOf = (exchange: string) => exchange || 'no named exchange'
