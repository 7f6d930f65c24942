/** What is scheduled to happen, kept in the saved state and done at its instant, so that a restart or a replay does it too. */
import { Decimal } from 'decimal.js'
import type { JsonObject } from '../../../domain/json.ts'
import { recall } from '../account/borrowing.ts'
import { ANY_KEY } from '../account/keys.ts'
import { moveMoney } from '../account/wallet.ts'
import { type AccountState, dec, FEE_COIN, heldOf, type SimExchange } from '../exchange-state.ts'
import { floorOn } from '../kit/grid.ts'
import { type ApiRefusal, badRequest } from '../kit/params.ts'
import { createOrder } from '../orders/entry.ts'
import { pushWallet } from '../pushes/private.ts'
import {
  announceDelisting,
  announceListing,
  closeDelivered,
  closeSpot,
  deliver,
  launch,
} from '../universe/listing-life.ts'
import type { Instrument } from '../universe/universe.ts'
import type { Happening } from './agenda-shape.ts'
import { readHappening } from './agenda-shape.ts'
import { beginCascade, keepCascades, reduceByAdl, warnOfAdl } from './liquidation.ts'
import { announceMaintenance } from './maintenance.ts'

/** What people do to an account without the engine: trade by hand, move money, change settings and keys. */
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
function tradeByHand(exchange: SimExchange, event: Event<'hand'>): void {
  const { market, symbol, uid } = event
  const instrument = exchange.universe.find(market, symbol)?.instrument
  if (!instrument) return
  for (const account of accountsOf(exchange, uid)) {
    const held = heldIn(account, instrument)
    const asked =
      'share' in event
        ? { side: held.isNegative() ? 'Buy' : 'Sell', qty: held.abs().times(event.share) }
        : { side: event.side, qty: dec(event.qty) }
    const qty = floorOn(instrument.qty, Decimal.min(asked.qty, instrument.maxMarketQty))
    const unit = market === 'spot' && { marketUnit: 'baseCoin', isLeverage: '1' }
    const body = { category: market, symbol, side: asked.side, orderType: 'Market', qty: qty.toFixed() }
    createOrder(exchange, account, { ...body, ...unit })
  }
}

/** Money from outside or to outside; no more goes out than is there. */
function transfer(exchange: SimExchange, { coin, amount, uid }: Event<'transfer'>): void {
  for (const account of accountsOf(exchange, uid)) {
    const cashFlow = Decimal.max(amount, dec(heldOf(account, coin).wallet).negated())
    if (cashFlow.isZero()) continue
    const type = cashFlow.isNegative() ? 'TRANSFER_OUT' : 'TRANSFER_IN'
    moveMoney(exchange, account, { coin, type, market: 'none', cashFlow, qty: cashFlow.abs().toFixed() })
    pushWallet(exchange, account, [coin])
  }
}

