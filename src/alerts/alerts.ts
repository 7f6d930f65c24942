/**
 * What a person must hear of. Each alert is logged, counted, kept, and told to the configured ways once when it begins,
 * again when it grows worse or when nobody takes it, and once more when it is over. Nothing here ever throws at its
 * caller or stops the engine: an alert that cannot be delivered is an alert itself.
 */
import { type Clock, systemClock } from '../clock/clock.ts'
import type { JsonObject } from '../domain/json.ts'
import type { LogFields } from '../telemetry/log.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { entryOf, type RuleName, type Severity } from './catalogue.ts'
import type { Occasion } from './channels.ts'
import { type Alert, type AlertLog, createAlertLog, keyOf, type Raising } from './delivery/alert-log.ts'
import type { Finding } from './rules.ts'

export type Alerts = {
  /**
   * Something is wrong. `fields` name what it is about (`subject`, else `actorId`, `feed`, `coin` or `symbol`); name and
   * subject are the key: raised again while it stands, nobody is told again.
   */
  raise(severity: Severity, name: string, fields?: LogFields): void
  /** It is so no longer. */
  clear(name: string, subject?: string): void
  /** What all the rules found at one look: begins what is new and ends what is gone. */
  judged(found: readonly Finding[], unsure: ReadonlySet<RuleName>): void
  /** A person takes it: no more calls. What tells of a thing that happened is over with it. Undefined: none stands. */
  acknowledge(alertId: string, by: string): Alert | undefined
  standing(): Alert[]
  /** Takes up what stood when the last process ended. */
  restore(alerts: readonly Alert[]): void
}

export type AlertPorts = {
  /** Engine time: instants of alerts. */
  clock?: Clock
  /** Wall time: holding back and escalating are about people. */
  wall?: Clock
  keep?: (alert: Alert) => void
  tell?: (occasion: Occasion, alert: Alert) => void
  escalateAfterMs?: number
  escalationsMax?: number
  /** Wall time: a ticket that its caller clears ends once it stayed clear for this long, so that what flaps is said once. */
  settleMs?: number
}

type Desk = Required<AlertPorts> & {
  telemetry: Telemetry
  book: AlertLog
  /** Findings that have not held long enough, by key: since when (wall). */
  held: Map<string, number>
  /** Pages nobody took, by id: when last told (wall), and how often again. */
  open: Map<string, { toldAtMs: number; times: number }>
  /** Tickets that were cleared and may come back, by key: since when (wall). */
  clearing: Map<string, { name: string; subject: string; sinceMs: number }>
}

/** Alerts that are logged and counted; kept and told only by what the ports bring. */
export function createAlerts(telemetry: Telemetry, ports: AlertPorts = {}): Alerts {
  const wall = ports.wall ?? systemClock()
  const desk: Desk = {
    clock: wall,
    wall,
    keep: () => {},
    tell: () => {},
    escalateAfterMs: 900_000,
    escalationsMax: 4,
    settleMs: 0,
    ...ports,
    telemetry,
    book: createAlertLog(),
    held: new Map(),
    open: new Map(),
    clearing: new Map(),
  }
  const { book } = desk
  return {
    raise: (severity, name, fields = {}) => raise(desk, { severity, name, ...aboutOf(fields) }),
    clear: (name, subject = '') => settle(desk, name, subject),
    judged(found, unsure) {
      begin(desk, found)
      end(desk, found, unsure)
      endSettled(desk)
      escalate(desk)
    },
    acknowledge(alertId, by) {
      const alert = book.acknowledge(alertId, by, desk.clock.nowMs())
      if (!alert) return undefined
      telemetry.log.info('alert.acknowledged', { alert: alert.name, subject: alert.subject, by })
      desk.open.delete(alertId)
      desk.keep(alert)
      count(desk)
      return alert
    },
    standing: book.standing,
    restore(alerts) {
      book.restore(alerts)
      for (const alert of alerts) if (isOpenPage(alert)) watch(desk, alert)
      count(desk)
    },
  }
}

const SUBJECTS = ['subject', 'actorId', 'feed', 'coin', 'symbol'] as const

