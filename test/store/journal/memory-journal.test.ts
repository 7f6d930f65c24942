import { describe, expect, test } from 'vitest'
import { createMemoryJournal, emptyMemory } from '../../../src/store/journal/memory-journal.ts'
import { journalContract } from '../../support/store/journal-contract.ts'
import { testEffect, testRecord } from '../../support/store/test-records.ts'

journalContract('in memory', async () => {
  const journal = createMemoryJournal()
  return {
    journal,
    reopen: async () => createMemoryJournal({ stored: journal.stored }),
    async fence() {
      journal.stored.epoch += 1n
    },
    close: () => journal.close(),
  }
})

describe('a simulated crash', () => {
  const crash = new Error('the power went')

  test('before the commit leaves nothing of the record', async () => {
    const stored = emptyMemory()
    const journal = createMemoryJournal({
      stored,
      at: (point, { seq }) => {
        if (point === 'before-commit' && seq === 1) throw crash
      },
    })
    await journal.append(testRecord('a', 0))
    await expect(journal.append(testRecord('a', 1))).rejects.toBe(crash)
    await expect(journal.append(testRecord('b', 0))).rejects.toBe(crash)
    const again = createMemoryJournal({ stored })
    expect((await again.loadActors()).map(({ actorId, seq }) => [actorId, seq])).toEqual([['a', 0]])
  })

  test('after the commit leaves the record, and nobody heard of it', async () => {
    const stored = emptyMemory()
    const journal = createMemoryJournal({
      stored,
      at: point => {
        if (point === 'after-commit') throw crash
      },
    })
    await expect(journal.append(testRecord('a', 0, { effects: [testEffect('a', 0)] }))).rejects.toBe(crash)
    const again = createMemoryJournal({ stored })
    expect((await again.loadPending()).map(({ id }) => id)).toEqual(['a#0.0'])
  })

  test('can be preceded by a wait: the record stays pending until the hook lets it go', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const journal = createMemoryJournal({ at: point => (point === 'before-commit' ? promise : undefined) })
    const appended = journal.append(testRecord('a', 0))
    expect(await journal.loadActor('a')).toBeUndefined()
    expect(journal.health().pending).toBe(1)
    resolve()
    await appended
    expect((await journal.loadActor('a'))?.seq).toBe(0)
  })
})
