/** Names as people type them: an unknown one is answered with the nearest. */
import type { ActorSummary } from '../../api/engine-view.ts'
import type { Client } from './client.ts'
import { CliFailure } from './failure.ts'
import { didYouMean } from './nearest.ts'

/** An actor as the API lists it. */
export type Actor = ActorSummary & { since: string }

/** Is this symbol meant: by its name, or by its coin (`pepe` for 1000PEPEUSDT)? */
export const isCalled = (symbol: string, typed: string): boolean =>
  [symbol, symbol.replace(/^1(0+)(?=[A-Z])/, '')].some(name =>
    [name, name.replace(/USDT$/, '')].includes(typed.toUpperCase()),
  )

export const actorPath = (id: string) => `/api/actors/${encodeURIComponent(id)}`

/** An id that nothing answers to: a closed hedge is said to be one, for any other name the nearest are offered. */
export async function noSuchActor(client: Client, id: string): Promise<CliFailure> {
  const hedgeId = /^(?:hedge:)?([0-9A-Za-z]{10})$/.exec(id)?.[1]
  const hedge = hedgeId && ((await client.find(`/api/hedges/${hedgeId}`)) as { state: string } | undefined)
  if (hedge) return new CliFailure(`hedge ${hedgeId} is ${hedge.state}: it takes no more events`)
  const actors = (await client.get('/api/actors')) as Actor[]
  const near = didYouMean(
    id,
    actors.map(actor => actor.id),
  )
  return new CliFailure(`no actor is called ${id}${near || ': `hedgerow actors` lists them'}`)
}
