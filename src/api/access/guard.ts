/**
 * What stands before every route, in this order: Host, Origin, headers, size, who, how often. The Host list stops DNS
 * rebinding; Origin and Sec-Fetch-Site stop other pages, also those on other ports of this host; a bucket of tokens for each
 * caller bounds what a runaway script can command.
 */
import { isIP } from 'node:net'
import type { HttpBindings } from '@hono/node-server'
import type { Context, MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { getCookie } from 'hono/cookie'
import { secureHeaders } from 'hono/secure-headers'
import type { Clock } from '../../clock/clock.ts'
import type { Command } from '../engine-view.ts'
import { HttpRefusal, problem } from './problem.ts'
import type { Sessions } from './sessions.ts'

/** Who sent a request, once that is known. */
type Caller = { by: string; source: Command['source'] }
export type ApiEnv = { Bindings: Partial<HttpBindings>; Variables: { caller: Caller } }
type Guard = MiddlewareHandler<ApiEnv>

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]']
const BODY_BYTES_MAX = 64 * 1024

/** Is this the address of the same machine? */
export const isLoopback = (address: string) =>
  /^(::ffff:)?127\.\d+\.\d+\.\d+$/.test(address) || address === '::1' || address === 'localhost'

/**
 * Only names we know may be asked for. Beyond loopback any IP literal is allowed too: rebinding needs a name.
 */
export function hostGuard({ host, allowed }: { host: string; allowed: readonly string[] }): Guard {
  const names = new Set([...LOOPBACK_NAMES, ...allowed, isIP(host) === 6 ? `[${host}]` : host].map(lower))
  const open = !isLoopback(host)
  return async (c, next) => {
    const header = c.req.header('host') ?? ''
    const name = lower(header.replace(/:\d+$/, ''))
    const known = names.has(name) || (open && isIP(name.replace(/^\[|\]$/g, '')) !== 0)
    if (!known) throw new HttpRefusal(403, `Host: expected a name of this engine, found ${quoted(header)}`)
    await next()
  }
}

/** A browser must speak from our own page. Programs send neither header. Throws the problem it refuses with. */
export const originGuard: Guard = async (c, next) => {
  const origin = c.req.header('origin')
  const host = c.req.header('host') ?? ''
  if (origin !== undefined && ![`http://${host}`, `https://${host}`].includes(origin))
    throw new HttpRefusal(403, `Origin: expected the engine's own page, found ${quoted(origin)}`)
  const site = c.req.header('sec-fetch-site')
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    throw new HttpRefusal(403, `Sec-Fetch-Site: expected same-origin or none, found ${quoted(site)}`)
  await next()
}

/** One page that may hold frames of one origin. */
type Framing = { path: string; origin: string }

/** Nothing from elsewhere is loaded, nothing inline is run, nobody frames a page; a frame stands in one page at most. */
export function headers(framing?: Framing): Guard {
  const strict = secured()
  const framed = framing && secured([framing.origin])
  return (c, next) => {
    if (c.req.path.startsWith(REPORT_PATH)) return shut(c, next)
    return (framed && c.req.path === framing.path ? framed : strict)(c, next)
  }
}

const REPORT_PATH = '/api/reports/'

/** A file of somebody's: it may style itself, stand in a frame of ours, and nothing else. */
const shut: Guard = secureHeaders({
  strictTransportSecurity: false,
  xFrameOptions: 'SAMEORIGIN',
  // A sandboxed frame has no origin to have a cluster of its own.
  originAgentCluster: false,
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    styleSrc: ["'unsafe-inline'"],
    formAction: ["'none'"],
    baseUri: ["'none'"],
    frameAncestors: ["'self'"],
    sandbox: [],
  },
})

