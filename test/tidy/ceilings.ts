/**
 * What the house has not reached yet, by name: nothing may be added, and what is mended is taken off. What stays has its reason.
 */
import type { Area } from './house.ts'

const TO_SPLIT = 'to be split'

/** Functions over 70 lines by whole span: `file name`. */
export const LONG_FUNCTIONS: Readonly<Record<string, string>> = {
  'machines/hedge/hedge.ts work': 'a chart is a list of states, and is seen whole',
  'machines/hedge/leg.ts legRegion': 'a chart is a list of states, and is seen whole',
  'src/store/migrations/20261122091213-tables.ts up': 'a migration is a list of statements',
  'test/actors/bookkeeper.test.ts small': TO_SPLIT,
  'test/support/api/small-view.ts smallView': 'a list of answers, one for each question of the API',
  'test/support/exchange/contract-risk.ts spreadContract': 'a contract is a list of sentences',
  'test/support/exchange/contract-risk.ts riskContract': 'a contract is a list of sentences',
  'test/support/exchange/contract.ts exchangeContract': 'a contract is a list of sentences',
  'test/support/exchange/simulator-core.ts openDesk': TO_SPLIT,
  'test/support/machines/route-exchange.ts runHedge': TO_SPLIT,
  'test/support/machines/route-exchange.ts smallExchange': TO_SPLIT,
  'test/support/simulation/situation.ts play': TO_SPLIT,
  'test/support/simulation/virtual-engine.ts virtualWorld': TO_SPLIT,
  'test/support/store/journal-contract.ts journalContract': 'a contract is a list of sentences',
}

/** Files that import each other in a circle, as many circles as there are. */
export const CIRCLES_MAX = 0

/** Names that two or more files export, with the reason why that is no second meaning. */
export const SHARED_NAMES: Readonly<Record<string, string>> = {
  ActorRow: 'the row in the journal, and the same actor as the pages keep it',
  Amount: 'the brand, and the component that shows one',
  amount: 'the brand, and its shape in an answer of the API',
  carryOutcome: 'the figure, and its shape in an answer of the API',
  executionQuality: 'the figure, and its shape in an answer of the API',
  hedgeProfit: 'the figure, and its shape in an answer of the API',
}

/** Exported functions without a doc line. */
export const SILENT_MAX: Readonly<Record<Area, number>> = {
  'src/domain': 0,
  machines: 0,
  actors: 0,
  'src/exchange/exchange.ts': 0,
  'src/store': 0,
  elsewhere: 0,
}

/** Documented functions that throw and do not say so. */
export const THROWERS_MAX = 0
