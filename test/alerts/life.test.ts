import { expect, test } from 'vitest'
import { createAlerts } from '../../src/alerts/alerts.ts'
import type { Occasion } from '../../src/alerts/channels.ts'
import type { Alert } from '../../src/alerts/delivery/alert-log.ts'
import type { Finding } from '../../src/alerts/rules.ts'
import { VirtualClock } from '../../src/clock/virtual-clock.ts'
import { silentTelemetry } from '../../src/telemetry/telemetry.ts'

const ESCALATE_MS = 60_000
const SURE = new Set<never>()

function desk(restored: readonly Alert[] = [], settleMs = 0) {
  const clock = new VirtualClock(1_000)
  const told: string[] = []
  const kept: Alert[] = []
  const telemetry = silentTelemetry()
  const alerts = createAlerts(telemetry, {
    clock,
    wall: clock,
    keep: alert => kept.push(alert),
    tell: (occasion: Occasion, alert) => told.push(`${occasion} ${alert.name} ${alert.subject}`),
    escalateAfterMs: ESCALATE_MS,
    escalationsMax: 2,
    settleMs,
  })
  alerts.restore(restored)
  const pass = (ms: number) => clock.advanceTo(clock.nowMs() + ms)
  return { alerts, told, kept, pass, telemetry }
}

const finding = (change: Partial<Finding> = {}): Finding => ({
  name: 'feed.silent',
  subject: 'spot',
  severity: 'ticket',
  detail: {},
  holdWallMs: 0,
  ...change,
})

test('an alert is told when it begins and when it is over, and never in between', () => {
  const { alerts, told, kept } = desk()
  for (let look = 0; look < 5; look++) alerts.judged([finding()], SURE)
  alerts.judged([], SURE)
  expect(told).toEqual(['raised feed.silent spot', 'cleared feed.silent spot'])
  expect(kept.map(({ clearedAtMs }) => clearedAtMs === null)).toEqual([true, false])
  expect(alerts.standing()).toEqual([])
})

test('what is kept is the alert alone, as the store has it, and nothing of the rule that found it', () => {
  const { alerts, kept } = desk()
  alerts.judged([finding()], SURE)
  expect(Object.keys(kept[0] ?? {}).sort()).toEqual(
    [
      ...['acknowledgedAtMs', 'acknowledgedBy', 'alertId', 'clearedAtMs', 'detail'],
      ...['message', 'name', 'raisedAtMs', 'severity', 'subject'],
    ].sort(),
  )
})

test('a different subject is a different alert', () => {
  const { alerts, told } = desk()
  alerts.judged([finding(), finding({ subject: 'linear' })], SURE)
  alerts.judged([finding({ subject: 'linear' })], SURE)
  expect(told).toEqual(['raised feed.silent spot', 'raised feed.silent linear', 'cleared feed.silent spot'])
})

test('what must hold for a while is told only when it did, without a break', () => {
  const { alerts, told, pass } = desk()
  const held = finding({ holdWallMs: 3_000 })
  alerts.judged([held], SURE)
  pass(2_000)
  alerts.judged([], SURE)
  alerts.judged([held], SURE)
  pass(2_999)
  alerts.judged([held], SURE)
  expect(told).toEqual([])
  pass(1)
  alerts.judged([held], SURE)
  expect(told).toEqual(['raised feed.silent spot'])
})

test('an alert whose rule cannot know at the moment stands', () => {
  const { alerts } = desk()
  alerts.judged([finding({ name: 'clock.off', subject: '' })], SURE)
  alerts.judged([], new Set(['clock.off' as const]))
  expect(alerts.standing()).toHaveLength(1)
  alerts.judged([], SURE)
  expect(alerts.standing()).toHaveLength(0)
})

test('a ticket that becomes a page is told again, and whoever took the ticket is asked again', () => {
  const { alerts, told } = desk()
  alerts.judged([finding()], SURE)
  alerts.acknowledge(alerts.standing()[0]?.alertId ?? '', 'ann')
  alerts.judged([finding({ severity: 'page' })], SURE)
  alerts.judged([finding()], SURE)
  expect(told).toEqual(['raised feed.silent spot', 'worse feed.silent spot'])
  expect(alerts.standing()[0]).toMatchObject({ severity: 'page', acknowledgedBy: null })
})

