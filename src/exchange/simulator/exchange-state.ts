/**
 * What the simulated exchange keeps: accounts, agenda and restrictions, as plain JSON that can be saved and resumed at any
 * instant; and `SimExchange`, which holds it with markets and order books. Amounts are decimal text; a position's `cost` is
 * exact, its average is only shown.
 */
import { Decimal } from 'decimal.js'
import '../../domain/units.ts'
import type { Market as MarketName, Side } from '../../domain/instrument.ts'
import type { JsonObject } from '../../domain/json.ts'
import type {
  Announcement,
  Cascade,
  Happening,
  KeyState,
  Maintenance,
  MarginMode,
} from './events/agenda-shape.ts'
import { type FeeTable, usdtOf } from './kit/grid.ts'
import type { MarketSource } from './market/market.ts'
import type { SimulatedBook } from './market/order-book.ts'
import type { Push } from './simulated.ts'
import type { SpreadState } from './spread/state.ts'
import type { Instrument, Listing, Universe } from './universe/universe.ts'

export type CoinState = {
  wallet: string
  /** Spot-margin borrow; never part of `wallet`. */
  borrowed: string
  accruedInterest: string
  realised: string
}

export type PositionState = {
  symbol: string
  /** Signed contracts: negative is short. */
  size: string
  /** Σ qty × price of what is open, always positive. */
  cost: string
  curRealised: string
  cumRealised: string
  createdAtMs: number
  updatedAtMs: number
  seq: number
  /** Shown as being deleveraged until then. */
  adlUntilMs?: number
}

type OrderStatusWord =
  | 'New'
  | 'PartiallyFilled'
  | 'Filled'
  | 'Cancelled'
  | 'PartiallyFilledCanceled'
  | 'Rejected'

export type OrderState = {
  number: number
  orderId: string
  orderLinkId: string
  market: MarketName
  symbol: string
  side: Side
  orderType: 'Limit' | 'Market'
  timeInForce: 'GTC' | 'IOC' | 'FOK' | 'PostOnly'
  /** Market orders: the bound they may trade to. */
  price: string
  /** In base; of a spot market order by value: the amount in quote. */
  qty: string
  marketUnit: '' | 'baseCoin' | 'quoteCoin'
  reduceOnly: boolean
  isLeverage: boolean
  status: OrderStatusWord
  cancelType: string
  rejectReason: string
  cumQty: string
  cumValue: string
  fees: Record<string, string>
  /** By the user, when absent. */
  createType?: string
  closedPnl: string
  lastPriceOnCreated: string
  createdAtMs: number
  updatedAtMs: number
}

export type ExecutionState = {
  number: number
  market: MarketName
  execId: string
  seq: number
  atMs: number
  /** Fields as printed on the wire, less those that differ between REST and socket. */
  json: JsonObject
}

type LogRow = { number: number; market: MarketName | 'none'; atMs: number; json: JsonObject }

export type AccountState = {
  uid: string
  coins: Record<string, CoinState>
  positions: Record<string, PositionState>
  leverage: Record<string, string>
  open: OrderState[]
  /** Oldest first. */
  closed: OrderState[]
  /** Every client id ever used. */
  links: Record<string, 1>
  executions: ExecutionState[]
  log: LogRow[]
  spotMargin: boolean
  spotLeverage: string
  marginMode: MarginMode
  deltaNeutral: boolean
  spread?: SpreadState
  /** Coins that are switched off as collateral. */
  collateralOff?: Record<string, 1>
  /** Coins whose debt is not repaid by itself. */
  autoRepayOff?: Record<string, 1>
  /** Hours of interest charged, oldest first. */
  interest?: InterestRow[]
  /** Whether spot prices beyond the limit are moved to it, and whether futures prices are refused there. */
  lpaSpot?: boolean
  lpaPerp?: boolean
  /** Perpetuals are held long and short apart. */
  hedgeMode?: boolean
  /** Fees are paid in MNT, as far as there is enough of it. */
  mntFees?: boolean
}

type InterestRow = {
  number: number
  atMs: number
  coin: string
  borrowed: string
  bearing: string
  free: string
  loss: string
  rate: string
  cost: string
}

