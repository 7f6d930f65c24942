/**
 * Rows of the journal that something else has written over: an actor whose row cannot be read fails to its supervisor and is kept
 * for a person; whatever a row says, the process lives, and the others are taken up.
 */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { fromCallback } from 'xstate'
import { emptyMemory } from '../../../src/store/journal/memory-journal.ts'
import type { ActorRow, PendingEffect } from '../../../src/store/schema/records.ts'
import { startProcess } from '../../support/actors/one-process.ts'
import { silentKinds } from '../../support/machines/silent-kinds.ts'
import { edge } from './kit.ts'
import { cuts, spoils, spoiltText, spoiltTree } from './spoilt.ts'

type Golden = { row: ActorRow; pending: PendingEffect[] }
const GOLDEN = JSON.parse(
  readFileSync(new URL('../../support/machines/golden/version-1.json', import.meta.url), 'utf8'),
) as Record<string, Golden>
const NAMES = Object.keys(GOLDEN)
const ID = 'golden'
const NEIGHBOUR = 'neighbour'

const TOLD = [
  { type: 'hedge.unwind', because: 'a person' },
  { type: 'hedge.retry' },
  { type: 'engine.resume', by: 'ada', because: '' },
  { type: 'child.failed', id: 'a', error: 'it threw' },
  { type: 'carry.gone', because: 'net-carry' },
  { type: 'hedge.wanted', symbol: 'XRPUSDT', symbolActor: 'symbol:XRPUSDT' },
]

const cases = fc.record({
  kind: fc.constantFrom(...NAMES),
  row: spoils,
  snapshot: spoils,
  text: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: cuts }),
  pending: spoils,
  told: fc.constantFrom(...TOLD),
})

/** What came before: only how many there were is asked. */
const steps = (seq: number) => Array.from({ length: seq + 1 }, () => ({ text: '', commitId: '' }))

const written = (tree: unknown): string => JSON.stringify(tree) ?? 'null'

export const storedRows = edge({
  name: 'stored rows',
  share: 4,
  cases,
  open: () => ({
    async take({ kind, row: spoiltRow, snapshot, text, pending, told }) {
      const golden = GOLDEN[kind]
      const neighbour = GOLDEN.symbol
      if (!golden || !neighbour) throw new Error(`no golden row of ${kind}`)
      const good = { ...golden.row, parentId: 'parent' }
      const inside = spoiltText(written(spoiltTree(JSON.parse(good.snapshot), snapshot)), text)
      // Keys that the database itself types and holds unique stay what they are.
      const row = {
        ...(spoiltTree({ ...good, snapshot: inside }, spoiltRow) as ActorRow),
        actorId: ID,
        seq: good.seq,
        status: good.status,
        kind,
      }
      const stored = emptyMemory()
      stored.actors.set(ID, { row: written(row), ordinal: 0 })
      stored.transitions.set(ID, steps(good.seq))
      stored.transitions.set(NEIGHBOUR, steps(neighbour.row.seq))
      stored.actors.set(NEIGHBOUR, {
        row: written({ ...neighbour.row, actorId: NEIGHBOUR, parentId: 'parent' }),
        ordinal: 1,
      })
      for (const effect of golden.pending) {
        const left = spoiltTree(effect, pending) as PendingEffect
        stored.effects.set(
          effect.id,
          written({ ...left, id: effect.id, actorId: ID, seq: effect.seq, type: effect.type }),
        )
      }
      const process = startProcess({
        kinds: { ...silentKinds, listener: { plain: () => fromCallback(() => {}) } },
        stored,
      })
      process.runtime.spawn('parent', 'listener', '', {})
      try {
        await process.boot()
        await process.settle()
        process.runtime.deliver(ID, told)
        await process.pass(5_000)
        if (process.fatals.length > 0) throw process.fatals[0]
        if (!process.runtime.get(NEIGHBOUR)) throw new Error('the neighbour was not taken up')
        const others = process.faults.filter(({ actorId }) => actorId !== ID)
        if (others.length > 0) throw others[0]?.error
        return process.runtime.get(ID) ? 'accepted' : 'refused'
      } finally {
        process.crash()
      }
    },
  }),
})
