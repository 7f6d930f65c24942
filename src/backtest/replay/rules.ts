/**
 * The rules a replay runs by: the operator's own where there is a file, else patient ones for large coins; and in both cases
 * what hourly data asks for.
 */

import { HOUR_MS } from '../../domain/market/funding.ts'
import type { Rules, StrategyRules } from '../../domain/rules.ts'

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
