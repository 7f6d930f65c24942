/**
 * The unified account's numbers: equity, collateral after haircut, initial and maintenance margin, by mark price.
 * Kept as in cross margin whatever the mode; in isolated margin the account-wide fields are printed empty.
 */
import { Decimal } from 'decimal.js'
import type { JsonObject } from '../../../domain/json.ts'
import {
  type AccountState,
  coinPrice,
  collateralRatioOf,
  dec,
  heldOf,
  keptDec,
  leavesOf,
  markOf,
  type PositionState,
  riskShareOf,
  type SimExchange,
  ZERO,
} from '../exchange-state.ts'
import { maintenanceOf } from '../universe/limits.ts'
import type { Listing } from '../universe/universe.ts'
import { amountsOf, countedOf, lossBorrow, type PositionAmounts } from './amounts.ts'

const DEFAULT_LEVERAGE = '10'

/** An account that holds nothing. */
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

/** Leverage of a contract, as it was set. */
export const leverageOf = (account: AccountState, symbol: string): string =>
  account.leverage[symbol] ?? DEFAULT_LEVERAGE

type PositionNumbers = {
  value: Decimal
  unrealised: Decimal
  initial: Decimal
  maintenance: Decimal
  mark: Decimal
}

/** All that a position's numbers are made of. */
type Facts = {
  amounts: PositionAmounts
  mark: Decimal
  leverage: string
  share: string
  taker: string
}
const known = new WeakMap<PositionState, Facts & { numbers: PositionNumbers }>()

/**
 * One position by the present mark price; initial and maintenance margin include the fee of closing it. Worked out anew only
 * when one of its facts changed: one order alone asks several times for each position of its account.
 */
export function positionNumbers(
  exchange: SimExchange,
  account: AccountState,
  position: PositionState,
): PositionNumbers {
  const { symbol } = position
  const found = exchange.universe.find('linear', symbol)
  if (!found) return { value: ZERO, unrealised: ZERO, initial: ZERO, maintenance: ZERO, mark: ZERO }
  const mark = markOf(exchange, found.listing)
  const amounts = amountsOf(position)
  const leverage = leverageOf(account, symbol)
  const share = riskShareOf(exchange, symbol)
  const { taker } = exchange.fees.linear
  const last = known.get(position)
  if (
    last?.mark === mark &&
    last.amounts === amounts &&
    last.leverage === leverage &&
    last.share === share &&
    last.taker === taker
  )
    return last.numbers
  const facts = { amounts, mark, leverage, share, taker }
  const numbers = numbersOf(found.listing, facts)
  known.set(position, { ...facts, numbers })
  return numbers
}

function numbersOf(listing: Listing, { amounts, mark, leverage, share, taker }: Facts): PositionNumbers {
  const { size, cost } = amounts
  const value = size.abs().times(mark)
  const unrealised = size.isNegative() ? cost.minus(value) : value.minus(cost)
  const closing = value.times(keptDec(taker))
  return {
    value,
    unrealised,
    initial: value.div(keptDec(leverage)).plus(closing).toDecimalPlaces(8),
    maintenance: maintenanceOf(listing, value, share).plus(closing).toDecimalPlaces(8),
    mark,
  }
}

/** What resting spot orders hold back of a coin. */
export function lockedOf(exchange: SimExchange, account: AccountState, coin: string): Decimal {
  let locked = ZERO
  for (const order of account.open) {
    if (order.market !== 'spot') continue
    const instrument = exchange.universe.find('spot', order.symbol)?.instrument
    if (order.side === 'Buy' && coin === instrument?.quoteCoin)
      locked = locked.plus(leavesOf(order).times(order.price))
    if (order.side === 'Sell' && coin === instrument?.baseCoin) locked = locked.plus(leavesOf(order))
  }
  return locked
}

/** What positions and orders that settle in one coin come to. */
type SettleSums = { unrealised: Decimal; initial: Decimal; maintenance: Decimal; orders: Decimal }
const noSums = (): SettleSums => ({ unrealised: ZERO, initial: ZERO, maintenance: ZERO, orders: ZERO })