const secured = (frames?: string[]): Guard =>
  secureHeaders({
    strictTransportSecurity: false,
    xFrameOptions: 'DENY',
    contentSecurityPolicy: {
      defaultSrc: ["'self'"],
      styleSrc: ["'self'"],
      styleSrcAttr: ["'unsafe-inline'"],
      imgSrc: ["'self'", 'data:'],
      workerSrc: ["'self'"],
      objectSrc: ["'none'"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      ...(frames && { frameSrc: frames }),
    },
  })

export const bodyGuard: Guard = bodyLimit({
  maxSize: BODY_BYTES_MAX,
  onError: c =>
    problem(
      c,
      // The rest of it is not read, so nothing more can come over this connection.
      new HttpRefusal(413, `body: expected at most ${BODY_BYTES_MAX} bytes`, {}, { connection: 'close' }),
    ),
})

/** PostgreSQL has no text with a NUL in it: no name of ours has one either. @throws HttpRefusal */
export const plainAddressGuard: Guard = async (c, next) => {
  if (/%00/.test(c.req.url)) throw new HttpRefusal(400, 'address: expected text, found a NUL character')
  await next()
}

/** An empty body says nothing, whatever type it is said to have: all that a command may be told is left out. */
export const emptyBodyGuard: Guard = async (c, next) => {
  const isJson = c.req.method === 'POST' && /\bjson\b/.test(c.req.header('content-type') ?? '')
  // Hono keeps bodies as promises, whatever its type says.
  if (isJson && (await c.req.text()).trim() === '')
    c.req.bodyCache = { text: Promise.resolve('{}') as unknown as string }
  await next()
}

export type Identify = (c: Context<ApiEnv>) => Caller | undefined

/** Reads the bearer token or the session cookie of a request. */
export function identifier(sessions: Sessions, cookieName: () => string): Identify {
  return c => {
    const bearer = /^Bearer ([\w.~+/=-]+)$/i.exec(c.req.header('authorization') ?? '')?.[1]
    if (bearer !== undefined) return sessions.isToken(bearer) ? programCaller(c) : undefined
    const session = getCookie(c, cookieName())
    if (!session || !sessions.isOpen(session)) return undefined
    return { by: `session ${session.slice(0, 6)}`, source: 'dashboard' }
  }
}

/** A token is one identity; the name a program gives itself is kept for the audit, it proves nothing. */
function programCaller(c: Context<ApiEnv>): Caller {
  const source = /^hedgerow-cli\b/.test(c.req.header('user-agent') ?? '') ? 'cli' : 'api'
  const name = c.req.header('hedgerow-operator')
  return { by: name && /^[\w.@-]{1,64}$/.test(name) ? name : 'token', source }
}

/** Refuses with 401 whoever brings neither the token nor a session. */
export function authGuard(identify: Identify): Guard {
  return async (c, next) => {
    const caller = identify(c)
    if (!caller) {
      const detail =
        'expected the API token (Authorization: Bearer …) or a session; found neither a valid one'
      throw new HttpRefusal(401, detail, {}, { 'www-authenticate': 'Bearer realm="hedgerow"' })
    }
    c.set('caller', caller)
    await next()
  }
}

/** Refuses with 429 what a caller posts beyond its rate, and says how long to wait. Reading is not bounded. */
export function rateGuard(take: (caller: string) => number): Guard {
  return async (c, next) => {
    const waitSeconds = c.req.method === 'POST' ? take(callerKey(c)) : 0
    if (waitSeconds > 0) {
      const detail = `too many commands: try again in ${waitSeconds} s`
      throw new HttpRefusal(429, detail, {}, { 'retry-after': String(waitSeconds) })
    }
    await next()
  }
}

const callerKey = (c: Context<ApiEnv>) => {
  const caller = c.get('caller') as Caller | undefined
  if (!caller) return `from ${remoteAddress(c) ?? 'unknown'}`
  // All programs share one token, whatever name they give themselves.
  return caller.source === 'dashboard' ? caller.by : 'token'
}

/** The address at the other end of the socket; undefined when it is not known or a proxy stands between. */
export function remoteAddress(c: Context<ApiEnv>): string | undefined {
  const forwarded = c.req.header('x-forwarded-for') ?? c.req.header('forwarded')
  return forwarded === undefined ? c.env?.incoming?.socket.remoteAddress : undefined
}

const lower = (text: string) => text.toLowerCase()
const quoted = (text: string) => JSON.stringify(text.slice(0, 80))

const BURST = 20
const PER_SECOND = 5
/** More callers than this are forgotten oldest first; a forgotten caller starts with a full bucket. */
const CALLERS_MAX = 1000

/** Takes one from the caller's bucket: 0 when there was one, else the seconds to wait for the next. */
export function rateLimit(clock: Clock): (caller: string) => number {
  const buckets = new Map<string, { left: number; atMs: number }>()
  return caller => {
    const nowMs = clock.nowMs()
    const { left, atMs } = buckets.get(caller) ?? { left: BURST, atMs: nowMs }
    const filled = Math.min(BURST, left + (Math.max(0, nowMs - atMs) / 1000) * PER_SECOND)
    const taken = filled >= 1
    buckets.delete(caller)
    buckets.set(caller, { left: taken ? filled - 1 : filled, atMs: nowMs })
    const oldest = buckets.size > CALLERS_MAX ? buckets.keys().next().value : undefined
    if (oldest !== undefined) buckets.delete(oldest)
    return taken ? 0 : Math.ceil((1 - filled) / PER_SECOND)
  }
}
