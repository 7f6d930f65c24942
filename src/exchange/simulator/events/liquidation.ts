/**
 * What Bybit does when the account's maintenance margin rate reaches 1: all orders are cancelled, then all positions taken
 * over at their bankruptcy price, so that what maintenance margin was left of them goes to the insurance of the symbol.
 * Looked at every ten seconds, and only for accounts that hold a position.
 */
import { Decimal } from 'decimal.js'
import { accountNumbers, marginRate, positionNumbers } from '../account/accounts.ts'
import { insure } from '../account/insurance.ts'
import { amountsOf } from '../account/position-amounts.ts'
import { type AccountState, dec, type PositionState, type SimExchange } from '../exchange-state.ts'
import { cancelOrders, forceFill } from '../orders/forced-fills.ts'
import { pushWallet } from '../pushes/private.ts'
import { noteLiquidation } from './cascades.ts'

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
