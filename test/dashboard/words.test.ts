/** What the pages make of rows before they draw them: text, files, curves, the live store. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AlertRow } from '../../src/api/rows/rows.ts'
import type { EngineState } from '../../src/dashboard/data/store.ts'
import { createLiveStore, withFrame, withHoldings } from '../../src/dashboard/data/store.ts'
import { byUrgency, detailText, placeOf } from '../../src/dashboard/pages/alerts/alert-words.ts'
import { drawDown } from '../../src/dashboard/pages/overview/draw-down.ts'
import { bannerLines } from '../../src/dashboard/shell/banner-words.ts'
import { csvText } from '../../src/dashboard/show/csv.ts'

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

describe('alerts', () => {
  const alert = (alertId: string, row: Partial<AlertRow> = {}): AlertRow => ({
    alertId,
    name: 'feed.silent',
    subject: 'spot',
    severity: 'ticket',
    message: '',
    detail: {},
    raisedAtMs: 0,
    clearedAtMs: null,
    acknowledgedAtMs: null,
    acknowledgedBy: null,
    ...row,
  })

  test('what calls a person and still stands comes first, what is over last', () => {
    const rows = [
      alert('over', { severity: 'page', clearedAtMs: 9 }),
      alert('old', { raisedAtMs: 1 }),
      alert('new', { raisedAtMs: 2 }),
      alert('call', { severity: 'page' }),
    ]
    expect(byUrgency(rows).map(({ alertId }) => alertId)).toEqual(['call', 'new', 'old', 'over'])
  })

  test('details name their units in words', () => {
    const detail = { ageMs: 68_301, severity: 'page', lossUsdt: '-1204.5', policy: 'ignore', rank: 3 }
    expect(detailText(alert('a', { detail }))).toBe(
      'age 1 min 8 s, loss −1,204.50 USDT, policy ignore, rank 3',
    )
  })

  test('a hedge leads to its page, a symbol to its chart, a feed nowhere', () => {
    expect(placeOf('hedge:AB12')).toBe('/hedges/AB12')
    expect(placeOf('ETHUSDT')).toBe('/inspector/symbol%3AETHUSDT')
    expect(placeOf('spot')).toBeUndefined()
  })
})

describe('what stands over every page', () => {
  const engine = (more: Partial<EngineState>): EngineState => ({
    mode: 'sim',
    state: 'trading',
    halt: null,
    risk: null,
    flatten: null,
    nowMs: 0,
    speed: 1,
    pace: 1,
    startedAtMs: 0,
    exchange: '',
    version: '',
    hedges: {},
    symbols: {},
    ledgerResiduals: {},
    equityUsdt: null,
    health: [],
    ...more,
  })
  const text = (more: Partial<EngineState>) =>
    bannerLines(engine(more))
      .map(said => said.text)
      .join(' ')

  test('nothing while it trades', () => expect(bannerLines(engine({}))).toEqual([]))

  test('a limit that is reached is named by its setting, with what was found', () => {
    const risk = {
      state: 'reducing' as const,
      because: 'margin-rate',
      found: '0.52',
      limit: '0.5',
      setBy: 'limits.maintenanceMarginRateMax',
      atMs: 1,
    }
    const said = text({ state: 'reducing', risk })
    expect(said).toContain('set by the limit limits.maintenanceMarginRateMax')
    expect(said).toContain('the maintenance margin rate of 52.00 % has reached 50.00 %')
    // A halt weighs more: it does not end by itself.
    const halt = { by: 'ada', because: 're-checking', atMs: 1 }
    expect(text({ state: 'halted', halt, risk })).toMatch(/^Halted by ada at .*: re-checking\./)
  })

  test('a flatten is under way until the exchange was asked, and tells what it left', () => {
    const halt = { by: 'ada', because: 'flatten', atMs: 1 }
    const flatten = { by: 'ada', because: 'flatten', askedAtMs: 1, endedAtMs: 0, left: [] }
    expect(text({ state: 'halted', halt, flatten })).toContain('every hedge is being closed')
    expect(
      text({ state: 'halted', halt, flatten: { ...flatten, endedAtMs: 2, left: ['0.1 BTC'] } }),
    ).toContain('still shows: 0.1 BTC')
    expect(text({ state: 'trading', flatten })).toBe('')
  })
})
