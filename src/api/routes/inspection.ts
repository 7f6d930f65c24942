/**
 * What the inspector page reads: one stream of the list of actors and of the one actor looked at, charts by their hash,
 * any persisted step of any actor, and the arrows around one. Read only; commands go where all commands go.
 */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { type SSEStreamingApi, streamSSE } from 'hono/streaming'
import type { Clock } from '../../clock/clock.ts'
import type { ApiEnv } from '../access/guard.ts'
import { HttpRefusal } from '../access/problem.ts'
import type { InspectionView } from '../inspection-view.ts'
import { row } from '../rows/schemas.ts'
import { invalid, notFound, unauthorised } from './commands.ts'

const STREAMS_MAX = 16
/** The one open actor is told this often at most, the list every third time. */
const FOCUS_EVERY_MS = 100
const LIST_EVERY = 3
const HEARTBEAT_EVERY = 50

const json = <S extends z.ZodType>(description: string, schema: S) => ({
  description,
  content: { 'application/json': { schema } },
})

const stream = createRoute({
  method: 'get',
  path: '/api/inspection',
  summary:
    'Server-sent events: `rows` of the list of actors, `focus` for one of them; resumable like /api/live.',
  request: {
    query: z.object({ since: z.string().max(100).optional(), focus: z.string().max(200).optional() }),
  },
  responses: {
    200: { description: 'The stream.', content: { 'text/event-stream': { schema: z.string() } } },
    401: unauthorised,
  },
})

const past = createRoute({
  method: 'get',
  path: '/api/actors/{id}/at/{seq}',
  summary: 'One actor as it was after one of its persisted steps; also of actors that have ended.',
  request: {
    params: z.object({
      id: z.string().min(1).max(200),
      seq: z.string().regex(/^(\d{1,9}|last)$/, { error: 'expected the number of a step, or last' }),
    }),
  },
  responses: { 200: json('The step.', row), 401: unauthorised, 404: notFound, 422: invalid },
})

const messages = createRoute({
  method: 'get',
  path: '/api/inspection/messages',
  summary: 'What an actor and those it speaks with told each other since this process started.',
  request: {
    query: z.object({
      focus: z.string().min(1).max(200),
      limit: z.coerce.number().int().min(1).max(1000).default(200),
    }),
  },
  responses: { 200: json('Arrows, oldest first.', z.array(row)), 401: unauthorised, 422: invalid },
})

/** Adds the routes; the returned function ends every stream. */
export function inspectionRoutes(app: OpenAPIHono<ApiEnv>, view: InspectionView, clock: Clock): () => void {
  const open = new Set<SSEStreamingApi>()
  chartRoute(app, view)
  app.openapi(past, async c => {
    const { id, seq } = c.req.valid('param')
    const step = await view.past(id, seq === 'last' ? undefined : Number(seq))
    if (step === undefined) throw new HttpRefusal(404, `actor: the journal has none called ${id}`)
    if (step === null) throw new HttpRefusal(404, `actor: ${id} has no step ${seq}`)
    return c.json(step, 200)
  })
  app.openapi(messages, c => {
    const { focus, limit } = c.req.valid('query')
    return c.json(view.messages(focus, limit), 200)
  })
  app.openAPIRegistry.registerPath(stream)
  app.get('/api/inspection', c => {
    if (open.size >= STREAMS_MAX)
      throw new HttpRefusal(503, `inspection: expected at most ${STREAMS_MAX} streams`)
    const cursor = c.req.header('last-event-id') ?? c.req.query('since')
    c.header('x-accel-buffering', 'no')
    return streamSSE(c, async sse => {
      open.add(sse)
      sse.onAbort(() => void open.delete(sse))
      try {
        await follow({ sse, view, clock, focus: c.req.query('focus') }, cursor)
      } finally {
        open.delete(sse)
      }
    })
  })
  return () => {
    for (const sse of open) sse.abort()
  }
}

/** A chart asked for by its hash never changes; by its kind it answers as before. */
function chartRoute(app: OpenAPIHono<ApiEnv>, view: InspectionView): void {
  app.get('/api/charts/:hash', async (c, next) => {
    const hash = c.req.param('hash')
    const chart = /^[0-9a-f]{16}$/.test(hash) ? view.chart(hash) : undefined
    if (!chart) return next()
    const head = { etag: `"${hash}"`, 'cache-control': 'private, max-age=31536000, immutable' }
    return c.req.header('if-none-match') === head.etag ? c.body(null, 304, head) : c.json(chart, 200, head)
  })
}

type Following = { sse: SSEStreamingApi; view: InspectionView; clock: Clock; focus: string | undefined }

/** A slow reader slows only itself: the next frame is made when it took the last, of what is true by then. */
async function follow({ sse, view, clock, focus }: Following, from: string | undefined): Promise<void> {
  const read = view.focusReader()
  let cursor = from
  let quiet = 0
  // Writing swallows errors: the loop ends by the stream's own word.
  for (let turn = 0; !sse.aborted && !sse.closed; turn++) {
    const frame = turn % LIST_EVERY === 0 ? view.frame(cursor) : undefined
    const focused = focus === undefined ? undefined : read(focus)
    if (frame) {
      cursor = frame.cursor
      await sse.writeSSE({ event: 'rows', id: cursor, data: JSON.stringify({ ...frame, ...view.clock() }) })
    }
    if (focused) await sse.writeSSE({ event: 'focus', data: JSON.stringify({ ...focused, ...view.clock() }) })
    quiet = frame || focused ? 0 : quiet + 1
    if (quiet > 0 && quiet % HEARTBEAT_EVERY === 0) await sse.writeSSE({ event: 'beat', data: '{}' })
    await new Promise<void>(resolve => void clock.setTimeout(resolve, FOCUS_EVERY_MS))
  }
}
