/** The tidy rules themselves: each fault seeded once must be found at its line, and what is allowed must pass. */
import { describe, expect, test } from 'vitest'
import { arrowFaults } from './arrows.ts'
import { importCircles } from './circles.ts'
import { secretThrowers, silentFunctions } from './doc-lines.ts'
import { unusedExports, unusedPackages } from './exports.ts'
import { folderFaults } from './folders.ts'
import { fileLengthFaults, longFunctions } from './lengths.ts'
import { sharedNames } from './names.ts'
import { parseSource } from './source.ts'
import { hostFaults, idleExceptions, wordFaults } from './words.ts'

describe('arrows', () => {
  test.each([
    ['src/domain/market/fees.ts', `import { z } from 'zod'`],
    ['src/domain/market/fees.ts', `import type { Clock } from '../../clock/clock.ts'`],
    ['machines/hedge/leg.ts', `import { place } from '../../actors/hedge.ts'`],
    ['machines/hedge/leg.ts', `import { readFileSync } from 'node:fs'`],
    ['src/exchange/bybit/venue.ts', `import { core } from '../simulator/core.ts'`],
    ['src/exchange/exchange.ts', `import type { Row } from '../store/records.ts'`],
    ['src/store/journal/journal.ts', `import { x } from '../../exchange/exchange.ts'`],
    ['actors/desk.ts', `import { app } from '../src/api/app.ts'`],
    ['src/api/app.ts', `const engine = await import('../../actors/engine.ts')`],
    ['src/api/app.ts', `export type A = import('../store/records.ts').ActorRow`],
    ['src/api/app.ts', `export { x } from '../main.ts'`],
    ['src/dashboard/page.ts', `import { app } from '../api/app.ts'`],
    ['src/main.ts', `import { seed } from '../test/seed.ts'`],
  ])('%s may not: %s', (file, text) => {
    expect(arrowFaults(parseSource(file, `// why\n${text}\n`))).toEqual([
      expect.stringMatching(new RegExp(`^${file}:2 arrow: `)),
    ])
  })

  test.each([
    ['src/domain/market/fees.ts', `import { Decimal } from 'decimal.js'\nimport { usdt } from './units.ts'`],
    [
      'machines/hedge/leg.ts',
      `import { setup } from 'xstate'\nimport type { Leg } from '../src/domain/leg.ts'`,
    ],
    ['src/exchange/simulator/wire.ts', `import type { Wire } from '../bybit/wire.ts'`],
    ['src/dashboard/page.ts', `import type { AppType } from '../api/app.ts'`],
    ['src/run/paper.ts', `import { app } from './api/app.ts'\nimport { desk } from '../actors/desk.ts'`],
    ['test/e2e/day.test.ts', `import { main } from '../../src/main.ts'`],
    ['vitest.config.ts', `import { defineConfig } from 'vitest/config'`],
  ])('%s may: %s', (file, text) => {
    expect(arrowFaults(parseSource(file, text))).toEqual([])
  })

  test('a file whose place is not drawn is named', () => {
    expect(arrowFaults(parseSource('src/misc.ts', ''))[0]).toMatch(/^src\/misc\.ts:1 layer: /)
  })
})

