/** Commands of people and what came of them, as the store keeps them. */
import type { Pool } from 'pg'
import type { SendOutcome } from '../../api/engine-view.ts'
import type { JsonObject } from '../../domain/json.ts'
import { journaledCommand } from '../../store/books/operator-reads.ts'
import type { createOperatorStore } from '../../store/books/operator-store.ts'
import type { CommandLog } from '../../views/commands.ts'

export function createCommandLog(
  pool: Pool,
  account: string,
  operator: Pick<ReturnType<typeof createOperatorStore>, 'command' | 'recordCommand'>,
): CommandLog {
  return {
    async find(key, digest) {
      const known = await operator.command(key)
      if (!known) return undefined
      return known.request.digest === digest ? (known.outcome as unknown as SendOutcome) : 'other'
    },
    journaled: (target, key) => journaledCommand(pool, account, target, key),
    async keep({ key, request, digest, target, by, source, before, outcome, atMs }) {
      await operator.recordCommand({
        idempotencyKey: key,
        operator: by,
        source,
        target,
        request: { ...request, digest, before },
        outcome: outcome as unknown as JsonObject,
        atMs,
      })
    },
  }
}
