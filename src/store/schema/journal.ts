/**
 * What the durable actors live from. Written by the journal's one statement, not by the ORM; the definitions here are
 * the schema's source and serve reading. Every row belongs to one account: many accounts may share a server.
 */
import { defineEntity, p } from '@mikro-orm/core'
import type { JsonObject } from '../../domain/json.ts'
import { instant, json, wordColumn } from './columns.ts'
import type { Effect, Timer } from './records.ts'

const ACTOR_STATUS = ['active', 'done', 'error']

/** The account's identity and who may write for it. */
export const LeaseRow = defineEntity({
  name: 'LeaseRow',
  tableName: 'lease',
  properties: {
    account: p.text().primary(),
    /** Raised by every new owner; every write names the epoch it was decided under. */
    epoch: p.bigint(),
    holder: p.text(),
    /** Four of [0-9A-Z], made once: hedge ids of different databases must not meet on one exchange account. */
    salt: p.text(),
    takenAtMs: instant(),
  },
  checks: [{ name: 'lease_salt_check', expression: `"salt" ~ '^[0-9A-Z]{4}$'` }],
})

/** The last state of each actor. */
export const ActorRowTable = defineEntity({
  name: 'ActorRowTable',
  tableName: 'actor',
  properties: {
    account: p.text().primary(),
    actorId: p.text().primary(),
    /** Order of birth. */
    ordinal: p.bigint().autoincrement(),
    kind: p.text(),
    parentId: p.text(),
    seq: p.bigint('number'),
    version: p.integer(),
    state: p.text(),
    snapshot: p.text(),
    timers: json<Timer[]>(),
    status: p.text(),
    sinceMs: instant(),
  },
  indexes: [{ name: 'actor_living', properties: ['account', 'ordinal'], where: `"status" <> 'done'` }],
  checks: [{ name: 'actor_status_check', expression: wordColumn('status', ACTOR_STATUS) }],
})

/** Every step of every actor, for ever. Gapless by a foreign key, append-only by a trigger. */
const TransitionTable = defineEntity({
  name: 'TransitionTable',
  tableName: 'transition',
  properties: {
    account: p.text().primary(),
    actorId: p.text().primary(),
    seq: p.bigint('number').primary(),
    /** The step before: a gap cannot be stored. */
    previous: () =>
      p
        .manyToOne(TransitionTable)
        .fieldNames('account', 'actor_id', 'prev_seq')
        .referencedColumnNames('account', 'actor_id', 'seq')
        .updateRule('no action')
        .deleteRule('no action')
        .nullable(),
    prevSeq: p
      .bigint('number')
      .nullable() // Spelled as PostgreSQL gives it back, so that comparing schemas finds no change.
      .generated('(CASE WHEN (seq > 0) THEN (seq - 1) ELSE NULL::bigint END) stored'),
    version: p.integer(),
    commitId: p.text(),
    epoch: p.bigint(),
    event: json<JsonObject>(),
    fromState: p.text(),
    toState: p.text(),
    effects: json<Effect[]>(),
    acks: json<string[]>(),
    atMs: instant(),
  },
  checks: [{ name: 'transition_seq_check', expression: '"seq" >= 0' }],
  triggers: [
    {
      name: 'transition_append_only',
      timing: 'before',
      events: ['update', 'delete', 'truncate'],
      forEach: 'statement',
      body: `raise exception 'transition is append-only' using errcode = 'HR003';`,
    },
  ],
})

/** Effects decided and not yet acknowledged: the outbox. */
const EffectTable = defineEntity({
  name: 'EffectTable',
  tableName: 'effect',
  properties: {
    account: p.text().primary(),
    effectId: p.text().primary(),
    /** Order of decision. */
    ordinal: p.bigint().autoincrement(),
    actorId: p.text(),
    seq: p.bigint('number'),
    type: p.text(),
    params: json<JsonObject>(),
  },
})

/** Events that made a chart throw. */
const PoisonTable = defineEntity({
  name: 'PoisonTable',
  tableName: 'poison',
  properties: {
    account: p.text().primary(),
    /** SHA-256 of the whole, so that telling it twice keeps it once. */
    poisonId: p.text().primary(),
    actorId: p.text(),
    event: json<JsonObject>(),
    error: p.text(),
    atMs: instant(),
  },
  indexes: [{ name: 'poison_by_actor', properties: ['account', 'actorId', 'atMs'] }],
})

export const journalTables = [LeaseRow, ActorRowTable, TransitionTable, EffectTable, PoisonTable]
