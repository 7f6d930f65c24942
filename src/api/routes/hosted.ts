/**
 * What the page of the hosted inspector reads. There only when it is switched on; the page, not the engine, speaks to the
 * other site, so nothing leaves while nobody has the page open.
 */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { type SSEStreamingApi, streamSSE } from 'hono/streaming'
import type { Clock } from '../../clock/clock.ts'
import type { ApiEnv } from '../access/guard.ts'
import { HttpRefusal } from '../access/problem.ts'
import type { HostedInspectorView, HostedReader } from '../inspection-view.ts'
import { row } from '../rows/schemas.ts'
import { unauthorised } from './commands.ts'

const STREAMS_MAX = 4
const FRAME_EVERY_MS = 200
const HEARTBEAT_EVERY = 25

const about = createRoute({
  method: 'get',
  path: '/api/hosted-inspector',
  summary: 'Where the hosted inspector is, and the charts it may draw; only when it is switched on.',
  responses: {
    200: { description: 'URL and charts.', content: { 'application/json': { schema: row } } },
    401: unauthorised,
  },
})

const stream = createRoute({
  method: 'get',
  path: '/api/hosted-inspector/events',
  summary: 'Server-sent events: lists of inspection events, sanitised; each stream begins with all actors.',
  responses: {
    200: { description: 'The stream.', content: { 'text/event-stream': { schema: z.string() } } },
    401: unauthorised,
  },
})

/** Adds the routes; the returned function ends every stream. */
export function hostedRoutes(app: OpenAPIHono<ApiEnv>, view: HostedInspectorView, clock: Clock): () => void {
  const open = new Set<SSEStreamingApi>()
  app.openapi(about, c => c.json({ url: view.url, definitions: view.definitions() }, 200))
  app.openAPIRegistry.registerPath(stream)
  app.get(stream.path, c => {
    if (open.size >= STREAMS_MAX)
      throw new HttpRefusal(503, `hosted inspector: expected at most ${STREAMS_MAX} streams`)
    c.header('x-accel-buffering', 'no')
    return streamSSE(c, async sse => {
      const reader = view.open()
      open.add(sse)
      sse.onAbort(() => void open.delete(sse))
      try {
        await follow(sse, reader, clock)
      } finally {
        reader.close()
        open.delete(sse)
      }
    })
  })
  return () => {
    for (const sse of open) sse.abort()
  }
}

async function follow(sse: SSEStreamingApi, reader: HostedReader, clock: Clock): Promise<void> {
  let quiet = 0
  // Writing swallows errors: the loop ends by the stream's own word.
  while (!sse.aborted && !sse.closed) {
    const events = reader.next()
    quiet = events.length > 0 ? 0 : quiet + 1
    if (events.length > 0) await sse.writeSSE({ event: 'inspected', data: JSON.stringify(events) })
    else if (quiet % HEARTBEAT_EVERY === 0) await sse.writeSSE({ event: 'beat', data: '{}' })
    await new Promise<void>(resolve => void clock.setTimeout(resolve, FRAME_EVERY_MS))
  }
}
