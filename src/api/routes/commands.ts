/**
 * How a command's outcome is told over HTTP. The engine decides, exactly once per Idempotency-Key; this only spells it.
 */
import { randomUUID } from 'node:crypto'
import type { Context } from 'hono'
import type { ApiEnv } from '../access/guard.ts'
import { HttpRefusal, problemSchema } from '../access/problem.ts'
import type { Command, SendOutcome } from '../engine-view.ts'
import { accepted } from '../rows/schemas.ts'

const refusal = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: problemSchema } },
})

export const unauthorised = refusal('No valid token or session.')
/** The exchange does not answer. */
export const away = refusal('The exchange does not answer.')
export const notFound = refusal('No such thing.')
export const invalid = refusal('A field is not what was expected; `faults` names each.')

/** The answers every command shares. */
export const commandResponses = {
  202: { description: 'Accepted.', content: { 'application/json': { schema: accepted } } },
  401: unauthorised,
  404: notFound,
  409: refusal('Not legal in this state; `legal` lists the events that are.'),
  422: invalid,
  429: refusal('Too many commands; see Retry-After.'),
}

/** The command as the engine audits it. Without a key of the caller's this request is its own. */
export function commandOf(c: Context<ApiEnv>, key: string | undefined, expectVersion?: number): Command {
  const idempotencyKey = key ?? randomUUID()
  c.header('idempotency-key', idempotencyKey)
  return { ...c.get('caller'), idempotencyKey, ...(expectVersion === undefined ? {} : { expectVersion }) }
}

/** 202 with the state reached, or the refusal thrown. */
export function answer(c: Context<ApiEnv>, outcome: SendOutcome, to: string) {
  switch (outcome.kind) {
    case 'accepted':
      if (outcome.replayed) c.header('idempotency-replayed', 'true')
      return c.json({ ...outcome, kind: undefined, accepted: true as const }, 202)
    case 'not-found':
      throw new HttpRefusal(404, `actor: nothing is called ${to}`)
    case 'illegal':
      throw illegal(outcome)
    case 'moved':
      throw moved(outcome)
    case 'invalid':
      throw new HttpRefusal(422, outcome.detail, { faults: [{ field: 'body', expected: outcome.detail }] })
    case 'key-reused':
      throw new HttpRefusal(
        422,
        'Idempotency-Key: expected a new key, found one used before for another command',
      )
  }
}

/** 409: what the state is, and what would be legal. */
function illegal({ state, version, legal, because }: SendOutcome & { kind: 'illegal' }): HttpRefusal {
  const names = legal.filter(({ manual }) => manual).map(({ type }) => type)
  const detail = because ?? `not legal in state ${state}; a person may send: ${names.join(', ') || 'nothing'}`
  return new HttpRefusal(409, detail, { state, version, legal })
}

/** 409: what a person saw when they pressed the button is no longer so; here is how it stands. */
function moved({ state, version, legal }: SendOutcome & { kind: 'moved' }): HttpRefusal {
  const detail = `moved meanwhile: it is in state ${state} at version ${version} now`
  return new HttpRefusal(409, detail, { state, version, legal })
}
