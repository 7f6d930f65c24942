/**
 * The alerts that stand. At most one with a key (name and subject) stands at a time: raised again it only grows worse.
 * Knows nothing of time but what it is told, and nothing of who is told.
 */
import type { JsonObject } from '../../domain/json.ts'
import { entryOf, type Severity } from '../catalogue.ts'

/** One alert from its beginning to its end; instants are engine time. */
export type Alert = {
  alertId: string
  name: string
  /** What it is about: an actor, a feed, a coin; '' when there is only one such thing. */
  subject: string
  severity: Severity
  message: string
  detail: JsonObject
  raisedAtMs: number
  clearedAtMs: number | null
  acknowledgedAtMs: number | null
  acknowledgedBy: string | null
}

type Raised = { name: string; subject: string; severity: Severity; detail: JsonObject }
/** `again` is no news: it stood already. */
export type Raising = { news: 'raised' | 'worse' | 'again'; alert: Alert }

export type AlertLog = {
  raise(raised: Raised, atMs: number): Raising
  /** The alert that ended, if it stood. */
  clear(name: string, subject: string, atMs: number): Alert | undefined
  /** The alert a person took, with what becomes of it; undefined when no such alert stands. */
  acknowledge(alertId: string, by: string, atMs: number): Alert | undefined
  standing(): Alert[]
  /** Takes up what stood when the process ended. */
  restore(alerts: readonly Alert[]): void
}

/** A bound on everything: more than this at a time is one outage, and the first ones tell of it. */
const STANDING_MAX = 500
const WEIGHT: Record<Severity, number> = { ticket: 0, page: 1 }

/** One alert at most stands under a key. */
export const keyOf = ({ name, subject }: { name: string; subject: string }) => `${name} ${subject}`

/** An empty log: what stands, and since when. It knows no clock and tells nobody. */
export function createAlertLog(): AlertLog {
  const standing = new Map<string, Alert>()

  const raise = (raised: Raised, atMs: number): Raising => {
    const before = standing.get(keyOf(raised))
    if (before) {
      const isWorse = WEIGHT[raised.severity] > WEIGHT[before.severity]
      // Who acknowledged a ticket has not seen the page.
      const taken = isWorse ? { acknowledgedAtMs: null, acknowledgedBy: null } : {}
      const severity = isWorse ? raised.severity : before.severity
      const alert = { ...before, ...taken, severity, detail: raised.detail }
      standing.set(keyOf(raised), alert)
      return { news: isWorse ? 'worse' : 'again', alert }
    }
    const { name, subject, severity, detail } = raised
    const alert: Alert = {
      name,
      subject,
      severity,
      detail,
      // Made of facts: at most one alert with this key begins at an instant.
      alertId: `${raised.name}@${raised.subject}@${atMs}`,
      message: entryOf(raised.name).says,
      raisedAtMs: atMs,
      clearedAtMs: null,
      acknowledgedAtMs: null,
      acknowledgedBy: null,
    }
    if (standing.size >= STANDING_MAX) return { news: 'again', alert }
    standing.set(keyOf(raised), alert)
    return { news: 'raised', alert }
  }

  return {
    raise,
    clear(name, subject, atMs) {
      const key = keyOf({ name, subject })
      const alert = standing.get(key)
      if (!alert) return undefined
      standing.delete(key)
      return { ...alert, clearedAtMs: atMs }
    },
    acknowledge(alertId, by, atMs) {
      const alert = [...standing.values()].find(each => each.alertId === alertId)
      if (!alert) return undefined
      const taken = { ...alert, acknowledgedAtMs: atMs, acknowledgedBy: by }
      if (entryOf(alert.name).ends !== 'person') {
        standing.set(keyOf(alert), taken)
        return taken
      }
      standing.delete(keyOf(alert))
      return { ...taken, clearedAtMs: atMs }
    },
    standing: () => [...standing.values()],
    restore(alerts) {
      for (const alert of alerts) standing.set(keyOf(alert), alert)
    },
  }
}
