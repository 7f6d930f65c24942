/**
 * A leg may be smaller than it is known: the exchange took a loan back or delivered a perpetual, or a person sold our coins. It is
 * looked at before a debt is bought back, before a sale that was refused is tried again, and while a market does not trade. What
 * is shown smaller must be shown so for a while, as lists lag; what cannot be looked at is waited for as long.
 */
import { Decimal } from 'decimal.js'
import type { HedgePlan } from '../../src/domain/entry/plan.ts'
import { lotBase } from '../../src/domain/legs/balance.ts'
import { ownLegs } from '../../src/domain/legs/venue-legs.ts'
import type { HedgeToStep } from '../../src/domain/work/step.ts'
import type { Ports } from '../ports.ts'
import type { Answer } from '../runtime/outbox.ts'
import { readLegs } from './hedge-legs.ts'

/** What lists show smaller than it is known must be shown so for as long: they lag behind fills. */
export const DOUBTED_MS = 15_000

/** `less`: it was seen smaller at least once, so that nothing is bought before it is seen again. */
type Doubt = { sinceMs: number; less: boolean }

type LegDoubts = {
  /** What is to happen in place of the order; undefined when the leg is as known and the order may go. */
  judge(actorId: string, hedge: HedgeToStep): Promise<Answer | undefined>
}

/**
 * Holds back an order while the exchange shows less than the hedge knows of; what is shown so for {@link DOUBTED_MS} is
 * believed.
 */
export function createLegDoubts(ports: Ports<'clock' | 'exchange'>): LegDoubts {
  const doubts = new Map<string, Doubt>()
  return {
    async judge(actorId, hedge) {
      const { plan, spotNetBase, perpBase } = hedge
      const shown = await readLegs(ports, hedge).catch(() => undefined)
      const isLess =
        shown !== undefined &&
        (new Decimal(shown.spotBase).plus(tolerance(plan)).lt(spotNetBase) ||
          new Decimal(shown.perpBase).lt(perpBase))
      const before = doubts.get(actorId)
      doubts.delete(actorId)
      if (shown && !isLess) return undefined
      const nowMs = ports.clock.nowMs()
      const doubt = { sinceMs: before?.sinceMs ?? nowMs, less: isLess || before?.less === true }
      const isOver = nowMs - doubt.sinceMs >= DOUBTED_MS
      const found = shown ? `${shown.spotBase} and ${shown.perpBase}` : 'no answer'
      const detail = `${plan.baseCoin}: expected ${spotNetBase} and ${perpBase} in the perpetual, found ${found}`
      if (isOver && shown)
        return { type: 'legs.found', ...ownLegs(shown, { spotBase: spotNetBase, perpBase }), detail }
      // Reading alone may be down: an exit is not held up by that for ever.
      if (isOver && !doubt.less) return undefined
      doubts.set(actorId, doubt)
      return { type: 'step.wait', because: detail }
    },
  }
}

/** Coins left over by hedges before make a debt look smaller; of a sale every coin must be there. */
const tolerance = (plan: HedgePlan) =>
  plan.direction === 'reverse-carry' ? Decimal.max(lotBase(plan), plan.spot.qtyStep) : plan.spot.qtyStep
