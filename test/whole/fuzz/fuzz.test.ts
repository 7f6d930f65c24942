/** Whatever comes in from outside: a few thousand cases in the gate, a hundred thousand anew in the long run. */
import { expect, inject, test } from 'vitest'
import { casesOf, EDGES } from './edges.ts'

const CASES = inject('thorough') ? 100_000 : 2_000
const LIMIT_MS = inject('thorough') ? 120_000 : 20_000

test.each(EDGES.map(each => [each.name, each] as const))(
  '%s: every case is refused with one clear error or accepted, in bounded time and memory',
  async (_, edge) => {
    const report = await edge.run({
      cases: casesOf(edge, CASES),
      seed: inject('propertySeed'),
      limitMs: LIMIT_MS,
    })
    expect(report.faults, JSON.stringify(report, null, 2)).toEqual([])
    // Neither all refused nor all accepted: the cases would say nothing.
    expect(report.refused).toBeGreaterThan(report.cases / 50)
    expect(report.accepted).toBeGreaterThan(report.cases / 50)
  },
)
