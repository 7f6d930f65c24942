/** A chart and a state in it: which nodes are active, which are folded away, which edges could be or were taken. */
import type { ChartDescription, ChartEdge, ChartNode } from '../../../api/rows/chart-rows.ts'

export type Chart = ChartDescription & {
  nodeOf: ReadonlyMap<string, ChartNode>
  childrenOf: ReadonlyMap<string, readonly ChartNode[]>
  root: ChartNode
}

export function readChart(description: ChartDescription): Chart {
  const nodeOf = new Map(description.nodes.map(node => [node.id, node]))
  const childrenOf = Map.groupBy(description.nodes, ({ parent }) => parent ?? '')
  const root = description.nodes.find(({ parent }) => parent === null)
  if (!root) throw new Error(`chart ${description.machineId}: expected a root, found none`)
  return { ...description, nodeOf, childrenOf, root }
}

/** Ids of all active nodes, ancestors too, of a state as the engine spells it: `a.b | a.c.d`. */
export function activeIds(chart: Chart, state: string): ReadonlySet<string> {
  const active = new Set<string>()
  if (!state) return active
  active.add(chart.root.id)
  for (const path of state.split(' | ')) {
    let at: ChartNode | undefined = chart.root
    for (const key of path.split('.')) {
      const children: readonly ChartNode[] = chart.childrenOf.get(at?.id ?? '') ?? []
      at = children.find(child => child.key === key)
      if (!at) break
      active.add(at.id)
    }
  }
  return active
}

export const pathOf = (chart: Chart, id: string): ChartNode[] => {
  const path: ChartNode[] = []
  for (let node = chart.nodeOf.get(id); node; node = node.parent ? chart.nodeOf.get(node.parent) : undefined)
    path.unshift(node)
  return path
}

export const isUnder = (chart: Chart, id: string, ancestor: string): boolean =>
  id !== ancestor && pathOf(chart, id).some(node => node.id === ancestor)

export const hasChildren = (chart: Chart, id: string): boolean => (chart.childrenOf.get(id)?.length ?? 0) > 0

/** What a person did to one node beats what follows from the state. */
export type Folds = {
  idle: boolean
  byHand: ReadonlyMap<string, boolean>
  /** Edges that were taken last: where they are stays open, so that they are seen. */
  taken?: readonly string[]
}

/** Compound states that are drawn as one box: those in which nothing is active. */
export function foldedIds(
  chart: Chart,
  active: ReadonlySet<string>,
  { idle, byHand, taken = [] }: Folds,
): ReadonlySet<string> {
  const acted = chart.edges.filter(({ id }) => taken.includes(id)).map(({ source }) => source)
  const isActing = (id: string) => acted.some(source => isUnder(chart, source, id))
  return new Set(
    chart.nodes
      .filter(({ id, parent }) => parent !== null && hasChildren(chart, id))
      .filter(
        ({ id }) =>
          byHand.get(id) ?? (idle && (!active.has(id) || (isResting(chart, id, active) && !isActing(id)))),
      )
      .map(({ id }) => id),
  )
}

/** A region beside others that stands where it began, while another one is at work: there is nothing to see in it. */
function isResting(chart: Chart, id: string, active: ReadonlySet<string>): boolean {
  const { parent, initial } = chart.nodeOf.get(id) ?? {}
  const around = parent ? chart.nodeOf.get(parent) : undefined
  if (around?.type !== 'parallel' || !initial || !active.has(initial) || hasChildren(chart, initial))
    return false
  const regions = (chart.childrenOf.get(around.id) ?? []).filter(region => hasChildren(chart, region.id))
  const isAtRest = ({ initial: first }: ChartNode) =>
    first !== null && first !== undefined && active.has(first)
  // Where all of them stand at their beginning, the first one is where it goes on.
  return regions.every(isAtRest) ? regions[0]?.id !== id : true
}

/** The innermost node on the way to `id` that is drawn. */
export function shownId(chart: Chart, id: string, folded: ReadonlySet<string>): string {
  const path = pathOf(chart, id)
  return (path.find(node => folded.has(node.id)) ?? path.at(-1) ?? chart.root).id
}

/**
 * The edges a persisted step took, as far as its record tells: of the event, from a state active before, to one active
 * after. Where two guards lead the same way both fit, and the first is shown.
 */
export function edgesOfStep(
  chart: Chart,
  event: string,
  before: ReadonlySet<string>,
  after: ReadonlySet<string>,
): string[] {
  const fits = ({ source, targets }: ChartEdge) =>
    before.has(source) && targets.every(target => after.has(target)) && targets.length > 0
  const taken = new Map<string, string>()
  for (const edge of chart.edges)
    if (edge.event === event && fits(edge) && !taken.has(edge.source)) taken.set(edge.source, edge.id)
  return [...taken.values()]
}

/** `xstate.after.ASK_EVERY.hedge…` → `after ASK EVERY`, for lists of events. */
export function eventWords(type: string): string {
  const after = /^xstate\.after\.([^.]+)\./.exec(type)?.[1]
  return after ? `after ${delayWords(after)}` : type.replace(/^xstate\./, '')
}

export const delayWords = (name: string): string =>
  /^\d+$/.test(name) ? `${name} ms` : name.toLowerCase().replaceAll('_', ' ')

export const edgeWords = ({ kind, label }: ChartEdge): string =>
  kind === 'after' ? `after ${delayWords(label.replace(/^after /, ''))}` : label
