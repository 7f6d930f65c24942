/** Promises 5 and 7 across an upgrade: a row of an earlier chart is taken up where it was, and goes on. */
import { describe, expect, test } from 'vitest'
import type { AnyStateNode, StateValue } from 'xstate'
import { verifyReplay } from '../../../actors/runtime/replay.ts'
import type { HedgeContext } from '../../../machines/hedge/context.ts'
import type { HedgePlan } from '../../../src/domain/entry/plan.ts'
import type { JsonObject } from '../../../src/domain/json.ts'
import { finalResult } from '../../../src/run/books/hedge-accounts.ts'
import { createCharts } from '../../../src/views/inspection/charts.ts'
import { pastStep } from '../../../src/views/inspection/past.ts'
import { NOW_MS } from '../../support/domain/sample-market.ts'
import { GOLDEN, golden, KINDS, livingOn, takenUp } from '../../support/machines/golden-rows.ts'
import { ordering } from '../../support/machines/told-hedge.ts'

type Context = Record<string, unknown>
const contextOf = (snapshot: string) => (JSON.parse(snapshot) as { context: Context }).context
const kindOf = (kind: string) => {
  const spec = KINDS[kind]
  if (!spec?.migrate) throw new Error(`expected a kind with a migration, found ${kind}`)
  return { ...spec, migrate: spec.migrate }
}
const nodesOf = (node: AnyStateNode): AnyStateNode[] => [node, ...Object.values(node.states).flatMap(nodesOf)]

/** Something that every state of the chart takes. */
const STIR: Readonly<Record<string, { type: string } & JsonObject>> = {
  hedge: { type: 'funding.settled', amountUsdt: '1', settledAtMs: NOW_MS },
  engine: { type: 'account.down', because: 'cut' },
  desk: { type: 'desk.close', because: 'lunch' },
  symbol: { type: 'symbol.quarantine' },
}

describe.each(GOLDEN.rows)('a $row.kind of version 1: $name', each => {
  const { row, pending } = each
  const { actorId, kind } = row

  test('is taken up in its state with its timers, and what was pending is driven again', async () => {
    const { process, calls, stored } = await takenUp(each)
    expect([process.faults, process.fatals]).toEqual([[], []])
    expect(process.state(actorId)).toBe(row.state)
    expect(calls.map(({ id, redriven }) => ({ id, redriven }))).toEqual(
      pending.map(({ id }) => ({ id, redriven: true })),
    )
    expect(stored(), 'taking it up writes nothing').toEqual(row)
    const { value } = JSON.parse(row.snapshot) as JsonObject
    const snapshot = process.runtime.get(actorId)?.actor.getSnapshot()
    expect(snapshot.value).toMatchObject(typeof value === 'string' ? {} : (value as JsonObject))
  })

  test('knows all that a row of today knows, and keeps all that it knew', () => {
    const { machine, migrate } = kindOf(kind)
    const before = contextOf(row.snapshot)
    const after = contextOf(migrate(row.snapshot, 1))
    const born = machine.getInitialSnapshot({} as never, before as never).context as Context
    expect(Object.keys(after).sort()).toEqual(Object.keys({ ...before, ...born }).sort())
    expect(after).toMatchObject(before)
  })

  test('says of every region where it is', () => {
    const { machine, migrate } = kindOf(kind)
    const { value } = JSON.parse(migrate(row.snapshot, 1)) as { value: StateValue }
    expect(machine.resolveState({ value, context: {} }).value).toEqual(value)
  })

  test('writes a row of today with its next step', async () => {
    const { process, stored } = await takenUp(each)
    process.runtime.deliver(actorId, STIR[kind] ?? { type: 'none' })
    await process.settle()
    expect([process.faults, process.fatals]).toEqual([[], []])
    expect(stored()).toMatchObject({ version: 2, seq: row.seq + 1 })
    expect(process.records[0]).toMatchObject({ actorId, seq: row.seq + 1, from: row.state, version: 2 })
  })

  test('has its journal named as unchecked, not as different, before and after the change', async () => {
    const { process } = await takenUp(each)
    const checked = { differences: [], unchecked: [actorId] }
    expect(await verifyReplay(process.journal, KINDS)).toMatchObject(checked)
    process.runtime.deliver(actorId, STIR[kind] ?? { type: 'none' })
    await process.settle()
    expect(await verifyReplay(process.journal, KINDS)).toMatchObject(checked)
  })
})

