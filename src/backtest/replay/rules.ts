/**
 * The rules a replay runs by: the operator's own where there is a file, else patient ones for large coins; and in both cases
 * what hourly data asks for.
 */

import { HOUR_MS } from '../../domain/market/funding.ts'
import type { Rules, StrategyRules } from '../../domain/rules.ts'

/**
 * Large coins pay about a tenth of a percent in ten days, as much as one leg's round trip costs: a hedge of theirs pays only
 * when it is held for weeks, so carry is counted over a month and a hedge is left when funding is expected to cost.
 */
export const PATIENT: Partial<StrategyRules> = {
  horizonHours: 720,
  entryAprMin: 0.03,
  exitAprMax: 0,
  exitJudgementsMin: 6,
  holdMinMs: 24 * HOUR_MS,
  coolDownMs: 6 * HOUR_MS,
  basisStopBps: 150,
}

/** Loops of the engine tick this much more rarely than live: nothing changes between two records of an hour. */
export const REPLAY_PACE = 600
const JUDGE_EVERY_MS = 1_200_000

/** @param own - rules of a file, taken as they are; without one, the patient strategy over the defaults */
export function replayRules(rules: Rules, own: boolean, symbols: readonly string[]): Rules {
  const wanted = own ? rules.strategy.symbols.filter(symbol => symbols.includes(symbol)) : symbols
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
