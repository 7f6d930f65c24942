/** What closing would cost now, what would make a hedge close, and what was earned by period: rows as `rows.ts` has them. */
import { z } from '@hono/zod-openapi'
import { amount, count } from './rows.ts'

const legClosing = z
  .object({
    side: z.enum(['Buy', 'Sell']),
    /** Base coins that would change hands. */
    base: amount,
    /** USDT per base coin: the average fill; null when this leg holds nothing. */
    fillPrice: amount.nullable(),
  })
  .openapi('LegClosing')

/** Null where a figure is not known; then `unknownBecause` says why. */
const costs = {
  /** Taker fees and what crossing costs against the middles; positive is paid. */
  feesUsdt: amount.nullable(),
  slippageUsdt: amount.nullable(),
  /** What the middle of the perpetual's book differs from the mark it is valued at; + is received. */
  markGapUsdt: amount.nullable(),
  /** Profit so far of what would be closed, as valued now; and what is left of it once it is closed. */
  netNowUsdt: amount.nullable(),
  netAfterUsdt: amount.nullable(),
}

export const closing = z
  .object({
    hedgeId: z.string(),
    symbol: z.string(),
    baseCoin: z.string(),
    /** Of what is held, what would be closed: above 0, at most 1. */
    share: z.number(),
    /** What would be closed, by the larger leg, at the plan's mark price. */
    heldUsdt: amount,
    ...costs,
    legs: z.object({ spot: legClosing, perp: legClosing }).nullable(),
    unknownBecause: z.string().nullable(),
  })
  .openapi('Closing')
export type ClosingRow = z.output<typeof closing>

export const closings = z
  .object({
    hedges: z.array(closing),
    /** Of all these hedges; null as soon as one of them is not known. */
    total: z.object({ hedges: count, heldUsdt: amount, ...costs }),
  })
  .openapi('Closings')
export type Closings = z.output<typeof closings>

const exitCondition = z
  .object({
    rule: z.string(),
    /** Where it stands now, in `unit`; null when that is not known. */
    now: z.number().nullable(),
    limit: z.number(),
    unit: z.enum(['bps', 'ms', 'share', 'rank', 'coins']),
    acts: z.enum(['above', 'below']),
    isMet: z.boolean(),
    heldMs: z.number().optional(),
    heldMsMin: z.number().optional(),
    times: count.optional(),
    timesMin: count.optional(),
    /** The rule in a few words, as after "it closes when", and with its figures as a sentence. */
    name: z.string(),
    text: z.string(),
  })
  .openapi('ExitCondition')

export const exitRules = z
  .object({
    hedgeId: z.string(),
    symbol: z.string(),
    /** It is on its way out already, or has failed, and why; null while it holds. */
    because: z.string().nullable(),
    /** Why the market cannot be judged now; null when it can. */
    unseenBecause: z.string().nullable(),
    /** What the rules said last; null before that. */
    judgement: z.object({ verdict: z.string(), text: z.string(), judgedAtMs: z.number() }).nullable(),
    /** Of notional, by the next settlement, less the borrow; when it pays, most rules wait for it. */
    settlement: z.object({ gainBps: z.number(), inMs: z.number(), waitsForIt: z.boolean() }).nullable(),
    /** Over which the carry is weighed. */
    horizonHours: z.number(),
    conditions: z.array(exitCondition),
  })
  .openapi('ExitRules')
export type ExitRules = z.output<typeof exitRules>

/** UTC; weeks begin on Monday. */
export const PERIODS = ['day', 'week', 'month', 'all'] as const
export type Period = (typeof PERIODS)[number]

const earned = z
  .object({
    /** When it began and ends (UTC, milliseconds); of the newest, now. Both 0 for all time before anything was used. */
    fromMs: z.number(),
    untilMs: z.number(),
    /** A symbol; '' for the account: all hedges together. */
    symbol: z.string(),
    hedges: count,
    /** Realised in it, open hedges' parts too: + is received, fees too; the parts sum to `netUsdt`. */
    fundingUsdt: amount,
    feesUsdt: amount,
    borrowUsdt: amount,
    tradingUsdt: amount,
    netUsdt: amount,
    /** Of the plans' funding, what was to come of what was really held, while it was held. */
    expectedFundingUsdt: amount,
    /** Capital in use, averaged over the time it was; and how long that was, counted once. */
    capitalUsdt: amount,
    usedMs: z.number(),
    /** Net on that capital, a year, not compounded; null below a day of use: less says nothing of a year. */
    apr: z.number().nullable(),
  })
  .openapi('Earned')

export const returns = z.object({ by: z.enum(PERIODS), rows: z.array(earned) }).openapi('Returns')
export type Returns = z.output<typeof returns>
