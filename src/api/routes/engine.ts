/**
 * The engine as a whole: is it alive and ready (for machines), what it is doing, the commands that act on all of it, its
 * alerts and the audit of commands.
 */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { plainText } from '../../wording/plain-text.ts'
import { type ApiEnv, type Identify, isLoopback, remoteAddress } from '../access/guard.ts'
import { HttpRefusal } from '../access/problem.ts'
import type { EngineView, HealthPart, SendOutcome } from '../engine-view.ts'
import { ANSWERS } from '../rows/answers.ts'
import { alert } from '../rows/rows.ts'
import { commandHeaders, engine, health, pageQuery, REASON_MAX, ROWS_MAX } from '../rows/schemas.ts'
import { answer, commandOf, commandResponses, invalid, notFound, unauthorised } from './commands.ts'

const getEngine = createRoute({
  method: 'get',
  path: '/api/engine',
  summary: 'Mode, state, halt, hedges, ledger residuals, health.',
  responses: {
    200: { description: 'The engine.', content: { 'application/json': { schema: engine } } },
    401: unauthorised,
  },
})

/** A halt is not held up by a field that nobody knows: it is done, and the answer names what was left out. */
function ignoring(strange: readonly string[], outcome: SendOutcome): SendOutcome {
  if (strange.length === 0 || outcome.kind !== 'accepted') return outcome
  return {
    ...outcome,
    note: `ignored, since it is not known here: ${strange.join(', ').slice(0, 200)}; because is`,
  }
}

/** A halt never fails for its reason: whatever is sent is made plain and cut, and none is a reason too. */
const haltBody = z.looseObject({
  because: z
    .unknown()
    .optional()
    .transform(reason => (typeof reason === 'string' && plainText(reason, REASON_MAX)) || 'asked by a person')
    .openapi({ type: 'string', description: `Why, for the audit; cut to ${REASON_MAX} characters.` }),
})

const halt = createRoute({
  method: 'post',
  path: '/api/engine/halt',
  summary: 'No new risk from now on; reducing stays allowed.',
  request: {
    headers: commandHeaders,
    body: { required: false, content: { 'application/json': { schema: haltBody } } },
  },
  responses: commandResponses,
})

const resume = createRoute({
  method: 'post',
  path: '/api/engine/resume',
  summary: 'Ends a halt.',
  request: { headers: commandHeaders },
  responses: commandResponses,
})

const flatten = createRoute({
  method: 'post',
  path: '/api/engine/flatten',
  summary: 'Halts, unwinds every hedge and verifies it on the exchange.',
  request: { headers: commandHeaders },
  responses: commandResponses,
})

/** The engine's summary and its three commands. */
export function engineRoutes(app: OpenAPIHono<ApiEnv>, view: EngineView): void {
  app.openapi(getEngine, c => c.json(view.summary(), 200))
  app.openapi(halt, async c => {
    const command = commandOf(c, c.req.valid('header')['idempotency-key'])
    // Without a body nothing was validated: the reason falls back to its default.
    const { because, ...strange } = haltBody.parse(c.req.valid('json') ?? {})
    return answer(c, ignoring(Object.keys(strange), await view.halt(command, because)), 'engine')
  })
  app.openapi(resume, async c => {
    const command = commandOf(c, c.req.valid('header')['idempotency-key'])
    return answer(c, await view.resume(command), 'engine')
  })
  app.openapi(flatten, async c => {
    const command = commandOf(c, c.req.valid('header')['idempotency-key'])
    return answer(c, await view.flatten(command), 'engine')
  })
}

/**
 * For machines that watch the engine: is it alive, is it ready, and its metrics.
 */
const told = (description: string) => ({ description, content: { 'application/json': { schema: health } } })

const healthz = createRoute({
  method: 'get',
  path: '/healthz',
  summary: 'Alive: the process can serve.',
  responses: { 200: told('Alive.'), 503: told('The parts that are not.') },
})

const readyz = createRoute({
  method: 'get',
  path: '/readyz',
  summary: 'Ready: reconciled, feeds and database well.',
  responses: { 200: told('Ready.'), 503: told('The parts that are not ready.') },
})

const metrics = createRoute({
  method: 'get',
  path: '/metrics',
  summary: 'Prometheus metrics; without a token only for this machine.',
  responses: {
    200: { description: 'Text format.', content: { 'text/plain': { schema: z.string() } } },
    401: unauthorised,
  },
})

/** Health without a token, 503 when a part is not well; metrics without one only for this machine. */
export function healthRoutes(app: OpenAPIHono<ApiEnv>, view: EngineView, identify: Identify): void {
  app.openapi(healthz, c => {
    const parts = view.live()
    return c.json(verdict(parts), allOk(parts) ? 200 : 503)
  })
  app.openapi(readyz, c => {
    const parts = view.ready()
    return c.json(verdict(parts), allOk(parts) ? 200 : 503)
  })
  app.openAPIRegistry.registerPath(metrics)
  app.get('/metrics', async c => {
    const address = remoteAddress(c)
    const near = address !== undefined && isLoopback(address)
    if (!near && !identify(c)) {
      const detail = 'expected the API token: metrics are open to this machine only'
      throw new HttpRefusal(401, detail, {}, { 'www-authenticate': 'Bearer realm="hedgerow"' })
    }
    const text = await view.metrics()
    return c.body(text, 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
  })
}

const allOk = (parts: readonly HealthPart[]) => parts.every(({ ok }) => ok)
const verdict = (parts: HealthPart[]) => ({
  status: allOk(parts) ? ('ok' as const) : ('failing' as const),
  parts,
})

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
  summary: 'Commands: who, when, what, before and after; the newest first.',
  request: { query: pageQuery },
  responses: {
    200: { description: 'A page.', content: { 'application/json': { schema: ANSWERS['/api/audit'] } } },
    401: unauthorised,
    422: invalid,
  },
})

/** Alerts, their acknowledgement, and the audit of commands. */
export function operatorRoutes(app: OpenAPIHono<ApiEnv>, view: EngineView): void {
  app.openapi(alerts, async c => c.json(await view.alerts(c.req.valid('query').limit), 200))
  app.openapi(acknowledge, async c => {
    const { id } = c.req.valid('param')
    const taken = await view.acknowledgeAlert(id, commandOf(c, undefined))
    if (!taken) throw new HttpRefusal(404, `alert: none that stands is called ${id}`)
    return c.json(taken, 202)
  })
  app.openapi(audit, async c => {
    const { cursor, limit } = c.req.valid('query')
    return c.json(await view.audit({ cursor: cursor ?? null, limit }), 200)
  })
}
