/** What people were told and what they did: alerts with their acknowledgement, and the audit of commands. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { ApiEnv } from '../access/guard.ts'
import { Refusal } from '../access/problem.ts'
import type { EngineView } from '../engine-view.ts'
import { ANSWERS } from '../rows/answers.ts'
import { alert } from '../rows/rows.ts'
import { pageQuery, ROWS_MAX } from '../rows/schemas.ts'
import { commandOf, invalid, notFound, unauthorised } from './commands.ts'

const alerts = createRoute({
  method: 'get',
  path: '/api/alerts',
  summary: 'Alerts: those that stand first, then the newest.',
  request: { query: z.object({ limit: z.coerce.number().int().min(1).max(ROWS_MAX).default(200) }) },
  responses: {
    200: { description: 'Rows.', content: { 'application/json': { schema: ANSWERS['/api/alerts'] } } },
    401: unauthorised,
    422: invalid,
  },
})

const acknowledge = createRoute({
  method: 'post',
  path: '/api/alerts/{id}/acknowledge',
  summary: 'Takes an alert: it calls nobody any more.',
  request: { params: z.object({ id: z.string().min(1).max(300) }) },
  responses: {
    202: { description: 'As it stands now.', content: { 'application/json': { schema: alert } } },
    401: unauthorised,
    404: notFound,
  },
})

const audit = createRoute({
  method: 'get',
  path: '/api/audit',
  summary: 'Commands of people: who, when, what, before and after; the newest first.',
  request: { query: pageQuery },
  responses: {
    200: { description: 'A page.', content: { 'application/json': { schema: ANSWERS['/api/audit'] } } },
    401: unauthorised,
    422: invalid,
  },
})

export function operatorRoutes(app: OpenAPIHono<ApiEnv>, view: EngineView): void {
  app.openapi(alerts, async c => c.json(await view.alerts(c.req.valid('query').limit), 200))
  app.openapi(acknowledge, async c => {
    const { id } = c.req.valid('param')
    const taken = await view.acknowledgeAlert(id, commandOf(c, undefined))
    if (!taken) throw new Refusal(404, `alert: none that stands is called ${id}`)
    return c.json(taken, 202)
  })
  app.openapi(audit, async c => {
    const { cursor, limit } = c.req.valid('query')
    return c.json(await view.audit({ cursor: cursor ?? null, limit }), 200)
  })
}
