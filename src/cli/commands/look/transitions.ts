/** `transitions`: an actor's journal, each step in words. */
import type { TransitionView } from '../../../api/engine-view.ts'
import { instantText } from '../../../wording/figures.ts'
import { eventText } from '../../../wording/stories.ts'
import type { Shown } from '../../kit/asking.ts'
import { type Client, engineClient } from '../../kit/client.ts'
import { actorPath, noSuchActor } from '../../kit/known-actors.ts'
import { print, printJson, table } from '../../kit/output.ts'

const PAGE = 1000

export async function showTransitions(
  actor: string,
  { json, last, ...where }: Shown & { last?: number },
): Promise<void> {
  const client = engineClient(where)
  const all = await transitionsOf(client, actor)
  if (!all) throw await noSuchActor(client, actor)
  const rows = last ? all.slice(-last) : all
  if (json) return printJson({ rows })
  if (rows.length === 0) return print(`${actor} keeps no journal`)
  const columns = { seq: 'STEP', at: 'AT (UTC)', what: 'WHAT HAPPENED', to: 'LED TO' }
  print(
    table(
      rows.map(({ seq, atMs, event, from, to }) => ({
        seq,
        at: instantText(atMs),
        what: eventText(event),
        to: from === to ? 'same' : restless(to),
      })),
      columns,
    ),
  )
}

/** All steps of an actor, oldest first; undefined when nothing of that name was ever stored. */
export async function transitionsOf(client: Client, actor: string): Promise<TransitionView[] | undefined> {
  const rows: TransitionView[] = []
  let fromSeq: number | null = 0
  while (fromSeq !== null) {
    const path: string = `${actorPath(actor)}/transitions?fromSeq=${fromSeq}&limit=${PAGE}`
    const page = (await client.find(path)) as { rows: TransitionView[]; next: number | null } | undefined
    if (!page) return undefined
    rows.push(...page.rows)
    fromSeq = page.next
  }
  return rows
}

/** A state without its regions at rest. */
const restless = (state: string) => {
  const regions = state.split(' | ')
  const atWork = regions.filter(region => !region.endsWith('.quiet'))
  return (atWork.length > 0 ? atWork : regions).join(' | ')
}
