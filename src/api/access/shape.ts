/**
 * What a request says beyond what its route knows: never dropped without a word. One guard for all routes, which reads the
 * same descriptions that the documentation is made of.
 */
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context, MiddlewareHandler } from 'hono'
import { matchedRoutes } from 'hono/route'
import { z } from 'zod'
import type { ApiEnv } from './guard.ts'
import { HttpRefusal } from './problem.ts'

type Known = {
  query: readonly string[]
  /** Null where the route itself judges what its body holds. */
  body: readonly string[] | null
}

/** Refuses with 400 what no field of the route has the name of, and a body that is no JSON object. */
export function shapeGuard(app: OpenAPIHono<ApiEnv>): MiddlewareHandler<ApiEnv> {
  let routes: Map<string, Known> | undefined
  return async (c, next) => {
    // Read at the first request: by then every route is there.
    routes ??= knownFields(app)
    const known = routes.get(routeOf(c))
    if (known) {
      refuseUnknown('query', Object.keys(c.req.queries()), known.query)
      if (c.req.method === 'POST') await judgeBody(c, known.body)
    }
    await next()
  }
}

async function judgeBody(c: Context<ApiEnv>, known: readonly string[] | null): Promise<void> {
  const text = (await c.req.text()).trim()
  if (text === '') return
  const type = c.req.header('content-type') ?? ''
  if (!/\bjson\b/.test(type))
    throw new HttpRefusal(415, `content-type: expected application/json, found ${quoted(type) || 'none'}`)
  const body = parsed(text)
  if (!isRecord(body))
    throw new HttpRefusal(
      400,
      `body: expected a JSON object such as {"because": "news"}, found ${kindOf(body)}`,
    )
  if (known) refuseUnknown('body', Object.keys(body), known)
}

function refuseUnknown(where: string, found: readonly string[], known: readonly string[]): void {
  const strange = found.filter(name => !known.includes(name))
  if (strange.length === 0) return
  const names = strange.slice(0, NAMES_MAX).map(quoted).join(', ')
  const expected = known.length === 0 ? 'none' : known.join(', ')
  throw new HttpRefusal(400, `${where}: found ${names}, which is not known here; expected ${expected}`)
}

const NAMES_MAX = 5
const quoted = (text: string) => (text === '' ? '' : JSON.stringify(text.slice(0, 40)))

/** Of every described route, by its method and path. */
function knownFields(app: OpenAPIHono<ApiEnv>): Map<string, Known> {
  const known = new Map<string, Known>()
  for (const definition of app.openAPIRegistry.definitions) {
    if (definition.type !== 'route') continue
    const { method, path, request } = definition.route
    const query = request?.query
    const content = request?.body?.content['application/json']
    const body = content && 'schema' in content ? content.schema : undefined
    known.set(`${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`, {
      query: query instanceof z.ZodObject ? Object.keys(query.shape) : [],
      body: body === undefined ? [] : fieldsOf(body),
    })
  }
  return known
}

/** A schema that takes any field has a route that judges them. */
const fieldsOf = (schema: unknown): string[] | null =>
  schema instanceof z.ZodObject && schema.def.catchall === undefined ? Object.keys(schema.shape) : null

/** Guards match everything: the route is the last that asked for more. */
const routeOf = (c: Context<ApiEnv>): string =>
  `${c.req.method} ${matchedRoutes(c).findLast(({ path }) => !path.endsWith('*'))?.path ?? ''}`

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function kindOf(body: unknown): string {
  if (body === undefined) return 'text that is not JSON'
  if (body === null) return 'null'
  return Array.isArray(body) ? 'a list' : `a ${typeof body}`
}
