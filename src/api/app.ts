/**
 * The HTTP API: one port, guards first, then routes that ask the `EngineView`. It decides nothing.
 * Invariant: no route under /api answers without a token or a session, save signing in.
 */
import { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { etag } from 'hono/etag'
import { HTTPException } from 'hono/http-exception'
import { matchedRoutes } from 'hono/route'
import type { Clock } from '../clock/clock.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import {
  type ApiEnv,
  authGuard,
  bodyGuard,
  emptyBodyGuard,
  headers,
  hostGuard,
  identifier,
  isLoopback,
  originGuard,
  plainAddressGuard,
  rateGuard,
  rateLimit,
} from './access/guard.ts'
import { HttpRefusal, problem, type RefusalStatus } from './access/problem.ts'
import { type ClosedSessions, createSessions } from './access/sessions.ts'
import { shapeGuard } from './access/shape.ts'
import type { EngineView } from './engine-view.ts'
import { HOSTED_PAGE, type HostedInspectorView, type InspectionView } from './inspection-view.ts'
import { actorRoutes } from './routes/actors.ts'
import { bookRoutes, resultRoutes } from './routes/books.ts'
import { engineRoutes, healthRoutes, operatorRoutes } from './routes/engine.ts'
import { hostedRoutes } from './routes/hosted.ts'
import { inspectionRoutes } from './routes/inspection.ts'
import { liveRoute } from './routes/live.ts'
import { accountRoutes, moneyRoutes } from './routes/money.ts'
import { lostRoute, pageRoutes } from './routes/page.ts'
import { reportRoutes } from './routes/reports.ts'
import { isSignIn, sessionRoutes } from './routes/session.ts'
import { type Listening, startServer } from './server.ts'

type ApiOptions = {
  view: EngineView
  /** Left out, the inspector's routes are too. */
  inspection?: InspectionView
  /** Left out, there is no page that shows a frame of another site. */
  hosted?: HostedInspectorView
  token: string
  host: string
  /** 0: any free port. */
  port: number
  /** Names by which this machine is called beyond loopback and `host`. */
  allowedHosts?: readonly string[]
  telemetry: Telemetry
  /** Folder of the built pages, where it is not the usual one. */
  pages?: string
  /** Folder of the reports of backtests; left out, there are none. */
  reports?: string
  /** The wall's time, not the engine's scaled one: sessions and rate limits are about people. */
  clock: Clock
  /** Sessions that were signed out; left out, they are forgotten with the process. */
  closed?: ClosedSessions
}

type Api = {
  app: OpenAPIHono<ApiEnv>
  /** @throws PortInUse when another process listens there. */
  listen(): Promise<Listening>
  /** A one-time link that signs a browser in. Never log it. */
  loginLink(): string
}

/** The API as a function of requests. `listen` puts it on a port; until then nothing is reachable. */
export function createApi(options: ApiOptions): Api {
  const {
    view,
    inspection,
    hosted,
    token,
    host,
    port,
    allowedHosts = [],
    pages,
    reports,
    telemetry,
    clock,
    closed,
  } = options
  let boundPort = port
  const sessions = createSessions({ token, clock, ...(closed && { closed }) })
  const cookieName = () => `hedgerow-${boundPort}`
  const identify = identifier(sessions, cookieName)
  const shownHost = isLoopback(host) || host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  const loginLink = () => `http://${shownHost}:${boundPort}/#login=${sessions.issueCode()}`

  const app = newApp(telemetry)
  const auth = authGuard(identify)
  const framing = hosted && { path: HOSTED_PAGE, origin: new URL(hosted.url).origin }
  app.use('*', counted(telemetry), headers(framing), hostGuard({ host, allowed: allowedHosts }))
  app.use('/api/*', originGuard, bodyGuard, async (c, next) => {
    c.header('cache-control', 'no-store')
    return isSignIn(c.req.method, c.req.path) ? next() : auth(c, next)
  })
  app.use('/api/*', plainAddressGuard, rateGuard(rateLimit(clock)), emptyBodyGuard, shapeGuard(app))
  for (const path of COMPARED) app.use(path, compared, etag())

  healthRoutes(app, view, identify)
  sessionRoutes(app, { sessions, cookieName, loginLink })
  engineRoutes(app, view)
  const endInspections = inspection ? inspectionRoutes(app, inspection, clock) : () => {}
  const endHosted = hosted ? hostedRoutes(app, hosted, clock) : () => {}
  actorRoutes(app, view)
  bookRoutes(app, view)
  resultRoutes(app, view)
  moneyRoutes(app, view, clock)
  accountRoutes(app, view, clock)
  operatorRoutes(app, view)
  reportRoutes(app, reports)
  const endLive = liveRoute(app, view, clock)
  pageRoutes(app, () => app.getOpenAPI31Document(about), { dist: pages, hosted: hosted !== undefined })
  app.doc31('/openapi.json', about)
  lostRoute(app, { dist: pages })

  const endStreams = () => {
    endLive()
    endInspections()
    endHosted()
  }
  const listen = async () => {
    const listening = await startServer(app.fetch, { host, port, endStreams })
    boundPort = listening.port
    return listening
  }
  return { app, listen, loginLink }
}

