import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { fastSabotages, SABOTAGES } from './catalogue.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8')

describe('sabotages', () => {
  test('there are at least forty, each of its own name', () => {
    expect(SABOTAGES.length).toBeGreaterThanOrEqual(40)
    expect(new Set(SABOTAGES.map(({ name }) => name)).size).toBe(SABOTAGES.length)
  })

  test.each(SABOTAGES.map(each => [each.name, each] as const))(
    '%s: what it breaks is there, once',
    (_, each) => {
      expect(read(each.file).split(each.find).length - 1, `${each.file}: ${each.find}`).toBe(1)
      expect(each.replace).not.toBe(each.find)
    },
  )

  test('the tests that must notice exist', () => {
    const missing = SABOTAGES.flatMap(({ caughtBy }) => caughtBy).filter(
      file => !existsSync(path.join(ROOT, file)),
    )
    expect(missing).toEqual([])
  })

  test('ten of them need formulas alone, of ten files', () => {
    expect(new Set(fastSabotages().map(({ file }) => file)).size).toBe(10)
  })
})
