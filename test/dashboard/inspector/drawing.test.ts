/** What is drawn of a chart, before anything is laid out. */
import { describe, expect, test } from 'vitest'
import { deskMachine } from '../../../machines/desk.ts'
import { engineMachine } from '../../../machines/engine.ts'
import { hedgeMachine } from '../../../machines/hedge/hedge.ts'
import { supervisorMachine } from '../../../machines/supervisor.ts'
import { symbolMachine } from '../../../machines/symbol.ts'
import type { InspectionRow } from '../../../src/api/inspection-view.ts'
import { describeChart } from '../../../src/api/rows/chart-description.ts'
import { treeLines } from '../../../src/dashboard/inspector/actor-tree.ts'
import { activeIds, edgesOfStep, foldedIds, readChart } from '../../../src/dashboard/inspector/chart/chart.ts'
import { drawingOf } from '../../../src/dashboard/inspector/chart/drawing.ts'
import { shortState, toneOf, toneOfState } from '../../../src/dashboard/inspector/chart/tone.ts'

const hedge = readChart(describeChart(hedgeMachine))
const CHARTS = [hedgeMachine, symbolMachine, engineMachine, deskMachine, supervisorMachine].map(machine =>
  readChart(describeChart(machine)),
)

describe.each(CHARTS.map(chart => [chart.machineId, chart] as const))('the chart of %s', (_, chart) => {
  const drawnEdges = (folded: ReadonlySet<string>) => {
    const { boxes, lines } = drawingOf(chart, folded)
    return [...boxes.flatMap(({ chips }) => chips), ...lines.flatMap(({ pills }) => pills)].flatMap(
      ({ edges }) => edges,
    )
  }

  test('unfolded, every transition is drawn once', () => {
    const drawn = drawnEdges(new Set()).map(({ id }) => id)
    expect(drawn.toSorted()).toEqual(chart.edges.map(({ id }) => id).toSorted())
  })

  test('folded, every line joins two boxes that are drawn', () => {
    const folded = foldedIds(chart, new Set([chart.root.id]), { idle: true, byHand: new Map() })
    const { boxes, lines, initials } = drawingOf(chart, folded)
    const shown = new Set(boxes.map(({ node }) => node.id))
    for (const { source, target } of lines)
      expect([shown.has(source), shown.has(target)]).toEqual([true, true])
    for (const { target } of initials) expect(shown.has(target)).toBe(true)
  })
})

test('a state of regions makes each region, and all around it, active', () => {
  const active = activeIds(
    hedge,
    'entering.work.deciding | entering.spot.unknown.asking | entering.perp.quiet',
  )
  expect([...active].toSorted()).toEqual([
    'hedge',
    'hedge.entering',
    'hedge.entering.perp',
    'hedge.entering.perp.quiet',
    'hedge.entering.spot',
    'hedge.entering.spot.unknown',
    'hedge.entering.spot.unknown.asking',
    'hedge.entering.work',
    'hedge.entering.work.deciding',
  ])
})

test('idle compounds are folded, active ones are not, and a hand beats both', () => {
  const active = activeIds(hedge, 'hedged.watching')
  const folded = foldedIds(hedge, active, { idle: true, byHand: new Map([['hedge.unwinding', false]]) })
  expect(folded.has('hedge.entering')).toBe(true)
  expect(folded.has('hedge.hedged')).toBe(false)
  expect(folded.has('hedge.unwinding')).toBe(false)
})

test('the edge of a persisted step is found from its event and the states around it', () => {
  const before = activeIds(hedge, 'hedged.watching')
  const after = activeIds(hedge, 'unwinding.work.deciding | unwinding.spot.quiet | unwinding.perp.quiet')
  expect(edgesOfStep(hedge, 'hedge.unwind', before, after)).toEqual(['hedge.hedged.watching|hedge.unwind|0'])
  expect(edgesOfStep(hedge, 'funding.settled', before, before)).toEqual([])
})

