/** Promises 2 to 5 on the hedge's chart, in plain words: what it asks for, what it believes, and when it calls a person. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Answer } from '../../../actors/runtime/outbox.ts'
import { takeOrders } from '../../../machines/hedge/orders.ts'
import type { JsonObject } from '../../../src/domain/json.ts'
import type { HedgeOrder } from '../../../src/domain/legs/hedge-order.ts'
import { NOW_MS, RULES } from '../../support/domain/sample-market.ts'
import {
  absent,
  absentOrder,
  bornHedge,
  closed,
  done,
  type Hedge,
  hedgedHedge,
  ordering,
  orderStep,
  unknownOrder,
  WINDOW_OVER_MS,
} from '../../support/machines/told-hedge.ts'
import { often } from '../../support/properties.ts'

const { asksMin } = RULES.execution

describe('promise 3: unknown is a state', () => {
  test('an order without an answer is asked about under its own id, and found filled it counts', () => {
    const hedge = unknownOrder()
    const id = hedge.order()
    expect(hedge.state()).toContain('entering.spot.unknown.asking')
    hedge.tell({ type: 'order.unanswered', orderLinkId: id, cause: 'cut' })
    hedge.wait('ASK_AGAIN')
    hedge.tell(closed(hedge, 'spot', '10'))
    expect(hedge.asked('placeOrder')).toEqual([id])
    expect(hedge.asked('findOrder')).toEqual([id, id])
    expect(hedge.context().spot).toMatchObject({ base: '10', order: null })
    expect(hedge.state()).toContain('entering.work.deciding')
  })

  test('an accepted order that stays silent is asked about', () => {
    const hedge = ordering()
    hedge.tell({ type: 'order.accepted', orderLinkId: hedge.order() })
    hedge.wait('ORDER_SILENCE')
    expect(hedge.asked('findOrder')).toEqual([hedge.order()])
  })

  test('one that is still open is taken off and asked about again', () => {
    const hedge = unknownOrder()
    hedge.tell({ type: 'order.open', orderLinkId: hedge.order() })
    expect(hedge.asked('cancelOrder')).toEqual([hedge.order()])
    hedge.wait('ASK_AGAIN')
    expect(hedge.asked('findOrder')).toHaveLength(2)
  })

  test('it is absent only after enough negative answers in a row, the last past the receive window', () => {
    const early = unknownOrder()
    for (let nth = 0; nth < asksMin + 2; nth++) absent(early, WINDOW_OVER_MS - 1)
    expect(early.order(), 'inside the window no number of answers proves it').not.toBe('')

    const few = unknownOrder()
    for (let nth = 0; nth < asksMin - 1; nth++) absent(few, WINDOW_OVER_MS)
    expect(few.order(), 'one answer short').not.toBe('')
    const id = few.order()
    absent(few, WINDOW_OVER_MS)
    expect(few.order()).toBe('')
    expect(few.context().absentOrders).toEqual([id])
    expect(few.state()).toContain('entering.work.deciding')
  })

  test('an answer in between starts the count again', () => {
    const hedge = unknownOrder()
    for (let nth = 0; nth < asksMin - 1; nth++) absent(hedge, WINDOW_OVER_MS)
    hedge.tell({ type: 'order.unanswered', orderLinkId: hedge.order(), cause: '502' })
    hedge.wait('ASK_AGAIN')
    for (let nth = 0; nth < asksMin - 1; nth++) absent(hedge, WINDOW_OVER_MS)
    expect(hedge.order()).not.toBe('')
    absent(hedge, WINDOW_OVER_MS)
    expect(hedge.order()).toBe('')
  })

  test('it is asked about for ever, more and more rarely, and its answer after hours is taken at once', () => {
    const hedge = unknownOrder()
    const id = hedge.order()
    const waits: number[] = []
    for (let nth = 0; nth < 1_000; nth++) {
      hedge.tell({ type: 'order.unanswered', orderLinkId: id, cause: 'cut' })
      const [timer] = hedge.timers().filter(({ event }) => String(event.type).includes('ASK_AGAIN'))
      waits.push((timer?.dueAtMs ?? 0) - (hedge.steps.at(-1)?.event.atMs ?? 0))
      hedge.wait('ASK_AGAIN')
    }
    expect(waits[0]).toBe(RULES.execution.askEveryMs)
    expect(waits).toEqual(waits.toSorted((a, b) => a - b))
    expect(waits.at(-1)).toBe(15_000)
    expect(new Set(hedge.asked('findOrder'))).toEqual(new Set([id]))
    expect(hedge.asked('placeOrder')).toEqual([id])
    hedge.tell(closed(hedge, 'spot', '10'))
    expect(hedge.context().spot.base).toBe('10')
    expect(hedge.state()).toContain('entering.work.deciding')
  })
})

describe('promise 2: one intent, at most one order', () => {
  test('a decision made on legs that have changed since is made again, and nothing is sent', () => {
    const hedge = bornHedge()
    hedge.tell({ type: 'plan.confirmed' })
    const before = hedge.asked('decideStep').length
    hedge.tell({ ...orderStep('spot'), spotNetBase: '10', perpBase: '0' })
    expect(hedge.asked('placeOrder')).toEqual([])
    expect(hedge.asked('decideStep')).toHaveLength(before + 1)
    hedge.tell({ ...orderStep('spot'), spotNetBase: '0', perpBase: '0' })
    expect(hedge.asked('placeOrder')).toHaveLength(1)
  })

  test('an order beside one whose end is not known is refused outright', () => {
    const hedge = unknownOrder()
    const { context } = hedge
    const next = orderStep('spot') as unknown as { order: HedgeOrder }
    expect(() => takeOrders(context(), [next.order], 'enter', NOW_MS)).toThrow(
      /expected free legs, found HEDGE00001-SE0000/,
    )
  })

  test('the next order of a leg has another id, whatever became of the one before', () => {
    const hedge = absentOrder()
    hedge.tell(orderStep('spot'))
    hedge.tell(closed(hedge, 'spot', '0'))
    hedge.wait('DECIDE_AGAIN')
    hedge.tell(orderStep('spot'))
    expect(hedge.asked('placeOrder')).toEqual(['HEDGE00001-SE0000', 'HEDGE00001-SE0001', 'HEDGE00001-SE0002'])
  })

  test('word about another order, or the same word again, changes nothing', () => {
    const hedge = ordering()
    hedge.tell(closed(hedge, 'spot', '10', 'HEDGE00001-SE0009'))
    expect(hedge.context().spot.base).toBe('0')
    const id = hedge.order()
    hedge.tell(closed(hedge, 'spot', '10'))
    hedge.tell(closed(hedge, 'spot', '10', id))
    hedge.tell({ type: 'order.accepted', orderLinkId: id })
    expect(hedge.context().spot.base).toBe('10')
    expect(hedge.state()).toContain('entering.work.deciding')
  })

  const about =
    (type: string, more: JsonObject = {}) =>
    (hedge: Hedge): Answer => ({ type, orderLinkId: hedge.order(), ...more })
  const ended = (base: '10' | '4' | '0' | '-10') => (hedge: Hedge) =>
    closed(hedge, hedge.context().perp.order ? 'perp' : 'spot', base)
  const late = (hedge: Hedge) => closed(hedge, 'spot', '4', hedge.context().absentOrders[0] ?? 'none')
  const plainly =
    (type: string, more: JsonObject = {}) =>
    (): Answer => ({ type, ...more })
  const because = { because: 'said so' }

  /** What the exchange, the decisions and people may say; a word in capitals is a timer. */
  const ordered = [true, false].flatMap(grows =>
    (['spot', 'perp'] as const).map(leg => () => orderStep(leg, 'enter', grows)),
  )
  const answered = [
    about('order.accepted'),
    about('order.rejected', { reason: 'other', detail: 'x' }),
    about('order.unknown', { cause: 'timeout' }),
    about('order.open'),
    about('order.unanswered', { cause: 'cut' }),
    about('order.absent', { serverAtMs: NOW_MS * 2 }),
  ]
  const settled = [ended('10'), ended('4'), ended('0'), ended('-10'), late]
  const judged = [
    plainly('step.done'),
    plainly('step.wait', because),
    plainly('step.unwind', because),
    plainly('step.stuck', because),
    plainly('legs.verified'),
    plainly('legs.differ', { detail: 'x' }),
  ]
  const commanded = [
    plainly('hedge.unwind', because),
    plainly('hedge.retry'),
    plainly('hedge.rebalance'),
    plainly('legs.found', { spotBase: '10', perpBase: '10', detail: 'x' }),
  ]
  const delays = ['ASK_AGAIN', 'ORDER_SILENCE', 'DECIDE_AGAIN', 'VERIFY_AGAIN', 'ENTRY_DEADLINE']
  const anything = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...ordered) },
    { weight: 8, arbitrary: fc.constantFrom(...answered) },
    { weight: 8, arbitrary: fc.constantFrom(...settled) },
    { weight: 8, arbitrary: fc.constantFrom(...delays) },
    { weight: 4, arbitrary: fc.constantFrom(...judged) },
    { weight: 2, arbitrary: fc.constantFrom(...commanded) },
  )
  const isArmed = (hedge: Hedge, delay: string) =>
    hedge.steps.at(-1)?.timers.some(({ event }) => String(event.type).includes(delay))

  test('never two orders at once, never an id twice, and step numbers only rise, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(anything, { minLength: 20, maxLength: 120 }), sayings => {
        const hedge = bornHedge()
        hedge.tell({ type: 'plan.confirmed' })
        let steps = { spot: 0, perp: 0 }
        for (const said of sayings) {
          if (hedge.state() === 'closed') break
          if (typeof said !== 'string') hedge.tell(said(hedge))
          else if (isArmed(hedge, said)) hedge.wait(said)
          const { spot, perp } = hedge.context()
          expect(spot.order === null || perp.order === null).toBe(true)
          expect(spot.step).toBeGreaterThanOrEqual(steps.spot)
          expect(perp.step).toBeGreaterThanOrEqual(steps.perp)
          steps = { spot: spot.step, perp: perp.step }
        }
        const placed = hedge.asked('placeOrder')
        expect(placed).toEqual([...new Set(placed)])
        expect(placed).toHaveLength(steps.spot + steps.perp)
      }),
      often(200),
    )
  })
})

