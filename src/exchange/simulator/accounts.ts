/**
 * The unified account's numbers: equity, collateral after haircut, initial and maintenance margin, by mark price.
 * Cross margin only: account-wide fields are what Bybit prints in REGULAR_MARGIN.
 */
import { Decimal } from 'decimal.js'
import type { JsonObject } from '../../domain/json.ts'
import {
  type AccountState,
  coinPrice,
  collateralRatio,
  dec,
  heldOf,
  leavesOf,
  markOf,
  type PositionState,
  type World,
  ZERO,
} from './world.ts'

const DEFAULT_LEVERAGE = '10'

export function newAccount(uid: string): AccountState {
  return {
    uid,
    coins: {},
    positions: {},
    leverage: {},
    open: [],
    closed: [],
    links: {},
    executions: [],
    log: [],
    spotMargin: true,
    spotLeverage: '10',
    marginMode: 'REGULAR_MARGIN',
    deltaNeutral: false,
  }
}

export const leverageOf = (account: AccountState, symbol: string): string =>
  account.leverage[symbol] ?? DEFAULT_LEVERAGE

/** Maintenance margin rate of the first tier: half of the smallest initial rate. */
export const maintenanceRate = (maxLeverage: Decimal): Decimal => new Decimal(1).div(maxLeverage.times(2))

export type PositionNumbers = {
  value: Decimal
  unrealised: Decimal
  initial: Decimal
  maintenance: Decimal
  mark: Decimal
}

/** One position by the present mark price; initial and maintenance margin include the fee of closing it. */
export function positionNumbers(
  world: World,
  account: AccountState,
  position: PositionState,
): PositionNumbers {
  const found = world.universe.find('linear', position.symbol)
  if (!found) return { value: ZERO, unrealised: ZERO, initial: ZERO, maintenance: ZERO, mark: ZERO }
  const mark = markOf(world, found.listing)
  const size = dec(position.size)
  const value = size.abs().times(mark)
  const unrealised = size.isNegative() ? dec(position.cost).minus(value) : value.minus(position.cost)
  const closing = value.times(world.fees.linear.taker)
  return {
    value,
    unrealised,
    initial: value.div(leverageOf(account, position.symbol)).plus(closing).toDecimalPlaces(8),
    maintenance: value.times(maintenanceRate(found.listing.maxLeverage)).plus(closing).toDecimalPlaces(8),
    mark,
  }
}

/** Initial margin of resting linear orders that would open or add. */
function ordersMargin(account: AccountState): Decimal {
  return account.open
    .filter(order => order.market === 'linear' && !order.reduceOnly)
    .reduce(
      (sum, order) => sum.plus(leavesOf(order).times(order.price).div(leverageOf(account, order.symbol))),
      ZERO,
    )
}

/** What resting spot orders hold back of a coin. */
export function lockedOf(world: World, account: AccountState, coin: string): Decimal {
  let locked = ZERO
  for (const order of account.open) {
    if (order.market !== 'spot') continue
    const base = world.universe.find('spot', order.symbol)?.instrument.baseCoin
    if (order.side === 'Buy' && coin === 'USDT') locked = locked.plus(leavesOf(order).times(order.price))
    if (order.side === 'Sell' && coin === base) locked = locked.plus(leavesOf(order))
  }
  return locked
}

export type AccountNumbers = {
  equity: Decimal
  wallet: Decimal
  margin: Decimal
  available: Decimal
  unrealised: Decimal
  initial: Decimal
  maintenance: Decimal
  positionsInitial: Decimal
  positionsMaintenance: Decimal
  ordersInitial: Decimal
}

const weigh = (value: Decimal, ratio: Decimal) => (value.isNegative() ? value : value.times(ratio))

