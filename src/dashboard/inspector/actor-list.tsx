/** Every actor as the supervision tree: searched, filtered, walked with the arrow keys. Only visible lines are drawn. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, memo, useEffect, useMemo, useRef, useState } from 'react'
import { lengthText } from '../../wording/figures.ts'
import { actorName } from '../../wording/hedges.ts'
import { type Filter, type TreeLine, treeLines } from './actor-tree.ts'
import { isTrouble, stateWords, toneOf } from './chart/tone.ts'
import { readFeed, useFeed, useNowMs } from './feed.ts'

const LINE_PX = 40
const ALL: Filter = { text: '', kind: '', trouble: false }
const KINDS = ['', 'hedge', 'symbol'] as const

type Parts = { focus: string | undefined; onOpen: (id: string) => void }

export function ActorList({ focus, onOpen }: Parts) {
  const [filter, setFilter] = useState(ALL)
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set())
  const shape = useFeed(feed => feed.shape)
  const filtered = Boolean(filter.text || filter.trouble)
  // Filtered lists follow states; the tree itself only who comes and goes.
  const rows = useFeed(feed => (filtered ? feed.rows : undefined))
  // biome-ignore lint/correctness/useExhaustiveDependencies: `shape` stands for the rows of the whole tree.
  const lines = useMemo(
    () => treeLines(rows ?? readFeed().rows, folded, filter),
    [rows, shape, folded, filter],
  )
  const [at, setAt] = useState<string | undefined>(focus)
  const toggle = (id: string, open: boolean) =>
    setFolded(before => {
      const after = new Set(before)
      if (open) after.delete(id)
      else after.add(id)
      return after
    })
  return (
    <section aria-label="Actors" className="panel flex min-h-0 flex-col overflow-hidden">
      <FilterBar filter={filter} onFilter={setFilter} shown={lines.length} />
      <Tree lines={lines} at={at ?? focus} focus={focus} onAt={setAt} onOpen={onOpen} onToggle={toggle} />
    </section>
  )
}

function FilterBar({
  filter,
  onFilter,
  shown,
}: {
  filter: Filter
  onFilter: (to: Filter) => void
  shown: number
}) {
  const count = useFeed(feed => feed.rows.size)
  const rows = useFeed(feed => feed.rows)
  const trouble = useMemo(() => [...rows.values()].filter(isTrouble).length, [rows])
  return (
    <div className="border-b border-line p-2.5">
      <div className="flex items-baseline gap-2">
        <h2 className="text-[13px] font-semibold">Actors</h2>
        <span className="text-[12px] text-faint tabular-nums" data-testid="actor-count">
          {shown === count ? count : `${shown} of ${count}`}
        </span>
      </div>
      <input
        id="actor-search"
        type="search"
        className="field mt-2 w-full"
        placeholder="name or state ( / )"
        aria-label="Search actors by name or state"
        value={filter.text}
        onChange={event => onFilter({ ...filter, text: event.target.value })}
      />
      <fieldset className="mt-2 flex gap-1">
        <legend className="sr-only">Which actors</legend>
        {KINDS.map(kind => (
          <FilterButton
            key={kind}
            on={!filter.trouble && filter.kind === kind}
            onPress={() => onFilter({ ...filter, kind, trouble: false })}
          >
            {kind || 'all'}
          </FilterButton>
        ))}
        <FilterButton
          id="trouble-filter"
          on={filter.trouble}
          onPress={() => onFilter({ ...filter, kind: '', trouble: !filter.trouble })}
        >
          trouble <span className={trouble > 0 ? 'font-semibold text-warn' : 'text-faint'}>{trouble}</span>
        </FilterButton>
      </fieldset>
    </div>
  )
}

type ButtonParts = { id?: string; on: boolean; onPress: () => void; children: React.ReactNode }

const FilterButton = ({ id, on, onPress, children }: ButtonParts) => (
  <button
    type="button"
    id={id}
    aria-pressed={on}
    onClick={onPress}
    className={`rounded-md border px-2 py-0.5 text-[12px] ${on ? 'border-edge bg-raised font-semibold text-ink' : 'border-transparent text-soft hover:bg-raised'}`}
  >
    {children}
  </button>
)

type TreeParts = {
  lines: TreeLine[]
  at: string | undefined
  focus: string | undefined
  onAt: (id: string) => void
  onOpen: (id: string) => void
  onToggle: (id: string, open: boolean) => void
}

function Tree({ lines, at, focus, onAt, onOpen, onToggle }: TreeParts) {
  const scroll = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => LINE_PX,
    overscan: 8,
  })
  const index = lines.findIndex(({ id }) => id === at)
  const wasShown = useRef<string>(undefined)
  useEffect(() => {
    if (index < 0 || wasShown.current === at) return
    wasShown.current = at
    virtual.scrollToIndex(index)
  }, [index, at, virtual])

  const onKeyDown = walkedByKeys({ lines, index, onAt, onOpen, onToggle })
  return (
    <div
      ref={scroll}
      role="tree"
      id="actor-tree"
      aria-label="Supervision tree"
      tabIndex={0}
      aria-activedescendant={index >= 0 ? `actor-${at}` : undefined}
      onKeyDown={onKeyDown}
      className="min-h-0 flex-1 overflow-y-auto -outline-offset-2"
    >
      <div role="presentation" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map(item => {
          const line = lines[item.index]
          if (!line) return null
          return (
            <Line
              key={line.id}
              {...line}
              top={item.start}
              at={item.index + 1}
              of={lines.length}
              isOpen={line.isOpen}
              isFocus={line.id === focus}
              isAt={line.id === at}
              onOpen={onOpen}
              onAt={onAt}
              onToggle={onToggle}
            />
          )
        })}
      </div>
    </div>
  )
}

type Walk = Pick<TreeParts, 'lines' | 'onAt' | 'onOpen' | 'onToggle'> & { index: number }

/** Up, down and by pages; left folds or goes to the parent, right unfolds. */
function walkedByKeys({ lines, index, onAt, onOpen, onToggle }: Walk) {
  const line = lines[index]
  const go = (to: number) => {
    const there = lines[Math.max(0, Math.min(lines.length - 1, to))]
    if (there) onAt(there.id)
  }
  const goUp = ({ id, depth }: TreeLine) => {
    const parent = readFeed().rows.get(id)?.parentId
    if (parent && depth > 0) onAt(parent)
  }
  const acts: Record<string, () => void> = {
    ArrowDown: () => go(index + 1),
    ArrowUp: () => go(index - 1),
    Home: () => go(0),
    End: () => go(lines.length - 1),
    PageDown: () => go(index + 12),
    PageUp: () => go(index - 12),
    Enter: () => line && onOpen(line.id),
    ' ': () => line && onOpen(line.id),
    ArrowLeft: () => line && (line.isOpen ? onToggle(line.id, false) : goUp(line)),
    ArrowRight: () => line && line.children > 0 && onToggle(line.id, true),
  }
  return (event: KeyboardEvent) => {
    const act = acts[event.key]
    if (!act) return
    event.preventDefault()
    act()
  }
}

