/** States as boxes: open ones hold others, regions are dashed, a fold is a box with the number of what is in it. */
import { type KeyboardEvent, memo, type ReactNode } from 'react'
import type { Box } from './drawing.ts'
import type { Point, Rect } from './layout.ts'
import { roundedPath } from './layout.ts'
import { noteY, textWidth } from './measure.ts'

export type BoxLook = {
  isActive: boolean
  isLeaf: boolean
  tone: string
  isTarget: boolean
  isRegion: boolean
}

type Parts = BoxLook & {
  box: Box
  rect: Rect
  onFold: (id: string, folded: boolean) => void
  children?: ReactNode
}

export const BoxView = memo(function BoxView(parts: Parts) {
  const { box, rect, isActive, isLeaf, tone, isTarget, isRegion, onFold, children } = parts
  const { node, isOpen, hidden, notes } = box
  const canFold = node.parent !== null && (isOpen || hidden > 0)
  const isFinal = node.type === 'final'
  return (
    <g
      className="box"
      data-node={node.id}
      data-state={isActive ? 'active' : 'idle'}
      data-leaf={isLeaf}
      data-tone={isActive ? tone : undefined}
      data-open={isOpen}
      data-region={isRegion}
      data-root={node.parent === null}
      data-target={isTarget}
      transform={`translate(${rect.x} ${rect.y})`}
    >
      <rect className="box-ground" width={rect.width} height={rect.height} rx={isOpen ? 10 : 7} />
      {isFinal && (
        <rect className="box-final" x={3} y={3} width={rect.width - 6} height={rect.height - 6} rx={5} />
      )}
      {isTarget && (
        <rect className="box-ring" x={-4} y={-4} width={rect.width + 8} height={rect.height + 8} rx={11} />
      )}
      <text className="box-title" data-surface="box" x={12} y={20}>
        {node.key}
      </text>
      {node.type === 'parallel' && isOpen && (
        <text className="box-note" data-surface="box" x={20 + textWidth(node.key, 'title')} y={20}>
          parallel
        </text>
      )}
      {notes.map((note, index) => (
        <text key={note} className="box-note" data-surface="box" x={12} y={noteY(index) + 4}>
          entry <tspan className="box-entry">{note}</tspan>
        </text>
      ))}
      {children}
      {canFold && <Fold id={node.id} name={node.key} hidden={hidden} width={rect.width} onFold={onFold} />}
    </g>
  )
})

type FoldParts = { id: string; name: string; hidden: number; width: number; onFold: Parts['onFold'] }

function Fold({ id, name, hidden, width, onFold }: FoldParts) {
  const isFolded = hidden > 0
  const press = () => onFold(id, !isFolded)
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' && event.key !== ' ') return
    event.preventDefault()
    event.stopPropagation()
    press()
  }
  const size = isFolded ? 34 : 20
  return (
    // biome-ignore lint/a11y/useSemanticElements: a button inside SVG has no element of its own.
    <g
      className="fold"
      role="button"
      tabIndex={0}
      aria-expanded={!isFolded}
      aria-label={isFolded ? `+${hidden}: unfold ${name}` : `Fold ${name}`}
      transform={`translate(${width - size - 7} 7)`}
      onClick={press}
      onKeyDown={onKeyDown}
    >
      <rect width={size} height={18} rx={5} />
      <text x={size / 2} y={13} textAnchor="middle" data-surface="fold">
        {isFolded ? `+${hidden}` : '–'}
      </text>
    </g>
  )
}

export const InitialView = ({ dot, path }: { dot: Point; path: Point[] }) => (
  <g className="initial">
    <circle cx={dot.x} cy={dot.y} r={4} />
    <path d={roundedPath(path)} markerEnd="url(#arrow)" />
  </g>
)
