/**
 * Refusals that may go away by themselves, of entries: once it is chance, of one hedge after the other it is not, and each try costs
 * the fees of a slice. Counted by symbol and leg, in memory: a restart tries again.
 */
import { type OrderLeg, type RejectReason, refusalKindOf } from '../../src/domain/legs/order.ts'

/** So many hedges in a row whose entry was refused on the same leg. */
const HEDGES_MAX = 3

type Asked = { symbol: string; leg: OrderLeg; hedgeId: string }

/** `refused` answers whether it has become too many; one order that is taken begins the count anew. */
export function createRefusedEntries() {
  const hedges = new Map<string, Set<string>>()
  const keyOf = ({ symbol, leg }: Asked) => `${symbol} ${leg}`
  return {
    taken: (asked: Asked): void => void hedges.delete(keyOf(asked)),
    refused(asked: Asked, reason: RejectReason): boolean {
      if (refusalKindOf(reason) === 'transient') return false
      const refused = hedges.get(keyOf(asked)) ?? new Set()
      hedges.set(keyOf(asked), refused.add(asked.hedgeId))
      return refused.size >= HEDGES_MAX
    },
  }
}
