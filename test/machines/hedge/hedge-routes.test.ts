/** What the routes ask of a hedge's chart, in plain words: orders that wait, orders at once, orders of both legs, and legs that the exchange takes. */
import { describe, expect, test } from 'vitest'
import type { Answer } from '../../../actors/runtime/outbox.ts'
import type { LegName } from '../../../src/domain/instrument.ts'
import type { JsonObject } from '../../../src/domain/json.ts'
import { baseQty, orderQty, usdt } from '../../../src/domain/units.ts'
import type { HedgeToStep } from '../../../src/domain/work/step.ts'
import { nextStep } from '../../../src/domain/work/steps.ts'
import { marketOn, NOW_MS, RULES, XRP } from '../../support/domain/sample-market.ts'
import { sampleOrder, sampleOutcome } from '../../support/machines/sample-hedge.ts'
import {
  absent,
  bornHedge,
  closed,
  done,
  type Hedge,
  hedgedHedge,
  orderStep,
  WINDOW_OVER_MS,
} from '../../support/machines/told-hedge.ts'

const asJson = (value: unknown) => value as JsonObject
const resting = (leg: LegName = 'spot'): Answer => ({
  type: 'step.order',
  order: asJson({ ...sampleOrder(leg), rests: true, opens: true }),
  purpose: 'enter',
  because: 'next slice',
})
const parallel: Answer = {
  type: 'step.order',
  order: asJson(sampleOrder('spot')),
  parallelOrder: asJson(sampleOrder('perp')),
  purpose: 'enter',
  because: 'next slice, both legs at once',
}
const spreadOrder: Answer = {
  type: 'step.order',
  order: asJson({ ...sampleOrder('perp'), leg: 'spreadOrder' }),
  purpose: 'enter',
  because: 'next slice',
}
const ids = (hedge: Hedge) => {
  const { spot, perp, spreadOrder } = hedge.context()
  return {
    spot: spot.order?.orderLinkId ?? '',
    perp: perp.order?.orderLinkId ?? '',
    spreadOrder: spreadOrder.order?.orderLinkId ?? '',
  }
}
const facts = (hedge: Hedge) => {
  const asked = hedge.steps.flatMap(({ effects }) => effects).findLast(({ type }) => type === 'decideStep')
  return asked?.params as unknown as HedgeToStep
}
const decided = (hedge: Hedge) => hedge.asked('decideStep').length
const held = (hedge: Hedge) => {
  const { spotNetBase, perpBase } = facts(hedge)
  return { spotNetBase, perpBase }
}

function started(first: Answer): Hedge {
  const hedge = bornHedge()
  hedge.tell({ type: 'plan.confirmed' })
  hedge.tell(first)
  return hedge
}
/** An order that stands in the book, and a decision to leave it there. */
function bidingHedge(): Hedge {
  const hedge = started(resting())
  hedge.tell({ type: 'order.accepted', orderLinkId: hedge.order() })
  hedge.tell({ type: 'step.rest', because: 'well placed', ...held(hedge) })
  return hedge
}
const filled = (hedge: Hedge, base: '4' | '10'): Answer => {
  const { leg: _leg, ...outcome } = sampleOutcome('spot', base)
  return {
    type: 'order.filled',
    orderLinkId: ids(hedge).spot,
    soFar: { ...outcome, filledQty: orderQty(base) },
  }
}

