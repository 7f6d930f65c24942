/** Who held what and when, as far as this process knows: what runs now, what ended lately, and what the store remembers. */
import type { HedgeContext } from '../../machines/hedge/context.ts'
import type { HedgeClaim } from '../../src/domain/books/row-owner.ts'
import type { HedgePlan } from '../../src/domain/entry/plan.ts'
import type { Ports } from '../ports.ts'

/** A row comes at most this much after the hedge it belongs to is over. */
const REMEMBERED_MS = 86_400_000

/** What a hedge of this plan may own of the log's rows, from its decision until `untilMs`; null while it lives. */
export const claimOf = (plan: HedgePlan, untilMs: number | null): HedgeClaim => ({
  hedgeId: plan.hedgeId,
  perpSymbol: plan.perp.symbol,
  spotSymbol: plan.spot.symbol,
  baseCoin: plan.baseCoin,
  direction: plan.direction,
  fromMs: plan.decidedAtMs,
  untilMs,
  ...(plan.dust && { dust: plan.dust }),
})

export type Claims = { now(): HedgeClaim[]; remember(ended: readonly HedgeClaim[]): void }

/** Claims of hedges that live and of those that ended within a day, as far as this process saw them. */
export function createClaims(ports: () => Ports<'clock' | 'runtime'>): Claims {
  const known = new Map<string, HedgeClaim>()
  return {
    now() {
      const { clock } = ports()
      const nowMs = clock.nowMs()
      const living = new Map(livingPlans(ports()).map(plan => [plan.hedgeId, claimOf(plan, null)]))
      for (const [id, claim] of known) {
        if (living.has(id)) continue
        const untilMs = claim.untilMs ?? nowMs
        if (untilMs < nowMs - REMEMBERED_MS) known.delete(id)
        else known.set(id, { ...claim, untilMs })
      }
      for (const [id, claim] of living) known.set(id, claim)
      return [...known.values()]
    },
    remember(ended) {
      for (const claim of ended) if (!known.has(claim.hedgeId)) known.set(claim.hedgeId, claim)
    },
  }
}

/** Plans of the hedges that run now. */
export const livingPlans = (ports: Ports<'runtime'>): HedgePlan[] =>
  [...ports.runtime().all()].flatMap(({ kind, actor }) =>
    kind === 'hedge' ? [(actor.getSnapshot().context as HedgeContext).plan] : [],
  )
