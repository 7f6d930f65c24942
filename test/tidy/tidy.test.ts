/** The habits of the house, held over every TypeScript file in the tree. The rules and their exceptions are in test/tidy/. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { arrowFaults } from './arrows.ts'
import { unusedExports, unusedPackages } from './exports.ts'
import { FILE_LINES_TO_THINK, fileLengthFaults, functionLengthFaults, linesOf } from './lengths.ts'
import { type Fault, ROOT, readTree } from './source.ts'
import { hostFaults, idleExceptions, wordFaults } from './words.ts'

const tree = readTree()
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
  const long = code.filter(source => linesOf(source) > FILE_LINES_TO_THINK)
  const listed = long
    .map(source => `  ${linesOf(source)} ${source.path}`)
    .sort()
    .reverse()
  if (listed.length > 0)
    console.info(`over ${FILE_LINES_TO_THINK} lines, think of a second noun:\n${listed.join('\n')}`)
  expectNone(code.flatMap(fileLengthFaults))
})

test('no function is longer than a screen', () => {
  expectNone(code.flatMap(functionLengthFaults))
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
