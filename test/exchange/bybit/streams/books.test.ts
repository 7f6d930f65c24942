/** The order book builder: whatever comes, a book that is handed out is in sequence, sorted, exact and not crossed. */
import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { orderBookBuilder } from '../../../../src/exchange/bybit/streams/order-books.ts'

type Level = [string, string]
const frame = (type: string, u: number, b: Level[], a: Level[], ts = 1_000 + u) => ({
  topic: 'orderbook.50.BTCUSDT',
  type,
  ts,
  data: { s: 'BTCUSDT', b, a, u, seq: u * 7 },
})
const snapshot = (u = 10) =>
  frame(
    'snapshot',
    u,
    [
      ['99', '1'],
      ['98', '2'],
    ],
    [
      ['101', '1'],
      ['102', '2'],
    ],
  )

describe('in sequence', () => {
  test('a delta before any snapshot is waited out', () => {
    expect(orderBookBuilder('spot', 'BTCUSDT').apply(frame('delta', 11, [], []))).toEqual({ kind: 'waiting' })
  })

  test.each([10, 12, 9, 20])(
    'after update 10 a delta with update %i breaks the book until the next snapshot',
    u => {
      const book = orderBookBuilder('spot', 'BTCUSDT')
      book.apply(snapshot())
      expect(book.apply(frame('delta', u, [['99', '5']], []))).toMatchObject({ kind: 'broken' })
      expect(book.apply(frame('delta', u + 1, [], []))).toEqual({ kind: 'waiting' })
      expect(book.apply(snapshot(40))).toMatchObject({
        kind: 'book',
        book: {
          bids: [
            ['99', '1'],
            ['98', '2'],
          ],
        },
      })
    },
  )

  test('update 1 replaces the book, whatever its type says: Bybit restarted its service', () => {
    const book = orderBookBuilder('spot', 'BTCUSDT')
    book.apply(snapshot())
    const answer = book.apply(frame('delta', 1, [['50', '3']], [['51', '4']]))
    expect(answer).toMatchObject({ kind: 'book', book: { bids: [['50', '3']], asks: [['51', '4']] } })
    expect(book.apply(frame('delta', 2, [['50', '0']], []))).toMatchObject({
      kind: 'book',
      book: { bids: [] },
    })
  })

  test('a new snapshot with the same update replaces the book', () => {
    const book = orderBookBuilder('spot', 'BTCUSDT')
    book.apply(snapshot())
    expect(book.apply(frame('snapshot', 10, [['1', '1']], [['2', '1']]))).toMatchObject({
      kind: 'book',
      book: { bids: [['1', '1']], asks: [['2', '1']] },
    })
  })

  test('a forgotten book waits for a snapshot', () => {
    const book = orderBookBuilder('spot', 'BTCUSDT')
    book.apply(snapshot())
    book.forget()
    expect(book.apply(frame('delta', 11, [], []))).toEqual({ kind: 'waiting' })
  })
})

