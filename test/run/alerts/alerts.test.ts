import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type Alert, createAlertLog } from '../../../src/alerts/delivery/alert-log.ts'
import { VirtualClock } from '../../../src/clock/virtual-clock.ts'
import { createAlertKeeper } from '../../../src/run/alerts/alerts.ts'
import { silentLog } from '../../../src/telemetry/log.ts'

function keeperOver(answers: (() => Promise<void>)[]) {
  const written: Alert[] = []
  const wall = new VirtualClock(0)
  const write = async (alert: Alert) => {
    await answers.shift()?.()
    written.push(alert)
  }
  return { keeper: createAlertKeeper({ write, wall, log: silentLog() }), written, wall }
}

const alert = (subject: string) =>
  createAlertLog().raise({ name: 'feed.silent', subject, severity: 'ticket', detail: {} }, 1).alert

const away = () => Promise.reject(new Error('ECONNREFUSED'))

test('what the database did not take is written when it is back, as it stands then', async () => {
  const { keeper, written, wall } = keeperOver([away])
  const spot = alert('spot')
  keeper.keep(spot)
  await setImmediate()
  expect(written).toEqual([])
  const over = { ...spot, clearedAtMs: 9 }
  keeper.keep(over)
  wall.advanceTo(60_000)
  await keeper.settled()
  await setImmediate()
  expect(written.at(-1)).toEqual(over)
})

test('what changes while it is being written is written again', async () => {
  const slow = Promise.withResolvers<void>()
  const { keeper, written } = keeperOver([() => slow.promise])
  const spot = alert('spot')
  keeper.keep(spot)
  const taken = { ...spot, acknowledgedAtMs: 5, acknowledgedBy: 'ann' }
  keeper.keep(taken)
  slow.resolve()
  await keeper.settled()
  expect(written).toEqual([spot, taken])
})
