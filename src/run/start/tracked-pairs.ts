/** Which pairs an engine tracks: the configured ones, and every one that holds a hedge. */
import type { HedgeContext } from '../../../machines/hedge/context.ts'
import { type Listed, withHeldPairs } from '../../domain/entry/held-pairs.ts'
import type { HedgePlan } from '../../domain/entry/plan.ts'
import type { HedgePair } from '../../domain/instrument.ts'
import { hedgePairs, type LeftOut } from '../../domain/market/pairing.ts'
import type { Journal } from '../../store/schema/records.ts'

type Tracked = {
  pairs: HedgePair[]
  /** Configured, yet not to be hedged; with the reason where the exchange lists the perpetual at all. */
  faults: { symbol: string; why: LeftOut | undefined }[]
}

/**
 * @param symbols - configured; none stands for all that can be hedged
 * @param plans - of the hedges that are open
 */
export function trackedPairs(
  listed: Listed,
  symbols: readonly string[],
  plans: readonly HedgePlan[],
): Tracked {
  const { pairs, leftOut } = hedgePairs(listed.spot, listed.perps)
  const bySymbol = new Map(pairs.map(pair => [pair.symbol, pair]))
  const faults = symbols
    .filter(symbol => !bySymbol.has(symbol))
    .map(symbol => ({ symbol, why: leftOut.find(each => each.symbol === symbol) }))
  const wanted = symbols.length > 0 ? symbols.flatMap(symbol => bySymbol.get(symbol) ?? []) : pairs
  return { pairs: withHeldPairs(wanted, plans, listed), faults }
}

/** What the hedges that are open set out to do, as stored. */
export async function openPlans(journal: Pick<Journal, 'loadActors'>): Promise<HedgePlan[]> {
  const rows = await journal.loadActors()
  return rows
    .filter(({ kind, state }) => kind === 'hedge' && state !== 'closed')
    .map(({ snapshot }) => (JSON.parse(snapshot) as { context: HedgeContext }).context.plan)
}
