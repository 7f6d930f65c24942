/** Births, endings, and what the runtime refuses before anything is decided. */
import { describe, expect, test } from 'vitest'
import { setup } from 'xstate'
import type { Kind } from '../../../actors/runtime/running.ts'
import type { SupervisorContext } from '../../../machines/supervisor.ts'
import { emptyMemory } from '../../../src/store/journal/memory-journal.ts'
import type { ActorRow } from '../../../src/store/schema/records.ts'
import { startProcess } from '../../support/actors/one-process.ts'
import { smallKinds, type WorkerContext } from '../../support/actors/small-charts.ts'

const worker = (id: string) => ({ id, kind: 'worker', input: {} })

describe('an ending', () => {
  test('is told again after a crash that came before the parent heard of it', async () => {
    const stored = emptyMemory()
    const before = startProcess({
      kinds: smallKinds(),
      stored,
      at(point, { event }) {
        if (point === 'after-commit' && event.type === 'end') throw new Error('killed')
      },
    })
    before.runtime.spawn('root', 'supervisor', '', { name: 'root' })
    before.runtime.deliver('root', { type: 'children.ensure', children: [worker('a'), worker('b')] })
    await before.settle()
    before.runtime.deliver('a', { type: 'end' })
    await before.settle()
    before.crash()
    const after = startProcess({ kinds: smallKinds(), stored })
    await after.boot()
    expect(after.runtime.get('a')).toBeUndefined()
    await after.settle()
    expect(Object.keys((after.context('root') as unknown as SupervisorContext).children)).toEqual(['b'])
    expect(stored.effects.size).toBe(0)
  })

  test('in the step that spawns an actor leaves no actor running', async () => {
    const stillborn: Kind = {
      machine: setup({}).createMachine({
        version: '1',
        initial: 'over',
        states: { over: { type: 'final' } },
      }),
      effects: {},
    }
    const process = startProcess({ kinds: { ...smallKinds(), stillborn } })
    process.runtime.spawn('root', 'supervisor', '', { name: 'root' })
    process.runtime.deliver('root', {
      type: 'children.ensure',
      children: [{ id: 'x', kind: 'stillborn', input: {} }],
    })
    await process.settle()
    expect([...process.runtime.all()].map(({ id }) => id)).toEqual(['root'])
    expect((process.context('root') as unknown as SupervisorContext).children).toEqual({})
    expect(process.stored.effects.size).toBe(0)
  })
})

describe('at the door', () => {
  test('charts with faults are refused, all faults in one error', () => {
    const faulty = (id: string): Kind => ({
      machine: setup({ actions: { act: () => {} } }).createMachine({ id, entry: 'act' }),
      effects: {},
    })
    expect(() =>
      startProcess({ kinds: { ...smallKinds(), one: faulty('one'), two: faulty('two') } }),
    ).toThrow(
      /chart 'one'.*version[\s\S]*chart 'one'.*action 'act'[\s\S]*chart 'two'.*version[\s\S]*chart 'two'.*action 'act'/,
    )
  })

  test('promise 11: an event that is not JSON is refused with the field, and the actor lives', async () => {
    const process = startProcess({ kinds: smallKinds() })
    process.runtime.spawn('a', 'worker', '', {})
    const event = { type: 'told', text: new Date(0) } as unknown as { type: string }
    expect(() => process.runtime.deliver('a', event)).toThrow(/^a told\.text: expected JSON, found Date /)
    process.runtime.deliver('a', { type: 'told', text: 'fine' })
    await process.settle()
    expect((process.context('a') as unknown as WorkerContext).heard).toEqual(['fine'])
  })

  test('an event for an unknown actor is answered with false', () => {
    const process = startProcess({ kinds: smallKinds() })
    expect(process.runtime.deliver('nobody', { type: 'told', text: 'hello' })).toBe(false)
  })

  test('an unknown kind of actor is refused by name', () => {
    const process = startProcess({ kinds: smallKinds() })
    expect(() => process.runtime.spawn('x', 'ghost', '', {})).toThrow(
      'spawn x: expected a known kind of actor, found ghost',
    )
  })
})

test('an actor that is there already is not born twice', async () => {
  const process = startProcess({ kinds: smallKinds() })
  process.runtime.spawn('a', 'worker', '', {})
  const first = process.runtime.get('a')
  process.runtime.spawn('a', 'worker', '', {})
  await process.settle()
  expect(process.runtime.get('a')).toBe(first)
  expect(process.stored.transitions.get('a')).toHaveLength(1)
  expect(process.fatals).toEqual([])
})

test('a closed runtime takes nothing and leaves rows and pending effects as they are', async () => {
  const process = startProcess({ kinds: smallKinds(() => new Promise(() => {})) })
  process.runtime.spawn('a', 'worker', '', {})
  process.runtime.deliver('a', { type: 'work', what: 'buy' })
  await process.settle()
  process.crash()
  expect(process.runtime.deliver('a', { type: 'told', text: 'late' })).toBe(false)
  await process.pass(60_000)
  expect(process.stored.transitions.get('a')).toHaveLength(2)
  expect([...process.stored.effects.keys()]).toEqual(['a#1.0'])
  expect(process.fatals).toEqual([])
})

describe('a row that something else has written over', () => {
  /** A process that holds a supervisor and its worker, gone; `spoil` writes over a row of theirs. */
  const restarted = async (id: string, spoil: (row: ActorRow) => object) => {
    const stored = emptyMemory()
    const before = startProcess({ kinds: smallKinds(), stored })
    before.runtime.spawn('root', 'supervisor', '', { name: 'root' })
    before.runtime.deliver('root', { type: 'children.ensure', children: [worker('a'), worker('b')] })
    await before.settle()
    before.crash()
    const kept = stored.actors.get(id)
    if (!kept) throw new Error(`expected a row of ${id}`)
    kept.row = JSON.stringify(spoil(JSON.parse(kept.row) as ActorRow))
    const after = startProcess({ kinds: smallKinds(), stored })
    await after.boot()
    await after.settle()
    return after
  }

  test('with timers that are none fails its actor alone', async () => {
    const process = await restarted('a', row => ({ ...row, timers: 'soon' }))
    expect(process.faults.map(({ actorId, error }) => `${actorId} ${error}`)[0]).toMatch(
      /^a Error: timers: expected a list/,
    )
    expect(process.runtime.get('b')).toBeDefined()
    expect(process.fatals).toEqual([])
  })

  test('of a supervisor fails the supervisor, and the process still begins', async () => {
    const process = await restarted('root', row => ({ ...row, snapshot: `"${row.snapshot}` }))
    expect(process.faults.map(({ actorId }) => actorId)).toEqual(['root'])
    expect(process.runtime.get('a')).toBeDefined()
  })
})
