/** What people do to an account without the engine: trade by hand, move money, change settings and keys. */
import { Decimal } from 'decimal.js'
import { ANY_KEY } from '../account/keys.ts'
import { moveMoney } from '../account/wallet.ts'
import { type AccountState, dec, heldOf, type SimExchange } from '../exchange-state.ts'
import { floorTo } from '../kit/grid.ts'
import { createOrder } from '../orders/entry.ts'
import { pushWallet } from '../pushes/private.ts'
import type { Instrument } from '../universe/universe.ts'
import type { Happening } from './agenda-types.ts'

type Event<Kind extends Happening['kind']> = Extract<Happening, { kind: Kind }>

const accountsOf = ({ state }: SimExchange, uid: string | undefined): AccountState[] =>
  Object.values(state.accounts).filter(account => uid === undefined || account.uid === uid)

/** What the account holds of a market: contracts, or coins less those it owes; negative is short. */
const heldIn = (account: AccountState, { market, symbol, baseCoin }: Instrument): Decimal => {
  if (market === 'linear') return dec(account.positions[symbol]?.size ?? '0')
  const { wallet, borrowed } = heldOf(account, baseCoin)
  return dec(wallet).minus(borrowed)
}

/** Trades at the market; what the exchange refuses a person is refused, as it would be to any. */
export function tradeByHand(exchange: SimExchange, event: Event<'hand'>): void {
  const { market, symbol, uid } = event
  const instrument = exchange.universe.find(market, symbol)?.instrument
  if (!instrument) return
  for (const account of accountsOf(exchange, uid)) {
    const held = heldIn(account, instrument)
    const asked =
      'share' in event
        ? { side: held.isNegative() ? 'Buy' : 'Sell', qty: held.abs().times(event.share) }
        : { side: event.side, qty: dec(event.qty) }
    const qty = floorTo(instrument.qty, Decimal.min(asked.qty, instrument.maxMarketQty))
    const unit = market === 'spot' && { marketUnit: 'baseCoin', isLeverage: '1' }
    const body = { category: market, symbol, side: asked.side, orderType: 'Market', qty: qty.toFixed() }
    createOrder(exchange, account, { ...body, ...unit })
  }
}

/** Money from outside or to outside; no more goes out than is there. */
export function transfer(exchange: SimExchange, { coin, amount, uid }: Event<'transfer'>): void {
  for (const account of accountsOf(exchange, uid)) {
    const cashFlow = Decimal.max(amount, dec(heldOf(account, coin).wallet).negated())
    if (cashFlow.isZero()) continue
    const type = cashFlow.isNegative() ? 'TRANSFER_OUT' : 'TRANSFER_IN'
    moveMoney(exchange, account, { coin, type, market: 'none', cashFlow, qty: cashFlow.abs().toFixed() })
    pushWallet(exchange, account, [coin])
  }
}

export function changeAccount(exchange: SimExchange, event: Event<'account'>): void {
  const { marginMode, positionMode, spotMargin, deltaNeutral, mntFees, collateralOff } = event
  for (const account of accountsOf(exchange, event.uid)) {
    if (marginMode !== undefined) account.marginMode = marginMode
    if (positionMode !== undefined) account.hedgeMode = positionMode === 'hedge'
    if (spotMargin !== undefined) account.spotMargin = spotMargin
    if (deltaNeutral !== undefined) account.deltaNeutral = deltaNeutral
    if (mntFees !== undefined) account.mntFees = mntFees
    if (collateralOff !== undefined)
      account.collateralOff = Object.fromEntries(collateralOff.map(coin => [coin, 1]))
  }
}

export function changeKey({ state }: SimExchange, event: Event<'key'>): void {
  const { kind: _kind, atMs: _atMs, key = ANY_KEY, ...change } = event
  state.keys[key] = { ...state.keys[key], ...change }
}