describe('timers of version 1', () => {
  test.each(Object.entries(GOLDEN.charts))('wait in nodes that a %s still has', (kind, { nodes, timers }) => {
    const today = nodesOf(kindOf(kind).machine.root)
    const ids = today.map(({ id }) => id)
    expect(nodes.filter(id => !ids.includes(id))).toEqual([])
    const events = today.flatMap(({ after }) => after.map(({ eventType }) => eventType))
    expect(timers.filter(type => !events.includes(type))).toEqual([])
  })

  const armed = GOLDEN.rows.flatMap(each =>
    each.row.timers.map(timer => ({ each, timer, name: each.name, type: String(timer.event.type) })),
  )
  test.each(armed)('$type of $name comes and is taken', async ({ each, timer, type }) => {
    const { process } = await takenUp(each)
    await process.pass(timer.dueAtMs - process.clock.nowMs() + 1)
    expect(process.faults).toEqual([])
    // A timer that came first may have led the chart out of where this one was armed.
    const left = process.records.some(({ timers }) => !timers.some(({ event }) => event.type === type))
    expect(left).toBe(true)
  })
})

describe('a hedge of version 1 goes on', () => {
  const hedged = { spot: '10', perp: '10' }
  const rows = [
    ['idle', { spot: '0', perp: '0' }],
    ['entering, deciding', { spot: '0', perp: '0' }],
    ['entering, pausing', { spot: '0', perp: '0' }],
    ['entering, verifying', hedged],
    ['entering, doubting', hedged],
    ['hedged, rebalancing', hedged],
  ] as const

  test.each(rows)('%s: to hedged, with the old questions answered', async (name, held) => {
    const { process, account, state } = await livingOn(golden('hedge', name), held)
    await process.pass(30_000)
    expect(process.faults).toEqual([])
    expect(state()).toBe('hedged.watching')
    const { perp } = process.context('hedge:HEDGE00001') as unknown as HedgeContext
    expect(account.perp.toFixed(), 'what is known is what the exchange holds').toBe(perp.base)
    expect(account.spot.minus(account.perp).abs().lt('0.1'), 'level').toBe(true)
  })

  test('entering, working: it hears of its fill, and the perpetual follows', async () => {
    const { process, placed, state } = await livingOn(golden('hedge', 'entering, working'), {
      spot: '10',
      perp: '0',
    })
    const { spot } = process.context('hedge:HEDGE00001') as unknown as HedgeContext
    const orderLinkId = spot.order?.orderLinkId ?? ''
    const outcome = { leg: 'spot', base: '10', cashUsdt: '-25', feesUsdt: '0.025' }
    process.runtime.deliver('hedge:HEDGE00001', { type: 'order.closed', orderLinkId, ...outcome })
    await process.pass(30_000)
    expect(process.faults).toEqual([])
    expect(placed[0]).toMatchObject({ market: 'linear', side: 'Sell', qty: '10' })
    expect(placed.map(order => order.orderLinkId)).not.toContain(orderLinkId)
    expect(state()).toBe('hedged.watching')
  })

  test('entering, sending: its order is asked about and never sent again', async () => {
    const { process, placed, asked } = await livingOn(golden('hedge', 'entering, sending'), {
      spot: '0',
      perp: '0',
    })
    const { spot } = process.context('hedge:HEDGE00001') as unknown as HedgeContext
    expect([placed, asked]).toEqual([[], [spot.order?.orderLinkId]])
  })

  test.each(['entering, asking', 'entering, waiting to ask'])(
    '%s: it asks on about the same id',
    async name => {
      const { process, placed, asked } = await livingOn(golden('hedge', name), { spot: '0', perp: '0' })
      await process.pass(1_500)
      expect([placed, [...new Set(asked)]]).toEqual([[], ['HEDGE00001-SE0000']])
    },
  )

  test('hedged: it unwinds and is closed', async () => {
    const { process, account, placed } = await livingOn(golden('hedge', 'hedged'), hedged)
    process.runtime.deliver('hedge:HEDGE00001', { type: 'hedge.unwind', because: 'operator' })
    await process.pass(30_000)
    expect(process.faults).toEqual([])
    expect(placed[0]).toMatchObject({ market: 'spot', side: 'Sell' })
    expect([account.spot.toFixed(), account.perp.toFixed()]).toEqual(['0', '0'])
    expect(await process.journal.loadActor('hedge:HEDGE00001')).toMatchObject({
      state: 'closed',
      status: 'done',
      version: 2,
    })
  })

  test('unwinding, working: the order at work ends, and the rest follows', async () => {
    const life = await livingOn(golden('hedge', 'unwinding, working'), { spot: '0', perp: '10' })
    const { spot } = life.process.context('hedge:HEDGE00001') as unknown as HedgeContext
    const orderLinkId = spot.order?.orderLinkId ?? ''
    const outcome = { leg: 'spot', base: '-10', cashUsdt: '25', feesUsdt: '0.025' }
    life.process.runtime.deliver('hedge:HEDGE00001', { type: 'order.closed', orderLinkId, ...outcome })
    await life.process.pass(30_000)
    expect(life.placed).toMatchObject([{ market: 'linear', side: 'Buy', reduceOnly: true }])
    expect(await life.process.journal.loadActor('hedge:HEDGE00001')).toMatchObject({ state: 'closed' })
  })

  test('failed: a retry asks about the order that was left, and its fill is followed', async () => {
    const { process, asked, state } = await livingOn(golden('hedge', 'failed'), { spot: '10', perp: '0' })
    const before = asked.length
    process.runtime.deliver('hedge:HEDGE00001', { type: 'hedge.retry' })
    await process.settle()
    expect(asked.slice(before)).toEqual(['HEDGE00001-SE0000'])
    const outcome = { leg: 'spot', base: '10', cashUsdt: '-25', feesUsdt: '0.025' }
    const orderLinkId = 'HEDGE00001-SE0000'
    process.runtime.deliver('hedge:HEDGE00001', { type: 'order.closed', orderLinkId, ...outcome })
    await process.pass(30_000)
    expect(state()).toBe('hedged.watching')
  })

  test('its order says all that an order of today says, and nothing of it waits in the book', () => {
    const { snapshot } = golden('hedge', 'entering, working').row
    const { spot } = contextOf(kindOf('hedge').migrate(snapshot, 1)) as unknown as HedgeContext
    expect(Object.keys(spot.order ?? {}).sort()).toEqual(
      Object.keys(ordering().context().spot.order ?? {}).sort(),
    )
    expect(spot.order).toMatchObject({ borrow: false, standing: false, cancelRequested: false, soFar: null })
  })

  test('its profit and its quality are told: an estimate of before had fewer parts', () => {
    const { snapshot } = golden('hedge', 'hedged').row
    const migrated = contextOf(kindOf('hedge').migrate(snapshot, 1)) as unknown as HedgeContext
    const facts = { context: migrated, state: 'closed', sinceMs: NOW_MS, postings: [], fills: [], mids: {} }
    expect(finalResult(facts)).toMatchObject({
      route: 'spot-first',
      detail: { quality: { expectedCostUsdt: '6.2' } },
    })
  })

  test('one that a desk of before gave life to is born with a whole plan', () => {
    const { plan, execution, limits, symbolActor } = contextOf(golden('hedge', 'idle').row.snapshot)
    const input = { plan, execution, limits, symbolActor }
    const born = kindOf('hedge').machine.getInitialSnapshot({} as never, input as never)
      .context as HedgeContext
    expect((plan as HedgePlan).expected.route).toBeUndefined()
    expect(born.plan.expected).toMatchObject({ route: 'spot-first', adverseUsdt: '0', orphanUsdt: '0' })
  })
})

