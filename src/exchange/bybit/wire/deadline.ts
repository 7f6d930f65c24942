/** Bounds a wait in engine time. What comes later is not listened to. */
import type { Clock } from '../../../clock/clock.ts'
import { WireFailure } from './wire.ts'

/** Rejects with `WireFailure` when nothing came within `deadlineMs`. */
export function withDeadline<T>(clock: Clock, deadlineMs: number, answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(
      () => reject(new WireFailure(`no answer within ${deadlineMs} ms`)),
      deadlineMs,
    )
    answer.then(resolve, reject).finally(() => clock.clearTimeout(timer))
  })
}
