/** A stored command as people read it: who, when, what, from where to where. */
import type { AuditRow } from '../api/rows/rows.ts'
import type { JsonObject } from '../domain/json.ts'
import type { CommandRow } from '../store/books/operator-reads.ts'

export function auditRow({ request, outcome, ...row }: CommandRow): AuditRow {
  const { event, before } = request as { event?: JsonObject; before?: string | null }
  const { kind, state } = outcome as { kind?: string; state?: string }
  return {
    ...row,
    event: event ?? {},
    before: before ?? null,
    after: state ?? null,
    outcome: kind ?? 'unknown',
  }
}
