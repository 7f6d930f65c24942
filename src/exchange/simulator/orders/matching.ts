/**
 * Orders against the synthetic book. A taker walks the levels, one execution each, and eats them; a resting order fills at
 * its own price when the other side of the market comes to it. Every fill moves money and position in the same breath.
 */
import { Decimal } from 'decimal.js'
import { accountNumbers } from '../account/accounts.ts'
import { fillPosition, noteRealised, positionOf, sizeOf } from '../account/positions.ts'
import { borrow, coinOf, moveMoney, repay, type WalletMove } from '../account/wallet.ts'
import { checkMaintenance } from '../events/maintenance.ts'
import {
  type AccountState,
  coinPrice,
  dec,
  type ExecutionState,
  FEE_COIN,
  heldOf,
  instrumentOf,
  leavesOf,
  type OrderState,
  plus,
  type SimExchange,
  syntheticBookOf,
  ZERO,
} from '../exchange-state.ts'
import { countOf, gridText, textOf } from '../kit/grid.ts'
import type { BookLevel, BookSide } from '../market/order-book.ts'
import { pushExecutions, pushOrder, pushPosition, pushWallet } from '../pushes/private.ts'
import type { Found, Instrument, Listing } from '../universe/listing.ts'
import { endOrder, fileOrder, isOpen, recordExecution } from './orders.ts'

/** Terms of a fill that is no plain trade. */
export type Terms = { execType: string; feeShare: Decimal; parentExecId: string }
type Fill = { qty: Decimal; price: Decimal; maker: boolean; terms?: Terms }
type Outcome = { fee: Decimal; feeCoin: string; closing?: { closed: Decimal; realised: Decimal } }
type Place = { exchange: SimExchange; account: AccountState; order: OrderState; listing: Listing }

const oppositeOf = (order: OrderState): BookSide => (order.side === 'Buy' ? 'asks' : 'bids')

/** The order's limit in ticks; prices were checked or moved onto the grid before. */
const limitTicks = (instrument: Instrument, order: OrderState) => countOf(instrument.price, dec(order.price))

/** Levels that an amount in quote buys, and whether what is left of it could buy one more lot. */
function levelsForValue(instrument: Instrument, levels: readonly BookLevel[], value: Decimal): BookLevel[] {
  const taken: BookLevel[] = []
  let left = value
  for (const [ticks, lots] of levels) {
    const lotCost = instrument.price.step.times(ticks).times(instrument.qty.step)
    const afforded = Math.min(lots, left.divToInt(lotCost).toNumber())
    if (afforded <= 0) break
    taken.push([ticks, afforded])
    left = left.minus(lotCost.times(afforded))
    if (afforded < lots) break
  }
  return taken
}

/** What the book would give the order now, at its limit or better. */
function reachable(exchange: SimExchange, listing: Listing, order: OrderState): BookLevel[] {
  const instrument = instrumentOf(listing, order.market)
  const book = syntheticBookOf(exchange, order.market, listing)
  const limit = limitTicks(instrument, order)
  if (order.marketUnit === 'quoteCoin')
    return levelsForValue(
      instrument,
      book.reach(oppositeOf(order), limit, Number.MAX_SAFE_INTEGER),
      dec(order.qty),
    )
  return book.reach(oppositeOf(order), limit, countOf(instrument.qty, leavesOf(order)))
}

const rateOf = (exchange: SimExchange, market: 'spot' | 'linear', { maker, terms }: Fill): Decimal =>
  dec(exchange.fees[market][maker ? 'maker' : 'taker']).times(terms?.feeShare ?? 1)

/** What a fee in the fee coin costs less. */
const FEE_COIN_SHARE = '0.75'

/**
 * Takes a fee in the fee coin, where the account wishes it and has enough: a row of its own in the log, of the same trade.
 * Undefined: it is to be taken as usual.
 */
