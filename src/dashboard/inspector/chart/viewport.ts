/** Pan and zoom over a drawing: by hand, to fit all of it, or to follow a part. */
import { type RefObject, useCallback, useEffect, useRef, useState } from 'react'
import type { Rect } from './layout.ts'

export type View = { x: number; y: number; zoom: number; glide: boolean }

const ZOOM_MIN = 0.15
const ZOOM_MAX = 2.5
const MARGIN = 24
/** The smallest text of the drawing is 11 px: neither fitting nor following makes it smaller than 9. Larger than life is nothing. */
const READABLE = 9 / 11

export type Viewport = ReturnType<typeof useViewport>

export function useViewport(svg: RefObject<SVGSVGElement | null>, onHand: () => void) {
  const [view, setView] = useState<View>({ x: 0, y: 0, zoom: 1, glide: false })
  const size = useRef({ width: 800, height: 600 })
  const [sized, setSized] = useState(0)

  useEffect(() => {
    const element = svg.current
    if (!element) return
    const watch = new ResizeObserver(([entry]) => {
      if (!entry) return
      size.current = entry.contentRect
      setSized(turn => turn + 1)
    })
    watch.observe(element)
    return () => watch.disconnect()
  }, [svg])

  /** `within`: what lies outside is not shown as long as there is something inside to show. */
  const show = useCallback((rect: Rect, least: number, most: number, within: Rect) => {
    const { width, height } = size.current
    const zoom = Math.min(most, Math.max(least, fitting(rect, size.current)))
    setView({
      zoom,
      x: placed(width, rect.x + rect.width / 2, within.x, within.width, zoom),
      y: placed(height, rect.y + rect.height / 2, within.y, within.height, zoom),
      glide: true,
    })
  }, [])

  const zoomBy = useCallback((factor: number, at?: { x: number; y: number }) => {
    const { x, y } = at ?? { x: size.current.width / 2, y: size.current.height / 2 }
    setView(view => {
      const zoom = Math.min(ZOOM_MAX, Math.max(ZOOM_MIN, view.zoom * factor))
      const share = zoom / view.zoom
      return { zoom, x: x - (x - view.x) * share, y: y - (y - view.y) * share, glide: at === undefined }
    })
  }, [])

  const panBy = useCallback((dx: number, dy: number, glide = false) => {
    setView(view => ({ ...view, x: view.x + dx, y: view.y + dy, glide }))
  }, [])

  useWheel(svg, { onHand, panBy, zoomBy })

  return {
    view,
    sized,
    zoomBy,
    panBy,
    onPointerDown: draggedBy(onHand, panBy),
    /** All of it; where it would be too small to read, what is active of it. */
    fit: useCallback(
      (rect: Rect | undefined, whole: Rect) => {
        const isReadable = fitting(whole, size.current) >= READABLE
        show(isReadable || !rect ? whole : rect, READABLE, 1.1, whole)
      },
      [show],
    ),
    /** A part of the whole, or all of it where all of it can be read. */
    follow: useCallback(
      (rect: Rect | undefined, whole: Rect) => {
        const isReadable = fitting(whole, size.current) >= READABLE
        show(isReadable || !rect ? whole : rect, READABLE, 1, whole)
      },
      [show],
    ),
  }
}

type PanBy = (dx: number, dy: number) => void
type ByHand = {
  onHand: () => void
  panBy: PanBy
  zoomBy: (factor: number, at: { x: number; y: number }) => void
}

function useWheel(svg: RefObject<SVGSVGElement | null>, { onHand, panBy, zoomBy }: ByHand): void {
  useEffect(() => {
    const element = svg.current
    if (!element) return
    // React listens to wheels passively: the page would scroll along.
    const onWheel = (event: WheelEvent) => {
      event.preventDefault()
      onHand()
      const box = element.getBoundingClientRect()
      if (event.shiftKey) return panBy(-event.deltaY, 0)
      zoomBy(Math.exp(-event.deltaY * 0.0016), { x: event.clientX - box.x, y: event.clientY - box.y })
    }
    element.addEventListener('wheel', onWheel, { passive: false })
    return () => element.removeEventListener('wheel', onWheel)
  }, [svg, onHand, panBy, zoomBy])
}

const draggedBy = (onHand: () => void, panBy: PanBy) => (event: React.PointerEvent<SVGSVGElement>) => {
  if (event.button !== 0 || (event.target as Element).closest('[role=button]')) return
  const element = event.currentTarget
  element.setPointerCapture(event.pointerId)
  let [x, y] = [event.clientX, event.clientY]
  let isDragging = false
  const move = (moved: PointerEvent) => {
    if (!isDragging && Math.hypot(moved.clientX - x, moved.clientY - y) < 4) return
    if (!isDragging) onHand()
    isDragging = true
    panBy(moved.clientX - x, moved.clientY - y)
    x = moved.clientX
    y = moved.clientY
  }
  const up = () => {
    element.removeEventListener('pointermove', move)
    element.removeEventListener('pointerup', up)
    element.removeEventListener('pointercancel', up)
  }
  element.addEventListener('pointermove', move)
  element.addEventListener('pointerup', up)
  element.addEventListener('pointercancel', up)
}

const fitting = (rect: Rect, { width, height }: { width: number; height: number }) =>
  Math.min((width - 2 * MARGIN) / rect.width, (height - 2 * MARGIN) / rect.height)

/** Where the drawing begins on one axis so that `centre` is in the middle, yet no edge of it stands off without need. */
function placed(room: number, centre: number, start: number, length: number, zoom: number): number {
  const wanted = room / 2 - centre * zoom
  const first = MARGIN - start * zoom
  const last = room - MARGIN - (start + length) * zoom
  return last > first ? (first + last) / 2 : Math.min(first, Math.max(last, wanted))
}

/** What encloses all of them, with some room. */
export function around(rects: readonly Rect[], room = 30): Rect | undefined {
  if (rects.length === 0) return undefined
  const x = Math.min(...rects.map(rect => rect.x)) - room
  const y = Math.min(...rects.map(rect => rect.y)) - room
  const right = Math.max(...rects.map(rect => rect.x + rect.width)) + room
  const bottom = Math.max(...rects.map(rect => rect.y + rect.height)) + room
  return { x, y, width: right - x, height: bottom - y }
}
