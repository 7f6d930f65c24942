/**
 * What the pages show of what is held and of the account, row by row: the document and the types are one. Amounts are decimal
 * strings, signed so that + is received or owned; APR, bps and rates of margin are plain numbers: they are judged by eye, never
 * booked. Instants are engine time.
 */
import { z } from '@hono/zod-openapi'
import type { JsonObject } from '../../domain/json.ts'

const jsonObject = z
  .custom<JsonObject>(value => typeof value === 'object' && value !== null && !Array.isArray(value))
  .openapi({ type: 'object' })
export const amount = z.string().regex(/^-?\d+(\.\d+)?$/)
export const count = z.number().int().nonnegative()

const orderAtWork = z
  .object({
    /** One leg's, or one order for both at once. */
    leg: z.enum(['spot', 'perp', 'both']),
    orderLinkId: z.string(),
    side: z.enum(['Buy', 'Sell']),
    /** In the instrument's own unit. */
    qty: amount,
    filledQty: amount,
    limitPrice: amount,
    /** Does it wait in the book until somebody takes it, or does it take from the book at once? */
    rests: z.boolean(),
    /** It is being taken off the book. */
    cancelRequested: z.boolean(),
  })
  .openapi('OrderAtWork')
export type OrderAtWork = z.output<typeof orderAtWork>

const legHolding = z
  .object({
    /** Long carry: coins held on spot, coins short on the perpetual. Reverse carry: coins owed, and coins long. */
    base: amount,
    /** USDT per coin, as filled; null while nothing is. */
    entryPrice: amount.nullable(),
    /** USDT per coin now: the middle of the spot book, the perpetual's mark; null when the feed is not trusted. */
    price: amount.nullable(),
    valueUsdt: amount.nullable(),
    orders: count,
    /** The order in flight. */
    working: z.string().nullable(),
  })
  .openapi('LegHolding')
export type LegHolding = z.output<typeof legHolding>

/** An open hedge, valued now. */
export const holding = z
  .object({
    id: z.string(),
    symbol: z.string(),
    baseCoin: z.string(),
    direction: z.string(),
    /** How its entry is worked: one native order for both legs, one leg waiting in the book, or both taking from it. */
    route: z.string(),
    /** Dotted state value. */
    state: z.string(),
    sinceMs: z.number(),
    version: count,
    /** What was planned: base coins of each leg, and their worth at the plan's mark price. */
    plannedBase: amount,
    plannedUsdt: amount,
    /** Of the planned quantity, what the perpetual holds: 0 to about 1. */
    filledShare: z.number(),
    /** What the perpetual holds, at the plan's mark price; at the present one, null while the feed is not trusted. */
    heldUsdt: amount,
    notionalUsdt: amount.nullable(),
    /** Capital that what is held binds. */
    capitalUsdt: amount,
    spot: legHolding,
    perp: legHolding,
    ordersAtWork: z.array(orderAtWork),
    /** Base coins the account is long by both legs together, − is short, and their worth: what price could still hurt. */
    deltaBase: amount,
    deltaUsdt: amount.nullable(),
    /** Does the difference stay below one lot of the perpetual? */
    isLevel: z.boolean(),
    basisBps: z.number().nullable(),
    entryBasisBps: z.number().nullable(),
    fundingRate: amount.nullable(),
    /** Gross, on notional, of the present rate, in this hedge's direction: + is received. */
    fundingApr: z.number().nullable(),
    nextFundingAtMs: z.number().nullable(),
    /** What the present rate would bring at the next settlement. */
    nextFundingUsdt: amount.nullable(),
    /** Profit so far and its parts: funding − fees + basis and slippage. Closing again is not in it. */
    fundingUsdt: amount,
    feesUsdt: amount,
    basisUsdt: amount.nullable(),
    netUsdt: amount.nullable(),
    settlements: count,
    /** The plan's net over its horizon, for what of it is held; null on its way out, which expects nothing more. */
    expectedNetUsdt: amount.nullable(),
    /** The same for the time it was held: funding and interest as far as they went, getting in and out counted once. */
    expectedNetSoFarUsdt: amount.nullable(),
    /** Of the plan's funding, what was to come by now of what is held. */
    expectedFundingSoFarUsdt: amount.nullable(),
    expectedApr: z.number(),
    horizonHours: z.number(),
    enteredAtMs: z.number(),
    hedgedAtMs: z.number(),
    because: z.string().nullable(),
  })
  .openapi('Holding')
export type Holding = z.output<typeof holding>

const quotaUse = z
  .object({
    /** Path, with its market where each has its own limit; `address` is all requests of this machine. */
    endpoint: z.string(),
    /** Requests per window: one second, five for the address. */
    limit: count,
    left: count,
    /** Of these, what may open hedges: the rest is kept for closing them. */
    leftToEnter: count,
    /** Nothing leaves before it; 0 when nothing is held back. */
    blockedUntilMs: z.number(),
  })
  .openapi('QuotaUse')
