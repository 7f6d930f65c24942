/** A fault of the engine, planted: the seed whose day shows it shrinks to what sets it off. */
import { expect, test } from 'vitest'
import { loadConfig } from '../../../src/config/config.ts'
import type { Day } from '../../../src/simulate/day/day.ts'
import { runDay } from '../../../src/simulate/day/run-day.ts'
import type { Only } from '../../../src/simulate/plan/events.ts'
import { shrinkDay, shrunkText } from '../../../src/simulate/shrink-day.ts'

const { rules } = loadConfig({ cwd: '/', env: { HEDGEROW_MODE: 'replay' } })
const SEED = 2

/** After the line was cut the first new row that comes is never booked. */
function forgetRowAfterCut(day: Day): void {
  const { books, cut } = day
  const { book } = books
  let forgotten: string | undefined
  let wasCut = false
  day.cut = () => {
    wasCut = true
    cut()
  }
  books.book = entries => {
    const isNew = ({ row: { id } }: (typeof entries)[number]) => !books.rows.some(({ row }) => row.id === id)
    if (wasCut) forgotten ??= entries.find(isNew)?.row.id
    return book(entries.filter(({ row }) => row.id !== forgotten))
  }
}

test('a row that is lost after a cut: the day shrinks to that cut, and its story names the residual', async () => {
  const run = (only?: Only) => runDay(SEED, rules, { only }, forgetRowAfterCut)
  const found = await shrinkDay({ seed: SEED, options: {}, runsMax: 60, run })
  expect(found.kind).toBe('books tie out')
  // Beside it at most what makes that row come at all.
  expect(found.events.length).toBeLessThanOrEqual(2)
  expect(found.events.map(({ text }) => text)).toContainEqual(
    expect.stringMatching(/^person or machine: cut: /),
  )
  expect(found.report.kinds).toContain('books tie out')
  expect(found.eventsBefore).toBeGreaterThan(20)
  const story = shrunkText(found)
  expect(story.split('\n').length).toBeLessThanOrEqual(60)
  expect(story).toContain(`hedgerow simulate --seed ${SEED} --only ${found.only}`)
  expect(story).toMatch(/residual -?[\d.]+ /)
})