describe('an order that waits in the book', () => {
  test('filled in part before its answer comes: the fill counts once, and is hedged at once', () => {
    const hedge = started(resting())
    hedge.tell(filled(hedge, '4'))
    hedge.tell({ type: 'order.accepted', orderLinkId: hedge.order() })
    expect(hedge.state()).toContain('entering.work.deciding')
    expect(facts(hedge)).toMatchObject({ spotNetBase: '4', perpBase: '0', resting: { filledQty: '4' } })
    hedge.tell(filled(hedge, '4'))
    expect(hedge.context().spot.order?.soFar?.base).toBe('4')
    hedge.tell(closed(hedge, 'spot', '4'))
    expect(hedge.context().spot).toMatchObject({ base: '4', order: null })
  })

  test('filled while a decision is on its way: to rest on what was is decided again', () => {
    const hedge = started(resting())
    hedge.tell({ type: 'order.accepted', orderLinkId: hedge.order() })
    const before = held(hedge)
    hedge.tell(filled(hedge, '4'))
    const asked = decided(hedge)
    hedge.tell({ type: 'step.rest', because: 'well placed', ...before })
    expect(hedge.state()).toContain('entering.work.deciding')
    expect(decided(hedge)).toBe(asked + 1)
    expect(facts(hedge).spotNetBase).toBe('4')
  })

  test('filled further while its hedge is under way: decided on as soon as that has ended, with the ladder at its foot', () => {
    const hedge = bidingHedge()
    hedge.tell(filled(hedge, '4'))
    hedge.tell({ ...orderStep('perp'), order: asJson({ ...sampleOrder('perp'), qty: '4' }) })
    hedge.tell(filled(hedge, '10'))
    hedge.tell(closed(hedge, 'perp', '4', ids(hedge).perp), NOW_MS + 4_000)
    expect(hedge.state()).toContain('entering.work.deciding')
    expect(facts(hedge)).toMatchObject({
      spotNetBase: '10',
      perpBase: '4',
      repairs: 0,
      unbalancedSinceMs: NOW_MS + 4_000,
    })
  })

  test('nothing that hedges it fills: the ladder is climbed', () => {
    const hedge = bidingHedge()
    hedge.tell(filled(hedge, '4'))
    hedge.tell(orderStep('perp'))
    hedge.tell(closed(hedge, 'perp', '0', ids(hedge).perp))
    expect(facts(hedge)).toMatchObject({ repairs: 1, unbalancedSinceMs: NOW_MS })
    const step = nextStep(facts(hedge), marketOn(XRP), RULES, null, NOW_MS)
    expect(step, 'no more fills while these cannot be hedged').toMatchObject({ kind: 'cancel' })
  })

  test('cancelled while it fills: reported twice that it is filled, it counts once', () => {
    const hedge = bidingHedge()
    const id = hedge.order()
    hedge.tell({ type: 'hedge.cancel-resting' })
    expect(hedge.asked('cancelOrder')).toEqual([id])
    hedge.tell(filled(hedge, '10'))
    hedge.tell(closed(hedge, 'spot', '10', id))
    hedge.tell(closed(hedge, 'spot', '10', id))
    expect(hedge.context().spot).toMatchObject({ base: '10', order: null })
    expect(facts(hedge)).toMatchObject({ spotNetBase: '10', resting: null })
  })

  test('cancelled before its answer came, it is taken off as soon as it stands', () => {
    const hedge = started(resting())
    const id = hedge.order()
    hedge.tell({ type: 'hedge.cancel-resting' })
    expect(hedge.asked('cancelOrder')).toEqual([])
    hedge.tell({ type: 'order.accepted', orderLinkId: id })
    expect(hedge.asked('cancelOrder')).toEqual([id])
    expect(hedge.state()).toContain('entering.spot.cancelling')
  })

  test('after a restart nobody knows whether it stands: it is asked about, found, and waits on', () => {
    const hedge = started(resting())
    const id = hedge.order()
    hedge.tell({ type: 'order.unknown', orderLinkId: id, cause: 'the process restarted' })
    expect(hedge.asked('findOrder')).toEqual([id])
    const { leg: _leg, ...outcome } = sampleOutcome('spot', '4')
    hedge.tell({ type: 'order.open', orderLinkId: id, soFar: { ...outcome, filledQty: orderQty('4') } })
    expect(hedge.state()).toContain('entering.spot.resting')
    expect(facts(hedge)).toMatchObject({ spotNetBase: '4', resting: { orderLinkId: id } })
    expect(hedge.asked('cancelOrder')).toEqual([])
    expect(hedge.asked('placeOrder')).toEqual([id])
  })

  test('silent for long, it is asked about and goes on waiting', () => {
    const hedge = bidingHedge()
    const id = hedge.order()
    hedge.wait('REST_SILENCE')
    expect(hedge.asked('findOrder')).toEqual([id])
    hedge.tell({ type: 'order.open', orderLinkId: id })
    hedge.tell({ type: 'step.rest', because: 'well placed', ...held(hedge) })
    expect(hedge.state()).toMatch(/work\.biding.*spot\.resting/)
  })

  test('taken off by the exchange at once because it would have crossed: that is a try, and no setback', () => {
    const hedge = started(resting())
    hedge.tell({ type: 'order.accepted', orderLinkId: hedge.order() })
    hedge.tell(closed(hedge, 'spot', '0'))
    hedge.tell({ type: 'step.rest', because: 'as it stood', ...held(hedge) })
    expect(facts(hedge)).toMatchObject({ reprices: 1, setbacks: 0, resting: null })
  })

  test('refused by the exchange, it is a try too: sooner or later the slice crosses', () => {
    const hedge = started(resting())
    hedge.tell({ type: 'order.rejected', orderLinkId: hedge.order(), reason: 'other', detail: 'no' })
    expect(facts(hedge)).toMatchObject({ reprices: 1, setbacks: 1 })
  })

  test('rested long without filling, it counts as many tries as could have been made', () => {
    const hedge = bidingHedge()
    const { makerRestMs, makerTriesMax } = RULES.execution
    hedge.tell({ type: 'hedge.cancel-resting' })
    hedge.tell(closed(hedge, 'spot', '0'), NOW_MS + makerRestMs * makerTriesMax)
    expect(facts(hedge).reprices).toBe(makerTriesMax)
  })

  test('is taken off when the hedge fails, and what it still did is known', () => {
    const hedge = bidingHedge()
    const id = hedge.order()
    hedge.wait('BIDE')
    hedge.tell({ type: 'step.stuck', because: 'a drill' })
    expect(hedge.state()).toMatch(/^failed/)
    expect(hedge.asked('cancelOrder').filter(asked => asked !== '')).toEqual([id])
    hedge.tell(closed(hedge, 'spot', '4', id))
    expect(hedge.context().spot).toMatchObject({ base: '4', order: null })
  })

  test('left behind by a failure, it is asked about and taken off when a person tries again', () => {
    const hedge = bidingHedge()
    const id = hedge.order()
    hedge.wait('BIDE')
    hedge.tell({ type: 'step.stuck', because: 'a drill' })
    const before = hedge.asked('cancelOrder').length
    hedge.tell({ type: 'hedge.retry' })
    hedge.tell({ type: 'order.open', orderLinkId: id })
    expect(hedge.asked('cancelOrder').slice(before)).toEqual([id])
  })
})

