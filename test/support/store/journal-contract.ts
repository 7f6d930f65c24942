/** What every journal promises, run over the one on PostgreSQL and the one in memory. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FencedError, type Journal, JournalRefused } from '../../../src/store/schema/records.ts'
import { testEffect, testRecord } from './test-records.ts'

export type JournalBench = {
  journal: Journal
  /** The same store through a writer of its own, as after a restart. */
  reopen(): Promise<Journal>
  /** Another owner takes the account. */
  fence(): Promise<void>
  close(): Promise<void>
}

export const journalContract = (name: string, open: () => Promise<JournalBench>): unknown =>
  describe(`the journal ${name}`, () => {
    let bench: JournalBench
    let journal: Journal
    let last = 0
    const newActor = () => `hedge:${last++}`
    beforeAll(async () => {
      bench = await open()
      journal = bench.journal
    })
    afterAll(() => bench.close())

    test('gives back an actor and its steps as they were appended', async () => {
      const id = newActor()
      const birth = testRecord(id, 0)
      const step = testRecord(id, 1, {
        to: 'hedged.watching',
        event: { type: 'odd "one"', atMs: 5, deep: { list: [1, 'ü', null, true], text: '\u2028 \\ {,}' } },
        effects: [testEffect(id, 1)],
      })
      await journal.append(birth)
      await journal.append(step)
      expect(await journal.loadActor(id)).toEqual({
        actorId: id,
        kind: step.kind,
        parentId: step.parentId,
        seq: 1,
        version: 1,
        state: step.to,
        snapshot: step.snapshot,
        timers: step.timers,
        status: 'active',
        sinceMs: step.atMs,
      })
      const steps = await journal.transitions(id, 0, 10)
      expect(steps).toEqual(
        [birth, step].map(({ actorId, seq, version, event, from, to, effects, acks, atMs }) => ({
          actorId,
          seq,
          version,
          event,
          from,
          to,
          effects,
          acks,
          atMs,
        })),
      )
    })

    test('keeps snapshots byte for byte', async () => {
      const id = newActor()
      const snapshot = '{"z":1,"a":"é\\u0000😀","n":1e21,"n2":0.1000,  "spaced" : "\\\\" }'
      await journal.append(testRecord(id, 0, { snapshot }))
      expect((await journal.loadActor(id))?.snapshot).toBe(snapshot)
    })

    test('remembers since when an actor is in its state, not when it last moved', async () => {
      const id = newActor()
      await journal.append(testRecord(id, 0, { to: 'a', atMs: 10 }))
      await journal.append(testRecord(id, 1, { from: 'a', to: 'b', atMs: 20 }))
      await journal.append(testRecord(id, 2, { from: 'b', to: 'b', atMs: 30 }))
      expect((await journal.loadActor(id))?.sinceMs).toBe(20)
      const both = newActor()
      await Promise.all([
        journal.append(testRecord(both, 0, { to: 'a', atMs: 10 })),
        journal.append(testRecord(both, 1, { from: 'a', to: 'b', atMs: 20 })),
        journal.append(testRecord(both, 2, { from: 'b', to: 'b', atMs: 30 })),
      ])
      expect((await journal.loadActor(both))?.sinceMs).toBe(20)
    })

    test('takes many steps of many actors at once, each actor in its order', async () => {
      const ids = Array.from({ length: 40 }, newActor)
      const work = ids.flatMap(id => Array.from({ length: 30 }, (_, seq) => testRecord(id, seq)))
      // Actors interleaved, each in its own order.
      work.sort((a, b) => a.seq - b.seq)
      await Promise.all(work.map(record => journal.append(record)))
      for (const id of ids) {
        const steps = await journal.transitions(id, 0, 100)
        expect(steps.map(({ seq }) => seq)).toEqual(Array.from({ length: 30 }, (_, seq) => seq))
        expect((await journal.loadActor(id))?.seq).toBe(29)
      }
    })

    test('keeps effects pending until a step or a word acknowledges them', async () => {
      const id = newActor()
      const effects = [testEffect(id, 0, 0), testEffect(id, 0, 1), testEffect(id, 0, 2)]
      const mine = async () => (await journal.loadPending()).filter(effect => effect.actorId === id)
      await journal.append(testRecord(id, 0, { effects }))
      expect(await mine()).toEqual(effects.map(effect => ({ ...effect, actorId: id, seq: 0 })))
      await journal.append(testRecord(id, 1, { acks: [`${id}#0.1`] }))
      expect((await mine()).map(effect => effect.id)).toEqual([`${id}#0.0`, `${id}#0.2`])
      await journal.acknowledge([`${id}#0.0`, `${id}#0.2`, 'nobody#0.0'])
      expect(await mine()).toEqual([])
    })

    test('forgets no acknowledgement of an effect that is still on its way', async () => {
      const id = newActor()
      const other = newActor()
      await Promise.all([
        journal.append(testRecord(id, 0, { effects: [testEffect(id, 0)] })),
        journal.append(testRecord(other, 0, { acks: [`${id}#0.0`], effects: [testEffect(other, 0)] })),
        journal.append(testRecord(id, 1, { acks: [`${other}#0.0`], effects: [testEffect(id, 1)] })),
        journal.acknowledge([`${id}#1.0`]),
      ])
      const pending = await journal.loadPending()
      expect(pending.filter(({ actorId }) => actorId === id || actorId === other)).toEqual([])
    })

    test('lists the living in the order of their birth, and leaves out the done', async () => {
      const ids = [newActor(), newActor(), newActor()]
      for (const id of ids.toReversed()) await journal.append(testRecord(id, 0))
      await journal.append(testRecord(ids[1] ?? '', 1, { status: 'done' }))
      const living = (await journal.loadActors()).map(({ actorId }) => actorId)
      expect(living.filter(id => ids.includes(id))).toEqual([ids[2], ids[0]])
      expect((await journal.loadActor(ids[1] ?? ''))?.status).toBe('done')
      expect(await journal.loadActor('nobody')).toBeUndefined()
    })

    test('takes a record told twice as told once', async () => {
      const id = newActor()
      await journal.append(testRecord(id, 0))
      await journal.append(testRecord(id, 0))
      expect(await journal.transitions(id, 0, 10)).toHaveLength(1)
    })

    test('refuses a gap, a second birth and a step that is taken, and goes on with the others', async () => {
      const id = newActor()
      const innocent = newActor()
      await journal.append(testRecord(id, 0))
      const outcomes = await Promise.allSettled([
        journal.append(testRecord(innocent, 0)),
        journal.append(testRecord(id, 2)),
        journal.append(testRecord(id, 0, { commitId: 'another birth' })),
        journal.append(testRecord(innocent, 1)),
      ])
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
      for (const outcome of outcomes)
        if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(JournalRefused)
      expect(await journal.transitions(id, 0, 10)).toHaveLength(1)
      expect((await journal.loadActor(innocent))?.seq).toBe(1)
    })

    test('reads steps from a number on, and no more than asked for', async () => {
      const id = newActor()
      await Promise.all(Array.from({ length: 8 }, (_, seq) => journal.append(testRecord(id, seq))))
      expect((await journal.transitions(id, 3, 2)).map(({ seq }) => seq)).toEqual([3, 4])
    })

    test('keeps a poisonous event', async () => {
      const poison = { actorId: newActor(), event: { type: 'bad' }, error: 'zero \0 byte', atMs: 1 }
      await expect(journal.quarantine(poison)).resolves.toBeUndefined()
    })

    test('says how much waits, and is drained when nothing does', async () => {
      const id = newActor()
      const appended = journal.append(testRecord(id, 0))
      expect(journal.health().pending).toBe(1)
      await journal.drained()
      expect(journal.health()).toEqual({ pending: 0, oldestPendingMs: 0 })
      await appended
    })

    test('shows a restarted writer everything that was durable', async () => {
      const id = newActor()
      await journal.append(testRecord(id, 0, { effects: [testEffect(id, 0)] }))
      const again = await bench.reopen()
      expect((await again.loadActor(id))?.seq).toBe(0)
      expect((await again.loadPending()).map(effect => effect.id)).toContain(`${id}#0.0`)
      await again.append(testRecord(id, 1))
      await again.close()
    })

    test('refuses everything once another owner took the account', async () => {
      const id = newActor()
      await bench.fence()
      await expect(journal.append(testRecord(id, 0))).rejects.toBeInstanceOf(FencedError)
      await expect(journal.append(testRecord(id, 0))).rejects.toBeInstanceOf(FencedError)
      await expect(journal.acknowledge(['x#0.0'])).rejects.toBeInstanceOf(FencedError)
      expect(await journal.loadActor(id)).toBeUndefined()
    })
  })
