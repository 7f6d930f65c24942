/** One actor: its chart in the middle, what may be done and what it knows at the right; live, or at an earlier step. */
import { useCallback, useEffect, useMemo, useState } from 'react'
import { Link } from 'wouter'
import type { InspectionRow, PastStep } from '../../../api/inspection-view.ts'
import { lengthText } from '../../../wording/figures.ts'
import { actorName } from '../../../wording/hedges.ts'
import { activeIds, edgesOfStep } from '../chart/chart.ts'
import { ChartView } from '../chart/chart-view.tsx'
import type { Moment } from '../chart/picture.tsx'
import { toneOf, toneOfState } from '../chart/tone.ts'
import { useChart } from '../chart/use-chart.ts'
import type { FocusState } from '../feed.ts'
import { useFeed, useNowMs } from '../feed.ts'
import { ContextPanel } from './context-panel.tsx'
import { LegalPanel } from './legal-panel.tsx'
import { LogPanel } from './log-panel.tsx'
import { SequencePanel } from './sequence-panel.tsx'
import { NotLive, StepBar } from './step-bar.tsx'
import { Timers } from './timers.tsx'
import { useLastStep, usePast } from './use-journal.ts'

type Parts = { actorId: string; seq: number | undefined; onSeq: (seq: number | undefined) => void }

export function ActorPane({ actorId, seq, onSeq }: Parts) {
  const { focus, row, isRunning, shownSeq, lastSeq, past, before, error } = useActor(actorId, seq)
  const isPast = shownSeq !== undefined
  const shown = past?.seq === shownSeq ? past : undefined
  const sees = useSight(focus, row, isPast ? past : undefined)
  const [isWide, setWide] = useState(false)
  const [asked, setAsked] = useState<{ type: string; n: number }>()
  const onSend = useCallback((type: string) => setAsked(old => ({ type, n: (old?.n ?? 0) + 1 })), [])

  if (!focus) return <Waiting text={`Looking for ${actorId}…`} />
  if (!row) return <Waiting text={error ?? `Looking for ${actorId} in the journal…`} />
  return (
    <>
      <section
        aria-label={`Chart of ${actorId}`}
        className="panel flex min-h-0 min-w-0 flex-col overflow-hidden"
        hidden={isWide}
      >
        <Head row={row} state={sees.state} isPast={isPast} />
        {shown && (
          <NotLive
            step={shown}
            lastSeq={lastSeq}
            isRunning={isRunning}
            ended={row.status === 'ended'}
            onLive={() => onSeq(undefined)}
          />
        )}
        {sees.chart ? (
          <ChartView
            actorId={actorId}
            chart={sees.chart}
            moment={sees.moment}
            onSend={onSend}
            onHover={sees.onHover}
          />
        ) : (
          <Waiting text={row.chart ? 'Drawing…' : LOOP} />
        )}
        {row.chart && (
          <StepBar actorId={actorId} seq={shownSeq} lastSeq={lastSeq} isRunning={isRunning} onSeq={onSeq} />
        )}
      </section>
      <aside aria-label={`About ${actorId}`} className={`about ${isWide ? 'is-wide' : ''}`}>
        {row.error && <Trouble row={row} />}
        <LegalPanel
          row={row}
          legal={focus.legal}
          isPast={isPast}
          asked={asked}
          hovered={sees.hovered}
          onHover={sees.onHover}
        />
        {!isPast && <Timers timers={focus.timers} />}
        <Tabs
          actorId={actorId}
          focus={focus}
          lastSeq={lastSeq}
          isWide={isWide}
          onWide={() => setWide(!isWide)}
          seq={shownSeq}
          onSeq={onSeq}
          {...known(focus, shownSeq, shown, before)}
        />
      </aside>
    </>
  )
}

const LOOP = 'A plain loop without a state chart; its supervisor restarts it.'

/** The actor as it lives, or as the journal knows it, and the step that is looked at. */
function useActor(actorId: string, seq: number | undefined) {
  const focus = useFeed(feed => (feed.focus?.id === actorId ? feed.focus : undefined))
  const isRunning = focus?.row?.status === 'running'
  const isGone = focus !== undefined && !isRunning
  const { data: last, error } = useLastStep(actorId, isGone)
  const shownSeq = seq ?? (isGone ? last?.seq : undefined)
  const { data: past } = usePast(actorId, shownSeq)
  const { data: before } = usePast(actorId, shownSeq === undefined ? undefined : shownSeq - 1)
  const row = focus?.row ?? (last && rowOfStep(last))
  const lastSeq = focus?.row?.version ?? last?.lastSeq ?? 0
  return { focus, row, isRunning, shownSeq, lastSeq, past, before, error: error?.message }
}

