/** What a person tells the engine: one event to one actor, or halt and resume for all of it. */
import type { Shown } from '../kit/asking.ts'
import { type Client, engineClient } from '../kit/client.ts'
import { CliFailure } from '../kit/failure.ts'
import { actorPath, noSuchActor } from '../kit/known-actors.ts'
import { print, printJson } from '../kit/output.ts'

export type Outcome = { state: string; version: number; replayed: boolean }

export async function sendEvent(
  actor: string,
  type: string,
  { json, data, ...where }: Shown & { data?: string },
): Promise<void> {
  const fields = data === undefined ? {} : objectOf(data)
  const client = engineClient(where)
  try {
    tell((await client.post(`${actorPath(actor)}/events`, { ...fields, type })) as Outcome, actor, json)
  } catch (error) {
    throw error instanceof CliFailure && error.status === 404 ? await noSuchActor(client, actor) : error
  }
}

function objectOf(data: string): object {
  try {
    const fields: unknown = JSON.parse(data)
    if (typeof fields === 'object' && fields !== null && !Array.isArray(fields)) return fields
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw new CliFailure(`--data: expected a JSON object such as '{"because":"test"}', found ${data}`, 2)
}

export async function halt({ because, json, ...where }: Shown & { because?: string }): Promise<void> {
  tell(await command(engineClient(where), 'halt', because ? { because } : undefined), 'engine', json)
}

export async function resume({ json, ...where }: Shown): Promise<void> {
  tell(await command(engineClient(where), 'resume'), 'engine', json)
}

export async function link({ json, ...where }: Shown): Promise<void> {
  const answer = (await engineClient(where).post('/api/session/link')) as { url: string }
  if (json) printJson(answer)
  else print(answer.url)
}

export const command = async (client: Client, name: string, body?: object): Promise<Outcome> =>
  (await client.post(`/api/engine/${name}`, body)) as Outcome

function tell(outcome: Outcome, actor: string, json: boolean | undefined): void {
  if (json) printJson(outcome)
  else print(`${actor} is now ${outcome.state} (step ${outcome.version})`)
}
