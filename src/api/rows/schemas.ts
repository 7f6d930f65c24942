/**
 * The shapes of the API, as scripts may rely on them: checked where they come in, documented where they go out.
 * Amounts are decimal strings; `…Ms` are milliseconds since 1970, `since` and `at` the same instants as ISO 8601 UTC.
 */
import { z } from '@hono/zod-openapi'
import type { JsonObject } from '../../domain/json.ts'
import type { ActorDetail, ActorSummary, TransitionView } from '../engine-view.ts'

const count = z.number().int().nonnegative()

const legalEvent = z
  .object({ type: z.string(), manual: z.boolean(), to: z.string().nullable().optional() })
  .openapi('LegalEvent', {
    description:
      'manual: a person may send it; the others only the engine reports. to: where it would lead now.',
  })

export const actor = z
  .object({
    id: z.string(),
    kind: z.string(),
    state: z.string().openapi({ description: 'Dotted; parallel regions joined by " | ".' }),
    since: z.string(),
    sinceMs: z.number(),
    version: count.openapi({ description: 'Transitions so far.' }),
    restarts: count,
    quarantined: z.boolean(),
    parentId: z.string(),
  })
  .openapi('Actor')

export const actorDetail = actor
  .extend({
    context: z.record(z.string(), z.unknown()),
    legalEvents: z.array(legalEvent),
    timers: z.array(z.object({ id: z.string(), dueAtMs: z.number() })),
  })
  .openapi('ActorDetail')

export const transition = z
  .object({
    seq: count,
    at: z.string(),
    atMs: z.number(),
    event: z.looseObject({ type: z.string() }),
    from: z.string(),
    to: z.string(),
    effects: z.array(z.object({ type: z.string(), params: z.unknown() })),
  })
  .openapi('Transition')

const healthPart = z.object({ name: z.string(), ok: z.boolean(), detail: z.string() }).openapi('HealthPart')

export const health = z
  .object({ status: z.enum(['ok', 'failing']), parts: z.array(healthPart) })
  .openapi('Health')

export const engine = z
  .object({
    mode: z.string(),
    state: z.string(),
    halt: z.object({ by: z.string(), because: z.string(), atMs: z.number() }).nullable(),
    risk: z
      .object({
        state: z.enum(['trading', 'reducing', 'halted']),
        because: z.string(),
        found: z.string(),
        limit: z.string(),
        setBy: z.string().nullable(),
        atMs: z.number(),
      })
      .nullable()
      .optional()
      .openapi({ description: 'The account as last judged; setBy names the limit that is reached.' }),
    flatten: z
      .object({
        by: z.string(),
        because: z.string(),
        askedAtMs: z.number(),
        endedAtMs: z.number(),
        left: z.array(z.string()),
      })
      .nullable()
      .optional()
      .openapi({ description: 'The last order to flatten; endedAtMs is 0 until the exchange was asked.' }),
    nowMs: z.number().openapi({ description: 'Engine time.' }),
    speed: z.number().openapi({ description: 'Engine time to wall time, as asked for.' }),
    pace: z.number().openapi({ description: 'The same now: less while the machine cannot follow.' }),
    startedAtMs: z.number(),
    exchange: z.string(),
    version: z.string(),
    hedges: z.record(z.string(), z.number()),
    symbols: z.record(z.string(), z.number()),
    ledgerResiduals: z.record(z.string(), z.string()),
    equityUsdt: z.string().nullable().openapi({ description: 'As last read; null before that.' }),
    health: z.array(healthPart),
  })
  .openapi('Engine')

export const accepted = z
  .object({
    accepted: z.literal(true),
    state: z.string(),
    version: count,
    replayed: z.boolean().openapi({ description: 'This key was used before: the first answer again.' }),
    note: z.string().optional().openapi({ description: 'What follows from it, in words.' }),
  })
  .openapi('Accepted')

export const row = z.looseObject({}).openapi('Row')

/** An event as a person sends it: its type, and whatever fields the chart reads. */
export const eventBody = z
  .looseObject({
    type: z
      .string({ error: 'expected the name of an event, such as hedge.unwind' })
      .regex(/^[A-Za-z][\w.-]{0,99}$/, { error: 'expected a name of letters, digits, dots, dashes' })
      .refine(type => !type.startsWith('xstate.'), {
        error: 'expected an event of the chart, found a reserved one',
      }),
    because: z.string().optional().openapi({ description: 'Why, for the audit and for people.' }),
    share: z
      .string({ error: 'expected a decimal above 0 and below 1 as text, such as "0.25"' })
      .regex(/^0?\.\d{1,8}$/, { error: 'expected a decimal above 0 and below 1, such as "0.25"' })
      .optional()
      .openapi({
        description: 'Of hedge.unwind-part: how much of the hedge is closed; the rest stays hedged.',
        example: '0.25',
      }),
  })
  .openapi('Event')

/** A reason longer than this is cut. */
export const REASON_MAX = 200

const keyPattern = /^[\x21-\x7e]{1,200}$/
export const commandHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(keyPattern, { error: 'expected 1 to 200 printable characters without spaces' })
    .optional()
    .openapi({ description: 'The same key again gives the first answer again and does nothing more.' }),
})

/** Of answers without pages, for those who want all there is. */
export const ROWS_MAX = 100_000

export const pageQuery = z.object({
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
})

/** Milliseconds since 1970 as ISO 8601 in UTC. */
const isoText = (atMs: number) => new Date(atMs).toISOString()

/** An actor as the list shows it, with its instant also as text (UTC). */
export function actorRow(from: ActorSummary): z.output<typeof actor> {
  const { id, kind, state, sinceMs, version, restarts, quarantined, parentId } = from
  return { id, kind, state, since: isoText(sinceMs), sinceMs, version, restarts, quarantined, parentId }
}

/** An actor with its context, timers and what may be sent to it. */
export function actorDetailRow(from: ActorDetail): z.output<typeof actorDetail> {
  const { context, legalEvents, timers } = from
  return { ...actorRow(from), context, legalEvents, timers }
}

/** A step of the journal, with its instant also as text (UTC). */
export function transitionRow(from: TransitionView): z.output<typeof transition> {
  return { ...from, event: from.event as { type: string }, at: isoText(from.atMs) }
}

/** A checked body as the engine takes it. JSON in, so JSON it is. */
export const asEvent = (body: z.output<typeof eventBody>) => body as unknown as JsonObject & { type: string }
