/**
 * Has a settlement passed that an open hedge must have been paid (or must have paid), without its row in the books?
 * A row that never comes is money that nobody looks for.
 */
import { type FundingNow, nextSettlementAtMs } from './funding.ts'

export type SettlementWatch = {
  /** Since when the perpetual leg is held; 0 before it is. */
  hedgedAtMs: number
  /** Instant of the newest booked settlement; 0 for none. */
  lastSettlementAtMs: number
  /** As the ticker shows it; it may lag behind the instant that has just passed. */
  schedule: Pick<FundingNow, 'nextFundingAtMs' | 'fundingIntervalMs'>
}

/**
 * The instant of the settlement that is missing for longer than `graceMs`; undefined when nothing is. A hedge that came to
 * be at that very instant owes nothing. Rows carry the settlement's instant or a little after, never one before it.
 */
export function missedSettlementAtMs(
  { hedgedAtMs, lastSettlementAtMs, schedule }: SettlementWatch,
  nowMs: number,
  graceMs: number,
): number | undefined {
  if (hedgedAtMs === 0) return undefined
  const passedAtMs = nextSettlementAtMs(schedule, nowMs) - schedule.fundingIntervalMs
  const isOurs = hedgedAtMs < passedAtMs
  const isBooked = lastSettlementAtMs >= passedAtMs
  return isOurs && !isBooked && nowMs - passedAtMs > graceMs ? passedAtMs : undefined
}