export type QuotaRow = z.output<typeof quotaUse>

/** The account as the exchange shows it, and how well we hear it. */
export const account = z
  .object({
    /** Null where the exchange leaves it empty: it is not known, and not nothing. */
    equityUsdt: amount.nullable(),
    availableUsdt: amount.nullable(),
    /** Fractions; at 1 the exchange liquidates. Null as above. */
    initialMarginRate: amount.nullable(),
    maintenanceMarginRate: amount.nullable(),
    maintenanceMarginLimit: z.number(),
    coins: z.array(z.object({ coin: z.string(), wallet: amount, borrowed: amount, usdValue: amount })),
    readAtMs: z.number(),
    orderEntryReady: z.boolean(),
    /** Exchange time less ours, engine milliseconds; + means ours is behind. Known to half the round trip. */
    clockSkewMs: z.number(),
    roundTripMs: z.number(),
    /** The exchange's limits on requests: placing orders first. */
    quota: z.array(quotaUse),
  })
  .openapi('Account')
export type AccountRow = z.output<typeof account>

const reconciliationLine = z
  .object({
    what: z.enum(['position', 'coin', 'order']),
    /** Symbol, coin or order id. */
    subject: z.string(),
    hedgeIds: z.array(z.string()),
    /** What our hedges say, and what the exchange shows; in the subject's own unit. */
    engine: z.string(),
    exchange: z.string(),
    difference: z.string(),
    /** By the exchange's own prices; null where it gives none, and of orders. */
    differenceUsdt: amount.nullable(),
    unit: z.string(),
    /**
     * `moving`: orders are at work on it, the sides are compared when they have ended. `unclaimed`: more than our hedges claim,
     * reported and left alone; `dust` is so little of it that slices and fees leave it over.
     */
    verdict: z.enum(['same', 'dust', 'moving', 'unclaimed', 'broken']),
  })
  .openapi('ReconciliationLine')
export type ReconciliationLine = z.output<typeof reconciliationLine>

export const reconciliation = z
  .object({
    readAtMs: z.number(),
    /** Orders at work: until they end, the two sides may differ. */
    inFlight: z.array(z.string()),
    /** What the whole account is long by coins and positions, − is short; null where the exchange gives no price. */
    deltaUsdt: amount.nullable(),
    /** The part of what it holds that no hedge claims, long and short counted up. */
    unclaimedUsdt: amount.nullable(),
    lines: z.array(reconciliationLine),
  })
  .openapi('Reconciliation')
export type Reconciliation = z.output<typeof reconciliation>

export const alert = z
  .object({
    alertId: z.string(),
    name: z.string(),
    /** Actor, feed, coin or symbol it is about; '' for the engine as a whole. */
    subject: z.string(),
    severity: z.enum(['page', 'ticket']),
    message: z.string(),
    detail: jsonObject,
    raisedAtMs: z.number(),
    clearedAtMs: z.number().nullable(),
    acknowledgedAtMs: z.number().nullable(),
    acknowledgedBy: z.string().nullable(),
  })
  .openapi('Alert')
export type AlertRow = z.output<typeof alert>

/** A person's command and what came of it. */
export const auditEntry = z
  .object({
    idempotencyKey: z.string(),
    atMs: z.number(),
    operator: z.string(),
    source: z.string(),
    target: z.string(),
    event: jsonObject,
    before: z.string().nullable(),
    after: z.string().nullable(),
    outcome: z.string(),
  })
  .openapi('AuditEntry')
export type AuditRow = z.output<typeof auditEntry>

export const fundingTotal = z
  .object({ atMs: z.number(), symbol: z.string(), amountUsdt: amount })
  .openapi('FundingTotal')
export type FundingTotal = z.output<typeof fundingTotal>

/** What is known of a tracked symbol's market, beside the judgement on it. */
export const market = z
  .object({
    markPrice: amount.nullable(),
    fundingRate: amount.nullable(),
    fundingIntervalMs: z.number().nullable(),
    nextFundingAtMs: z.number().nullable(),
    basisBps: z.number().nullable(),
    /** Worth of what could be sold (perpetual) and bought (spot) within 10 bps of the best price; the smaller one. */
    depthUsdt: amount.nullable(),
    /** The symbol's actor: its state, and why it is there. */
    state: z.string(),
    stateBecause: z.string(),
    /** Why the engine would refuse any new hedge now; null when it would not. */
    engineRefuses: z.string().nullable(),
  })
  .openapi('Market')
export type MarketRow = z.output<typeof market>