/** What the actor knew at the time that is shown, and what it knew one step earlier. */
function known(
  focus: FocusState,
  shownSeq: number | undefined,
  shown: PastStep | undefined,
  before: PastStep | undefined,
) {
  if (shownSeq === undefined) return { context: focus.context, before: focus.before, note: '' }
  if (!shown) return { context: undefined, before: undefined, note: 'Reading the journal…' }
  const isNext = before?.seq === shownSeq - 1
  return {
    context: shown.context ?? undefined,
    before: isNext ? (before.context ?? undefined) : undefined,
    note: shown.note,
  }
}

/** What is looked at: the live state, or the one after a persisted step. */
function useSight(focus: FocusState | undefined, row: InspectionRow | undefined, past: PastStep | undefined) {
  const [hovered, onHover] = useState<string>()
  const chart = useChart(row?.chart ?? past?.chart)
  const state = past?.state ?? row?.state ?? ''
  const active = useMemo(() => (chart ? activeIds(chart, state) : new Set<string>()), [chart, state])
  const moment = useMemo((): Moment => {
    const target = focus?.legal.find(({ type }) => type === hovered)?.to
    const targets =
      chart && target && target !== state ? [...activeIds(chart, target)].filter(id => !active.has(id)) : []
    const known = focus?.log.find(line => line.seq === past?.seq)?.edges
    const stepEdges =
      chart && past
        ? (known ?? edgesOfStep(chart, String(past.event.type), activeIds(chart, past.from), active))
        : []
    return {
      active,
      tone: toneOfState(state),
      taken: past ? { edges: stepEdges, n: past.seq + 1 } : (focus?.taken ?? { edges: [], n: 0 }),
      legal: past ? [] : (focus?.legal ?? []),
      timers: past ? [] : (focus?.timers ?? []),
      visits: focus?.visits ?? {},
      targets: new Set(targets),
      hovered,
    }
  }, [chart, focus, past, active, state, hovered])
  return { chart, state, moment, hovered, onHover }
}

const Waiting = ({ text }: { text: string }) => (
  <div className="grid min-h-0 flex-1 place-items-center p-6 text-center text-soft">{text}</div>
)

function Head({ row, state, isPast }: { row: InspectionRow; state: string; isPast: boolean }) {
  const parts = state.split(' | ')
  const tone = isPast ? toneOfState(state) : toneOf(row)
  return (
    <header className="flex min-h-[44px] flex-wrap items-center gap-1.5 border-b border-line px-3 py-1.5">
      <h2 className="mr-1 text-[14px] font-semibold" title={row.id}>
        {actorName(row.id, row.symbol)}
      </h2>
      {parts.map(part => (
        <span key={part} className="chip font-mono" data-tone={CHIP_TONES[tone]} data-testid="state-part">
          {part}
        </span>
      ))}
      {!isPast && <InState sinceMs={row.sinceMs} />}
      <Ways row={row} />
    </header>
  )
}

/** From a chart to the pages that tell of the same thing, and to the chart beside it. */
function Ways({ row: { id, kind, symbol } }: { row: InspectionRow }) {
  const hedgeId = useFeed(feed =>
    kind === 'symbol'
      ? [...feed.rows.values()].find(
          row => row.kind === 'hedge' && row.symbol === symbol && row.status === 'running',
        )?.id
      : undefined,
  )
  const chartOf = (actorId: string) => `/inspector/${encodeURIComponent(actorId)}`
  if (symbol === null) return null
  return (
    <nav aria-label="Links" className="ml-auto flex gap-3 text-[12.5px]">
      {kind === 'hedge' && <Link href={`/hedges/${id.replace(/^hedge:/, '')}`}>Its page</Link>}
      {kind === 'hedge' && <Link href={chartOf(`symbol:${symbol}`)}>Chart of {symbol}</Link>}
      {hedgeId && <Link href={chartOf(hedgeId)}>Chart of the hedge</Link>}
      <Link href={`/symbols/${symbol}`}>{symbol} explained</Link>
    </nav>
  )
}

const CHIP_TONES: Readonly<Record<string, string>> = {
  bad: 'bad',
  warn: 'warn',
  good: 'good',
  busy: 'accent',
}

