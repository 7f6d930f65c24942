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
      throw new HttpRefusal(404, refusalOfCommand(outcome, to))
    case 'illegal':
    case 'moved': {
      const { state, version, legal } = outcome
      throw new HttpRefusal(409, refusalOfCommand(outcome, to), { state, version, legal })
    }
    case 'invalid': {
      const detail = refusalOfCommand(outcome, to)
      throw new HttpRefusal(422, detail, { faults: [{ field: 'body', expected: detail }] })
    }
    case 'key-reused':
      throw new HttpRefusal(422, refusalOfCommand(outcome, to))
  }
}

/** Why a command was not carried out, in one sentence. */
export function refusalOfCommand(outcome: Exclude<SendOutcome, { kind: 'accepted' }>, to: string): string {
  switch (outcome.kind) {
    case 'not-found':
      return to.startsWith('hedge:')
        ? `actor: no open hedge is called ${to}: it has closed, or never was`
        : `actor: nothing is called ${to}`
    case 'illegal': {
      const names = outcome.legal.filter(({ manual }) => manual).map(({ type }) => type)
      return (
        outcome.because ??
        `not legal in state ${outcome.state}; a person may send: ${names.join(', ') || 'nothing'}`
      )
    }
    // What a person saw when they pressed the button is no longer so; here is how it stands.
    case 'moved':
      return `moved meanwhile: it is in state ${outcome.state} at version ${outcome.version} now`
    case 'invalid':
      return outcome.detail
    case 'key-reused':
      return 'Idempotency-Key: expected a new key, found one used before for another command'
  }
}