export type AccountNumbers = {
  /** By the coin that contracts settle in. */
  bySettle: ReadonlyMap<string, SettleSums>
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

const settleCoinOf = (exchange: SimExchange, symbol: string): string =>
  exchange.universe.find('linear', symbol)?.instrument.quoteCoin ?? 'USDT'

/** Positions by mark price, and the initial margin of resting linear orders that would open or add. */
function settleSums(exchange: SimExchange, account: AccountState): Map<string, SettleSums> {
  const sums = new Map<string, SettleSums>()
  const sumsOf = (symbol: string): SettleSums => {
    const coin = settleCoinOf(exchange, symbol)
    const found = sums.get(coin) ?? noSums()
    sums.set(coin, found)
    return found
  }
  for (const position of Object.values(account.positions)) {
    if (position.size === '0') continue
    const { unrealised, initial, maintenance } = positionNumbers(exchange, account, position)
    const sum = sumsOf(position.symbol)
    sum.unrealised = sum.unrealised.plus(unrealised)
    sum.initial = sum.initial.plus(initial)
    sum.maintenance = sum.maintenance.plus(maintenance)
  }
  for (const order of account.open) {
    if (order.market !== 'linear' || order.reduceOnly) continue
    const sum = sumsOf(order.symbol)
    sum.orders = sum.orders.plus(leavesOf(order).times(order.price).div(leverageOf(account, order.symbol)))
  }
  return sums
}

const totalOf = (bySettle: ReadonlyMap<string, SettleSums>, name: keyof SettleSums): Decimal =>
  [...bySettle.values()].reduce((sum, sums) => sum.plus(sums[name]), ZERO)

/** Equity, margins and rates as Bybit reckons them, in dollars. */
export function accountNumbers(exchange: SimExchange, account: AccountState): AccountNumbers {
  const bySettle = settleSums(exchange, account)
  const unrealised = totalOf(bySettle, 'unrealised')
  const positionsInitial = totalOf(bySettle, 'initial')
  const positionsMaintenance = totalOf(bySettle, 'maintenance')
  let [equity, wallet, borrowed] = [unrealised, ZERO, ZERO]
  for (const [coin, state] of Object.entries(account.coins)) {
    const price = coinPrice(exchange, coin)
    const qty = dec(state.wallet).minus(state.borrowed)
    equity = equity.plus(qty.times(price))
    wallet = wallet.plus(countedOf(exchange, account, coin, qty).times(price))
    borrowed = borrowed.plus(price.times(state.borrowed))
  }
  const ordersInitial = totalOf(bySettle, 'orders')
  const margin = wallet.plus(unrealised)
  const initial = positionsInitial.plus(ordersInitial).plus(borrowed.div(account.spotLeverage))
  const maintenance = positionsMaintenance.plus(borrowed.times('0.04'))
  const held = lockedOf(exchange, account, 'USDT')
  const available = Decimal.max(ZERO, margin.minus(initial).minus(held))
  return {
    bySettle,
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
export function walletJson(
  exchange: SimExchange,
  account: AccountState,
  coins: readonly string[],
  numbers = accountNumbers(exchange, account),
): JsonObject {
  const rate = (part: Decimal) => marginRate(part, numbers.margin).toDecimalPlaces(4).toFixed()
  const [initialRate, maintenanceRate] = [rate(numbers.initial), rate(numbers.maintenance)]
  const whole = {
    totalEquity: money(numbers.equity),
    accountIMRate: initialRate,
    accountIMRateByMp: initialRate,
    totalMarginBalance: money(numbers.margin),
    totalInitialMargin: money(numbers.initial),
    totalInitialMarginByMp: money(numbers.initial),
    accountType: 'UNIFIED',
    totalAvailableBalance: money(numbers.available),
    accountMMRate: maintenanceRate,
    accountMMRateByMp: maintenanceRate,
    totalPerpUPL: money(numbers.unrealised),
    totalWalletBalance: money(numbers.wallet),
    accountLTV: '0',
    totalMaintenanceMargin: money(numbers.maintenance),
    totalMaintenanceMarginByMp: money(numbers.maintenance),
  }
  const coin = coins.map(one => coinJson(exchange, account, one, numbers))
  if (account.marginMode !== 'ISOLATED_MARGIN') return { ...whole, coin }
  const shown = Object.entries(whole).map(([name, text]) => [name, OF_THE_ACCOUNT.test(name) ? '' : text])
  return { ...Object.fromEntries(shown), coin }
}

/** What has no meaning in isolated margin. */
const OF_THE_ACCOUNT =
  /^(account(IM|MM)Rate|accountLTV|total(MarginBalance|AvailableBalance|InitialMargin|MaintenanceMargin))/

function coinJson(
  exchange: SimExchange,
  account: AccountState,
  coin: string,
  numbers: AccountNumbers,
): JsonObject {
  const state = heldOf(account, coin)
  const { unrealised, initial, maintenance, orders } = numbers.bySettle.get(coin) ?? noSums()
  const equity = dec(state.wallet).minus(state.borrowed).plus(unrealised)
  const debt = lossBorrow(state.wallet, unrealised).plus(state.borrowed)
  return {
    availableToBorrow: '',
    bonus: '0',
    accruedInterest: state.accruedInterest,
    availableToWithdraw: '',
    totalOrderIM: money(orders),
    equity: equity.toFixed(),
    totalPositionMM: money(maintenance),
    usdValue: money(equity.times(coinPrice(exchange, coin))),
    unrealisedPnl: unrealised.toFixed(),
    collateralSwitch: !account.collateralOff?.[coin],
    spotHedgingQty: '0',
    borrowAmount: debt.toFixed(),
    totalPositionIM: money(initial),
    walletBalance: state.wallet,
    cumRealisedPnl: state.realised,
    locked: lockedOf(exchange, account, coin).toFixed(),
    marginCollateral: collateralRatioOf(exchange, coin).gt(0),
    coin,
    spotBorrow: state.borrowed,
    colRes: String(exchange.state.collateral[coin] ?? 0),
  }
}
