/** The account's equity over time, the audit of commands, and the alerts that were raised. */
import type { InferEntity } from '@mikro-orm/core'
import type { Json, JsonObject } from '../../domain/json.ts'
import type { Usdt } from '../../domain/units.ts'
import type { Database } from '../database.ts'
import { AlertTable, CommandTable, EquityTable, TermsTable } from '../schema/operator.ts'
import { type AccountScope, reading, writing } from './account-scope.ts'

type EquityPoint = { atMs: number; equityUsdt: Usdt; availableUsdt: Usdt }

/** One command of a person. The key names it for ever: the same key with the same request is the same command. */
type AuditedCommand = {
  idempotencyKey: string
  operator: string
  source: 'api' | 'cli' | 'dashboard' | 'telegram'
  /** The actor, or `engine`. */
  target: string
  request: JsonObject
  outcome: Json
  atMs: number
}

/** One alert from its beginning to its end. Name and subject are its key: at most one with a key stands at a time. */
type StoredAlert = {
  alertId: string
  name: string
  subject: string
  severity: 'page' | 'ticket'
  message: string
  detail: JsonObject
  raisedAtMs: number
  /** null while it stands. */
  clearedAtMs: number | null
  acknowledgedAtMs: number | null
  acknowledgedBy: string | null
}

type AlertRow = InferEntity<typeof AlertTable>

/** What operators ask for and did: equity, alerts, commands of one account. */
export function createOperatorStore(database: Database, scope: AccountScope) {
  const { account } = scope
  return {
    /** One point per instant. */
    async appendEquity(point: EquityPoint): Promise<void> {
      await writing(database, scope, em =>
        em
          .createQueryBuilder(EquityTable)
          .insert({ account, detail: {}, ...point })
          .onConflict()
          .ignore()
          .execute(),
      )
    },
    /** Oldest first. */
    async equity(sinceMs: number): Promise<EquityPoint[]> {
      const found = await reading(database).find(
        EquityTable,
        { account, atMs: { $gte: sinceMs } },
        { orderBy: { atMs: 'asc' } },
      )
      return found.map(({ atMs, equityUsdt, availableUsdt }) => ({ atMs, equityUsdt, availableUsdt }))
    },
    /** Writes a command with its outcome; `false` when the key is taken: look it up and compare. */
    async recordCommand(command: AuditedCommand): Promise<boolean> {
      const inserted = await writing(database, scope, em =>
        em
          .createQueryBuilder(CommandTable)
          .insert({ account, ...command })
          .onConflict()
          .ignore()
          .returning('idempotencyKey')
          .execute<{ idempotencyKey: string }[]>('all'),
      )
      return inserted.length > 0
    },
    async command(idempotencyKey: string): Promise<AuditedCommand | undefined> {
      const found = await reading(database).findOne(CommandTable, { account, idempotencyKey })
      if (!found) return undefined
      const { operator, source, target, request, outcome, atMs } = found
      return { idempotencyKey, operator, source, target, request, outcome, atMs }
    },
    /** Keeps an alert as it stands now; the same id is the same alert. */
    async keepAlert(alert: StoredAlert): Promise<void> {
      await writing(database, scope, em => em.upsert(AlertTable, { account, ...alert }))
    },
    /** The newest first. */
    async alerts(limit: number): Promise<StoredAlert[]> {
      const found = await reading(database).find(
        AlertTable,
        { account },
        { orderBy: { raisedAtMs: 'desc', alertId: 'desc' }, limit },
      )
      return found.map(alertOf)
    },
    /** Those not cleared, oldest first. */
    async standingAlerts(): Promise<StoredAlert[]> {
      const found = await reading(database).find(
        AlertTable,
        { account, clearedAtMs: null },
        { orderBy: { raisedAtMs: 'asc', alertId: 'asc' } },
      )
      return found.map(alertOf)
    },
  }
}

const alertOf = ({ clearedAtMs, acknowledgedAtMs, acknowledgedBy, ...row }: AlertRow): StoredAlert => ({
  alertId: row.alertId,
  name: row.name,
  subject: row.subject,
  severity: row.severity,
  message: row.message,
  detail: row.detail,
  raisedAtMs: row.raisedAtMs,
  clearedAtMs: clearedAtMs ?? null,
  acknowledgedAtMs: acknowledgedAtMs ?? null,
  acknowledgedBy: acknowledgedBy ?? null,
})

// The exchange's terms as they were last read: what a solvency verdict rests on after a restart, or while they cannot be read.

/** `name`: 'collateral', or 'risk-tiers SYMBOL'. */
type ReadTerms = { name: string; terms: JsonObject; readAtMs: number }

export type TermsStore = {
  /** The newest reading of a name replaces the one before. */
  keepTerms(read: ReadTerms): Promise<void>
  /** All names, each as last read. */
  lastTerms(): Promise<ReadTerms[]>
}

/** In the database of one account. Both verbs throw what the database throws. */
export function createTermsStore(database: Database, scope: AccountScope): TermsStore {
  const { account } = scope
  return {
    async keepTerms(read) {
      await writing(database, scope, em => em.upsert(TermsTable, { account, ...read }))
    },
    async lastTerms() {
      const found = await reading(database).find(TermsTable, { account })
      return found.map(({ name, terms, readAtMs }) => ({ name, terms, readAtMs }))
    },
  }
}

/** The same in memory. */
export function memoryTerms(): TermsStore {
  const known = new Map<string, ReadTerms>()
  return {
    keepTerms: async read => void known.set(read.name, read),
    lastTerms: async () => [...known.values()],
  }
}
