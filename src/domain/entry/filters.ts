/**
 * What keeps a symbol from being entered whatever it would earn: the market's life, its schedule, and how easily one could
 * get in and out again. Each filter answers with what was found and what it takes. Source: carry.md d.8, d.9.
 */
import { Decimal } from 'decimal.js'
import type { Direction, LegName } from '../instrument.ts'
import { sideOf, type Way } from '../legs/sides.ts'
import type { FreshMarket, MarketView } from '../market/market-view.ts'
import { depthWithin, limitThrough } from '../market/order-book.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { Rules, StrategyRules } from '../rules.ts'
import type { BaseQty } from '../units.ts'
import type { Sizes } from './sizing.ts'

type LifeReason =
  | 'spot-not-trading'
  | 'perp-not-trading'
  | 'delisting-announced'
  | 'run-off'
  | 'special-treatment'
  | 'listed-lately'
  | 'maintenance'
  | 'interval-changed'
  | 'adl-near'
type BorrowReason = 'borrow-unknown' | 'borrow-stale' | 'margin-trading-off' | 'borrow-inventory'
export type FilterReason =
  | LifeReason
  | BorrowReason
  | 'direction-not-allowed'
  | 'collateral-restricted'
  | 'spot-depth'
  | 'perp-depth'
  | 'spot-exit-depth'
  | 'perp-exit-depth'

/** Of the symbol itself, in either direction; needs no fresh market. */
export function lifeFilter(
  market: MarketView,
  strategy: StrategyRules,
  nowMs: number,
): Refusal<LifeReason> | undefined {
  const { pair } = market
  if (!pair.spot.trading) return refuse('spot-not-trading', pair.spot.symbol, 'trading')
  if (!pair.perp.trading) return refuse('perp-not-trading', pair.perp.symbol, 'trading')
  if (pair.perp.deliveryAtMs > 0)
    return refuse('delisting-announced', `delivery at ${pair.perp.deliveryAtMs}`, 'none')
  if (market.delisting) return refuse('delisting-announced', market.delisting.title, 'none')
  if (pair.spot.specialTreatment) return refuse('special-treatment', pair.spot.symbol, 'none')
  if (pair.runOff) return refuse('run-off', pair.symbol, 'configured')
  const listedMs = nowMs - (market.listedAtMs ?? pair.perp.launchedAtMs)
  if (listedMs < strategy.listingAgeMsMin)
    return refuse('listed-lately', `${listedMs} ms`, `${strategy.listingAgeMsMin} ms`)
  return maintenance(market, strategy, nowMs) ?? unsettled(market, strategy, nowMs) ?? adl(market, strategy)
}

function maintenance(
  { maintenanceAtMs, maintenanceUntilMs }: MarketView,
  { maintenanceGuardMs }: StrategyRules,
  nowMs: number,
): Refusal<LifeReason> | undefined {
  if (maintenanceAtMs === undefined || (maintenanceUntilMs !== undefined && nowMs >= maintenanceUntilMs))
    return undefined
  const leftMs = maintenanceAtMs - nowMs
  return leftMs <= maintenanceGuardMs
    ? refuse('maintenance', `${leftMs} ms`, `${maintenanceGuardMs} ms`)
    : undefined
}

function unsettled(
  { intervalChangedAtMs }: MarketView,
  { intervalQuietMs }: StrategyRules,
  nowMs: number,
): Refusal<LifeReason> | undefined {
  if (intervalChangedAtMs === undefined) return undefined
  const sinceMs = nowMs - intervalChangedAtMs
  return sinceMs < intervalQuietMs
    ? refuse('interval-changed', `${sinceMs} ms`, `${intervalQuietMs} ms`)
    : undefined
}