describe('levels', () => {
  test('size 0 deletes, in any spelling of zero', () => {
    const book = orderBookBuilder('spot', 'BTCUSDT')
    book.apply(snapshot())
    expect(book.apply(frame('delta', 11, [['99', '0']], [['101', '0.000']]))).toMatchObject({
      kind: 'book',
      book: { bids: [['98', '2']], asks: [['102', '2']] },
    })
  })

  test('the same price in another spelling is the same level', () => {
    const book = orderBookBuilder('spot', 'BTCUSDT')
    book.apply(snapshot())
    const answer = book.apply(frame('delta', 11, [['99.0', '7']], []))
    expect(answer).toMatchObject({
      kind: 'book',
      book: {
        bids: [
          ['99.0', '7'],
          ['98', '2'],
        ],
      },
    })
  })

  test.each([
    ['an exponent', '1e2', '1'],
    ['a negative price', '-1', '1'],
    ['no number', 'abc', '1'],
    ['more digits than any amount has', `97.${'1'.repeat(39)}`, '1'],
    ['a size that is no number', '97', 'NaN'],
    ['an empty size', '97', ''],
  ])('%s breaks the book', (_name, price, size) => {
    const book = orderBookBuilder('spot', 'BTCUSDT')
    book.apply(snapshot())
    expect(book.apply(frame('delta', 11, [[price, size]], []))).toMatchObject({ kind: 'broken' })
  })

  test.each([
    ['no data', { type: 'delta', ts: 1 }],
    ['no update id', { type: 'delta', ts: 1, data: { b: [], a: [] } }],
    ['no time', { type: 'delta', data: { b: [], a: [], u: 11 } }],
    ['sides that are no lists', { type: 'delta', ts: 1, data: { b: {}, a: [], u: 11 } }],
    ['levels that are no pairs', { type: 'delta', ts: 1, data: { b: ['99'], a: [], u: 11 } }],
  ])('%s breaks the book', (_name, message) => {
    const book = orderBookBuilder('spot', 'BTCUSDT')
    book.apply(snapshot())
    expect(book.apply(message)).toMatchObject({ kind: 'broken' })
  })

  test.each([
    ['locked', '101'],
    ['crossed', '101.5'],
  ])('a %s book is broken', (_name, bid) => {
    const book = orderBookBuilder('spot', 'BTCUSDT')
    book.apply(snapshot())
    expect(book.apply(frame('delta', 11, [[bid, '1']], []))).toMatchObject({
      kind: 'broken',
      cause: expect.stringContaining('crossed'),
    })
  })

  test('a book that was handed out does not change with later updates', () => {
    const book = orderBookBuilder('spot', 'BTCUSDT')
    const answer = book.apply(snapshot())
    const before = JSON.stringify(answer)
    book.apply(
      frame(
        'delta',
        11,
        [
          ['98.5', '9'],
          ['99', '0'],
        ],
        [['101', '0']],
      ),
    )
    expect(JSON.stringify(answer)).toBe(before)
  })
})

test('any run of deltas gives the book that a plain map gives, sorted and at most 50 deep', () => {
  const size = fc.integer({ min: 0, max: 3 }).map(String)
  const updates = (low: number, high: number) =>
    fc.array(
      fc.tuple(
        fc.integer({ min: low, max: high }).map(tick => (tick / 8).toFixed(3)),
        size,
      ),
      { maxLength: 30 },
    )
  const delta = fc.record({ b: updates(1, 799), a: updates(801, 1600) })
  fc.assert(
    fc.property(fc.array(delta, { minLength: 1, maxLength: 12 }), deltas => {
      const book = orderBookBuilder('linear', 'BTCUSDT')
      book.apply(frame('snapshot', 100, [], []))
      const bids = new Map<string, string>()
      const asks = new Map<string, string>()
      deltas.forEach(({ b, a }, at) => {
        for (const [side, list] of [
          [bids, b],
          [asks, a],
        ] as const)
          for (const [price, qty] of list)
            if (qty === '0') side.delete(price)
            else side.set(price, qty)
        const answer = book.apply(frame('delta', 101 + at, b, a))
        if (answer.kind !== 'book') throw new Error(`expected a book, found ${JSON.stringify(answer)}`)
        expect(answer.book.bids).toEqual([...bids].sort((x, y) => Number(y[0]) - Number(x[0])).slice(0, 50))
        expect(answer.book.asks).toEqual([...asks].sort((x, y) => Number(x[0]) - Number(y[0])).slice(0, 50))
      })
    }),
    { numRuns: 200 },
  )
})

function set(side: Map<string, Level>, level: Level): void {
  const key = new Decimal(level[0]).toFixed()
  side.delete(key)
  if (Number(level[1]) > 0) side.set(key, level)
}

