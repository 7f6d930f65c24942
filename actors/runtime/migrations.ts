/**
 * Brings stored rows of earlier charts forward, one version at a time. A row is read by today's chart only after this; it is
 * written anew with the actor's next step. Timers need nothing: every node that could wait in version 1 still waits under the
 * same name. What effects of version 1 do not tell is filled in where they are carried out (`hedge.ts`).
 *
 * The steps are written out: they must give what the version they lead to held, whatever the charts of today begin with.
 */

import { wholePlan } from '../../src/domain/entry/past-plan.ts'
import type { HedgePlan } from '../../src/domain/entry/plan.ts'
import { canonicalJson, type Json, type JsonObject } from '../../src/domain/json.ts'
import type { DurableKind } from './running.ts'

type Stored = { context: JsonObject; value: Json } & JsonObject
type Forward = (stored: Stored) => Stored
type Migrate = NonNullable<DurableKind['migrate']>

/** @param steps - from version 1 to 2, from 2 to 3, and so on: the chart's own version is one more than there are of them */
function migration(kind: string, steps: readonly Forward[]): Migrate {
  return (snapshot, fromVersion) => {
    if (!Number.isInteger(fromVersion) || fromVersion < 1 || fromVersion > steps.length)
      throw new Error(
        `row of a ${kind}: expected chart version 1 to ${steps.length + 1}, found ${fromVersion}`,
      )
    const stored = JSON.parse(snapshot) as Stored
    return canonicalJson(steps.slice(fromVersion - 1).reduce((known, step) => step(known), stored))
  }
}

/** Adds what a version did not know yet; what it knew stays as it was. */
const adding =
  (missing: JsonObject): Forward =>
  stored => ({ ...stored, context: { ...missing, ...stored.context } })

const EMPTY_BOOK = {
  step: 0,
  order: null,
  asks: 0,
  absents: 0,
  base: '0',
  cashUsdt: '0',
  feesUsdt: '0',
}

/** Orders of version 1 bought what they needed, crossed the book, and were over at once. */
const CROSSING = { borrow: false, standing: false, cancelRequested: false, soFar: null }

/** Orders of both legs, orders that wait, and what the exchange itself does to a leg came with version 2. */
const hedgeToTwo: Forward = ({ context, value, ...stored }) => ({
  ...stored,
  value: withSpreadOrder(value),
  context: {
    spreadOrder: EMPTY_BOOK,
    reprices: 0,
    lastInterestRow: '',
    takenExecs: [],
    adoptedAtMs: 0,
    ...context,
    plan: wholePlan(context.plan as unknown as HedgePlan) as unknown as JsonObject,
    spot: wholeBook(context.spot as JsonObject),
    perp: wholeBook(context.perp as JsonObject),
  },
})

const wholeBook = ({ order, ...book }: JsonObject): JsonObject => ({
  ...book,
  order: order ? { ...CROSSING, ...(order as JsonObject) } : null,
})

/** Both ways in and out have a region for orders of both legs; nothing is under way in it. */
function withSpreadOrder(value: Json): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const regions = Object.entries(value).map(([state, inner]) =>
    state === 'entering' || state === 'unwinding'
      ? [state, { spreadOrder: 'quiet', ...(inner as JsonObject) }]
      : [state, inner],
  )
  return Object.fromEntries(regions) as JsonObject
}

export const migrateHedge = migration('hedge', [hedgeToTwo])

/** The account was not judged, and a flatten not followed to its end. Losses count from the beginning. */
export const migrateEngine = migration('engine', [adding({ risk: null, lossSinceMs: 0, flatten: null })])

/** Rules of today come with the next `desk.open`; until then the engine refuses every plan. */
export const migrateDesk = migration('desk', [adding({ relieving: [] })])

/** A symbol that cools down goes on by its timer; when it was to end was not remembered. */
export const migrateSymbol = migration('symbol', [adding({ coolUntilMs: 0 })])
