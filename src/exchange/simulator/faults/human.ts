/** Somebody else at the same account: orders that no engine decided, placed now and then. */

import type { CoreRequest } from '../simulated.ts'
import type { Faults } from './faults.ts'
import { type Fault, msOf } from './plan.ts'

/** A person's hand: `look` places what is due. */
export function humanHand(
  faults: Faults,
  uid: string,
  ask: (request: CoreRequest) => unknown,
): { look(): void } {
  const triedAtMs = new Map<Fault, number>()
  return {
    look() {
      const due = faults.holds('human-trades')
      if (!due?.order) return
      if (faults.nowMs() < (triedAtMs.get(due) ?? Number.NEGATIVE_INFINITY) + msOf(due)) return
      triedAtMs.set(due, faults.nowMs())
      if (!faults.strikes('human-trades')) return
      ask({ via: 'rest', method: 'POST', path: '/v5/order/create', params: { ...due.order }, uid })
    },
  }
}
