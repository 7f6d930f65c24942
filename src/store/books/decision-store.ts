/** Judgements that changed what is thought of a symbol, newest first, kept for a while. */
import type { ExitInputs, ExitMemory, HeldHedge } from '../../domain/exit/judgement.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { MarketView } from '../../domain/market/market-view.ts'
import type { Database } from '../database.ts'
import { DecisionTable } from '../schema/operator.ts'
import { type AccountScope, cursorKey, cursorOf, reading, writing } from './account-scope.ts'

export type Decision = {
  symbol: string
  /** A new hedge, or leaving the one there is. */
  about: 'entry' | 'exit'
  verdict: string
  because: string
  /** '' where it depends on none. */
  direction: string
  /** The figure found, and the limit it was held against. */
  found: string
  limit: string
  /** The judgement with all its figures. */
  detail: JsonObject
  atMs: number
}

/** What a judgement that may move money looked at, kept under `asked` of its detail: it can be made again from it. */
export type AskedOfEntry = { market: MarketView }
export type AskedOfExit = AskedOfEntry & { hedge: HeldHedge; before: ExitMemory; inputs: ExitInputs }

export type DecisionStore = ReturnType<typeof createDecisionStore>

/** What was decided and why, of one account. */
export function createDecisionStore(database: Database, scope: AccountScope) {
  const { account } = scope
  const newestOf = async (
    where: { symbol: string; about: Decision['about']; verdict: string; because?: string },
    untilMs: number,
  ): Promise<Decision | undefined> => {
    const found = await reading(database).findOne(
      DecisionTable,
      { account, ...where, atMs: { $lte: untilMs } },
      { orderBy: { atMs: 'desc' } },
    )
    return found ? decisionOf(found) : undefined
  }
  return {
    /** Each once. */
    async keep(decisions: readonly Decision[]): Promise<void> {
      if (decisions.length === 0) return
      const rows = decisions.map(({ limit, ...rest }) => ({ account, ...rest, bound: limit }))
      await writing(database, scope, em =>
        em.createQueryBuilder(DecisionTable).insert(rows).onConflict().ignore().execute(),
      )
    },
    async forgetBefore(atMs: number): Promise<void> {
      await writing(database, scope, em => em.nativeDelete(DecisionTable, { account, atMs: { $lt: atMs } }))
    },
    /** One symbol's, from the newest on. Throws `BadCursor`. */
    async page(symbol: string, { cursor, limit }: { cursor: string | null; limit: number }) {
      const [beforeMs, about] = cursor ? cursorKey(cursor) : [Number.MAX_SAFE_INTEGER, '']
      const found = await reading(database).find(
        DecisionTable,
        {
          account,
          symbol,
          $or: [{ atMs: { $lt: beforeMs } }, { atMs: beforeMs, about: { $lt: about as Decision['about'] } }],
        },
        { orderBy: { atMs: 'desc', about: 'desc' }, limit: limit + 1 },
      )
      const rows = found.slice(0, limit).map(decisionOf)
      const last = rows.at(-1)
      return { rows, next: found.length > limit && last ? cursorOf([last.atMs, last.about, 0]) : null }
    },
    /** All of a stretch, oldest first, each with what it looked at where that was kept. @param span - from, and to without it */
    async between({ fromMs, toMs }: { fromMs: number; toMs: number }): Promise<Decision[]> {
      const found = await reading(database).find(
        DecisionTable,
        { account, atMs: { $gte: fromMs, $lt: toMs } },
        { orderBy: { atMs: 'asc', symbol: 'asc', about: 'asc' } },
      )
      return found.map(withAsked)
    },
    /** The judgement that a hedge decided at `decidedAtMs` came from. */
    opening: (symbol: string, decidedAtMs: number) =>
      newestOf({ symbol, about: 'entry', verdict: 'tempting' }, decidedAtMs),
    /** The judgement that ended a hedge, by the reason it gave. */
    closing: (symbol: string, because: string, untilMs: number) =>
      newestOf({ symbol, about: 'exit', verdict: 'leave', because }, untilMs),
  }
}

type Stored = Omit<Decision, 'limit'> & { account: string; bound: string }

/** For people: what it looked at is as long as an order book. */
function decisionOf(stored: Stored): Decision {
  const { detail, ...decision } = withAsked(stored)
  const { asked: _, ...figures } = detail
  return { ...decision, detail: figures }
}

const withAsked = ({
  symbol,
  about,
  verdict,
  because,
  direction,
  found,
  bound,
  detail,
  atMs,
}: Stored): Decision => ({
  symbol,
  about,
  verdict,
  because,
  direction,
  found,
  limit: bound,
  detail,
  atMs,
})
