/**
 * What Bybit does when the account's maintenance margin rate reaches 1: all orders are cancelled, then all positions taken
 * over at their bankruptcy price, so that what maintenance margin was left of them goes to the insurance of the symbol. Looked
 * at every ten seconds, and only for accounts that hold a position. Where insurance does not hold it, others are deleveraged.
 */
import { Decimal } from 'decimal.js'
import { accountNumbers, marginRate, positionNumbers } from '../account/accounts.ts'
import { amountsOf } from '../account/amounts.ts'
import { ADL_ENDS_AT, insure, poolOf, setPnlRatio } from '../account/wallet.ts'
import { type AccountState, dec, markOf, type PositionState, type SimExchange } from '../exchange-state.ts'
import { ceilOn, floorOn } from '../kit/grid.ts'
import { hash, hashFraction } from '../kit/random.ts'
import { cancelOrders, forceFill } from '../orders/forced-fills.ts'
import { pushPosition, pushWallet } from '../pushes/private.ts'
import type { Happening } from './agenda-shape.ts'

// Liquidations on the tape, and cascades of others': a price that runs, a perpetual that runs ahead of its index, and a
// liquidation at every second of it. What that does to accounts here follows from the prices alone. What the public stream still
// has to say is kept apart from the accounts: who listens changes nothing.

/** `side` is the position's: 'Buy' says that a long was liquidated. */
type Liquidation = { symbol: string; side: 'Buy' | 'Sell'; qty: Decimal; price: Decimal; atMs: number }

const told = new WeakMap<SimExchange, Liquidation[]>()
const KEPT = 500

/** A liquidation for the tape; only the newest are kept. */
function noteLiquidation(exchange: SimExchange, news: Omit<Liquidation, 'atMs'>): void {
  const list = told.get(exchange) ?? []
  list.push({ ...news, atMs: exchange.state.nowMs })
  if (list.length > KEPT) list.shift()
  told.set(exchange, list)
}

/** Those of a symbol after an instant, oldest first. */
export const liquidationsSince = (exchange: SimExchange, symbol: string, afterMs: number): Liquidation[] =>
  (told.get(exchange) ?? []).filter(one => one.symbol === symbol && one.atMs > afterMs)

const SALT = 94
/** How far ahead of its index the perpetual runs, as a share of the whole move, when it is not said. */
const AHEAD = 0.1

/** Moves the price by `change` (a fraction) over `overMs`, with the perpetual ahead of its index. */
export function beginCascade(
  exchange: SimExchange,
  listing: number,
  { symbol, change, overMs, premium = change * AHEAD }: Extract<Happening, { kind: 'cascade' }>,
): void {
  const untilMs = exchange.state.nowMs + overMs
  exchange.market.shock?.(listing, change, overMs)
  exchange.market.press?.(listing, premium, untilMs)
  exchange.state.cascades.push({ symbol, side: change < 0 ? 'Buy' : 'Sell', untilMs })
}

/** To be called at every step: one liquidation a second of each cascade. */
export function keepCascades(exchange: SimExchange): void {
  const { state } = exchange
  if (state.cascades.length === 0) return
  state.cascades = state.cascades.filter(({ untilMs }) => untilMs >= state.nowMs)
  for (const { symbol, side } of state.cascades) {
    const found = exchange.universe.find('linear', symbol)
    if (!found) continue
    const { listing, instrument } = found
    const price = markOf(exchange, listing)
    const salt = hash(exchange.seed, listing.index, SALT)
    const usdt = listing.depthUsdtPerBps * 2 * hashFraction(salt, Math.floor(state.nowMs / 1000), 1)
    const qty = Decimal.max(
      instrument.minQty,
      floorOn(instrument.qty, new Decimal(usdt.toFixed(2)).div(price)),
    )
    noteLiquidation(exchange, { symbol, side, qty, price: floorOn(instrument.price, price) })
  }
}

const LOOK_EVERY_MS = 10_000

/** Where closing leaves nothing of the position's own maintenance margin. Never below a tick. */
function bustPrice(exchange: SimExchange, account: AccountState, position: PositionState): Decimal {
  const found = exchange.universe.find('linear', position.symbol)
  const size = dec(position.size)
  if (!found || size.isZero()) return new Decimal(0)
  const { mark, maintenance } = positionNumbers(exchange, account, position)
  const away = maintenance.div(size.abs())
  const price = size.isNegative() ? mark.plus(away) : mark.minus(away)
  return Decimal.max(found.instrument.price.step, price).toDecimalPlaces(found.instrument.price.decimals)
}