test('a page that nobody takes is told again, a bounded number of times', () => {
  const { alerts, told, pass } = desk()
  const page = finding({ severity: 'page' })
  for (let look = 0; look < 500; look++) {
    alerts.judged([page], SURE)
    pass(1_000)
  }
  expect(told.filter(line => line.startsWith('escalated'))).toHaveLength(2)
})

test('an acknowledged page is not told again, stands, and its end is told', () => {
  const { alerts, told, pass } = desk()
  const page = finding({ severity: 'page' })
  alerts.judged([page], SURE)
  const { alertId } = alerts.standing()[0] ?? { alertId: '' }
  expect(alerts.acknowledge(alertId, 'ann')).toMatchObject({ acknowledgedBy: 'ann', clearedAtMs: null })
  pass(10 * ESCALATE_MS)
  alerts.judged([page], SURE)
  alerts.judged([], SURE)
  expect(told).toEqual(['raised feed.silent spot', 'cleared feed.silent spot'])
  expect(alerts.acknowledge(alertId, 'ann')).toBeUndefined()
})

test('what tells of a thing that happened is over when a person takes it', () => {
  const { alerts } = desk()
  alerts.raise('page', 'venue.took-position', { symbol: 'BTCUSDT', cause: 'adl' })
  alerts.judged([], SURE)
  const [alert] = alerts.standing()
  expect(alert).toMatchObject({ subject: 'BTCUSDT', detail: { cause: 'adl' } })
  expect(alerts.acknowledge(alert?.alertId ?? '', 'bob')?.clearedAtMs).not.toBeNull()
  expect(alerts.standing()).toEqual([])
})

test('what its caller raised, only its caller clears', () => {
  const { alerts, told } = desk()
  alerts.raise('page', 'ledger.residual', { coin: 'USDT', residual: '0.1' })
  alerts.judged([], SURE)
  alerts.clear('ledger.residual', 'BTC')
  expect(told).toEqual(['raised ledger.residual USDT'])
  alerts.clear('ledger.residual', 'USDT')
  alerts.clear('ledger.residual', 'USDT')
  expect(told).toEqual(['raised ledger.residual USDT', 'cleared ledger.residual USDT'])
})

test('what stood before a restart is not told anew, but goes on and ends', () => {
  const before = desk()
  before.alerts.judged([finding({ severity: 'page' })], SURE)
  const { alerts, told, pass } = desk(before.kept)
  alerts.judged([finding({ severity: 'page' })], SURE)
  expect(told).toEqual([])
  pass(ESCALATE_MS)
  alerts.judged([finding({ severity: 'page' })], SURE)
  alerts.judged([], SURE)
  expect(told).toEqual(['escalated feed.silent spot', 'cleared feed.silent spot'])
})

test('however many there are, they are bounded', () => {
  const { alerts } = desk()
  for (let at = 0; at < 2_000; at++) alerts.raise('page', 'hedge.failed', { actorId: `hedge:${at}` })
  expect(alerts.standing().length).toBeLessThanOrEqual(500)
})

test('alerts that stand are a gauge by name and severity', async () => {
  const { alerts, telemetry } = desk()
  alerts.judged([finding(), finding({ subject: 'linear' })], SURE)
  expect(await telemetry.metrics()).toContain(
    'hedgerow_alerts_standing{name="feed.silent",severity="ticket"} 2',
  )
  alerts.judged([], SURE)
  expect(await telemetry.metrics()).not.toContain('hedgerow_alerts_standing{')
})

test('a ticket that comes and goes is told once, and ends when its end has lasted; a page ends at once', () => {
  const { alerts, told, pass } = desk([], 300_000)
  for (let turn = 0; turn < 24; turn++) {
    alerts.raise('ticket', 'adl.near', { symbol: 'BTCUSDT' })
    alerts.clear('adl.near', 'BTCUSDT')
    pass(60_000)
    alerts.judged([], SURE)
  }
  expect(told).toEqual(['raised adl.near BTCUSDT'])
  expect(alerts.standing()).toHaveLength(1)
  pass(300_000)
  alerts.judged([], SURE)
  expect(told).toEqual(['raised adl.near BTCUSDT', 'cleared adl.near BTCUSDT'])
  alerts.raise('page', 'ledger.residual', { coin: 'USDT' })
  alerts.clear('ledger.residual', 'USDT')
  expect(told.at(-1)).toBe('cleared ledger.residual USDT')
})
