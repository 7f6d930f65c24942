/** Who told whom what, around the actor in focus: the last messages as arrows between lifelines, oldest at the top. */
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import type { Message } from '../../../api/inspection-view.ts'
import { ask } from '../../data/client.ts'
import { ScrollRegion } from '../../show/panel.tsx'
import { eventWords } from '../chart/chart.ts'

const ROW = 30
const HEAD = 44
const LANE = 118
const SHOWN = 120

export function SequencePanel({ actorId }: { actorId: string }) {
  const { data = [] } = useQuery({
    queryKey: ['messages', actorId],
    queryFn: ({ signal }) =>
      ask('/api/inspection/messages', { query: { focus: actorId, limit: SHOWN }, signal }),
    refetchInterval: 1000,
  })
  const scroll = useRef<HTMLElement>(null)
  const newest = data.at(-1)?.n
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is new is scrolled to.
  useEffect(() => {
    const box = scroll.current
    if (box) box.scrollTop = box.scrollHeight
  }, [newest])
  if (data.length === 0)
    return <p className="px-3 py-4 text-[13px] text-soft">No message since the engine started.</p>
  const lanes = lanesOf(data, actorId)
  const x = (name: string) => 64 + lanes.indexOf(name) * LANE
  const width = 128 + (lanes.length - 1) * LANE
  return (
    <ScrollRegion ref={scroll} label={`Messages around ${actorId}`} testId="sequence">
      <svg
        className="sequence sticky top-0 z-[1] block bg-panel"
        width={width}
        height={HEAD - 8}
        role="img"
        aria-label={`Parties: ${lanes.map(laneWords).join(', ')}`}
      >
        {lanes.map(name => (
          <g key={name} data-lane={name} data-self={name === actorId}>
            <text x={x(name)} y={18} textAnchor="middle" data-surface="panel" className="lane-name">
              {laneWords(name)}
            </text>
          </g>
        ))}
      </svg>
      <svg
        className="sequence block"
        width={width}
        height={data.length * ROW + 20}
        role="img"
        aria-label={`${data.length} messages between ${lanes.length} parties`}
      >
        {lanes.map(name => (
          <g key={name} data-lane={name} data-self={name === actorId}>
            <line x1={x(name)} x2={x(name)} y1={0} y2={8 + data.length * ROW} />
          </g>
        ))}
        {data.map((message, index) => (
          <Arrow
            // biome-ignore lint/suspicious/noArrayIndexKey: one step may ask for the same thing twice.
            key={`${message.n} ${message.event} ${message.to} ${index}`}
            message={message}
            y={24 + index * ROW}
            from={x(message.from)}
            to={x(message.to)}
          />
        ))}
      </svg>
    </ScrollRegion>
  )
}

type ArrowParts = { message: Message; y: number; from: number; to: number }

function Arrow({ message, y, from, to }: ArrowParts) {
  const { event, kind, ignored, atMs } = message
  const isSelf = from === to
  const tip = to + (from < to ? -5 : 5)
  return (
    <g className="arrow-row" data-kind={kind} data-ignored={ignored}>
      <title>{`${new Date(atMs).toISOString().slice(11, 23)} ${kind} ${event}${ignored ? ', ignored' : ''}`}</title>
      {isSelf ? <path d={`M${from} ${y - 4}h22v8h-17`} /> : <line x1={from} x2={tip} y1={y} y2={y} />}
      <path
        className="tip"
        d={
          isSelf
            ? `M${from + 2} ${y + 4}l7-3.5v7z`
            : from < to
              ? `M${to} ${y}l-8-3.5v7z`
              : `M${to} ${y}l8-3.5v7z`
        }
      />
      <text
        x={isSelf ? from + 28 : Math.min(from, to) + LANE / 2}
        y={y - 5}
        textAnchor={isSelf ? 'start' : 'middle'}
        data-surface="panel"
      >
        {eventWords(event).slice(0, 26)}
      </text>
    </g>
  )
}

/** The actor in the middle of things: people and others at its left, what it commands at its right. */
function lanesOf(messages: readonly Message[], actorId: string): string[] {
  const names = new Set(messages.flatMap(({ from, to }) => [from, to]))
  names.delete(actorId)
  const side = (name: string) => (name === 'person' || name === 'clock' ? 0 : name === 'outside' ? 3 : 1)
  const others = [...names].sort((a, b) => side(a) - side(b) || a.localeCompare(b))
  const left = others.filter(name => side(name) < 1)
  return [...left, actorId, ...others.filter(name => side(name) >= 1)]
}

const laneWords = (name: string) => {
  const words = name === 'outside' ? 'effects, facts' : name
  return words.length > 17 ? `${words.slice(0, 16)}…` : words
}
