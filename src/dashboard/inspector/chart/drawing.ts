/**
 * What is to be drawn of a chart: boxes, grouped edges with their pills, and chips for what stays inside a state. Edges of
 * one source and target are one line; targetless ones, and those to an own descendant, are chips: as lines they are what
 * makes charts unreadable.
 */
import type { ChartEdge, ChartNode } from '../../../api/rows/chart-rows.ts'
import { type Chart, edgeWords, hasChildren, isUnder, shownId } from './chart.ts'

/** One or more transitions that look the same: event and guard. */
export type Pill = {
  key: string
  kind: ChartEdge['kind']
  text: string
  guard: string
  edges: ChartEdge[]
}
export type Box = {
  node: ChartNode
  /** Compound and drawn with what is in it. */
  isOpen: boolean
  /** States hidden in it. */
  hidden: number
  chips: Pill[]
  notes: string[]
}
export type EdgeLine = { id: string; source: string; target: string; pills: Pill[] }
export type Drawing = {
  boxes: Box[]
  lines: EdgeLine[]
  initials: { id: string; parent: string; target: string }[]
}

const NOTES_MAX = 2

export function drawingOf(chart: Chart, folded: ReadonlySet<string>): Drawing {
  const shown = chart.nodes.filter(({ id }) => shownId(chart, id, folded) === id)
  const open = new Set(
    shown.filter(({ id }) => hasChildren(chart, id) && !folded.has(id)).map(({ id }) => id),
  )
  const chips = new Map<string, Map<string, Pill>>()
  const lines = new Map<string, { source: string; target: string; pills: Map<string, Pill> }>()
  for (const edge of chart.edges) {
    const source = shownId(chart, edge.source, folded)
    const target = edge.targets[0] === undefined ? undefined : shownId(chart, edge.targets[0], folded)
    if (source !== edge.source && (target === undefined || target === source)) continue
    if (isChip(chart, edge, source, target)) {
      const suffix = target && target !== source ? ` → ${chart.nodeOf.get(target)?.key}` : ''
      addPill(mapIn(chips, source), edge, suffix)
      continue
    }
    const id = `${source}→${target}`
    const line = lines.get(id) ?? { source, target: target ?? source, pills: new Map() }
    lines.set(id, line)
    addPill(line.pills, edge, '')
  }
  return {
    boxes: shown.map(node => ({
      node,
      isOpen: open.has(node.id),
      hidden: folded.has(node.id) ? countBelow(chart, node.id) : 0,
      chips: [...(chips.get(node.id)?.values() ?? [])],
      notes: open.has(node.id) ? [] : notesOf(node),
    })),
    lines: [...lines].map(([id, line]) => ({ id, ...line, pills: [...line.pills.values()] })),
    initials: shown.flatMap(({ id, initial }) =>
      open.has(id) && initial ? [{ id: `${id}|initial`, parent: id, target: initial }] : [],
    ),
  }
}

function isChip(chart: Chart, edge: ChartEdge, source: string, target: string | undefined): boolean {
  if (target === undefined) return true
  if (target === source) return !edge.reenter
  return isUnder(chart, target, source) || isUnder(chart, source, target)
}

const mapIn = <Key, Item>(maps: Map<Key, Map<string, Item>>, key: Key) => {
  const found = maps.get(key) ?? new Map<string, Item>()
  maps.set(key, found)
  return found
}

function addPill(pills: Map<string, Pill>, edge: ChartEdge, suffix: string): void {
  const text = edgeWords(edge) + suffix
  const guard = edge.guard ?? ''
  const key = `${text} ${guard}`
  const pill = pills.get(key)
  if (pill) pill.edges.push(edge)
  else pills.set(key, { key, kind: edge.kind, text, guard, edges: [edge] })
}

const countBelow = (chart: Chart, id: string): number =>
  (chart.childrenOf.get(id) ?? []).reduce((sum, child) => sum + 1 + countBelow(chart, child.id), 0)

/** Entry actions, without the bookkeeping every state has. */
const notesOf = ({ entry }: ChartNode): string[] =>
  entry.filter(action => !/^(assign|enter|mark|count)/.test(action)).slice(0, NOTES_MAX)
