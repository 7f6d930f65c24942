/** The chance of one simulated day: one stream for each purpose, so that a draw added to one leaves the others as they were. */
import { nextFraction, randomState } from '../../exchange/simulator/kit/random.ts'

export type Chance = {
  /** In [0, 1). */
  fraction(): number
  /** @param share - of the times, from 0 to 1 */
  isLucky(share: number): boolean
  between(low: number, high: number): number
  /** A whole number, both ends included. */
  whole(low: number, high: number): number
  pick<Value>(from: readonly [Value, ...Value[]]): Value
  /** Some of a list, in an order of chance. */
  some<Value>(from: readonly Value[], count: number): Value[]
}

/** @param seed - of the day; @param purpose - any number that nothing else of the day uses */
export function chanceOf(seed: number, purpose: number): Chance {
  const state = randomState(seed, purpose)
  const fraction = () => nextFraction(state)
  const whole = (low: number, high: number) => low + Math.floor(fraction() * (high - low + 1))
  return {
    fraction,
    whole,
    isLucky: share => fraction() < share,
    between: (low, high) => low + (high - low) * fraction(),
    pick: from => from[whole(0, from.length - 1)] ?? from[0],
    some(from, count) {
      const left = [...from]
      return Array.from({ length: Math.min(count, left.length) }, () =>
        left.splice(whole(0, left.length - 1), 1),
      ).flat()
    },
  }
}
