/**
 * Makes a day that failed as small as it can be and still fail in the same way: the earliest end of its faults, the fewest events,
 * the shortest windows of the faults that are left. What is tried, and in which order, hangs on the answers alone, not on how many
 * days run at once.
 */
import type { Only } from './plan/events.ts'

export type Shrunk = {
  only: Only
  runs: number /** The bound on runs was met: there may be less. */
  cutShort: boolean
}

type Trial = {
  /** Of each event of the whole day: when it begins, in milliseconds from the beginning of the day. */
  begins: readonly number[]
  /** How long its faults last. */
  spanMs: number
  /** Which of them are faults with a window, in milliseconds from the beginning. */
  windows: Readonly<Record<number, { fromMs: number; untilMs: number }>>
  /** Does the day of these fail in the same way? */
  fails: (only: Only) => Promise<boolean>
  runsMax: number
}

/** Days tried together; the first of them that fails counts. */
const TOGETHER = 2
const SHARES = [1 / 16, 1 / 8, 1 / 4, 1 / 2, 3 / 4]
/** A window shorter than this is short enough. */
const WINDOW_MS_MIN = 10_000
const EARLIER_STEPS = 3

/** @returns the smallest that was found; the whole day when nothing less fails in the same way */
export async function shrink(trial: Trial): Promise<Shrunk> {
  const { begins, spanMs, runsMax, fails } = trial
  const whole: Only = { events: begins.map((_, at) => at), windows: {}, calmAfterMs: spanMs }
  const tries = { runs: 0, runsMax, fails, begins }
  const earlier = await endedEarlier(whole, tries)
  const fewer = await withFewer(earlier, tries)
  const last = await endedEarlier(fewer, tries)
  const only = await withShorterWindows(await withFewer(last, tries), trial.windows, tries)
  return { only, runs: tries.runs, cutShort: tries.runs >= runsMax }
}

type Tries = Pick<Trial, 'begins' | 'fails' | 'runsMax'> & { runs: number }

/** The first of the candidates that still fails. */
async function firstFailing(candidates: readonly Only[], tries: Tries): Promise<Only | undefined> {
  for (let at = 0; at < candidates.length; at += TOGETHER) {
    const batch = candidates.slice(at, at + TOGETHER)
    if (tries.runs + batch.length > tries.runsMax) {
      tries.runs = tries.runsMax
      return undefined
    }
    tries.runs += batch.length
    const failed = await Promise.all(batch.map(only => tries.fails(only)))
    const found = batch[failed.indexOf(true)]
    if (found) return found
  }
  return undefined
}

async function endedEarlier(from: Only, tries: Tries): Promise<Only> {
  const whole = from.calmAfterMs
  const at = (ms: number): Only => {
    const calmAfterMs = Math.round(ms / 1_000) * 1_000
    return {
      ...from,
      calmAfterMs,
      events: from.events.filter(event => (tries.begins[event] ?? 0) < calmAfterMs),
    }
  }
  let best =
    (await firstFailing(
      SHARES.map(share => at(whole * share)),
      tries,
    )) ?? from
  let good = Math.max(0, ...SHARES.map(share => whole * share).filter(ms => ms < best.calmAfterMs))
  for (let step = 0; step < EARLIER_STEPS && best !== from; step++) {
    const middle = (good + best.calmAfterMs) / 2
    const found = await firstFailing([at(middle)], tries)
    if (found) best = found
    else good = middle
  }
  return best
}

/** Delta debugging: without ever smaller parts, until no single event can be left out. */
async function withFewer(from: Only, tries: Tries): Promise<Only> {
  let best = from
  let parts = 2
  while (best.events.length > 0) {
    const size = Math.ceil(best.events.length / parts)
    const chunks = Array.from({ length: Math.ceil(best.events.length / size) }, (_, at) =>
      best.events.slice(at * size, (at + 1) * size),
    )
    const without = chunks.map(chunk => best.events.filter(event => !chunk.includes(event)))
    const candidates = parts === 2 ? [[], ...without] : without
    const found = await firstFailing(
      candidates.map(events => ({ ...best, events })),
      tries,
    )
    if (found) {
      best = found
      parts = Math.max(2, Math.min(parts - 1, best.events.length))
    } else if (size === 1) return best
    else parts = Math.min(best.events.length, parts * 2)
  }
  return best
}

/** Halves the windows of the faults that are left, as long as one half does. */
async function withShorterWindows(from: Only, windows: Trial['windows'], tries: Tries): Promise<Only> {
  let best = from
  for (const event of from.events) {
    let window = windows[event]
    while (window && window.untilMs - window.fromMs > 2 * WINDOW_MS_MIN) {
      const { fromMs, untilMs } = window
      const middleMs = Math.round((fromMs + Math.min(untilMs, best.calmAfterMs)) / 2_000) * 1_000
      const halves = [
        { fromMs, untilMs: middleMs },
        { fromMs: middleMs, untilMs: Math.min(untilMs, best.calmAfterMs) },
      ]
      const found: Only | undefined = await firstFailing(
        halves.map(half => ({ ...best, windows: { ...best.windows, [event]: half } })),
        tries,
      )
      if (!found) break
      best = found
      window = found.windows[event]
    }
  }
  return best
}
