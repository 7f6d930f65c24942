/** Reasons to leave a hedge at once, whatever it earns: none of them needs a fresh market. Source: carry.md d.9. */
import { Decimal } from 'decimal.js'
import { maintenanceRate } from '../carry/capital.ts'
import { inventoryBelow } from '../entry/filters.ts'
import { collateralRatio } from '../market/collateral.ts'
import type { MarketView } from '../market/market-view.ts'
import { hedgeLiquidationFactor } from '../risk/solvency.ts'
import type { Rules, StrategyRules } from '../rules.ts'
import type { ExitInputs, HeldHedge, Reason, RiskReason } from './judgement.ts'

/** The first risk that ends this hedge, or undefined. */
export function riskReason(
  hedge: HeldHedge,
  market: MarketView,
  { strategy, limits }: Rules,
  nowMs: number,
  inputs: ExitInputs,
): Reason<RiskReason> | undefined {
  const { maintenanceMarginRateMax } = limits
  const { maintenanceMarginRate } = hedge
  if (maintenanceMarginRate !== null && new Decimal(maintenanceMarginRate).gte(maintenanceMarginRateMax))
    return { because: 'margin', found: maintenanceMarginRate, limit: `${maintenanceMarginRateMax}` }
  return (
    solvencyReason(hedge, market, strategy, inputs) ??
    venueReason(market, strategy, nowMs, inputs) ??
    loanReason(hedge, market, strategy)
  )
}

function solvencyReason(
  hedge: HeldHedge,
  market: MarketView,
  strategy: StrategyRules,
  { solvency }: ExitInputs,
): Reason<RiskReason> | undefined {
  if (solvency && (solvency.verdict === 'reduce' || solvency.verdict === 'flatten'))
    return { because: 'solvency', found: solvency.found, limit: solvency.limit }
  // What the account as a whole is worth is not known: the hedge is judged by itself.
  const isKnown = solvency && solvency.verdict !== 'unknown'
  const distance = isKnown ? accountDistance(solvency) : ownDistance(hedge, market, strategy)
  return distance?.lt(strategy.liquidationDistanceMin)
    ? { because: 'liquidation-near', found: distance.toFixed(4), limit: `${strategy.liquidationDistanceMin}` }
    : undefined
}

/** Fraction by which all prices may still move, the nearer way; null when no move liquidates the account. */
function accountDistance({
  liquidationUp,
  liquidationDown,
}: NonNullable<ExitInputs['solvency']>): Decimal | null {
  const rise = liquidationUp === null ? null : new Decimal(liquidationUp).minus(1)
  const fall = liquidationDown === null ? null : new Decimal(1).minus(liquidationDown)
  if (rise === null || fall === null) return rise ?? fall
  return Decimal.min(rise, fall)
}

/** The same of a long carry by itself, from e.7; null where the collateral or the plan is not known. */
function ownDistance(
  { direction, baseQty, notionalUsdt, capitalUsdt, markPrice }: HeldHedge,
  market: MarketView,
  strategy: StrategyRules,
): Decimal | null {
  const { collateral, ticker } = market
  if (direction === 'reverse-carry' || !collateral || !ticker) return null
  if (!baseQty || !notionalUsdt || !capitalUsdt || !markPrice) return null
  const factor = hedgeLiquidationFactor({
    buffer: new Decimal(capitalUsdt).div(notionalUsdt).minus(1),
    collateral: collateralRatio(baseQty, collateral),
    maintenance: maintenanceRate(new Decimal(notionalUsdt), market, strategy),
  })
  return factor?.times(markPrice).div(ticker.markPrice).minus(1) ?? null
}

function venueReason(
  { pair, adl, delisting }: MarketView,
  { delistingRunOffMs, adlRankExit }: StrategyRules,
  nowMs: number,
  { reduceOnly }: ExitInputs,
): Reason<RiskReason> | undefined {
  if (reduceOnly) return { because: 'reduce-only', found: 'reduce only', limit: 'free to trade' }
  const { deliveryAtMs } = pair.perp
  if (deliveryAtMs > 0 && nowMs >= deliveryAtMs - delistingRunOffMs)
    return {
      because: 'delisting',
      found: `delivery in ${deliveryAtMs - nowMs} ms`,
      limit: `${delistingRunOffMs} ms before it`,
    }
  // A spot market has no instant of its end that a program could read, and an announced perpetual may have none yet.
  if (delisting && (delisting.endsSpot || deliveryAtMs === 0))
    return { because: 'delisting', found: delisting.title, limit: 'none' }
  return adl && adl.rank >= adlRankExit
    ? { because: 'adl-near', found: `rank ${adl.rank}`, limit: `below ${adlRankExit}` }
    : undefined
}

/** A loan that may be recalled: the pool ran dry, or nearly so. What is not known recalls nothing. */
function loanReason(
  { direction, baseQty }: HeldHedge,
  { borrow, pair }: MarketView,
  { borrowCoverExitMin }: StrategyRules,
): Reason<RiskReason> | undefined {
  if (direction !== 'reverse-carry' || !borrow) return undefined
  if (!borrow.marginTrading)
    return { because: 'margin-trading-off', found: pair.spot.symbol, limit: 'on margin' }
  const low = baseQty && inventoryBelow(borrow.availableBase, baseQty, borrowCoverExitMin)
  return low ? { because: low.refused, found: low.found, limit: low.limit } : undefined
}
