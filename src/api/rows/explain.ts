/** What explains a figure: how a symbol's funding and basis were, and what is configured. Rows as `rows.ts` has them. */
import { z } from '@hono/zod-openapi'
import { amount } from './rows.ts'

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