/** What a symbol's life has come to, where it is not simply trading. */
export type LifeState = {
  status: 'PreLaunch' | 'Trading' | 'Delivering' | 'Closed'
  launchAtMs?: number
  deliveryAtMs?: number
  /** From here on nothing may be opened. */
  reduceOnlyAtMs?: number
}

/** New orders that are refused with a code. */
type RefusalRule = Omit<Extract<Happening, { kind: 'refuse' }>, 'kind' | 'atMs'>

export type PoolState = { balance: string; maxBalance: string; pnlRatio: string }

export type ExchangeState = {
  /** What is going to happen, soonest first. */
  agenda: Happening[]
  /** By market and symbol, e.g. 'linear BTCUSDT'. */
  life: Record<string, LifeState>
  announcements: Announcement[]
  /** Insurance, by perpetual symbol: the part of the house's money that stands for it. */
  pools: Record<string, PoolState>
  /** What the lending pool has left, where it is not plenty. */
  lending: Record<string, string>
  /** Platform-wide restriction of a coin as collateral: 1 near its limit, 2 at it. */
  collateral: Record<string, 0 | 1 | 2>
  /** Collateral ratios of the first tier and least order values (by market and symbol) where they were changed. */
  ratios: Record<string, string>
  minValues: Record<string, string>
  /** Of a symbol's published risk limits, where they were cut. */
  riskShares: Record<string, string>
  /** Announced, running and past. */
  maintenance: Maintenance[]
  cascades: Cascade[]
  /** How many of the next orders are rejected after their acknowledgement, by market and symbol. */
  rejects: Record<string, number>
  /** Orders that are refused, until when or for good. */
  refusals: RefusalRule[]
  /** By API key; '*' is every key that is not named. */
  keys: Record<string, KeyState>
  /** Closed orders of before are gone from the realtime list. */
  restartedAtMs: number
  nowMs: number
  createdAtMs?: number
  counter: number
  seq: number
  accounts: Record<string, AccountState>
  /** The other side of every account's every change, per coin. */
  house: Record<string, string>
}

/** One simulated exchange: what is listed, how prices move, what is kept. Only `state` is saved with an account. */
export type SimExchange = {
  readonly seed: number
  readonly universe: Universe
  readonly market: MarketSource
  readonly fees: FeeTable
  readonly vipLevel: string
  readonly books: Record<MarketName, readonly SimulatedBook[]>
  state: ExchangeState
  readonly pushes: Push[]
}

const nothing = (): CoinState => ({ wallet: '0', borrowed: '0', accruedInterest: '0', realised: '0' })

/** What an account has of a coin, for reading; nothing of a coin it never had, whatever the name (requests name coins). */
export const heldOf = (account: AccountState, coin: string): CoinState =>
  (Object.hasOwn(account.coins, coin) && account.coins[coin]) || nothing()

export const ZERO = new Decimal(0)
/** Decimal text as a number to reckon with. */
export const dec = (text: string): Decimal => new Decimal(text)

const kept = new Map<string, Decimal>()
/** Of text of which there are few and which come again and again, such as fees and leverages. */
export function keptDec(text: string): Decimal {
  const known = kept.get(text)
  if (known) return known
  const value = dec(text)
  kept.set(text, value)
  return value
}

/** The sum as decimal text. */
export const plus = (text: string, more: Decimal): string => new Decimal(text).plus(more).toFixed()

/** The key of a listing in the saved lives. */
export const lifeKey = (market: MarketName, symbol: string): string => `${market} ${symbol}`
/** Whether and how a listing trades now; one of which nothing is saved trades. */
export const lifeOf = (exchange: SimExchange, market: MarketName, symbol: string): LifeState =>
  exchange.state.life[lifeKey(market, symbol)] ?? TRADING
const TRADING: LifeState = { status: 'Trading' }

/** The next number of the exchange: ids are made of it. */
export const nextNumber = (exchange: SimExchange): number => ++exchange.state.counter
/** Bybit's sequence numbers rise, and not by one. */
export const nextSeq = (exchange: SimExchange): number => {
  exchange.state.seq += 3
  return exchange.state.seq
}

