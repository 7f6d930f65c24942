/**
 * What each question is answered with. The routes document it, the pages take their types from it, and a test holds a running
 * engine's answers against it.
 */
import { z } from '@hono/zod-openapi'
import { equityPoint, fundingPayment, hedgeDetail, opportunity, posting, storedHedge } from './books.ts'
import { closings, exitRules, returns } from './closing.ts'
import { decision, logLines, marketHistory, profit, quality, report, settings } from './results.ts'
import { account, alert, auditEntry, fundingTotal, holding, reconciliation } from './rows.ts'
import { type accepted, actor, actorDetail, engine, transition } from './schemas.ts'

/** A page of a long list; `next` is the cursor of the one before it in time, null at the end. */
const page = <Row extends z.ZodType>(row: Row) =>
  z.object({ rows: z.array(row), next: z.string().nullable() })

export const ANSWERS = {
  '/api/engine': engine,
  '/api/actors': z.array(actor),
  '/api/actors/{id}': actorDetail,
  '/api/actors/{id}/transitions': z.object({ rows: z.array(transition), next: z.number().nullable() }),
  '/api/opportunities': z.array(opportunity),
  '/api/opportunities/{symbol}/decisions': page(decision),
  '/api/opportunities/{symbol}/history': marketHistory,
  '/api/config': settings,
  '/api/logs': logLines,
  '/api/quality': quality,
  '/api/profit': profit,
  '/api/returns': returns,
  '/api/closing': closings,
  '/api/hedges': z.array(storedHedge),
  '/api/hedges/{id}': hedgeDetail,
  '/api/hedges/{id}/exit': exitRules,
  '/api/holdings': z.array(holding),
  '/api/account': account,
  '/api/reconciliation': reconciliation,
  '/api/ledger': page(posting).extend({ residuals: z.record(z.string(), z.string()) }),
  '/api/funding': page(fundingPayment),
  '/api/funding/totals': z.array(fundingTotal),
  '/api/equity': z.array(equityPoint),
  '/api/reports': z.array(report),
  '/api/alerts': z.array(alert),
  '/api/audit': page(auditEntry),
} as const

export type Path = keyof typeof ANSWERS
export type AnswerTo<P extends Path> = z.output<(typeof ANSWERS)[P]>
export type Accepted = z.output<typeof accepted>

/** Lists that come in pages, and what one of their rows is. */
export type PagedPath = '/api/ledger' | '/api/funding' | '/api/audit'
export type PagedRow<P extends PagedPath> = AnswerTo<P>['rows'][number]