test('prices and sizes longer than a double holds stand in order, apart and digit for digit, among short ones', () => {
  // Prices that are the same double, and their neighbours, in several spellings.
  const price = (whole: string) =>
    fc
      .constantFrom(
        '',
        '.0',
        '.5',
        '.50000000000000001',
        '.500000000000000012',
        '.5000000000000000120',
        '.51',
      )
      .map(part => `${whole}${part}`)
  const size = fc.constantFrom(
    '0',
    '0.00000000000000000',
    '2',
    '123456789012345678.25',
    '123456789012345678.26',
  )
  const updates = (whole: string) => fc.array(fc.tuple(price(whole), size), { maxLength: 8 })
  const delta = fc.record({ b: updates('12345'), a: updates('12346') })
  fc.assert(
    fc.property(fc.array(delta, { minLength: 1, maxLength: 6 }), deltas => {
      const book = orderBookBuilder('linear', 'BTCUSDT')
      book.apply(frame('snapshot', 100, [], []))
      const sides = { b: new Map<string, Level>(), a: new Map<string, Level>() }
      for (const [at, next] of deltas.entries()) {
        for (const name of ['b', 'a'] as const) for (const level of next[name]) set(sides[name], level)
        const sorted = (name: 'b' | 'a') =>
          [...sides[name].values()].sort(([x], [y]) => new Decimal(x).cmp(y))
        const [bids, asks] = [sorted('b').reverse(), sorted('a')]
        const message = frame('delta', 101 + at, next.b, next.a)
        expect(book.takeFrame(JSON.stringify(message)) ?? book.take(message)).toEqual({ kind: 'taken' })
        expect(book.live.copy()).toMatchObject({ bids, asks })
        const [bid, ask] = [bids[0], asks[0]]
        const best = { bid: bid?.[0], bidQty: bid?.[1], ask: ask?.[0], askQty: ask?.[1], update: 0, atMs: 0 }
        expect(book.standsAt(best)).toBe(true)
        if (bid)
          expect(
            book.standsAt({ ...best, bid: `${bid[0]}${bid[0].includes('.') ? '' : '.'}${'0'.repeat(18)}1` }),
          ).toBe(false)
      }
    }),
    { numRuns: 200 },
  )
})

test('a bid above the ask by less than a double tells is crossed, one below it is not', () => {
  const apart = (bid: string, ask: string) => {
    const book = orderBookBuilder('spot', 'BTCUSDT')
    return book.apply(frame('snapshot', 10, [[bid, '1']], [[ask, '1']])).kind
  }
  expect(apart('1.50000000000000001', '1.50000000000000002')).toBe('book')
  expect(apart('1.50000000000000002', '1.50000000000000001')).toBe('broken')
  expect(apart('1.5', '1.50000000000000000')).toBe('broken')
})

test('any single dropped, repeated or swapped delta is noticed, and no book is handed out after it', () => {
  const fault = fc.constantFrom('drop', 'repeat', 'swap')
  fc.assert(
    fc.property(fc.integer({ min: 3, max: 20 }), fc.nat(), fault, (length, seed, kind) => {
      const frames = Array.from({ length }, (_, at) => frame('delta', 11 + at, [['99', String(at + 1)]], []))
      const at = seed % (length - 2)
      const run = [...frames]
      const [one, next] = [frames[at], frames[at + 1]]
      if (!one || !next) throw new Error('out of range')
      if (kind === 'drop') run.splice(at, 1)
      if (kind === 'repeat') run.splice(at, 0, one)
      if (kind === 'swap') run.splice(at, 2, next, one)
      const book = orderBookBuilder('spot', 'BTCUSDT')
      book.apply(snapshot())
      const kinds = run.map(message => book.apply(message).kind)
      const broken = kinds.indexOf('broken')
      expect(broken).toBeGreaterThanOrEqual(0)
      expect(broken).toBeLessThanOrEqual(at + 1)
      expect(kinds.slice(broken + 1).every(after => after === 'waiting')).toBe(true)
    }),
    { numRuns: 200 },
  )
})
