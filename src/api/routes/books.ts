/**
 * What the engine knows, decided and owns: opportunities, hedges and what they made, the ledger, equity, funding. All
 * read-only.
 */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Json } from '../../domain/json.ts'
import type { ApiEnv } from '../access/guard.ts'
import { HttpRefusal } from '../access/problem.ts'
import type { EngineView } from '../engine-view.ts'
import { ANSWERS, type AnswerTo, type Path } from '../rows/answers.ts'
import { pageQuery, ROWS_MAX } from '../rows/schemas.ts'
import { invalid, notFound, unauthorised } from './commands.ts'

/** A long curve as a short one that looks the same: of each stretch the first, lowest, highest and last point stay. */
type Point = { atMs: number; equityUsdt: string }

/**
 * Keeps at most about `most` points, in order; every high and low that a stretch reaches is kept, so that the largest
 * draw-down is too. For the eye only: amounts are compared as numbers, and none is changed.
 */
export function reducePoints<P extends Point>(points: readonly P[], most: number): P[] {
  if (points.length <= most) return [...points]
  const size = Math.ceil(points.length / Math.max(1, Math.floor(most / 4)))
  const kept: P[] = []
  for (let from = 0; from < points.length; from += size) {
    const stretch = points.slice(from, from + size)
    const ordered = stretch.toSorted((a, b) => Number(a.equityUsdt) - Number(b.equityUsdt))
    const marks = new Set([stretch[0], ordered[0], ordered.at(-1), stretch.at(-1)])
    kept.push(...stretch.filter(point => marks.has(point)))
  }
  return kept
}

const told = <P extends Path>(path: P, description = 'Rows.') => ({
  description,
  content: { 'application/json': { schema: ANSWERS[path] } },
})
const PAGE = 'A page; `next` is the cursor of the next one.'

const opportunities = createRoute({
  method: 'get',
  path: '/api/opportunities',
  summary: 'Every tracked symbol with its carry, and why it is not taken.',
  responses: { 200: told('/api/opportunities'), 401: unauthorised },
})

const hedges = createRoute({
  method: 'get',
  path: '/api/hedges',
  summary: 'Every hedge, newest first.',
  request: { query: z.object({ limit: z.coerce.number().int().min(1).max(ROWS_MAX).default(200) }) },
  responses: { 200: told('/api/hedges'), 401: unauthorised, 422: invalid },
})

const hedge = createRoute({
  method: 'get',
  path: '/api/hedges/{id}',
  summary: 'One hedge with its orders, fills and funding.',
  request: { params: z.object({ id: z.string().min(1).max(100) }) },
  responses: {
    200: told('/api/hedges/{id}', 'The hedge.'),
    401: unauthorised,
    404: notFound,
  },
})

const ledger = createRoute({
  method: 'get',
  path: '/api/ledger',
  summary: 'Postings, and what they leave unexplained per coin.',
  request: { query: pageQuery },
  responses: {
    200: told('/api/ledger', PAGE),
    401: unauthorised,
    422: invalid,
  },
})

const equity = createRoute({
  method: 'get',
  path: '/api/equity',
  summary: 'Equity over time, oldest first; `points` thins it out, keeping every high and low.',
  request: {
    query: z.object({
      sinceMs: z.coerce.number().int().min(0).default(0),
      points: z.coerce.number().int().min(4).max(100_000).optional(),
    }),
  },
  responses: { 200: told('/api/equity'), 401: unauthorised, 422: invalid },
})

const funding = createRoute({
  method: 'get',
  path: '/api/funding',
  summary: 'Funding payments.',
  request: { query: pageQuery },
  responses: { 200: told('/api/funding', PAGE), 401: unauthorised, 422: invalid },
})

