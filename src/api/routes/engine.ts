/**
 * The engine as a whole: what it is doing, and the three commands that act on all of it.
 */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { plainText } from '../../wording/plain-text.ts'
import type { ApiEnv } from '../access/guard.ts'
import type { EngineView } from '../engine-view.ts'
import { commandHeaders, engine, REASON_MAX } from '../rows/schemas.ts'
import { answer, commandOf, commandResponses, unauthorised } from './commands.ts'

const getEngine = createRoute({
  method: 'get',
  path: '/api/engine',
  summary: 'Mode, state, halt, hedges, ledger residuals, health.',
  responses: {
    200: { description: 'The engine.', content: { 'application/json': { schema: engine } } },
    401: unauthorised,
  },
})

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

export function engineRoutes(app: OpenAPIHono<ApiEnv>, view: EngineView): void {
  app.openapi(getEngine, c => c.json(view.summary(), 200))
  app.openapi(halt, async c => {
    const command = commandOf(c, c.req.valid('header')['idempotency-key'])
    // Without a body nothing was validated: the reason falls back to its default.
    const { because } = haltBody.parse(c.req.valid('json') ?? {})
    return answer(c, await view.halt(command, because), 'engine')
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
