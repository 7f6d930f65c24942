/** How a failing day is made small: nothing of a real day in it, only sets of events and a rule for which of them fail. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Only, onlyOf, onlyText } from '../../../src/simulate/plan/events.ts'
import { shrink } from '../../../src/simulate/shrink.ts'

const SPAN_MS = 84_600_000

const trial = (
  fails: (only: Only) => boolean,
  begins: readonly number[] = Array.from({ length: 30 }, () => 0),
) => ({
  begins,
  spanMs: SPAN_MS,
  windows: {},
  runsMax: 1_000,
  fails: async (only: Only) => fails(only),
})

test('of any events of which some together break the day, exactly those are left', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.integer({ min: 0, max: 29 }), { maxLength: 5 }), async guilty => {
      const found = await shrink(trial(({ events }) => guilty.every(event => events.includes(event))))
      expect(found.only.events).toEqual([...guilty].sort((a, b) => a - b))
      expect(found.cutShort).toBe(false)
    }),
  )
})

test('the end of faults moves close to what must still befall the day', async () => {
  const begins = [3_600_000, 7_200_000, 70_000_000]
  const found = await shrink(trial(({ calmAfterMs }) => calmAfterMs > 7_500_000, begins))
  expect(found.only.calmAfterMs).toBeGreaterThan(7_500_000)
  expect(found.only.calmAfterMs).toBeLessThan(10_000_000)
})

test('a fault whose one strike breaks the day is left with a window of seconds around it', async () => {
  const whole = { fromMs: 90_000, untilMs: SPAN_MS }
  const strikeMs = 33_333_000
  const fails = ({ events, windows: { 1: window = whole }, calmAfterMs }: Only) =>
    events.includes(1) && window.fromMs <= strikeMs && Math.min(window.untilMs, calmAfterMs) > strikeMs
  const { only } = await shrink({ ...trial(fails, [0, 90_000, 0]), windows: { 1: whole } })
  const window = only.windows[1]
  expect(only.events).toEqual([1])
  expect(Number(window?.untilMs) - Number(window?.fromMs)).toBeLessThan(60_000)
  expect(fails(only)).toBe(true)
})

test('two events of which either breaks the day: one is left, and the smaller day still fails', async () => {
  const fails = ({ events }: Only) => events.includes(4) || events.includes(22)
  const { only } = await shrink(trial(fails))
  expect(only.events).toHaveLength(1)
  expect(fails(only)).toBe(true)
})

test('past the bound on days the smallest so far is given, and it is said', async () => {
  let runs = 0
  const fails = ({ events }: Only) => {
    runs++
    return [2, 11, 19, 28].every(event => events.includes(event))
  }
  const found = await shrink({ ...trial(fails), runsMax: 20 })
  expect(found.cutShort).toBe(true)
  expect(runs).toBeLessThanOrEqual(20)
  expect(fails(found.only)).toBe(true)
})

test('what is left of a day is written as an option and read back the same', () => {
  const only = {
    events: [3, 17, 22],
    windows: { 17: { fromMs: 600_000, untilMs: 1_200_500 } },
    calmAfterMs: 21_600_000,
  }
  expect(onlyText(only)).toBe('3,17@600-1200.5,22/21600')
  expect(onlyOf(onlyText(only))).toEqual(only)
  expect(onlyOf('/60')).toEqual({ events: [], windows: {}, calmAfterMs: 60_000 })
})

test.each(['', '3', '3,17', 'a/60', '3@5/60', '3/'])('%o is no such option', text => {
  expect(onlyOf(text)).toBeUndefined()
})
