/** Failures go to the supervisor, one for one: nothing of a failed step is kept, and nobody else is touched. */
import { describe, expect, test } from 'vitest'
import type { Answer } from '../../../actors/runtime/outbox.ts'
import type { Kind } from '../../../actors/runtime/running.ts'
import type { SupervisorContext } from '../../../machines/supervisor.ts'
import { emptyMemory, type MemoryStored } from '../../../src/store/journal/memory-journal.ts'
import type { ActorRow } from '../../../src/store/schema/records.ts'
import { type OneProcess, startProcess } from '../../support/actors/one-process.ts'
import {
  plainKind,
  smallKinds,
  type WorkerContext,
  workerKind,
  workerMachine,
} from '../../support/actors/small-charts.ts'

const worker = (id: string, input = {}) => ({ id, kind: 'worker', input })

/** A root supervisor over workers 'a' and 'b'. */
async function family(
  options: { kinds?: Record<string, Kind>; stored?: MemoryStored; alerts?: string[] } = {},
) {
  const process = startProcess({
    kinds: { ...smallKinds(undefined, options.alerts), ...options.kinds },
    ...(options.stored && { stored: options.stored }),
  })
  process.runtime.spawn('root', 'supervisor', '', { name: 'root' })
  process.runtime.deliver('root', { type: 'children.ensure', children: [worker('a'), worker('b')] })
  await process.settle()
  return process
}

const childOf = (process: OneProcess, id: string) =>
  (process.context('root') as unknown as SupervisorContext).children[id]
const rowOf = (stored: MemoryStored, id: string): ActorRow => JSON.parse(stored.actors.get(id)?.row ?? 'null')