function adl(
  { adl: seen }: MarketView,
  { adlRankMax, adlTriggerNear }: StrategyRules,
): Refusal<LifeReason> | undefined {
  if (!seen) return undefined
  if (seen.rank >= adlRankMax) return refuse('adl-near', `rank ${seen.rank}`, `below ${adlRankMax}`)
  const { pnlRatio, triggerRatio } = seen
  if (pnlRatio === undefined || triggerRatio === undefined) return undefined
  // Both are losses below zero: the nearer to the trigger, the larger the share of it.
  const near = new Decimal(triggerRatio).times(new Decimal(1).minus(adlTriggerNear))
  return new Decimal(pnlRatio).lte(near)
    ? refuse('adl-near', `insurance pool at ${pnlRatio}`, `above ${near.toFixed()}`)
    : undefined
}

/** Of one direction, before anything is summed up: is it wanted, and can what it needs be had? */
export function directionFilter(
  market: MarketView,
  direction: Direction,
  { strategy, limits }: Rules,
  nowMs: number,
): Refusal<FilterReason> | undefined {
  if (!strategy.directions.includes(direction))
    return refuse('direction-not-allowed', direction, strategy.directions.join(', '))
  if (direction === 'long-carry') {
    return market.collateral?.restricted
      ? refuse('collateral-restricted', market.pair.baseCoin, 'used up at the exchange')
      : undefined
  }
  const { borrow, receivedAtMs, pair } = market
  if (!borrow) return refuse('borrow-unknown', 'no rate', 'an hourly rate')
  const ageMs = nowMs - (receivedAtMs.borrow ?? 0)
  if (ageMs > limits.borrowAgeMsMax)
    return refuse('borrow-stale', `${ageMs} ms`, `${limits.borrowAgeMsMax} ms`)
  if (!borrow.marginTrading || !pair.spot.marginTrading)
    return refuse('margin-trading-off', pair.spot.symbol, 'on margin')
  return undefined
}

/** Can these sizes come in and out again, and be borrowed? Each of the four sides must hold m slices inside the price limit. */
export function sizeFilter(
  market: FreshMarket,
  { baseQty, sliceBaseQty }: Sizes,
  direction: Direction,
  { strategy, execution }: Rules,
): Refusal<FilterReason> | undefined {
  const wanted = new Decimal(sliceBaseQty).times(strategy.depthSlicesMin)
  for (const way of ['in', 'out'] as const) {
    for (const leg of ['spot', 'perp'] as const) {
      const found = depthBase(market, leg, way, direction, execution.slippageBpsMax)
      if (found.lt(wanted)) return refuse(depthReason(leg, way), found.toFixed(), wanted.toFixed())
    }
  }
  if (direction === 'long-carry' || !market.borrow) return undefined
  return inventoryBelow(market.borrow.availableBase, baseQty, strategy.borrowCoverEntryMin)
}

/** The pool's coins, when they are fewer than `cover` times the hedge. */
export function inventoryBelow(
  availableBase: BaseQty,
  hedgeBase: BaseQty,
  cover: number,
): Refusal<'borrow-inventory'> | undefined {
  const least = new Decimal(hedgeBase).times(cover)
  return new Decimal(availableBase).lt(least)
    ? refuse('borrow-inventory', availableBase, least.toFixed())
    : undefined
}

const depthReason = (leg: LegName, way: Way): FilterReason =>
  way === 'in' ? `${leg}-depth` : `${leg}-exit-depth`

/** Base coins one side of a book holds within the tolerance. */
function depthBase(
  { spotBook, perpBook, pair }: FreshMarket,
  leg: LegName,
  way: Way,
  direction: Direction,
  toleranceBps: number,
): Decimal {
  const book = leg === 'spot' ? spotBook : perpBook
  const side = sideOf({ direction }, leg, way)
  const limit = limitThrough(book, side, toleranceBps, pair[leg].tickSize)
  if (limit === null) return new Decimal(0)
  return new Decimal(depthWithin(book, side, limit)).times(leg === 'perp' ? pair.perp.multiplier : 1)
}
