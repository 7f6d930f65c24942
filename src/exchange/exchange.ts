/**
 * The exchange port: all that Hedgerow asks of an exchange. Answers are values in our words and units;
 * Bybit's spelling, minutes, hours and codes end in `src/exchange/bybit/translate.ts` and `errors.ts`.
 *
 * Reads throw `ExchangeFailure` (the supervisor or the caller's chart decides on trying again).
 * Money verbs never throw: an unclear outcome is the value `unknown`.
 */

import type { TransactionRow } from '../domain/books/transaction.ts'
import type { Market, PerpInstrument, Side, SpotInstrument, SpreadInstrument } from '../domain/instrument.ts'
import type {
  Fill,
  OrderLookup,
  OrderMarket,
  OrderReport,
  OrderRequest,
  Placement,
} from '../domain/legs/order.ts'
import type { QuotaRead } from '../domain/risk/quota.ts'
import type {
  AdlAlert,
  BorrowTerms,
  CollateralTerms,
  Repayment,
  RiskBand,
  SpreadOrderBook,
  SystemNotice,
} from '../domain/risk/risk-facts.ts'
import type { Amount, FeeRate, FundingRate, OrderQty, Price, Usdt } from '../domain/units.ts'

export class ExchangeFailure extends Error {
  override name = 'ExchangeFailure'
  readonly kind: 'unreachable' | 'refused' | 'garbled'
  /** Bybit's retCode when there is one. */
  readonly code: number | undefined
  constructor(kind: 'unreachable' | 'refused' | 'garbled', message: string, code?: number) {
    super(message)
    this.kind = kind
    this.code = code
  }
}

export type AccountFacts = {
  /** Unified trading account (unifiedMarginStatus 3 to 6). */
  unified: boolean
  marginMode: 'isolated' | 'cross' | 'portfolio'
  /** One-way is what a hedge needs; in hedge mode a perpetual has two positions. */
  positionMode: 'one-way' | 'hedge'
}

export type FeeRates = { taker: FeeRate; maker: FeeRate }

export type CoinBalance = {
  coin: string
  wallet: Amount
  /** Owed: for spot and for losses of contracts together. */
  borrowed: Amount
  /** Owed for spot alone: what `repay` pays back. */
  spotBorrowed: Amount
  /** Charged, not yet taken from the wallet. */
  accruedInterest: Amount
  equity: Amount
  usdValue: Usdt
  collateral: {
    /** The exchange takes the coin as collateral. */
    taken: boolean
    /** The account's own switch; without meaning where the exchange does not take the coin. */
    switchedOn: boolean
    /** The platform's limit for the coin (Bybit: colRes). At 'reached' no more of it is taken. */
    limit: 'free' | 'near' | 'reached' | 'unknown'
  }
}
export type Wallet = {
  coins: CoinBalance[]
  equityUsdt: Usdt
  availableUsdt: Usdt
  /** Fractions: 1 is liquidation. */
  initialMarginRate: string
  maintenanceMarginRate: string
  readAtMs: number
}

export type Position = {
  symbol: string
  /** Contracts; '0' is flat. */
  qty: OrderQty
  side: Side | 'flat'
  entryPrice: Price
  markPrice: Price
  unrealisedPnl: Usdt
  /** Place in the queue to be closed by force: 1 (last) to 5 (first), 0 when flat. */
  adlRank: number
  status: 'normal' | 'liquidating' | 'adl'
  /** The exchange has cut the risk limit: the position may only shrink. */
  reduceOnly: boolean
  /** Bybit's estimate in cross margin; null where it gives none (portfolio margin, or out of reach). */
  liquidationPrice: Price | null
  /** Null in portfolio margin. */
  leverage: string | null
  readAtMs: number
}

export type Kline = { atMs: number; open: Price; high: Price; low: Price; close: Price }
export type SettledFunding = { symbol: string; rate: FundingRate; settledAtMs: number }

/** The state of one perpetual's funding and prices, whole at each event. */
export type PerpTicker = {
  symbol: string
  markPrice: Price
  indexPrice: Price
  lastPrice: Price
  fundingRate: FundingRate
  nextFundingAtMs: number
  fundingIntervalMs: number
  /** The exchange's time of it. */
  atMs: number
}

export type PriceLevel = readonly [price: Price, qty: OrderQty]
/** Both sides best first. Never crossed. */
export type OrderBook = {
  market: Market
  symbol: string
  bids: readonly PriceLevel[]
  asks: readonly PriceLevel[]
  atMs: number
}