describe('a chart that throws', () => {
  test.each(['throw.guard', 'throw.assign', 'throw.params'])(
    '%s commits nothing, is kept as poison, and fails to the supervisor',
    async type => {
      const process = await family()
      const before = rowOf(process.stored, 'a')
      process.runtime.deliver('a', { type })
      await process.settle()
      expect(rowOf(process.stored, 'a')).toEqual(before)
      expect(process.stored.poisons).toMatchObject([
        {
          actorId: 'a',
          event: { type },
          error: expect.stringMatching(/throws/),
          atMs: process.clock.nowMs(),
        },
      ])
      expect(process.runtime.get('a')).toBeUndefined()
      expect(childOf(process, 'a')).toMatchObject({ status: 'waiting', restarts: 1 })
      expect(process.state('root')).toBe('watching.troubled')
    },
  )

  test('it goes on from its last good row after the wait, and its sibling never noticed', async () => {
    const process = await family()
    process.runtime.deliver('a', { type: 'told', text: 'kept' })
    const sibling = process.runtime.get('b')
    await process.settle()
    process.runtime.deliver('a', { type: 'throw.assign' })
    await process.pass(99)
    expect(process.runtime.get('a')).toBeUndefined()
    await process.pass(1)
    expect((process.context('a') as unknown as WorkerContext).heard).toEqual(['kept'])
    expect(childOf(process, 'a')).toMatchObject({ status: 'running', restarts: 1 })
    expect(process.state('root')).toBe('watching.calm')
    expect(process.runtime.get('b')).toBe(sibling)
    process.runtime.deliver('a', { type: 'told', text: 'again' })
    await process.settle()
    expect((process.context('a') as unknown as WorkerContext).heard).toEqual(['kept', 'again'])
  })

  test('the wait doubles; the sixth failure within a minute quarantines it and calls a person, who releases it', async () => {
    const alerts: string[] = []
    const process = await family({ alerts })
    for (const waitMs of [100, 200, 400, 800, 1_600]) {
      process.runtime.deliver('a', { type: 'throw.assign' })
      await process.pass(waitMs - 1)
      expect(process.runtime.get('a'), `before ${waitMs} ms`).toBeUndefined()
      await process.pass(1)
      expect(process.runtime.get('a'), `after ${waitMs} ms`).toBeDefined()
    }
    expect(alerts).toEqual([])
    process.runtime.deliver('a', { type: 'throw.assign' })
    await process.pass(3_600_000)
    expect(process.runtime.get('a')).toBeUndefined()
    expect(childOf(process, 'a')?.status).toBe('quarantined')
    expect(alerts).toEqual(['a is quarantined: assign throws'])
    process.runtime.deliver('root', { type: 'child.release', id: 'a' })
    await process.pass(0)
    expect(process.state('a')).toBe('idle')
    expect(childOf(process, 'a')?.status).toBe('running')
    expect(process.state('root')).toBe('watching.calm')
  })

  test('failures spread over more than a minute never quarantine', async () => {
    const process = await family()
    for (let nth = 0; nth < 20; nth++) {
      process.runtime.deliver('a', { type: 'throw.assign' })
      await process.pass(15_000)
      expect(process.state('a')).toBe('idle')
    }
    expect(childOf(process, 'a')?.restarts).toBe(20)
  })

  test('an answer that makes it throw each time stays pending, and ends in quarantine', async () => {
    const alerts: string[] = []
    const broken = workerKind(async () => ({ type: 'throw.assign' }))
    const process = await family({ kinds: { worker: broken }, alerts })
    process.runtime.deliver('a', { type: 'work', what: 'poisonous' })
    await process.pass(60_000)
    expect(childOf(process, 'a')?.status).toBe('quarantined')
    expect(alerts).toHaveLength(1)
    expect(process.stored.poisons).toHaveLength(6)
    expect([...process.stored.effects.keys()]).toEqual(['a#1.0'])
    expect(process.state('b')).toBe('idle')
  })

  test('an answer that comes while it is away is not lost: it is asked for again when it is back', async () => {
    const { promise, resolve } = Promise.withResolvers<Answer>()
    const redriven: boolean[] = []
    const slow = workerKind((_, call) => {
      redriven.push(call.redriven)
      return promise
    })
    const process = await family({ kinds: { worker: slow } })
    process.runtime.deliver('a', { type: 'work', what: 'buy' })
    await process.settle()
    process.runtime.deliver('a', { type: 'throw.guard' })
    await process.settle()
    resolve({ type: 'acted', what: 'buy' })
    await process.settle()
    expect([...process.stored.effects.keys()], 'pending while nobody can hear its answer').toContain('a#1.0')
    await process.pass(60_000)
    expect((process.context('a') as unknown as WorkerContext).acted).toEqual(['buy'])
    expect(redriven).toEqual([false, true])
    expect([...process.stored.effects.keys()]).toEqual([])
  })

  test('a message that breaks it as soon as it is back does not undo the quarantine', async () => {
    const process = await family()
    process.runtime.deliver('b', { type: 'tell', to: 'a', text: 'poison' })
    await process.pass(60_000)
    expect(process.stored.poisons).toHaveLength(6)
    expect(childOf(process, 'a')?.status).toBe('quarantined')
    expect([...process.stored.effects.keys()]).toEqual(['b#1.0'])
    expect(process.state('b')).toBe('idle')
  })
})