function payInFeeCoin(
  { exchange, account }: Place,
  row: Omit<WalletMove, 'coin'>,
  feeUsdt: Decimal,
  feeRate: string,
): { fee: Decimal; feeCoin: string } | undefined {
  if (!account.mntFees) return undefined
  const fee = feeUsdt.times(FEE_COIN_SHARE).div(coinPrice(exchange, FEE_COIN)).toDecimalPlaces(8)
  if (fee.gt(heldOf(account, FEE_COIN).wallet)) return undefined
  moveMoney(exchange, account, { ...row, coin: FEE_COIN, fee, feeRate })
  pushWallet(exchange, account, [FEE_COIN])
  return { fee, feeCoin: FEE_COIN }
}

function fillSpot(place: Place, fill: Fill, value: Decimal, execId: string): Outcome {
  const { exchange, account, order, listing } = place
  const coin = listing.spot.baseCoin
  const buys = order.side === 'Buy'
  const rate = rateOf(exchange, 'spot', fill)
  const row = {
    type: 'TRADE',
    market: 'spot' as const,
    symbol: order.symbol,
    side: order.side,
    qty: fill.qty.toFixed(),
    price: fill.price.toFixed(),
    orderId: order.orderId,
    orderLinkId: order.orderLinkId,
    tradeId: execId,
  }
  const money = listing.spot.quoteCoin
  const out = buys ? { coin: money, amount: value } : { coin, amount: fill.qty }
  const short = out.amount.minus(coinOf(account, out.coin).wallet)
  if (order.isLeverage && short.gt(0)) borrow(exchange, account, out.coin, short)
  moveMoney(exchange, account, { ...row, coin: out.coin, cashFlow: out.amount.negated() })
  const into = buys ? { coin, amount: fill.qty } : { coin: money, amount: value }
  const whole = into.amount.times(rate)
  const feeRate = rate.toFixed()
  const paid = payInFeeCoin(place, row, whole.times(coinPrice(exchange, into.coin)), feeRate)
  const { fee, feeCoin } = paid ?? { fee: whole, feeCoin: into.coin }
  const own = paid ? ZERO : whole
  moveMoney(exchange, account, { ...row, coin: into.coin, cashFlow: into.amount, fee: own, feeRate })
  repay(exchange, account, into.coin)
  return { fee, feeCoin }
}

function fillLinear(place: Place, fill: Fill, value: Decimal, execId: string): Outcome {
  const { exchange, account, order, listing } = place
  const money = listing.perp.quoteCoin
  const position = positionOf(exchange, account, order.symbol)
  const { closed, realised } = fillPosition(exchange, position, order.side, fill.qty, fill.price)
  const rate = rateOf(exchange, 'linear', fill)
  const feeRate = rate.toFixed()
  const row = {
    type: 'TRADE',
    market: 'linear' as const,
    symbol: order.symbol,
    side: order.side,
    qty: fill.qty.toFixed(),
    size: position.size,
    price: fill.price.toFixed(),
    orderId: order.orderId,
    orderLinkId: order.orderLinkId,
    tradeId: execId,
  }
  const whole = value.times(rate)
  const paid = payInFeeCoin(place, row, whole.times(coinPrice(exchange, money)), feeRate)
  const { fee, feeCoin } = paid ?? { fee: whole, feeCoin: money }
  const own = paid ? ZERO : whole
  noteRealised(position, realised.minus(own))
  const coin = coinOf(account, money)
  coin.realised = plus(coin.realised, realised.minus(own))
  moveMoney(exchange, account, { ...row, coin: money, cashFlow: realised, fee: own, feeRate })
  order.closedPnl = plus(order.closedPnl, realised)
  return { fee, feeCoin, closing: { closed, realised } }
}