describe('what nobody can read', () => {
  test.each(Object.keys(GOLDEN.charts))('a %s of a version nobody knows is refused', kind => {
    const { snapshot } = GOLDEN.rows.find(({ row }) => row.kind === kind)?.row ?? { snapshot: '' }
    for (const version of [0, 2, 3, 1.5, Number.NaN])
      expect(() => kindOf(kind).migrate(snapshot, version)).toThrow(
        `row of a ${kind}: expected chart version 1 to 2, found ${version}`,
      )
  })

  test('a row of a later version is left as it is, and its actor fails by name', async () => {
    const known = golden('hedge', 'hedged')
    const later = { ...known, row: { ...known.row, version: 7 } }
    const { process, stored } = await takenUp(later)
    expect(process.faults.map(({ actorId, error }) => [actorId, String(error)])).toEqual([
      ['hedge:HEDGE00001', 'Error: row of a hedge: expected chart version 1 to 2, found 7'],
    ])
    expect(process.stored.poisons).toMatchObject([{ actorId: 'hedge:HEDGE00001' }])
    expect(stored()).toEqual(later.row)
  })

  test('of steps before the change the inspector says so, and shows the newest one as it is stored', async () => {
    const known = golden('hedge', 'hedged')
    const { process, stored } = await takenUp(known)
    process.runtime.deliver('hedge:HEDGE00001', STIR.hedge ?? { type: 'none' })
    await process.settle()
    const machines = Object.fromEntries(Object.entries(KINDS).map(([kind, { machine }]) => [kind, machine]))
    const ports = { journal: process.journal, charts: createCharts(machines) }
    expect(await pastStep(ports, 'hedge:HEDGE00001', known.row.seq)).toMatchObject({
      context: null,
      note: 'step 0 was taken by chart version 1, which is not at hand',
    })
    const newest = await pastStep(ports, 'hedge:HEDGE00001', undefined)
    expect(newest?.context).toEqual(contextOf(stored().snapshot))
  })
})