function changeAccount(exchange: SimExchange, event: Event<'account'>): void {
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

function changeKey({ state }: SimExchange, event: Event<'key'>): void {
  const { kind: _kind, atMs: _atMs, key = ANY_KEY, ...change } = event
  state.keys[key] = { ...state.keys[key], ...change }
}

/** Adds one; what must be known ahead (a delisting, a listing, a maintenance) is announced at once. */
export function schedule(exchange: SimExchange, asked: JsonObject): ApiRefusal | undefined {
  const happening = readHappening(asked)
  if (typeof happening === 'string') return badRequest(happening)
  const fault = faultOf(exchange, happening)
  if (fault) return badRequest(fault)
  if (happening.kind === 'delisting') announceDelisting(exchange, happening)
  if (happening.kind === 'listing') announceListing(exchange, happening)
  if (happening.kind === 'maintenance') announceMaintenance(exchange, happening)
  exchange.state.agenda.push(happening)
  exchange.state.agenda.sort((a, b) => a.atMs - b.atMs)
  return undefined
}

/** What no shape can say: the past, symbols that do not exist, prices that cannot be moved. */
function faultOf(exchange: SimExchange, happening: Happening): string | undefined {
  const { kind, atMs } = happening
  const { nowMs } = exchange.state
  if (atMs < nowMs) return `atMs is past: expected ${nowMs} or later, found ${atMs}`
  if ('untilMs' in happening && happening.untilMs !== undefined && happening.untilMs <= atMs)
    return `untilMs: expected later than ${atMs}, found ${happening.untilMs}`
  if ('coin' in happening && happening.coin !== FEE_COIN && !exchange.universe.coins.includes(happening.coin))
    return `coin invalid: ${happening.coin}`
  if (['premium', 'interval', 'shock', 'cascade', 'apart', 'spike'].includes(kind) && !exchange.market.press)
    return `kind: expected one that recorded history can do, found ${kind}`
  if (!('symbol' in happening) || happening.symbol === undefined) return undefined
  const market = ('market' in happening && happening.market) || 'linear'
  return exchange.universe.find(market, happening.symbol) ? undefined : `symbol invalid: ${happening.symbol}`
}

type Doing<Kind extends Happening['kind']> = (
  exchange: SimExchange,
  step: Extract<Happening, { kind: Kind }>,
) => void

const DOINGS: { [Kind in Happening['kind']]: Doing<Kind> } = {
  delisting: (exchange, { market, symbol }) =>
    market === 'spot' ? closeSpot(exchange, symbol) : deliver(exchange, symbol),
  listing: (exchange, { market, symbol }) => launch(exchange, market, symbol),
  adl: (exchange, { symbol, share }) => reduceByAdl(exchange, symbol, share ?? '1'),
  premium: (exchange, { symbol, premium, untilMs }) =>
    exchange.market.press?.(indexOf(exchange, symbol), premium, untilMs),
  interval: (exchange, { symbol, hours }) =>
    exchange.market.settleEvery?.(indexOf(exchange, symbol), hours * 3_600_000),
  shock: (exchange, { symbol, change, overMs }) =>
    exchange.market.shock?.(indexOf(exchange, symbol), change, overMs ?? 0),
  cascade: (exchange, step) => beginCascade(exchange, indexOf(exchange, step.symbol), step),
  restart: ({ state }) => {
    state.restartedAtMs = state.nowMs
  },
  // By the clock: see maintenance.ts.
  maintenance: () => {},
  lending: ({ state }, { coin, inventory }) => {
    state.lending[coin] = inventory
  },
  recall: (exchange, { coin }) => recall(exchange, coin),
  collateral: ({ state }, { coin, restriction }) => {
    state.collateral[coin] = restriction
  },
  'collateral-ratio': ({ state }, { coin, ratio }) => {
    state.ratios[coin] = ratio
  },
  'min-value': ({ state }, { market, symbol, minValue }) => {
    state.minValues[`${market} ${symbol}`] = minValue
  },
  'risk-limit': ({ state }, { symbol, share }) => {
    state.riskShares[symbol] = share
  },
  reject: ({ state }, { market, symbol, count }) => {
    state.rejects[`${market} ${symbol}`] = count
  },
  refuse: ({ state }, { kind: _kind, atMs: _atMs, ...rule }) => {
    state.refusals.push(rule)
  },
  apart: (exchange, { symbol, ratio, untilMs }) =>
    exchange.market.part?.(indexOf(exchange, symbol), ratio, untilMs),
  spike: (exchange, { symbol, premium, untilMs }) =>
    exchange.market.spike?.(indexOf(exchange, symbol), premium, untilMs),
  hand: tradeByHand,
  transfer,
  account: changeAccount,
  key: changeKey,
}

/** Known when it was scheduled; a universe does not lose symbols. */
const indexOf = (exchange: SimExchange, symbol: string): number =>
  exchange.universe.find('linear', symbol)?.listing.index ?? -1

const happen = <Kind extends Happening['kind']>(
  exchange: SimExchange,
  step: Extract<Happening, { kind: Kind }>,
) => DOINGS[step.kind as Kind](exchange, step)

/** When the next thing happens; never is +∞. */
export const nextAgendaAtMs = (exchange: SimExchange): number =>
  exchange.state.agenda[0]?.atMs ?? Number.POSITIVE_INFINITY

/** Does what is due. */
export function keepAgenda(exchange: SimExchange): void {
  const { state } = exchange
  for (const step of state.agenda) if (step.kind === 'adl') warnOfAdl(exchange, step.symbol, step.atMs)
  closeDelivered(exchange)
  keepCascades(exchange)
  while ((state.agenda[0]?.atMs ?? Number.POSITIVE_INFINITY) <= state.nowMs) {
    const step = state.agenda.shift()
    if (step) happen(exchange, step)
  }
}
