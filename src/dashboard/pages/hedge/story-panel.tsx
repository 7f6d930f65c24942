/** How the hedge came to where it is, in words, from its journal. */
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { AnswerTo } from '../../../api/rows/answers.ts'
import { clockText, instantText, storyInstantText } from '../../../wording/figures.ts'
import { innerState, type Story, topState } from '../../../wording/stories.ts'
import { toldSteps } from '../../../wording/told-steps.ts'
import { ask } from '../../data/client.ts'
import { useActor } from '../../data/use-live.ts'
import { csvText } from '../../show/csv.ts'
import { downloadFile } from '../../show/download.ts'
import { Empty, Failed, Panel } from '../../show/panel.tsx'

// A hedge's journal as chapters of a page.

/** A step of an actor's journal. */
type StepRow = Pick<
  AnswerTo<'/api/actors/{id}/transitions'>['rows'][number],
  'seq' | 'atMs' | 'event' | 'from' | 'to'
>
/** `moved`: the state it came to, when that is another than before. */
type Chapter = Story & { seq: number; atMs: number; event: string; moved: string | null }

/** The newest first. */
const storyOf = (steps: readonly StepRow[]): Chapter[] =>
  toldSteps(steps)
    .map(({ step: { seq, atMs, event, from, to }, story, times, untilMs }) => ({
      ...story,
      text: `${capital(story.text)}${times === 1 ? '' : ` (${times} times until ${clockText(untilMs)})`}`,
      seq,
      atMs,
      event: event.type,
      moved: from === to ? null : to,
    }))
    .toReversed()

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

const STEPS_AT_ONCE = 1000
const COLOURS = { '': 'bg-edge', good: 'bg-good', warn: 'bg-warn', bad: 'bg-bad', accent: 'bg-accent' }

export function StoryPanel({ hedgeId }: { hedgeId: string }) {
  const [all, setAll] = useState(false)
  const actorId = `hedge:${hedgeId}`
  const version = useActor(actorId)?.version
  const { data, error } = useQuery({
    queryKey: ['story', hedgeId, version],
    queryFn: ({ signal }) => everyStep(actorId, signal),
    placeholderData: before => before,
    staleTime: Number.POSITIVE_INFINITY,
  })
  const story = storyOf(data ?? [])
  const shown = all ? story : story.filter(({ isMilestone }) => isMilestone)
  const save = () =>
    downloadFile(
      `hedgerow-story-${hedgeId}.csv`,
      csvText(
        ['Seq', 'At', 'Event', 'What', 'State'],
        story.map(({ seq, atMs, event, text, moved }) => [seq, instantText(atMs), event, text, moved]),
      ),
    )
  return (
    <Panel
      title="Story"
      note={`the newest first · ${shown.length} of ${story.length} steps`}
      actions={
        <>
          <button
            type="button"
            className="btn"
            data-quiet=""
            aria-pressed={all}
            data-tone={all ? 'accent' : undefined}
            onClick={() => setAll(!all)}
          >
            Every step
          </button>
          <button type="button" className="btn" data-quiet="" onClick={save} aria-label="CSV of Story">
            CSV
          </button>
        </>
      }
    >
      {error && !data ? (
        <Failed error={error} />
      ) : story.length === 0 ? (
        <Empty>Loading…</Empty>
      ) : (
        <section
          className="max-h-[560px] overflow-auto px-4 py-3"
          tabIndex={0}
          aria-label="Steps of the story"
        >
          <ol className="text-[13px]">
            {shown.map(chapter => (
              <Step key={chapter.seq} chapter={chapter} />
            ))}
          </ol>
        </section>
      )}
    </Panel>
  )
}

async function everyStep(id: string, signal: AbortSignal): Promise<StepRow[]> {
  const steps: StepRow[] = []
  for (let fromSeq: number | null = 0; fromSeq !== null; ) {
    const query = { fromSeq, limit: STEPS_AT_ONCE }
    const page: { rows: StepRow[]; next: number | null } = await ask('/api/actors/{id}/transitions', {
      params: { id },
      query,
      signal,
    })
    steps.push(...page.rows)
    fromSeq = page.next
  }
  return steps
}

const Step = ({ chapter: { atMs, text, tone, moved, isMilestone, seq } }: { chapter: Chapter }) => (
  <li className="relative grid grid-cols-[104px_14px_1fr] gap-x-2 pb-3">
    <span className="text-right text-[12px] tabular-nums leading-5 text-faint">{storyInstantText(atMs)}</span>
    <span aria-hidden="true" className="relative flex justify-center">
      <span className={`relative z-[1] mt-[6px] size-2 rounded-full ${COLOURS[tone]}`} />
      <span className="absolute bottom-[-18px] top-3 w-px bg-line" />
    </span>
    <span className={isMilestone ? '' : 'text-soft'}>
      {text}
      {moved && (
        <span className="ml-2 text-[12px] text-faint" title={`step ${seq}`}>
          → {topState(moved)} {innerState(moved)}
        </span>
      )}
    </span>
  </li>
)