/** Books one fill: order counters, execution, wallet rows, position. */
export function applyFill(place: Place, fill: Fill): ExecutionState {
  const { exchange, account, order, listing } = place
  const instrument = instrumentOf(listing, order.market)
  const value = fill.qty.times(fill.price)
  order.cumQty = plus(order.cumQty, fill.qty)
  order.cumValue = plus(order.cumValue, value)
  order.updatedAtMs = exchange.state.nowMs
  const leaves = order.marketUnit === 'quoteCoin' ? ZERO : leavesOf(order)
  const execution = recordExecution(exchange, account, {
    order,
    execType: fill.terms?.execType ?? 'Trade',
    createType: order.createType ?? 'CreateByUser',
    qty: gridText(instrument.qty, fill.qty),
    price: gridText(instrument.price, fill.price),
    value,
    fee: ZERO,
    feeCoin: '',
    feeRate: rateOf(exchange, order.market, fill).toFixed(),
    leaves: gridText(instrument.qty, leaves),
    maker: fill.maker,
    closed: order.market === 'linear' ? '0' : '',
    profit: '0',
  })
  const outcome: Outcome =
    order.market === 'spot'
      ? fillSpot(place, fill, value, execution.execId)
      : fillLinear(place, fill, value, execution.execId)
  if (fill.terms) execution.json.parentExecId = fill.terms.parentExecId
  order.fees[outcome.feeCoin] = plus(order.fees[outcome.feeCoin] ?? '0', outcome.fee)
  execution.json.execFee = outcome.fee.toFixed()
  execution.json.feeCurrency = outcome.feeCoin
  if (outcome.closing) {
    execution.json.closedSize = outcome.closing.closed.toFixed()
    execution.json.execPnl = outcome.closing.realised.toFixed()
  }
  return execution
}

const fillOf = (instrument: Instrument, [ticks, lots]: BookLevel, maker: boolean, at?: Decimal): Fill => ({
  qty: instrument.qty.step.times(lots),
  price: at ?? new Decimal(textOf(instrument.price, ticks)),
  maker,
})

/** Coins whose balance a trade moved, as the wallet stream lists them. */
const movedCoins = (order: OrderState, listing: Listing) =>
  order.market === 'spot' ? [listing.spot.baseCoin, listing.spot.quoteCoin] : [listing.perp.quoteCoin]

/** Tells everything that follows from an order's change, in Bybit's usual order. */
export function announce(place: Place, executions: readonly ExecutionState[]): void {
  const { exchange, account, order, listing } = place
  const tellsWallet = executions.length > 0 || order.market === 'spot'
  // Position and wallet are told of one state: its numbers are worked out once.
  const numbers = tellsWallet ? accountNumbers(exchange, account) : undefined
  pushExecutions(exchange, account, executions)
  if (order.market === 'linear') pushPosition(exchange, account, order.symbol, numbers)
  pushOrder(exchange, account, order)
  if (tellsWallet) pushWallet(exchange, account, movedCoins(order, listing), numbers)
}

/** An order by value is filled when what is left of its amount cannot buy one more lot at its average price. */
function spent({ order, listing }: Place): boolean {
  const filled = dec(order.cumQty)
  if (filled.isZero()) return false
  const lotCost = dec(order.cumValue).div(filled).times(listing.spot.qty.step)
  return dec(order.qty).minus(order.cumValue).lt(lotCost.times('1.01'))
}

function afterTaking(place: Place): void {
  const { exchange, order } = place
  const byValue = order.marketUnit === 'quoteCoin'
  const filled = dec(order.cumQty)
  const done = byValue ? spent(place) : leavesOf(order).lte(0)
  if (done) {
    order.status = 'Filled'
  } else if (order.orderType === 'Market' || order.timeInForce === 'IOC' || order.timeInForce === 'FOK') {
    endOrder(exchange, order, 'UNKNOWN', filled.isZero() ? 'EC_NoImmediateQtyToFill' : 'EC_NoEnoughQtyToFill')
  } else order.status = filled.isZero() ? 'New' : 'PartiallyFilled'
}

