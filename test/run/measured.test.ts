import { expect, test } from 'vitest'
import { type Envelope, type Wire, WireFailure } from '../../src/exchange/bybit/wire/wire.ts'
import { measuredWire } from '../../src/run/measured.ts'
import { silentTelemetry } from '../../src/telemetry/telemetry.ts'

const reply = (retCode: number): Envelope => ({ retCode, retMsg: '', result: {}, retExtInfo: {}, time: 0 })

/** A wire whose every call ends as told. */
function wireThat(end: () => Promise<Envelope>): Wire {
  const never = () => {
    throw new Error('expected no stream here')
  }
  return {
    get: end,
    post: end,
    trade: end,
    tradeReady: () => true,
    publicStream: never,
    privateStream: never,
    close: async () => {},
  }
}

const counted = async (end: () => Promise<Envelope>) => {
  const telemetry = silentTelemetry()
  const wire = measuredWire(wireThat(end), telemetry)
  const answer = await wire.trade('order.create', {}, 1).catch((error: unknown) => error)
  const line = /exchange_call_seconds_count\{endpoint="order\.create",outcome="([\w-]+)"\} 1/.exec(
    await telemetry.metrics(),
  )
  return { answer, outcome: line?.[1] }
}

test.each([
  ['ok', () => Promise.resolve(reply(0))],
  ['refused', () => Promise.resolve(reply(110007))],
  ['cut', () => Promise.reject(new WireFailure('timeout'))],
  ['garbled', () => Promise.reject(new WireFailure('no JSON', false))],
  ['not-sent', () => Promise.reject(new WireFailure('socket down', true, false))],
])('a call that ends %s is counted as that, and its caller sees no difference', async (outcome, end) => {
  const found = await counted(end)
  expect(found.outcome).toBe(outcome)
  expect(found.answer).toEqual(await end().catch((error: unknown) => error))
})
