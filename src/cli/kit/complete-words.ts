/**
 * Names of a running engine for the shell, one a line. A person waits for this at each Tab: an engine that is not there, or
 * not quick, gives no names, and nothing is ever said about it.
 */
import type { ActorDetail } from '../../api/engine-view.ts'
import { engineClient } from './client.ts'
import { CliFailure } from './failure.ts'
import { type Actor, actorPath } from './known-actors.ts'
import { print } from './output.ts'

const QUICK_MS = 700

export async function completeWords(kind: string, of: string | undefined): Promise<void> {
  try {
    const names = await namesOf(kind, of)
    if (names.length > 0) print([...new Set(names)].join('\n'))
  } catch (error) {
    const isAboutEngine = error instanceof CliFailure || (error as Error).name === 'ConfigFaults'
    if (!isAboutEngine) throw error
  }
}

async function namesOf(kind: string, of: string | undefined): Promise<string[]> {
  const client = engineClient({}, process.env, QUICK_MS)
  if (kind === 'event') {
    const actor = (await client.find(actorPath(of ?? ''))) as ActorDetail | undefined
    return actor?.legalEvents.filter(({ manual }) => manual).map(({ type }) => type) ?? []
  }
  if (kind === 'alert') {
    const alerts = (await client.find('/api/alerts')) as
      | { alertId: string; clearedAtMs: number | null }[]
      | undefined
    return alerts?.filter(({ clearedAtMs }) => clearedAtMs === null).map(({ alertId }) => alertId) ?? []
  }
  if (kind === 'hedge') return ((await client.get('/api/hedges')) as { id: string }[]).map(({ id }) => id)
  const actors = (await client.get('/api/actors')) as Actor[]
  if (kind === 'actor') return actors.map(({ id }) => id)
  if (kind === 'kind') return actors.map(actor => actor.kind)
  if (kind === 'state') return actors.map(({ state }) => state.split(/[. ]/)[0] ?? '')
  if (kind === 'symbol') return actors.flatMap(({ id }) => (id.startsWith('symbol:') ? [id.slice(7)] : []))
  return []
}