describe('a restart of the whole process', () => {
  test('in the middle of a back-off keeps the counters and the rest of the wait', async () => {
    const stored = emptyMemory()
    const before = await family({ stored })
    before.runtime.deliver('a', { type: 'throw.assign' })
    await before.pass(100)
    before.runtime.deliver('a', { type: 'throw.assign' })
    await before.pass(120)
    before.crash()
    const after = startProcess({ kinds: smallKinds(), stored, clock: before.clock })
    await after.boot()
    await after.pass(79)
    expect(after.runtime.get('a')).toBeUndefined()
    expect(after.state('b')).toBe('idle')
    await after.pass(1)
    expect(after.state('a')).toBe('idle')
    expect(childOf(after, 'a')).toMatchObject({ status: 'running', restarts: 2 })
  })

  test('leaves a quarantined child alone, with its row and its pending effects', async () => {
    const stored = emptyMemory()
    const before = await family({ stored })
    for (let nth = 0; nth < 6; nth++) {
      before.runtime.deliver('a', { type: 'throw.assign' })
      await before.pass(2_000)
    }
    before.crash()
    const after = startProcess({ kinds: smallKinds(), stored, clock: before.clock })
    await after.boot()
    await after.pass(3_600_000)
    expect(after.runtime.get('a')).toBeUndefined()
    after.runtime.deliver('root', { type: 'child.release', id: 'a' })
    await after.pass(0)
    expect(after.state('a')).toBe('idle')
  })

  test('at any record of a failure and its restart ends with the child running and one failure counted', async () => {
    for (let nth = 1; nth <= 3; nth++) {
      const stored = emptyMemory()
      const setUp = await family({ stored })
      setUp.crash()
      let count = 0
      const before = startProcess({
        kinds: smallKinds(),
        stored,
        clock: setUp.clock,
        at(point) {
          if (point === 'after-commit' && ++count === nth) throw new Error('killed')
        },
      })
      await before.boot()
      await before.settle()
      before.runtime.deliver('a', { type: 'throw.assign' })
      await before.pass(50)
      const killedEarly = before.fatals.length > 0
      before.crash()
      const after = startProcess({ kinds: smallKinds(), stored, clock: setUp.clock })
      await after.boot()
      await after.pass(49)
      if (killedEarly || nth === 1)
        expect(after.runtime.get('a'), `killed after record ${nth}`).toBeUndefined()
      await after.pass(1)
      expect(after.state('a'), `killed after record ${nth}`).toBe('idle')
      expect(childOf(after, 'a'), `killed after record ${nth}`).toMatchObject({
        status: 'running',
        restarts: 1,
      })
      expect(stored.effects.size).toBe(0)
    }
  })
})

describe('births', () => {
  test('of several children are driven again after a crash without a second birth', async () => {
    const stored = emptyMemory()
    let count = 0
    const before = startProcess({
      kinds: smallKinds(),
      stored,
      at(point) {
        if (point === 'after-commit' && ++count === 3) throw new Error('killed')
      },
    })
    before.runtime.spawn('root', 'supervisor', '', { name: 'root' })
    before.runtime.deliver('root', {
      type: 'children.ensure',
      children: [worker('a'), worker('b'), worker('c')],
    })
    await before.settle()
    before.crash()
    expect([...stored.actors.keys()]).toEqual(['root', 'a'])
    const after = startProcess({ kinds: smallKinds(), stored })
    await after.boot()
    await after.settle()
    for (const id of ['a', 'b', 'c']) {
      expect(after.state(id)).toBe('idle')
      expect(rowOf(stored, id)).toMatchObject({ parentId: 'root', seq: 0 })
    }
    expect(stored.effects.size).toBe(0)
  })

  test('that fail are a failed child: tried again with back-off, then quarantined', async () => {
    const alerts: string[] = []
    const process = await family({ alerts })
    process.runtime.deliver('root', { type: 'children.ensure', children: [worker('c', { broken: true })] })
    await process.settle()
    expect(process.stored.actors.has('c')).toBe(false)
    expect(process.stored.poisons).toMatchObject([
      { actorId: 'c', event: { type: 'actor.born', input: { broken: true } }, error: 'birth throws' },
    ])
    await process.pass(60_000)
    expect(childOf(process, 'c')).toMatchObject({ status: 'quarantined' })
    expect(process.stored.poisons).toHaveLength(6)
    expect(alerts).toEqual(['c is quarantined: birth throws'])
    expect(process.stored.effects.size).toBe(0)
  })

  test('called for by a chart carry the acknowledgement in their first record', async () => {
    const process = await family()
    process.runtime.deliver('a', { type: 'bear', id: 'child-of-a' })
    await process.settle()
    expect(rowOf(process.stored, 'child-of-a')).toMatchObject({ parentId: 'a' })
    const [birth] = await process.journal.transitions('child-of-a', 0, 1)
    expect(birth?.acks).toEqual(['a#1.0'])
    expect(process.stored.effects.size).toBe(0)
  })
})

