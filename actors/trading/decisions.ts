/** Of all judgements, those that changed what is thought of a symbol: another verdict, or another reason for it. */

import type { DirectionJudgement, EntryJudgement } from '../../src/domain/entry/opportunity.ts'
import type { ExitJudgement } from '../../src/domain/exit/judgement.ts'
import type { JsonObject } from '../../src/domain/json.ts'
import type { Decision } from '../../src/store/books/decision-store.ts'

export type Decisions = { entry(judged: EntryJudgement): void; exit(judged: ExitJudgement): void }

/** Passes on a judgement when it differs from the one before it on the same symbol: verdict, reason or direction. */
export function createDecisions(keep: (decision: Decision) => void): Decisions {
  const last = new Map<string, string>()
  const hear = (decision: Decision) => {
    const { about, symbol, verdict, because, direction } = decision
    const thought = [verdict, because, direction].join()
    const key = `${about} ${symbol}`
    if (last.get(key) === thought) return
    last.set(key, thought)
    keep(decision)
  }
  return {
    entry: ({ symbol, judgedAtMs: atMs, verdict, because, found, limit, direction = '', carry, other }) =>
      hear({
        ...{ symbol, about: 'entry', verdict, because, direction, found, limit, atMs },
        detail: { carry: lean(carry), other: other ? leanOther(other) : null },
      }),
    exit({ symbol, judgedAtMs: atMs, verdict, because, found, limit, ...figures }) {
      hear({
        ...{ symbol, about: 'exit', verdict, because, direction: '', found, limit, atMs },
        detail: figures satisfies object as JsonObject,
      })
    },
  }
}

/** Without the routes it was chosen from: a plan keeps those. */
function lean(carry: EntryJudgement['carry']): JsonObject | null {
  if (!carry) return null
  const { routes: _, path, ...rest } = carry
  return { ...(rest satisfies object as JsonObject), path: path.map(each => ({ ...each })) }
}

const leanOther = ({ carry, ...rest }: DirectionJudgement): JsonObject => ({
  ...rest,
  netUsdt: carry?.netUsdt ?? null,
  cautiousApr: carry?.cautiousApr ?? null,
})
