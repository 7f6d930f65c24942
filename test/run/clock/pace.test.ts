/** Simulated time never outruns the machine it runs on, and is as fast as asked for where the machine is quiet. */
import { describe, expect, test } from 'vitest'
import { createPace } from '../../../src/run/pacer.ts'

const SPEED = 60
/** Simulated: books older than this decide nothing, and orders are given this long. */
const OLD_MS = 10_000
const BEAT_MS = 40
/** What one simulated second costs this model's engine and simulator, in milliseconds of a processor. */
const COST = 6

/**
 * Engine and simulator as one worker that has a share of a processor: what simulated time brings waits in a queue until it is
 * worked off. Gives, beat by beat, how old what is worked on is, in simulated milliseconds, and the pace.
 */
function run(beats: number, shareAt: (beat: number) => number) {
  const pace = createPace(SPEED)
  const seen: { ageMs: number; pace: number }[] = []
  let waitingMs = 0
  for (let beat = 0; beat < beats; beat++) {
    const share = shareAt(beat)
    const arrivedMs = ((BEAT_MS * pace.now()) / 1000) * COST
    waitingMs = Math.max(0, waitingMs + arrivedMs - BEAT_MS * share)
    const lagMs = 3 + waitingMs / share
    pace.heard(lagMs, false)
    seen.push({ ageMs: lagMs * pace.now(), pace: pace.now() })
  }
  return seen
}

const worst = (ages: readonly { ageMs: number }[]) => Math.max(...ages.map(({ ageMs }) => ageMs))
const mean = (paces: readonly { pace: number }[]) =>
  paces.reduce((sum, { pace }) => sum + pace, 0) / paces.length

describe('a machine that cannot follow', () => {
  test.each([0.3, 0.1, 0.04])('with a share of %d of a processor nothing that is heard is old', share => {
    const seen = run(3_000, () => share)
    expect(worst(seen.slice(200))).toBeLessThan(OLD_MS)
    // And time is not slower than it must be: two thirds of what the share allows are used.
    const allowed = Math.min(SPEED, (share * 1000) / COST)
    expect(mean(seen.slice(1_000))).toBeGreaterThan(allowed * 0.66)
  })

  test('slows down within a second when the machine becomes busy', () => {
    const seen = run(600, beat => (beat < 300 ? 1 : 0.08))
    expect(seen[299]?.pace).toBe(SPEED)
    expect(worst(seen.slice(300))).toBeLessThan(2 * OLD_MS)
    expect(worst(seen.slice(325))).toBeLessThan(OLD_MS)
  })

  test('time goes on however slow it is, and never slower than the wall clock', () => {
    const pace = createPace(SPEED)
    for (let beat = 0; beat < 100; beat++) pace.heard(600_000, false)
    expect(pace.now()).toBe(1)
  })
})

test('a quiet machine runs at the speed asked for, whatever single answers take', () => {
  const pace = createPace(SPEED)
  let least = SPEED
  for (let beat = 0; beat < 2_000; beat++) {
    pace.heard(beat % 40 === 0 ? 80 : 4, false)
    least = Math.min(least, pace.now())
  }
  expect(least).toBe(SPEED)
})

test('once the machine is quiet again time is back at its speed within fifteen seconds', () => {
  const pace = createPace(SPEED)
  for (let beat = 0; beat < 100; beat++) pace.heard(2_000, false)
  expect(pace.now()).toBeLessThan(3)
  for (let beat = 0; beat < 15_000 / BEAT_MS; beat++) pace.heard(4, false)
  expect(pace.now()).toBe(SPEED)
})

test('while a hedge is opened on a busy machine a step of it takes a second of simulated time, not four', () => {
  const [calm, atWork] = [createPace(SPEED), createPace(SPEED)]
  for (let beat = 0; beat < 100; beat++) {
    calm.heard(50, false)
    atWork.heard(50, true)
  }
  expect(calm.now()).toBe(SPEED)
  expect(atWork.now() * 50).toBeCloseTo(1_000)
})
