/** The chart in its frame: folded or whole, followed or moved by hand, by mouse and by keys. */
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { Failed } from '../../show/panel.tsx'
import { type Chart, foldedIds } from './chart.ts'
import type { ChartLayout, LayoutDirection, Rect } from './layout.ts'
import { Arrows, type Moment, Picture } from './picture.tsx'
import { useLayout } from './use-chart.ts'
import { around, useViewport, type Viewport } from './viewport.ts'

type Parts = {
  actorId: string
  chart: Chart
  moment: Moment
  onSend: (type: string) => void
  onHover: (type: string | undefined) => void
}

export function ChartView({ actorId, chart, moment, onSend, onHover }: Parts) {
  const { idle, setIdle, folded, onFold } = useFolding(chart, moment)
  const [direction, setDirection] = useState<LayoutDirection>('DOWN')
  const [showCounts, setShowCounts] = useState(false)
  const [sight, setSight] = useState<Sight>('follow')
  const svg = useRef<SVGSVGElement>(null)
  const onHand = useCallback(() => setSight('hand'), [])
  const viewport = useViewport(svg, onHand)
  const { laidOut, error } = useLayout(chart, folded, direction)
  const layout = laidOut?.layout
  useSight({ layout, active: moment.active, sight, viewport, actorId })
  useKeys({
    f: () => setSight('fit'),
    w: () => setSight('follow'),
    '+': () => viewport.zoomBy(1.25),
    '=': () => viewport.zoomBy(1.25),
    '-': () => viewport.zoomBy(0.8),
    i: () => setIdle(on => !on),
    c: () => setShowCounts(on => !on),
  })
  const onKeyDown = pannedByKeys(onHand, viewport.panBy)
  const { x, y, zoom, glide } = viewport.view
  return (
    <div className="relative min-h-0 flex-1">
      {error !== null && <Failed error={error} />}
      <svg
        ref={svg}
        className="chart"
        role="application"
        aria-label={`State chart of ${actorId}. Arrow keys move it, plus and minus zoom, F fits, W follows.`}
        tabIndex={0}
        data-testid="chart"
        data-laid-out={layout !== undefined}
        data-folded={[...folded].join(' ')}
        onPointerDown={viewport.onPointerDown}
        onKeyDown={onKeyDown}
      >
        <Arrows />
        <rect width="100%" height="100%" fill="url(#dots)" />
        <g className={glide ? 'glide' : ''} style={{ transform: `translate(${x}px, ${y}px) scale(${zoom})` }}>
          {layout && (
            <Picture
              chart={chart}
              layout={layout}
              moment={moment}
              showCounts={showCounts}
              onFold={onFold}
              onSend={onSend}
              onHover={onHover}
            />
          )}
        </g>
      </svg>
      <Tools
        idle={idle}
        showCounts={showCounts}
        direction={direction}
        sight={sight}
        setIdle={setIdle}
        setShowCounts={setShowCounts}
        setDirection={setDirection}
        setSight={setSight}
        zoomBy={viewport.zoomBy}
      />
    </div>
  )
}

const pannedByKeys = (onHand: () => void, panBy: Viewport['panBy']) => (event: KeyboardEvent) => {
  const pan = PANS[event.key]
  if (!pan || event.target !== event.currentTarget) return
  event.preventDefault()
  onHand()
  panBy(...pan, true)
}

/** What is drawn folded: what is idle, where wanted, and what a person folded or opened. */
function useFolding(chart: Chart, { active, taken: { edges: taken } }: Moment) {
  const [idle, setIdle] = useState(true)
  const [byHand, setByHand] = useState<ReadonlyMap<string, boolean>>(new Map())
  const folded = useMemo(
    () => foldedIds(chart, active, { idle, byHand, taken }),
    [chart, active, idle, byHand, taken],
  )
  const onFold = useCallback(
    (id: string, fold: boolean) => setByHand(before => new Map(before).set(id, fold)),
    [],
  )
  return { idle, setIdle, folded, onFold }
}