/** The order book of a market. Throws when it has none. */
export function syntheticBookOf(exchange: SimExchange, market: MarketName, listing: Listing): SimulatedBook {
  const book = exchange.books[market][listing.index]
  if (!book) throw new Error(`book: expected one for ${listing.perp.symbol} ${market}, found none`)
  return book
}

/** The leg of a listing. */
export const instrumentOf = (listing: Listing, market: MarketName): Instrument =>
  market === 'spot' ? listing.spot : listing.perp

type Printed = { price: number; text: string; value?: Decimal }
const marks = new WeakMap<Listing, Printed>()
const indexes = new WeakMap<Listing, Printed>()

/** A model's price as it is printed and paid by. Every order and every account asks for the same few between two steps. */
function printed(known: WeakMap<Listing, Printed>, listing: Listing, price: number): Printed {
  const last = known.get(listing)
  if (last?.price === price) return last
  const made = { price, text: price.toFixed(listing.priceScale) }
  known.set(listing, made)
  return made
}

const printedMark = (exchange: SimExchange, listing: Listing): Printed =>
  printed(marks, listing, exchange.market.reference(listing.index).mark)
const printedIndex = (exchange: SimExchange, listing: Listing): Printed =>
  printed(indexes, listing, exchange.market.reference(listing.index).index)
function decimalOf(price: Printed): Decimal {
  price.value ??= dec(price.text)
  return price.value
}

/** Mark price of a perpetual, USDT per contract. */
export const markOf = (exchange: SimExchange, listing: Listing): Decimal =>
  decimalOf(printedMark(exchange, listing))
/** Index price per contract. */
export const indexOf = (exchange: SimExchange, listing: Listing): Decimal =>
  decimalOf(printedIndex(exchange, listing))

/** The mark price as it is printed. */
/** The mark price as it is printed. */
export const markText = (exchange: SimExchange, listing: Listing): string =>
  printedMark(exchange, listing).text
/** The index price as it is printed. */
export const indexText = (exchange: SimExchange, listing: Listing): string =>
  printedIndex(exchange, listing).text

/** What a listing's spot coin is worth of its index: 1, unless two coins of one name are traded. */
export const spotRatioOf = (exchange: SimExchange, { index }: Listing): number =>
  exchange.market.spotRatio?.(index) ?? 1

/** The coin that fees may be paid in; it need not be listed. */
export const FEE_COIN = 'MNT'
const FEE_COIN_USDT = new Decimal('1.1')

/** What one coin is worth in USDT by its index price; 0 for a coin not listed. */
export function coinPrice(exchange: SimExchange, coin: string): Decimal {
  const fixed = usdtOf(coin)
  if (fixed !== undefined) return new Decimal(fixed)
  const listing = exchange.universe.byCoin(coin)
  if (!listing) return coin === FEE_COIN ? FEE_COIN_USDT : ZERO
  const ratio = spotRatioOf(exchange, listing)
  const same = indexOf(exchange, listing).div(listing.multiplier)
  const price = ratio === 1 ? same : same.times(ratio)
  const { quoteCoin } = listing.spot
  return quoteCoin === 'USDT' ? price : price.times(coinPrice(exchange, quoteCoin))
}

/** Of the first tier. */
export const collateralRatioOf = (exchange: SimExchange, coin: string): Decimal =>
  coin === 'USDT' || coin === 'USDC'
    ? new Decimal(1)
    : new Decimal(exchange.state.ratios[coin] ?? exchange.universe.byCoin(coin)?.collateralRatio ?? 0)

/** The least value of an order, in the quote coin. */
export const minValueOf = (exchange: SimExchange, { market, symbol, minValue }: Instrument): Decimal =>
  new Decimal(exchange.state.minValues[`${market} ${symbol}`] ?? minValue)

/** What is left of a perpetual's published risk limits, from 0 to 1. */
export const riskShareOf = (exchange: SimExchange, symbol: string): string =>
  exchange.state.riskShares[symbol] ?? '1'

/** What is left to fill. */
export const leavesOf = (order: OrderState): Decimal => dec(order.qty).minus(order.cumQty)
