/** The chart as a picture: what is active, what was just taken, what may happen next. Draws; decides nothing. */
import { memo, useMemo } from 'react'
import type { FocusedEvent, FocusedTimer } from '../../../api/inspection-view.ts'
import { isDangerous } from '../panels/dangerous.ts'
import { BoxView, InitialView } from './boxes.tsx'
import type { Chart } from './chart.ts'
import type { Pill } from './drawing.ts'
import { type ChartLayout, roundedPath } from './layout.ts'
import { chipPlaces, chipsTop, PILL_GAP, PILL_H, pillWidth } from './measure.ts'
import { type PillLook, PillView } from './pill.tsx'

export type Moment = {
  active: ReadonlySet<string>
  /** What the state means: the colour of what is active. */
  tone: string
  taken: { edges: readonly string[]; n: number }
  legal: readonly FocusedEvent[]
  timers: readonly FocusedTimer[]
  visits: Readonly<Record<string, number>>
  /** States that the hovered event would lead to. */
  targets: ReadonlySet<string>
  hovered: string | undefined
}

type Parts = {
  chart: Chart
  layout: ChartLayout
  moment: Moment
  showCounts: boolean
  onFold: (id: string, folded: boolean) => void
  onSend: (type: string) => void
  onHover: (type: string | undefined) => void
}

export const Picture = memo(function Picture(parts: Parts) {
  const { chart, layout, moment, showCounts, onFold, onSend, onHover } = parts
  const { boxes, lines, drawing } = layout
  const look = useMemo(() => pillLooks(moment, showCounts), [moment, showCounts])
  const acts = { onSend, onHover }
  const boxOf = (open: boolean) =>
    drawing.boxes
      .filter(({ isOpen }) => isOpen === open)
      .map(box => {
        const rect = boxes.get(box.node.id)
        if (!rect) return null
        const isActive = moment.active.has(box.node.id)
        return (
          <BoxView
            key={box.node.id}
            box={box}
            rect={rect}
            isActive={isActive}
            isLeaf={isActive && !box.isOpen}
            tone={moment.tone}
            isTarget={moment.targets.has(box.node.id)}
            isRegion={box.node.parent !== null && chart.nodeOf.get(box.node.parent)?.type === 'parallel'}
            onFold={onFold}
          >
            {chipPlaces(box.chips, chipsTop(box.notes)).places.map(({ pill, x, y, width }) => (
              <PillView key={pill.key} pill={pill} x={x} y={y} width={width} {...look(pill)} {...acts} />
            ))}
          </BoxView>
        )
      })
  return (
    <g>
      {boxOf(true)}
      {drawing.initials.map(({ id }) => {
        const initial = layout.initials.get(id)
        return initial && <InitialView key={id} {...initial} />
      })}
      {drawing.lines.map(({ id, pills }) => {
        const line = lines.get(id)
        const looks = pills.map(look)
        return line && <LineView key={id} id={id} d={roundedPath(line.path)} {...lineLook(looks)} />
      })}
      {boxOf(false)}
      {drawing.lines.map(({ id, pills }) => {
        const label = lines.get(id)?.label
        return (
          label &&
          pills.map((pill, index) => {
            const width = pillWidth(pill)
            const x = label.x + (label.width - width) / 2
            const y = label.y + index * (PILL_H + PILL_GAP)
            return (
              <PillView
                key={`${id} ${pill.key}`}
                pill={pill}
                x={x}
                y={y}
                width={width}
                {...look(pill)}
                {...acts}
              />
            )
          })
        )
      })}
    </g>
  )
})

type LineParts = {
  id: string
  d: string
  isLive: boolean
  isTaken: boolean
  takenAt: number
  isRinged: boolean
}

const LineView = memo(function LineView({ id, d, isLive, isTaken, takenAt, isRinged }: LineParts) {
  const arrow = isTaken || isRinged ? 'url(#arrow-taken)' : isLive ? 'url(#arrow-live)' : 'url(#arrow)'
  return (
    <g className="line" data-line={id} data-on={isLive} data-taken={isTaken} data-ring={isRinged}>
      <path d={d} markerEnd={arrow} />
      {isTaken && <path key={takenAt} className="line-flash" d={d} pathLength={1} />}
    </g>
  )
})

const lineLook = (looks: readonly PillLook[]) => ({
  isLive: looks.some(({ isLive }) => isLive),
  isTaken: looks.some(({ isTaken }) => isTaken),
  isRinged: looks.some(({ isRinged }) => isRinged),
  takenAt: Math.max(0, ...looks.map(({ takenAt }) => takenAt)),
})

function pillLooks({ active, taken, legal, timers, visits, hovered }: Moment, showCounts: boolean) {
  const takenIds = new Set(taken.edges)
  const timerOf = new Map(timers.map(timer => [timer.event, timer]))
  const sendable = new Map<string, string>()
  for (const { type, manual, enabled, edges } of legal)
    if (manual && enabled !== false) for (const edge of edges) sendable.set(edge, type)
  return (pill: Pill): PillLook => {
    const send = pill.edges.map(({ id }) => sendable.get(id)).find(Boolean)
    const isTaken = pill.edges.some(({ id }) => takenIds.has(id))
    return {
      isLive: pill.edges.some(({ source }) => active.has(source)),
      isTaken,
      takenAt: isTaken ? taken.n : 0,
      send,
      dangerous: send !== undefined && isDangerous(send),
      isRinged: send !== undefined && send === hovered,
      timer:
        pill.kind === 'after' ? pill.edges.map(({ event }) => timerOf.get(event)).find(Boolean) : undefined,
      visits: showCounts ? pill.edges.reduce((sum, { id }) => sum + (visits[id] ?? 0), 0) : 0,
    }
  }
}

/** Arrow heads; a marker cannot take the colour of its line everywhere. */
export const Arrows = () => (
  <defs>
    {['arrow', 'arrow-live', 'arrow-taken'].map(id => (
      <marker
        key={id}
        id={id}
        className={id}
        viewBox="0 0 8 8"
        refX="7"
        refY="4"
        markerWidth="7"
        markerHeight="7"
        orient="auto-start-reverse"
        markerUnits="userSpaceOnUse"
      >
        <path d="M0.5 0.8 7.2 4 0.5 7.2z" />
      </marker>
    ))}
    <pattern id="dots" width="24" height="24" patternUnits="userSpaceOnUse">
      <circle className="dot-of-ground" cx="1" cy="1" r="1" />
    </pattern>
  </defs>
)
