/**
 * Funding: at each settlement everyone holding a position pays or receives size × mark × rate. A positive rate is paid by
 * longs to shorts. The execution says what was paid (positive), the log what was received (positive).
 */
import { Decimal } from 'decimal.js'
import {
  type AccountState,
  dec,
  lifeOf,
  type PositionState,
  plus,
  type SimExchange,
} from '../exchange-state.ts'
import type { Settlement } from '../market/market.ts'
import { newOrderId, recordExecution } from '../orders/orders.ts'
import { pushExecutions, pushPosition, pushWallet } from '../pushes/private.ts'
import { noteRealised } from './positions.ts'
import { coinOf, moveMoney } from './wallet.ts'

/** Received by the holder: −size × mark × rate, size signed. */
export const fundingReceived = (size: Decimal, mark: Decimal, rate: Decimal): Decimal =>
  size.times(mark).times(rate).negated()

function settlePosition(
  exchange: SimExchange,
  account: AccountState,
  position: PositionState,
  settlement: Settlement,
  { mark, money }: { mark: string; money: string },
): void {
  const size = dec(position.size)
  const received = fundingReceived(size, dec(mark), dec(settlement.rate))
  const side = size.isNegative() ? 'Sell' : 'Buy'
  const feeRate = size.isNegative() ? dec(settlement.rate).negated().toFixed() : settlement.rate
  const orderId = newOrderId(exchange, false)
  const qty = size.abs().toFixed()
  const execution = recordExecution(exchange, account, {
    order: {
      market: 'linear',
      symbol: position.symbol,
      side,
      orderId,
      orderLinkId: '',
      price: '0',
      qty,
      isLeverage: false,
      marketUnit: '',
      orderType: 'UNKNOWN',
    },
    execType: 'Funding',
    createType: '',
    qty,
    price: mark,
    value: size.abs().times(mark),
    fee: received.negated(),
    feeCoin: money,
    feeRate,
    leaves: '0',
    maker: false,
    closed: '0',
    profit: '0',
  })
  noteRealised(position, received)
  const coin = coinOf(account, money)
  coin.realised = plus(coin.realised, received)
  moveMoney(exchange, account, {
    coin: money,
    type: 'SETTLEMENT',
    market: 'linear',
    symbol: position.symbol,
    side,
    funding: received,
    feeRate,
    qty,
    size: size.toFixed(),
    price: mark,
    orderId: `${Math.floor(settlement.atMs / 1000)}-${settlement.intervalMs / 3_600_000}-${account.uid}-${execution.number}`,
    tradeId: execution.execId,
  })
  pushExecutions(exchange, account, [execution])
  pushPosition(exchange, account, position.symbol)
}

/** Settles one symbol for every account that holds it. */
export function settleFunding(exchange: SimExchange, settlement: Settlement): void {
  const listing = exchange.universe.listings[settlement.listing]
  if (!listing || lifeOf(exchange, 'linear', listing.perp.symbol).status !== 'Trading') return
  const money = listing.perp.quoteCoin
  const mark = new Decimal(settlement.mark.toFixed(listing.priceScale)).toFixed()
  for (const account of Object.values(exchange.state.accounts)) {
    const position = account.positions[listing.perp.symbol]
    if (!position || dec(position.size).isZero()) continue
    settlePosition(exchange, account, position, settlement, { mark, money })
    pushWallet(exchange, account, [money])
  }
}
