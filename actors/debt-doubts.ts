/**
 * The exchange may have taken a loan back by itself: what is owed is looked at before it is bought. A debt that is shown smaller
 * than it is known must be shown so for a while, as lists lag; one that cannot be looked at is waited for as long.
 */
import { Decimal } from 'decimal.js'
import type { HedgeFacts } from '../machines/hedge-setup.ts'
import { ownLegs } from '../src/domain/venue-legs.ts'
import { readLegs } from './hedge-legs.ts'
import type { Answer } from './outbox.ts'
import type { World } from './world.ts'

const DOUBTED_MS = 15_000

/** `less`: it was seen smaller at least once, so that nothing is bought before it is seen again. */
type Doubt = { sinceMs: number; less: boolean }

export type DebtDoubts = {
  /** What is to happen in place of the purchase; undefined when the debt is as known and may be bought back. */
  judge(actorId: string, hedge: HedgeFacts): Promise<Answer | undefined>
}

export function createDebtDoubts(world: World): DebtDoubts {
  const doubts = new Map<string, Doubt>()
  return {
    async judge(actorId, hedge) {
      const { plan, spotNetBase } = hedge
      const shown = await readLegs(world, hedge).catch(() => undefined)
      const isLess =
        shown !== undefined && new Decimal(shown.spotBase).plus(plan.spot.qtyStep).lt(spotNetBase)
      const before = doubts.get(actorId)
      doubts.delete(actorId)
      if (shown && !isLess) return undefined
      const nowMs = world.clock.nowMs()
      const doubt = { sinceMs: before?.sinceMs ?? nowMs, less: isLess || before?.less === true }
      const isOver = nowMs - doubt.sinceMs >= DOUBTED_MS
      const detail = `${plan.baseCoin}: expected ${spotNetBase} owed, found ${shown?.spotBase ?? 'no answer'}`
      if (isOver && shown) return { type: 'legs.found', ...ownLegs(shown, spotNetBase), detail }
      // Reading alone may be down: an exit is not held up by that for ever.
      if (isOver && !doubt.less) return undefined
      doubts.set(actorId, doubt)
      return { type: 'step.wait', because: detail }
    },
  }
}
