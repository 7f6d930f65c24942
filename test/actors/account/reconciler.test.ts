/** The comparison after a gap: what lists show late must not be taken for what is there. */
import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { reconcileEffect } from '../../../actors/account/reconciler.ts'
import type { EnginePorts } from '../../../actors/ports.ts'
import { findLegs } from '../../../actors/trading/hedge-legs.ts'
import { newHedge } from '../../../machines/hedge/context.ts'
import { VirtualClock } from '../../../src/clock/virtual-clock.ts'
import type { Direction } from '../../../src/domain/instrument.ts'
import { baseQty } from '../../../src/domain/units.ts'
import type { HedgeToStep } from '../../../src/domain/work/step.ts'
import { silentTelemetry } from '../../../src/telemetry/telemetry.ts'
import { RULES } from '../../support/domain/sample-market.ts'
import { sampleHedge, samplePlan } from '../../support/machines/sample-hedge.ts'

type Shown = { coins: string; owed: string; short: string }

/** One hedge of 100, and an exchange that shows one thing until an instant and another from then on. */
function comparing(direction: Direction, early: Shown, late = early, untilMs = 0) {
  const clock = new VirtualClock(0)
  const plan = { ...samplePlan('HEDGE00001'), direction }
  const begun = newHedge({ ...sampleHedge(), plan })
  const context = {
    ...begun,
    spot: { ...begun.spot, base: baseQty('100') },
    perp: { ...begun.perp, base: baseQty('100') },
  }
  const told: { type: string; spotBase: string; perpBase: string }[] = []
  const now = () => (clock.nowMs() < untilMs ? early : late)
  const hedge = {
    id: 'hedge:HEDGE00001',
    kind: 'hedge',
    cell: { state: 'hedged.watching', seq: 1 },
    actor: { getSnapshot: () => ({ context }) },
  }
  const world = {
    clock,
    telemetry: silentTelemetry(),
    board: { view: () => undefined },
    rules: RULES,
    alerts: { raise() {}, clear() {} },
    bookNow: async () => ({}),
    exchange: {
      positions: async () => [
        {
          symbol: plan.perp.symbol,
          qty: now().short.replace('-', ''),
          side: now().short.startsWith('-') ? 'Buy' : 'Sell',
        },
      ],
      wallet: async () => ({
        coins: [{ coin: plan.baseCoin, wallet: now().coins, spotBorrowed: now().owed }],
      }),
      openOrders: async () => [],
    },
    runtime: () => ({ all: () => [hedge], deliver: (_id: string, event: never) => told.push(event) }),
  } as unknown as EnginePorts
  const run = async () => {
    let answer: unknown
    const done = Promise.resolve(reconcileEffect(world)({ run: 1 }, {} as never)).then(found => {
      answer = found
    })
    while (answer === undefined) {
      for (let turn = 0; turn < 5; turn++) await setImmediate()
      clock.step(clock.nowMs() + 60_000)
    }
    await done
    return { answer, told, tookMs: clock.nowMs() }
  }
  return { run, world, facts: { plan, spotNetBase: baseQty('100'), perpBase: baseQty('100') } as HedgeToStep }
}

const WHOLE = { coins: '100', owed: '0', short: '100' }
const OWED = { coins: '0', owed: '100', short: '-100' }

describe('a reconciliation', () => {
  test('that finds nothing is over at once', async () => {
    const { answer, tookMs } = await comparing('long-carry', WHOLE).run()
    expect(answer).toMatchObject({ type: 'reconcile.finished', findings: [] })
    expect(tookMs).toBeLessThan(1_000)
  })

  test('takes nothing over that lists show late: what is gone must stay gone for a while', async () => {
    const { answer, told } = await comparing('long-carry', { ...WHOLE, coins: '0' }, WHOLE, 9_000).run()
    expect(answer).toMatchObject({ type: 'reconcile.finished', findings: [] })
    expect(told).toEqual([])
  })

  test('hands a leg that stays gone to its hedge', async () => {
    const { answer, told } = await comparing('long-carry', { ...WHOLE, short: '0' }).run()
    expect(answer).toMatchObject({ type: 'reconcile.finished' })
    expect(told).toMatchObject([{ type: 'legs.found', spotBase: '100', perpBase: '0' }])
  })

  test('leaves a hedge as it is when more is owed than it knows of: cut to what is known, the rest would be nobody’s', async () => {
    const { answer, told } = await comparing('reverse-carry', { ...OWED, owed: '250' }).run()
    expect(answer).toMatchObject({ findings: ['short-spot XRP: expected -100, found -250'] })
    expect(told).toEqual([])
  })
})

test('a person who lets a hedge adopt what is there gives it the whole debt, and of coins no more than it held', async () => {
  const debt = comparing('reverse-carry', { ...OWED, owed: '250' })
  expect(await findLegs(debt.world, debt.facts)).toMatchObject({ spotBase: '250', perpBase: '100' })
  const coins = comparing('long-carry', { ...WHOLE, coins: '250' })
  expect(await findLegs(coins.world, coins.facts)).toMatchObject({ spotBase: '100', perpBase: '100' })
})
