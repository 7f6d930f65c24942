/** A hedge's journal as chapters of a page. */
import type { AnswerTo } from '../../../api/rows/answers.ts'
import { clockText } from '../../../wording/figures.ts'
import type { Story } from '../../../wording/stories.ts'
import { toldSteps } from '../../../wording/told-steps.ts'

/** A step of an actor's journal. */
export type StepRow = Pick<
  AnswerTo<'/api/actors/{id}/transitions'>['rows'][number],
  'seq' | 'atMs' | 'event' | 'from' | 'to'
>
/** `moved`: the state it came to, when that is another than before. */
export type Chapter = Story & { seq: number; atMs: number; event: string; moved: string | null }

/** The newest first. */
export const storyOf = (steps: readonly StepRow[]): Chapter[] =>
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
