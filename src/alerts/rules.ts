/**
 * What is wrong, judged from one look at everything: pure. A rule that cannot know says so, and then its alerts neither
 * begin nor end. Lengths are engine time unless the name says wall.
 */
import { Decimal } from 'decimal.js'
import type { JsonObject } from '../domain/json.ts'
import { missedSettlementAtMs, type SettlementWatch } from '../domain/market/funding.ts'
import { ALERTS, type RuleName, type Severity } from './catalogue.ts'

export type HedgeSeen = {
  /** The actor's id. */
  id: string
  symbol: string
  /** Dotted. */
  state: string
  /** 0 when the legs are level. */
  unbalancedSinceMs: number
  /** USDT, as a decimal. */
  unhedgedNotionalUsdt: string
  limits: { unhedgedMsMax: number; unhedgedNotionalUsdtMax: string }
  failure: string | null
  /** The orders whose end is not known yet. */
  orders: readonly { orderLinkId: string; decidedAtMs: number }[]
  hedgedAtMs: number
  lastSettlementAtMs: number
  /** Undefined while the ticker is not heard. */
  schedule: SettlementWatch['schedule'] | undefined
}

/** One look at everything. `undefined` is: not known at this moment. */
export type Observation = {
  nowMs: number
  /** First part of the engine's state. */
  engineState: string
  engineBecause: string
  accountUp: boolean
  orderEntryReady: boolean
  /** Engine milliseconds since the account's risk was judged; null when it never was. */
  judgedAgeMs: number | null
  /** And since the hedges were compared with what the exchange shows. */
  auditedAgeMs: number
  /** What a person must change about the key; undefined while the exchange takes it. */
  keyRefusal: { code: number; says: string } | undefined
  ownsAccount: boolean
  journalOldestWallMs: number
  database: { ok: boolean; detail: string } | undefined
  /** Bytes free where the data folder is. */
  diskFreeBytes: number | undefined
  /** This machine's clock less the exchange's, wall milliseconds. */
  clockOffWallMs: number | undefined
  feedAgesMs: Readonly<Record<string, number>>
  /** A fraction: 1 is liquidation; null where the exchange gives none. */
  maintenanceMarginRate: string | null | undefined
  hedges: readonly HedgeSeen[]
  quarantined: readonly { id: string; error: string }[]
}

export type Bounds = {
  maintenanceMarginRateMax: number
  feedSilentMs: number
  judgedAgeMsMax: number
  auditedAgeMsMax: number
  settlementMissedMs: number
  orderUnknownMs: number
  clockOffWallMsMax: number
  journalSlowWallMs: number
}

/** `holdWallMs`: how long it must be so before anybody is told. */
export type Finding = {
  name: RuleName
  subject: string
  severity: Severity
  detail: JsonObject
  holdWallMs: number
}
type Found = { subject?: string; severity?: Severity; detail: JsonObject; holdWallMs?: number }
/** `undefined`: this rule cannot know at the moment. */
type Rule = (seen: Observation, bounds: Bounds) => Found[] | undefined

const when = (isSo: boolean, found: () => Found): Found[] => (isSo ? [found()] : [])
/** What only costs opportunity without a hedge can cost money with one. */
const byStakes = ({ hedges }: Observation): Severity => (hedges.length > 0 ? 'page' : 'ticket')
/** A person needs longer than this to look; where engine time runs fast, every bound is over in a blink. */
const BLINK_WALL_MS = 2_000
const MIB = 1_048_576
/** Days before it is full; and hours: without room the database ends, and the engine with it. */
const DISK_LOW_BYTES = 2_048 * MIB
const DISK_ALMOST_FULL_BYTES = 512 * MIB

/** How bad it is that so many bytes are free where the data folder is; null when there are enough. */
export function diskSeverity(freeBytes: number): Severity | null {
  if (freeBytes >= DISK_LOW_BYTES) return null
  return freeBytes < DISK_ALMOST_FULL_BYTES ? 'page' : 'ticket'
}
/** For people: whole mebibytes. */
export const freeMiB = (freeBytes: number): number => Math.floor(freeBytes / MIB)
const JUDGING = ['trading', 'reducing', 'halted']
const RESTING = ['stopping', 'absent']

