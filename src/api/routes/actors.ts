/**
 * Actors: who runs, in which state, how they got there, and what a person sends them.
 */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { ApiEnv } from '../access/guard.ts'
import { HttpRefusal } from '../access/problem.ts'
import type { EngineView } from '../engine-view.ts'
import {
  actor,
  actorDetail,
  actorDetailRow,
  actorRow,
  asEvent,
  commandHeaders,
  eventBody,
  row,
  transition,
  transitionRow,
} from '../rows/schemas.ts'
import { answer, commandOf, commandResponses, invalid, notFound, unauthorised } from './commands.ts'

const json = <S extends z.ZodType>(description: string, schema: S) => ({
  description,
  content: { 'application/json': { schema } },
})
const idParam = z.object({ id: z.string().min(1).max(200) })

const listActors = createRoute({
  method: 'get',
  path: '/api/actors',
  summary: 'Every actor.',
  request: { query: z.object({ kind: z.string().optional(), state: z.string().optional() }) },
  responses: { 200: json('Actors; state filters by its beginning.', z.array(actor)), 401: unauthorised },
})

const getActor = createRoute({
  method: 'get',
  path: '/api/actors/{id}',
  summary: 'One actor, with its context, timers and legal events.',
  request: { params: idParam },
  responses: { 200: json('The actor.', actorDetail), 401: unauthorised, 404: notFound },
})

const listTransitions = createRoute({
  method: 'get',
  path: '/api/actors/{id}/transitions',
  summary: 'The journal of one actor, oldest first.',
  request: {
    params: idParam,
    query: z.object({
      fromSeq: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(1000).default(200),
    }),
  },
  responses: {
    200: json(
      'Steps; `next` is the fromSeq to go on with.',
      z.object({ rows: z.array(transition), next: z.number().nullable() }),
    ),
    401: unauthorised,
    404: notFound,
    422: invalid,
  },
})

const sendEvent = createRoute({
  method: 'post',
  path: '/api/actors/{id}/events',
  summary: 'Sends an event to an actor.',
  request: {
    params: idParam,
    query: z.object({
      expect: z.coerce
        .number({ error: 'expected the version of the state' })
        .int()
        .min(0)
        .optional()
        .openapi({ description: 'As If-Match.' }),
    }),
    headers: commandHeaders.extend({
      'if-match': z
        .string()
        .regex(/^"?\d{1,15}"?$/, { error: 'expected the version of the state, such as "12"' })
        .optional()
        .openapi({ description: 'Refused (409) when the actor is no longer at this version.' }),
    }),
    body: { required: true, content: { 'application/json': { schema: eventBody } } },
  },
  responses: commandResponses,
})

const getChart = createRoute({
  method: 'get',
  path: '/api/charts/{kind}',
  summary: 'The chart of a kind of actor: nodes and edges.',
  request: { params: z.object({ kind: z.string().min(1).max(100) }) },
  responses: { 200: json('The chart.', row), 401: unauthorised, 404: notFound },
})

/** Actors, one of them, its steps, and an event for it. Refuses with 404 what is not there. */
export function actorRoutes(app: OpenAPIHono<ApiEnv>, view: EngineView): void {
  app.openapi(listActors, c => {
    const { kind, state } = c.req.valid('query')
    const wanted = view
      .actors()
      .filter(found => (!kind || found.kind === kind) && (!state || found.state.startsWith(state)))
    return c.json(wanted.map(actorRow), 200)
  })
  app.openapi(getActor, c => {
    const { id } = c.req.valid('param')
    const found = view.actor(id)
    if (!found) throw noActor(id)
    return c.json(actorDetailRow(found), 200)
  })
  app.openapi(listTransitions, async c => {
    const { id } = c.req.valid('param')
    const { fromSeq, limit } = c.req.valid('query')
    const steps = await view.transitions(id, fromSeq, limit)
    if (!steps) throw noActor(id)
    const last = steps.length === limit ? steps.at(-1) : undefined
    return c.json({ rows: steps.map(transitionRow), next: last ? last.seq + 1 : null }, 200)
  })
  app.openapi(sendEvent, async c => {
    const { id } = c.req.valid('param')
    const { 'idempotency-key': key, 'if-match': expected } = c.req.valid('header')
    const { expect } = c.req.valid('query')
    const command = commandOf(c, key, expect ?? versionOf(expected))
    return answer(c, await view.send(id, asEvent(c.req.valid('json')), command), id)
  })
  app.openapi(getChart, c => {
    const { kind } = c.req.valid('param')
    const chart = view.chart(kind)
    if (!chart) throw new HttpRefusal(404, `chart: no kind of actor is called ${kind}`)
    return c.json(chart, 200)
  })
}

const noActor = (id: string) => new HttpRefusal(404, `actor: nothing is called ${id}`)

/** `"12"` or `12` → 12 */
const versionOf = (text: string | undefined) =>
  text === undefined ? undefined : Number(text.replaceAll('"', ''))
