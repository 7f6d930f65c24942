/**
 * The SDK stamps requests with the machine's time plus an offset. The exchange of this process may live in another time (a
 * simulator at 60 times the speed), so the offset is worked out anew at each use and never stored.
 */
import type { Clock } from '../../../clock/clock.ts'

/** What must be added to the machine's time, now, to get the exchange's. */
export const offsetFromSystemMs = (clock: Clock): number => clock.nowMs() - Date.now()
