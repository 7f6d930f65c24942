/** A table of hedges on a terminal of 80 columns: what it is looked at for is still there. */
import { expect, test } from 'vitest'
import type { Holding } from '../../../src/api/rows/rows.ts'
import { type HedgeListed, hedgeLines } from '../../../src/cli/commands/look/hedges.ts'
import { emptyView, sampleView } from '../../support/api/sample-view.ts'

async function linesOf(view = sampleView()) {
  const hedges = (await view.hedges()) as unknown as HedgeListed[]
  const holdings = new Map(view.holdings().map((each: Holding) => [each.id, each]))
  return hedgeLines(hedges, holdings, view.summary().nowMs, 80)
}

test('symbol, state, what is held, funding, net and whether it is level', async () => {
  const lines = await linesOf()
  expect(lines[0]?.split(/ {2,}/)).toEqual([
    'HEDGE',
    'SYMBOL',
    'STATE',
    'HELD USDT',
    'FUNDING',
    'NET',
    'DELTA',
  ])
  expect(lines.length).toBeGreaterThan(3)
  for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(80)
  expect(lines.join('\n')).toMatch(/level$/m)
})

test('no hedge is one line of heads', async () => {
  expect(await linesOf(emptyView())).toHaveLength(1)
})