/** What an alert is about, and the rest as detail. */
function aboutOf(fields: LogFields): { subject: string; detail: JsonObject } {
  const key = SUBJECTS.find(name => typeof fields[name] === 'string')
  const rest = Object.entries(fields).filter(([name]) => name !== key)
  // The round trip drops what is no JSON: a detail is kept as a row.
  const detail = JSON.parse(JSON.stringify(Object.fromEntries(rest))) as JsonObject
  return { subject: key ? String(fields[key]) : '', detail }
}

type News = Parameters<AlertLog['raise']>[0]

function raise(desk: Desk, raised: News) {
  desk.clearing.delete(keyOf(raised))
  const told = desk.book.raise(raised, desk.clock.nowMs())
  if (told.news !== 'again') announce(desk, told)
}

function announce(desk: Desk, { news, alert }: Raising) {
  const { telemetry } = desk
  telemetry.alertRaised(alert.severity)
  const say = alert.severity === 'page' ? telemetry.log.error : telemetry.log.warn
  say(`alert.${alert.name}`, { ...alert.detail, subject: alert.subject, severity: alert.severity })
  if (isOpenPage(alert)) watch(desk, alert)
  desk.keep(alert)
  desk.tell(news === 'worse' ? 'worse' : 'raised', alert)
  count(desk)
}

/** What wakes a person ends at once; a ticket when its end has lasted. */
function settle(desk: Desk, name: string, subject: string) {
  const key = keyOf({ name, subject })
  const alert = desk.book.standing().find(each => keyOf(each) === key)
  if (desk.settleMs === 0 || alert?.severity !== 'ticket') return clear(desk, name, subject)
  if (!desk.clearing.has(key)) desk.clearing.set(key, { name, subject, sinceMs: desk.wall.nowMs() })
}

function endSettled(desk: Desk) {
  const nowMs = desk.wall.nowMs()
  for (const [key, { name, subject, sinceMs }] of desk.clearing) {
    if (nowMs - sinceMs < desk.settleMs) continue
    desk.clearing.delete(key)
    clear(desk, name, subject)
  }
}

function clear(desk: Desk, name: string, subject: string) {
  const alert = desk.book.clear(name, subject, desk.clock.nowMs())
  if (!alert) return
  desk.telemetry.log.info('alert.over', { alert: name, subject })
  desk.open.delete(alert.alertId)
  desk.keep(alert)
  desk.tell('cleared', alert)
  count(desk)
}

function begin(desk: Desk, found: readonly Finding[]) {
  const nowMs = desk.wall.nowMs()
  const keys = new Set(found.map(keyOf))
  for (const key of desk.held.keys()) if (!keys.has(key)) desk.held.delete(key)
  for (const finding of found) {
    const key = keyOf(finding)
    const sinceMs = desk.held.get(key) ?? nowMs
    desk.held.set(key, sinceMs)
    const { holdWallMs, ...news } = finding
    if (nowMs - sinceMs >= holdWallMs) raise(desk, news)
  }
}

function end(desk: Desk, found: readonly Finding[], unsure: ReadonlySet<string>) {
  const keys = new Set(found.map(keyOf))
  for (const alert of desk.book.standing()) {
    const isRule = entryOf(alert.name).ends === 'rule'
    if (isRule && !unsure.has(alert.name) && !keys.has(keyOf(alert))) clear(desk, alert.name, alert.subject)
  }
}

/** Pages that nobody took are told again, a bounded number of times. */
function escalate(desk: Desk) {
  const nowMs = desk.wall.nowMs()
  for (const alert of desk.book.standing()) {
    const last = desk.open.get(alert.alertId)
    if (!last || last.times >= desk.escalationsMax || nowMs - last.toldAtMs < desk.escalateAfterMs) continue
    desk.open.set(alert.alertId, { toldAtMs: nowMs, times: last.times + 1 })
    desk.telemetry.log.error('alert.escalated', { alert: alert.name, subject: alert.subject })
    desk.tell('escalated', alert)
  }
}

const isOpenPage = ({ severity, acknowledgedAtMs }: Alert) => severity === 'page' && acknowledgedAtMs === null

const watch = ({ open, wall }: Desk, { alertId }: Alert) =>
  open.set(alertId, { toldAtMs: wall.nowMs(), times: 0 })

const count = ({ telemetry, book }: Desk) => telemetry.alertsStanding(book.standing())
