import { expect, test } from 'vitest'
import { nextFraction, randomState } from '../../../src/exchange/simulator/kit/random.ts'
import { slopeOf } from './slope.ts'

const HOUR_MS = 3_600_000
/** A measurement each five seconds, for half an hour. */
const measured = (perHour: number, noise: number, seed: number) => {
  const state = randomState(seed, 1)
  return Array.from({ length: 360 }, (_, at) => {
    const atMs = at * 5_000
    return { atMs, value: 100 + (perHour * atMs) / HOUR_MS + noise * (nextFraction(state) - 0.5) }
  })
}

test('a line without noise is found exactly', () => {
  expect(slopeOf(measured(12, 0, 1))?.perHour).toBeCloseTo(12, 6)
})

test('the true slope lies in the interval at least nineteen times in twenty', () => {
  const found = Array.from({ length: 200 }, (_, seed) => slopeOf(measured(3, 10, seed + 1)))
  const held = found.filter(slope => slope && Math.abs(slope.perHour - 3) <= slope.within)
  expect(held.length).toBeGreaterThanOrEqual(190)
})

test('what grows is told from what only trembles', () => {
  const [still, growing] = [slopeOf(measured(0, 10, 5)), slopeOf(measured(20, 10, 5))]
  expect(Math.abs(Number(still?.perHour))).toBeLessThanOrEqual(Number(still?.within))
  expect(Number(growing?.perHour)).toBeGreaterThan(Number(growing?.within))
})

test.each([0, 1, 11])('%i points make no line', count => {
  expect(slopeOf(measured(1, 0, 1).slice(0, count))).toBeUndefined()
})