describe('words', () => {
  test.each([
    ['actors/desk.ts', 'const nowMs = Date.now()', 'wall clock'],
    ['src/api/app.ts', 'const at = new Date()', 'wall clock'],
    ['src/store/lease.ts', 'const at = performance.now()', 'wall clock'],
    ['actors/desk.ts', 'const later = Date.now', 'wall clock'],
    ['actors/desk.ts', 'setTimeout(() => 1, 5)', 'own timer'],
    ['machines/hedge/leg.ts', 'const id = Math.random()', 'chance'],
    ['src/domain/market/fees.ts', "const fee = Number('0.1')", 'float from text'],
    ['src/domain/market/fees.ts', "const fee = parseFloat('0.1')", 'float from text'],
    ['src/domain/market/fees.ts', 'const fee = +text', 'float from text'],
    ['src/domain/market/fees.ts', 'const fee = new Decimal(text).times(2).toNumber()', 'float from decimal'],
    ['src/a/b.ts', 'enum Side { Buy }', 'enum'],
    ['src/a/b.ts', 'namespace Sides { export const a = 1 }', 'namespace'],
    ['src/a/b.ts', '@held class Held {}', 'decorator'],
    ['src/a/b.ts', 'class Held { constructor(readonly a: string) {} }', 'parameter property'],
    ['src/a/b.ts', 'const a: any = 1', 'any'],
    ['src/a/b.ts', 'const a = b!', 'non-null'],
    ['src/a/b.ts', 'export default 1', 'default export'],
    ['src/a/b.ts', "export * from './c.ts'", 'barrel'],
    ['src/a/b.ts', 'try { go() } catch {}', 'swallowed error'],
    ['src/a/utils.ts', 'const a = 1', 'file name'],
    ['src/a/index.ts', 'const a = 1', 'file name'],
    ['src/a/b.ts', 'const a = 1 // TODO', 'promise to oneself'],
  ])('%s: %s is %s', (file, text, rule) => {
    expect(wordFaults(parseSource(file, text))).toEqual([
      expect.stringMatching(new RegExp(`^${file}:1 ${rule}: .+`)),
    ])
  })

  test.each([
    ['src/clock/clock.ts', 'const nowMs = Date.now()'],
    ['actors/desk.ts', "// Date.now() is not asked here.\nconst text = 'Math.random() any enum'"],
    ['src/store/row.ts', 'const at = new Date(nowMs)'],
    ['src/exchange/bybit/translate/fields.ts', "const count = Number('5')"],
    ['src/domain/carry/carry.ts', 'const apr = rate.toNumber()'],
    ['src/a/b.ts', 'try { go() } catch { /* The file may be gone already. */ }'],
    ['src/a/b.ts', 'declare module "x" { const a: 1 }'],
    ['vitest.config.ts', 'export default {}'],
    ['src/store/migrations/1.ts', 'export default class {}'],
    ['src/a/data-types.ts', 'const anyOf = 1'],
  ])('%s: %s passes', (file, text) => {
    expect(wordFaults(parseSource(file, text))).toEqual([])
  })

  test('lines are counted over letters of any width', () => {
    expect(wordFaults(parseSource('src/a/b.ts', "const a = '→ 資金 😀'\n\nconst b = a!\n"))).toEqual([
      expect.stringMatching(/^src\/a\/b\.ts:3 non-null: /),
    ])
  })

  test('an exception for a file that is gone is named', () => {
    expect(idleExceptions([])).toContainEqual(expect.stringContaining('src/clock/clock.ts is gone'))
    expect(idleExceptions(['src/clock/clock.ts']).join()).not.toContain('src/clock/clock.ts is gone')
  })
})

describe('hosts', () => {
  test.each([
    ['src/alerts/alerts.ts', `const url = 'https://hooks.slack.com/services'`],
    ['src/api/page.ts', `const url = \`https://cdn.jsdelivr.net/npm/\${name}\``],
    ['src/exchange/bybit/rest.ts', `const url = 'wss://stream.binance.com:9443'`],
    ['src/exchange/simulator/server/server.ts', `const url = 'https://api.bybit.com'`],
    ['src/config/config.ts', `const host = 'api.bybit.com'`],
  ])('%s may not name one: %s', (file, text) => {
    expect(hostFaults(parseSource(file, text))).toEqual([expect.stringContaining(`${file}:1 outside host: `)])
  })

  test.each([
    ['src/exchange/bybit/rest.ts', `const url = 'wss://stream.bybit.com/v5/private'`],
    ['src/domain/market/fees.ts', '/** @see https://bybit-exchange.github.io/docs/v5 */\nconst a = 1'],
    ['src/api/app.ts', `const url = \`http://127.0.0.1:\${port}/\``],
    ['test/api/guard.test.ts', `const origin = 'https://evil.example'`],
    ['src/a/b.ts', `const event = 'order.filled'`],
  ])('%s may: %s', (file, text) => {
    expect(hostFaults(parseSource(file, text))).toEqual([])
  })
})

describe('lengths', () => {
  const lines = (count: number) => 'go()\n'.repeat(count)

  test('a file may have 400 lines and not one more', () => {
    expect(fileLengthFaults(parseSource('src/a/b.ts', lines(400)))).toEqual([])
    expect(fileLengthFaults(parseSource('src/a/b.ts', lines(401)))).toHaveLength(1)
  })

  test.each([
    (body: string) => `function long() {\n${body}}`,
    (body: string) => `const long = () => {\n${body}}`,
    (body: string) => `const a = { long() {\n${body}} }`,
    (body: string) => `class A { long() {\n${body}} }`,
  ])('a function may have 70 lines and not one more (%#)', shape => {
    expect(longFunctions(parseSource('src/a/b.ts', shape(lines(68))))).toEqual([])
    expect(longFunctions(parseSource('src/a/b.ts', shape(lines(69))))).toEqual([
      {
        id: 'src/a/b.ts long',
        lines: 71,
        fault: 'src/a/b.ts:1 function length: long has 71 lines, at most 70',
      },
    ])
  })

  test('the functions inside a function count as its lines', () => {
    const factory = `const make = () => ({\n${'a() {\ngo()\n},\n'.repeat(30)}})`
    expect(longFunctions(parseSource('src/a/b.ts', factory))).toMatchObject([
      { id: 'src/a/b.ts make', lines: 92 },
    ])
  })

  test('a describe block is not a function, a test in it is', () => {
    const chapter = (inside: string) =>
      parseSource('test/a.test.ts', `describe.skipIf(x)('a', () => {\n${inside}})`)
    expect(longFunctions(chapter(lines(100)))).toEqual([])
    expect(longFunctions(chapter(`test('b', () => {\n${lines(100)}})`))).toHaveLength(1)
  })
})

