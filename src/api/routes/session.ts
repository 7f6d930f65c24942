/**
 * Signing in and out, for browsers. The link carries its code in the fragment, which no server and no log ever sees.
 */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import type { ApiEnv } from '../access/guard.ts'
import { HttpRefusal } from '../access/problem.ts'
import type { Sessions } from '../access/sessions.ts'
import { invalid, unauthorised } from './commands.ts'

const SESSION_SECONDS = 7 * 86_400

const open = createRoute({
  method: 'post',
  path: '/api/session',
  summary: 'Opens a session for a one-time code or the API token; the answer sets a cookie.',
  request: {
    body: {
      required: true,
      content: {
        'application/json': {
          schema: z.object({
            token: z.string({ error: 'expected a one-time code or the token' }).min(1).max(300),
          }),
        },
      },
    },
  },
  responses: { 204: { description: 'Signed in.' }, 401: unauthorised, 422: invalid },
})

const close = createRoute({
  method: 'delete',
  path: '/api/session',
  summary: 'Ends the session.',
  responses: { 204: { description: 'Signed out.' }, 401: unauthorised },
})

const link = createRoute({
  method: 'post',
  path: '/api/session/link',
  summary: 'A fresh one-time login link.',
  responses: {
    201: {
      description: 'The link.',
      content: { 'application/json': { schema: z.object({ url: z.string() }) } },
    },
    401: unauthorised,
  },
})

type Login = { sessions: Sessions; cookieName: () => string; loginLink: () => string }

/** The one route that may be called by nobody yet. */
export const isSignIn = (method: string, path: string) => method === 'POST' && path === '/api/session'

/** Signing in and out, and a fresh link for whoever is signed in. */
export function sessionRoutes(app: OpenAPIHono<ApiEnv>, { sessions, cookieName, loginLink }: Login): void {
  app.openapi(open, c => {
    const session = sessions.open(c.req.valid('json').token)
    if (!session)
      throw new HttpRefusal(401, 'token: expected a code not used before or the API token; found neither')
    setCookie(c, cookieName(), session, {
      httpOnly: true,
      sameSite: 'Strict',
      path: '/',
      maxAge: SESSION_SECONDS,
    })
    return c.body(null, 204)
  })
  app.openapi(close, c => {
    const session = getCookie(c, cookieName())
    if (session) sessions.close(session)
    deleteCookie(c, cookieName(), { path: '/' })
    return c.body(null, 204)
  })
  app.openapi(link, c => c.json({ url: loginLink() }, 201))
}