const RULES: Readonly<Record<RuleName, Rule>> = {
  'hedge.naked-leg': ({ hedges, nowMs }) =>
    hedges
      .filter(({ unbalancedSinceMs, unhedgedNotionalUsdt, limits }) => {
        if (unbalancedSinceMs === 0) return false
        const isOld = nowMs - unbalancedSinceMs > limits.unhedgedMsMax
        return isOld || new Decimal(unhedgedNotionalUsdt).gt(limits.unhedgedNotionalUsdtMax)
      })
      .map(({ id, unhedgedNotionalUsdt, unbalancedSinceMs }) => ({
        subject: id,
        detail: { notionalUsdt: unhedgedNotionalUsdt, ageMs: nowMs - unbalancedSinceMs },
        holdWallMs: BLINK_WALL_MS,
      })),

  'hedge.failed': ({ hedges }) =>
    hedges
      .filter(({ state }) => state.startsWith('failed'))
      .map(({ id, failure }) => ({ subject: id, detail: { because: failure ?? 'not given' } })),

  'order.unknown': ({ hedges, nowMs }, { orderUnknownMs }) =>
    hedges
      .filter(({ state }) => !state.startsWith('failed'))
      .flatMap(({ id, orders }) =>
        orders
          .filter(({ decidedAtMs }) => nowMs - decidedAtMs > orderUnknownMs)
          .map(({ orderLinkId, decidedAtMs }) => ({
            subject: orderLinkId,
            detail: { hedge: id, ageMs: nowMs - decidedAtMs },
            holdWallMs: BLINK_WALL_MS,
          })),
      ),

  'actor.quarantined': ({ quarantined }) =>
    quarantined.map(({ id, error }) => ({ subject: id, detail: { because: error } })),

  'settlement.missed': ({ hedges, nowMs }, { settlementMissedMs }) =>
    hedges.flatMap(({ id, symbol, schedule, ...hedge }) => {
      const missedAtMs = schedule && missedSettlementAtMs({ ...hedge, schedule }, nowMs, settlementMissedMs)
      return missedAtMs === undefined ? [] : [{ subject: id, detail: { symbol, settlementAtMs: missedAtMs } }]
    }),

  'margin.high': ({ maintenanceMarginRate: found }, { maintenanceMarginRateMax: limit }) =>
    found === undefined
      ? undefined
      : found === null
        ? [{ detail: { maintenanceMarginRate: 'not known', limit } }]
        : when(new Decimal(found).gte(limit), () => ({ detail: { maintenanceMarginRate: found, limit } })),

  'feed.silent': (seen, { feedSilentMs }) =>
    Object.entries(seen.feedAgesMs)
      .filter(([, ageMs]) => ageMs > feedSilentMs)
      .map(([feed, ageMs]) => ({
        subject: feed,
        severity: byStakes(seen),
        detail: { ageMs },
        holdWallMs: 3_000,
      })),

  'account.down': seen =>
    when(!seen.accountUp && !RESTING.includes(seen.engineState), () => ({
      severity: byStakes(seen),
      detail: { because: seen.engineBecause },
      holdWallMs: 15_000,
    })),

  'order-entry.down': seen =>
    when(!seen.orderEntryReady, () => ({
      severity: byStakes(seen),
      detail: {},
      holdWallMs: 30_000,
    })),

  'account.key-refused': ({ keyRefusal: refusal }) =>
    refusal ? [{ detail: { because: refusal.says, code: refusal.code } }] : [],

  'risk.unjudged': ({ engineState, judgedAgeMs: ageMs }, { judgedAgeMsMax: limitMs }) =>
    when(JUDGING.includes(engineState) && (ageMs === null || ageMs > limitMs), () => ({
      detail: { ageMs: ageMs ?? 'never judged', limitMs },
      // The first judgement comes a moment after trading begins.
      holdWallMs: ageMs === null ? 60_000 : 30_000,
    })),

  'account.unaudited': ({ engineState, auditedAgeMs: ageMs }, { auditedAgeMsMax: limitMs }) =>
    when(JUDGING.includes(engineState) && ageMs > limitMs, () => ({
      detail: { ageMs, limitMs },
      holdWallMs: 30_000,
    })),

  'engine.not-trading': ({ engineState, engineBecause }) =>
    when(['booting', 'reconciling', 'absent'].includes(engineState), () => ({
      detail: { state: engineState, because: engineBecause },
      holdWallMs: 300_000,
    })),

  'clock.off': ({ clockOffWallMs: offMs }, { clockOffWallMsMax: limitMs }) =>
    offMs === undefined
      ? undefined
      : when(Math.abs(offMs) > limitMs, () => ({ detail: { offMs: Math.round(offMs), limitMs } })),

  'lease.lost': ({ ownsAccount }) => when(!ownsAccount, () => ({ detail: {} })),

  'journal.slow': ({ journalOldestWallMs: oldestMs }, { journalSlowWallMs }) =>
    when(oldestMs > journalSlowWallMs, () => ({ detail: { oldestMs }, holdWallMs: 1_000 })),

  'disk.low'({ diskFreeBytes: freeBytes }) {
    if (freeBytes === undefined) return undefined
    const severity = diskSeverity(freeBytes)
    return severity === null ? [] : [{ severity, detail: { freeMiB: freeMiB(freeBytes) } }]
  },

  'database.unreachable': ({ database }) =>
    database && when(!database.ok, () => ({ detail: { because: database.detail }, holdWallMs: 3_000 })),
}

/** Everything that is wrong, and the rules that cannot tell at the moment. */
export function judge(seen: Observation, bounds: Bounds): { found: Finding[]; unsure: Set<RuleName> } {
  const found: Finding[] = []
  const unsure = new Set<RuleName>()
  for (const [rule, look] of Object.entries(RULES)) {
    const name = rule as RuleName
    const answers = look(seen, bounds)
    if (!answers) unsure.add(name)
    for (const { subject = '', severity = ALERTS[name].severity, detail, holdWallMs = 0 } of answers ?? [])
      found.push({ name, subject, severity, detail, holdWallMs })
  }
  return { found, unsure }
}
