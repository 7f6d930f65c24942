/**
 * A token bucket per caller: a burst, then a steady rate. It bounds what a runaway script can command.
 */
import type { Clock } from '../../clock/clock.ts'

const BURST = 20
const PER_SECOND = 5
/** More callers than this are forgotten oldest first; a forgotten caller starts with a full bucket. */
const CALLERS_MAX = 1000

/** Takes one from the caller's bucket: 0 when there was one, else the seconds to wait for the next. */
export function rateLimit(clock: Clock): (caller: string) => number {
  const buckets = new Map<string, { left: number; atMs: number }>()
  return caller => {
    const nowMs = clock.nowMs()
    const { left, atMs } = buckets.get(caller) ?? { left: BURST, atMs: nowMs }
    const filled = Math.min(BURST, left + (Math.max(0, nowMs - atMs) / 1000) * PER_SECOND)
    const taken = filled >= 1
    buckets.delete(caller)
    buckets.set(caller, { left: taken ? filled - 1 : filled, atMs: nowMs })
    const oldest = buckets.size > CALLERS_MAX ? buckets.keys().next().value : undefined
    if (oldest !== undefined) buckets.delete(oldest)
    return taken ? 0 : Math.ceil((1 - filled) / PER_SECOND)
  }
}
