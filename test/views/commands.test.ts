/** A command that was carried out just before the process died, and is sent again by someone who never got the answer. */
import { expect, test } from 'vitest'
import type { Runtime } from '../../actors/runtime/runtime.ts'
import type { Command, SendOutcome } from '../../src/api/engine-view.ts'
import { VirtualClock } from '../../src/clock/virtual-clock.ts'
import type { JournaledCommand } from '../../src/store/books/operator-reads.ts'
import { createMemoryJournal } from '../../src/store/journal/memory-journal.ts'
import { type CommandEntry, type CommandLog, createCommands } from '../../src/views/commands.ts'

const COMMAND: Command = { by: 'ann', idempotencyKey: 'key-1', source: 'cli' }
const DONE: JournaledCommand = {
  event: { type: 'hedge.unwind', by: 'ann', commandKey: 'key-1', atMs: 77 },
  from: 'hedged.watching',
  to: 'unwinding.work',
  version: 9,
  atMs: 77,
}

/** A log that lost its row, over a journal that has the step; any delivery is a second carrying out. */
function world(journaled: JournaledCommand | undefined) {
  const kept: CommandEntry[] = []
  const log: CommandLog = {
    find: async (key, digest) => {
      const known = kept.find(entry => entry.key === key)
      return known && (known.digest === digest ? known.outcome : 'other')
    },
    journaled: async (target, key) => (target === 'hedge:A' && key === 'key-1' ? journaled : undefined),
    keep: async entry => void kept.push(entry),
  }
  const runtime = { get: () => undefined, deliver: () => expect.unreachable() } as unknown as Runtime
  const journal = createMemoryJournal()
  return { kept, send: createCommands({ runtime, journal, log, clock: new VirtualClock(0) }) }
}

test('is answered as it was then, not judged anew, and has its row in the audit at last', async () => {
  const { send, kept } = world(DONE)
  const accepted: SendOutcome = { kind: 'accepted', state: 'unwinding.work', version: 9, replayed: true }
  expect(await send('hedge:A', { type: 'hedge.unwind' }, COMMAND)).toEqual(accepted)
  expect(kept).toMatchObject([
    { key: 'key-1', target: 'hedge:A', by: 'ann', source: 'cli', before: 'hedged.watching', atMs: 77 },
  ])
  expect(await send('hedge:A', { type: 'hedge.unwind' }, COMMAND)).toEqual(accepted)
  expect(kept).toHaveLength(1)
})

test('is the same command where the request names its sender itself', async () => {
  const { send } = world(DONE)
  expect(await send('hedge:A', { type: 'hedge.unwind', by: 'ann' }, COMMAND)).toMatchObject({
    kind: 'accepted',
  })
})

test('is refused where the key was used for another request', async () => {
  const { send, kept } = world(DONE)
  expect(await send('hedge:A', { type: 'hedge.retry' }, COMMAND)).toEqual({ kind: 'key-reused' })
  expect(kept).toEqual([])
})

test('is judged anew when its step never became durable', async () => {
  const { send } = world(undefined)
  expect(await send('hedge:A', { type: 'hedge.unwind' }, COMMAND)).toEqual({ kind: 'not-found' })
})