/** First contact of a new or amended order with the book. Files it and tells the account. */
export function takeFromBook(place: Place): void {
  const { exchange, account, order, listing } = place
  const instrument = instrumentOf(listing, order.market)
  const book = syntheticBookOf(exchange, order.market, listing)
  const levels = reachable(exchange, listing, order)
  const lots = levels.reduce((sum, level) => sum + level[1], 0)
  const executions: ExecutionState[] = []
  if (order.timeInForce === 'PostOnly' && lots > 0) {
    endOrder(exchange, order, 'UNKNOWN', 'EC_PostOnlyWillTakeLiquidity')
  } else if (order.timeInForce === 'FOK' && lots < countOf(instrument.qty, leavesOf(order))) {
    endOrder(exchange, order, 'UNKNOWN', 'EC_CancelForNoFullFill')
  } else {
    for (const level of levels) executions.push(applyFill(place, fillOf(instrument, level, false)))
    book.eat(oppositeOf(order), levels)
    afterTaking(place)
  }
  fileOrder(account, order)
  announce(place, executions)
}

/** Fills one resting order as far as the market has come to it. */
function fillResting(place: Place): void {
  const { exchange, account, order, listing } = place
  const instrument = instrumentOf(listing, order.market)
  let levels = reachable(exchange, listing, order)
  if (order.reduceOnly) {
    const size = sizeOf(account, order.symbol)
    const room = order.side === 'Buy' ? size.negated() : size
    if (!room.gt(0)) {
      endOrder(exchange, order, 'CancelByReduceOnly', 'EC_NoError')
      fileOrder(account, order)
      announce(place, [])
      return
    }
    levels = cutTo(levels, countOf(instrument.qty, room))
  }
  if (levels.length === 0) return
  const lots = levels.reduce((sum, level) => sum + level[1], 0)
  const fill = fillOf(instrument, [limitTicks(instrument, order), lots], true, dec(order.price))
  const execution = applyFill(place, fill)
  syntheticBookOf(exchange, order.market, listing).eat(oppositeOf(order), levels)
  order.status = leavesOf(order).lte(0) ? 'Filled' : 'PartiallyFilled'
  fileOrder(account, order)
  announce(place, [execution])
}

function cutTo(levels: readonly BookLevel[], lots: number): BookLevel[] {
  let left = lots
  return levels.flatMap(([ticks, has]): BookLevel[] => {
    const part = Math.min(has, left)
    left -= part
    return part > 0 ? [[ticks, part]] : []
  })
}

/** A look in floats that may only decide not to look closer: most orders rest well away from the market. */
function isFarFrom(exchange: SimExchange, order: OrderState, { listing, instrument }: Found): boolean {
  const ticks = syntheticBookOf(exchange, order.market, listing).bound(oppositeOf(order))
  if (ticks === undefined) return true
  const beyond = (ticks * instrument.price.stepFloat) / Number(order.price)
  return order.side === 'Buy' ? beyond > 1 + 1e-9 : beyond < 1 - 1e-9
}

function isReached(exchange: SimExchange, order: OrderState, found: Found): boolean {
  if (isFarFrom(exchange, order, found) || checkMaintenance(exchange, order.market)) return false
  const best = syntheticBookOf(exchange, order.market, found.listing).best(oppositeOf(order))
  if (!best) return false
  const limit = limitTicks(found.instrument, order)
  return order.side === 'Buy' ? best[0] <= limit : best[0] >= limit
}

/** After a price step: every resting order of every account that the market has reached. */
export function matchResting(exchange: SimExchange): void {
  for (const account of Object.values(exchange.state.accounts)) {
    if (account.open.length === 0) continue
    for (const order of [...account.open]) {
      const found = exchange.universe.find(order.market, order.symbol)
      if (found && isOpen(order) && isReached(exchange, order, found))
        fillResting({ exchange, account, order, listing: found.listing })
    }
  }
}
