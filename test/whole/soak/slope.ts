/** A straight line through what was measured over time: how steep it is, and how sure that is. */

export type Slope = {
  /** Of the value, in an hour. */
  perHour: number
  /** Half the width of the interval that holds the true slope nineteen times in twenty. */
  within: number
}

type Point = { atMs: number; value: number }

/** Neighbours in time are alike: so many measurements count as one, else the interval would be too narrow. */
const ALIKE = 4
const HOUR_MS = 3_600_000

/** @returns undefined for fewer points than make a line of any certainty */
export function slopeOf(points: readonly Point[]): Slope | undefined {
  const count = points.length
  const free = count / ALIKE - 2
  if (free < 1) return undefined
  const mean = (of: (point: Point) => number) => points.reduce((sum, point) => sum + of(point), 0) / count
  const [atMs, value] = [mean(point => point.atMs), mean(point => point.value)]
  const spread = points.reduce((sum, point) => sum + (point.atMs - atMs) ** 2, 0)
  if (spread === 0) return undefined
  const slope = points.reduce((sum, point) => sum + (point.atMs - atMs) * (point.value - value), 0) / spread
  const rest = points.reduce(
    (sum, point) => sum + (point.value - value - slope * (point.atMs - atMs)) ** 2,
    0,
  )
  // Student's t at 95 %, to a percent from three free points on.
  const t = 1.96 + 2.4 / free + 6 / free ** 3
  const error = Math.sqrt(rest / ALIKE / free / (spread / ALIKE))
  return { perHour: slope * HOUR_MS, within: t * error * HOUR_MS }
}
