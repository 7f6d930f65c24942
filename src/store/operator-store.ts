/** The account's equity over time, the audit of commands, and the alerts that were raised. */
import { randomUUID } from 'node:crypto'
import type { Json, JsonObject } from '../domain/json.ts'
import type { Usdt } from '../domain/units.ts'
import { type AccountScope, reading, writing } from './account-scope.ts'
import type { Database } from './database.ts'
import { AlertTable, CommandTable, EquityTable } from './tables-operator.ts'

export type EquityPoint = { atMs: number; equityUsdt: Usdt; availableUsdt: Usdt }

/** One command of a person. The key names it for ever: the same key with the same request is the same command. */
export type AuditedCommand = {
  idempotencyKey: string
  operator: string
  source: 'api' | 'cli' | 'dashboard'
  /** The actor, or `engine`. */
  target: string
  request: JsonObject
  outcome: Json
  atMs: number
}

export type RaisedAlert = {
  name: string
  severity: 'page' | 'ticket'
  message: string
  detail: JsonObject
  raisedAtMs: number
}

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
    async keepAlert(alert: RaisedAlert): Promise<void> {
      await writing(database, scope, async em => {
        await em.insert(AlertTable, { account, alertId: randomUUID(), clearedAtMs: null, ...alert })
      })
    },
    /** The newest first. */
    async alerts(limit: number): Promise<RaisedAlert[]> {
      const found = await reading(database).find(
        AlertTable,
        { account },
        { orderBy: { raisedAtMs: 'desc', alertId: 'desc' }, limit },
      )
      return found.map(({ name, severity, message, detail, raisedAtMs }) => ({
        name,
        severity,
        message,
        detail,
        raisedAtMs,
      }))
    },
  }
}