describe('exports', () => {
  const unused = (...files: [path: string, text: string][]) =>
    unusedExports(files.map(([file, text]) => parseSource(file, text)))

  test('a name that nobody imports is dead', () => {
    expect(
      unused(
        ['src/a.ts', 'export const one = 1\nexport const { two, b: three } = x\nexport function four() {}\n'],
        ['src/b.ts', `import { one, two } from './a.ts'\nconst x = one + two`],
      ),
    ).toEqual([expect.stringMatching(/^src\/a\.ts:2 .*three/), expect.stringMatching(/^src\/a\.ts:3 .*four/)])
  })

  test.each([
    `import * as a from './a.ts'`,
    `import type { One } from './a.ts'`,
    `export { One } from './a.ts'`,
    `const { One } = await import('./a.ts')`,
    `type Two = import('./a.ts').One`,
  ])('%s takes the name', text => {
    expect(unused(['src/a.ts', 'export class One {}'], ['src/main.ts', text])).toEqual([])
  })

  test('a type may stay when its own file describes a signature with it', () => {
    expect(unused(['src/a.ts', 'export type One = 1']).length).toBe(1)
    expect(unused(['src/a.ts', 'export type One = 1\nconst one: One = 1'])).toEqual([])
    expect(unused(['src/a.ts', 'type One = 1\nexport type { One }\nconst one: One = 1'])).toEqual([])
  })

  test('a package that nobody imports is dead weight', () => {
    const tree = [parseSource('src/a.ts', `import { z } from 'zod/v4'\nimport type { Pool } from 'pg'`)]
    expect(unusedPackages(['zod', 'pg', '@types/pg', 'typescript', 'winston'], tree)).toEqual([
      expect.stringContaining('nothing imports winston'),
    ])
  })
})

describe('the house', () => {
  const tree = (files: Record<string, string>) =>
    Object.entries(files).map(([file, text]) => parseSource(file, text))

  test('files that import each other are a circle, also when it is only for types', () => {
    expect(
      importCircles(
        tree({
          'src/a.ts': `import { b } from './b.ts'`,
          'src/b.ts': `import { c } from './c.ts'`,
          'src/c.ts': `import type { A } from './a.ts'`,
          'src/d.ts': `import { a } from './a.ts'`,
          'src/e.ts': `import { d } from './d.ts'\nimport { x } from 'elsewhere'`,
        }),
      ),
    ).toEqual([['src/a.ts', 'src/b.ts', 'src/c.ts']])
  })

  test('a folder may show 18 entries, folders among them, and not one more', () => {
    const files = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, nth) => [`src/f/${nth}/a.ts`, '']))
    expect(folderFaults(tree(files(18)))).toEqual([])
    expect(folderFaults(tree(files(19)))).toEqual([expect.stringMatching(/^src\/f\/ folder: 19 entries/)])
  })

  test('a name that two files declare is named with both; a name passed on is declared once', () => {
    expect(
      sharedNames(
        tree({
          'src/a.ts': 'export const one = 1\nexport type Two = 2',
          'src/b.ts': 'export function one() {}',
          'src/c.ts': `export { Two } from './a.ts'`,
        }),
      ),
    ).toEqual(new Map([['one', ['src/a.ts', 'src/b.ts']]]))
  })

  test.each([
    ['export const f = () => 1', 1],
    ['export function f() {}', 1],
    ['// A note.\nexport function f() {}', 1],
    ['/** Says. */\nexport function f() {}', 0],
    ['/** Of another. */\nconst a = 1\nexport const f = () => 1', 1],
    ['export const f = 1\nfunction g() {}', 0],
  ])('%j has %i functions without a line', (text, count) => {
    expect(silentFunctions(parseSource('src/a.ts', text)).silent).toHaveLength(count)
  })

  test.each([
    ['Reads.', 'throw new Error()', 1],
    ['Reads; throws on what it does not know.', 'throw new Error()', 0],
    ['Reads.', 'try { throw new Error() } catch { return 1 }', 0],
    ['Reads.', 'try { go() } catch (e) { throw e }', 1],
    ['Reads.', 'return () => { throw new Error() }', 0],
    ['Reads.', 'if (a) { for (const b of c) throw new Error() }', 1],
  ])('"%s" before { %s }: %i kept secret', (doc, body, count) => {
    const text = `/** ${doc} */\nexport function f() { ${body} }`
    expect(secretThrowers(parseSource('src/a.ts', text))).toHaveLength(count)
  })
})