describe('both legs at once', () => {
  test('one refused: the other is known before anything is decided', () => {
    const hedge = started(parallel)
    const { spot, perp } = ids(hedge)
    expect(hedge.asked('placeOrder')).toEqual([spot, perp])
    const asked = decided(hedge)
    hedge.tell({ type: 'order.rejected', orderLinkId: perp, reason: 'insufficient-balance', detail: 'no' })
    expect(decided(hedge)).toBe(asked)
    hedge.tell(closed(hedge, 'spot', '10', spot))
    expect(facts(hedge)).toMatchObject({ spotNetBase: '10', perpBase: '0', repairs: 0 })
  })

  test('one unknown: it is asked about, and nothing is sent meanwhile', () => {
    const hedge = started(parallel)
    const { spot, perp } = ids(hedge)
    hedge.tell({ type: 'order.unknown', orderLinkId: perp, cause: 'timeout' })
    hedge.tell(closed(hedge, 'spot', '10', spot))
    expect(hedge.state()).toMatch(/work\.ordering.*perp\.unknown/)
    hedge.tell(closed(hedge, 'perp', '10', perp))
    expect(facts(hedge)).toMatchObject({ spotNetBase: '10', perpBase: '10' })
    expect(hedge.asked('placeOrder')).toHaveLength(2)
  })
})

describe('an order of both legs', () => {
  const bothLegs = (hedge: Hedge): Answer => {
    const of = (leg: LegName) => asJson(sampleOutcome(leg, '10'))
    return {
      type: 'order.closed',
      orderLinkId: ids(hedge).spreadOrder,
      leg: 'spreadOrder',
      legs: { spot: of('spot'), perp: of('perp') },
    }
  }

  test('unknown, it is asked about under its own name, and found it counts on both legs', () => {
    const hedge = started(spreadOrder)
    const id = ids(hedge).spreadOrder
    hedge.tell({ type: 'order.unknown', orderLinkId: id, cause: 'timeout' })
    expect(hedge.asked('findOrder')).toEqual([id])
    hedge.tell(bothLegs(hedge))
    expect(facts(hedge)).toMatchObject({ spotNetBase: '10', perpBase: '10', repairs: 0, setbacks: 0 })
  })

  test('proven absent, it may still turn out filled: both legs count then', () => {
    const hedge = started(spreadOrder)
    const late = bothLegs(hedge)
    hedge.tell({ type: 'order.unknown', orderLinkId: ids(hedge).spreadOrder, cause: 'timeout' })
    for (let nth = 0; nth < RULES.execution.asksMin; nth++) {
      hedge.tell({ type: 'order.absent', orderLinkId: ids(hedge).spreadOrder, serverAtMs: WINDOW_OVER_MS })
      if (ids(hedge).spreadOrder) hedge.wait('ASK_AGAIN')
    }
    expect(ids(hedge).spreadOrder).toBe('')
    hedge.tell(late)
    expect(hedge.context()).toMatchObject({ spot: { base: '10' }, perp: { base: '10' } })
  })
})

