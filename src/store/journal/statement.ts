/**
 * The one statement that makes a batch durable: checks the fencing epoch, moves each actor's row by compare-and-swap on
 * its sequence number, and writes the transitions, the effects and the acknowledgements. All of it or nothing.
 */
import type { QueryConfig } from 'pg'
import type { TransitionRecord } from '../schema/records.ts'

/**
 * PostgreSQL arrays in their binary wire form. The text form escapes every quote of every JSON text twice, once here and
 * once on the server; for a journal of JSON that is most of the work.
 */
const TEXT = 25
const JSON_TEXT = 114
const INT8 = 20
const INT4 = 23
const HEADER_BYTES = 20

/** `text[]` */
export const textArray = (values: readonly string[]): Buffer => stringArray(TEXT, values)
/** `json[]`; each element is JSON text already. */
export const jsonArray = (values: readonly string[]): Buffer => stringArray(JSON_TEXT, values)

/** `bigint[]` of safe integers. @throws RangeError for a number that is not whole */
export function bigintArray(values: readonly number[]): Buffer {
  const buffer = header(INT8, values.length, values.length * 12)
  let at = HEADER_BYTES
  for (const value of values) {
    if (!Number.isSafeInteger(value)) throw new RangeError(`journal: expected a whole number, found ${value}`)
    buffer.writeInt32BE(8, at)
    buffer.writeInt32BE(Math.floor(value / 2 ** 32), at + 4)
    buffer.writeUInt32BE(value >>> 0, at + 8)
    at += 12
  }
  return buffer
}

/** `int[]` */
function intArray(values: readonly number[]): Buffer {
  const buffer = header(INT4, values.length, values.length * 8)
  let at = HEADER_BYTES
  for (const value of values) {
    buffer.writeInt32BE(4, at)
    buffer.writeInt32BE(value, at + 4)
    at += 8
  }
  return buffer
}

function stringArray(oid: number, values: readonly string[]): Buffer {
  let bytes = values.length * 4
  for (const value of values) bytes += Buffer.byteLength(value)
  const buffer = header(oid, values.length, bytes)
  let at = HEADER_BYTES
  for (const value of values) {
    const written = buffer.write(value, at + 4)
    buffer.writeInt32BE(written, at)
    at += 4 + written
  }
  return buffer
}

/** Dimensions, null flag, element type, length, lower bound; an empty array has no dimension at all. */
function header(oid: number, length: number, bytes: number): Buffer {
  const empty = length === 0
  const buffer = Buffer.allocUnsafe(empty ? 12 : HEADER_BYTES + bytes)
  buffer.writeInt32BE(empty ? 0 : 1, 0)
  buffer.writeInt32BE(0, 4)
  buffer.writeInt32BE(oid, 8)
  if (!empty) {
    buffer.writeInt32BE(length, 12)
    buffer.writeInt32BE(1, 16)
  }
  return buffer
}

/** What is asked to become durable as one: a record, or acknowledgements alone. */
export type JournalWork = { record: TransitionRecord | undefined; acks: readonly string[] }

/** What `journal_expect` raises when the epoch moved; HR001 is an actor that is not where it should be. */
export const FENCED = 'HR002'

// `offset 0` keeps the account out of the planner's sight: it must look each actor up by its whole key, not walk them all.
const SQL = `
with fence as materialized (select epoch from lease where account = $1 for share),
moved as (
  update actor a
  set seq = r.seq, version = r.version, state = r.state, snapshot = r.snapshot, timers = r.timers,
    status = r.status, since_ms = case when r.since_ms < 0 then a.since_ms else r.since_ms end
  from (
    select $1::text as account, u.* from unnest($3::text[], $4::bigint[], $5::bigint[], $6::int[], $7::text[],
      $8::text[], $9::json[], $10::text[], $11::bigint[])
      as u(actor_id, prev_seq, seq, version, state, snapshot, timers, status, since_ms)
    offset 0
  ) r
  where a.account = r.account and a.actor_id = r.actor_id and a.seq = r.prev_seq
  returning 1
),
born as (
  insert into actor (account, actor_id, kind, parent_id, seq, version, state, snapshot, timers, status, since_ms)
  select $1, r.* from unnest($12::text[], $13::text[], $14::text[], $15::bigint[], $16::int[], $17::text[], $18::text[],
    $19::json[], $20::text[], $21::bigint[]) as r
),
written as (
  insert into transition
    (account, epoch, actor_id, seq, version, commit_id, event, from_state, to_state, effects, acks, at_ms)
  select $1, $2, r.* from unnest($22::text[], $23::bigint[], $24::int[], $25::text[], $26::json[], $27::text[],
    $28::text[], $29::json[], $30::json[], $31::bigint[]) as r
),
decided as (
  insert into effect (account, effect_id, actor_id, seq, type, params)
  select $1, r.* from unnest($32::text[], $33::text[], $34::bigint[], $35::text[], $36::json[]) as r
),
acknowledged as (delete from effect where account = $1 and effect_id = any($37::text[]))
select journal_expect((select epoch from fence), $2, (select count(*) from moved), $38)`

