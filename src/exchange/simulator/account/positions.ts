/** One-way perpetual positions: how a fill changes one, and how Bybit prints it (REST says avgPrice, the socket entryPrice). */
import { Decimal } from 'decimal.js'
import type { Side } from '../../../domain/instrument.ts'
import type { JsonObject } from '../../../domain/json.ts'
import { riskTiers, tierOf } from '../universe/risk-tiers.ts'
import type { Listing } from '../universe/universe.ts'
import {
  type AccountState,
  dec,
  markText,
  nextSeq,
  type PositionState,
  plus,
  riskShareOf,
  type World,
  ZERO,
} from '../world.ts'
import { type AccountNumbers, leverageOf, positionNumbers } from './accounts.ts'
import { adlRank } from './adl-rank.ts'
import { liquidationPrice } from './liquidation-price.ts'

export const sizeOf = (account: AccountState, symbol: string): Decimal =>
  dec(account.positions[symbol]?.size ?? '0')

/** What Bybit says of a symbol that the account has never traded. */
const NEVER_TRADED = -1

export const emptyPosition = (world: World, symbol: string): PositionState => ({
  symbol,
  size: '0',
  cost: '0',
  curRealised: '0',
  cumRealised: '0',
  createdAtMs: world.state.nowMs,
  updatedAtMs: world.state.nowMs,
  seq: NEVER_TRADED,
})

export function positionOf(world: World, account: AccountState, symbol: string): PositionState {
  account.positions[symbol] ??= emptyPosition(world, symbol)
  return account.positions[symbol]
}

/** Contracts of a fill that reduce the position; the rest opens. */
export function closedBy(size: Decimal, side: Side, qty: Decimal): Decimal {
  const reduces = side === 'Buy' ? size.isNegative() : size.gt(0)
  return reduces ? Decimal.min(size.abs(), qty) : ZERO
}

/** Adds realised profit (net of nothing) to a position's own counters. */
export function noteRealised(position: PositionState, amount: Decimal): void {
  position.curRealised = plus(position.curRealised, amount)
  position.cumRealised = plus(position.cumRealised, amount)
}

/**
 * Applies one fill.
 *
 * @returns contracts closed and the profit they realise, before fees, in USDT
 */
export function fillPosition(
  world: World,
  position: PositionState,
  side: Side,
  qty: Decimal,
  price: Decimal,
): { closed: Decimal; realised: Decimal } {
  const size = dec(position.size)
  const closed = closedBy(size, side, qty)
  const opened = qty.minus(closed)
  let realised = ZERO
  if (closed.gt(0)) {
    const whole = closed.eq(size.abs())
    const cost = whole
      ? dec(position.cost)
      : dec(position.cost).times(closed).div(size.abs()).toDecimalPlaces(12)
    const proceeds = closed.times(price)
    realised = size.isNegative() ? cost.minus(proceeds) : proceeds.minus(cost)
    position.cost = plus(position.cost, cost.negated())
  }
  if (opened.gt(0)) {
    if (size.isZero() || closed.gt(0)) {
      position.curRealised = '0'
      position.createdAtMs = world.state.nowMs
    }
    position.cost = plus(position.cost, opened.times(price))
  }
  position.size = size.plus(side === 'Buy' ? qty : qty.negated()).toFixed()
  position.updatedAtMs = world.state.nowMs
  position.seq = nextSeq(world)
  return { closed, realised }
}

/** Price at which closing would leave nothing after fees and what was realised since opening. */
function breakEven(world: World, position: PositionState, size: Decimal): string {
  if (size.isZero()) return ''
  const taker = dec(world.fees.linear.taker)
  const cost = dec(position.cost)
  const price = size.isNegative()
    ? cost.plus(position.curRealised).div(size.abs().times(taker.plus(1)))
    : cost.minus(position.curRealised).div(size.times(new Decimal(1).minus(taker)))
  return price.toDecimalPlaces(8).toFixed()
}

/** Fields that REST and socket have in common. `known`: the account's numbers, where they are known. */
function sharedJson(
  world: World,
  account: AccountState,
  listing: Listing,
  position: PositionState,
  known?: AccountNumbers,
): JsonObject {
  const size = dec(position.size)
  const numbers = positionNumbers(world, account, position)
  const money = (value: Decimal) => value.toDecimalPlaces(8).toFixed()
  const tiers = riskTiers(listing, riskShareOf(world, position.symbol))
  const tier = tierOf(listing, numbers.value, riskShareOf(world, position.symbol))
  return {
    positionIdx: 0,
    tradeMode: 0,
    riskId: tier.number,
    riskLimitValue: tier.limit.toFixed(),
    symbol: position.symbol,
    side: size.isZero() ? '' : size.isNegative() ? 'Sell' : 'Buy',
    size: size.abs().toFixed(listing.perp.qty.decimals),
    leverage: leverageOf(account, position.symbol),
    breakEvenPrice: breakEven(world, position, size),
    positionValue: money(numbers.value),
    positionBalance: size.isZero() ? '0' : money(numbers.initial),
    markPrice: markText(world, listing),
    positionIM: money(numbers.initial),
    positionIMByMp: money(numbers.initial),
    positionMM: money(numbers.maintenance),
    positionMMByMp: money(numbers.maintenance),
    takeProfit: '',
    stopLoss: '',
    trailingStop: '0',
    unrealisedPnl: money(numbers.unrealised),
    curRealisedPnl: position.curRealised,
    cumRealisedPnl: position.cumRealised,
    sessionAvgPrice: '',
    createdTime: String(position.createdAtMs),
    updatedTime: String(position.updatedAtMs),
    tpslMode: 'Full',
    liqPrice: liquidationPrice(world, account, listing, position, tier.maintenanceRate, known),
    bustPrice: '',
    positionStatus: (position.adlUntilMs ?? 0) > world.state.nowMs ? 'Adl' : 'Normal',
    adlRankIndicator: adlRank(world, account, position),
    autoAddMargin: 0,
    leverageSysUpdatedTime: '',
    seq: position.seq,
    // A cut of the risk limits may leave a position that is larger than any of them.
    isReduceOnly: numbers.value.gt(tiers.at(-1)?.limit ?? 0),
    openTime: size.isZero() ? 0 : position.createdAtMs,
  }
}

const average = (position: PositionState): string =>
  dec(position.size).isZero()
    ? '0'
    : dec(position.cost).div(position.size).abs().toDecimalPlaces(12).toFixed()

/** REST leaves these empty without a position; the stream does not. */
const FLAT = { positionValue: '', unrealisedPnl: '' }

export function positionRestJson(
  world: World,
  account: AccountState,
  listing: Listing,
  position: PositionState,
  known?: AccountNumbers,
): JsonObject {
  return {
    ...sharedJson(world, account, listing, position, known),
    avgPrice: average(position),
    mmrSysUpdatedTime: '',
    ...(dec(position.size).isZero() && FLAT),
    ...(position.seq === NEVER_TRADED && { createdTime: '', updatedTime: '' }),
  }
}

export function positionPushJson(
  world: World,
  account: AccountState,
  listing: Listing,
  position: PositionState,
  known?: AccountNumbers,
): JsonObject {
  return {
    ...sharedJson(world, account, listing, position, known),
    entryPrice: average(position),
    takeProfit: '0',
    stopLoss: '0',
    category: 'linear',
    mmrSysUpdatedTime: '',
  }
}