function takeOver(exchange: SimExchange, account: AccountState, position: PositionState): void {
  const qty = dec(position.size).abs()
  const price = bustPrice(exchange, account, position)
  const { mark } = positionNumbers(exchange, account, position)
  const side = dec(position.size).isNegative() ? 'Buy' : 'Sell'
  insure(exchange, position.symbol, qty.times(mark.minus(price).abs()))
  noteLiquidation(exchange, { symbol: position.symbol, side: side === 'Buy' ? 'Sell' : 'Buy', qty, price })
  forceFill(exchange, account, position, {
    execType: 'BustTrade',
    createType: 'CreateByTakeOver_PassThrough',
    type: 'LIQUIDATION',
    qty,
    price,
    feeRate: exchange.fees.linear.taker,
  })
}

/**
 * A look in floats that may only decide not to look closer: with no debt, and dollars that with what the positions have made
 * exceed the positions' whole value (maintenance margin is at most half of it), an account is nowhere near.
 */
function isFarFrom(exchange: SimExchange, account: AccountState): boolean {
  for (const coin in account.coins) if (account.coins[coin]?.borrowed !== '0') return false
  let [value, margin] = [0, Number(account.coins.USDT?.wallet ?? 0)]
  for (const position of Object.values(account.positions)) {
    if (position.size === '0') continue
    const found = exchange.universe.find('linear', position.symbol)
    if (found?.instrument.quoteCoin !== 'USDT') return false
    const { sizeFloat, costFloat } = amountsOf(position)
    const worth = sizeFloat * exchange.market.reference(found.listing.index).mark
    value += Math.abs(worth)
    margin += worth - Math.sign(worth) * costFloat
  }
  return margin > value * 1.01
}

/** To be called at every step. */
export function liquidate(exchange: SimExchange): void {
  if (exchange.state.nowMs % LOOK_EVERY_MS !== 0) return
  for (const account of Object.values(exchange.state.accounts)) {
    if (isFarFrom(exchange, account)) continue
    const held = Object.values(account.positions).filter(({ size }) => size !== '0')
    if (held.length === 0) continue
    const { maintenance, margin } = accountNumbers(exchange, account)
    if (marginRate(maintenance, margin).lt(1)) continue
    cancelOrders(exchange, account, 'CancelAllBeforeLiq', () => true)
    for (const position of held) takeOver(exchange, account, position)
    pushWallet(exchange, account, Object.keys(account.coins))
  }
}

const WARNING_MS = 60_000
const CALM_MS = 60_000
/** What the warning shows: past the threshold of −0.3. */
const UNDER_WATER = '-0.35'

/** From a minute before, `adlAlert` says what is coming. */
export function warnOfAdl(exchange: SimExchange, symbol: string, atMs: number): void {
  const { nowMs } = exchange.state
  if (nowMs < atMs - WARNING_MS || poolOf(exchange, symbol).pnlRatio === UNDER_WATER) return
  setPnlRatio(exchange, symbol, UNDER_WATER)
}

/** Past an event the pool recovers above the stop ratio. */
const calmAfterAdl = (exchange: SimExchange, symbol: string): void =>
  setPnlRatio(exchange, symbol, ADL_ENDS_AT)

/** Reduces every position in the symbol by a share of its size, rounded up to a lot. */
export function reduceByAdl(exchange: SimExchange, symbol: string, share: string): void {
  const found = exchange.universe.find('linear', symbol)
  if (!found) return
  for (const account of Object.values(exchange.state.accounts)) {
    const position = account.positions[symbol]
    if (!position || dec(position.size).isZero()) continue
    cancelOrders(
      exchange,
      account,
      'CancelByPrepareAdl',
      order => order.market === 'linear' && order.symbol === symbol,
    )
    position.adlUntilMs = exchange.state.nowMs + CALM_MS
    pushPosition(exchange, account, symbol)
    const size = dec(position.size).abs()
    const qty = Decimal.min(size, ceilOn(found.instrument.qty, size.times(share)))
    const { mark } = positionNumbers(exchange, account, position)
    forceFill(exchange, account, position, {
      execType: 'AdlTrade',
      createType: 'CreateByAdl_PassThrough',
      type: 'ADL',
      qty,
      price: mark.toDecimalPlaces(found.instrument.price.decimals),
      feeRate: '0',
    })
    pushWallet(exchange, account, [found.instrument.quoteCoin])
  }
  calmAfterAdl(exchange, symbol)
}