describe('a hedge that is being opened', () => {
  const folded = (state: string) =>
    [...foldedIds(hedge, activeIds(hedge, state), { idle: true, byHand: new Map() })].filter(id =>
      /^hedge\.entering\.\w+$/.test(id),
    )

  test('folds the regions at rest and keeps the acting one open', () => {
    expect(folded('entering.work.ordering | entering.spot.sending | entering.perp.quiet')).toEqual(
      expect.arrayContaining(['hedge.entering.perp']),
    )
    expect(folded('entering.work.ordering | entering.spot.sending | entering.perp.quiet')).not.toContain(
      'hedge.entering.spot',
    )
  })

  test('keeps one region open when all of them stand at their beginning', () => {
    const chart = hedge.nodes.filter(({ parent }) => parent === 'hedge.entering').map(({ id }) => id)
    const shut = folded(
      'entering.work.deciding | entering.spot.quiet | entering.perp.quiet | entering.spreadOrder.quiet',
    )
    expect(chart.filter(id => !shut.includes(id))).toEqual(['hedge.entering.work'])
  })
})

const row = (id: string, parentId: string, more: Partial<InspectionRow> = {}): InspectionRow => ({
  id,
  parentId,
  kind: id.split(':')[0] ?? '',
  symbol: null,
  chart: null,
  status: 'running',
  state: 'hedged.watching',
  version: 0,
  stateVersion: 0,
  sinceMs: 0,
  restarts: 0,
  dueAtMs: null,
  error: null,
  heard: 0,
  moves: 0,
  last: '',
  atMs: 0,
  ...more,
})

describe('the tree', () => {
  const rows = new Map(
    [
      row('engine', ''),
      row('root', 'engine'),
      row('hedges-1', 'root'),
      row('hedge:2', 'hedges-1'),
      row('hedge:10', 'hedges-1', { state: 'failed' }),
      row('hedge:3', 'hedges-1', { status: 'restarting' }),
    ].map(each => [each.id, each]),
  )
  const lines = (folded: string[] = [], filter = {}) =>
    treeLines(rows, new Set(folded), { text: '', kind: '', trouble: false, ...filter }).map(
      ({ id, depth }) => `${depth} ${id}`,
    )

  test('shows who is under whom, names in the order of their numbers', () => {
    expect(lines()).toEqual(['0 engine', '1 root', '2 hedges-1', '3 hedge:2', '3 hedge:3', '3 hedge:10'])
  })
  test('hides what is under a fold', () => {
    expect(lines(['hedges-1'])).toEqual(['0 engine', '1 root', '2 hedges-1'])
  })
  test('a search looks under folds, and in states', () => {
    expect(lines(['root'], { text: 'hedge failed' })).toEqual(['0 hedge:10'])
  })
  test('trouble is what failed or waits for its restart', () => {
    expect(lines([], { trouble: true })).toEqual(['0 hedge:3', '0 hedge:10'])
  })
})

test.each([
  ['failed', 'bad'],
  ['entering.work.ordering | entering.spot.stranded | entering.perp.quiet', 'bad'],
  ['entering.work.ordering | entering.spot.unknown.asking | entering.perp.quiet', 'warn'],
  ['failed.stale', 'warn'],
  ['failed.quarantined', 'bad'],
  ['watching.troubled', 'warn'],
  ['watching.calm', 'good'],
  ['hedged.watching', 'good'],
  ['hedged.rebalancing.work.deciding', 'busy'],
  ['idle.quiet', 'idle'],
])('the state %s is %s', (state, tone) => {
  expect(toneOfState(state)).toBe(tone)
})

test('an actor that ended is neither well nor ill', () => {
  expect(toneOf({ status: 'ended', state: 'failed' })).toBe('ended')
})

test('regions at rest are left out of the words for a state', () => {
  expect(shortState('entering.work.deciding | entering.spot.sending | entering.perp.quiet')).toBe(
    'entering.work.deciding · spot.sending',
  )
})
