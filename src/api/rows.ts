/**
 * What the pages show, row by row. Amounts are decimal strings, signed so that + is received or owned; APR, bps and rates
 * of margin are plain numbers: they are judged by eye, never booked. Instants are engine time.
 */
import type { JsonObject } from '../domain/json.ts'

export type LegHolding = {
  /** Spot: coins held. Perpetual: coins short. */
  base: string
  /** USDT per coin, as filled; null while nothing is. */
  entryPrice: string | null
  /** USDT per coin now: the middle of the spot book, the perpetual's mark; null when the feed is not trusted. */
  price: string | null
  valueUsdt: string | null
  orders: number
  /** The order at work. */
  working: string | null
}

/** An open hedge, valued now. */
export type Holding = {
  id: string
  symbol: string
  baseCoin: string
  direction: string
  /** Dotted state value. */
  state: string
  sinceMs: number
  version: number
  targetBase: string
  capitalUsdt: string
  notionalUsdt: string | null
  spot: LegHolding
  perp: LegHolding
  /** Coins held less coins short, and its worth: what price could still hurt. */
  deltaBase: string
  deltaUsdt: string | null
  /** Does the difference stay below one lot of the perpetual? */
  isLevel: boolean
  basisBps: number | null
  entryBasisBps: number | null
  fundingRate: string | null
  /** Gross, on notional, of the present rate. */
  fundingApr: number | null
  nextFundingAtMs: number | null
  /** What the present rate would bring at the next settlement. */
  nextFundingUsdt: string | null
  /** Profit so far and its parts: funding − fees + basis and slippage. Closing again is not in it. */
  fundingUsdt: string
  feesUsdt: string
  basisUsdt: string | null
  netUsdt: string | null
  settlements: number
  expectedNetUsdt: string
  expectedApr: number
  enteredAtMs: number
  hedgedAtMs: number
  because: string | null
}

/** The account as the exchange shows it, and how well we hear it. */
export type AccountRow = {
  equityUsdt: string
  availableUsdt: string
  /** Fractions; at 1 the exchange liquidates. */
  initialMarginRate: string
  maintenanceMarginRate: string
  maintenanceMarginLimit: number
  coins: { coin: string; wallet: string; borrowed: string; usdValue: string }[]
  readAtMs: number
  orderEntryReady: boolean
  /** Exchange time less ours, engine milliseconds; + means ours is behind. Known to half the round trip. */
  clockSkewMs: number
  roundTripMs: number
}

export type ReconciliationLine = {
  what: 'position' | 'coin' | 'order'
  /** Symbol, coin or order id. */
  subject: string
  hedgeIds: string[]
  /** What our hedges say, and what the exchange shows; in the subject's own unit. */
  engine: string
  exchange: string
  difference: string
  unit: string
  verdict: 'same' | 'information' | 'broken'
}

export type Reconciliation = {
  readAtMs: number
  /** Orders at work: until they end, the two sides may differ. */
  inFlight: string[]
  lines: ReconciliationLine[]
}

export type AlertRow = {
  alertId: string
  name: string
  /** Actor, feed, coin or symbol it is about; '' for the engine as a whole. */
  subject: string
  severity: 'page' | 'ticket'
  message: string
  detail: JsonObject
  raisedAtMs: number
  clearedAtMs: number | null
  acknowledgedAtMs: number | null
  acknowledgedBy: string | null
}

/** A person's command and what came of it. */
export type AuditRow = {
  idempotencyKey: string
  atMs: number
  operator: string
  source: string
  target: string
  event: JsonObject
  before: string | null
  after: string | null
  outcome: string
}

export type FundingTotal = { atMs: number; symbol: string; amountUsdt: string }

/** What is known of a tracked symbol's market, beside the judgement on it. */
export type MarketRow = {
  markPrice: string | null
  fundingRate: string | null
  fundingIntervalMs: number | null
  nextFundingAtMs: number | null
  basisBps: number | null
  /** Worth of what could be sold (perpetual) and bought (spot) within 10 bps of the best price; the smaller one. */
  depthUsdt: string | null
  /** The symbol's actor: its state, and why it is there. */
  state: string
  stateBecause: string
  /** Why the engine would refuse any new hedge now; null when it would not. */
  engineRefuses: string | null
}
