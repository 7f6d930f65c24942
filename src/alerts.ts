/**
 * What a person must hear of: one log line and one count per alert. Prometheus' Alertmanager carries them further
 * (mail, chat), so that the engine holds no address book.
 */

import type { Telemetry } from './telemetry.ts'
import type { LogFields } from './telemetry-log.ts'

/** 'page' wakes a person, 'ticket' can wait for the morning. */
export type Severity = 'page' | 'ticket'

export type Alerts = { raise(severity: Severity, name: string, fields?: LogFields): void }

/** Alerts by way of telemetry. `name` never changes: `hedge.failed`, `ledger.residual`… */
export function createAlerts(telemetry: Telemetry): Alerts {
  return {
    raise(severity, name, fields = {}) {
      telemetry.alertRaised(severity)
      const say = severity === 'page' ? telemetry.log.error : telemetry.log.warn
      say(`alert.${name}`, { ...fields, severity })
    },
  }
}
