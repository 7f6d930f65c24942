/**
 * `GET /api/live`: server-sent events. `state` frames carry the rows of actors that moved, `engine` the summary when it
 * changed, `beat` says that the line is open. A slow reader slows only itself: the next frame is made when it took the last.
 */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { type SSEStreamingApi, streamSSE } from 'hono/streaming'
import type { Clock } from '../clock.ts'
import { unauthorised } from './commands.ts'
import type { EngineSummary, EngineView } from './engine-view.ts'
import type { ApiEnv } from './guard.ts'
import { createLiveFeed, type LiveFeed } from './live-feed.ts'
import { Refusal } from './problem.ts'

/** Browsers allow six connections a host; this bounds scripts that forget to close. */
export const STREAMS_MAX = 32
/** Frames of one stream are at least this far apart: what moved in between is one frame. */
const FRAME_EVERY_MS = 200
const HEARTBEAT_MS = 5000

const live = createRoute({
  method: 'get',
  path: '/api/live',
  summary: 'Server-sent events: actors that moved, and the engine; resumable by Last-Event-ID or `since`.',
  request: { query: z.object({ since: z.string().optional() }) },
  responses: {
    200: { description: 'The stream.', content: { 'text/event-stream': { schema: z.string() } } },
    401: unauthorised,
  },
})

/** Adds the route; the returned function ends every stream. */
export function liveRoute(app: OpenAPIHono<ApiEnv>, view: EngineView, clock: Clock): () => void {
  const feed = createLiveFeed(view)
  const open = new Set<SSEStreamingApi>()
  app.openAPIRegistry.registerPath(live)
  app.get('/api/live', c => {
    if (open.size >= STREAMS_MAX) throw new Refusal(503, `live: expected at most ${STREAMS_MAX} streams`)
    const cursor = c.req.header('last-event-id') ?? c.req.query('since')
    c.header('x-accel-buffering', 'no')
    return streamSSE(c, async stream => {
      const sleep = sleeper(feed, clock)
      open.add(stream)
      stream.onAbort(() => {
        open.delete(stream)
        sleep.wake()
      })
      try {
        await follow({ stream, feed, view, sleep }, cursor)
      } finally {
        open.delete(stream)
      }
    })
  })
  return () => {
    feed.stop()
    for (const stream of open) stream.abort()
  }
}

type Following = { stream: SSEStreamingApi; feed: LiveFeed; view: EngineView; sleep: Sleeper }

async function follow({ stream, feed, view, sleep }: Following, from: string | undefined): Promise<void> {
  let cursor = from
  let told = ''
  // Writing swallows errors: the loop ends by the stream's own word.
  while (!stream.aborted && !stream.closed) {
    const frame = feed.frame(cursor)
    if (frame) {
      const { reset, rows, removed } = frame
      cursor = frame.cursor
      await stream.writeSSE({ event: 'state', id: cursor, data: JSON.stringify({ reset, rows, removed }) })
    }
    const summary = view.summary()
    const now = engineText(summary)
    if (now !== told) await stream.writeSSE({ event: 'engine', data: JSON.stringify(summary) })
    else if (!frame) await stream.writeSSE({ event: 'beat', data: JSON.stringify({ nowMs: summary.nowMs }) })
    told = now
    await sleep.forMs(FRAME_EVERY_MS)
    if (!stream.aborted && !feed.hasMoved(cursor)) await sleep.untilMove(HEARTBEAT_MS)
  }
}

/** The summary without its clock: time alone is no news. */
const engineText = ({ nowMs: _, ...rest }: EngineSummary) => JSON.stringify(rest)

type Sleeper = ReturnType<typeof sleeper>

/** One stream's waits, all ended by one `wake`: a listener per wait would pile up on a stream that lives for days. */
function sleeper(feed: LiveFeed, clock: Clock) {
  let end = () => {}
  const sleep = (ms: number, alsoEnds: (run: () => void) => () => void) =>
    new Promise<void>(resolve => {
      const wakened = () => {
        clock.clearTimeout(timer)
        cancel()
        end = () => {}
        resolve()
      }
      const timer = clock.setTimeout(wakened, ms)
      const cancel = alsoEnds(wakened)
      end = wakened
    })
  return {
    wake: () => end(),
    forMs: (ms: number) => sleep(ms, () => () => {}),
    untilMove: (atMostMs: number) => sleep(atMostMs, feed.onceMoved),
  }
}
