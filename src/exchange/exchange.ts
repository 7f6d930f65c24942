/**
 * The exchange port: all that Hedgerow asks of an exchange. Answers are values in our words and units;
 * Bybit's spelling, minutes, hours and codes end in `src/exchange/bybit/translate/` and `errors.ts`.
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
  RejectReason,
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

/** Bybit's code, and what it stands for. */
type ReadRefusal = { code: number; reason: RejectReason }

/**
 * A read that failed. `unreachable`: no whole answer came; `refused`: the exchange said no, and `refusal` why; `garbled`: an
 * answer came that cannot be read.
 */
export class ExchangeFailure extends Error {
  override name = 'ExchangeFailure'
  readonly kind: 'unreachable' | 'refused' | 'garbled'
  readonly refusal: ReadRefusal | undefined
  constructor(kind: 'unreachable' | 'refused' | 'garbled', message: string, refusal?: ReadRefusal) {
    super(message)
    this.kind = kind
    this.refusal = refusal
  }
}

/** Signed requests are refused for what the key is, whatever is asked. */
export type KeyRefusal = {
  code: number
  /** What a person must change, in one sentence. */
  says: string
  sinceMs: number
}

/** What the exchange did not say, or said in words that nobody knows, stays unknown: it is never a default. */
export type OrUnknown<T> = T | 'unknown'

/** Who the account is and what its key may do. https://bybit-exchange.github.io/docs/v5/user/apikey-info, account/account-info */
export type AccountIdentity = {
  /** Bybit's UID: the account itself, whatever key leads to it. Null where the exchange does not tell it (Bybit's demo). */
  uid: string | null
  /** Of a sub-account: its master's UID. Null for a master account, and where the exchange does not tell. */
  masterUid: string | null
  /** The key can read and nothing else. */
  isReadOnly: OrUnknown<boolean>
  /** Rights of the key. `withdraw` is never needed; `transfer` moves money between accounts of one owner. */
  permissions: Record<'spot' | 'contract' | 'withdraw' | 'transfer', OrUnknown<boolean>>
  /** When the key ends; null when it does not. Bybit: only keys without a bound address end by themselves. */
  expiresAtMs: OrUnknown<number | null>
  /** The key works from named addresses only. */
  isAddressBound: OrUnknown<boolean>
  /** Hedges need a unified trading account. */
  accountType: OrUnknown<'unified' | 'classic'>
  /** `regular` is cross margin, the one mode that is modelled here. */
  marginMode: OrUnknown<'regular' | 'isolated' | 'portfolio'>
  /** One-way is what a hedge needs; in hedge mode a perpetual has two positions. Bybit keeps it per symbol. */
  positionMode: OrUnknown<'one-way' | 'hedge'>
}

/** How the account behaves. https://bybit-exchange.github.io/docs/v5/account/get-user-setting-config */
export type AccountSettings = {
  /** Positions of delta-neutral accounts rank lower in the queue to be deleveraged. */
  isDeltaNeutral: OrUnknown<boolean>
  /** What becomes of an order priced beyond the exchange's limit: it is refused, or its price is moved to the limit. */
  beyondPriceLimit: Record<Market, OrUnknown<'refuse' | 'move'>>
  /** Fees are taken in MNT, not in the coin that is traded. */
  paysFeesInMnt: Record<Market, OrUnknown<boolean>>
}

/** What became of changing a setting. `done`: it is as asked, changed now or before. */
export type SettingChange =
  | { kind: 'done' }
  | { kind: 'refused'; reason: RejectReason; detail: string }
  | { kind: 'unknown'; cause: string }

/** An announcement that markets end. */
export type DelistingNotice = {
  /** Its address: always the same for one announcement. */
  id: string
  title: string
  publishedAtMs: number
  /** Symbols it names, such as XYZUSDT; empty when it names none in a way that is known here. */
  symbols: string[]
  /** Which of them it is about: 'spot', 'linear' or both; empty when it does not say. */
  markets: Market[]
}

type FeeRates = { taker: FeeRate; maker: FeeRate }

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
/** The whole account. A total that Bybit leaves empty (it does so outside cross margin) is null: unknown, not zero. */
export type Wallet = {
  coins: CoinBalance[]
  /** Coins whose row could not be read and was not needed: they are not in `coins`, and not known to be nothing. */
  unread?: readonly string[]
  equityUsdt: Usdt | null
  availableUsdt: Usdt | null
  /** Fractions: 1 is liquidation. */
  initialMarginRate: string | null
  maintenanceMarginRate: string | null
  readAtMs: number
}

export type WalletTotals = {
  [Total in Exclude<keyof Wallet, 'coins' | 'unread' | 'readAtMs'>]: NonNullable<Wallet[Total]>
}