describe('promise 4: no naked leg', () => {
  test('an order counted as absent that fills after all is booked once and the legs are looked at again', () => {
    const hedge = hedgedHedge()
    hedge.tell({ type: 'hedge.rebalance' })
    hedge.tell(orderStep('spot', 'rebalance'))
    const id = hedge.order()
    hedge.tell({ type: 'order.unknown', orderLinkId: id, cause: 'timeout' })
    for (let nth = 0; nth < asksMin; nth++) absent(hedge, WINDOW_OVER_MS)
    hedge.tell(done(hedge))
    hedge.tell({ ...done(hedge), type: 'legs.verified' })
    expect(hedge.state()).toBe('hedged.watching')
    hedge.tell(closed(hedge, 'spot', '4', id))
    expect(hedge.state()).toContain('hedged.rebalancing.work.deciding')
    expect(hedge.context().spot.base).toBe('14')
    hedge.tell(closed(hedge, 'spot', '4', id))
    expect(hedge.context().spot.base).toBe('14')
  })

  test('a late fill while the end is verified takes the end back', () => {
    const hedge = absentOrder()
    const [id = ''] = hedge.context().absentOrders
    hedge.tell({ type: 'step.unwind', because: 'late' })
    hedge.tell(done(hedge))
    expect(hedge.state()).toContain('unwinding.work.verifying')
    hedge.tell(closed(hedge, 'spot', '4', id))
    expect(hedge.state()).toContain('unwinding.work.deciding')
    expect(hedge.context().spot.base).toBe('4')
    hedge.tell({ ...done(hedge), type: 'legs.verified' })
    expect(hedge.state()).not.toBe('closed')
  })

  test('how long the legs are apart counts from the fill that parted them, until they are level', () => {
    const hedge = ordering()
    hedge.tell(closed(hedge, 'spot', '10'), NOW_MS + 50)
    expect(hedge.context().unbalancedSinceMs).toBe(NOW_MS + 50)
    hedge.tell(orderStep('perp', 'repair'), NOW_MS + 60)
    expect(hedge.context().repairs).toBe(1)
    hedge.tell(closed(hedge, 'perp', '4'), NOW_MS + 70)
    expect(hedge.context().unbalancedSinceMs).toBe(NOW_MS + 50)
    hedge.tell(orderStep('perp', 'repair'), NOW_MS + 80)
    hedge.tell({ ...closed(hedge, 'perp', '4'), base: '6' }, NOW_MS + 90)
    expect(hedge.context()).toMatchObject({ unbalancedSinceMs: 0, repairs: 0 })
  })

  test('waiting with the legs apart is bounded: then a person is called', () => {
    const hedge = ordering()
    hedge.tell(closed(hedge, 'spot', '10'))
    let waits = 0
    for (; !hedge.state().startsWith('failed') && waits < 1_000; waits++) {
      hedge.tell({ type: 'step.wait', because: 'no depth' })
      if (!hedge.state().startsWith('failed')) hedge.wait('DECIDE_AGAIN')
    }
    expect(hedge.context().failure).toBe('no depth')
    expect(waits).toBeLessThan(200)
  })

  test('waiting with the legs level is not', () => {
    const hedge = bornHedge()
    hedge.tell({ type: 'plan.confirmed' })
    for (let waits = 0; waits < 300; waits++) {
      hedge.tell({ type: 'step.wait', because: 'no depth' })
      hedge.wait('DECIDE_AGAIN')
    }
    expect(hedge.state()).toContain('entering.work.deciding')
  })
})