type Shown = { idle: boolean; showCounts: boolean; direction: LayoutDirection; sight: Sight }
type ToolParts = Shown & {
  setIdle: (idle: boolean) => void
  setShowCounts: (showCounts: boolean) => void
  setDirection: (direction: LayoutDirection) => void
  setSight: (sight: Sight) => void
  zoomBy: Viewport['zoomBy']
}

function Tools(parts: ToolParts) {
  const { idle, showCounts, direction, sight, setIdle, setShowCounts, setDirection, setSight, zoomBy } = parts
  return (
    <div className="absolute right-2 bottom-2 flex gap-1.5">
      <Toggle
        on={idle}
        onPress={() => setIdle(!idle)}
        title="Collapse states in which nothing is active ( I )"
      >
        Fold idle
      </Toggle>
      <Toggle
        on={showCounts}
        onPress={() => setShowCounts(!showCounts)}
        title="How often each transition was taken since the engine started ( C )"
      >
        Counts
      </Toggle>
      <Toggle
        on={false}
        onPress={() => setDirection(direction === 'DOWN' ? 'RIGHT' : 'DOWN')}
        title="Direction of the chart"
      >
        {direction === 'DOWN' ? 'Down' : 'Right'}
      </Toggle>
      <button type="button" className="btn tool" aria-label="Zoom out" onClick={() => zoomBy(0.8)}>
        −
      </button>
      <button type="button" className="btn tool" aria-label="Zoom in" onClick={() => zoomBy(1.25)}>
        +
      </button>
      <Toggle
        on={sight === 'fit'}
        onPress={() => setSight(sight === 'fit' ? 'hand' : 'fit')}
        title="Fit the chart to the view ( F )"
      >
        Fit
      </Toggle>
      <Toggle
        on={sight === 'follow'}
        onPress={() => setSight(sight === 'follow' ? 'hand' : 'follow')}
        title="Keep what is active in view ( W )"
      >
        Follow
      </Toggle>
    </div>
  )
}

const PANS: Readonly<Record<string, [number, number]>> = {
  ArrowLeft: [80, 0],
  ArrowRight: [-80, 0],
  ArrowUp: [0, 80],
  ArrowDown: [0, -80],
}

const whole = ({ width, height }: ChartLayout): Rect => ({ x: 0, y: 0, width, height })

/** What is kept in view: what is active, all of it, or what a hand chose. */
type Sight = 'follow' | 'fit' | 'hand'

type SightParts = {
  layout: ChartLayout | undefined
  active: ReadonlySet<string>
  sight: Sight
  viewport: Viewport
  actorId: string
}

/** Follows what is active, or shows all of it where all of it can be read. */
function useSight({ layout, active, sight, viewport, actorId }: SightParts): void {
  const { follow, fit, sized } = viewport
  // biome-ignore lint/correctness/useExhaustiveDependencies: another size or another actor is looked at anew.
  useEffect(() => {
    if (!layout || sight === 'hand') return
    const leaves = layout.drawing.boxes.filter(({ node, isOpen }) => !isOpen && active.has(node.id))
    const rects = leaves.flatMap(({ node }) => layout.boxes.get(node.id) ?? [])
    const show = sight === 'fit' ? fit : follow
    show(around(rects, 70), whole(layout))
  }, [layout, active, sight, follow, fit, sized, actorId])
}

type ToggleParts = { on: boolean; onPress: () => void; title: string; children: React.ReactNode }

const Toggle = ({ on, onPress, title, children }: ToggleParts) => (
  <button
    type="button"
    className="btn tool"
    aria-pressed={on}
    data-tone={on ? 'accent' : undefined}
    title={title}
    onClick={onPress}
  >
    {children}
  </button>
)

/** Single keys that work wherever nothing is being typed. */
export function useKeys(acts: Readonly<Record<string, () => void>>): void {
  const latest = useRef(acts)
  latest.current = acts
  useEffect(() => {
    const hear = (event: globalThis.KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return
      const at = event.target as HTMLElement | null
      if (at?.closest('input, textarea, select, dialog')) return
      const act = latest.current[event.key]
      if (!act) return
      event.preventDefault()
      act()
    }
    addEventListener('keydown', hear)
    return () => removeEventListener('keydown', hear)
  }, [])
}
