/** A hedge's journal as people read it: what only marks time is left out, and what is said again and again is said once. */
import { hedgeStory, type Story, topState } from './stories.ts'

type JournalStep = {
  atMs: number
  event: Readonly<Record<string, unknown>>
  from: string
  to: string
}

/** `times`: how often it was said in a row; `untilMs`: when it was last. */
export type ToldStep<Each extends JournalStep> = { step: Each; story: Story; times: number; untilMs: number }

/** Its end says why nothing more was waited for: that is news. */
const IS_NEWS = /^xstate\.after\.(ENTRY_DEADLINE|ORDER_SILENCE|REST_SILENCE)\b/

/** Steps, the oldest first, each with its sentence. */
export function toldSteps<Each extends JournalStep>(steps: readonly Each[]): ToldStep<Each>[] {
  const told: ToldStep<Each>[] = []
  for (const step of steps) {
    if (marksTime(step)) continue
    const story = hedgeStory(step)
    const last = told.at(-1)
    if (last && last.story.text === story.text && topState(last.step.to) === topState(step.to)) {
      last.times++
      last.untilMs = Math.max(last.untilMs, step.atMs)
    } else told.push({ step, story, times: 1, untilMs: step.atMs })
  }
  return told
}

function marksTime({ event, from, to }: JournalStep): boolean {
  const type = String(event.type)
  return type.startsWith('xstate.after.') && !IS_NEWS.test(type) && topState(from) === topState(to)
}
