/** One-way perpetual positions: how a fill changes one, and how Bybit prints it (REST says avgPrice, the socket entryPrice). */
import { Decimal } from 'decimal.js'
import type { Side } from '../../../domain/instrument.ts'
import type { JsonObject } from '../../../domain/json.ts'
import {
  type AccountState,
  dec,
  markText,
  nextSeq,
  type PositionState,
  plus,
  riskShareOf,
  type SimExchange,
  ZERO,
} from '../exchange-state.ts'
import { riskTiers, tierOf } from '../universe/limits.ts'
import type { Listing } from '../universe/universe.ts'
import { type AccountNumbers, accountNumbers, leverageOf, positionNumbers } from './accounts.ts'

/** Contracts held: + long, − short. */
export const sizeOf = (account: AccountState, symbol: string): Decimal =>
  dec(account.positions[symbol]?.size ?? '0')

/** What Bybit says of a symbol that the account has never traded. */
const NEVER_TRADED = -1

/** A position that never traded. */
export const emptyPosition = (exchange: SimExchange, symbol: string): PositionState => ({
  symbol,
  size: '0',
  cost: '0',
  curRealised: '0',
  cumRealised: '0',
  createdAtMs: exchange.state.nowMs,
  updatedAtMs: exchange.state.nowMs,
  seq: NEVER_TRADED,
})

/** The position of a symbol, begun when there is none. */
export function positionOf(exchange: SimExchange, account: AccountState, symbol: string): PositionState {
  account.positions[symbol] ??= emptyPosition(exchange, symbol)
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
  exchange: SimExchange,
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
      position.createdAtMs = exchange.state.nowMs
    }
    position.cost = plus(position.cost, opened.times(price))
  }
  position.size = size.plus(side === 'Buy' ? qty : qty.negated()).toFixed()
  position.updatedAtMs = exchange.state.nowMs
  position.seq = nextSeq(exchange)
  return { closed, realised }
}

/** Price at which closing would leave nothing after fees and what was realised since opening. */
function breakEven(exchange: SimExchange, position: PositionState, size: Decimal): string {
  if (size.isZero()) return ''
  const taker = dec(exchange.fees.linear.taker)
  const cost = dec(position.cost)
  const price = size.isNegative()
    ? cost.plus(position.curRealised).div(size.abs().times(taker.plus(1)))
    : cost.minus(position.curRealised).div(size.times(new Decimal(1).minus(taker)))
  return price.toDecimalPlaces(8).toFixed()
}

/**
 * 0 without a position, else 1 to 5 by return on margin: profit over cost, times leverage. A delta-neutral account ranks two
 * lower; the steps are the simulator's own, Bybit ranks against everybody.
 */
function adlRank(exchange: SimExchange, account: AccountState, position: PositionState): number {
  if (dec(position.size).isZero()) return 0
  const { unrealised } = positionNumbers(exchange, account, position)
  const gain = unrealised.div(position.cost).times(leverageOf(account, position.symbol))
  const rank = [-0.05, 0.05, 0.2, 0.5].reduce((sum, step) => sum + (gain.gt(step) ? 1 : 0), 1)
  return Math.max(1, rank - (account.deltaNeutral ? 2 : 0))
}

/**
 * Where a contract's mark price would liquidate the account if nothing else moved, as `liqPrice` estimates it in cross margin:
 * the mark price p at which margin balance + size × (p − mark) = maintenance margin + |size| × (p − mark) × (rate + taker fee).
 * Account-wide, so holding the coin itself does not count against it, though it would move too: Bybit's is an estimate likewise.
 *
 * @param rate - maintenance rate of the position's tier, a fraction of its value
 * @param numbers - of the account, where they are known
 * @returns on the price grid; '' without a position, and where the price is beyond what the contract can have
 */
function liquidationPrice(
  exchange: SimExchange,
  account: AccountState,
  listing: Listing,
  position: PositionState,
  rate: Decimal,
  numbers?: AccountNumbers,
): string {
  const size = dec(position.size)
  // Only in cross margin is it the account's own price.
  if (size.isZero() || account.marginMode === 'PORTFOLIO_MARGIN') return ''
  const { margin, maintenance } = numbers ?? accountNumbers(exchange, account)
  const { mark } = positionNumbers(exchange, account, position)
  const growth = size.abs().times(rate.plus(exchange.fees.linear.taker))
  const price = mark.minus(margin.minus(maintenance).div(size.minus(growth)))
  const { minPrice = '0', maxPrice = '0' } = listing.perp.json.priceFilter as JsonObject as Record<
    string,
    string
  >
  return price.lte(minPrice) || price.gte(maxPrice) ? '' : price.toFixed(listing.perp.price.decimals)
}

/** Fields that REST and socket have in common. `known`: the account's numbers, where they are known. */
function sharedJson(
  exchange: SimExchange,
  account: AccountState,
  listing: Listing,
  position: PositionState,
  known?: AccountNumbers,
): JsonObject {
  const size = dec(position.size)
  const numbers = positionNumbers(exchange, account, position)
  const money = (value: Decimal) => value.toDecimalPlaces(8).toFixed()
  const tiers = riskTiers(listing, riskShareOf(exchange, position.symbol))
  const tier = tierOf(listing, numbers.value, riskShareOf(exchange, position.symbol))
  return {
    positionIdx: 0,
    tradeMode: 0,
    riskId: tier.number,
    riskLimitValue: tier.limit.toFixed(),
    symbol: position.symbol,
    side: size.isZero() ? '' : size.isNegative() ? 'Sell' : 'Buy',
    size: size.abs().toFixed(listing.perp.qty.decimals),
    leverage: leverageOf(account, position.symbol),
    breakEvenPrice: breakEven(exchange, position, size),
    positionValue: money(numbers.value),
    positionBalance: size.isZero() ? '0' : money(numbers.initial),
    markPrice: markText(exchange, listing),
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
    liqPrice: liquidationPrice(exchange, account, listing, position, tier.maintenanceRate, known),
    bustPrice: '',
    positionStatus: (position.adlUntilMs ?? 0) > exchange.state.nowMs ? 'Adl' : 'Normal',
    adlRankIndicator: adlRank(exchange, account, position),
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

/** A position as REST prints it. */
export function positionRestJson(
  exchange: SimExchange,
  account: AccountState,
  listing: Listing,
  position: PositionState,
  known?: AccountNumbers,
): JsonObject {
  return {
    ...sharedJson(exchange, account, listing, position, known),
    avgPrice: average(position),
    mmrSysUpdatedTime: '',
    ...(dec(position.size).isZero() && FLAT),
    ...(position.seq === NEVER_TRADED && { createdTime: '', updatedTime: '' }),
  }
}

/** A position as the private stream prints it. */
export function positionPushJson(
  exchange: SimExchange,
  account: AccountState,
  listing: Listing,
  position: PositionState,
  known?: AccountNumbers,
): JsonObject {
  return {
    ...sharedJson(exchange, account, listing, position, known),
    entryPrice: average(position),
    takeProfit: '0',
    stopLoss: '0',
    category: 'linear',
    mmrSysUpdatedTime: '',
  }
}