export function accountNumbers(world: World, account: AccountState): AccountNumbers {
  let [unrealised, positionsInitial, positionsMaintenance] = [ZERO, ZERO, ZERO]
  for (const position of Object.values(account.positions)) {
    const numbers = positionNumbers(world, account, position)
    unrealised = unrealised.plus(numbers.unrealised)
    positionsInitial = positionsInitial.plus(numbers.initial)
    positionsMaintenance = positionsMaintenance.plus(numbers.maintenance)
  }
  let [equity, wallet, borrowed] = [unrealised, ZERO, ZERO]
  for (const [coin, state] of Object.entries(account.coins)) {
    const price = coinPrice(world, coin)
    const value = dec(state.wallet).minus(state.borrowed).times(price)
    equity = equity.plus(value)
    wallet = wallet.plus(weigh(value, collateralRatio(world, coin)))
    borrowed = borrowed.plus(price.times(state.borrowed))
  }
  const ordersInitial = ordersMargin(account)
  const margin = wallet.plus(unrealised)
  const initial = positionsInitial.plus(ordersInitial).plus(borrowed.div(account.spotLeverage))
  const maintenance = positionsMaintenance.plus(borrowed.times('0.04'))
  const held = lockedOf(world, account, 'USDT')
  const available = Decimal.max(ZERO, margin.minus(initial).minus(held))
  return {
    equity,
    wallet,
    margin,
    available,
    unrealised,
    initial,
    maintenance,
    positionsInitial,
    positionsMaintenance,
    ordersInitial,
  }
}

const money = (value: Decimal) => value.toDecimalPlaces(8).toFixed()
/** A rate of the margin balance; an account with margin and no balance is past liquidation. */
export const marginRate = (part: Decimal, margin: Decimal): Decimal =>
  margin.gt(0) ? part.div(margin) : part.gt(0) ? new Decimal(9999) : ZERO

/** One account as `wallet-balance` and the wallet stream print it. */
export function walletJson(world: World, account: AccountState, coins: readonly string[]): JsonObject {
  const numbers = accountNumbers(world, account)
  const rate = (part: Decimal) => marginRate(part, numbers.margin).toDecimalPlaces(4).toFixed()
  return {
    totalEquity: money(numbers.equity),
    accountIMRate: rate(numbers.initial),
    accountIMRateByMp: rate(numbers.initial),
    totalMarginBalance: money(numbers.margin),
    totalInitialMargin: money(numbers.initial),
    totalInitialMarginByMp: money(numbers.initial),
    accountType: 'UNIFIED',
    totalAvailableBalance: money(numbers.available),
    accountMMRate: rate(numbers.maintenance),
    accountMMRateByMp: rate(numbers.maintenance),
    totalPerpUPL: money(numbers.unrealised),
    totalWalletBalance: money(numbers.wallet),
    accountLTV: '0',
    totalMaintenanceMargin: money(numbers.maintenance),
    totalMaintenanceMarginByMp: money(numbers.maintenance),
    coin: coins.map(coin => coinJson(world, account, coin, numbers)),
  }
}

function coinJson(world: World, account: AccountState, coin: string, numbers: AccountNumbers): JsonObject {
  const state = heldOf(account, coin)
  const settles = coin === 'USDT'
  const unrealised = settles ? numbers.unrealised : ZERO
  const equity = dec(state.wallet).minus(state.borrowed).plus(unrealised)
  return {
    availableToBorrow: '',
    bonus: '0',
    accruedInterest: state.accruedInterest,
    availableToWithdraw: '',
    totalOrderIM: settles ? money(numbers.ordersInitial) : '0',
    equity: equity.toFixed(),
    totalPositionMM: settles ? money(numbers.positionsMaintenance) : '0',
    usdValue: money(equity.times(coinPrice(world, coin))),
    unrealisedPnl: unrealised.toFixed(),
    collateralSwitch: true,
    spotHedgingQty: '0',
    borrowAmount: state.borrowed,
    totalPositionIM: settles ? money(numbers.positionsInitial) : '0',
    walletBalance: state.wallet,
    cumRealisedPnl: state.realised,
    locked: lockedOf(world, account, coin).toFixed(),
    marginCollateral: collateralRatio(world, coin).gt(0),
    coin,
    spotBorrow: state.borrowed,
    colRes: '0',
  }
}
