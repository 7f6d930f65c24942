/** Records for journal tests: small, legal, one step of one actor. */
import type { Effect, TransitionRecord } from '../../../src/store/schema/records.ts'

export function testRecord(
  actorId: string,
  seq: number,
  over: Partial<TransitionRecord> = {},
): TransitionRecord {
  return {
    actorId,
    kind: 'hedge',
    parentId: 'engine',
    seq,
    version: 1,
    commitId: `${actorId}/${seq}`,
    event: { type: 'order.filled', atMs: 1_700_000_000_000 + seq, qty: '0.5' },
    from: seq === 0 ? '' : 'entering.work',
    to: 'entering.work',
    snapshot: JSON.stringify({ seq, value: 'entering' }),
    timers: [{ id: 'deadline', event: { type: 'deadline' }, dueAtMs: 1_700_000_060_000 }],
    effects: [],
    acks: [],
    status: 'active',
    atMs: 1_700_000_000_000 + seq,
    ...over,
  }
}

export const testEffect = (actorId: string, seq: number, index = 0): Effect => ({
  id: `${actorId}#${seq}.${index}`,
  type: 'placeOrder',
  params: { leg: 'spot', qty: '0.5' },
})
