/** What the engine judges, keeps and has done, row by row, as `rows.ts` has it for what is held now. */
import { z } from '@hono/zod-openapi'
import { carryOutcome, closedParts, executionQuality, hedgeDecisions, hedgeProfit } from './results.ts'
import { amount, count, market } from './rows.ts'

const carry = z
  .object({
    direction: z.string(),
    route: z.string(),
    notionalUsdt: amount,
    capitalUsdt: amount,
    horizonHours: z.number(),
    settlements: count,
    fundingUsdt: amount,
    basisUsdt: amount,
    feesUsdt: amount,
    borrowUsdt: amount,
    /** What resting, missing and repairing is expected to cost, and USDT below zero. */
    adverseUsdt: amount,
    escalationUsdt: amount,
    orphanUsdt: amount,
    interestUsdt: amount,
    entryBasisBps: z.number(),
    exitBasisBps: z.number(),
    netUsdt: amount,
    /** What decides against it beside the costs: an uncertain mean may pay so much less. 0 or below. */
    allowanceUsdt: amount,
    aprOnCapital: z.number(),
    /** A year on capital after the allowance, which is what decides; and from the break-even on. */
    cautiousApr: z.number(),
    laterApr: z.number(),
    /** Gross, on notional, of the present rate. */
    fundingApr: z.number(),
    /** Until expected funding has paid all costs; null when it never does. */
    breakEvenHours: z.number().nullable(),
  })
  .openapi('Carry')

export const opportunity = z
  .object({
    symbol: z.string(),
    /** What the rest is about; left out where it is the same for both directions, as for a blind symbol. */
    direction: z.string().optional(),
    verdict: z.enum(['tempting', 'quiet', 'blind']),
    because: z.string(),
    found: z.string(),
    limit: z.string(),
    carry: carry.nullable(),
    judgedAtMs: z.number(),
    market,
  })
  .openapi('Opportunity')
export type Opportunity = z.output<typeof opportunity>

const storedLeg = z
  .object({ base: amount, cashUsdt: amount, feesUsdt: amount, orders: count, working: z.string().nullable() })
  .openapi('StoredLeg')

export const storedHedge = z
  .object({
    id: z.string(),
    symbol: z.string(),
    baseCoin: z.string(),
    direction: z.string(),
    state: z.string(),
    sinceMs: z.number(),
    /** Base coins of each leg, their worth at the plan's mark price, and the net over the plan's horizon. */
    plannedBase: amount,
    plannedUsdt: amount,
    plannedNetUsdt: amount,
    /** What the perpetual holds now, at the plan's mark price, and that of the planned quantity. */
    heldUsdt: amount,
    filledShare: z.number(),
    spot: storedLeg,
    perp: storedLeg,
    /** As booked. Fees of a hedge that lives are those of its executions. */
    fundingUsdt: amount,
    feesUsdt: amount,
    settlements: count,
    expectedAprOnCapital: z.number(),
    unwindBecause: z.string().nullable(),
    failure: z.string().nullable(),
    enteredAtMs: z.number(),
    hedgedAtMs: z.number(),
    /** Of closed ones. */
    basisUsdt: amount.optional(),
    netUsdt: amount.optional(),
    ...closedParts,
  })
  .openapi('Hedge')
export type StoredHedge = z.output<typeof storedHedge>

const fill = z
  .object({
    execId: z.string(),
    orderLinkId: z.string(),
    market: z.enum(['spot', 'linear']),
    symbol: z.string(),
    side: z.string(),
    /** In the instrument's own unit. */
    qty: amount,
    price: amount,
    fee: amount,
    feeCoin: z.string(),
    maker: z.boolean(),
    filledAtMs: z.number(),
  })
  .openapi('Fill')
export type FillRow = z.output<typeof fill>

export const fundingPayment = z
  .object({
    transactionId: z.string(),
    hedgeId: z.string(),
    symbol: z.string(),
    side: z.string(),
    coin: z.string(),
    /** + is received. */
    amount,
    qty: amount,
    markPrice: amount,
    settledAtMs: z.number(),
  })
  .openapi('FundingPayment')
export type FundingRow = z.output<typeof fundingPayment>

export const hedgeDetail = storedHedge
  .extend({
    result: z.object({
      fundingUsdt: amount,
      feesUsdt: amount,
      tradingUsdt: amount,
      interestUsdt: amount,
      netUsdt: amount,
      /** Coins left over, and those of them that no price is known of. */
      inventory: z.array(z.object({ coin: z.string(), qty: amount })),
      unvalued: z.array(z.string()),
    }),
    profit: hedgeProfit,
    quality: executionQuality,
    carry: carryOutcome,
    decisions: hedgeDecisions,
    fills: z.array(fill),
    funding: z.array(fundingPayment),
  })
  .openapi('HedgeDetail')
export type HedgeDetail = z.output<typeof hedgeDetail>

export const posting = z
  .object({
    rowId: z.string(),
    account: z.string(),
    kind: z.string(),
    coin: z.string(),
    amount,
    hedgeId: z.string(),
    symbol: z.string(),
    price: amount,
    atMs: z.number(),
  })
  .openapi('Posting')
export type PostingRow = z.output<typeof posting>

export const equityPoint = z
  .object({ atMs: z.number(), equityUsdt: amount, availableUsdt: amount })
  .openapi('EquityPoint')
export type EquityPoint = z.output<typeof equityPoint>
