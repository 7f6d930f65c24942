/**
 * Where everything of a drawing goes: ELK's layered layout, in a worker that is loaded only with the inspector.
 * Options are given twice, on the root and as the second argument: nested graphs inherit nothing from the root.
 */
import ELK, { type ELK as Elk, type ElkExtendedEdge, type ElkNode } from 'elkjs/lib/elk-api.js'
import workerUrl from 'elkjs/lib/elk-worker.min.js?url'
import type { Box, Drawing, EdgeLine } from './drawing.ts'
import { boxSize, fontsReady, pillsSize } from './measure.ts'

export type LayoutDirection = 'DOWN' | 'RIGHT'
export type Point = { x: number; y: number }
export type Rect = Point & { width: number; height: number }
export type ChartLayout = {
  width: number
  height: number
  boxes: ReadonlyMap<string, Rect>
  initials: ReadonlyMap<string, { dot: Point; path: Point[] }>
  lines: ReadonlyMap<string, { path: Point[]; label: Rect }>
  drawing: Drawing
}

const DOT = 10

const options = (direction: LayoutDirection) => ({
  'elk.algorithm': 'layered',
  'elk.direction': direction,
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.json.edgeCoords': 'ROOT',
  'elk.json.shapeCoords': 'ROOT',
  // Model order would be nicer and crashes inside nested graphs.
  'elk.layered.cycleBreaking.strategy': 'DEPTH_FIRST',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.edgeLabels.inline': 'true',
  'elk.spacing.nodeNode': '28',
  'elk.spacing.edgeNode': '18',
  'elk.spacing.edgeEdge': '12',
  'elk.spacing.edgeLabel': '4',
  'elk.layered.spacing.nodeNodeBetweenLayers': '26',
  'elk.layered.spacing.edgeNodeBetweenLayers': '14',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '12',
})

let elk: Elk | undefined
const engine = (): Elk => {
  elk ??= new ELK({ workerFactory: () => new Worker(workerUrl) })
  return elk
}

/** @throws what ELK could not lay out */
export async function layOut(drawing: Drawing, direction: LayoutDirection): Promise<ChartLayout> {
  await fontsReady()
  const layoutOptions = options(direction)
  const root = graphOf(drawing)
  const graph: ElkNode = { id: '|graph', layoutOptions, children: [root], edges: edgesOf(drawing) }
  return placed(await engine().layout(graph, { layoutOptions }), drawing)
}

function graphOf(drawing: Drawing): ElkNode {
  const below = Map.groupBy(drawing.boxes, ({ node }) => node.parent ?? '')
  const initials = new Map(drawing.initials.map(each => [each.parent, each]))
  const nodeOf = (box: Box): ElkNode => {
    const { width, height, head } = boxSize(box)
    if (!box.isOpen) return { id: box.node.id, width, height }
    const initial = initials.get(box.node.id)
    const dot: ElkNode[] = initial
      ? [
          {
            id: initial.id,
            width: DOT,
            height: DOT,
            layoutOptions: { 'elk.layered.layering.layerConstraint': 'FIRST' },
          },
        ]
      : []
    return {
      id: box.node.id,
      layoutOptions: {
        'elk.padding': `[top=${head + 8},left=16,bottom=16,right=16]`,
        'elk.nodeSize.constraints': 'MINIMUM_SIZE',
        'elk.nodeSize.minimum': `(${width},${height})`,
      },
      children: [...dot, ...(below.get(box.node.id) ?? []).map(nodeOf)],
    }
  }
  const [root] = below.get('') ?? []
  if (!root) throw new Error('drawing: expected a root, found none')
  return nodeOf(root)
}

const edgesOf = ({ lines, initials }: Drawing): ElkExtendedEdge[] => [
  ...initials.map(({ id, target }) => ({ id: `${id}|edge`, sources: [id], targets: [target] })),
  ...lines.map((line: EdgeLine) => ({
    id: line.id,
    sources: [line.source],
    targets: [line.target],
    labels: [{ id: `${line.id}|label`, text: ' ', ...pillsSize(line) }],
  })),
]

function placed(graph: ElkNode, drawing: Drawing): ChartLayout {
  const boxes = new Map<string, Rect>()
  const walk = (node: ElkNode) => {
    boxes.set(node.id, rectOf(node))
    node.children?.forEach(walk)
  }
  graph.children?.forEach(walk)
  const paths = new Map(graph.edges?.map(edge => [edge.id, pathOf(edge)]))
  const labels = new Map(graph.edges?.map(edge => [edge.id, edge.labels?.[0]]))
  const initials = drawing.initials.map(({ id }) => {
    const { x, y } = boxes.get(id) ?? { x: 0, y: 0 }
    return [id, { dot: { x: x + DOT / 2, y: y + DOT / 2 }, path: paths.get(`${id}|edge`) ?? [] }] as const
  })
  const lines = drawing.lines.map(
    ({ id }) => [id, { path: paths.get(id) ?? [], label: rectOf(labels.get(id) ?? {}) }] as const,
  )
  const { width = 0, height = 0 } = graph
  return { width, height, boxes, initials: new Map(initials), lines: new Map(lines), drawing }
}

const rectOf = ({ x = 0, y = 0, width = 0, height = 0 }: Partial<Rect>): Rect => ({ x, y, width, height })

const pathOf = ({ sections = [] }: ElkExtendedEdge): Point[] =>
  sections.flatMap(({ startPoint, bendPoints = [], endPoint }) => [startPoint, ...bendPoints, endPoint])

/** A line through points with its corners rounded. */
export function roundedPath(points: readonly Point[], radius = 7): string {
  const [first, ...rest] = points
  if (!first) return ''
  const parts = [`M${first.x} ${first.y}`]
  rest.forEach((corner, index) => {
    const next = rest[index + 1]
    const before = index === 0 ? first : rest[index - 1]
    if (!next || !before) parts.push(`L${corner.x} ${corner.y}`)
    else {
      const enter = toward(corner, before, radius)
      const leave = toward(corner, next, radius)
      parts.push(`L${enter.x} ${enter.y}Q${corner.x} ${corner.y} ${leave.x} ${leave.y}`)
    }
  })
  return parts.join('')
}

function toward(from: Point, to: Point, atMost: number): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y)
  const share = length === 0 ? 0 : Math.min(atMost, length / 2) / length
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share }
}
