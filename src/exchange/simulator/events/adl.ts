/**
 * Auto-deleveraging: when a symbol's insurance is under water, profitable leveraged positions are reduced at the bankruptcy
 * price of the other side, here the mark price. Orders in the symbol are cancelled before; no fee is taken.
 */
import { Decimal } from 'decimal.js'
import { positionNumbers } from '../account/accounts.ts'
import { ADL_ENDS_AT, poolOf, setPnlRatio } from '../account/insurance.ts'
import { dec, type SimExchange } from '../exchange-state.ts'
import { ceilTo } from '../kit/grid.ts'
import { cancelOrders, forceFill } from '../orders/forced-fills.ts'
import { pushPosition, pushWallet } from '../pushes/private.ts'

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
    const qty = Decimal.min(size, ceilTo(found.instrument.qty, size.times(share)))
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