function InState({ sinceMs }: { sinceMs: number }) {
  const nowMs = useNowMs(500)
  return (
    <span className="text-[12px] text-faint tabular-nums">
      {lengthText(Math.max(0, nowMs - sinceMs))} in state
    </span>
  )
}

function Trouble({ row }: { row: InspectionRow }) {
  const nowMs = useNowMs(500)
  return (
    <section aria-label="Trouble" className="panel shrink-0 px-3 py-2 text-[13px] text-bad">
      <strong>{row.status === 'running' ? 'Failed before' : `It is ${row.status}`}</strong>
      {row.dueAtMs !== null && ` and starts again in ${lengthText(Math.max(0, row.dueAtMs - nowMs))}`}
      {row.restarts > 0 && `, ${row.restarts} restarts so far`}: {row.error}
    </section>
  )
}

const TABS = ['Event log', 'Sequence', 'Context'] as const
type Tab = (typeof TABS)[number]

type TabsParts = {
  actorId: string
  lastSeq: number
  /** In place of the chart, too. */
  isWide: boolean
  onWide: () => void
  focus: FocusState
  seq: number | undefined
  onSeq: (seq: number | undefined) => void
  context: React.ComponentProps<typeof ContextPanel>['context']
  before: React.ComponentProps<typeof ContextPanel>['before']
  note: string
}

function Tabs({ actorId, focus, lastSeq, isWide, onWide, seq, onSeq, context, before, note }: TabsParts) {
  const [tab, setTab] = useState<Tab>('Event log')
  // An earlier step is about what was known then.
  const isPast = seq !== undefined
  useEffect(() => {
    if (isPast) setTab('Context')
  }, [isPast])
  const onKeyDown = (event: React.KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    const next = TABS[(TABS.indexOf(tab) + step + TABS.length) % TABS.length]
    if (step === 0 || !next) return
    setTab(next)
    document.getElementById(`tab-${next}`)?.focus()
  }
  return (
    <section aria-label="Details" className="panel flex min-h-[160px] flex-1 flex-col overflow-hidden">
      <div className="flex border-b border-line px-1">
        <div role="tablist" aria-label="Details" className="flex" onKeyDown={onKeyDown}>
          {TABS.map(name => (
            <button
              key={name}
              id={`tab-${name}`}
              type="button"
              role="tab"
              aria-selected={tab === name}
              aria-controls="tab-panel"
              tabIndex={tab === name ? 0 : -1}
              onClick={() => setTab(name)}
              className={`border-b-2 px-3 py-2 text-[13px] ${tab === name ? 'border-accent font-semibold text-ink' : 'border-transparent text-soft'}`}
            >
              {name}
            </button>
          ))}
        </div>
        <button
          type="button"
          className="btn ml-auto self-center"
          data-quiet=""
          aria-pressed={isWide}
          title="In place of the chart"
          onClick={onWide}
        >
          {isWide ? 'Show the chart' : 'Wide'}
        </button>
      </div>
      <div
        id="tab-panel"
        role="tabpanel"
        aria-labelledby={`tab-${tab}`}
        className="flex min-h-0 flex-1 flex-col"
      >
        {tab === 'Event log' && (
          <LogPanel
            actorId={actorId}
            lastSeq={lastSeq}
            log={focus.log}
            dropped={focus.dropped}
            seq={seq}
            onSeq={onSeq}
          />
        )}
        {tab === 'Sequence' && <SequencePanel actorId={actorId} />}
        {tab === 'Context' && <ContextPanel context={context} before={before} note={note} />}
      </div>
    </section>
  )
}

const symbolOfStep = (id: string, context: PastStep['context']): string | null => {
  if (id.startsWith('symbol:')) return id.slice(7)
  const plan = context?.plan
  const symbol = typeof plan === 'object' && plan !== null && 'symbol' in plan ? plan.symbol : null
  return typeof symbol === 'string' ? symbol : null
}

/** An actor that runs no more, as the journal knows it. */
const rowOfStep = ({
  id,
  kind,
  parentId,
  chart,
  status,
  state,
  lastSeq,
  atMs,
  event,
  context,
}: PastStep): InspectionRow => ({
  id,
  kind,
  symbol: symbolOfStep(id, context),
  parentId,
  chart,
  status: status === 'done' ? 'ended' : 'failed',
  state,
  version: lastSeq,
  stateVersion: lastSeq,
  sinceMs: atMs,
  restarts: 0,
  dueAtMs: null,
  error: null,
  heard: 0,
  moves: 0,
  last: String(event.type),
  atMs,
})
