/** Promise 7 after a run: every stored actor, living and ended, is folded again from its journal. Nothing may be writing. */
import { type ReplayCheck, verifyReplay } from '../../../actors/runtime/replay.ts'
import { deskMachine } from '../../../machines/desk.ts'
import { engineMachine } from '../../../machines/engine.ts'
import { hedgeMachine } from '../../../machines/hedge/hedge.ts'
import { supervisorMachine } from '../../../machines/supervisor.ts'
import { symbolMachine } from '../../../machines/symbol.ts'
import type { Store } from '../../run/store.ts'

/** Charts alone: a fold drives no effect. */
const KINDS = Object.fromEntries(
  Object.entries({
    engine: engineMachine,
    supervisor: supervisorMachine,
    desk: deskMachine,
    symbol: symbolMachine,
    hedge: hedgeMachine,
  }).map(([kind, machine]) => [kind, { machine, effects: {} }]),
)

/** Folds every actor's journal through its chart and compares with what is stored. */
export async function verifyJournal({ journal, database, account }: Store): Promise<ReplayCheck> {
  await journal.drained()
  const { rows } = await database.pool.query<{ actor_id: string }>(
    'select actor_id from actor where account = $1 order by ordinal',
    [account],
  )
  return verifyActors(
    journal,
    rows.map(({ actor_id }) => actor_id),
  )
}

/** The same of named actors, whatever holds the journal. */
export const verifyActors = (
  journal: Parameters<typeof verifyReplay>[0],
  actorIds: readonly string[],
): Promise<ReplayCheck> => verifyReplay(journal, KINDS, { actorIds })
