/** The pages for people are true: what they name is there, and what people need is named. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { ALERTS } from '../../src/alerts/catalogue.ts'
import { buildProgram } from '../../src/cli/program.ts'
import { environmentShape, fileShape } from '../../src/config/schema.ts'
import { codeOf, commandFaults, keyFaults, nameFaults, pathFaults, readDoc, variableFaults } from './docs.ts'
import { everySyntax, nameOf, ROOT, readTree } from './source.ts'

const DOCS = ['README.md', 'ARCHITECTURE.md', 'RUNBOOK.md', 'DECISIONS.md', 'CHANGELOG.md'].map(readDoc)
const runbook = readDoc('RUNBOOK.md')
const operated = [readDoc('README.md'), runbook]

const files = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' }).trim().split('\n')
const { scripts }: { scripts: Record<string, string> } = JSON.parse(
  readFileSync(path.join(ROOT, 'package.json'), 'utf8'),
)
/** Read by tests and tools alone. */
const OF_TESTS = ['HEDGEROW_TEST_SEED', 'HEDGEROW_E2E_SEED', 'HEDGEROW_E2E_KILLS']
const variables = [...Object.keys(environmentShape), ...OF_TESTS]

const expectNone = (faults: string[]) => expect(faults, `\n${faults.join('\n')}\n`).toHaveLength(0)

/** The keys of each section of the file, below any wrapper of the schema. */
const sections = Object.fromEntries(Object.entries(fileShape).map(([name, schema]) => [name, keysOf(schema)]))
/** Alerts are named like keys: `account.unfit` is one, `account.manage` the other. */
const alertsOf = (section: string) =>
  Object.keys(ALERTS).flatMap(name =>
    name.startsWith(`${section}.`) ? [name.slice(section.length + 1)] : [],
  )
const keys = {
  ...sections,
  account: [...(sections.account ?? []), ...alertsOf('account')],
  file: Object.keys(fileShape),
}

function keysOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  if ('shape' in schema && typeof schema.shape === 'object') return Object.keys(schema.shape ?? {})
  const inner =
    '_zod' in schema ? (schema._zod as { def: { innerType?: unknown; in?: unknown } }).def : undefined
  return keysOf(inner?.innerType ?? inner?.in)
}

test('every file and folder that a page names is there', () => {
  expectNone(DOCS.flatMap(doc => pathFaults(doc, files)))
})

test('every file that a comment names is there', () => {
  const comments = readTree().map(({ path: file, text }) => ({
    path: file,
    // Other lines stay as empty ones, so that a fault is found at its own.
    text: text.replaceAll(/^(?!\s*(?:\/\*\*|\*|\/\/)).*$/gm, ''),
  }))
  expectNone(comments.flatMap(doc => pathFaults(doc, files)))
})

test('every command, option and script that a page names is there', () => {
  expectNone(DOCS.flatMap(doc => commandFaults(doc, buildProgram(), Object.keys(scripts))))
})

test('every variable that a page names is read', () => {
  expectNone(DOCS.flatMap(doc => variableFaults(doc, variables)))
})

test('every variable that is read is named where people look', () => {
  const told = operated.map(({ text }) => text).join('\n')
  expect(Object.keys(environmentShape).filter(name => !told.includes(name))).toEqual([])
})

test('every key of the configuration that a page names is there', () => {
  expect(sections.limits?.length).toBeGreaterThan(10)
  expectNone(
    DOCS.flatMap(doc =>
      keyFaults(
        doc,
        keys,
        operated.some(({ path: file }) => file === doc.path),
      ),
    ),
  )
})

test('every event, alert, log line and metric that a page names is said somewhere', () => {
  const said = new Set(
    readTree().flatMap(({ path: file, program }) =>
      file.startsWith('test/')
        ? []
        : everySyntax(program).flatMap(([part]) => [nameOf(part) ?? '', nameOf(part.key) ?? '']),
    ),
  )
  for (const [section, names] of Object.entries(keys))
    for (const name of names) said.add(`${section}.${name}`)
  expectNone(DOCS.flatMap(doc => nameFaults(doc, said)))
})

test('every alert has its chapter in the runbook, and every chapter its alert', () => {
  const chapters = [...runbook.text.matchAll(/^### `([\w.-]+)`$/gm)].map(([, name]) => name)
  expect(chapters.toSorted()).toEqual(Object.keys(ALERTS).toSorted())
})

test('decisions are numbered one after the other', () => {
  const numbers = [...readDoc('DECISIONS.md').text.matchAll(/^## (\d+)\. /gm)].map(([, number]) =>
    Number(number),
  )
  expect(numbers).toEqual(numbers.map((_, index) => index + 1))
})

test('a name that is not there is found at its line', () => {
  const doc = {
    path: 'A.md',
    text: 'See `src/nowhere.ts`, `domain/*.ts`.\n```sh\nhedgerow halt --softly\nnpm run -s dance\n```\nHEDGEROW_NOTHING, `limits.none`, `hedgerow config chek`',
  }
  expect(codeOf(doc).length).toBe(6)
  expect(pathFaults(doc, files)).toEqual(['A.md:1 path: there is no src/nowhere.ts'])
  expect(commandFaults(doc, buildProgram(), Object.keys(scripts))).toEqual([
    'A.md:3 command: there is no halt --softly',
    'A.md:4 script: there is no dance',
    'A.md:6 command: there is no config chek',
  ])
  expect(variableFaults(doc, variables)).toEqual(['A.md:6 variable: there is no HEDGEROW_NOTHING'])
  expect(keyFaults(doc, sections, false)).toEqual(['A.md:6 key: there is no limits.none'])
})