const totals = createRoute({
  method: 'get',
  path: '/api/funding/totals',
  summary: 'Funding by symbol in steps of equal length.',
  request: { query: z.object({ everyMs: z.coerce.number().int().min(60_000).default(86_400_000) }) },
  responses: { 200: told('/api/funding/totals'), 401: unauthorised, 422: invalid },
})

/** What the view gives as plain JSON, as it is documented. */
const as = <P extends Path>(json: Json) => json as unknown as AnswerTo<P>

/** Opportunities, hedges, the ledger, equity and funding. */
export function bookRoutes(app: OpenAPIHono<ApiEnv>, view: EngineView): void {
  app.openapi(opportunities, c => c.json(as<'/api/opportunities'>(view.opportunities()), 200))
  app.openapi(hedges, async c =>
    c.json(as<'/api/hedges'>(await view.hedges(c.req.valid('query').limit)), 200),
  )
  app.openapi(hedge, async c => {
    const { id } = c.req.valid('param')
    const found = await view.hedge(id)
    if (!found) throw new HttpRefusal(404, `hedge: nothing is called ${id}`)
    return c.json(as<'/api/hedges/{id}'>(found), 200)
  })
  app.openapi(ledger, async c => {
    const { cursor, limit } = c.req.valid('query')
    return c.json(as<'/api/ledger'>(await view.ledger({ cursor: cursor ?? null, limit })), 200)
  })
  app.openapi(equity, async c => {
    const { sinceMs, points } = c.req.valid('query')
    const curve = as<'/api/equity'>(await view.equity(sinceMs))
    return c.json(points === undefined ? curve : reducePoints(curve, points), 200)
  })
  app.openapi(totals, async c => c.json(await view.fundingTotals(c.req.valid('query').everyMs), 200))
  app.openapi(funding, async c => {
    const { cursor, limit } = c.req.valid('query')
    return c.json(as<'/api/funding'>(await view.funding({ cursor: cursor ?? null, limit })), 200)
  })
}

const decisions = createRoute({
  method: 'get',
  path: '/api/opportunities/{symbol}/decisions',
  summary: 'Judgements that changed what was thought of a symbol, with their figures, newest first.',
  request: { params: z.object({ symbol: z.string().min(1).max(40) }), query: pageQuery },
  responses: {
    200: {
      description: 'A page; `next` is the cursor of the next one.',
      content: { 'application/json': { schema: ANSWERS['/api/opportunities/{symbol}/decisions'] } },
    },
    401: unauthorised,
    422: invalid,
  },
})

const quality = createRoute({
  method: 'get',
  path: '/api/quality',
  summary: 'How closed hedges were executed, newest first, and all of these together.',
  request: { query: z.object({ limit: z.coerce.number().int().min(1).max(ROWS_MAX).default(200) }) },
  responses: {
    200: {
      description: 'The figures.',
      content: { 'application/json': { schema: ANSWERS['/api/quality'] } },
    },
    401: unauthorised,
    422: invalid,
  },
})

const profit = createRoute({
  method: 'get',
  path: '/api/profit',
  summary: 'What closed hedges made by parts, by symbol, by day or altogether; and what open ones stand at.',
  request: { query: z.object({ by: z.enum(['symbol', 'day', 'all']).default('all') }) },
  responses: {
    200: { description: 'The sums.', content: { 'application/json': { schema: ANSWERS['/api/profit'] } } },
    401: unauthorised,
    422: invalid,
  },
})

/** What was decided, what it made, and how well it was executed. */
export function resultRoutes(app: OpenAPIHono<ApiEnv>, view: EngineView): void {
  app.openapi(decisions, async c => {
    const { cursor, limit } = c.req.valid('query')
    const { symbol } = c.req.valid('param')
    return c.json(await view.decisions(symbol, { cursor: cursor ?? null, limit }), 200)
  })
  app.openapi(quality, async c => c.json(await view.quality(c.req.valid('query').limit), 200))
  app.openapi(profit, async c => c.json(await view.profit(c.req.valid('query').by), 200))
}
