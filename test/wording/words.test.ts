/** The one vocabulary: every reason and every event of the charts has its words, and terminal and pages use the same. */
import { globSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { AnyStateNode } from 'xstate'
import { CHARTS } from '../../src/run/engine.ts'
import { facing, orderOf, orderText } from '../../src/wording/hedges.ts'
import { reasonText, shortReason, spokenReason, TOLD_REASONS } from '../../src/wording/reasons.ts'
import { eventText, hedgeStory, innerState, TOLD_EVENTS, TOLD_TIMERS } from '../../src/wording/stories.ts'
import { toldSteps } from '../../src/wording/told-steps.ts'

describe('reasons', () => {
  test('each that a decision names has words', () => {
    const sources = globSync('src/domain/**/*.ts').map(file => readFileSync(file, 'utf8'))
    const names = sources.flatMap(text =>
      [...text.matchAll(/\brefuse\(\s*'([\w-]+)'/g)].map(found => found[1]),
    )
    expect(names.length).toBeGreaterThan(40)
    const told = new Set(TOLD_REASONS)
    expect([...new Set(names)].filter(name => name !== undefined && !told.has(name))).toEqual([])
  })

  test('a refusal says what was found and what it was held against', () => {
    expect(reasonText({ because: 'carry-below-entry', found: '-0.794', limit: '0.15' })).toBe(
      'net carry of −79.40 % a year on capital is not above the entry bar of 15.00 % a year',
    )
    expect(
      spokenReason('carry-gone: found 42.123456 bps saved by closing, limit 31 bps to enter again'),
    ).toBe(
      'staying is expected to cost more than entering again: 42.12 bps saved by closing, 31 bps to enter again',
    )
  })

  test('a reason in brackets is spoken too, and lengths are rounded', () => {
    expect(spokenReason('the engine is reducing (margin-rate: found 0.52, limit 0.5)')).toBe(
      'the engine is reducing (the maintenance margin rate of 52.00 % has reached 50.00 %)',
    )
    expect(spokenReason('it has rested for 64000 ms')).toBe('it has rested for 1 min 4 s')
  })

  test('one without words is shown as it is, and a person’s own words are left alone', () => {
    expect(reasonText({ because: 'moon-too-full', found: '3', limit: '2' })).toBe(
      'moon too full: found 3, limit 2',
    )
    expect(spokenReason('checked by hand: all-clear')).toBe('checked by hand: all-clear')
    expect(shortReason('carry-gone: found 1, limit 2')).toBe('carry gone')
  })
})

const eventsOf = (node: AnyStateNode): string[] => [
  ...node.transitions.keys(),
  ...Object.values(node.states).flatMap(eventsOf),
]

describe('stories', () => {
  test('every event of every chart has words', () => {
    const events = new Set(Object.values(CHARTS).flatMap(({ root }) => eventsOf(root)))
    const told = new Set(TOLD_EVENTS)
    const raw = [...events].filter(type => type !== '' && !type.startsWith('xstate.') && !told.has(type))
    expect(raw).toEqual([])
  })

  test('every timer of every chart has words', () => {
    const timers = Object.values(CHARTS).flatMap(({ implementations }) => Object.keys(implementations.delays))
    expect(timers.length).toBeGreaterThan(10)
    expect(timers.filter(name => !TOLD_TIMERS.includes(name))).toEqual([])
  })

  test('what is waited for is said once, with how often and until when', () => {
    const wait = { type: 'step.wait', because: 'order entry is down' }
    const look = { type: 'xstate.after.DECIDE_AGAIN.hedge.entering.work.pausing' }
    const late = { type: 'xstate.after.ENTRY_DEADLINE.hedge.entering' }
    const steps = [wait, look, wait, look, wait, late].map((event, at) => ({
      atMs: at * 1000,
      event,
      from: 'entering.work',
      to: 'entering.work',
    }))
    expect(toldSteps(steps).map(({ story, times, untilMs }) => [story.text, times, untilMs])).toEqual([
      ['waits: order entry is down', 3, 4000],
      ['the entry deadline has passed', 1, 5000],
    ])
  })

  test('a spread order is told by both of its legs, whichever way the hedge faces', () => {
    const order = { leg: 'spreadOrder', qty: '0.5', limitPrice: '-3.2', rests: false, reduceOnly: false }
    expect(eventText({ type: 'step.order', order: { ...order, side: 'Sell' }, because: 'next slice' })).toBe(
      'spread order: buys 0.5 coins on spot and sells as many of the perpetual, at a spread of −3.200 or better: next slice',
    )
    expect(eventText({ type: 'step.order', order: { ...order, side: 'Buy' } })).toContain(
      'sells 0.5 coins on spot and buys as many of the perpetual',
    )
    const did = { base: '0.5', cashUsdt: '-1500', feesUsdt: '1.5' }
    expect(
      eventText({
        type: 'order.closed',
        orderLinkId: 'HEDGE00001-CE0002',
        leg: 'spreadOrder',
        legs: { spot: did, perp: { ...did, cashUsdt: '1498.4' } },
      }),
    ).toBe(
      'order CE0002 was filled on both legs: spot 0.5 coins for −1,500.0000 USDT, fee 1.5000 USDT; perpetual 0.5 coins for +1,498.4000 USDT, fee 1.5000 USDT',
    )
  })

  test('an order of contracts is not told as one of coins', () => {
    const order = {
      leg: 'perp',
      side: 'Sell',
      qty: '12',
      limitPrice: '0.0123',
      rests: true,
      reduceOnly: true,
    }
    expect(eventText({ type: 'step.order', order })).toBe(
      'sells 12 of the perpetual at 0.01230, resting in the order book, reduce-only',
    )
  })

  test('an offer says what tempted beside it', () => {
    const told = eventText({
      type: 'carry.tempting',
      because: 'carry-above-entry: found 0.05, limit 0.01',
      beside: [{ symbol: 'ETHUSDT', apr: 0.041 }],
    })
    expect(told).toContain('above the entry bar of 1.00 % a year; next best: ETHUSDT 4.10 % a year')
    expect(eventText({ type: 'carry.tempting', because: 'x', beside: [] })).not.toContain('next best')
  })

  test('orders that go out together are told together', () => {
    const order = { leg: 'spot', side: 'Sell', qty: '10', limitPrice: '2.5', borrow: true }
    const parallelOrder = { leg: 'perp', side: 'Buy', qty: '10', limitPrice: '2.51' }
    expect(eventText({ type: 'step.order', order, parallelOrder })).toBe(
      'borrows and sells 10 coins on spot at 2.500 or better, and at the same time buys 10 of the perpetual at 2.510 or better',
    )
  })

  test('a change of phase is a milestone and says where it arrived', () => {
    const step = { from: 'hedged.watching', to: 'unwinding.work' }
    expect(hedgeStory({ event: { type: 'hedge.unwind', by: 'ada', because: 'why not' }, ...step })).toEqual({
      text: 'asked to unwind by ada: why not; unwinding: both legs are being closed',
      tone: 'warn',
      isMilestone: true,
    })
    const quiet = {
      event: { type: 'order.accepted', orderLinkId: 'HEDGE00001-SE0000' },
      from: 'entering.a',
      to: 'entering.b',
    }
    expect(hedgeStory(quiet)).toMatchObject({
      text: 'the exchange accepted order SE0000',
      isMilestone: false,
    })
  })
})

describe('hedges', () => {
  test('a reverse carry owes its spot and is long its perpetual', () => {
    expect(facing('reverse-carry')).toMatchObject({
      spotHeld: 'borrowed and sold',
      perpHeld: 'long',
      spotSign: '−',
    })
    expect(facing('long-carry')).toMatchObject({ spotHeld: 'held', perpHeld: 'short', perpSign: '−' })
  })

  const order = {
    leg: 'perp',
    side: 'Sell',
    qty: '1554',
    filledQty: '300',
    limitPrice: '0.3216',
    rests: true,
    cancelRequested: false,
  }

  test('a resting order says so, with what it did so far', () => {
    expect(orderText(order)).toBe('sell 1,554 at 0.3216, rests in the order book, 300 filled')
    expect(orderText({ ...order, cancelRequested: true, filledQty: '0' })).toContain('is being cancelled')
    expect(orderText({ ...order, rests: false })).toContain('crosses')
  })

  test('an order of both legs works each of them', () => {
    const both = { ...order, leg: 'both' }
    expect(orderOf([both], 'spot')).toBe(both)
    expect(orderOf([order], 'spot')).toBeUndefined()
  })

  test('regions at rest are left out of a state', () => {
    expect(innerState('entering.work.ordering | entering.spot.quiet | entering.spreadOrder.sending')).toBe(
      'work ordering · both legs sending',
    )
  })
})