/** Answers that are often the same as last time: compared by their print, and not sent again. */
const COMPARED = [
  '/api/charts/*',
  '/api/opportunities',
  '/api/opportunities/*',
  '/api/quality',
  '/api/profit',
  '/api/returns',
  '/api/hedges',
  '/api/hedges/*',
  '/api/equity',
  '/api/funding/totals',
  '/api/alerts',
]
const compared = async (c: Context<ApiEnv>, next: () => Promise<void>) => {
  c.header('cache-control', 'private, no-cache')
  await next()
}

const about = {
  openapi: '3.1.0',
  info: {
    title: 'Hedgerow',
    version: '1',
    description: 'Reads and commands of a running engine. Errors are problem details (RFC 9457).',
  },
  security: [{ token: [] }],
}

function newApp(telemetry: Telemetry): OpenAPIHono<ApiEnv> {
  const app = new OpenAPIHono<ApiEnv>({
    defaultHook: (result, c) => {
      if (result.success) return undefined
      const faults = result.error.issues.map(({ path, message }) => ({
        field: [result.target, ...path].join('.'),
        expected: message,
      }))
      const detail = faults.map(({ field, expected }) => `${field}: ${expected}`).join('; ')
      return problem(c, new HttpRefusal(422, detail, { faults }))
    },
  })
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' })
  app.notFound(c => problem(c, new HttpRefusal(404, `path: nothing at ${c.req.method} ${c.req.path}`)))
  app.onError((error, c) => {
    if (error instanceof HttpRefusal) return problem(c, error)
    if (error instanceof HTTPException) return problem(c, asRefusal(error))
    // The store's own word for a cursor that somebody made up.
    if (error.name === 'BadCursor') return problem(c, new HttpRefusal(422, error.message))
    telemetry.log.error('api.failed', { method: c.req.method, path: c.req.path, error })
    return problem(c, new HttpRefusal(500, 'the engine failed to answer; its log says why'))
  })
  return app
}

function asRefusal(error: HTTPException): HttpRefusal {
  const known: readonly number[] = [400, 401, 403, 404, 413, 415, 422]
  const status = known.includes(error.status) ? (error.status as RefusalStatus) : 400
  return new HttpRefusal(status, error.message || 'the request could not be read')
}

/** Guards and the page for lost addresses match everything: the route is the last that asked for more. */
const routeOf = (c: Context<ApiEnv>): string =>
  matchedRoutes(c).findLast(({ path }) => !/^(\/api)?\/\*$/.test(path))?.path ?? '/*'

function counted(telemetry: Telemetry) {
  return async (c: Context<ApiEnv>, next: () => Promise<void>) => {
    const answered = telemetry.requestTimer()
    await next()
    const { method } = c.req
    telemetry.requestAnswered(c.res.status)
    answered({ method, route: routeOf(c), status: c.res.status })
  }
}
