/** Names as people type them: an unknown one is answered with the nearest. */
import type { ActorSummary } from '../../api/engine-view.ts'
import type { Client } from './client.ts'
import { CliFailure } from './failure.ts'
import { didYouMean } from './nearest.ts'

/** An actor as the API lists it. */
export type Actor = ActorSummary & { since: string }

export const actorPath = (id: string) => `/api/actors/${encodeURIComponent(id)}`

export async function noSuchActor(client: Client, id: string): Promise<CliFailure> {
  const actors = (await client.get('/api/actors')) as Actor[]
  const near = didYouMean(
    id,
    actors.map(actor => actor.id),
  )
  return new CliFailure(`no actor is called ${id}${near || ': `hedgerow actors` lists them'}`)
}