export type MarketFact =
  /** At each change; and while it rests, again with a new `atMs` each time the exchange proves that it still stands. */
  | { kind: 'book'; book: OrderBook }
  | { kind: 'ticker'; ticker: PerpTicker }
  | ({ kind: 'spread-book' } & SpreadOrderBook)
  /** These spreads' books cannot be trusted until the next `spread-book` of each. */
  | { kind: 'spread-stale'; symbols: readonly string[]; cause: string }
  /** The pools behind the watched perpetuals that have changed. */
  | { kind: 'adl-alert'; alerts: AdlAlert[] }
  /** Maintenance announced, begun or over, as it is told; `systemNotices` has what was told before. */
  | { kind: 'system-notice'; notices: SystemNotice[] }
  /** The feed of these symbols cannot be trusted until the next `book` of each (gap, garbage, cut). */
  | { kind: 'stale'; market: Market; symbols: readonly string[]; cause: string }
  | { kind: 'up'; market: Market }
  | { kind: 'down'; market: Market; cause: string }

export type AccountFact =
  | { kind: 'order'; report: OrderReport }
  | { kind: 'fill'; fill: Fill }
  | { kind: 'position'; position: Position }
  | { kind: 'wallet'; coins: CoinBalance[] }
  /** Subscribed and authenticated, checked by the reply's own code. */
  | { kind: 'up' }
  | { kind: 'down'; cause: string }

export type Subscription = { close(): void }

export type WatchedPair = {
  spot: string
  perp: string
  /** The native spread of both, where its book is wanted too. */
  spread?: string
}

/** Reads of danger. Like all reads they throw `ExchangeFailure`; none is needed more than about once a minute. */
export type RiskReads = {
  /** Native spreads of a USDT perpetual and its spot market that trade now. Empty where the account cannot trade them. */
  spreadInstruments(): Promise<SpreadInstrument[]>
  /** By coin: every coin the exchange names a ratio for. */
  collateralTiers(): Promise<Record<string, CollateralTerms>>
  riskTiers(symbol: string): Promise<RiskBand[]>
  borrowTerms(coin: string): Promise<BorrowTerms>
  /** Maintenance: to come, under way, and lately over. */
  systemNotices(): Promise<SystemNotice[]>
  /** Of every USDT perpetual. Bybit renews it each minute. */
  adlAlerts(): Promise<AdlAlert[]>
  /** Is spot margin switched on, so that an order may borrow? */
  spotMarginReady(): Promise<boolean>
}

export type Exchange = RiskReads & {
  readonly name: string
  serverTimeMs(): Promise<number>
  instruments(): Promise<{ spot: SpotInstrument[]; perps: PerpInstrument[] }>
  accountFacts(): Promise<AccountFacts>
  feeRates(market: Market, symbol: string): Promise<FeeRates>
  wallet(): Promise<Wallet>
  /** Every open perpetual position. */
  positions(): Promise<Position[]>
  openOrders(): Promise<OrderReport[]>
  /** One look: realtime, then executions, then history, with all fills of the order (a spread order's: of both its legs). Never throws. */
  findOrder(market: OrderMarket, symbol: string, orderLinkId: string): Promise<OrderLookup>
  /** All transaction-log rows with `fromMs <= at < toMs`, oldest first, every page read. */
  transactions(fromMs: number, toMs: number): Promise<TransactionRow[]>
  fundingHistory(symbol: string, fromMs: number, toMs: number): Promise<SettledFunding[]>
  klines(
    market: Market,
    symbol: string,
    intervalMinutes: number,
    fromMs: number,
    toMs: number,
  ): Promise<Kline[]>

  /** Can an order leave at this moment (trade socket open and truly authenticated)? New risk needs it. */
  orderEntryReady(): boolean
  /**
   * Never throws, answers within its own deadline, never sends when `orderEntryReady()` is false (that is a rejection whose
   * detail starts with 'not sent': nothing left the process). `unknown` with cause 'duplicate': the id exists, ask about it.
   */
  placeOrder(order: OrderRequest): Promise<Placement>
  /**
   * Pays back what is owed of a coin for spot, out of the coin itself; nothing else is sold for it. From 04:00 to 05:30 of each
   * hour Bybit takes no repayment, and none is sent. Never throws; saying it again is harmless.
   */
  repay(coin: string): Promise<Repayment>
  /** Idempotent; goes over REST while order entry is down. `true` when the exchange says the order is gone or going; `false` when that is not known. Never throws. */
  cancelOrder(market: OrderMarket, symbol: string, orderLinkId: string): Promise<boolean>

  watchMarket(pairs: readonly WatchedPair[], hear: (fact: MarketFact) => void): Subscription
  watchAccount(hear: (fact: AccountFact) => void): Subscription
  /** What each endpoint's limit allows now, as the exchange's answers and our own count have it. */
  quota(): QuotaRead[]
  close(): Promise<void>
}
