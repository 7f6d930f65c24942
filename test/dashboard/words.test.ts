/** What the pages make of rows before they draw them: text, files, curves, the live store. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { storyOf } from '../../src/dashboard/hedge/story.ts'
import { createLiveStore, withFrame, withHoldings } from '../../src/dashboard/live/store.ts'
import { drawDown } from '../../src/dashboard/overview/draw-down.ts'
import { csvText } from '../../src/dashboard/show/csv.ts'
import { amountText, percentText, qtyText } from '../../src/dashboard/show/figures.ts'
import { reasonText } from '../../src/dashboard/show/reasons.ts'
import { lengthText } from '../../src/dashboard/show/time.ts'

describe('amounts', () => {
  test('an amount is formatted from its text, not from a float that lost digits', () => {
    expect(amountText('9007199254740993.25')).toBe('9,007,199,254,740,993.25')
    expect(qtyText('0.123456789012345678', 18)).toBe('0.123456789012345678')
  })

  test('a loss has the real minus sign, a gain its plus when asked, zero neither', () => {
    expect(amountText('-3.1')).toBe('−3.10')
    expect(amountText('3.1', 2, true)).toBe('+3.10')
    expect(amountText('0', 2, true)).toBe('0.00')
    expect(percentText(-0.0794, 1)).toBe('−7.9 %')
  })
})

test('a length names its two largest parts', () => {
  expect(lengthText(90_061_000)).toBe('1 d 1 h')
  expect(lengthText(61_000)).toBe('1 m 1 s')
  expect(lengthText(850)).toBe('850 ms')
})

describe('a downloaded file', () => {
  /** RFC 4180, read back. */
  const read = (text: string): string[][] => {
    const rows: string[][] = [[]]
    for (const [, quoted, plain = '', end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n"]*))(,|\r\n)/g)) {
      rows.at(-1)?.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
      if (end === '\r\n') rows.push([])
    }
    return rows.slice(0, -1)
  }

  test('gives back every cell as it was', () => {
    const cell = fc.string({ unit: 'grapheme' }).map(text => `a${text}`)
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1 }), rows => {
        expect(read(csvText(['one', 'two'], rows))).toEqual([['one', 'two'], ...rows])
      }),
    )
  })

  test('runs no formula, and leaves negative figures alone', () => {
    expect(csvText(['a', 'b', 'c'], [['=1+1', '-12.5', '@x']])).toBe("a,b,c\r\n'=1+1,-12.5,'@x\r\n")
  })
})

test('a draw-down is the fall from the highest value before, never a gain', () => {
  expect(drawDown([100, 90, 120, 60])).toEqual([0, -0.09999999999999998, 0, -0.5])
  const values = fc.array(fc.double({ min: 1, max: 1e6, noNaN: true }))
  fc.assert(fc.property(values, curve => drawDown(curve).every(fall => fall <= 0 && fall > -1)))
})

describe('reasons', () => {
  test('a refusal says what was found and what it was held against', () => {
    expect(reasonText('carry-below-entry', '-0.794', '0.15')).toBe(
      'net APR −79.4 % is below the 15.0 % needed',
    )
    expect(reasonText('carry-gone: found -1.696, limit 0.02')).toContain('expected funding −169.6 % a year')
  })

  test('one nobody wrote words for is shown as it is', () => {
    expect(reasonText('moon-too-full', '3', '2')).toBe('moon too full: found 3, limit 2')
  })
})

test('a story names every step, the newest first, and milestones among them', () => {
  const step = (
    seq: number,
    event: { type: string } & Record<string, unknown>,
    from: string,
    to: string,
  ) => ({
    seq,
    atMs: 1000 + seq,
    event,
    from,
    to,
  })
  const story = storyOf([
    step(0, { type: 'plan.confirmed' }, 'idle', 'entering.work.deciding'),
    step(1, { type: 'order.accepted', orderLinkId: 'X' }, 'entering', 'entering'),
    step(2, { type: 'legs.verified' }, 'entering.work.verifying', 'hedged.watching'),
    step(3, { type: 'hedge.unwind', by: 'ada', because: 'why not' }, 'hedged.watching', 'unwinding.work'),
  ])
  expect(story.map(({ seq }) => seq)).toEqual([3, 2, 1, 0])
  expect(story.filter(({ isMilestone }) => isMilestone).map(({ seq }) => seq)).toEqual([3, 2, 0])
  expect(story[0]?.text).toBe('Told to unwind by ada: why not. Unwinding: both legs are being closed')
  expect(story[1]?.text).toContain('Hedged: both legs stand level')
})

describe('the live store', () => {
  const row = (id: string, state: string) => ({
    id,
    kind: 'hedge',
    state,
    sinceMs: 0,
    since: '',
    version: 1,
    restarts: 0,
    quarantined: false,
    parentId: '',
  })

  test('applies all frames of one animation frame together, in order, and tells readers once', () => {
    const frames: (() => void)[] = []
    const store = createLiveStore(run => frames.push(run))
    let heard = 0
    store.subscribe(() => {
      heard += 1
    })
    store.change(withFrame({ reset: true, rows: [row('a', 'entering'), row('b', 'hedged')], removed: [] }))
    store.change(withFrame({ reset: false, rows: [row('a', 'hedged')], removed: ['b'] }))
    expect(store.get().actors.size).toBe(0)
    expect(frames).toHaveLength(1)
    frames[0]?.()
    expect([...store.get().actors.values()].map(({ id, state }) => [id, state])).toEqual([['a', 'hedged']])
    expect(heard).toBe(1)
  })

  test('a reset forgets what an earlier engine told', () => {
    const store = createLiveStore(run => run())
    store.change(withFrame({ reset: true, rows: [row('a', 'hedged')], removed: [] }))
    store.change(withFrame({ reset: true, rows: [row('c', 'idle')], removed: [] }))
    expect([...store.get().actors.keys()]).toEqual(['c'])
    store.change(withHoldings({ reset: true, rows: [], removed: [] }))
    expect(store.get().holdings?.size).toBe(0)
  })
})
