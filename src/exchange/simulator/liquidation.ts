/**
 * What Bybit does when the account's maintenance margin rate reaches 1: all orders are cancelled, then all positions taken
 * over at mark price. Looked at every ten seconds, and only for accounts that hold a position.
 */
import { accountNumbers, marginRate } from './accounts.ts'
import { newOrderId, recordExecution } from './executions.ts'
import { announce } from './matching.ts'
import { endOrder, fileOrder } from './orders.ts'
import { fillPosition, noteRealised } from './positions.ts'
import { pushExecutions, pushPosition, pushWallet } from './pushes-private.ts'
import { moveMoney } from './wallet.ts'
import { type AccountState, dec, markOf, type PositionState, type World } from './world.ts'

const LOOK_EVERY_MS = 10_000

function cancelOrders(world: World, account: AccountState): void {
  for (const order of [...account.open]) {
    endOrder(world, order, 'CancelAllBeforeLiq', 'EC_NoError')
    fileOrder(account, order)
    const found = world.universe.find(order.market, order.symbol)
    if (found) announce({ world, account, order, listing: found.listing }, [])
  }
}

function takeOver(world: World, account: AccountState, position: PositionState): void {
  const found = world.universe.find('linear', position.symbol)
  if (!found) return
  const size = dec(position.size)
  const side = size.isNegative() ? 'Buy' : 'Sell'
  const qty = size.abs()
  const price = markOf(world, found.listing)
  const { closed, realised } = fillPosition(world, position, side, qty, price)
  const fee = qty.times(price).times(world.fees.linear.taker)
  noteRealised(position, realised.minus(fee))
  const orderId = newOrderId(world, false)
  const execution = recordExecution(world, account, {
    order: {
      market: 'linear',
      symbol: position.symbol,
      side,
      orderId,
      orderLinkId: '',
      price: price.toFixed(),
      qty: qty.toFixed(),
      isLeverage: false,
      marketUnit: '',
      orderType: 'Market',
    },
    execType: 'BustTrade',
    createType: 'CreateByTakeOver_PassThrough',
    qty: qty.toFixed(),
    price: price.toFixed(),
    value: qty.times(price),
    fee,
    feeCoin: found.listing.perp.quoteCoin,
    feeRate: world.fees.linear.taker,
    leaves: '0',
    maker: false,
    closed: closed.toFixed(),
    profit: realised.toFixed(),
  })
  moveMoney(world, account, {
    coin: found.listing.perp.quoteCoin,
    type: 'LIQUIDATION',
    market: 'linear',
    symbol: position.symbol,
    side,
    cashFlow: realised,
    fee,
    feeRate: world.fees.linear.taker,
    qty: qty.toFixed(),
    size: position.size,
    price: price.toFixed(),
    orderId,
    tradeId: execution.execId,
  })
  pushExecutions(world, account, [execution])
  pushPosition(world, account, position.symbol)
}

/** To be called at every step. */
export function liquidate(world: World): void {
  if (world.state.nowMs % LOOK_EVERY_MS !== 0) return
  for (const account of Object.values(world.state.accounts)) {
    const held = Object.values(account.positions).filter(position => !dec(position.size).isZero())
    if (held.length === 0) continue
    const { maintenance, margin } = accountNumbers(world, account)
    if (marginRate(maintenance, margin).lt(1)) continue
    cancelOrders(world, account)
    for (const position of held) takeOver(world, account, position)
    pushWallet(world, account, Object.keys(account.coins))
  }
}
