/**
 * An exchange whose orders stay inside its request limits: an entering order leaves only while the share kept for exits is
 * whole, a reducing one may use all of it. What is held back is a certain rejection: nothing left this process.
 */
import type { Clock } from '../clock/clock.ts'
import { intentOf } from '../domain/legs/order.ts'
import {
  ADDRESS,
  createQuota,
  placingEndpoint,
  type QuotaRules,
  type QuotaUse,
} from '../domain/risk/quota.ts'
import type { Exchange } from './exchange.ts'

type Governed = Exchange & {
  /** How much of each limit is used, by endpoint; `ADDRESS` is this address as a whole. */
  quotaUse(): QuotaUse[]
}

/**
 * Wraps an exchange. `placeOrder` answers 'rate-limited', its detail starting with 'not sent', for an order that may not leave
 * now; everything else passes. Reads are never held back: they are how an order's fate is learnt.
 */
export function governed(exchange: Exchange, rules: QuotaRules, clock: Pick<Clock, 'nowMs'>): Governed {
  const quota = createQuota(rules)
  const catchUp = () => {
    for (const read of exchange.quota()) quota.heard(read)
  }
  return {
    ...exchange,
    async placeOrder(order) {
      catchUp()
      const nowMs = clock.nowMs()
      const endpoint = placingEndpoint(order.market)
      const intent = intentOf(order)
      // Only spread orders go over REST, where this address as a whole is counted too.
      const counted = order.market === 'spread' ? [endpoint, ADDRESS] : [endpoint]
      const may = intent === 'enter' ? quota.mayEnter : quota.mayExit
      const held = counted.find(name => !may(name, nowMs))
      if (held !== undefined)
        return { kind: 'rejected', reason: 'rate-limited', detail: `not sent: ${told(held, intent)}` }
      for (const name of counted) quota.sent(name, nowMs)
      return exchange.placeOrder(order)
    },
    quotaUse() {
      catchUp()
      return quota.use(clock.nowMs())
    },
  }

  function told(endpoint: string, intent: 'enter' | 'reduce'): string {
    const use = quota.use(clock.nowMs()).find(one => one.endpoint === endpoint)
    const left = `${use?.left ?? 0} of ${use?.limit ?? 0} requests left on ${endpoint}`
    return intent === 'enter' ? `${left}, kept for orders that reduce risk` : left
  }
}