describe('what the exchange does by itself', () => {
  const taken: Answer = {
    type: 'leg.taken',
    execId: 'adl-1',
    leg: 'perp',
    cause: 'adl',
    filledAtMs: NOW_MS + 1,
    ...{ base: baseQty('-4'), cashUsdt: usdt('-10'), feesUsdt: usdt('0') },
  }

  test('a leg taken while the hedge is watched: as much of the other is sold, and the leg is not built up again', () => {
    const hedge = hedgedHedge()
    hedge.tell(taken)
    expect(hedge.state()).toContain('hedged.rebalancing.work.deciding')
    const step = nextStep(facts(hedge), marketOn(XRP), RULES, null, NOW_MS + 1)
    expect(step).toMatchObject({
      kind: 'order',
      order: { leg: 'spot', side: 'Sell', qty: '4' },
      purpose: 'repair',
    })
  })

  test('what is left too small for a hedge is unwound', () => {
    const hedge = hedgedHedge()
    hedge.tell(taken)
    hedge.tell(orderStep('spot', 'repair', false))
    hedge.tell({ ...closed(hedge, 'spot', '4'), base: '-4' })
    expect(facts(hedge)).toMatchObject({ spotNetBase: '6', perpBase: '6', cut: true })
    expect(nextStep(facts(hedge), marketOn(XRP), RULES, null, NOW_MS).kind).toBe('unwind')
  })

  test('an entry of which a leg was taken goes no further', () => {
    const hedge = started(orderStep('spot'))
    hedge.tell(closed(hedge, 'spot', '10'))
    hedge.tell(orderStep('perp'))
    hedge.tell(closed(hedge, 'perp', '10'))
    hedge.tell({ type: 'step.wait', because: 'no depth' })
    hedge.tell({ ...taken, base: '-10' })
    expect(hedge.state(), 'it does not wait for the end of the pause').toMatch(/work\.deciding/)
    const step = nextStep(facts(hedge), marketOn(XRP), RULES, null, NOW_MS)
    expect(step).toMatchObject({ kind: 'order', order: { leg: 'spot', side: 'Sell' } })
  })

  test('told twice, or of a time before the legs were adopted, it counts once or not at all', () => {
    const hedge = hedgedHedge()
    hedge.tell(taken)
    hedge.tell(taken)
    expect(hedge.context().perp.base).toBe('6')
    hedge.tell({ type: 'step.stuck', because: 'a drill' })
    const found = { spotBase: baseQty('10'), perpBase: baseQty('6'), detail: 'as shown' }
    hedge.tell({ type: 'legs.found', ...found }, NOW_MS + 10)
    hedge.tell({ ...taken, execId: 'adl-2', filledAtMs: NOW_MS + 9 })
    expect(hedge.context().perp.base, 'in what was found').toBe('6')
    hedge.tell({ ...taken, execId: 'adl-3', filledAtMs: NOW_MS + 11 })
    expect(hedge.context().perp.base).toBe('2')
  })

  test('interest makes a debt larger, once for each row, and the hedge is looked at', () => {
    const hedge = hedgedHedge()
    const interest: Answer = { type: 'interest.accrued', rowId: 'r1', base: baseQty('0.2') }
    hedge.tell(interest)
    hedge.tell(interest)
    expect(hedge.context().spot.base).toBe('10.2')
    expect(facts(hedge)).toMatchObject({ phase: 'hedged', spotNetBase: '10.2', perpBase: '10' })
  })

  test('a debt that is left is asked about until it is repaid, and interest meanwhile is bought back', () => {
    const hedge = hedgedHedge()
    hedge.tell({ type: 'hedge.unwind', because: 'the end' })
    hedge.tell(orderStep('spot', 'exit', false))
    hedge.tell(closed(hedge, 'spot', '-10'))
    hedge.tell(orderStep('perp', 'exit', false))
    hedge.tell(closed(hedge, 'perp', '-10'))
    hedge.tell(done(hedge))
    hedge.tell({ type: 'legs.owing', detail: '0.1 XRP' })
    expect(hedge.state()).toContain('unwinding.work.repaying')
    const looks = hedge.asked('verifyLegs').length
    hedge.wait('REPAY_AGAIN')
    expect(hedge.asked('verifyLegs')).toHaveLength(looks + 1)
    hedge.tell({ type: 'legs.owing', detail: '0.1 XRP' })
    hedge.tell({ type: 'interest.accrued', rowId: 'r9', base: baseQty('0.5') })
    expect(hedge.state()).toContain('unwinding.work.deciding')
    expect(facts(hedge).spotNetBase).toBe('0.5')
  })
})

test('an order of a hedge that waits is never counted as absent while the exchange may still take it', () => {
  const hedge = started(resting())
  hedge.tell({ type: 'order.unknown', orderLinkId: hedge.order(), cause: 'timeout' })
  for (let nth = 0; nth < 3; nth++) absent(hedge, WINDOW_OVER_MS - 1)
  expect(hedge.order()).not.toBe('')
})
