/**
 * Promises 5 and 7 across an upgrade: a row that a released chart wrote is taken up where it was. One row of each chart is kept.
 * Until a first release nobody holds such rows: a chart that changed then has its row written anew
 * (`REWRITE_GOLDEN=1 npx vitest run test/machines/golden.test.ts && npm run format`). Afterwards it gets a new version and a migration instead.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type AnyStateMachine, fromCallback } from 'xstate'
import { deskMachine } from '../../machines/desk.ts'
import { engineMachine } from '../../machines/engine.ts'
import { hedgeMachine } from '../../machines/hedge/hedge.ts'
import { supervisorMachine } from '../../machines/supervisor.ts'
import { symbolMachine } from '../../machines/symbol.ts'
import type { JsonObject } from '../../src/domain/json.ts'
import { emptyMemory } from '../../src/store/journal/memory-journal.ts'
import type { ActorRow, PendingEffect } from '../../src/store/schema/records.ts'
import { startProcess } from '../support/actors/one-process.ts'
import { RULES } from '../support/domain/sample-market.ts'
import { SYMBOL_ACTOR, sampleHedge } from '../support/machines/sample-hedge.ts'
import { silentKinds } from '../support/machines/silent-kinds.ts'
import { orderStep } from '../support/machines/told-hedge.ts'

type Event = { type: string } & JsonObject
type Golden = { row: ActorRow; pending: PendingEffect[] }
const FILE = new URL('../support/machines/golden/version-1.json', import.meta.url)
const json = (value: object) => value as JsonObject

/** How each chart came to its kept row: its input, and what it was told. */
const STORIES: Readonly<Record<string, { machine: AnyStateMachine; input: JsonObject; told: Event[] }>> = {
  engine: {
    machine: engineMachine,
    input: {},
    told: [
      { type: 'engine.started', execution: json(RULES.execution), limits: json(RULES.limits) },
      { type: 'tree.started' },
      { type: 'account.up' },
      { type: 'reconcile.finished', run: 1, findings: [] },
      { type: 'engine.halt', by: 'operator', because: 'lunch' },
    ],
  },
  supervisor: {
    machine: supervisorMachine,
    input: { name: 'hedges-1' },
    told: [
      { type: 'children.ensure', children: [{ id: 'a', kind: 'listener', input: {} }] },
      { type: 'child.failed', id: 'a', error: 'it threw' },
    ],
  },
  desk: {
    machine: deskMachine,
    input: { salt: 'TEST', ...json(RULES), hedgeSupervisors: ['hedges-1'] },
    told: [
      { type: 'desk.open', execution: json(RULES.execution), limits: json(RULES.limits) },
      { type: 'hedge.wanted', symbol: 'XRPUSDT', symbolActor: SYMBOL_ACTOR },
    ],
  },
  symbol: {
    machine: symbolMachine,
    input: { symbol: 'XRPUSDT', baseCoin: 'XRP', deskActor: 'desk', coolDownMs: 3_600_000 },
    told: [
      { type: 'carry.tempting', because: 'net-carry' },
      { type: 'hedge.granted', hedgeId: 'HEDGE00001' },
    ],
  },
  hedge: {
    machine: hedgeMachine,
    input: json(sampleHedge()),
    told: [{ type: 'plan.confirmed' }, orderStep('spot')],
  },
}
const KINDS = Object.keys(STORIES)
const story = (kind: string) => {
  const found = STORIES[kind]
  if (!found) throw new Error(`expected a chart, found none named ${kind}`)
  return found
}

const processOf = (stored = emptyMemory()) => {
  const listener = { plain: () => fromCallback(() => {}) }
  const process = startProcess({ kinds: { ...silentKinds, listener }, stored })
  for (const id of ['desk', 'a', SYMBOL_ACTOR, 'hedge:HEDGE00001']) {
    if (id !== ID) process.runtime.spawn(id, 'listener', '', {})
  }
  return process
}
const ID = 'golden'

async function written(kind: string): Promise<Golden> {
  const process = processOf()
  process.runtime.spawn(ID, kind, '', story(kind).input)
  for (const event of story(kind).told) process.runtime.deliver(ID, event)
  await process.settle()
  process.crash()
  const row = JSON.parse(process.stored.actors.get(ID)?.row ?? 'null') as ActorRow
  return { row, pending: await process.journal.loadPending() }
}

if (process.env.REWRITE_GOLDEN) {
  const rows = await Promise.all(KINDS.map(async kind => [kind, await written(kind)]))
  writeFileSync(FILE, `${JSON.stringify(Object.fromEntries(rows), null, 2)}\n`)
}
const GOLDEN = JSON.parse(readFileSync(FILE, 'utf8')) as Record<string, Golden>
const golden = (kind: string) => {
  const found = GOLDEN[kind]
  if (!found) throw new Error(`expected a golden row of a ${kind}, found none`)
  return found
}

describe.each(KINDS)('the row of a %s that version 1 wrote', kind => {
  const { row, pending } = golden(kind)

  test('is taken up in its state, with its timers and what was pending, and nothing is written for that', async () => {
    const stored = emptyMemory()
    stored.actors.set(ID, { row: JSON.stringify(row), ordinal: 0 })
    for (const effect of pending) stored.effects.set(effect.id, JSON.stringify(effect))
    const process = processOf(stored)
    await process.boot()
    await process.settle()
    expect([process.faults, process.fatals]).toEqual([[], []])
    expect(process.state(ID)).toBe(row.state)
    expect(process.runtime.get(ID)?.cell?.timers).toEqual(row.timers)
    expect(JSON.parse(stored.actors.get(ID)?.row ?? 'null')).toEqual(row)
    process.crash()
  })

  test('remembers what a row of today remembers, in the same shape and the same state', async () => {
    const today = await written(kind)
    const shapeOf = ({ row: { snapshot, state, version } }: Golden) => {
      const { context, value } = JSON.parse(snapshot) as JsonObject
      return { state, version, value, context: keysOf(context) }
    }
    expect(shapeOf({ row, pending }), 'a chart that changed: see the head of this file').toEqual(
      shapeOf(today),
    )
    expect(pending.map(({ id, type }) => [id, type])).toEqual(today.pending.map(({ id, type }) => [id, type]))
  })
})

/** Names all the way down, without the values. */
function keysOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return typeof value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, keysOf(inner)]))
}