type LineParts = TreeLine & {
  top: number
  at: number
  of: number
  isFocus: boolean
  isAt: boolean
  onOpen: (id: string) => void
  onAt: (id: string) => void
  onToggle: (id: string, open: boolean) => void
}

const Line = memo(function Line(parts: LineParts) {
  const { id, depth, children, isOpen, top, at, of, isFocus, isAt, onOpen, onAt, onToggle } = parts
  const row = useFeed(feed => feed.rows.get(id))
  if (!row) return null
  const tone = toneOf(row)
  const open = () => {
    onAt(id)
    onOpen(id)
  }
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree around it hears the keys.
    <div
      id={`actor-${id}`}
      role="treeitem"
      tabIndex={-1}
      aria-level={depth + 1}
      aria-setsize={of}
      aria-posinset={at}
      aria-selected={isFocus}
      aria-expanded={children > 0 ? isOpen : undefined}
      data-actor={id}
      data-tone={tone}
      data-status={row.status}
      onClick={open}
      className={`actor-line ${isFocus ? 'is-focus' : ''} ${isAt ? 'is-at' : ''}`}
      style={{ transform: `translateY(${top}px)`, height: LINE_PX, paddingLeft: 8 + depth * 12 }}
    >
      {children > 0 ? (
        <span
          className="twist"
          aria-hidden="true"
          onClick={event => {
            event.stopPropagation()
            onToggle(id, !isOpen)
          }}
        >
          {isOpen ? '▾' : '▸'}
        </span>
      ) : (
        <span className="twist" aria-hidden="true" />
      )}
      <span className={`dot tone-${tone}`} aria-hidden="true" />
      <span className="min-w-0 flex-1">
        <span className="flex items-baseline gap-1.5">
          <span className="truncate text-[13px] text-ink" title={id}>
            {actorName(id, row.symbol)}
          </span>
          {row.kind === 'symbol' && <span className="text-[11px] text-faint">symbol</span>}
          {row.restarts > 0 && (
            <span
              className="rounded bg-raised px-1 text-[11px] text-warn"
              title={`restarted ${row.restarts} times`}
            >
              ↻ {row.restarts}
            </span>
          )}
          <Age atMs={row.sinceMs} dueAtMs={row.dueAtMs} />
        </span>
        <span
          className={`block truncate text-[12px] ${tone === 'bad' ? 'text-bad' : tone === 'warn' ? 'text-warn' : 'text-soft'}`}
          title={row.error ?? row.state}
        >
          {stateWords(row)}
          {children > 0 && !isOpen ? ` · ${children} below` : ''}
        </span>
      </span>
    </div>
  )
})

/** Time in the state, or until the restart. */
function Age({ atMs, dueAtMs }: { atMs: number; dueAtMs: number | null }) {
  const nowMs = useNowMs(1000)
  const text =
    dueAtMs === null
      ? lengthText(Math.max(0, nowMs - atMs))
          .split(' ')
          .slice(0, 2)
          .join(' ')
      : `in ${lengthText(Math.max(0, dueAtMs - nowMs))}`
  return <span className="ml-auto shrink-0 text-[11.5px] text-faint tabular-nums">{text}</span>
}
