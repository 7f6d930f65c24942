/**
 * How far back the exchange's transaction log is read. It lists rows late now and then, by seconds or by hours: what came late is
 * found by reading the same stretch again, more often while the wallet shows that something is missing.
 */
import type { Ports } from '../ports.ts'

/** Each reading begins so long before the newest booked row: rows of one instant may come one after the other. */
export const LOOKED_BACK_MS = 10_000
/** While the books tie out a late row is missed by nobody yet: the whole span is read this often. */
const WHOLE_EVERY_MS = 600_000
/** While they do not, sooner, then more and more rarely. */
const MISSING_FIRST_MS = 20_000
const MISSING_LAST_MS = 120_000
/** The first reading of a process goes back at least so far: what its forerunner booked last may have been told to nobody. */
const FIRST_SPAN_MS = 3_600_000
/** Where the rules do not say. */
const SPAN_MS = 6 * 3_600_000

/** Of one bookkeeper; all in engine milliseconds. */
export function createLookBack(ports: () => Ports<'clock' | 'pace' | 'rules'>) {
  let isFirst = true
  /** The whole span is due so long after this instant, at the pace of that moment. */
  let dueFromMs = 0
  let dueAfterMs = 0
  let waitMs = MISSING_FIRST_MS
  const isWholeDue = ({ clock, pace }: Ports<'clock' | 'pace'>) =>
    isFirst || clock.nowMs() >= dueFromMs + dueAfterMs * pace
  const due = (fromMs: number, afterMs: number) => {
    dueFromMs = fromMs
    dueAfterMs = afterMs
  }
  return {
    /** How far before the newest booked row this reading begins. */
    spanMs(): number {
      const { rules } = ports()
      const { lateRowsMs = SPAN_MS } = rules.limits
      if (isFirst) return Math.max(FIRST_SPAN_MS, lateRowsMs)
      return isWholeDue(ports()) ? Math.max(LOOKED_BACK_MS, lateRowsMs) : LOOKED_BACK_MS
    },
    /** After a reading. @param isTied - the wallet is explained, in every coin */
    looked(isTied: boolean): void {
      const { clock, pace } = ports()
      const nowMs = clock.nowMs()
      const isDue = isWholeDue(ports())
      isFirst = false
      if (isTied) {
        waitMs = MISSING_FIRST_MS
        if (isDue) due(nowMs, WHOLE_EVERY_MS)
        return
      }
      if (isDue || nowMs + waitMs * pace < dueFromMs + dueAfterMs * pace) due(nowMs, waitMs)
      if (isDue) waitMs = Math.min(MISSING_LAST_MS, waitMs * 2)
    },
  }
}
