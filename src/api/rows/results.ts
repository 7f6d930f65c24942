/** What hedges made, part by part, how well they were executed, and what was decided: rows as `rows.ts` has them. */
import { z } from '@hono/zod-openapi'
import { amount, count } from './rows.ts'

/** + is received, fees too: the parts sum to `netUsdt`. */
const parts = {
  fundingUsdt: amount,
  feesUsdt: amount,
  /** What the middles of both books did between the decisions. */
  basisUsdt: amount,
  /** Each fill against the middle of its book when its order was decided. */
  slippageUsdt: amount,
  /** Interest on a borrowed coin. */
  borrowUsdt: amount,
  /** What coins left over have made since the last spot fill. */
  dustUsdt: amount,
  netUsdt: amount,
}
const inventory = z.array(z.object({ coin: z.string(), qty: amount }))

export const hedgeProfit = z
  .object({
    ...parts,
    /** The part that no price can change any more, and what is open at today's prices. */
    realisedUsdt: amount,
    unrealisedUsdt: amount,
    inventory,
    unvalued: z.array(z.string()),
    /** Share of the traded value that slippage is measured on. */
    measuredShare: z.number(),
  })
  .openapi('HedgeProfit')

/** Of a closed hedge, in lists. */
export const closedParts = {
  slippageUsdt: amount.optional(),
  borrowUsdt: amount.optional(),
  dustUsdt: amount.optional(),
  closedAtMs: z.number().optional(),
  realisedAprOnCapital: z.number().nullable().optional(),
  /** The net that was expected of the time it was held. */
  expectedNetSoFarUsdt: amount.optional(),
  costBps: z.number().optional(),
}

const figures = {
  /** The longest time without pause that one leg stood alone by a lot or more. */
  legGapMs: z.number(),
  /** USDT × seconds of it, over all such times. */
  unhedgedNotionalSeconds: z.number(),
  /** + is a cost; null when no middle is known. */
  slippageBps: z.number().nullable(),
  /** The basis got in at against the planned one: + is worse. */
  entryShortfallBps: z.number().nullable(),
  /** Share of the traded value that rested in the book. */
  makerRatio: z.number().nullable(),
  repairs: count,
  /** Fees and slippage so far, of the notional planned; and four taker fees. */
  costBps: z.number(),
  allTakerBps: z.number(),
  route: z.string(),
  /** Of the route: what its round trip was expected to cost, and what it cost so far. */
  expectedCostUsdt: amount,
  costUsdt: amount,
  fills: count,
  tradedUsdt: amount,
}
export const executionQuality = z.object(figures).openapi('ExecutionQuality')

export const quality = z
  .object({
    totals: z.object({
      hedges: count,
      legGapMsMax: z.number(),
      unhedgedNotionalSeconds: z.number(),
      slippageBps: z.number().nullable(),
      makerRatio: z.number().nullable(),
      /** Share of hedges that needed a repair. */
      orphanRate: z.number().nullable(),
      roundTripBps: z.number().nullable(),
      allTakerBps: z.number().nullable(),
      expectedCostUsdt: amount,
      costUsdt: amount,
      tradedUsdt: amount,
    }),
    hedges: z.array(
      z.object({ ...figures, hedgeId: z.string(), symbol: z.string(), closedAtMs: z.number() }),
    ),
  })
  .openapi('Quality')

export type QualityRows = z.output<typeof quality>

export const carryOutcome = z
  .object({
    lines: z.array(
      z.object({
        part: z.enum(['funding', 'fees', 'basis', 'slippage', 'borrow', 'mishaps', 'net']),
        /** Over the plan's horizon. */
        expectedUsdt: amount,
        /** For the time it was held. */
        expectedSoFarUsdt: amount,
        realisedUsdt: amount,
      }),
    ),
    horizonHours: z.number(),
    heldHours: z.number(),
    expectedFundingSoFarUsdt: amount,
    expectedAprOnCapital: z.number(),
    realisedAprOnCapital: z.number().nullable(),
  })
  .openapi('CarryOutcome')

export const decision = z
  .object({
    symbol: z.string(),
    /** A new hedge, or leaving the one there is. */
    about: z.enum(['entry', 'exit']),
    verdict: z.string(),
    because: z.string(),
    direction: z.string(),
    found: z.string(),
    limit: z.string(),
    detail: z.record(z.string(), z.unknown()),
    atMs: z.number(),
  })
  .openapi('Decision')
export type DecisionRow = z.output<typeof decision>

/** Null where none was kept, or a person or a fault did it. */
export const hedgeDecisions = z.object({ opened: decision.nullable(), closed: decision.nullable() })

const total = z.object({
  /** A symbol, the first instant of a day (UTC, milliseconds), or '' for all. */
  key: z.string(),
  hedges: count,
  ...parts,
})

export const profit = z
  .object({
    /** Closed hedges; by the day they closed where by day. */
    rows: z.array(total.openapi('ProfitTotal')),
    /** Hedges that live, valued now; null where a feed is not trusted. */
    open: z.object({ hedges: count, fundingUsdt: amount, feesUsdt: amount, netUsdt: amount.nullable() }),
  })
  .openapi('Profit')
export type ProfitRows = z.output<typeof profit>

// What explains a figure: how a symbol's funding and basis were, and what is configured. Rows as `rows.ts` has them.

export const marketHistory = z
  .object({
    symbol: z.string(),
    fromMs: z.number(),
    untilMs: z.number(),
    /** Settled funding, a fraction per interval, oldest first. */
    rates: z.array(z.object({ atMs: z.number(), rate: amount })),
    /** Between the last prices of perpetual and spot at the end of each candle, oldest first. */
    basis: z.array(z.object({ atMs: z.number(), bps: z.number() })),
    /** Entries and exits of our hedges in this time. */
    moves: z.array(z.object({ atMs: z.number(), kind: z.enum(['entry', 'exit']), hedgeId: z.string() })),
  })
  .openapi('MarketHistory')
export type MarketHistory = z.output<typeof marketHistory>

export const LOG_LEVELS_SHOWN = ['error', 'warn', 'info', 'debug'] as const

const logLine = z
  .object({
    /** Grows by one with each line of this process. */
    seq: z.number(),
    /** Of the wall clock. */
    at: z.string(),
    level: z.string(),
    message: z.string(),
    fields: z.record(z.string(), z.unknown()),
  })
  .openapi('LogLine')
export const logLines = z.object({ rows: z.array(logLine) }).openapi('LogLines')
export type EngineLine = z.output<typeof logLine>

const setting = z
  .object({
    /** Of the file, or `environment`. */
    section: z.string(),
    key: z.string(),
    /** As text; of a secret only whether it is set. */
    value: z.string(),
    isDefault: z.boolean(),
    /** What it would be without anything said; '' for nothing. */
    default: z.string(),
    about: z.string(),
  })
  .openapi('Setting')

export const settings = z
  .object({
    /** The file that was read; null when there was none. */
    file: z.string().nullable(),
    mode: z.string(),
    /** All of it is read at the start: a change needs a restart. */
    readAtMs: z.number(),
    settings: z.array(setting),
  })
  .openapi('Settings')
export type Settings = z.output<typeof settings>

/** A report of a backtest or a sweep, as its file says. */
export const report = z
  .object({
    name: z.string(),
    title: z.string(),
    bytes: z.number().int(),
    writtenAtMs: z.number(),
  })
  .openapi('Report')
