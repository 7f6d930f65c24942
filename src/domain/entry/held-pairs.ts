/**
 * Pairs that are tracked for the hedge that is open in them, though nothing new is begun there: a symbol that left the
 * configuration, or an instrument that the exchange lists no more. A hedge is never left alone because of either.
 */
import type { HedgePair, PerpInstrument, SpotInstrument } from '../instrument.ts'
import { fundingRate } from '../units.ts'
import type { HedgePlan } from './plan.ts'

/** What the exchange lists now. */
export type Listed = { spot: readonly SpotInstrument[]; perps: readonly PerpInstrument[] }

/** Those of `pairs`, and one for each plan whose symbol is not among them: as listed now, or else as planned and not trading. */
export function withHeldPairs(
  pairs: readonly HedgePair[],
  plans: readonly HedgePlan[],
  listed: Listed,
): HedgePair[] {
  const known = new Set(pairs.map(({ symbol }) => symbol))
  const missing = new Map(
    plans.filter(({ symbol }) => !known.has(symbol)).map(plan => [plan.symbol, plan] as const),
  )
  return [...pairs, ...[...missing.values()].map(plan => heldPair(plan, listed))]
}

function heldPair(plan: HedgePlan, { spot: spots, perps }: Listed): HedgePair {
  const spot = spots.find(({ symbol }) => symbol === plan.spot.symbol)
  const perp = perps.find(({ symbol }) => symbol === plan.perp.symbol)
  return {
    symbol: plan.symbol,
    baseCoin: plan.baseCoin,
    spot: spot ?? unlistedSpot(plan),
    // Which coin a contract is a multiple of was proven when the hedge was planned.
    perp: { ...(perp ?? unlistedPerp(plan)), multiplier: plan.perp.multiplier },
    runOff: true,
  }
}

const QUOTE = { quoteCoin: 'USDT', trading: false } as const

function unlistedSpot({ spot, baseCoin }: HedgePlan): SpotInstrument {
  const { multiplier: _, ...facts } = spot
  return { ...facts, ...QUOTE, market: 'spot', baseCoin, marginTrading: false }
}

function unlistedPerp({ perp, baseCoin }: HedgePlan): PerpInstrument {
  return {
    ...perp,
    ...QUOTE,
    market: 'linear',
    baseCoin,
    fundingIntervalMs: UNLISTED_INTERVAL_MS,
    fundingRateMax: fundingRate('0'),
    fundingRateMin: fundingRate('0'),
    deliveryAtMs: 0,
    launchedAtMs: 0,
    status: 'Closed',
  }
}

/** Nothing is settled any more; a length is needed all the same. */
const UNLISTED_INTERVAL_MS = 8 * 3_600_000
