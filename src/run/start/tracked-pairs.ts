/**
 * Which pairs an engine tracks: the configured ones, and every one that holds a hedge though nothing new is begun there: a
 * symbol that left the configuration, or an instrument that the exchange lists no more. A hedge is never left alone because of
 * either.
 */
import { Decimal } from 'decimal.js'
import type { HedgeContext } from '../../../machines/hedge/context.ts'
import type { HedgePlan } from '../../domain/entry/plan.ts'
import type { HedgePair, Market, PerpInstrument, SpotInstrument } from '../../domain/instrument.ts'
import { hedgePairs, type LeftOut } from '../../domain/market/pairing.ts'
import type { StrategyRules } from '../../domain/rules.ts'
import { fundingRate, type Usdt, usdt } from '../../domain/units.ts'
import type { Exchange } from '../../exchange/exchange.ts'
import type { Journal } from '../../store/schema/records.ts'

/** What the exchange lists now. */
type Listed = { spot: readonly SpotInstrument[]; perps: readonly PerpInstrument[] }

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

type Tracked = {
  pairs: HedgePair[]
  /** Configured, yet not to be hedged; with the reason where the exchange lists the perpetual at all. */
  faults: { symbol: string; why: LeftOut | undefined }[]
}

/** What each market was traded for in a day, and how much of it a pair must show where all symbols are wanted. */
type Traded = Record<Market, Readonly<Record<string, Usdt>>> &
  Required<Pick<StrategyRules, 'turnoverDayUsdtMin' | 'symbolsMax'>>

/** Read where all symbols are wanted; of named ones nothing is asked. @throws ExchangeFailure */
export async function tradedEnough(
  {
    symbols,
    turnoverDayUsdtMin = usdt('0'),
    symbolsMax = Number.POSITIVE_INFINITY,
  }: Pick<StrategyRules, 'symbols' | 'turnoverDayUsdtMin' | 'symbolsMax'>,
  exchange: Pick<Exchange, 'turnovers'>,
): Promise<Traded | undefined> {
  if (symbols.length > 0) return undefined
  const [spot, linear] = await Promise.all([exchange.turnovers('spot'), exchange.turnovers('linear')])
  return { spot, linear, turnoverDayUsdtMin, symbolsMax }
}

/**
 * @param symbols - configured; none stands for all that can be hedged
 * @param plans - of the hedges that are open
 * @param traded - of all symbols, those that are traded enough; left out, every one
 */
export function trackedPairs(
  listed: Listed,
  symbols: readonly string[],
  plans: readonly HedgePlan[],
  traded?: Traded,
): Tracked {
  const { pairs, leftOut } = hedgePairs(listed.spot, listed.perps)
  const bySymbol = new Map(pairs.map(pair => [pair.symbol, pair]))
  const faults = symbols
    .filter(symbol => !bySymbol.has(symbol))
    .map(symbol => ({ symbol, why: leftOut.find(each => each.symbol === symbol) }))
  const named = symbols.flatMap(symbol => bySymbol.get(symbol) ?? [])
  const wanted = symbols.length > 0 ? named : traded ? mostTraded(pairs, traded) : pairs
  return { pairs: withHeldPairs(wanted, plans, listed), faults }
}

/** By the leg that is traded less; a leg of which nothing is known is not traded. */
function mostTraded(
  pairs: readonly HedgePair[],
  { spot, linear, turnoverDayUsdtMin, symbolsMax }: Traded,
): HedgePair[] {
  return pairs
    .map(pair => ({ pair, least: Decimal.min(spot[pair.spot.symbol] ?? 0, linear[pair.perp.symbol] ?? 0) }))
    .filter(({ least }) => least.gt(0) && least.gte(turnoverDayUsdtMin))
    .sort((a, b) => b.least.cmp(a.least) || (a.pair.symbol < b.pair.symbol ? -1 : 1))
    .slice(0, symbolsMax)
    .map(({ pair }) => pair)
}

/** What the hedges that are open set out to do, as stored. */
export async function openPlans(journal: Pick<Journal, 'loadActors'>): Promise<HedgePlan[]> {
  const rows = await journal.loadActors()
  return rows
    .filter(({ kind, state }) => kind === 'hedge' && state !== 'closed')
    .map(({ snapshot }) => (JSON.parse(snapshot) as { context: HedgeContext }).context.plan)
}