/** The totals of a wallet; undefined when the exchange left any of them empty. */
export function totalsOf(wallet: Wallet): WalletTotals | undefined {
  const { equityUsdt, availableUsdt, initialMarginRate, maintenanceMarginRate } = wallet
  return equityUsdt === null ||
    availableUsdt === null ||
    initialMarginRate === null ||
    maintenanceMarginRate === null
    ? undefined
    : { equityUsdt, availableUsdt, initialMarginRate, maintenanceMarginRate }
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

/** A book that is patched in place: the same object from push to push, so that levels are copied only when somebody decides. */
export type LiveBook<M = Market> = {
  readonly market: M
  readonly symbol: string
  readonly atMs: number
  /** The best level of each side; undefined when that side is empty. */
  readonly bid: PriceLevel | undefined
  readonly ask: PriceLevel | undefined
  /** The prices of both as numbers, NaN when that side is empty: for whether to look, never for an amount. */
  readonly bestBid: number
  readonly bestAsk: number
  /** The whole book as it is at this moment, which stays as it is. */
  copy(): Omit<OrderBook, 'market'> & { market: M }
}

export type MarketFact =
  /** At each change; and while it rests, again with a new `atMs` each time the exchange proves that it still stands. */
  | { kind: 'book'; book: LiveBook }
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
type RiskReads = {
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
  /** Announced ends of markets, newest first, of the last few weeks. */
  delistings(): Promise<DelistingNotice[]>
}

/** Settings of the account and of its perpetuals. The margin mode is never changed from here: it moves everything on the account. */
export type SettingVerbs = {
  /** A setting that this exchange does not show is unknown. @throws ExchangeFailure */
  settings(): Promise<AccountSettings>
  /** A perpetual's leverage; null in portfolio margin, which has none. @throws ExchangeFailure */
  leverage(symbol: string): Promise<string | null>
  /** By coin that the exchange takes as collateral: is the account's own switch on? @throws ExchangeFailure */
  collateralSwitches(): Promise<Record<string, boolean>>
  /** Sets a perpetual's leverage and reads it back. Never throws. */
  setLeverage(symbol: string, leverage: string): Promise<SettingChange>
  /** Bybit's Delta Neutral Mode. Never throws. */
  setDeltaNeutral(on: boolean): Promise<SettingChange>
  /** Whether the account may borrow coins and cash on the spot market. Never throws. */
  setSpotMargin(on: boolean): Promise<SettingChange>
  /** What becomes of an order of this market priced beyond the limit. Never throws. */
  setBeyondPriceLimit(market: Market, to: 'refuse' | 'move'): Promise<SettingChange>
}

export type Exchange = RiskReads &
  SettingVerbs & {
    readonly name: string
    serverTimeMs(): Promise<number>
    /** All that is listed, never nothing: an exchange that lists no market has not answered. */
    instruments(): Promise<{ spot: SpotInstrument[]; perps: PerpInstrument[] }>
    /** What each market was traded for in the last 24 hours, by symbol. A row that cannot be read is left out. @throws ExchangeFailure */
    turnovers(market: Market): Promise<Record<string, Usdt>>
    /** One order book as it is now, best first, 50 levels a side: for decisions while the public stream is away. */
    orderBook(market: Market, symbol: string): Promise<OrderBook>
    /** Who the account is. A part that this exchange does not tell is unknown; only a key that opens nothing is refused. */
    account(): Promise<AccountIdentity>
    feeRates(market: Market, symbol: string): Promise<FeeRates>
    /**
     * @param needed - coins whose row must be readable; one that cannot be read and is not named is left out and reported. Without it
     * every row must be.
     */
    wallet(needed?: ReadonlySet<string>): Promise<Wallet>
    /**
     * Every open perpetual position.
     *
     * @param needed - symbols whose row must be readable, as with `wallet`
     */
    positions(needed?: ReadonlySet<string>): Promise<Position[]>
    /** Every order that is open. One that cannot be read and has no name of ours is left out and reported. */
    openOrders(): Promise<OrderReport[]>
    /** One look: realtime, then executions, then history, with all fills of the order (a spread order's: of both its legs). Never throws. */
    findOrder(market: OrderMarket, symbol: string, orderLinkId: string): Promise<OrderLookup>
    /**
     * All transaction-log rows with `fromMs <= at < toMs`, oldest first, every page read. A row that cannot be read is left out and
     * reported: the residual of its coin shows it.
     */
    transactions(fromMs: number, toMs: number): Promise<TransactionRow[]>
    fundingHistory(symbol: string, fromMs: number, toMs: number): Promise<SettledFunding[]>
    klines(
      market: Market,
      symbol: string,
      intervalMinutes: number,
      fromMs: number,
      toMs: number,
    ): Promise<Kline[]>

    /** Why the exchange refuses this key now; undefined while it does not. The next signed answer ends it. */
    keyRefusal(): KeyRefusal | undefined
    /** Can an order leave at this moment (trade socket open and truly authenticated, key not refused)? New risk needs it. */
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