/** The statement for a batch. Works of one actor stand in the order of their sequence numbers. */
export function batchStatement(account: string, epoch: bigint, batch: readonly JournalWork[]): QueryConfig {
  const records = batch.flatMap(({ record }) => record ?? [])
  const spans = actorSpans(records)
  const moved = spans.filter(({ first }) => first.seq > 0)
  return {
    name: 'hedgerow-journal',
    text: SQL,
    values: [
      account,
      String(epoch),
      ...movedArrays(moved),
      ...bornArrays(spans.filter(({ first }) => first.seq === 0)),
      ...transitionArrays(records),
      ...effectArrays(batch),
      moved.length,
    ],
  }
}

type Span = { first: TransitionRecord; last: TransitionRecord; sinceMs: number }

/** One actor's steps in a batch end in one row: compare with the first, store the last. */
function actorSpans(records: readonly TransitionRecord[]): Span[] {
  const spans = new Map<string, Span>()
  for (const record of records) {
    const span = spans.get(record.actorId)
    const sinceMs = record.from !== record.to || record.seq === 0 ? record.atMs : (span?.sinceMs ?? -1)
    if (!span) spans.set(record.actorId, { first: record, last: record, sinceMs })
    else {
      span.last = record
      span.sinceMs = sinceMs
    }
  }
  return [...spans.values()]
}

const movedArrays = (spans: readonly Span[]): Buffer[] => [
  textArray(spans.map(({ last }) => last.actorId)),
  bigintArray(spans.map(({ first }) => first.seq - 1)),
  ...stateArrays(spans),
]

const bornArrays = (spans: readonly Span[]): Buffer[] => [
  textArray(spans.map(({ last }) => last.actorId)),
  textArray(spans.map(({ last }) => last.kind)),
  textArray(spans.map(({ last }) => last.parentId)),
  ...stateArrays(spans),
]

const stateArrays = (spans: readonly Span[]): Buffer[] => [
  bigintArray(spans.map(({ last }) => last.seq)),
  intArray(spans.map(({ last }) => last.version)),
  textArray(spans.map(({ last }) => last.to)),
  textArray(spans.map(({ last }) => last.snapshot)),
  jsonArray(spans.map(({ last }) => JSON.stringify(last.timers))),
  textArray(spans.map(({ last }) => last.status)),
  bigintArray(spans.map(({ sinceMs }) => sinceMs)),
]

const transitionArrays = (records: readonly TransitionRecord[]): Buffer[] => [
  textArray(records.map(({ actorId }) => actorId)),
  bigintArray(records.map(({ seq }) => seq)),
  intArray(records.map(({ version }) => version)),
  textArray(records.map(({ commitId }) => commitId)),
  jsonArray(records.map(({ event }) => JSON.stringify(event))),
  textArray(records.map(({ from }) => from)),
  textArray(records.map(({ to }) => to)),
  jsonArray(records.map(({ effects }) => JSON.stringify(effects))),
  jsonArray(records.map(({ acks }) => JSON.stringify(acks))),
  bigintArray(records.map(({ atMs }) => atMs)),
]

/** An effect decided and acknowledged in one batch never reaches the outbox: the statement could not see it to delete it. */
function effectArrays(batch: readonly JournalWork[]): Buffer[] {
  const acked = new Set<string>()
  for (const { acks } of batch) for (const id of acks) acked.add(id)
  const decided = []
  for (const { record } of batch) {
    if (!record) continue
    for (const effect of record.effects) {
      if (!acked.delete(effect.id)) decided.push({ effect, record })
    }
  }
  return [
    textArray(decided.map(({ effect }) => effect.id)),
    textArray(decided.map(({ record }) => record.actorId)),
    bigintArray(decided.map(({ record }) => record.seq)),
    textArray(decided.map(({ effect }) => effect.type)),
    jsonArray(decided.map(({ effect }) => JSON.stringify(effect.params))),
    textArray([...acked]),
  ]
}

/** Which of these records are stored already, by sequence number and commit id. */
export function storedStatement(account: string, records: readonly TransitionRecord[]): QueryConfig {
  return {
    name: 'hedgerow-journal-stored',
    text: `select t.commit_id from transition t
      join unnest($2::text[], $3::bigint[], $4::text[]) as r(actor_id, seq, commit_id)
        on t.account = $1 and t.actor_id = r.actor_id and t.seq = r.seq and t.commit_id = r.commit_id`,
    values: [
      account,
      textArray(records.map(({ actorId }) => actorId)),
      bigintArray(records.map(({ seq }) => seq)),
      textArray(records.map(({ commitId }) => commitId)),
    ],
  }
}
