/** One transition on the chart: what calls for it, its guard, its countdown; a button where a person may send it. */
import { type KeyboardEvent, memo } from 'react'
import type { FocusedTimer } from '../../../api/inspection-view.ts'
import { useNowMs } from '../feed.ts'
import type { Pill } from './drawing.ts'
import { guardText, PILL_H, textWidth } from './measure.ts'

export type PillLook = {
  /** The state it leaves is active. */
  isLive: boolean
  isTaken: boolean
  /** Differs with each taking, so that the flash begins anew. */
  takenAt: number
  /** The event a person may send here, if so. */
  send: string | undefined
  dangerous: boolean
  isRinged: boolean
  timer: FocusedTimer | undefined
  visits: number
}

type Parts = PillLook & {
  pill: Pill
  x: number
  y: number
  width: number
  onSend: (type: string) => void
  onHover: (type: string | undefined) => void
}

export const PillView = memo(function PillView(parts: Parts) {
  const { pill, x, y, send, isLive, isTaken, dangerous, isRinged, onSend, onHover } = parts
  const guard = guardText(pill)
  const look = {
    className: 'pill',
    'data-edge': pill.edges.map(({ id }) => id).join(' '),
    'data-kind': pill.kind,
    'data-on': isLive,
    'data-taken': isTaken,
    'data-send': send ? (dangerous ? 'danger' : 'yes') : undefined,
    'data-ring': isRinged,
    transform: `translate(${x} ${y})`,
  }
  const inside = <Inside {...parts} guard={guard} />
  if (!send) return <g {...look}>{inside}</g>
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' && event.key !== ' ') return
    event.preventDefault()
    event.stopPropagation()
    onSend(send)
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: a button inside SVG has no element of its own.
    <g
      {...look}
      role="button"
      tabIndex={0}
      aria-label={`Send ${pill.text}${guard ? ` ${guard}` : ''}`}
      onClick={() => onSend(send)}
      onKeyDown={onKeyDown}
      onPointerEnter={() => onHover(send)}
      onPointerLeave={() => onHover(undefined)}
      onFocus={() => onHover(send)}
      onBlur={() => onHover(undefined)}
    >
      {inside}
    </g>
  )
})

const ICON_W = 12

/** Its ground, its icon, its words, and what is left of its time or how often it was taken. */
function Inside({ pill, width, isTaken, takenAt, timer, visits, guard }: Parts & { guard: string }) {
  const textAt = 10 + ICON_W
  return (
    <>
      <title>
        {[pill.text, pill.guard && `if ${pill.guard}`, visits > 0 && `taken ${visits} times`]
          .filter(Boolean)
          .join(', ')}
      </title>
      <rect className="pill-ground" width={width} height={PILL_H} rx={PILL_H / 2} />
      {isTaken && <rect key={takenAt} className="pill-flash" width={width} height={PILL_H} rx={PILL_H / 2} />}
      <Icon kind={pill.kind} />
      <text x={textAt} y={14} className="pill-text" data-surface="pill">
        {pill.text}
        {guard && (
          <tspan x={textAt + textWidth(`${pill.text} `, 'pill')} className="pill-guard">
            {guard}
          </tspan>
        )}
      </text>
      {timer && <Countdown timer={timer} width={width} />}
      {visits > 0 && !timer && <Visits count={visits} width={width} />}
    </>
  )
}

const ICONS: Readonly<Record<Pill['kind'], string>> = {
  event: 'M12.5 4.5 8 11h3.2l-1 4.5L15 9h-3.2z',
  after: 'M11.5 5.2a4.8 4.8 0 1 0 .01 0M11.5 7.3v2.9l2 1.2',
  always: 'M7.5 10h7M11.8 7.2 14.6 10l-2.8 2.8',
  done: 'm7.5 10.3 2.8 2.8 4.8-6',
  error: 'm8.3 6.8 6.4 6.4m0-6.4-6.4 6.4',
}

const Icon = ({ kind }: { kind: Pill['kind'] }) => (
  <path className="pill-icon" data-kind={kind} d={ICONS[kind]} transform="translate(-2 0)" />
)

/** The bar fills as the time goes; the number is engine time that is left. */
function Countdown({ timer, width }: { timer: FocusedTimer; width: number }) {
  const nowMs = useNowMs(100)
  const leftMs = Math.max(0, timer.dueAtMs - nowMs)
  const share = timer.lengthMs ? Math.min(1, 1 - leftMs / timer.lengthMs) : 0
  return (
    <>
      <rect
        className="pill-bar"
        x={9}
        y={PILL_H - 3}
        height={2}
        rx={1}
        width={Math.max(0, (width - 18) * share)}
      />
      <text
        className="pill-left"
        data-surface="pill"
        x={width - 9}
        y={14}
        textAnchor="end"
        data-testid="countdown"
      >
        {leftText(leftMs)}
      </text>
    </>
  )
}

function leftText(leftMs: number): string {
  const s = leftMs / 1000
  if (s < 100) return `${s.toFixed(1)}s`
  return s < 6000 ? `${Math.round(s / 60)}m` : `${Math.round(s / 3600)}h`
}

const Visits = ({ count, width }: { count: number; width: number }) => (
  <g className="visits" transform={`translate(${width - 5} -3)`}>
    <text textAnchor="middle" y={4} data-surface="ground">
      {count > 999 ? '999+' : count}
    </text>
  </g>
)
