/** The habits of the house, held over every TypeScript file in the tree. The rules and their exceptions are in test/tidy/. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { arrowFaults } from './arrows.ts'
import { CIRCLES_MAX, LONG_FUNCTIONS, SHARED_NAMES, SILENT_MAX, THROWERS_MAX } from './ceilings.ts'
import { unusedExports, unusedPackages } from './exports.ts'
import { folderFaults } from './folders.ts'
import { measure } from './house.ts'
import { fileLengthFaults } from './lengths.ts'
import { type Fault, ROOT, readTree } from './source.ts'
import { hostFaults, idleExceptions, wordFaults } from './words.ts'

const tree = readTree()
const house = measure(tree)
const code = tree.filter(({ path: file }) => file.endsWith('.ts'))

const expectNone = (faults: Fault[]) => expect(faults, `\n${faults.join('\n')}\n`).toHaveLength(0)

test('every import points inward', () => {
  expectNone(code.flatMap(arrowFaults))
})

test('no banned word stands anywhere without its reason', () => {
  expectNone([...code.flatMap(wordFaults), ...idleExceptions(code.map(({ path: file }) => file))])
})

test('no file names a host outside this machine, save the adapter of Bybit', () => {
  expectNone(code.flatMap(hostFaults))
})

test('no file is longer than can be read at a sitting', () => {
  expectNone(code.flatMap(fileLengthFaults))
})

test('no function is longer than a screen, those inside it included', () => {
  expectNone(house.long.filter(({ id }) => !(id in LONG_FUNCTIONS)).map(({ fault }) => fault))
})

test('no folder shows more than can be seen at once', () => {
  expectNone(folderFaults(tree))
})

test('no files import each other in a circle', () => {
  const circles = house.circles.map(files => files.join(' '))
  expect(circles.length, `\n${circles.join('\n')}\n`).toBeLessThanOrEqual(CIRCLES_MAX)
})

test('no name is exported by two files', () => {
  expectNone(
    [...house.shared]
      .filter(([name]) => !(name in SHARED_NAMES))
      .map(([name, files]) => `${name}: ${files.join(', ')}: one of them means something else, or is a copy`),
  )
})

test.each([...house.silent])('exported functions say in a line what they mean: %s', (area, { silent }) => {
  expect(silent.length, `\n${silent.join('\n')}\n`).toBeLessThanOrEqual(SILENT_MAX[area])
})

test('a documented function that throws says so', () => {
  expect(house.throwers.length, `\n${house.throwers.join('\n')}\n`).toBeLessThanOrEqual(THROWERS_MAX)
})

test('nothing is listed that has been mended', () => {
  const long = new Set(house.long.map(({ id }) => id))
  const idle = [
    ...Object.keys(LONG_FUNCTIONS).filter(id => !long.has(id)),
    ...Object.keys(SHARED_NAMES).filter(name => !house.shared.has(name)),
  ]
  expect(idle, `drop from test/tidy/ceilings.ts:\n  ${idle.join('\n  ')}\n`).toHaveLength(0)
})

test('every exported name is imported somewhere', () => {
  expectNone(unusedExports(tree))
})

test('every dependency is used', () => {
  const {
    dependencies,
    devDependencies,
  }: Record<string, Record<string, string>> = JSON.parse(
    readFileSync(path.join(ROOT, 'package.json'), 'utf8'),
  )
  expectNone(unusedPackages(Object.keys({ ...dependencies, ...devDependencies }), tree))
})
