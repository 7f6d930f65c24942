/**
 * Which hedge a row of the exchange's transaction log belongs to. An order that was ours names its hedge; the legs of a native spread name no
 * order, but their trade id is that of an execution; what the exchange does by itself (settlement, deleveraging, liquidation,
 * delivery) belongs to the hedge that held the symbol then; interest and conversions to the one that owed or held the coin.
 * Transfers, bonuses and interest on USDT belong to none. https://bybit-exchange.github.io/docs/v5/account/transaction-log
 */

import type { DustLot } from '../entry/plan.ts'
import type { Direction, Market } from '../instrument.ts'
import { type Fill, ownerOfOrder } from '../legs/order.ts'
import type { TransactionRow } from './transaction.ts'

/** What a hedge held and when, by the engine's clock. */
export type HedgeClaim = {
  hedgeId: string
  perpSymbol: string
  spotSymbol: string
  baseCoin: string
  direction: Direction
  fromMs: number
  /** null while it lives. */
  untilMs: number | null
  /** What it began with. */
  dust?: readonly DustLot[]
}

type OwnershipFacts = {
  claims: readonly HedgeClaim[]
  /** Hedge by execution, as `execKey` names it. */
  ownersOfExecs: ReadonlyMap<string, string>
}

/** Two clocks differ a little, and a hedge is over a moment before its last row is written. */
const SKEW_MS = 60_000
/** Interest is charged once an hour for the hour before: the debt may be gone when its row comes. */
const INTEREST_LATE_MS = 3_600_000

/** Execution ids are unique within a market. */
export const execKey = (market: Market | 'none', execId: string): string => `${market}/${execId}`

/** The hedges of executions that belong to one, by `execKey`. */
export const ownersOfFills = (
  fills: readonly Pick<Fill, 'market' | 'execId' | 'orderLinkId'>[],
): Map<string, string> =>
  new Map(
    fills.flatMap(({ market, execId, orderLinkId }) => {
      const owner = ownerOfOrder(orderLinkId)
      return owner ? [[execKey(market, execId), owner.hedgeId] as const] : []
    }),
  )

/** The hedge a row belongs to; undefined for nobody's. */
function ownerOfRow(row: TransactionRow, { claims, ownersOfExecs }: OwnershipFacts): string | undefined {
  const named = ownerOfOrder(row.orderLinkId)?.hedgeId
  const executed = row.tradeId === '' ? undefined : ownersOfExecs.get(execKey(row.market, row.tradeId))
  const known = named ?? executed
  if (known !== undefined) return known
  const holds = HOLDS[row.kind]
  if (!holds) return undefined
  const lateMs = row.kind === 'interest' ? INTEREST_LATE_MS : SKEW_MS
  return claims
    .filter(claim => holds(claim, row) && covers(claim, row.atMs, lateMs))
    .sort((a, b) => awayMs(a, row.atMs) - awayMs(b, row.atMs) || b.fromMs - a.fromMs)[0]?.hedgeId
}

/**
 * The hedges of rows that are listed together. Both coins of one conversion are one event, and only one of them may name what
 * was held: the other follows it. By row id; rows of nobody are left out.
 */
export function ownersOfRows(rows: readonly TransactionRow[], facts: OwnershipFacts): Map<string, string> {
  const owners = new Map<string, string>()
  for (const row of rows) {
    const owner = ownerOfRow(row, facts)
    if (owner !== undefined) owners.set(row.id, owner)
  }
  for (const row of rows) {
    if (row.kind !== 'conversion' || owners.has(row.id)) continue
    const sibling = rows.find(each => eventOf(each) === eventOf(row) && owners.has(each.id))
    const owner = sibling && owners.get(sibling.id)
    if (owner !== undefined) owners.set(row.id, owner)
  }
  return owners
}

/** Our row id begins with the exchange's own, which the rows of one event share. */
const eventOf = ({ id, kind }: TransactionRow): string => `${kind} ${id.split('/')[0]}`

type Holds = (claim: HedgeClaim, row: TransactionRow) => boolean

const isPerpOf: Holds = ({ perpSymbol }, { symbol }) => perpSymbol === symbol

/** By kind of row: does a hedge hold what the row is about? Kinds that are not here are nobody's. */
const HOLDS: Partial<Record<TransactionRow['kind'], Holds>> = {
  settlement: isPerpOf,
  adl: isPerpOf,
  liquidation: isPerpOf,
  delivery: isPerpOf,
  interest: ({ direction, baseCoin }, { coin }) => direction === 'reverse-carry' && baseCoin === coin,
  conversion: ({ spotSymbol, baseCoin }, { coin, symbol }) => baseCoin === coin || spotSymbol === symbol,
}

const covers = ({ fromMs, untilMs }: HedgeClaim, atMs: number, lateMs: number): boolean =>
  atMs >= fromMs - SKEW_MS && (untilMs === null || atMs <= untilMs + lateMs)

/** How far outside its life a row lies: of two that could have held, the one that did. */
const awayMs = ({ fromMs, untilMs }: HedgeClaim, atMs: number): number =>
  Math.max(0, fromMs - atMs, untilMs === null ? 0 : atMs - untilMs)
