/**
 * `GET /api/live`: server-sent events, and `GET /api/ws`: the same frames over a WebSocket. `state` frames carry the rows
 * of actors that moved, `holdings` open hedges whose figures changed, `engine` the summary when it changed; `beat` says
 * that the line is open. A slow reader slows only itself: the next frame is made when it took the last.
 */
import { upgradeWebSocket } from '@hono/node-server'
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { streamSSE } from 'hono/streaming'
import type { WSContext } from 'hono/ws'
import type { WebSocket } from 'ws'
import type { Clock } from '../../clock/clock.ts'
import type { ApiEnv } from '../access/guard.ts'
import { HttpRefusal } from '../access/problem.ts'
import type { EngineView } from '../engine-view.ts'
import { unauthorised } from './commands.ts'
import {
  createLiveFeed,
  type LiveMessage,
  type LiveReader,
  liveMessages,
  type Sleeper,
  sleeper,
} from './live-feed.ts'

/** Browsers allow six connections a host; this bounds scripts that forget to close. */
export const STREAMS_MAX = 32
/** Frames of one stream are at least this far apart: what moved in between is one frame. */
const FRAME_EVERY_MS = 200
/** Prices move without anything else moving: figures are told this often. */
const LOOK_EVERY_MS = 1000
/** A WebSocket has no back-pressure of its own: beyond this nothing more is put into it. */
const SOCKET_BYTES_MAX = 1_000_000

const live = createRoute({
  method: 'get',
  path: '/api/live',
  summary:
    'Server-sent events: actors that moved, open hedges, the engine; resumable by Last-Event-ID or `since`.',
  request: { query: z.object({ since: z.string().optional() }) },
  responses: {
    200: { description: 'The stream.', content: { 'text/event-stream': { schema: z.string() } } },
    401: unauthorised,
  },
})

/** One open reader, whatever the transport. */
type Line = {
  isOpen: () => boolean
  isFull: () => boolean
  write: (message: LiveMessage) => Promise<unknown>
}
type Open = { close: () => void }

/** Adds the routes; the returned function ends every stream. */
export function liveRoute(app: OpenAPIHono<ApiEnv>, view: EngineView, clock: Clock): () => void {
  const feed = createLiveFeed(view)
  const readerFrom = liveMessages(feed, view, clock)
  const open = new Set<Open>()
  const refuseTooMany = () => {
    if (open.size >= STREAMS_MAX) throw new HttpRefusal(503, `live: expected at most ${STREAMS_MAX} streams`)
  }

  app.openAPIRegistry.registerPath(live)
  app.get('/api/live', c => {
    refuseTooMany()
    const cursor = c.req.header('last-event-id') ?? c.req.query('since')
    c.header('x-accel-buffering', 'no')
    return streamSSE(c, async stream => {
      const sleep = sleeper(feed, clock)
      const entry = { close: () => stream.abort() }
      open.add(entry)
      stream.onAbort(() => {
        open.delete(entry)
        sleep.wake()
      })
      const line: Line = {
        // Writing swallows errors: the loop ends by the stream's own word.
        isOpen: () => !stream.aborted && !stream.closed,
        isFull: () => false,
        write: ({ event, id, data }) =>
          stream.writeSSE({ event, ...(id === undefined ? {} : { id }), data: JSON.stringify(data) }),
      }
      try {
        await follow(line, readerFrom(cursor), sleep)
      } finally {
        open.delete(entry)
      }
    })
  })

  app.get(
    '/api/ws',
    async (_, next) => {
      refuseTooMany()
      await next()
    },
    upgradeWebSocket(c => {
      const sleep = sleeper(feed, clock)
      const reader = readerFrom(c.req.query('since'))
      let entry: Open | undefined
      const end = () => {
        if (entry) open.delete(entry)
        sleep.wake()
      }
      return {
        onOpen(_, socket) {
          entry = { close: () => socket.close(1001, 'the engine stops') }
          open.add(entry)
          void follow(socketLine(socket as WSContext), reader, sleep)
        },
        onClose: end,
        onError: end,
      }
    }),
  )
  return () => {
    feed.stop()
    for (const each of open) each.close()
  }
}

const socketLine = (socket: WSContext): Line => ({
  isOpen: () => socket.readyState === 1,
  isFull: () => ((socket.raw as WebSocket | undefined)?.bufferedAmount ?? 0) > SOCKET_BYTES_MAX,
  write: async message => socket.send(JSON.stringify(message)),
})

async function follow(line: Line, reader: LiveReader, sleep: Sleeper): Promise<void> {
  while (line.isOpen()) {
    if (!line.isFull()) for (const message of reader.next()) await line.write(message)
    await sleep.forMs(FRAME_EVERY_MS)
    if (line.isOpen() && !reader.hasMoved()) await sleep.untilMove(LOOK_EVERY_MS - FRAME_EVERY_MS)
  }
}
