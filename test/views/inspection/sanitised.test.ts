/** What may leave for another site: nothing secret wherever it stands, nothing without bound, and still of use. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sanitiser, WITHHELD } from '../../../src/views/inspection/hosted.ts'

const NAMES = new Set([
  'hedge/ABCDEFGHIJ',
  'xstate.after.SILENCE.hedge.entering.spot.working.of.this.very.long.chart',
])
const isName = (text: string) => NAMES.has(text)
/** Text that the sanitiser itself writes. */
const OURS = `${WITHHELD} true false null more`
const sanitise = sanitiser({ secrets: [], isName })

/** A key, a token or a password as services make them: letters with digits among them. */
const credential = fc
  .tuple(
    fc.stringMatching(/^[A-Za-z]{2,12}$/),
    fc.stringMatching(/^[0-9]{1,4}$/),
    fc.stringMatching(/^[\w+/=-]{4,40}$/),
  )
  .map(parts => parts.join(''))
  .filter(text => !/^[A-Z0-9]{1,20}USDT$/.test(text))

/** JSON that holds a planted text somewhere: as a value, in a longer text, or as a name. */
const planted = (secret: fc.Arbitrary<string>) =>
  fc
    .tuple(
      secret,
      fc.array(fc.tuple(fc.constantFrom('list', 'record', 'name', 'text'), fc.jsonValue()), { maxLength: 6 }),
    )
    .map(([text, layers]) => ({
      text,
      value: layers.reduce<unknown>((inner, [how, beside], at) => {
        if (how === 'list') return [beside, inner]
        if (how === 'name') return { [`${text}`]: inner, beside }
        if (how === 'text') return { because: `request ${text} failed`, inner }
        return { [`part${'x'.repeat(at)}`]: inner, beside }
      }, text),
    }))

describe('what is sanitised', () => {
  test('never shows a credential, wherever in a context it stands', () => {
    fc.assert(
      fc.property(planted(credential), ({ text, value }) => {
        expect(JSON.stringify(sanitise(value))).not.toContain(text)
      }),
      { numRuns: 500 },
    )
  })

  test('never shows a secret of this process, even one that looks like a word, a number or a market', () => {
    const secret = fc.oneof(
      fc.string({ minLength: 4, maxLength: 40 }),
      fc.stringMatching(/^[a-z]{4,12}$/),
      fc.stringMatching(/^[1-9][0-9]{3,9}$/),
      fc.constant('BTCUSDT'),
      fc.constant('hedge/ABCDEFGHIJ'),
    )
    fc.assert(
      fc.property(planted(secret.filter(text => !OURS.includes(text))), ({ text, value }) => {
        const shown = sanitiser({ secrets: [text], isName })({ value, number: Number(text) })
        for (const part of leaves(shown)) expect(part).not.toContain(text)
      }),
      { numRuns: 500 },
    )
  })

  test('is bounded, whatever it is made of', () => {
    fc.assert(
      fc.property(
        fc.anything({ maxDepth: 8, maxKeys: 60, withBigInt: true, withDate: true, withMap: true }),
        value => {
          expect(JSON.stringify(sanitise(value)).length).toBeLessThan(60_000)
        },
      ),
    )
    const wide = Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`n${at}`, 'x'.repeat(5_000)]))
    const deep = Array.from({ length: 5_000 }).reduce<object>(inner => ({ inner, wide }), {})
    const round: Record<string, unknown> = { wide, deep }
    round.again = [round, round, round]
    expect(JSON.stringify(sanitise(round)).length).toBeLessThan(60_000)
  })

  test('withholds what its name calls secret, whatever it is', () => {
    const named = {
      apiKey: 'plain',
      password: 'sesame',
      chatId: 12345,
      telegramToken: { of: 'us' },
      mailTo: ['me'],
    }
    expect(sanitise(named)).toEqual(Object.fromEntries(Object.keys(named).map(name => [name, WITHHELD])))
  })

  test('withholds free text, order ids and what is no JSON; a getter that throws stops nothing', () => {
    class Held {
      amount = '1'
    }
    const trap = Object.defineProperty({}, 'trap', {
      enumerable: true,
      get: () => {
        throw new Error('no')
      },
    })
    expect(
      sanitise({
        because: 'Looking at it',
        orderLinkId: 'ABCDEFGHIJ-sb-4',
        held: new Held(),
        run: () => 1,
        size: 10n,
      }),
    ).toEqual({ because: WITHHELD, orderLinkId: WITHHELD, held: WITHHELD, run: WITHHELD, size: WITHHELD })
    expect(sanitise({ trap })).toBe(WITHHELD)
  })

  test('keeps what a chart is understood by: states, amounts, markets, names of actors and events', () => {
    const [hedge = '', timer = ''] = NAMES
    const kept = {
      type: timer,
      symbol: '1000PEPEUSDT',
      phase: 'entering',
      route: 'maker-spot',
      state: 'hedged.watching',
      qty: '-0.0150',
      repairs: 2,
      isLate: false,
      order: null,
      failure: '',
      children: { [hedge]: { status: 'running', dueAtMs: 1_700_000_000_000 } },
    }
    expect(sanitise(kept)).toEqual(kept)
  })

  test('says how much of a long list it left out', () => {
    expect(sanitise(Array.from({ length: 43 }, (_, at) => at))).toHaveLength(41)
    expect(JSON.stringify(sanitise(Array.from({ length: 43 }, (_, at) => at)))).toContain('[3 more]')
  })
})

function leaves(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [String(value)]
  return Object.entries(value).flatMap(([name, inner]) => [name, ...leaves(inner)])
}
