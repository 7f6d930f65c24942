/**
 * For machines that watch the engine: is it alive, is it ready, and its metrics.
 */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { type ApiEnv, type Identify, isLoopback, remoteAddress } from '../access/guard.ts'
import { Refusal } from '../access/problem.ts'
import type { EngineView, HealthPart } from '../engine-view.ts'
import { health } from '../rows/schemas.ts'
import { unauthorised } from './commands.ts'

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
      throw new Refusal(401, detail, {}, { 'www-authenticate': 'Bearer realm="hedgerow"' })
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