describe('a row that the chart cannot read', () => {
  const newer: Kind = {
    machine: workerMachine,
    effects: { act: async () => undefined },
    migrate: () => {
      throw new Error("State 'old' does not exist")
    },
  }

  test('fails to the supervisor and is left as it is', async () => {
    const stored = emptyMemory()
    const before = await family({ stored })
    before.crash()
    const row = { ...rowOf(stored, 'a'), version: 0 }
    stored.actors.set('a', { row: JSON.stringify(row), ordinal: stored.actors.get('a')?.ordinal ?? 0 })
    const alerts: string[] = []
    const after = startProcess({
      kinds: { ...smallKinds(undefined, alerts), worker: newer },
      stored,
      clock: before.clock,
    })
    await after.boot()
    await after.pass(60_000)
    expect(childOf(after, 'a')?.status).toBe('quarantined')
    expect(alerts).toEqual(["a is quarantined: State 'old' does not exist"])
    expect(rowOf(stored, 'a')).toEqual(row)
    expect(after.state('b')).toBe('idle')
    expect(stored.effects.size, 'each try was acknowledged by the news of its failure').toBe(0)
    after.crash()
    const fixed = startProcess({
      kinds: { ...smallKinds(), worker: { ...newer, migrate: snapshot => snapshot } },
      stored,
      clock: after.clock,
    })
    await fixed.boot()
    fixed.runtime.deliver('root', { type: 'child.release', id: 'a' })
    await fixed.pass(0)
    expect(fixed.state('a')).toBe('idle')
  })
})

describe('news for a supervisor that is away', () => {
  test('waits for it: the child is restarted by the supervisor once that is back', async () => {
    const process = startProcess({ kinds: smallKinds() })
    process.runtime.spawn('root', 'supervisor', '', { name: 'root' })
    process.runtime.deliver('root', {
      type: 'children.ensure',
      children: [{ id: 'middle', kind: 'supervisor', input: { name: 'middle' } }],
    })
    await process.settle()
    process.runtime.deliver('middle', { type: 'children.ensure', children: [worker('a')] })
    await process.settle()
    const tooMany = Array.from({ length: 301 }, (_, at) => worker(`w${at}`))
    process.runtime.deliver('middle', { type: 'children.ensure', children: tooMany })
    process.runtime.deliver('a', { type: 'throw.assign' })
    await process.settle()
    expect([process.runtime.get('middle'), process.runtime.get('a')]).toEqual([undefined, undefined])
    await process.pass(100)
    expect(process.state('middle')).toBe('watching.troubled')
    await process.pass(100)
    expect(process.state('a')).toBe('idle')
    expect(process.state('middle')).toBe('watching.calm')
  })

  test('of the root goes to the caller of the engine', async () => {
    const process = await family()
    process.runtime.deliver('root', {
      type: 'children.ensure',
      children: Array.from({ length: 301 }, (_, at) => worker(`w${at}`)),
    })
    await process.settle()
    expect(process.faults).toMatchObject([{ actorId: 'root', during: 'transition' }])
    expect(process.state('a')).toBe('idle')
  })
})

describe('plain actors', () => {
  test('are restarted after a failure, and without a row after a restart of the process', async () => {
    const stored = emptyMemory()
    const plain = plainKind()
    const process = await family({ kinds: { plain }, stored })
    const feed = { type: 'children.ensure', children: [{ id: 'feed', kind: 'plain', input: {} }] }
    process.runtime.deliver('root', feed)
    await process.settle()
    expect(plain.plainly.starts).toBe(1)
    process.runtime.deliver('feed', { type: 'throw' })
    await process.pass(100)
    expect(plain.plainly.starts).toBe(2)
    expect(childOf(process, 'feed')).toMatchObject({ status: 'running', restarts: 1 })
    process.crash()
    const after = startProcess({ kinds: { ...smallKinds(), plain }, stored, clock: process.clock })
    await after.boot()
    expect(after.runtime.get('feed')).toBeUndefined()
    after.runtime.deliver('root', feed)
    await after.settle()
    expect(plain.plainly.starts).toBe(3)
    expect(childOf(after, 'feed')).toMatchObject({ status: 'running', restarts: 1 })
  })
})
