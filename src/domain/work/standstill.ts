/**
 * When a hedge stands still: because the exchange takes no orders, or because a person has to look. Source: carry.md
 * d.7 (the ladder ends with a person), d.9 (maintenance, delisting).
 */
import type { MarketView } from '../market/market-view.ts'
import type { Rules } from '../rules.ts'
import { NO_BASE } from '../units.ts'
import type { StepFacts } from './step.ts'

/** A ladder is climbed this many times before a person is called. */
const STUCK_AFTER = 3
/** How far apart the orders are that are tried while a maintenance lasts: one of both markets may be open. */
const TRY_EVERY_MS = 60_000
/** Orders in vain, one after the other, from which on they are tried so seldom. */
const IN_VAIN = 2

type Known = Pick<StepFacts, 'phase' | 'perpBase' | 'repairs' | 'setbacks' | 'unbalancedSinceMs'>

/** Why nothing is to be ordered now; null when it may be. What is whole is not taken apart while one of its legs could not follow. */
export function waitsForVenue(
  { phase, perpBase, repairs, setbacks = 0, unbalancedSinceMs }: Known,
  level: boolean,
  market: MarketView,
  nowMs: number,
): string | null {
  const isMaintained = inMaintenance(market, nowMs)
  if (!level) {
    const nextTryAtMs = unbalancedSinceMs + repairs * TRY_EVERY_MS
    return isMaintained && setbacks >= IN_VAIN && nowMs < nextTryAtMs
      ? 'maintenance: the next order is tried in a while'
      : null
  }
  if (phase !== 'unwinding' || perpBase === NO_BASE) return null
  if (isMaintained) return 'maintenance: the legs stay as they are'
  const shut = [market.pair.spot, market.pair.perp].find(({ trading }) => !trading)
  return shut ? `${shut.symbol} (${shut.market}) does not trade: the legs stay as they are` : null
}

/** Why a person has to look: many orders left the legs apart, the last few changed nothing at all. A person's word starts it anew. */
export function stuckBecause(
  { repairs, setbacks = 0 }: Known,
  { execution }: Pick<Rules, 'execution'>,
  market: MarketView,
  nowMs: number,
): string | null {
  const isStuck = repairs > STUCK_AFTER * execution.repairsMax && setbacks > execution.repairsMax
  return isStuck && !inMaintenance(market, nowMs) ? `the legs are still apart after ${repairs} orders` : null
}

/** Between its announced instants; one without an end lasts until it is told to be over. */
const inMaintenance = ({ maintenanceAtMs, maintenanceUntilMs }: MarketView, nowMs: number): boolean =>
  maintenanceAtMs !== undefined &&
  nowMs >= maintenanceAtMs &&
  (maintenanceUntilMs === undefined || nowMs < maintenanceUntilMs)
