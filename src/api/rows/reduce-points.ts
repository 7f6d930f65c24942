/** A long curve as a short one that looks the same: of each stretch the first, lowest, highest and last point stay. */

type Point = { atMs: number; equityUsdt: string }

/**
 * Keeps at most about `most` points, in order; every high and low that a stretch reaches is kept, so that the largest
 * draw-down is too. For the eye only: amounts are compared as numbers, and none is changed.
 */
export function reducePoints<P extends Point>(points: readonly P[], most: number): P[] {
  if (points.length <= most) return [...points]
  const size = Math.ceil(points.length / Math.max(1, Math.floor(most / 4)))
  const kept: P[] = []
  for (let from = 0; from < points.length; from += size) {
    const stretch = points.slice(from, from + size)
    const ordered = stretch.toSorted((a, b) => Number(a.equityUsdt) - Number(b.equityUsdt))
    const marks = new Set([stretch[0], ordered[0], ordered.at(-1), stretch.at(-1)])
    kept.push(...stretch.filter(point => marks.has(point)))
  }
  return kept
}