describe('promise 5: every hedge ends hedged or flat', () => {
  test('rejected orders pause before the next, and too many in a row call a person', () => {
    const hedge = hedgedHedge()
    hedge.tell({ type: 'hedge.unwind', because: 'operator' })
    hedge.tell(orderStep('spot', 'exit', false))
    let orders = 1
    for (; !hedge.state().startsWith('failed') && orders < 1_000; orders++) {
      hedge.tell({
        type: 'order.rejected',
        orderLinkId: hedge.order(),
        reason: 'rate-limited',
        detail: 'slow down',
      })
      expect(hedge.order()).toBe('')
      if (orders === 1) expect(hedge.state(), 'the first is followed at once').toContain('work.deciding')
      else if (!hedge.state().startsWith('failed')) {
        expect(hedge.state(), `after ${orders}`).toContain('work.pausing')
        hedge.wait('DECIDE_AGAIN')
      }
      hedge.tell(orderStep('spot', 'exit', false))
    }
    expect(orders).toBeLessThan(50)
    expect(hedge.context().failure).toMatch(/orders in a row did not fill/)
  })

  test('an unwind asked for while an order is unknown waits for that order’s end, then unwinds what it did', () => {
    const hedge = unknownOrder()
    hedge.tell({ type: 'hedge.unwind', because: 'operator' })
    expect(hedge.state()).toContain('entering.spot.unknown')
    expect(hedge.asked('placeOrder')).toHaveLength(1)
    hedge.tell(closed(hedge, 'spot', '4'))
    expect(hedge.state()).toContain('entering.work.deciding')
    expect(hedge.steps.at(-1)?.effects).toMatchObject([
      { type: 'decideStep', params: { unwindBecause: 'operator', overdue: true, spotNetBase: '4' } },
    ])
    hedge.tell({ type: 'step.unwind', because: 'operator' })
    hedge.tell(orderStep('spot', 'exit', false))
    hedge.tell({ ...closed(hedge, 'spot', '4'), base: '-4' })
    hedge.tell(done(hedge))
    hedge.tell({ ...done(hedge), type: 'legs.verified' })
    expect(hedge.state()).toBe('closed')
  })

  test('a failed hedge is looked at again, each time later, and does what its policy says', () => {
    const failed = () => {
      const hedge = hedgedHedge()
      hedge.tell({ type: 'hedge.rebalance' })
      hedge.tell({ type: 'step.stuck', because: 'no way' })
      return hedge
    }
    const hedge = failed()
    const waits: number[] = []
    for (let nth = 0; nth < 8; nth++) {
      expect(hedge.state()).toBe('failed.waiting')
      const [timer] = hedge.timers()
      waits.push((timer?.dueAtMs ?? 0) - (hedge.steps.at(-1)?.event.atMs ?? 0))
      hedge.wait('FAILED_AGAIN')
      expect(hedge.steps.at(-1)?.effects).toMatchObject([{ type: 'decideFailed' }])
      hedge.tell({ type: 'failed.held' }, timer?.dueAtMs)
    }
    expect(waits[0]).toBe(60_000)
    expect(waits).toEqual(waits.toSorted((a, b) => a - b))
    expect(waits.at(-1)).toBe(1_800_000)
    const levelled = failed()
    levelled.wait('FAILED_AGAIN')
    levelled.tell({ type: 'failed.level' })
    expect(levelled.state()).toContain('hedged.rebalancing.work.deciding')
    const unwound = failed()
    unwound.wait('FAILED_AGAIN')
    unwound.tell({ type: 'hedge.unwind', because: 'policy' })
    expect(unwound.state()).toContain('unwinding.work.deciding')
  })

  test('an entry that failed opens nothing more when it is levelled again', () => {
    const hedge = ordering()
    hedge.tell(closed(hedge, 'spot', '10'))
    hedge.tell({ type: 'step.stuck', because: 'no way' })
    hedge.wait('FAILED_AGAIN')
    hedge.tell({ type: 'failed.level' })
    expect(hedge.steps.at(-1)?.effects.at(-1)).toMatchObject({
      type: 'decideStep',
      params: { overdue: true },
    })
  })

  test('the end is believed only when the exchange shows it, and an exchange that keeps differing calls a person', () => {
    const hedge = bornHedge()
    hedge.tell({ type: 'plan.confirmed' })
    hedge.tell({ type: 'step.unwind', because: 'late' })
    hedge.tell(done(hedge))
    let looks = 0
    for (; !hedge.state().startsWith('failed') && looks < 100; looks++) {
      hedge.tell({ type: 'legs.differ', detail: 'expected 0, found 10' })
      if (!hedge.state().startsWith('failed')) hedge.wait('VERIFY_AGAIN')
    }
    expect(looks).toBeLessThan(10)
    expect(hedge.context().failure).toBe('expected 0, found 10')
    hedge.tell({ type: 'legs.found', spotBase: '0', perpBase: '0', detail: 'as the exchange shows' })
    expect(hedge.state()).toBe('closed')
  })

  test('a plan refused before the first order closes with nothing sent', () => {
    const hedge = bornHedge()
    hedge.tell({ type: 'plan.refused', because: 'funding turned' })
    expect(hedge.state()).toBe('closed')
    expect(hedge.asked('placeOrder')).toEqual([])
  })
})
