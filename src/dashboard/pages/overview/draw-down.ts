/** At each point the fall from the highest value before it, as a fraction: 0 at a new high, −0.02 two percent below. */
export function drawDown(values: readonly number[]): number[] {
  let high = Number.NEGATIVE_INFINITY
  return values.map(value => {
    high = Math.max(high, value)
    return high > 0 ? value / high - 1 : 0
  })
}
