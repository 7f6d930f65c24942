/** What was decided and why, what hedges made, and how well they were executed. All read-only. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { ApiEnv } from '../access/guard.ts'
import type { EngineView } from '../engine-view.ts'
import { ANSWERS } from '../rows/answers.ts'
import { pageQuery, ROWS_MAX } from '../rows/schemas.ts'
import { invalid, unauthorised } from './commands.ts'

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

export function resultRoutes(app: OpenAPIHono<ApiEnv>, view: EngineView): void {
  app.openapi(decisions, async c => {
    const { cursor, limit } = c.req.valid('query')
    const { symbol } = c.req.valid('param')
    return c.json(await view.decisions(symbol, { cursor: cursor ?? null, limit }), 200)
  })
  app.openapi(quality, async c => c.json(await view.quality(c.req.valid('query').limit), 200))
  app.openapi(profit, async c => c.json(await view.profit(c.req.valid('query').by), 200))
}
