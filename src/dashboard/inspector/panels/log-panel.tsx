/** What the actor heard, newest first, live lines over those of its journal: ignored events struck out, the payload on demand, each step one press away. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { memo, useRef, useState } from 'react'
import type { LogLine } from '../../../api/inspection-view.ts'
import { ScrollRegion } from '../../show/panel.tsx'
import { eventWords } from '../chart/chart.ts'
import { shortState } from '../chart/tone.ts'
import { useJournal } from './use-journal.ts'

type Parts = {
  actorId: string
  lastSeq: number
  log: readonly LogLine[]
  dropped: number
  seq: number | undefined
  onSeq: (seq: number) => void
}

export function LogPanel({ actorId, lastSeq, log, dropped, seq, onSeq }: Parts) {
  const [paused, setPaused] = useState<readonly LogLine[]>()
  const [open, setOpen] = useState<number>()
  const [moves, setMoves] = useState(false)
  const scroll = useRef<HTMLElement>(null)
  const journal = useJournal(actorId, log, lastSeq)
  const lines = [...journal.lines, ...(paused ?? log)]
    .filter(line => !moves || line.from !== line.to)
    .toReversed()
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => 28,
    getItemKey: index => lines[index]?.n ?? index,
    overscan: 10,
  })
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex items-center gap-3 px-3 py-1.5 text-[12px] text-soft">
        <label className="flex items-center gap-1.5">
          <input type="checkbox" checked={moves} onChange={event => setMoves(event.target.checked)} />
          moves only
        </label>
        <label className="flex items-center gap-1.5">
          <input
            type="checkbox"
            checked={paused !== undefined}
            onChange={event => setPaused(event.target.checked ? log : undefined)}
          />
          hold still
        </label>
        {dropped > 0 && <span className="ml-auto text-warn">{dropped} came too fast to be shown</span>}
      </div>
      <ScrollRegion ref={scroll} label="Event log, newest first" testId="log">
        {lines.length === 0 && (
          <p className="px-3 py-4 text-[13px] text-soft">
            {journal.isLoading ? 'Reading the journal…' : 'No event yet.'}
          </p>
        )}
        <ol
          style={{ height: virtual.getTotalSize(), position: 'relative' }}
          className={lines.length === 0 ? 'hidden' : ''}
        >
          {virtual.getVirtualItems().map(item => {
            const line = lines[item.index]
            if (!line) return null
            return (
              <li
                key={item.key}
                ref={virtual.measureElement}
                data-index={item.index}
                className="absolute inset-x-0"
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <LogRow
                  line={line}
                  isOpen={open === line.n}
                  isShown={seq !== undefined && line.seq === seq}
                  onOpen={setOpen}
                  onSeq={onSeq}
                />
              </li>
            )
          })}
        </ol>
        <Earlier more={journal.more} isLoading={journal.isLoading} />
      </ScrollRegion>
    </div>
  )
}

const Earlier = ({ more, isLoading }: { more: (() => void) | undefined; isLoading: boolean }) =>
  more && (
    <p className="p-2 text-center">
      <button type="button" className="btn tool" onClick={more} disabled={isLoading}>
        {isLoading ? 'Reading…' : 'Earlier, from the journal'}
      </button>
    </p>
  )

type RowParts = {
  line: LogLine
  isOpen: boolean
  isShown: boolean
  onOpen: (n: number | undefined) => void
  onSeq: (seq: number) => void
}

const LogRow = memo(function LogRow({ line, isOpen, isShown, onOpen, onSeq }: RowParts) {
  const { n, atMs, event, from, to, ignored, effects, by, seq } = line
  const type = String(event.type)
  return (
    <div
      className={`border-b border-line text-[12px] ${isShown ? 'bg-raised' : ''}`}
      data-ignored={ignored}
      data-type={type}
    >
      <button
        type="button"
        aria-expanded={isOpen}
        className="flex w-full items-baseline gap-2 px-3 py-1 text-left hover:bg-raised"
        onClick={() => onOpen(isOpen ? undefined : n)}
      >
        <span className="font-mono text-[11px] text-faint tabular-nums">
          {new Date(atMs).toISOString().slice(11, 23)}
        </span>
        <span
          className={`shrink-0 font-mono text-[11.5px] ${ignored ? 'text-faint line-through' : from === to ? 'text-soft' : 'text-ink'}`}
        >
          {eventWords(type)}
        </span>
        {ignored && <span className="sr-only">ignored</span>}
        {from !== to && (
          <span className="ml-auto truncate text-accent" title={`${from} → ${to}`}>
            → {changed(from, to)}
          </span>
        )}
      </button>
      {isOpen && (
        <div className="space-y-1 px-3 pb-2 text-soft">
          <p>
            {ignored ? 'No transition for it in ' : from === to ? 'Stayed in ' : 'From '}
            {shortState(from)}
            {from === to ? '' : ` to ${shortState(to)}`}
            {by && `, sent by ${by}`}
          </p>
          {effects.length > 0 && (
            <p className="font-mono text-[11px]">
              {effects.map((effect, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: the order of effects is their identity.
                <span key={at} className="mr-2">
                  {effect.to ? `${effect.event} ⇒ ${effect.to}` : `do ${effect.type}`}
                </span>
              ))}
            </p>
          )}
          <pre className="max-h-60 overflow-auto rounded bg-raised p-2 font-mono text-[11px] whitespace-pre-wrap break-all">
            {JSON.stringify(event, null, 1)}
          </pre>
          {seq !== null && (
            <button type="button" className="btn tool" onClick={() => onSeq(seq)}>
              Show the chart after step {seq}
            </button>
          )}
        </div>
      )}
    </div>
  )
})

/** Only the regions that moved. */
function changed(from: string, to: string): string {
  const before = new Set(from.split(' | '))
  const fresh = to.split(' | ').filter(part => !before.has(part))
  return shortState(fresh.join(' | ') || to)
}
