/**
 * Every refusal of the API is one shape: problem details (RFC 9457), with what the caller may do instead.
 * Handlers throw a `Refusal`; one place turns it into an answer.
 */
import { STATUS_CODES } from 'node:http'
import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'

export type RefusalStatus = 400 | 401 | 403 | 404 | 409 | 413 | 415 | 422 | 429 | 500 | 503

export const problemSchema = z
  .object({
    type: z.literal('about:blank'),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().openapi({ description: 'What was expected and what was found.' }),
  })
  .loose()
  .openapi('Problem', { description: 'RFC 9457; 409 adds state, version and legal; 422 adds faults.' })

/** An answer that is not the one asked for. `more` is added to the body, `headers` to the answer. */
export class HttpRefusal extends Error {
  override name = 'Refusal'
  readonly status: RefusalStatus
  readonly more: Record<string, unknown>
  readonly headers: Record<string, string>
  constructor(
    status: RefusalStatus,
    detail: string,
    more: Record<string, unknown> = {},
    headers: Record<string, string> = {},
  ) {
    super(detail)
    this.status = status
    this.more = more
    this.headers = headers
  }
}

/** The refusal as an answer. */
export function problem(c: Context, { status, message, more, headers }: HttpRefusal): Response {
  const body = {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: message,
    ...more,
  }
  return c.json(body, status, { ...headers, 'content-type': 'application/problem+json' })
}
