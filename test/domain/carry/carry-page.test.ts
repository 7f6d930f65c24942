/** The page of the carry algorithm stands beside its code: every section that the code cites can be opened there. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = new URL('../../../', import.meta.url).pathname
const PAGE = readFileSync(join(ROOT, 'src/domain/carry/carry.md'), 'utf8')

/** A citation begins with the page's name; further sections follow it, with commas or words between. */
const CITED = /carry\.md((?:[\s*,]|and|to|\([^)]*\)|[de]\.\d+)+)/g

const sourcesUnder = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => join(folder, name))

test('every section of the carry algorithm that the code cites is on its page', () => {
  const sections = new Set([...PAGE.matchAll(/^## ([de]\.\d+) /gm)].map(([, section]) => section))
  const cited = ['src', 'actors', 'machines']
    .flatMap(sourcesUnder)
    .flatMap(file =>
      [...readFileSync(join(ROOT, file), 'utf8').matchAll(CITED)].flatMap(([, rest]) =>
        [...(rest ?? '').matchAll(/[de]\.\d+/g)].map(([section]) => ({ file, section })),
      ),
    )
  expect(cited.length).toBeGreaterThan(20)
  expect(cited.filter(({ section }) => !sections.has(section))).toEqual([])
})
