/** A long curve over time, drawn on a canvas; its colours follow the theme. */
import { useEffect, useRef } from 'react'
import UPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'

type Parts = {
  label: string
  /** Seconds since 1970, and the values beside them. */
  data: [number[], number[]]
  /** At least; with `grow` it takes what room its column has. */
  height: number
  grow?: boolean
  colour: 'accent' | 'bad'
  figure: (value: number) => string
  /** Curves with the same name share their cursor. */
  sync: string
  axis?: boolean
  /** What happened at an instant: an upright line with its name. */
  marks?: readonly Mark[]
  /** Steps hold a value until the next one. */
  shape?: 'line' | 'steps'
}

/** Seconds since 1970. */
export type Mark = { at: number; name: string; colour: 'good' | 'warn' }

export function Curve(parts: Parts) {
  const { label, data, height, grow = false } = parts
  const ref = useRef<HTMLDivElement>(null)
  const plot = useRef<UPlot>(undefined)
  const latest = useRef(parts)
  latest.current = parts

  useEffect(() => {
    const box = ref.current
    if (!box) return
    const draw = () => {
      plot.current?.destroy()
      plot.current = new UPlot(optionsOf(latest.current, sizeOf(box)), latest.current.data, box)
    }
    const watch = new ResizeObserver(() => plot.current?.setSize(sizeOf(box)))
    draw()
    watch.observe(box)
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    addEventListener('themechange', draw)
    scheme.addEventListener('change', draw)
    return () => {
      watch.disconnect()
      removeEventListener('themechange', draw)
      scheme.removeEventListener('change', draw)
      plot.current?.destroy()
      plot.current = undefined
    }
  }, [])

  useEffect(() => plot.current?.setData(data), [data])
  // The canvas stands outside the flow: its own size must not hold the column open.
  return (
    <div
      role="img"
      aria-label={label}
      className={`relative ${grow ? 'flex-1' : ''}`}
      style={{ minHeight: height }}
    >
      <div ref={ref} className="absolute inset-0" />
    </div>
  )
}

const sizeOf = ({ clientWidth: width, clientHeight: height }: HTMLElement) => ({ width, height })

/** A token's colour as the canvas needs it: resolved for the theme now shown. */
function colourOf(token: string): string {
  const probe = document.createElement('span')
  probe.style.color = `var(--${token})`
  document.body.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}

type Size = { width: number; height: number }

function optionsOf(
  { colour, figure, sync, axis = true, shape = 'line', marks = [] }: Parts,
  size: Size,
): UPlot.Options {
  const [stroke, line, faint] = [colourOf(colour), colourOf('line'), colourOf('faint')]
  const font = '11px "Inter Variable", sans-serif'
  const grid = { stroke: line, width: 1 }
  return {
    ...size,
    padding: [8, 24, axis ? 0 : 6, 0],
    tzDate: seconds => UPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    cursor: { sync: { key: sync }, points: { size: 7 }, y: false },
    legend: { show: false },
    axes: [
      { show: axis, stroke: faint, font, grid, ticks: { show: false }, size: 28, values: timeLabels },
      {
        stroke: faint,
        font,
        grid,
        ticks: { show: false },
        size: 76,
        space: 24,
        values: (_, ticks) => ticks.map(figure),
      },
    ],
    series: [
      {},
      {
        stroke,
        width: 1.5,
        fill: stroke.replace(/^rgb\((.*)\)$/, 'rgba($1, 0.09)'),
        points: { show: false },
        ...(shape === 'steps' && UPlot.paths.stepped ? { paths: UPlot.paths.stepped({ align: -1 }) } : {}),
      },
    ],
    hooks: { setCursor: [plot => tell(plot, figure)], draw: [plot => drawMarks(plot, marks, font)] },
  }
}

/** Room for the name of a mark, pixels of the page. */
const NAME_WIDTH = 64

/** Upright lines, each with its name at the top; where lines stand close, the newest has its name. */
function drawMarks(plot: UPlot, marks: readonly Mark[], font: string) {
  const { ctx, bbox } = plot
  const ratio = devicePixelRatio
  const places = marks.map(({ at }) => plot.valToPos(at, 'x', true))
  const isCrowded = (x: number) => places.some(other => other > x && other - x < NAME_WIDTH * ratio)
  for (const { at, name, colour } of marks) {
    const x = Math.round(plot.valToPos(at, 'x', true))
    if (x < bbox.left || x > bbox.left + bbox.width) continue
    ctx.save()
    ctx.strokeStyle = ctx.fillStyle = colourOf(colour)
    ctx.lineWidth = ratio
    ctx.setLineDash([4 * ratio, 3 * ratio])
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
    ctx.font = font.replace('11px', `${11 * ratio}px`)
    const isLate = x > bbox.left + bbox.width - 60 * ratio
    ctx.textAlign = isLate ? 'right' : 'left'
    if (!isCrowded(plot.valToPos(at, 'x', true)))
      ctx.fillText(name, x + (isLate ? -4 : 4) * ratio, bbox.top + 11 * ratio)
    ctx.restore()
  }
}

const DAY_SECONDS = 86_400

/** The hour, and the day where a new one begins; days alone when ticks are that far apart. */
function timeLabels(_: UPlot, ticks: number[]): string[] {
  const [first = 0, second = 0] = ticks
  const areDays = second - first >= DAY_SECONDS
  return ticks.map((seconds, at) => {
    const text = new Date(seconds * 1000).toISOString()
    const before = ticks[at - 1]
    const isNewDay =
      before !== undefined && Math.floor(before / DAY_SECONDS) !== Math.floor(seconds / DAY_SECONDS)
    return areDays || isNewDay ? text.slice(5, 10) : text.slice(11, 16)
  })
}

/** What the cursor points at, as text in the box that asks for it. */
function tell(plot: UPlot, figure: (value: number) => string) {
  const box = plot.root.closest('[data-curves]')?.querySelector('[data-readout]')
  const at = plot.cursor.idx
  if (!(box instanceof HTMLElement) || at === null || at === undefined) return
  const seconds = plot.data[0][at]
  const value = plot.data[1]?.[at]
  if (seconds === undefined || value === null || value === undefined) return
  box.textContent = `${new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ')} · ${figure(value)}`
}
