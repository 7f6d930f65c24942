/** Promises 2 and 5 when a part of a hedge is closed: by the same orders, and the rest stays hedged. */
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../src/domain/json.ts'
import { baseQty } from '../../../src/domain/units.ts'
import {
  bornHedge,
  closed,
  done,
  type Hedge,
  hedgedHedge,
  ordering,
  orderStep,
} from '../../support/machines/told-hedge.ts'

const PART = { type: 'hedge.unwind-part', share: '0.5' }
const isEnded = (hedge: Hedge) => hedge.tell({ ...done(hedge), type: 'legs.verified' })

describe('a part of a hedge', () => {
  test('is closed by orders of its own, and the desk hears what the rest binds once the exchange confirmed it', () => {
    const hedge = hedgedHedge()
    hedge.tell(PART)
    expect(hedge.state()).toContain('hedged.rebalancing')
    expect(hedge.context()).toMatchObject({ keepBase: '5', beforeParts: { perp: { base: '10' } } })
    hedge.tell(orderStep('spot', 'exit', false))
    hedge.tell(closed(hedge, 'spot', '-10'))
    hedge.tell(orderStep('perp', 'exit', false))
    hedge.tell(closed(hedge, 'perp', '-10'))
    hedge.tell(done(hedge))
    const told = () =>
      hedge.steps.flatMap(({ effects }) => effects).filter(({ params }) => params.to === 'desk')
    expect(told()).toEqual([])
    isEnded(hedge)
    expect(hedge.state()).toBe('hedged.watching')
    expect(told().map(({ params }) => params.event)).toEqual([
      { type: 'hedge.shrunk', hedgeId: 'HEDGE00001', notionalUsdt: '0', reserveUsdt: '0' },
    ])
    expect(hedge.context().keepBase).toBeUndefined()
  })

  test('is told to every decision while it is closed, and to none afterwards', () => {
    const hedge = hedgedHedge()
    hedge.tell(PART)
    const asked = () =>
      hedge.steps.at(-1)?.effects.find(({ type }) => type === 'decideStep')?.params as JsonObject
    expect(asked()).toMatchObject({ keepBase: '5', phase: 'hedged' })
    hedge.tell({ ...done(hedge), because: 'enough' })
    isEnded(hedge)
    hedge.tell({ type: 'hedge.rebalance' })
    expect(asked()).not.toHaveProperty('keepBase')
  })

  test('that fails in the middle goes on with the same rest when it is tried again', () => {
    const hedge = hedgedHedge()
    hedge.tell(PART)
    hedge.tell({ type: 'step.stuck', because: 'no way' })
    expect(hedge.state()).toContain('failed')
    hedge.tell({ type: 'hedge.retry' })
    expect(hedge.state()).toContain('hedged.rebalancing')
    expect(hedge.context().keepBase).toBe(baseQty('5'))
  })

  test('gives way to closing all of it', () => {
    const hedge = hedgedHedge()
    hedge.tell(PART)
    hedge.tell({ type: 'hedge.unwind', because: 'operator' })
    const asked = hedge.steps.at(-1)?.effects ?? []
    expect(hedge.context().unwindBecause).toBe('operator')
    hedge.tell({ type: 'step.unwind', because: 'operator' })
    expect(hedge.state()).toContain('unwinding')
    expect(hedge.steps.at(-1)?.effects.find(({ type }) => type === 'decideStep')?.params).not.toHaveProperty(
      'keepBase',
    )
    expect(asked).toEqual([])
  })

  test('is not taken up while the hedge is planned, opened, closed or failed, nor twice at once', () => {
    const planned = bornHedge()
    const entering = ordering()
    const unwinding = hedgedHedge()
    unwinding.tell({ type: 'hedge.unwind', because: 'operator' })
    const failed = ordering()
    failed.tell(closed(failed, 'spot', '10'))
    failed.tell({ type: 'step.stuck', because: 'no way' })
    const busy = hedgedHedge()
    busy.tell(PART)
    for (const hedge of [planned, entering, unwinding, failed, busy]) {
      const before = hedge.steps.length
      hedge.tell({ ...PART, share: '0.6' })
      expect(hedge.steps.length, hedge.state()).toBe(before)
    }
  })

  test('too small to trade, or leaving too little, changes nothing', () => {
    const hedge = hedgedHedge()
    const before = hedge.steps.length
    for (const share of ['0.001', '0.999', '0', '1', 'half', ''])
      hedge.tell({ type: 'hedge.unwind-part', share })
    expect(hedge.steps.length).toBe(before)
  })
})
