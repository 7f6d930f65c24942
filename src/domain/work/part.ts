/**
 * A part of a hedge that is closed while the rest stays hedged: how much stays, and why a part may be too small to trade or too
 * large to leave a hedge behind. What is kept is told once, in the perpetual's coins; spot follows as it does on the way out.
 */
import { Decimal } from 'decimal.js'
import type { HedgePlan } from '../entry/plan.ts'
import { floorTo, perBaseCoin } from '../grid.ts'
import { EXIT_MARGIN, type Holdings, lotBase, smallestHedge } from '../legs/balance.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { type Amount, amount, type BaseQty, baseQty, type Price } from '../units.ts'

type PartReason = 'no-share' | 'part-too-small' | 'rest-too-small'

type Measured = Pick<HedgePlan, 'spot' | 'perp' | 'markPrice'>

/**
 * Base coins the perpetual keeps when `share` of it is closed, on its lot grid; a refusal where the part or the rest is less than
 * both legs can be ordered in, in base coins.
 * @param share - above 0, below 1; text that is no number is refused like a share out of bounds
 * @param markPrice - the perpetual's, per contract: the plan's where no other is known
 */
export function partToKeep(
  plan: Measured,
  { perpBase }: Pick<Holdings, 'perpBase'>,
  share: string,
  markPrice: Price = plan.markPrice,
): { keepBase: BaseQty } | Refusal<PartReason> {
  if (!isShare(share)) return refuse('no-share', share, 'above 0 and below 1')
  const prices = { spot: perBaseCoin(markPrice, plan.perp.multiplier), perp: markPrice }
  const least = smallestHedge(plan, prices, EXIT_MARGIN)
  const part = floorTo(new Decimal(perpBase).times(share), lotBase(plan))
  const rest = new Decimal(perpBase).minus(part)
  if (part.lt(least)) return refuse('part-too-small', part.toFixed(), least.toFixed())
  if (rest.lt(least)) return refuse('rest-too-small', rest.toFixed(), least.toFixed())
  return { keepBase: baseQty(rest) }
}

/** A decimal above 0 and below 1, as "0.25". */
export const isShare = (share: string): boolean => /^0?\.\d{1,8}$/.test(share) && new Decimal(share).gt(0)

/** What of both legs goes beyond the rest that is kept; all of it while nothing is. Below 0: more was closed than asked. */
export function beyondKept<Held extends Holdings>(held: Held, keepBase: BaseQty | undefined): Held {
  if (keepBase === undefined) return held
  return {
    ...held,
    spotNetBase: baseQty(new Decimal(held.spotNetBase).minus(keepBase)),
    perpBase: baseQty(new Decimal(held.perpBase).minus(keepBase)),
  }
}

/** Base coins of the perpetual × milliseconds they were held, up to an instant. */
export type HeldTime = { coinMs: Amount; untilMs: number }

/** @param before - the same up to an earlier instant, or when the hedge was hedged: 0 for not yet */
export function heldUntil(perpBase: BaseQty, before: HeldTime | number, atMs: number): HeldTime {
  const { coinMs, untilMs } = typeof before === 'number' ? { coinMs: '0', untilMs: before || atMs } : before
  const since = new Decimal(perpBase).times(Math.max(0, atMs - untilMs))
  return { coinMs: amount(since.plus(coinMs)), untilMs: atMs }
}
