/**
 * The rules a replay runs by: the operator's own where there is a file, else patient ones for large coins; and in both cases
 * what hourly data asks for.
 */
import { type ReplayCheck, verifyReplay } from '../../../actors/runtime/replay.ts'
import { deskMachine } from '../../../machines/desk.ts'
import { engineMachine } from '../../../machines/engine.ts'
import { hedgeMachine } from '../../../machines/hedge/hedge.ts'
import { supervisorMachine } from '../../../machines/supervisor.ts'
import { symbolMachine } from '../../../machines/symbol.ts'
import { HOUR_MS } from '../../domain/market/funding.ts'
import type { Rules, StrategyRules } from '../../domain/rules.ts'
import type { Store } from '../../run/store.ts'

/** The default strategy; what it waits for by the minute is an hour here. */
export const PATIENT: Partial<StrategyRules> = {
  exitJudgementsMin: 6,
  coolDownMs: 6 * HOUR_MS,
  basisStopMs: 2 * HOUR_MS,
}

/** Loops of the engine tick this much more rarely than live: nothing changes between two records of an hour. */
export const REPLAY_PACE = 600
const JUDGE_EVERY_MS = 1_200_000

/** @param own - rules of a file, taken as they are; without one, the patient strategy over the defaults */
export function replayRules(rules: Rules, own: boolean, symbols: readonly string[]): Rules {
  const named = rules.strategy.symbols
  // No name stands for all.
  const wanted = own && named.length > 0 ? named.filter(symbol => symbols.includes(symbol)) : symbols
  return {
    execution: rules.execution,
    strategy: {
      ...rules.strategy,
      ...(own ? {} : PATIENT),
      symbols: wanted,
      judgeEveryMs: JUDGE_EVERY_MS,
    },
    // A recorded price stands for its whole hour: it is stale only when the next one did not come.
    limits: { ...rules.limits, bookAgeMsMax: HOUR_MS + 60_000, tickerAgeMsMax: HOUR_MS + 60_000 },
  }
}

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
